//! `grant`.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use alloy_primitives::B256;
use serde_json::json;

use crate::dao::{DAY, Dao, store};

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

#[tokio::test(flavor = "multi_thread")]
async fn grants_denials_roles_and_roots_are_written_shown_and_ended() {
    let dao = Dao::new().await;
    let portfolio = dao.portfolio("0").await;
    let (caller, operator) = (dao.address("caller"), dao.address("operator"));
    let grant = format!(
        "--portfolio {portfolio} --caller {caller} --operation shopify.query.orders --class READ --store {}",
        store(portfolio, 1)
    );
    let given = dao
        .json(&format!(
            "grant add {grant} --seconds 2d --statuses Performing,Watch,Default --capacity 5 --period 1h --where amount<=250.5 --agents --key owner.key"
        ))
        .await;
    assert_eq!((&given["effect"]["when"], &given["granted"]), (&json!("at_finality"), &json!(2)));
    let shown = dao.json(&format!("grant show {grant}")).await;
    let shown = shown["grants"].as_array().unwrap();
    assert_eq!(
        shown.iter().map(|grant| &grant["id"]).collect::<Vec<_>>(),
        given["ids"].as_array().unwrap().iter().collect::<Vec<_>>()
    );
    for grant in shown {
        assert_eq!((&grant["granted"], &grant["statuses"], &grant["capacity"]), (&json!(true), &json!(7), &json!("5")));
        assert_eq!((&grant["agents"], &grant["conditions"], &grant["period"]), (&json!(true), &json!(1), &json!(3_600)));
        assert!(grant["until"].as_u64().unwrap() > now() + 2 * DAY - 120);
    }
    let id = given["ids"][0].as_str().unwrap();
    let ended = dao.json(&format!("grant revoke --portfolio {portfolio} --id {id} --key owner.key")).await;
    assert_eq!(ended["effect"]["when"], "at_once");
    dao.refused(&format!("grant revoke --portfolio {portfolio} --id {id} --key owner.key"), "GrantUnknown").await;
    // The other one by what it says.
    dao.json(&format!(
        "grant revoke --portfolio {portfolio} --caller {caller} --class READ --store {} --key owner.key",
        store(portfolio, 1)
    ))
    .await;
    let shown = dao.json(&format!("grant show {grant}")).await;
    assert!(shown["grants"].as_array().unwrap().iter().all(|grant| grant["granted"] == json!(false)));
    dao.refused(&format!("grant add --portfolio {portfolio} --caller {caller} --class EXPORT --key owner.key"), "WhatInvalid")
        .await;

    let denied = dao.json(&format!("grant deny --portfolio {portfolio} --key owner.key")).await;
    assert_eq!(denied["effect"]["when"], "at_once");
    assert_eq!(dao.json(&format!("grant show --portfolio {portfolio}")).await["everything_denied"], true);
    let lifted = dao.json(&format!("grant undeny --portfolio {portfolio} --key owner.key")).await;
    assert_eq!(lifted["effect"]["when"], "at_finality");
    assert_eq!(dao.json(&format!("grant show --portfolio {portfolio}")).await["everything_denied"], false);

    let role = format!("grant role --portfolio {portfolio} --role recovery --member {caller} --member {operator}");
    assert_eq!(dao.json(&format!("{role} --seconds 7d --key owner.key")).await["effect"]["when"], "at_finality");
    let member = format!("grant show --portfolio {portfolio} --role recovery --member {operator}");
    assert!(dao.json(&member).await["member_until"].as_u64().unwrap() > now());
    assert_eq!(dao.json(&format!("{role} --end --key owner.key")).await["effect"]["when"], "at_once");
    assert_eq!(dao.json(&member).await["member_until"], 0);

    let grants = json!([{ "caller": caller, "class": "READ" }, { "role": "recovery", "operation": "vault.export", "statuses": ["Default"] }]);
    fs::write(dao.world.dir.join("grants.json"), grants.to_string()).unwrap();
    let rooted =
        dao.json(&format!("grant root --portfolio {portfolio} --grants grants.json --evidence shown --key owner.key")).await;
    assert_eq!(dao.json(&format!("grant show --portfolio {portfolio}")).await["root"], rooted["root"]);
    for index in 0..2 {
        assert!(hex::decode(fs::read_to_string(dao.world.dir.join(format!("shown/{index}.evidence"))).unwrap()).is_ok());
    }
    assert_eq!(
        dao.json(&format!("grant root --portfolio {portfolio} --clear --key owner.key")).await["effect"]["when"],
        "at_once"
    );
    assert_eq!(dao.json(&format!("grant show --portfolio {portfolio}")).await["root"], json!(B256::ZERO));
    for usage in [
        "grant add --portfolio 1 --key owner.key --seconds x",
        "grant root --portfolio 1 --key owner.key",
        "grant revoke --portfolio 1 --key owner.key",
    ] {
        assert_eq!(dao.run(usage).await.code, 2, "{usage}");
    }
}
