//! Where a store's money goes, looked at through a whole vault whose clocks are moved.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::raw;
use crate::stage::{Stage, platform, salt};

/// Waits until the status counts so many stores of which it is known, whose money goes elsewhere, and of which it is not known.
async fn until(stage: &Stage, counts: [u64; 3]) {
    let since = Instant::now();
    loop {
        let status = stage.world.vault_ok(&["--json", "status"]).await.unwrap().json().unwrap();
        let now = ["watched", "rerouted", "unread"].map(|name| status["connections"][name].as_u64());
        if now == counts.map(Some) {
            let warned = status["warnings"].as_array().into_iter().flatten().any(|warning| warning["code"] == "routing_changed");
            assert_eq!(warned, counts[1] > 0, "{status}");
            return;
        }
        assert!(since.elapsed() < Duration::from_mins(1), "{counts:?}: {status}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

#[test]
fn a_new_payout_account_is_told_of_the_day_after() {
    raw::run(async {
        let (mut stage, of) = (Stage::with_a_clock().await, platform("woocommerce"));
        let told = stage.store(of, salt(of.name), true, |_| {}).await;
        assert_eq!((told.outcome.as_str(), told.status), ("vault", 201), "{told:?}");
        let told = stage.request("caller", salt(of.name), "GET", "https://vault.internal/v1/connections", Vec::new(), "").await;
        let page: Value = serde_json::from_str(&told.body).unwrap();
        assert!(page["connections"][0]["watched"][0]["digest"].is_null(), "{page}");
        until(&stage, [0, 0, 0]).await;
        stage.world.pass(700).unwrap();
        until(&stage, [1, 0, 0]).await;
        stage.world.platforms.reroute(of.name, "0002");
        stage.world.pass(26 * 3_600).unwrap();
        until(&stage, [1, 1, 0]).await;
        let calls = stage.world.platforms.seen(of.name).calls;
        let looks = calls.iter().filter(|asked| asked.path == "/wp-json/wc/v3/payment_gateways").count();
        assert_eq!(looks, 2);
    });
}
