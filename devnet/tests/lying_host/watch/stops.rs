//! What ends looking: the registry's stops, a revocation, and a host that drops what it began.

use contracts_bindings::StoreRegistry::{pauseCall, setBreakerCall, unpauseCall};
use contracts_bindings::registry::StoreRef;
use protocol::message::{HostRequest, Need};

use super::{DAY, HOUR, Stage, internal};
use crate::support_host::{Caller, Read, SALT, SALT_2, honest};

#[test]
fn t63_where_money_goes_is_not_looked_at_while_paused_closed_or_revoked() {
    let pause = |stage: &mut Stage, paused: bool, refs: Vec<StoreRef>| {
        let (owner, registry) = (stage.world.chain.accounts().owner, stage.world.chain.contracts().store_registry);
        if paused {
            stage.world.transact(&owner, registry, &pauseCall { portfolio: 1, refs });
        } else {
            stage.world.transact(&owner, registry, &unpauseCall { portfolio: 1, refs });
        }
    };
    for refs in [Vec::new(), vec![StoreRef { origin: 1, salt: SALT }]] {
        let mut stage = Stage::looked();
        pause(&mut stage, true, refs.clone());
        stage.day();
        assert_eq!(stage.looks(), 1, "paused");
        pause(&mut stage, false, refs);
        stage.pass(2 * HOUR);
        stage.watch();
        assert_eq!(stage.looks(), 2, "no longer paused");
    }
    let mut closed = Stage::looked();
    closed.world.close(SALT);
    closed.day();
    assert_eq!(closed.looks(), 1, "closed");

    let mut image = Stage::looked();
    image.world.revoke_image();
    image.day();
    assert_eq!(image.looks(), 1, "image taken back");

    let mut revoked = Stage::looked();
    let operator = revoked.world.chain.accounts().operator;
    let request = internal("POST", "/v1/revoke", b"connection".to_vec());
    let read: Read = revoked.caller.ask(&mut revoked.world, &operator, SALT, request);
    assert_eq!((read.outcome.as_str(), read.status), ("vault", 200), "{read:?}");
    revoked.day();
    assert_eq!(revoked.looks(), 1, "revoked");
    assert_eq!(revoked.tally(), (0, 0, 0));
}

#[test]
fn t63_a_store_that_moved_is_looked_at_as_its_new_home_says() {
    let mut stage = Stage::looked();
    stage.world.move_store(SALT);
    let (owner, registry) = (stage.world.chain.accounts().owner, stage.world.chain.contracts().store_registry);
    for (portfolio, looks) in [(1, 2), (2, 2)] {
        stage.world.transact(&owner, registry, &pauseCall { portfolio, refs: Vec::new() });
        stage.day();
        assert_eq!(stage.looks(), looks, "portfolio {portfolio} is paused");
    }
}

#[test]
fn t63_the_breaker_stops_every_look() {
    let mut stage = Stage::looked();
    let (deployer, registry) = (stage.world.chain.accounts().deployer, stage.world.chain.contracts().store_registry);
    stage.world.transact(&deployer, registry, &setBreakerCall { open: true });
    stage.day();
    assert_eq!(stage.looks(), 1);
}

#[test]
fn t63_conversations_that_are_dropped_before_the_answer_have_nothing_asked_again() {
    let mut stage = Stage::looked();
    stage.pass(DAY + HOUR);
    let mut sent = 0;
    for _ in 0..10 {
        let mut talk = stage.world.talk(HostRequest::Watch);
        while talk.done().is_none() && !talk.sends() {
            stage.world.advance(&mut talk, &mut honest);
        }
        sent += usize::from(talk.sends());
        stage.world.now += 60_000;
        stage.world.catch_up();
    }
    assert_eq!(sent, 1);
    stage.pass(HOUR);
    stage.watch();
    assert_eq!(stage.looks(), 2);
}

#[test]
fn t63_a_revocation_that_comes_while_the_look_is_prepared_ends_it() {
    let record: fn(&Need) -> bool = |need| matches!(need, Need::Record { .. });
    for before in [record, |need| matches!(need, Need::State { .. })] {
        let mut stage = Stage::looked();
        // Another state of the registry, so that it has to be proven anew.
        let (owner, registry) = (stage.world.chain.accounts().owner, stage.world.chain.contracts().store_registry);
        let elsewhere = pauseCall { portfolio: 1, refs: vec![StoreRef { origin: 1, salt: SALT_2 }] };
        stage.world.transact(&owner, registry, &elsewhere);
        stage.pass(DAY + HOUR);
        stage.caller = Caller::of(&mut stage.world);
        let mut talk = stage.world.talk(HostRequest::Watch);
        while !talk.needs().is_some_and(before) {
            stage.world.advance(&mut talk, &mut honest);
        }
        let operator = stage.world.chain.accounts().operator;
        let request = internal("POST", "/v1/revoke", b"connection".to_vec());
        let read = stage.caller.ask(&mut stage.world, &operator, SALT, request);
        assert_eq!(read.status, 200, "{read:?}");
        stage.world.finish(&mut talk, &mut honest);
        assert_eq!((talk.egresses(), stage.looks()), (0, 1));
    }
}
