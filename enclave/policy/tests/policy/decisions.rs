//! Decisions of the real contracts at two verified heads.

use alloy_primitives::{B256, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use chain::Layout;
use contracts_bindings::{Class, StoreRegistry, store_id};
use policy::{Bounds, Identity, ProveError, Proven, Proving, RunError, decide, prove};

use crate::support::call::{authenticated, caller, fields, operation};
use crate::support::world::{CHAIN_ID, IMAGE, SALT, World, read_grant};
use crate::support::{LIFE, Pair, orders};

fn rule(pair: &mut Pair, identity: &Identity) -> String {
    pair.read_orders(identity).unwrap_err().rule
}

fn granted_pair() -> (World, Identity, Pair) {
    let world = World::granted();
    let (identity, state) = (world.identity(), world.state());
    (world, identity, Pair::new(state.clone(), state))
}

#[test]
fn permits_what_is_granted_at_both_heads() {
    let (world, identity, mut pair) = granted_pair();
    let permit = pair.read_orders(&identity).unwrap();
    assert_eq!(permit.store(), store_id(CHAIN_ID, world.registry, world.portfolio, SALT));
    assert_eq!((permit.subject().portfolio, permit.subject().tenure), (world.portfolio, 1));
    assert_eq!(permit.operations()[0].name, "shopify.query.orders");
    assert_eq!(permit.call().caller, caller());
    assert!(permit.projection().is_zero() && permit.limits().is_empty());
    let (finalized, attested) = permit.heads();
    assert_eq!((finalized.slot, attested.slot), (1_000, 1_080));
    let mut contracts = [world.vaults, world.registry, world.policy];
    contracts.sort_unstable();
    assert_eq!(permit.called().iter().map(|(address, _)| *address).collect::<Vec<_>>(), contracts);
    assert!(contracts.iter().all(|address| permit.touched().accounts[address].code));
}

#[test]
fn the_evidence_holds_what_runs_the_decision_again() {
    let (world, identity, mut pair) = granted_pair();
    let call = pair.call(&identity);
    let (digest, request_hash) = (call.digest(), {
        let call = call.call();
        keccak256((call.method.clone(), call.url.clone(), call.headersHash, call.bodyHash).abi_encode_params())
    });
    let permit = pair.decide(call, &[orders()], &identity).unwrap();
    let evidence = permit.evidence();
    let [evaluation] = evidence.evaluations.as_slice() else { panic!("one operation, one evaluation") };
    assert_eq!(evaluation.operation, "shopify.query.orders");
    let data = [StoreRegistry::authorizeCall::SELECTOR.as_slice(), &evaluation.request].concat();
    let request = StoreRegistry::authorizeCall::abi_decode_validate(&data).unwrap().request;
    assert_eq!((request.vault, request.image), (world.vault, IMAGE));
    assert_eq!((request.r#ref.origin, request.r#ref.salt), (world.portfolio, SALT));
    assert_eq!((request.caller, request.agent, request.role), (caller(), B256::ZERO, B256::ZERO));
    assert_eq!((request.operation, request.class), (keccak256("shopify.query.orders"), Class::Read.number()));
    assert_eq!((request.requestHash, request.recipient, request.time), (request_hash, B256::ZERO, pair.now));
    for answer in [&evaluation.finalized, &evaluation.attested] {
        assert!(StoreRegistry::authorizeCall::abi_decode_returns_validate(answer).unwrap().decision.allowed);
    }
    assert_eq!(evidence.finalized.state_root.as_slice(), pair.finalized.head().state_root());
    assert_eq!(evidence.attested.block_hash.as_slice(), pair.attested.head().block_hash());
    assert_eq!(evidence.code.len(), 3);
    assert_eq!(permit.authenticated().digest(), digest);
}

#[test]
fn a_grant_takes_finality() {
    let mut world = World::new();
    let before = world.state();
    world.grant(read_grant());
    assert_eq!(rule(&mut Pair::new(before, world.state()), &world.identity()), "grant.none");
}

#[test]
fn t49_a_revocation_stops_at_the_attested_head() {
    let mut world = World::new();
    let id = world.grant(read_grant());
    let before = world.state();
    world.revoke(id);
    assert_eq!(rule(&mut Pair::new(before, world.state()), &world.identity()), "grant.none");
}

#[test]
fn t49_a_pause_stops_at_the_attested_head() {
    let mut world = World::granted();
    let before = world.state();
    world.pause_store();
    assert_eq!(rule(&mut Pair::new(before.clone(), world.state()), &world.identity()), "store.paused");
    // And goes on until its end is final.
    assert_eq!(rule(&mut Pair::new(world.state(), before), &world.identity()), "store.paused");
}

#[test]
fn t80_a_revoked_image_stops_at_the_attested_head() {
    let mut world = World::granted();
    let before = world.state();
    world.revoke_image();
    assert_eq!(rule(&mut Pair::new(before, world.state()), &world.identity()), "vault.not_live");
}

#[test]
fn t80_another_image_or_vault_is_not_live() {
    let (_, identity, mut pair) = granted_pair();
    let other = Identity { image: B256::repeat_byte(0x1b), ..identity.clone() };
    assert_eq!(rule(&mut pair, &other), "vault.not_live");
    let other = Identity { vault_id: B256::repeat_byte(0x1b), ..identity };
    assert_eq!(rule(&mut pair, &other), "vault.not_live");
}

#[test]
fn a_closed_class_stays_shut_although_it_was_granted() {
    for (class, closed) in [
        (Class::Routing, "closed.routing"),
        (Class::Mint, "closed.mint"),
        (Class::Authz, "closed.authz"),
        (Class::Export, "closed.export"),
    ] {
        let mut world = World::new();
        let name = "shopify.mutation.anything";
        world.grant(contracts_bindings::grants::Grant { what: keccak256(name), ..read_grant() });
        let mut pair = Pair::new(world.state(), world.state());
        let identity = world.identity();
        let call = pair.call(&identity);
        assert_eq!(pair.decide(call, &[operation(name, class)], &identity).unwrap_err().rule, closed);
    }
}

#[test]
fn every_operation_of_a_call_must_be_allowed() {
    let (_, identity, mut pair) = granted_pair();
    let both = [orders(), operation("shopify.mutation.orderUpdate", Class::Write)];
    let call = pair.call(&identity);
    let refused = pair.decide(call, &both, &identity).unwrap_err();
    assert_eq!(refused.rule, "grant.none");
    assert_eq!(refused.evidence.evaluations.len(), 2);
    let two = [orders(), operation("shopify.query.products", Class::Read)];
    let call = pair.call(&identity);
    assert_eq!(pair.decide(call, &two, &identity).unwrap().operations().len(), 2);
}

#[test]
fn a_call_has_1_to_16_operations_with_sorted_parameters() {
    let (_, identity, mut pair) = granted_pair();
    let call = pair.call(&identity);
    assert_eq!(pair.prove(call, &[], &identity).unwrap_err(), ProveError::NoOperation);
    let call = pair.call(&identity);
    assert_eq!(pair.prove(call, &vec![orders(); 17], &identity).unwrap_err(), ProveError::TooManyOperations);
    let mut unsorted = orders();
    unsorted.params =
        [2, 1].map(|name| contracts_bindings::registry::Param { name: B256::with_last_byte(name), value: B256::ZERO }).into();
    let call = pair.call(&identity);
    assert_eq!(pair.prove(call, &[unsorted], &identity).unwrap_err(), ProveError::Params);
}

#[test]
fn a_limit_at_both_heads_is_reserved_once() {
    let mut world = World::new();
    let id = world.grant(contracts_bindings::grants::Grant { capacity: 5, period: 60, ..read_grant() });
    let before = world.state();
    world.grant(contracts_bindings::grants::Grant { capacity: 3, period: 60, ..read_grant() });
    let permit = Pair::new(before, world.state()).read_orders(&world.identity()).unwrap();
    let [(subject, limit)] = permit.limits() else { panic!("one limit") };
    assert_eq!((subject.portfolio, limit.bucket, limit.cost, limit.capacity, limit.period), (world.portfolio, id, 1, 3, 60));
}

#[test]
fn t33_a_withheld_slot_is_missing_and_never_zero() {
    let mut world = World::granted();
    world.pause_store();
    let identity = world.identity();
    let store = store_id(CHAIN_ID, world.registry, world.portfolio, SALT);
    let mut pair = Pair::new(world.state(), world.state());
    // `_stores` is the registry's mapping at the slot that shows which one it is by the contract's own refusal.
    assert_eq!(rule(&mut pair, &identity), "store.paused");
    let stores = (0..10u8).map(|slot| keccak256((store, U256::from(slot)).abi_encode()));
    let paused =
        stores.into_iter().find(|slot| pair.attested.slot(world.registry.0.0, slot.0).is_some_and(|value| value != [0; 32]));
    let paused = paused.expect("the store's slot");

    let mut pair = Pair::new(world.state(), world.state());
    let mut call = pair.call(&identity);
    let mut asked = Vec::new();
    for _ in 0..Bounds::ROUNDS {
        let now_ms = pair.now * 1_000;
        let proving = prove(call, vec![orders()], &identity, &pair.finalized, &pair.attested, &pair.machine, now_ms);
        let Proving::Missing { authenticated, finalized, attested } = proving else { panic!("decided without the slot") };
        call = authenticated;
        pair.supply(&finalized.all(), &attested.all(), |address, slot| *address == world.registry && *slot == paused);
        asked = vec![finalized, attested];
    }
    for wanted in asked {
        assert!(wanted.needed.accounts[&world.registry].slots.contains(&paused));
    }
    // The host is asked a bounded number of times.
    let now_ms = pair.now * 1_000;
    let proving = prove(call, vec![orders()], &identity, &pair.finalized, &pair.attested, &pair.machine, now_ms);
    assert!(matches!(proving, Proving::Failed { error: ProveError::Rounds, .. }));
}

#[test]
fn what_was_read_at_one_head_is_asked_for_in_one_round_at_the_next() {
    let (world, identity, mut pair) = granted_pair();
    let permit = pair.read_orders(&identity).unwrap();
    assert!(pair.rounds > 1);
    let mut next = Pair::new(world.state(), world.state());
    next.supply(permit.touched(), permit.touched(), |_, _| false);
    assert!(next.read_orders(&identity).is_ok());
    assert_eq!(next.rounds, 0);
}

#[test]
fn t37_a_registry_with_other_code_is_refused_at_either_head() {
    let (world, identity, _) = granted_pair();
    let changed = world.state().with_code(world.registry, vec![0x00], &[]);
    for (finalized, attested) in [(world.state(), changed.clone()), (changed, world.state())] {
        let mut pair = Pair::new(finalized, attested);
        let call = pair.call(&identity);
        let error = pair.prove(call, &[orders()], &identity).unwrap_err();
        assert_eq!(error, ProveError::Run(RunError::CodeHash));
    }
}

#[test]
fn a_finalized_head_older_than_the_caller_demands_is_stale() {
    let (_, identity, mut pair) = granted_pair();
    for (slot, stale) in [(1_000, false), (1_001, true)] {
        let mut fields = fields(pair.now);
        fields.min_finalized_slot = slot;
        let call = authenticated(&identity, &fields, pair.now);
        let proven = pair.prove(call, &[orders()], &identity);
        assert_eq!(proven.err(), stale.then_some(ProveError::StaleChain));
    }
}

#[test]
fn heads_in_the_wrong_order_are_refused() {
    let (_, identity, mut pair) = granted_pair();
    core::mem::swap(&mut pair.finalized, &mut pair.attested);
    let call = pair.call(&identity);
    assert_eq!(pair.prove(call, &[orders()], &identity).unwrap_err(), ProveError::HeadOrder);
}

fn proven(pair: &mut Pair, identity: &Identity, expires_in: u64) -> Proven {
    let mut fields = fields(pair.now);
    fields.expires_at = pair.now + expires_in;
    let call = authenticated(identity, &fields, pair.now);
    *pair.prove(call, &[orders()], identity).unwrap()
}

#[test]
fn t65_a_permit_dies_15_seconds_after_the_question() {
    let (_, identity, mut pair) = granted_pair();
    let asked = pair.now * 1_000;
    // Deciding late prolongs nothing, and no life is longer than the compiled-in one.
    let permit = decide(proven(&mut pair, &identity, 60), 60_000, asked + 14_000).unwrap();
    assert_eq!(permit.deadline_ms(), asked + LIFE);
    assert!(permit.live(asked + LIFE - 1));
    assert!(!permit.live(asked + LIFE));
    assert!(!permit.live(u64::MAX));
    let late = decide(proven(&mut pair, &identity, 60), LIFE, asked + LIFE);
    assert_eq!(late.unwrap_err().rule, "permit.expired");
}

#[test]
fn a_permit_does_not_outlive_its_call_or_its_setting() {
    let (_, identity, mut pair) = granted_pair();
    let asked = pair.now * 1_000;
    let permit = decide(proven(&mut pair, &identity, 3), LIFE, asked).unwrap();
    assert_eq!(permit.deadline_ms(), asked + 3_000);
    let permit = decide(proven(&mut pair, &identity, 60), 1_000, asked).unwrap();
    assert_eq!(permit.deadline_ms(), asked + 1_000);
}

#[test]
fn runs_under_electra_too() {
    let world = World::granted();
    let mut pair = Pair::in_layout(Layout::Electra, world.state(), world.state());
    assert!(pair.read_orders(&world.identity()).is_ok());
}
