//! What a refresh may and may not do, one rule at a time.

use alloy_primitives::B256;
use protocol::ledger::Kind;
use protocol::message::HostRequest;

use super::cases::{ABSOLUTE, ALWAYS, CASES, GRACED, NEVER, SHARED, SPLIT};
use super::provider::FIRST;
use super::{CONNECTION, OTHER, Stage};
use crate::read;
use crate::support_host::{Event, SALT, Talk, honest};

#[test]
fn each_rule_is_refreshed_in_time_while_calls_are_made_and_served_with_the_new_token() {
    for case in CASES {
        let mut stage = Stage::new(case);
        let connections = stage.issued();
        assert_eq!(stage.called(SALT).outcome, "upstream", "{case:?}");
        stage.expire();
        assert_eq!(stage.keep_up(), 1, "{case:?}: the one that was used");
        stage.world.catch_up();
        let asked = stage.asked();
        assert_eq!(stage.called(SALT).outcome, "upstream", "{case:?}");
        assert_eq!((stage.asked(), stage.issued()), (asked, connections + 1), "{case:?}");
        assert_eq!((stage.double_uses(), stage.alerts()), (0, 0), "{case:?}");
    }
}

/// Two hundred calls of one store side by side, and a host that asks for upkeep all the while.
fn two_hundred_calls(stage: &mut Stage) {
    let sealed: Vec<_> = (0..200).map(|_| stage.call(SALT)).collect();
    let mut talks: Vec<Talk> = sealed.iter().map(|sealed| stage.world.talk(sealed.request())).collect();
    let mut spam = stage.world.talk(HostRequest::Upkeep);
    while talks.iter().any(|talk| talk.done().is_none()) {
        for talk in &mut talks {
            if talk.done().is_none() {
                stage.world.advance(talk, &mut honest);
            }
            if spam.done().is_some() {
                spam = stage.world.talk(HostRequest::Upkeep);
            }
            stage.world.advance(&mut spam, &mut honest);
        }
    }
    for (talk, sealed) in talks.iter().zip(&sealed) {
        assert_eq!(read(talk, sealed).outcome, "upstream");
        talk.check_order();
    }
}

#[test]
fn t11_200_calls_at_once_on_an_expired_token_refresh_once_whatever_the_host_asks_for() {
    let mut stage = Stage::new(ALWAYS);
    stage.expire();
    two_hundred_calls(&mut stage);
    assert_eq!((stage.asked(), stage.double_uses()), (2, 0), "one when it was taken in, one now");
}

#[test]
fn t11_200_calls_at_once_on_a_refused_token_refresh_once() {
    let mut stage = Stage::new(ALWAYS);
    stage.provider().expire_access();
    two_hundred_calls(&mut stage);
    assert_eq!((stage.asked(), stage.double_uses()), (2, 0), "one when it was taken in, one now");
}

#[test]
fn t63_ticks_change_nothing_that_is_not_due() {
    let mut stage = Stage::new(ALWAYS);
    let entries = stage.world.entries.len();
    for _ in 0..50 {
        assert_eq!(stage.upkeep(), 0);
    }
    assert_eq!((stage.asked(), stage.world.entries.len()), (1, entries));
}

#[test]
fn t63_what_is_due_at_once_keeps_to_the_providers_rate_whatever_the_host_asks_for() {
    let mut stage = Stage::with_app(SPLIT);
    // Of twelve shops of one app, whose provider takes five requests in a second.
    let salts: Vec<B256> = (0x60..0x6c).map(B256::repeat_byte).collect();
    for (salt, account) in salts.iter().zip(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]) {
        stage.case.account = account;
        stage.made(*salt, *salt, Some(FIRST));
    }
    for salt in &salts {
        assert_eq!(stage.called(*salt).outcome, "upstream");
    }
    stage.expire();
    for _ in 0..40 {
        for _ in 0..6 {
            stage.upkeep();
        }
        stage.world.now += 100;
    }
    let asked = stage.provider().asked_at.split_off(12);
    assert_eq!((asked.len(), stage.issued(), stage.double_uses()), (12, 24, 0), "each once");
    assert!(asked.windows(6).all(|six| six[5] - six[0] >= 1_000), "{asked:?}");
    assert!(asked[11] - asked[0] <= 2_200, "and none of its places is left empty: {asked:?}");
}

#[test]
fn what_nobody_uses_is_not_refreshed_until_somebody_does() {
    let mut stage = Stage::new(GRACED);
    stage.expire();
    let entries = stage.world.entries.len();
    assert_eq!((stage.keep_up(), stage.world.entries.len()), (0, entries), "nobody called");
    stage.world.catch_up();
    assert_eq!(stage.called(SALT).outcome, "upstream");
    assert_eq!(stage.asked(), 2, "by the call");
    // A call was made with this one: the next is there before it expires.
    stage.expire();
    assert_eq!(stage.keep_up(), 1);
    stage.expire();
    assert_eq!(stage.keep_up(), 0);
}

#[test]
fn a_refresh_token_whose_time_runs_out_is_kept_up_well_before_and_told_of_once() {
    const HOUR: u64 = 3_600_000;
    let mut stage = Stage::with_app(ABSOLUTE);
    stage.provider().absolute = 16 * 3_600;
    assert_eq!(stage.store(SALT, CONNECTION, Some(FIRST)).1.status, 201);
    stage.world.now += 7 * HOUR;
    stage.world.catch_up();
    assert_eq!(stage.keep_up(), 0, "nobody calls, and half of its life is left");
    stage.world.now += 11 * HOUR / 2;
    stage.world.catch_up();
    assert_eq!(stage.keep_up(), 1, "no more than a quarter");
    stage.world.now += 4 * HOUR;
    stage.world.catch_up();
    assert_eq!((stage.keep_up(), stage.alerts()), (1, 1), "over");
    stage.world.catch_up();
    assert_eq!(stage.called(SALT).refusal, "reauthorization_required");
    assert_eq!((stage.keep_up(), stage.alerts()), (0, 1));
}

#[test]
fn t63_a_paused_store_is_kept_up_and_a_closed_one_is_not() {
    let mut stage = Stage::new(ALWAYS);
    assert_eq!(stage.called(SALT).outcome, "upstream");
    stage.world.pause(true);
    stage.expire();
    assert_eq!(stage.keep_up(), 1, "tokens survive a pause");
    stage.world.pause(false);
    stage.world.catch_up();
    assert_eq!(stage.called(SALT).outcome, "upstream");
    stage.world.close(SALT);
    stage.expire();
    assert_eq!(stage.keep_up(), 0, "closed");
    assert_eq!(stage.double_uses(), 0);
}

#[test]
fn t63_a_store_that_moved_before_it_was_handed_over_is_kept_up_until_it_is_closed() {
    let mut stage = Stage::with_app(ALWAYS);
    stage.world.move_store(SALT);
    stage.made(SALT, CONNECTION, Some(FIRST));
    assert_eq!(stage.called(SALT).outcome, "upstream");
    stage.expire();
    assert_eq!(stage.keep_up(), 1);
    stage.world.catch_up();
    assert_eq!(stage.called(SALT).outcome, "upstream");
    stage.world.close(SALT);
    stage.expire();
    assert_eq!(stage.keep_up(), 0, "closed");
}

#[test]
fn t63_nothing_is_kept_up_for_a_revoked_image_or_at_a_head_older_than_seven_days() {
    let mut stage = Stage::new(NEVER);
    assert_eq!(stage.called(SALT).outcome, "upstream");
    stage.world.now += 7 * 86_400_000 + 60_000;
    assert_eq!(stage.keep_up(), 0, "head is older than seven days");
    let mut stage = Stage::new(NEVER);
    assert_eq!(stage.called(SALT).outcome, "upstream");
    stage.world.revoke_image();
    stage.expire();
    assert_eq!(stage.keep_up(), 0, "image revoked");
}

#[test]
fn a_revoked_authorisation_is_latched_and_told_once() {
    let mut stage = Stage::new(GRACED);
    assert_eq!(stage.called(SALT).outcome, "upstream");
    stage.provider().revoked = true;
    stage.expire();
    assert_eq!(stage.keep_up(), 1, "asked once, and never again");
    stage.world.catch_up();
    let entries = stage.world.entries.len();
    for _ in 0..3 {
        let sealed = stage.call(SALT);
        let talk = stage.world.run(sealed.request(), &mut honest);
        assert_eq!((read(&talk, &sealed).refusal.as_str(), talk.egresses()), ("reauthorization_required", 0));
        let told = |event: &&Event| matches!(event, Event::Commit(_, Kind::Refreshed | Kind::Refreshing | Kind::Intent));
        assert_eq!(talk.events.iter().filter(told).count(), 0);
    }
    assert_eq!((stage.world.entries.len(), stage.alerts()), (entries + 3, 1), "three refusals, and no second alert");
    stage.restart();
    assert_eq!((stage.keep_up(), stage.alerts(), stage.asked()), (0, 1, 2), "nor after a restart");
}

#[test]
fn a_token_that_may_be_spent_is_handed_in_again_and_the_provider_decides() {
    // Not spent: the request never arrived, as far as the vault can know.
    let mut stage = Stage::new(ALWAYS);
    assert_eq!(stage.called(SALT).outcome, "upstream");
    stage.expire();
    let mut talk = stage.world.talk(HostRequest::Upkeep);
    while !talk.sends() {
        stage.world.advance(&mut talk, &mut honest);
    }
    drop(talk);
    stage.restart();
    assert_eq!(stage.keep_up(), 1);
    assert_eq!((stage.double_uses(), stage.alerts()), (0, 0), "saved");
    // Spent, and the answer never came: the provider says so once, and nobody asks again.
    let mut stage = Stage::new(ALWAYS);
    assert_eq!(stage.called(SALT).outcome, "upstream");
    stage.expire();
    stage.provider().mute = true;
    assert_eq!(stage.keep_up(), 2);
    assert_eq!((stage.keep_up(), stage.double_uses(), stage.alerts()), (0, 1, 1));
}

#[test]
fn a_refused_access_token_is_refreshed_once_and_the_call_made_once_more() {
    for case in [GRACED, ALWAYS, SHARED] {
        let mut stage = Stage::new(case);
        stage.provider().expire_access();
        let asked = stage.asked();
        let sealed = stage.call(SALT);
        let talk = stage.world.run(sealed.request(), &mut honest);
        assert_eq!(read(&talk, &sealed).outcome, "upstream");
        talk.check_order();
        let written: Vec<Kind> = talk
            .events
            .iter()
            .filter_map(|event| match event {
                Event::Acknowledged(kind) => Some(*kind),
                _ => None,
            })
            .collect();
        assert_eq!(written, [Kind::Intent, Kind::Refreshing, Kind::Refreshed, Kind::Retried, Kind::Outcome], "{case:?}");
        assert_eq!((stage.asked() - asked, talk.egresses()), (1, 3), "{case:?}");
        // The second attempt is a call with the new token: it is in use.
        stage.expire();
        assert_eq!(stage.keep_up(), 1, "{case:?}");
    }
}

#[test]
fn t70_a_connection_of_one_store_takes_no_second_one_and_a_shared_one_does() {
    let mut one = Stage::new(ALWAYS);
    let (talk, read) = one.store(OTHER, CONNECTION, None);
    assert_eq!((read.rule.as_str(), talk.egresses()), ("connection.not_shared", 0));
    let mut shared = Stage::new(NEVER);
    assert_eq!(shared.store(OTHER, CONNECTION, None).1.status, 201);
    assert_eq!(shared.asked(), 1, "its token is the one that is there");
    // Its fields are not overwritten, and a name that nobody gave is nothing.
    let third = B256::repeat_byte(0x5c);
    assert_eq!(shared.store(third, CONNECTION, Some("another-refresh-token")).1.rule, "connection.provisioned");
    assert_eq!(shared.store(third, B256::repeat_byte(8), None).1.rule, "connection.unknown");
}

#[test]
fn t70_a_connection_handed_over_under_a_wrong_account_is_bound_to_the_account_that_it_is_of() {
    let mut stage = Stage::with_app(ALWAYS);
    stage.case.account = "4712";
    assert_eq!(stage.store(SALT, CONNECTION, Some(FIRST)).1.rule, "provision.other_account");
    // Its token was spent to find that out, and its successor is not lost with the mistake.
    stage.case.account = ALWAYS.account;
    assert_eq!(stage.store(SALT, CONNECTION, None).1.status, 201);
    assert_eq!(stage.called(SALT).outcome, "upstream");
    stage.expire();
    assert_eq!((stage.called(SALT).outcome.as_str(), stage.double_uses()), ("upstream", 0));
    stage.restart();
    assert_eq!(stage.called(SALT).outcome, "upstream");
}

#[test]
fn t71_an_app_is_made_once_and_is_for_its_preset() {
    let mut stage = Stage::with_app(NEVER);
    assert_eq!(stage.app().rule, "app.provisioned");
    // The same id under another preset is another app, which is not there.
    stage.case = ALWAYS;
    assert_eq!(stage.store(SALT, CONNECTION, Some("refresh-token-000000")).1.rule, "app.unknown");
    assert_eq!(stage.asked(), 0);
}
