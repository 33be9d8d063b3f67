//! What a refresh may and may not do, one rule at a time.

use super::{ALWAYS, GRACED, NEVER, OTHER, Stage};
use crate::read;
use crate::support_host::{Caller, Event, ORDERS, SALT, honest};
use alloy_primitives::B256;
use protocol::ledger::Kind;
use protocol::message::{Answer, HostRequest};

#[test]
fn t63_ticks_change_nothing_that_is_not_due() {
    let mut stage = Stage::new(ALWAYS);
    let entries = stage.world.entries.len();
    for _ in 0..50 {
        assert_eq!(stage.world.ask(HostRequest::Upkeep, &mut honest), Answer::Kept { due: 0 });
    }
    assert_eq!((stage.provider().asked, stage.world.entries.len()), (1, entries));
}

#[test]
fn t63_a_paused_store_is_kept_up_and_a_closed_one_is_not() {
    let mut stage = Stage::new(ALWAYS);
    stage.world.pause(true);
    stage.expire();
    assert_eq!(stage.keep_up(), 1, "tokens survive a pause");
    stage.world.close(SALT);
    stage.expire();
    assert_eq!(stage.keep_up(), 0, "closed");
    assert_eq!(stage.provider().double_uses, 0);
}

#[test]
fn t63_nothing_is_kept_up_for_a_revoked_image_or_at_a_head_older_than_seven_days() {
    let mut stage = Stage::new(NEVER);
    stage.world.now += 7 * 86_400_000 + 60_000;
    assert_eq!(stage.keep_up(), 0, "head is older than seven days");
    let mut stage = Stage::new(NEVER);
    stage.world.revoke_image();
    stage.expire();
    assert_eq!(stage.keep_up(), 0, "image revoked");
}

#[test]
fn a_revoked_authorisation_is_latched_and_told_once() {
    let mut stage = Stage::new(GRACED);
    stage.provider().revoked = true;
    stage.expire();
    assert_eq!(stage.keep_up(), 1, "asked once, and never again");
    let caller = Caller::of(&mut stage.world);
    stage.world.catch_up();
    let entries = stage.world.entries.len();
    for _ in 0..3 {
        let sealed = caller.query(&mut stage.world, ORDERS);
        let talk = stage.world.run(sealed.request(), &mut honest);
        assert_eq!((read(&talk, &sealed).refusal.as_str(), talk.egresses()), ("reauthorization_required", 0));
        let told = |event: &&Event| matches!(event, Event::Commit(_, Kind::Refreshed | Kind::Refreshing | Kind::Intent));
        assert_eq!(talk.events.iter().filter(told).count(), 0);
    }
    assert_eq!(stage.world.entries.len(), entries + 3, "three refusals, and no second alert");
    assert_eq!(stage.provider().asked, 2);
}

#[test]
fn t70_a_connection_of_one_store_takes_no_second_one_and_a_shared_one_does() {
    let mut one = Stage::new(ALWAYS);
    let (talk, read) = one.store(OTHER, B256::repeat_byte(7), None);
    assert_eq!((read.rule.as_str(), talk.egresses()), ("connection.not_shared", 0));
    let mut shared = Stage::new(NEVER);
    assert_eq!(shared.store(OTHER, B256::repeat_byte(7), None).1.status, 201);
    assert_eq!(shared.provider().asked, 1, "its token is the one that is there");
    // Its fields are not overwritten, and a name that nobody gave is nothing.
    let third = B256::repeat_byte(0x5c);
    assert_eq!(shared.store(third, B256::repeat_byte(7), Some("another-refresh-token")).1.rule, "connection.provisioned");
    assert_eq!(shared.store(third, B256::repeat_byte(8), None).1.rule, "connection.unknown");
}

#[test]
fn t71_an_app_is_made_once_and_is_for_its_preset() {
    let mut stage = Stage::with_app(NEVER);
    assert_eq!(stage.app().rule, "app.provisioned");
    // The same id under another preset is another app, which is not there.
    stage.case = ALWAYS;
    assert_eq!(stage.store(SALT, B256::repeat_byte(7), Some("refresh-token-000000")).1.rule, "app.unknown");
    assert_eq!(stage.provider().asked, 0);
}
