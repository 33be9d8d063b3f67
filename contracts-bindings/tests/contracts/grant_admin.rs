//! Who may grant, what is no grant, and when a grant ends.

use alloy_primitives::{B256, keccak256};
use alloy_sol_types::SolCall;
use contracts_bindings::{
    Class, StoreAccessPolicy, StoreRegistry,
    grants::{Constraint, Grant},
    rule_text,
};

use crate::chain::TRANSACTION_GAS;
use crate::world::{CALLER, GUARDIAN, OWNER, SERVICER, STRANGER, World, class, create_portfolio, grant, param};

const EQUAL: u8 = 0;
const ONE_OF: u8 = 1;
const AT_MOST: u8 = 2;
const AT_LEAST: u8 = 3;

fn word(value: u64) -> B256 {
    param("", value).value
}

#[test]
fn a_grant_for_a_store_is_for_one_tenure_of_it() {
    let mut world = World::bare();
    let id = world.grant(grant());
    let request = world.request();
    let (_, subject) = world.try_authorize(request.clone()).unwrap();
    let ask = |world: &mut World, from, tenure| {
        let subject = StoreAccessPolicy::Subject {
            store: subject.store,
            portfolio: subject.portfolio,
            owner: subject.owner,
            tenure,
            status: subject.status,
            statusSince: subject.statusSince,
        };
        let data = StoreRegistry::authorizeCall { request: request.clone() }.abi_encode();
        let request = StoreAccessPolicy::Request::from_registry(&data);
        let call = StoreAccessPolicy::authorizeCall { request, subject };
        let ran = world.chain.call(from, world.policy, &call, TRANSACTION_GAS).unwrap();
        let decision = StoreAccessPolicy::authorizeCall::abi_decode_returns_validate(&ran.output).unwrap();
        rule_text(decision.rule).unwrap()
    };
    let registry = world.registry;
    let store = subject.store;
    world.chain.must(OWNER, world.policy, &StoreAccessPolicy::revokeCall { portfolio: world.portfolio, ids: vec![id] });
    world.grant(Grant { store, ..grant() });
    assert_eq!(ask(&mut world, registry, 1), "granted");
    assert_eq!(ask(&mut world, registry, 0), "grant.none");
    assert_eq!(ask(&mut world, registry, 2), "grant.none");
    // A portfolio's number means something in one registry only.
    assert_eq!(ask(&mut world, STRANGER, 1), "policy.registry");
}

trait FromRegistry {
    fn from_registry(call: &[u8]) -> Self;
}

impl FromRegistry for StoreAccessPolicy::Request {
    /// The two contracts' bindings have a `Request` each, with the same encoding.
    fn from_registry(call: &[u8]) -> Self {
        <Self as alloy_sol_types::SolValue>::abi_decode(&call[4..]).unwrap()
    }
}

#[test]
fn revoking_ends_a_grant_and_only_in_its_own_portfolio() {
    let mut world = World::bare();
    let given = Grant {
        projection: keccak256("p"),
        capacity: 3,
        r#where: vec![Constraint { param: keccak256("q"), test: ONE_OF, values: vec![word(1), word(2)] }],
        ..grant()
    };
    let id = world.grant(given.clone());
    let read = StoreAccessPolicy::grantOfCall { portfolio: world.portfolio, id };
    assert_eq!(world.chain.must(STRANGER, world.policy, &read), given);

    let foreign = world.chain.must(STRANGER, world.registry, &create_portfolio(world.vault, world.policy));
    let revoke = |portfolio| StoreAccessPolicy::revokeCall { portfolio, ids: vec![id] };
    let refused = world.chain.send(STRANGER, world.policy, &revoke(foreign)).err().unwrap();
    refused.is(StoreAccessPolicy::GrantUnknown { id });
    world.chain.must(OWNER, world.policy, &revoke(world.portfolio));
    assert_eq!(world.refusal(world.request()), "grant.none");
    assert_eq!(world.chain.must(STRANGER, world.policy, &read), Grant::default());
    // Nothing of the old grant shows in a new one.
    world.grant(grant());
    assert_eq!(world.chain.must(STRANGER, world.policy, &read), grant());
}

#[test]
fn only_the_owner_administers() {
    let mut world = World::bare();
    let portfolio = world.portfolio;
    for stranger in [STRANGER, GUARDIAN, SERVICER, CALLER] {
        let refusals = [
            world.try_grant(stranger, grant()).err(),
            world.chain.send(stranger, world.policy, &StoreAccessPolicy::revokeCall { portfolio, ids: vec![] }).err(),
            world
                .chain
                .send(
                    stranger,
                    world.policy,
                    &StoreAccessPolicy::setDeniedCall { portfolio, what: B256::ZERO, subject: B256::ZERO, denied: false },
                )
                .err(),
            world
                .chain
                .send(
                    stranger,
                    world.policy,
                    &StoreAccessPolicy::setRoleCall {
                        portfolio,
                        role: keccak256("r"),
                        members: vec![],
                        until: 1.try_into().unwrap(),
                    },
                )
                .err(),
        ];
        for refused in refusals {
            refused.unwrap().is(StoreAccessPolicy::NotOwner { portfolio });
        }
    }
    let unknown = StoreAccessPolicy::grantCall { portfolio: 9, grants: vec![grant()] };
    let refused = world.chain.send(OWNER, world.policy, &unknown).err().unwrap();
    refused.is(StoreAccessPolicy::NotOwner { portfolio: 9 });
}

#[test]
fn refuses_a_grant_that_means_nothing() {
    let mut world = World::bare();
    let short = B256::with_last_byte(9);
    let export = class(Class::Export);
    let zero = B256::ZERO;
    let mut refused = |grant| world.try_grant(OWNER, grant).err().unwrap();
    refused(Grant { subject: zero, ..grant() }).is(StoreAccessPolicy::SubjectInvalid {});
    for what in [zero, short, export] {
        refused(Grant { what, ..grant() }).is(StoreAccessPolicy::WhatInvalid { what });
    }
    let (from, until) = (5.try_into().unwrap(), 5.try_into().unwrap());
    refused(Grant { from, until, ..grant() }).is(StoreAccessPolicy::PeriodInvalid { from, until });
    for statuses in [0, 16, 0xff] {
        refused(Grant { statuses, ..grant() }).is(StoreAccessPolicy::StatusesInvalid { statuses });
    }
    refused(Grant { period: 60, ..grant() }).is(StoreAccessPolicy::LimitInvalid {});
    refused(Grant { spend: keccak256("amount"), ..grant() }).is(StoreAccessPolicy::LimitInvalid {});
    let param = keccak256("q");
    for (test, count) in [(EQUAL, 0), (EQUAL, 2), (ONE_OF, 0), (AT_MOST, 0), (AT_LEAST, 2)] {
        let constraint = Constraint { param, test, values: vec![word(1); count] };
        refused(Grant { r#where: vec![constraint], ..grant() }).is(StoreAccessPolicy::ConstraintInvalid { param });
    }
}
