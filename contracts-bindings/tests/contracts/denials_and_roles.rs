//! Denials beat grants; roles share them.

use alloy_primitives::{B256, keccak256};
use contracts_bindings::{Class, StoreAccessPolicy, grants::Grant, registry::Request};

use crate::world::{CALLER, FOREVER, OWNER, STRANGER, World, class, grant, subject};

fn deny(world: &mut World, what: B256, subject: B256, denied: bool) {
    let call = StoreAccessPolicy::setDeniedCall { portfolio: world.portfolio, what, subject, denied };
    world.chain.must(OWNER, world.policy, &call);
}

fn set_role(world: &mut World, role: B256, until: u64) {
    let until = until.try_into().unwrap();
    let call = StoreAccessPolicy::setRoleCall { portfolio: world.portfolio, role, members: vec![CALLER], until };
    world.chain.must(OWNER, world.policy, &call);
}

#[test]
fn a_denial_beats_every_grant() {
    let operation = keccak256("shopify.query.orders");
    let everything = B256::ZERO;
    for what in [operation, class(Class::Read), everything] {
        for who in [subject(CALLER), B256::ZERO] {
            let mut world = World::new();
            world.grant(Grant { what: operation, ..grant() });
            deny(&mut world, what, who, true);
            assert_eq!(world.refusal(world.request()), "denied");
            deny(&mut world, what, who, false);
            assert!(world.authorize(world.request()).allowed);
        }
    }
}

#[test]
fn a_denial_stops_what_it_names_only() {
    let mut world = World::new();
    deny(&mut world, keccak256("shopify.query.customers"), B256::ZERO, true);
    deny(&mut world, class(Class::Write), B256::ZERO, true);
    deny(&mut world, B256::ZERO, subject(STRANGER), true);
    assert!(world.authorize(world.request()).allowed);
}

#[test]
fn a_denial_said_twice_is_undone_once() {
    let mut world = World::new();
    let operation = keccak256("shopify.query.orders");
    deny(&mut world, operation, B256::ZERO, true);
    deny(&mut world, operation, B256::ZERO, true);
    deny(&mut world, operation, B256::ZERO, false);
    deny(&mut world, operation, B256::ZERO, false);
    assert!(world.authorize(world.request()).allowed);
    deny(&mut world, operation, B256::ZERO, true);
    assert_eq!(world.refusal(world.request()), "denied");
}

#[test]
fn a_role_gives_its_grants_to_members_who_claim_it() {
    let mut world = World::bare();
    let role = keccak256("underwriter");
    world.grant(Grant { subject: role, ..grant() });
    let claimed = Request { role, ..world.request() };
    assert_eq!(world.refusal(claimed.clone()), "role.not_member");
    let until = world.chain.now + 10;
    set_role(&mut world, role, until);
    assert!(world.authorize(claimed.clone()).allowed);
    assert_eq!(world.refusal(world.request()), "grant.none");
    assert_eq!(world.refusal(Request { caller: STRANGER, ..claimed.clone() }), "role.not_member");
    assert_eq!(world.refusal(Request { time: until, ..claimed.clone() }), "role.not_member");
    assert!(world.authorize(Request { time: until - 1, ..claimed.clone() }).allowed);

    deny(&mut world, class(Class::Read), role, true);
    assert_eq!(world.refusal(claimed.clone()), "denied");
    deny(&mut world, class(Class::Read), role, false);
    set_role(&mut world, role, 0);
    assert_eq!(world.refusal(claimed), "role.not_member");
}

#[test]
fn nobody_becomes_another_by_claiming_his_address_as_a_role() {
    let mut world = World::new();
    let request = Request { caller: STRANGER, role: subject(CALLER), ..world.request() };
    assert_eq!(world.refusal(request), "role.not_member");
    let until = FOREVER.try_into().unwrap();
    let role = subject(CALLER);
    let call = StoreAccessPolicy::setRoleCall { portfolio: world.portfolio, role, members: vec![STRANGER], until };
    let refused = world.chain.send(OWNER, world.policy, &call).err().unwrap();
    refused.is(StoreAccessPolicy::RoleInvalid { role });
}
