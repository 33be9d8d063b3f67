//! What the registry refuses by itself, in its order.

use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::SolCall;
use contracts_bindings::{
    Class, Status, StoreRegistry, VaultRegistry,
    grants::Grant,
    registry::{Request, StoreRef},
    rule, store_id,
};

use crate::chain::{CHAIN_ID, TRANSACTION_GAS};
use crate::world::{
    ADMIN, BREAKER, CALLER, GUARDIAN, IMAGE, OWNER, SALT, SERVICER, STRANGER, VAULT_GUARDIAN, World, class, grant,
};

fn pause(world: &World, stores: Vec<StoreRef>) -> StoreRegistry::pauseCall {
    StoreRegistry::pauseCall { portfolio: world.portfolio, refs: stores }
}

fn set_status(world: &World, status: Status) -> StoreRegistry::setStatusCall {
    StoreRegistry::setStatusCall { refs: vec![world.store()], status: status.number(), reason: B256::ZERO }
}

const OTHER: B256 = B256::repeat_byte(9);

/// One field of a request.
type Change = fn(&mut Request);

#[test]
fn allows_what_is_granted_and_says_about_whom() {
    let mut world = World::new();
    let (decision, subject) = world.try_authorize(world.request()).unwrap();
    assert!(decision.allowed);
    assert_eq!(decision.rule, rule("granted").unwrap());
    assert_eq!((decision.projection, decision.limits.len()), (B256::ZERO, 0));
    assert_eq!(subject.store, store_id(CHAIN_ID, world.registry, world.portfolio, SALT));
    assert_eq!((subject.portfolio, subject.owner, subject.tenure), (world.portfolio, OWNER, 1));
    assert_eq!((subject.status, subject.statusSince.to::<u64>()), (Status::Performing.number(), 0));
}

#[test]
fn refuses_each_changed_field_with_its_own_rule() {
    let mut world = World::new();
    let valid = world.request();
    let cases: [(Change, &str); 14] = [
        (|request| request.vault = B256::ZERO, "vault.not_live"),
        (|request| request.vault = OTHER, "vault.not_live"),
        (|request| request.image = B256::ZERO, "vault.not_live"),
        (|request| request.image = OTHER, "vault.not_live"),
        (|request| request.r#ref.origin = 0, "portfolio.unknown"),
        (|request| request.r#ref.origin = 2, "portfolio.unknown"),
        (|request| request.class = Class::None.number(), "class.invalid"),
        (|request| request.class = Class::Write.number(), "grant.none"),
        (|request| request.class = Class::Credential.number(), "grant.none"),
        (|request| request.caller = STRANGER, "grant.none"),
        (|request| request.caller = Address::ZERO, "grant.none"),
        (|request| request.agent = OTHER, "grant.agent"),
        (|request| (request.caller, request.role) = (STRANGER, OTHER), "role.not_member"),
        (|request| request.operation = keccak256("vault.otp"), "closed.login"),
    ];
    for (change, rule) in cases {
        let mut request = valid.clone();
        change(&mut request);
        assert_eq!(world.refusal(request), rule);
    }
    assert!(world.authorize(valid).allowed);
}

#[test]
fn closes_routing_mint_authz_and_export_although_a_grant_exists() {
    for (closed, rule) in [
        (Class::Routing, "closed.routing"),
        (Class::Mint, "closed.mint"),
        (Class::Authz, "closed.authz"),
        (Class::Export, "closed.export"),
    ] {
        let mut world = World::bare();
        let request = Request { class: closed.number(), ..world.request() };
        world.grant(Grant { what: request.operation, ..grant() });
        if closed != Class::Export {
            world.grant(Grant { what: class(closed), ..grant() });
        }
        assert_eq!(world.refusal(request), rule);
    }
}

#[test]
fn reverts_on_a_class_that_is_none() {
    let mut world = World::new();
    let request = Request { class: 9, ..world.request() };
    assert!(world.try_authorize(request).is_err());
}

#[test]
fn t80_refuses_a_revoked_image_at_once() {
    for by in [ADMIN, VAULT_GUARDIAN] {
        let mut world = World::new();
        let call = VaultRegistry::revokeImageCall { vault: world.vault, image: IMAGE };
        world.chain.must(by, world.vaults, &call);
        assert_eq!(world.refusal(world.request()), "vault.not_live");
    }
}

#[test]
fn refuses_another_vault_of_the_same_image() {
    let mut world = World::new();
    let other = crate::vault_registry::other_vault(&mut world);
    let request = Request { vault: other, ..world.request() };
    assert_eq!(world.refusal(request), "vault.not_live");
}

#[test]
fn refuses_when_the_vault_registry_says_nothing_clear() {
    // No code; `revert`; a dirty bool; the empty answer; one byte.
    for code in ["", "5f5ffd", "60025f5260205ff3", "5f5ff3", "60015f5360015ff3"] {
        let mut world = World::new();
        world.chain.put_code(world.vaults, hex::decode(code).unwrap());
        assert_eq!(world.refusal(world.request()), "vault.not_live", "{code}");
    }
}

#[test]
fn the_first_rule_in_order_decides() {
    let mut world = World::new();
    let agent = B256::repeat_byte(0xa9);
    let revoke = VaultRegistry::revokeImageCall { vault: world.vault, image: IMAGE };
    let request = Request { agent, class: Class::Routing.number(), caller: CALLER, ..world.request() };
    assert_eq!(world.refusal(request.clone()), "closed.routing");
    let call = set_status(&world, Status::Closed);
    world.chain.must(SERVICER, world.registry, &call);
    assert_eq!(world.refusal(request.clone()), "store.closed");
    world.chain.must(CALLER, world.registry, &StoreRegistry::revokeAgentCall { agent });
    assert_eq!(world.refusal(request.clone()), "agent.revoked");
    let call = pause(&world, vec![world.store()]);
    world.chain.must(GUARDIAN, world.registry, &call);
    assert_eq!(world.refusal(request.clone()), "store.paused");
    let call = pause(&world, vec![]);
    world.chain.must(GUARDIAN, world.registry, &call);
    assert_eq!(world.refusal(request.clone()), "portfolio.paused");
    world.chain.must(BREAKER, world.registry, &StoreRegistry::setBreakerCall { open: true });
    assert_eq!(world.refusal(request.clone()), "breaker.open");
    world.chain.must(ADMIN, world.vaults, &revoke);
    assert_eq!(world.refusal(request.clone()), "vault.not_live");
    let unknown = Request { r#ref: StoreRef { origin: 7, salt: SALT }, ..request };
    assert_eq!(world.refusal(unknown), "portfolio.unknown");
}

#[test]
fn too_little_gas_is_no_decision() {
    let mut world = World::new();
    let call = StoreRegistry::authorizeCall { request: world.request() };
    let refused = world.chain.call(Address::ZERO, world.registry, &call, 3_000_000).err().unwrap();
    refused.is(StoreRegistry::TooLittleGas {});
}

#[test]
fn t40_store_ids_are_the_same_in_rust() {
    let mut world = World::bare();
    for (origin, salt) in [(0, B256::ZERO), (1, B256::ZERO), (1, SALT), (u64::MAX, B256::repeat_byte(0xff))] {
        let call = StoreRegistry::storeIdCall { r#ref: StoreRef { origin, salt } };
        let ran = world.chain.call(Address::ZERO, world.registry, &call, TRANSACTION_GAS).unwrap();
        let id = StoreRegistry::storeIdCall::abi_decode_returns_validate(&ran.output).unwrap();
        assert_eq!(id, store_id(CHAIN_ID, world.registry, origin, salt));
        assert_ne!(id, store_id(CHAIN_ID + 1, world.registry, origin, salt));
        assert_ne!(id, store_id(CHAIN_ID, world.policy, origin, salt));
    }
}
