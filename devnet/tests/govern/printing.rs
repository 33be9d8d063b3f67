//! What leaves without being sent, and what `--help` says.

use std::fs;

use serde_json::{Value, json};

use crate::dao::{Dao, store};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_for_a_safe_does_what_sending_does() {
    let dao = Dao::new().await;
    let portfolio = dao.portfolio("0").await;
    let printed = dao.json(&format!("pause --portfolio {portfolio} --print")).await;
    assert_eq!(
        (&printed["sent"], &printed["effect"]["when"], &printed["chain_id"]),
        (&json!(false), &json!("at_once"), &json!(1_337))
    );
    assert!(printed["by"].as_str().unwrap().contains("guardian"));
    assert_eq!(dao.json(&format!("portfolio show --portfolio {portfolio}")).await["paused"], false, "printing paused it");
    dao.send_printed("guardian", &printed);
    assert_eq!(dao.json(&format!("portfolio show --portfolio {portfolio}")).await["paused"], true);

    let written = dao.json(&format!("unpause --portfolio {portfolio} --safe batch.json")).await;
    let batch: Value = serde_json::from_str(&fs::read_to_string(dao.world.dir.join("batch.json")).unwrap()).unwrap();
    assert_eq!((&batch["version"], &batch["chainId"]), (&json!("1.0"), &json!("1337")));
    assert_eq!(batch["transactions"], written["transactions"]);
    dao.send_printed("owner", &batch);
    assert_eq!(dao.json(&format!("portfolio show --portfolio {portfolio}")).await["paused"], false);

    let one = store(portfolio, 1);
    dao.json(&format!("pause --portfolio {portfolio} --store {one} --key guardian.key")).await;
    let shown = dao.json(&format!("store show --store {one}")).await;
    assert_eq!((&shown["paused"], &shown["portfolio_paused"]), (&json!(true), &json!(false)));
    let said = dao.run(&format!("portfolio offer --portfolio {portfolio} --to {} --print", dao.address("caller"))).await;
    assert!(said.out.contains("DEVNET data:  0x") && said.out.contains("DEVNET value: 0"), "{}", said.out);
    // Exactly one way out.
    for usage in ["", "--print --key owner.key", "--print --safe batch.json"] {
        assert_eq!(dao.run(&format!("pause --portfolio {portfolio} {usage}")).await.code, 2, "{usage}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_has_help_that_says_its_exit_codes() {
    let dao = Dao::new().await;
    for command in [
        "portfolio create",
        "portfolio offer",
        "portfolio withdraw",
        "portfolio accept",
        "portfolio policy",
        "portfolio guardian",
        "portfolio servicer",
        "portfolio cancel",
        "store offer",
        "store withdraw",
        "store accept",
        "store status",
        "grant add",
        "grant revoke",
        "grant deny",
        "grant undeny",
        "grant role",
        "grant root",
        "pause",
        "unpause",
        "breaker open",
        "breaker close",
        "unlock propose",
        "unlock veto",
        "image propose",
        "image revoke",
        "reset propose",
        "reset veto",
        "agent revoke",
    ] {
        let said = dao.run(&format!("{command} --help")).await;
        assert_eq!(said.code, 0, "{command}");
        for part in ["Exit codes: 0", "--print", "--safe", "--key"] {
            assert!(said.out.contains(part), "{command} does not say {part}: {}", said.out);
        }
    }
}
