//! What a grant covers, and what it costs.

use alloy_primitives::{B256, keccak256};
use contracts_bindings::{
    Class, Status, StoreRegistry,
    grants::{Constraint, Grant},
    registry::{Request, StoreRef},
    rule_text, store_id,
};

use crate::chain::CHAIN_ID;
use crate::world::{SALT, SERVICER, STRANGER, World, create_portfolio, grant, param};

const EQUAL: u8 = 0;
const ONE_OF: u8 = 1;
const AT_MOST: u8 = 2;
const AT_LEAST: u8 = 3;

fn word(value: u64) -> B256 {
    param("", value).value
}

#[test]
fn nothing_is_allowed_without_a_grant() {
    let mut world = World::bare();
    assert_eq!(world.refusal(world.request()), "grant.none");
}

#[test]
fn a_grant_counts_from_its_first_second_and_not_in_its_last() {
    let mut world = World::bare();
    let now = world.chain.now;
    world.grant(Grant { from: (now + 10).try_into().unwrap(), until: (now + 20).try_into().unwrap(), ..grant() });
    let at = |world: &World, time| Request { time, ..world.request() };
    assert_eq!(world.refusal(at(&world, now + 9)), "grant.not_yet");
    assert!(world.authorize(at(&world, now + 10)).allowed);
    assert!(world.authorize(at(&world, now + 19)).allowed);
    assert_eq!(world.refusal(at(&world, now + 20)), "grant.expired");
}

#[test]
fn a_grant_for_one_store_is_for_no_other() {
    let mut world = World::bare();
    let store = store_id(CHAIN_ID, world.registry, world.portfolio, SALT);
    world.grant(Grant { store, ..grant() });
    assert!(world.authorize(world.request()).allowed);
    for salt in [B256::ZERO, B256::repeat_byte(9)] {
        let other = Request { r#ref: StoreRef { origin: world.portfolio, salt }, ..world.request() };
        assert_eq!(world.refusal(other), "grant.none");
    }
}

#[test]
fn a_grant_for_the_portfolio_is_for_every_store_of_it_and_of_no_other() {
    let mut world = World::new();
    let foreign = world.chain.must(STRANGER, world.registry, &create_portfolio(world.vault, world.policy));
    for salt in [B256::ZERO, SALT, B256::repeat_byte(9)] {
        let own = Request { r#ref: StoreRef { origin: world.portfolio, salt }, ..world.request() };
        assert!(world.authorize(own).allowed);
        let other = Request { r#ref: StoreRef { origin: foreign, salt }, ..world.request() };
        assert_eq!(world.refusal(other), "grant.none");
    }
}

#[test]
fn a_grant_for_an_operation_is_for_no_other() {
    let mut world = World::bare();
    let operation = keccak256("shopify.query.orders");
    world.grant(Grant { what: operation, ..grant() });
    assert!(world.authorize(world.request()).allowed);
    // The operation is what was granted, whatever its class.
    let written = Request { class: Class::Write.number(), ..world.request() };
    assert!(world.authorize(written).allowed);
    let other = Request { operation: keccak256("shopify.query.customers"), ..world.request() };
    assert_eq!(world.refusal(other), "grant.none");
}

#[test]
fn a_grant_holds_in_the_statuses_it_names() {
    for (statuses, status, allowed) in [
        (0b0001, Status::Performing, true),
        (0b0110, Status::Performing, false),
        (0b0010, Status::Watch, true),
        (0b0101, Status::Watch, false),
        (0b0100, Status::Default, true),
        (0b0011, Status::Default, false),
    ] {
        let mut world = World::bare();
        world.grant(Grant { statuses, ..grant() });
        let call = StoreRegistry::setStatusCall { refs: vec![world.store()], status: status.number(), reason: B256::ZERO };
        world.chain.must(SERVICER, world.registry, &call);
        let decision = world.authorize(world.request());
        assert_eq!(decision.allowed, allowed, "{statuses:b} {status:?}");
        assert_eq!(rule_text(decision.rule).unwrap(), if allowed { "granted" } else { "grant.status" });
    }
}

#[test]
fn agents_need_a_grant_that_allows_them() {
    let mut world = World::bare();
    world.grant(Grant { allowAgents: true, ..grant() });
    let request = Request { agent: B256::repeat_byte(0xa9), ..world.request() };
    assert!(world.authorize(request.clone()).allowed);
    world.grant(grant());
    assert_eq!(world.refusal(request), "grant.agent");
}

#[test]
fn a_capacity_becomes_one_limit_of_the_grant() {
    let mut world = World::bare();
    let id = world.grant(Grant { capacity: 100, period: 3_600, ..grant() });
    let limits = world.authorize(world.request()).limits;
    assert_eq!(limits.len(), 1);
    assert_eq!(limits[0].bucket, id);
    assert_eq!((limits[0].cost, limits[0].capacity, limits[0].period), (1, 100, 3_600));
    // A one-shot approval: capacity 1 for ever. The bucket stays, so that granting again does not refill it.
    assert_eq!(world.grant(Grant { capacity: 1, period: 0, ..grant() }), id);
    let limits = world.authorize(world.request()).limits;
    assert_eq!((limits[0].bucket, limits[0].capacity, limits[0].period), (id, 1, 0));
}

#[test]
fn spending_costs_the_sum_of_the_parameter_and_refuses_its_absence() {
    let mut world = World::bare();
    world.grant(Grant { capacity: 1_000, spend: keccak256("amount"), ..grant() });
    let with = |world: &World, params| Request { params, ..world.request() };
    let two = with(&world, vec![param("amount", 300), param("amount", 25), param("other", 9)]);
    assert_eq!(world.authorize(two).limits[0].cost, 325);
    assert_eq!(world.refusal(world.request()), "grant.spend");
    let mut over = param("amount", 0);
    over.value = B256::repeat_byte(0xff);
    assert_eq!(world.refusal(with(&world, vec![over])), "grant.spend");
    let mut most = param("amount", 0);
    most.value = word(0);
    most.value[16..].fill(0xff);
    assert_eq!(world.authorize(with(&world, vec![most.clone()])).limits[0].cost, u128::MAX);
    assert_eq!(world.refusal(with(&world, vec![most, param("amount", 1)])), "grant.spend");
}

#[test]
fn a_projection_is_passed_on() {
    let mut world = World::bare();
    let projection = keccak256("orders.no-buyer");
    world.grant(Grant { projection, ..grant() });
    assert_eq!(world.authorize(world.request()).projection, projection);
}

#[test]
fn every_value_of_a_constrained_parameter_must_pass() {
    let p = |values: &[u64]| values.iter().map(|value| param("amount", *value)).collect::<Vec<_>>();
    for (test, values, params, passes) in [
        (EQUAL, vec![5], p(&[5]), true),
        (EQUAL, vec![5], p(&[5, 6]), false),
        (EQUAL, vec![5], p(&[]), false),
        (EQUAL, vec![5], vec![param("other", 5)], false),
        (ONE_OF, vec![5, 7], p(&[7, 5]), true),
        (ONE_OF, vec![5, 7], p(&[6]), false),
        (AT_MOST, vec![5], p(&[5, 0]), true),
        (AT_MOST, vec![5], p(&[0, 6]), false),
        (AT_LEAST, vec![5], p(&[5]), true),
        (AT_LEAST, vec![5], p(&[4]), false),
    ] {
        let mut world = World::bare();
        let shown = format!("{test} {values:?} {params:?}");
        let values = values.into_iter().map(word).collect();
        let constraint = Constraint { param: keccak256("amount"), test, values };
        world.grant(Grant { r#where: vec![constraint], ..grant() });
        let decision = world.authorize(Request { params, ..world.request() });
        assert_eq!(decision.allowed, passes, "{shown}");
        assert_eq!(rule_text(decision.rule).unwrap(), if passes { "granted" } else { "grant.where" });
    }
}

#[test]
fn grants_add_up_and_the_narrowest_gives_the_rule() {
    let mut world = World::bare();
    let store = store_id(CHAIN_ID, world.registry, world.portfolio, SALT);
    let now = world.chain.now;
    let expired = Grant { store, what: keccak256("shopify.query.orders"), until: now.try_into().unwrap(), ..grant() };
    world.grant(expired);
    assert_eq!(world.refusal(world.request()), "grant.expired");
    world.grant(Grant { statuses: 2, ..grant() });
    assert_eq!(world.refusal(world.request()), "grant.expired");
    world.grant(grant());
    assert!(world.authorize(world.request()).allowed);
}
