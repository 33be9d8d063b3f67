//! How many questions to the host a decision takes if nothing is proven.

use alloy_primitives::{Address, B256, U256, keccak256};
use contracts_bindings::grants::{Constraint, Grant};
use contracts_bindings::registry::{Param, StoreRef};
use contracts_bindings::{Class, GrantTree, StoreAccessPolicy, StoreRegistry};
use policy::{Bounds, Operation, ProveError};
use protocol::call::CallFields;
use revm::bytecode::opcode as op;

use crate::support::account::{IMPLEMENTATION, proxy};
use crate::support::call::{authenticated, caller, fields, operation};
use crate::support::world::{OWNER, SALT, World, read_grant};
use crate::support::{LIFE, Pair};

const IMPLEMENTATION_AT: Address = Address::repeat_byte(0xb1);
const ROLE: B256 = B256::repeat_byte(0x70);
const AMOUNT: B256 = B256::with_last_byte(9);

/// Puts a proxy where the policy was, and the policy behind it.
fn behind_a_proxy(mut world: World) -> World {
    world.put_code(IMPLEMENTATION_AT, StoreAccessPolicy::DEPLOYED_BYTECODE.to_vec(), &[]);
    let implementation = U256::from_be_bytes(IMPLEMENTATION_AT.into_word().0);
    world.put_code(world.policy, proxy(), &[(IMPLEMENTATION, implementation)]);
    world
}

/// Read with an amount.
fn read() -> Operation {
    let params = vec![Param { name: AMOUNT, value: B256::with_last_byte(5) }];
    Operation { params, ..operation("shopify.query.orders", Class::Read) }
}

/// All that a grant can say.
fn full_grant() -> Grant {
    let at_most = Constraint { param: AMOUNT, test: 2, values: vec![B256::with_last_byte(7)] };
    let one_of = Constraint { param: AMOUNT, test: 1, values: (4..7).map(B256::with_last_byte).collect() };
    Grant { capacity: 1_000, period: 60, spend: AMOUNT, r#where: vec![at_most, one_of], ..read_grant() }
}

/// Questions that the decision took; it has to allow.
fn rounds(world: &World, change: impl FnOnce(&mut CallFields)) -> usize {
    let (identity, mut pair) = (world.identity(), Pair::new(world.state(), world.state()));
    let mut fields = fields(pair.now);
    change(&mut fields);
    let call = authenticated(&identity, &fields, pair.now);
    let proven = pair.prove(call, &[read()], &identity).unwrap();
    // What was guessed and not read is not part of what was read.
    let touched = proven.touched().clone();
    assert!(policy::decide(*proven, LIFE, pair.now * 1_000).is_ok());
    let mut again = Pair::new(world.state(), world.state());
    again.supply(&touched, &touched, |_, _| false);
    let call = authenticated(&identity, &fields, again.now);
    assert!(again.prove(call, &[read()], &identity).is_ok());
    assert_eq!(again.rounds, 0, "what was read is not all that is needed");
    pair.rounds
}

fn granted(grants: Vec<Grant>) -> World {
    let mut world = World::new();
    for grant in grants {
        world.grant(grant);
    }
    world
}

#[test]
fn a_wholly_cold_decision_of_the_reference_policy_takes_at_most_six_questions() {
    let role = || {
        let mut world = granted(vec![Grant { subject: ROLE, ..full_grant() }]);
        let (portfolio, until) = (world.portfolio, u64::MAX >> 24);
        let set =
            StoreAccessPolicy::setRoleCall { portfolio, role: ROLE, members: vec![caller()], until: until.try_into().unwrap() };
        world.must(OWNER, world.policy, &set);
        world
    };
    let evidence = || {
        let tree = GrantTree::new(vec![(full_grant(), B256::repeat_byte(1)), (read_grant(), B256::repeat_byte(2))]).unwrap();
        let mut world = World::new();
        let set = StoreAccessPolicy::setGrantRootCall { portfolio: world.portfolio, root: tree.root(), uri: String::new() };
        world.must(OWNER, world.policy, &set);
        (world, tree.evidence(0).unwrap())
    };
    let with_role = |fields: &mut CallFields| fields.role = ROLE;
    let asked = |fields: &mut CallFields| fields.salt = B256::ZERO;
    let none = |_: &mut CallFields| {};
    let (tree, shown) = evidence();
    let (proxied_tree, _) = evidence();
    let shown = |fields: &mut CallFields| fields.evidence.clone_from(&shown);
    let took = [
        ("class", rounds(&granted(vec![read_grant()]), none)),
        ("of the portfolio", rounds(&granted(vec![read_grant()]), asked)),
        ("with conditions", rounds(&granted(vec![full_grant()]), none)),
        ("by a role, with conditions", rounds(&role(), with_role)),
        ("by evidence", rounds(&tree, shown)),
        ("class, behind a proxy", rounds(&behind_a_proxy(granted(vec![read_grant()])), none)),
        ("with conditions, behind a proxy", rounds(&behind_a_proxy(granted(vec![full_grant()])), none)),
        ("by a role, with conditions, behind a proxy", rounds(&behind_a_proxy(role()), with_role)),
        ("by evidence, behind a proxy", rounds(&behind_a_proxy(proxied_tree), shown)),
    ];
    for (name, rounds) in took {
        println!("{name}: {rounds}");
        assert!(rounds <= Bounds::ROUNDS, "{name}");
    }
}

#[test]
fn a_store_that_moved_and_is_granted_behind_a_proxy_takes_at_most_six_questions() {
    let mut world = World::new();
    let (vault, policy, registry) = (world.vault, world.policy, world.registry);
    let delay = 172_800.try_into().unwrap();
    let create = StoreRegistry::createPortfolioCall { vault, policy, guardian: OWNER, servicer: OWNER, delay };
    let to = world.must(OWNER, registry, &create);
    let refs = vec![StoreRef { origin: world.portfolio, salt: SALT }];
    world.must(OWNER, registry, &StoreRegistry::offerStoresCall { refs: refs.clone(), to });
    // Its home from now on: as `acceptStores` would write it once the offer is due.
    let store = contracts_bindings::store_id(crate::support::world::CHAIN_ID, registry, world.portfolio, SALT);
    let place = keccak256([store.0, U256::from(3).to_be_bytes()].concat());
    let home: U256 = (U256::from(to) << 96) | (U256::from(1) << 160);
    world.db.insert_account_storage(registry, U256::from_be_bytes(place.0), home).unwrap();
    let grants = vec![full_grant()];
    world.must(OWNER, policy, &StoreAccessPolicy::grantCall { portfolio: to, grants });
    assert!(rounds(&behind_a_proxy(world), |_| {}) <= Bounds::ROUNDS);
}

/// A policy that reads slot 1, then the slot that stands there, and so on, and then allows.
fn chain_of(length: u8) -> World {
    let mut code = vec![op::PUSH1, 1];
    code.extend(vec![op::SLOAD; usize::from(length)]);
    code.push(op::POP);
    let mut world = World::granted();
    let slots: Vec<_> = (1..=length).map(|slot| (B256::with_last_byte(slot), U256::from(slot + 1))).collect();
    world.put_code(world.policy, crate::hostile_policies::allowing(&code), &slots);
    world
}

#[test]
fn t38_a_policy_that_needs_more_than_six_questions_is_refused_with_its_rule() {
    let outcome = |world: &World| {
        let (identity, mut pair) = (world.identity(), Pair::new(world.state(), world.state()));
        let call = pair.call(&identity);
        let outcome = pair.prove(call, &[read()], &identity).map(|_| ());
        (outcome, pair.rounds)
    };
    // Two questions until the policy runs.
    assert_eq!(outcome(&chain_of(4)), (Ok(()), 6));
    assert_eq!(outcome(&chain_of(5)), (Err(ProveError::Rounds), 6));
    assert_eq!(ProveError::Rounds.rule(), "evm.rounds");
}

#[test]
fn t38_a_policy_that_reads_other_slots_in_every_round_is_refused() {
    // for slot in 40 * sload(1)..40 * sload(1) + 40 { sload(slot) }: other ones, once slot 1 is proven to hold 1.
    let mut code = vec![op::PUSH1, 1, op::SLOAD, op::PUSH1, 40, op::MUL, op::PUSH1, 100, op::ADD];
    for _ in 0..40 {
        code.extend([op::DUP1, op::SLOAD, op::POP, op::PUSH1, 1, op::ADD]);
    }
    code.push(op::POP);
    let mut world = World::granted();
    world.put_code(world.policy, crate::hostile_policies::allowing(&code), &[(B256::with_last_byte(1), U256::from(1))]);
    let (identity, mut pair) = (world.identity(), Pair::new(world.state(), world.state()));
    let call = pair.call(&identity);
    let error = pair.prove(call, &[super::support::orders()], &identity).unwrap_err();
    assert_eq!(error.rule(), "evm.slots");
}
