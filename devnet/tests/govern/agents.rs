//! `agent`.

use alloy_primitives::Address;
use serde_json::json;

use crate::dao::Dao;

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_is_made_delegated_to_shown_and_revoked() {
    let dao = Dao::new().await;
    let portfolio = dao.portfolio("0").await;
    for curve in ["p256", "secp256k1"] {
        let made = dao.json(&format!("agent new {curve}.key --curve {curve}")).await;
        assert_eq!(dao.run(&format!("agent new {curve}.key")).await.code, 1, "a key was overwritten");
        let agent = made["agent"].as_str().unwrap();
        let delegated = dao
            .json(&format!(
                "agent delegate --agent {agent} --portfolio {portfolio} --class READ --out {curve}.json --key caller.key"
            ))
            .await;
        assert_eq!((&delegated["signed"], &delegated["agent"]), (&json!(true), &made["id"]));
        let shown = dao.json(&format!("agent show {curve}.json")).await;
        assert_eq!((&shown["in_force"], &shown["revoked"]), (&json!(true), &json!(false)));
        let revoked = dao.json(&format!("agent revoke {curve}.json --key caller.key")).await;
        assert_eq!((&revoked["effect"]["when"], &revoked["agent"]), (&json!("at_once"), &made["id"]));
        let shown = dao.json(&format!("agent show {curve}.json")).await;
        assert_eq!((&shown["in_force"], &shown["revoked"]), (&json!(false), &json!(true)));
        for same in [agent, made["id"].as_str().unwrap(), &format!("{curve}.key")] {
            assert_eq!(dao.json(&format!("agent revoke {same} --print")).await["agent"], made["id"]);
        }
    }
    // For an account that is a contract: first the message, then its signature.
    let safe = Address::repeat_byte(0x5a);
    let unsigned = dao
        .json(&format!("agent delegate --agent p256.key --portfolio {portfolio} --out safe.json --caller {safe} --seconds 30d"))
        .await;
    assert_eq!((&unsigned["signed"], &unsigned["typed_data"]["primaryType"]), (&json!(false), &json!("Delegation")));
    assert_eq!(dao.json("agent show safe.json").await["in_force"], false);
    dao.json("agent signed safe.json --signature 0x0102").await;
    assert_eq!(dao.json("agent show safe.json").await["signed"], true);
    for usage in
        ["agent delegate --agent p256.key --portfolio 1 --out x.json", "call --agent p256.key --store 1:0x00 https://a.example/"]
    {
        assert_eq!(dao.run(usage).await.code, 2, "{usage}");
    }
}
