//! What stops a store, a portfolio, an agent or everything.

use alloy_primitives::B256;
use contracts_bindings::{
    Status, StoreRegistry,
    grants::Grant,
    registry::{Request, StoreRef},
};

use crate::world::{BREAKER, CALLER, DAY, GUARDIAN, OWNER, SERVICER, STRANGER, World, grant};

fn pause(world: &World, stores: Vec<StoreRef>) -> StoreRegistry::pauseCall {
    StoreRegistry::pauseCall { portfolio: world.portfolio, refs: stores }
}

fn set_status(world: &World, status: Status) -> StoreRegistry::setStatusCall {
    StoreRegistry::setStatusCall { refs: vec![world.store()], status: status.number(), reason: B256::ZERO }
}

#[test]
fn t63_refuses_a_paused_portfolio() {
    for by in [OWNER, GUARDIAN] {
        let mut world = World::new();
        let call = pause(&world, vec![]);
        world.chain.must(by, world.registry, &call);
        assert_eq!(world.refusal(world.request()), "portfolio.paused");
        let unpause = StoreRegistry::unpauseCall { portfolio: world.portfolio, refs: vec![] };
        world.chain.must(OWNER, world.registry, &unpause);
        assert!(world.authorize(world.request()).allowed);
    }
}

#[test]
fn t63_refuses_a_paused_store_and_no_other() {
    for by in [OWNER, GUARDIAN] {
        let mut world = World::new();
        let call = pause(&world, vec![world.store()]);
        world.chain.must(by, world.registry, &call);
        assert_eq!(world.refusal(world.request()), "store.paused");
        let other = Request { r#ref: StoreRef { origin: world.portfolio, salt: B256::repeat_byte(9) }, ..world.request() };
        assert!(world.authorize(other).allowed);
        // Ending the portfolio's pause leaves the store's.
        let unpause = StoreRegistry::unpauseCall { portfolio: world.portfolio, refs: vec![] };
        world.chain.must(OWNER, world.registry, &unpause);
        assert_eq!(world.refusal(world.request()), "store.paused");
        let unpause = StoreRegistry::unpauseCall { portfolio: world.portfolio, refs: vec![world.store()] };
        world.chain.must(OWNER, world.registry, &unpause);
        assert!(world.authorize(world.request()).allowed);
    }
}

#[test]
fn the_breaker_stops_all_for_seven_days_and_rests_thirty() {
    let mut world = World::new();
    let open = StoreRegistry::setBreakerCall { open: true };
    world.chain.must(BREAKER, world.registry, &open);
    assert_eq!(world.refusal(world.request()), "breaker.open");
    let opened = world.chain.now;
    world.chain.now = opened + 7 * DAY - 1;
    assert_eq!(world.refusal(world.request()), "breaker.open");
    world.chain.now = opened + 7 * DAY;
    assert!(world.authorize(world.request()).allowed);

    world.chain.now = opened + 30 * DAY - 1;
    let next = (opened + 30 * DAY).try_into().unwrap();
    let refused = world.chain.send(BREAKER, world.registry, &open).err().unwrap();
    refused.is(StoreRegistry::BreakerTooSoon { next });
    world.chain.now = opened + 30 * DAY;
    world.chain.must(BREAKER, world.registry, &open);
    assert_eq!(world.refusal(world.request()), "breaker.open");
    world.chain.must(BREAKER, world.registry, &StoreRegistry::setBreakerCall { open: false });
    assert!(world.authorize(world.request()).allowed);
}

#[test]
fn t49_refuses_a_revoked_agent_of_that_caller_alone() {
    let mut world = World::bare();
    world.grant(Grant { allowAgents: true, ..grant() });
    let agent = B256::repeat_byte(0xa9);
    let request = Request { agent, ..world.request() };
    world.chain.must(STRANGER, world.registry, &StoreRegistry::revokeAgentCall { agent });
    assert!(world.authorize(request.clone()).allowed);
    world.chain.must(CALLER, world.registry, &StoreRegistry::revokeAgentCall { agent });
    assert_eq!(world.refusal(request), "agent.revoked");
    assert!(world.authorize(world.request()).allowed);
}

#[test]
fn t63_a_status_tightens_at_once_and_loosens_after_the_delay() {
    let mut world = World::bare();
    world.grant(Grant { statuses: 15, ..grant() });
    let shown = |world: &mut World| {
        let (_, subject) = world.try_authorize(world.request()).unwrap();
        (subject.status, subject.statusSince.to::<u64>())
    };
    for status in [Status::Watch, Status::Default, Status::Closed] {
        world.chain.now += 1;
        let call = set_status(&world, status);
        world.chain.must(SERVICER, world.registry, &call);
        assert_eq!(shown(&mut world), (status.number(), world.chain.now));
    }
    assert_eq!(world.refusal(world.request()), "store.closed");
    let closed = world.chain.now;
    let call = set_status(&world, Status::Performing);
    let proposed: StoreRegistry::StatusProposed = world.chain.send(SERVICER, world.registry, &call).unwrap().event();
    assert_eq!(proposed.effective.to::<u64>(), closed + 2 * DAY);
    world.chain.now = closed + 2 * DAY - 1;
    assert_eq!(world.refusal(world.request()), "store.closed");
    world.chain.now = closed + 2 * DAY;
    assert!(world.authorize(world.request()).allowed);
    assert_eq!(shown(&mut world), (Status::Performing.number(), closed + 2 * DAY));
}
