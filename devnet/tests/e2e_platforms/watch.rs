//! Where a store's money goes, looked at through a whole vault.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::raw;
use crate::stage::{Stage, platform, salt};

const BOUND: Duration = Duration::from_mins(12);

/// What the vault says of a store's watch.
async fn watched(stage: &Stage, name: &str) -> Value {
    let told = stage.request("caller", salt(name), "GET", "https://vault.internal/v1/connections", Vec::new(), "").await;
    assert_eq!((told.outcome.as_str(), told.status), ("vault", 200), "{told:?}");
    let page: Value = serde_json::from_str(&told.body).unwrap();
    page["connections"][0]["watched"][0].clone()
}

#[test]
#[ignore = "the first look is ten minutes after a store was bound: with --ignored"]
fn a_store_is_looked_at_ten_minutes_after_it_was_bound() {
    raw::run(async {
        let (stage, of) = (Stage::new().await, platform("woocommerce"));
        let told = stage.store(of, salt(of.name), true, |_| {}).await;
        assert_eq!((told.outcome.as_str(), told.status), ("vault", 201), "{told:?}");
        let row = watched(&stage, of.name).await;
        assert!(row["digest"].is_null() && row["unasked"] == false, "{row}");
        let since = Instant::now();
        let row = loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            let row = watched(&stage, of.name).await;
            if row["digest"].is_string() {
                break row;
            }
            assert!(since.elapsed() < BOUND, "{row}");
        };
        assert!(since.elapsed() > Duration::from_secs(590), "{row}");
        let status = stage.world.vault_ok(&["--json", "status"]).await.unwrap().json().unwrap();
        assert_eq!((&status["connections"]["watched"], &status["connections"]["rerouted"]), (&1.into(), &0.into()), "{status}");
        let calls = stage.world.platforms.seen(of.name).calls;
        let looks = calls.iter().filter(|asked| asked.path == "/wp-json/wc/v3/payment_gateways").count();
        assert_eq!((looks, row["since"] == row["read_at"]), (1, true), "{row}");
    });
}
