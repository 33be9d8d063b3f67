//! `portfolio`, `store`, `unlock` and `breaker`.

use std::fs;

use serde_json::{Value, json};

use crate::dao::{DAY, Dao, store};

#[tokio::test(flavor = "multi_thread")]
async fn a_portfolio_changes_hands_in_two_steps_and_its_seats_after_the_delay() {
    let dao = Dao::new().await;
    let portfolio = dao.portfolio("2d").await;
    let (guardian, caller, operator) = (dao.address("guardian"), dao.address("caller"), dao.address("operator"));
    let shown = dao.json(&format!("portfolio show --portfolio {portfolio}")).await;
    assert_eq!((&shown["delay"], &shown["tenure"], &shown["this_vault"]), (&json!(2 * DAY), &json!(1), &json!(true)));
    let policy = shown["policy"].as_str().unwrap().to_owned();

    let proposed = dao.json(&format!("portfolio guardian {caller} --portfolio {portfolio} --key owner.key")).await;
    let effect = &proposed["effect"];
    assert_eq!(effect["when"], "after_delay");
    let time = dao.world.chain.block(proposed["block"].as_u64().unwrap()).unwrap().timestamp;
    assert_eq!(effect["not_before"], time + 2 * DAY);
    let shown = dao.json(&format!("portfolio show --portfolio {portfolio}")).await;
    assert_eq!(shown["next"]["guardian"]["from"], time + 2 * DAY);
    let cancelled = dao.json(&format!("portfolio cancel guardian --portfolio {portfolio} --key guardian.key")).await;
    assert_eq!(cancelled["effect"]["when"], "at_once");
    dao.refused(&format!("portfolio cancel guardian --portfolio {portfolio} --key guardian.key"), "NothingToCancel").await;
    dao.json(&format!("portfolio servicer {caller} --portfolio {portfolio} --key owner.key")).await;
    dao.json(&format!("portfolio policy {policy} --portfolio {portfolio} --key owner.key")).await;
    dao.refused(&format!("portfolio policy {policy} --portfolio {portfolio} --key caller.key"), "NotOwner").await;

    let offered = dao.json(&format!("portfolio offer --to {caller} --portfolio {portfolio} --key owner.key")).await;
    assert_eq!(offered["effect"]["when"], "after_delay");
    let accept = format!("portfolio accept --portfolio {portfolio} --guardian {guardian} --servicer {operator}");
    dao.refused(&format!("{accept} --key caller.key"), "OfferNotDue").await;
    dao.refused(&format!("{accept} --key operator.key"), "NotOffered").await;
    dao.pass(2 * DAY).await;
    let shown = dao.json(&format!("portfolio show --portfolio {portfolio}")).await;
    assert_eq!(shown["servicer"].as_str().unwrap().to_lowercase(), caller.to_lowercase(), "the new servicer is not in place");
    let accepted = dao.json(&format!("{accept} --key caller.key")).await;
    assert_eq!(accepted["effect"]["when"], "at_once");
    let shown = dao.json(&format!("portfolio show --portfolio {portfolio}")).await;
    assert_eq!(shown["owner"].as_str().unwrap().to_lowercase(), caller.to_lowercase());
    assert_eq!((&shown["tenure"], &shown["next"]["owner"]), (&json!(2), &Value::Null));
    dao.refused(&format!("pause --portfolio {portfolio} --key owner.key"), "NotOwner").await;

    dao.json(&format!("portfolio offer --to {guardian} --portfolio {portfolio} --key caller.key")).await;
    dao.json(&format!("portfolio withdraw --portfolio {portfolio} --key caller.key")).await;
    dao.refused(&format!("{accept} --key guardian.key"), "NotOffered").await;
    let said = dao.run(&format!("portfolio show --portfolio {portfolio}")).await;
    assert!(said.out.contains("DEVNET delay     2 days"), "{}", said.out);
    assert_eq!(dao.run("portfolio show --portfolio 99").await.code, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stores_status_tightens_at_once_and_loosens_after_the_delay_and_stores_move() {
    let dao = Dao::new().await;
    let (from, to) = (dao.portfolio("1d").await, dao.portfolio("0").await);
    let one = store(from, 1);
    let status = |status: &str| format!("store status {status} --store {one} --reason payments.stopped");
    let set = dao.json(&format!("{} --key operator.key", status("default"))).await;
    assert_eq!((&set["effect"]["when"], &set["changed"], &set["loosens_from"]), (&json!("at_once"), &json!(1), &Value::Null));
    dao.refused(&format!("{} --key owner.key", status("watch")), "NotServicer").await;
    let set = dao.json(&format!("{} --key operator.key", status("watch"))).await;
    assert_eq!((&set["effect"]["when"], &set["changed"]), (&json!("after_delay"), &json!(0)));
    assert_eq!(set["loosens_from"], set["effect"]["not_before"]);
    let shown = dao.json(&format!("store show --store {one}")).await;
    assert_eq!((&shown["status"], &shown["next_status"]["status"]), (&json!("Default"), &json!("Watch")));
    dao.json(&format!("portfolio cancel status --store {one} --portfolio {from} --key guardian.key")).await;
    assert_eq!(dao.json(&format!("store show --store {one}")).await["next_status"], Value::Null);
    assert_eq!(dao.run(&format!("portfolio cancel status --portfolio {from} --key guardian.key")).await.code, 2);

    let many: Vec<String> = (2..200).map(|number| store(from, number)).collect();
    fs::write(dao.world.dir.join("stores"), many.join("\n")).unwrap();
    let set = dao.json("store status Closed --stores stores --key operator.key").await;
    assert_eq!((&set["stores"], &set["changed"]), (&json!(198), &json!(198)));

    let offered = dao.json(&format!("store offer --store {one} --to {to} --key owner.key")).await;
    assert_eq!(offered["effect"]["when"], "after_delay");
    dao.refused(&format!("store accept --store {one} --to {to} --key owner.key"), "StoreOfferNotDue").await;
    dao.json(&format!("store withdraw --store {one} --key owner.key")).await;
    dao.json(&format!("store offer --store {one} --to {to} --key owner.key")).await;
    dao.pass(DAY).await;
    dao.json(&format!("store accept --store {one} --to {to} --key owner.key")).await;
    let shown = dao.json(&format!("store show --store {one}")).await;
    assert_eq!((&shown["portfolio"], &shown["tenure"], &shown["status"]), (&json!(to), &json!(2), &json!("Default")));
    assert_eq!(dao.run("store status Late --store 1:0x00 --key operator.key").await.code, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_operation_opens_after_its_wait_unless_it_is_vetoed_and_the_breaker_rests() {
    let dao = Dao::new().await;
    let portfolio = dao.portfolio("0").await;
    let unlock = format!("--portfolio {portfolio} --store {} --operation vault.export", store(portfolio, 1));
    let state = async || dao.json(&format!("unlock show {unlock}")).await["state"].as_str().unwrap().to_owned();
    assert_eq!(state().await, "none");
    let proposed = dao.json(&format!("unlock propose {unlock} --for 1d --key owner.key")).await;
    let time = dao.world.chain.block(proposed["block"].as_u64().unwrap()).unwrap().timestamp;
    assert_eq!((&proposed["effect"]["when"], &proposed["effect"]["not_before"]), (&json!("after_delay"), &json!(time + 2 * DAY)));
    assert_eq!(state().await, "proposed");
    dao.pass(2 * DAY).await;
    assert_eq!(state().await, "open");
    assert_eq!(dao.json(&format!("unlock veto {unlock} --key guardian.key")).await["effect"]["when"], "at_once");
    assert_eq!(state().await, "vetoed");
    dao.json(&format!("unlock propose {unlock} --for 30d --key owner.key")).await;
    dao.pass(33 * DAY).await;
    assert_eq!(state().await, "over");
    dao.refused(&format!("unlock propose {unlock} --key guardian.key"), "NotOwner").await;

    assert_eq!(dao.json("breaker open --key deployer.key").await["effect"]["when"], "at_once");
    assert_eq!(dao.json("breaker show").await["open"], true);
    dao.json("breaker close --key deployer.key").await;
    assert_eq!(dao.json("breaker show").await["open"], false);
    dao.refused("breaker open --key deployer.key", "BreakerTooSoon").await;
    dao.refused("breaker open --key owner.key", "NotBreaker").await;
}
