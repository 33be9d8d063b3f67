//! Token endpoints that never bring tokens, in ways that nobody foresaw: asked ever more seldom, and the owner told once.

use protocol::ledger::{Alerted, Body, Trouble, VERSION};

use super::Stage;
use super::cases::{ALWAYS, NEVER};
use crate::support_host::SALT;

const HOUR: u64 = 3_600_000;

/// When owners were told that refreshing goes on failing, and since when it does.
fn told(stage: &Stage) -> Vec<(u64, u64)> {
    let failing = |body: &Body| match body {
        Body::Alerted(alerted) => match alerted.trouble {
            Trouble::Failing { since } => Some((alerted.time, since)),
            Trouble::Missing { .. } => None,
        },
        _ => None,
    };
    stage.world.bodies().iter().filter_map(failing).collect()
}

fn failing(stage: &mut Stage) -> u64 {
    stage.world.status().connections.unwrap().failing
}

/// Lets hours go by, with a host that asks for upkeep every half minute. Says when its token endpoint was asked.
fn hours(stage: &mut Stage, hours: u64) -> Vec<u64> {
    let (before, until) = (stage.asked(), stage.world.now + hours * HOUR);
    while stage.world.now < until {
        stage.upkeep();
        stage.world.now += 30_000;
    }
    stage.provider().asked_at.split_off(before)
}

#[test]
fn an_answer_that_nobody_foresaw_is_asked_for_ever_more_seldom_and_told_once_and_latches_nothing() {
    for case in [NEVER, ALWAYS] {
        for answer in [
            (400, r#"{"error":"quux"}"#),
            (403, "{}"),
            (418, r#"{"error":{}}"#),
            (500, "{}"),
            (200, r#"{"error":"quux"}"#),
            (302, "{}"),
        ] {
            let mut stage = Stage::new(case);
            assert_eq!(stage.called(SALT).outcome, "upstream");
            stage.expire();
            stage.provider().token_answer = Some(answer);
            let asked = hours(&mut stage, 12);
            let waits: Vec<u64> = asked.windows(2).map(|two| two[1] - two[0]).collect();
            assert!(waits.windows(2).all(|two| two[0] <= two[1] + 40_000), "{case:?} {answer:?}: {waits:?}");
            assert!(waits[0] >= 30_000 && *waits.last().unwrap() >= HOUR && asked.len() <= 20, "{case:?} {answer:?}: {waits:?}");
            let alerts = told(&stage);
            assert_eq!(alerts.len(), 1, "{case:?} {answer:?}: {alerts:?}");
            let (at, since) = alerts[0];
            assert!(at >= since + HOUR && at <= since + 2 * HOUR && since <= asked[0] + 1_000, "{alerts:?} {asked:?}");
            assert_eq!((failing(&mut stage), stage.alerts()), (1, 0), "and the merchant is not asked");
            // The next process knows, and tells nobody again.
            stage.world.catch_up();
            stage.restart();
            hours(&mut stage, 3);
            assert_eq!((told(&stage).len(), failing(&mut stage)), (1, 1), "{case:?} {answer:?}");
            stage.world.catch_up();
            assert_eq!(stage.called(SALT).rule, "refresh.later");
            // The token was good all the while.
            stage.provider().token_answer = None;
            hours(&mut stage, 2);
            stage.world.catch_up();
            assert_eq!((stage.called(SALT).outcome.as_str(), failing(&mut stage)), ("upstream", 0), "{case:?} {answer:?}");
            assert_eq!((stage.double_uses(), stage.alerts(), told(&stage).len()), (0, 0, 1), "{case:?} {answer:?}");
        }
    }
}

#[test]
fn what_is_mended_within_the_hour_is_told_to_nobody_and_what_fails_anew_is_told_anew() {
    let mut stage = Stage::new(NEVER);
    for (hours_long, alerts) in [(0, 0), (3, 1), (0, 1), (3, 2)] {
        stage.world.catch_up();
        assert_eq!(stage.called(SALT).outcome, "upstream");
        stage.expire();
        stage.provider().token_answer = Some((400, "{}"));
        hours(&mut stage, hours_long);
        for _ in 0..90 {
            stage.upkeep();
            stage.world.now += 10_000;
        }
        stage.provider().token_answer = None;
        hours(&mut stage, 2);
        assert_eq!((told(&stage).len(), failing(&mut stage)), (alerts, 0));
    }
}

#[test]
fn a_provider_that_always_says_in_a_second_is_not_asked_each_second() {
    let mut stage = Stage::new(NEVER);
    assert_eq!(stage.called(SALT).outcome, "upstream");
    stage.expire();
    stage.provider().token_answer = Some((429, "{}"));
    let asked = hours(&mut stage, 12);
    assert!(asked.len() <= 20, "{asked:?}");
    assert_eq!((told(&stage).len(), failing(&mut stage)), (1, 1));
}

#[test]
fn an_alert_of_an_image_that_waited_for_less_is_read_and_stands() {
    let mut stage = Stage::new(NEVER);
    assert_eq!(stage.called(SALT).outcome, "upstream");
    stage.expire();
    stage.provider().token_answer = Some((400, "{}"));
    stage.upkeep();
    let bodies = stage.world.bodies();
    let Some(Body::Refreshed(refreshed)) = bodies.last() else { panic!("{:?}", bodies.last()) };
    let (time, boot_id, connection) = (refreshed.time, refreshed.boot_id, refreshed.connection);
    // After one attempt, and in the minute of it.
    let trouble = Trouble::Failing { since: time };
    stage.world.write_as_an_earlier_image(&Body::Alerted(Alerted { version: VERSION, boot_id, time, connection, trouble }));
    stage.restart();
    assert_eq!(failing(&mut stage), 1);
    hours(&mut stage, 3);
    assert_eq!(told(&stage), [(time, time)], "and not once more");
}

#[test]
fn what_has_to_be_authorised_anew_is_not_said_to_fail_as_well() {
    let mut stage = Stage::new(NEVER);
    assert_eq!(stage.called(SALT).outcome, "upstream");
    stage.expire();
    stage.provider().token_answer = Some((400, "{}"));
    hours(&mut stage, 3);
    assert_eq!(failing(&mut stage), 1);
    stage.provider().token_answer = None;
    stage.provider().revoked = true;
    hours(&mut stage, 2);
    let status = stage.world.status().connections.unwrap();
    assert_eq!((status.failing, status.reauthorize, stage.alerts()), (0, 1, 1));
}
