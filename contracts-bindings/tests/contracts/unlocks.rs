//! Closed classes open slowly, one operation on one store at a time, unless the guardian objects.

use alloy_primitives::{Address, B256, keccak256};
use contracts_bindings::{
    Class, Status, StoreAccessPolicy, StoreRegistry,
    admin::{NewPortfolio, PolicyAdmin, RegistryAdmin, Seats},
    grants::Grant,
    registry::{Request, StoreRef},
};

use crate::world::{CALLER, DAY, FOREVER, GUARDIAN, OWNER, SERVICER, STRANGER, World, grant};

fn operation() -> B256 {
    keccak256("shopify.mutation.payout")
}

/// The policy allows the operation to the caller; the registry does not yet.
fn world(class: Class) -> (World, Request) {
    let mut world = World::bare();
    world.grant(Grant { what: operation(), statuses: 15, ..grant() });
    let request = Request { operation: operation(), class: class.number(), ..world.request() };
    (world, request)
}

fn propose(world: &World) -> contracts_bindings::Transaction {
    let until = world.chain.now + 10 * DAY;
    RegistryAdmin(world.registry).propose_unlock(world.portfolio, world.store(), operation(), until)
}

#[test]
fn an_unlock_opens_after_the_delay_for_its_operation_on_its_store_until_it_ends() {
    for (class, rule) in [
        (Class::Routing, "closed.routing"),
        (Class::Mint, "closed.mint"),
        (Class::Authz, "closed.authz"),
        (Class::Export, "closed.export"),
    ] {
        let (mut world, request) = world(class);
        let start = world.chain.now;
        let call = propose(&world);
        world.chain.submit(OWNER, &call).unwrap();
        world.chain.now = start + 2 * DAY - 1;
        assert_eq!(world.refusal(request.clone()), rule);
        world.chain.now = start + 2 * DAY;
        assert!(world.authorize(request.clone()).allowed);
        // The policy is asked all the same.
        assert_eq!(world.refusal(Request { caller: STRANGER, ..request.clone() }), "grant.none");
        let other = StoreRef { origin: world.portfolio, salt: B256::repeat_byte(9) };
        assert_eq!(world.refusal(Request { r#ref: other, ..request.clone() }), rule);
        assert_eq!(world.refusal(Request { operation: keccak256("another"), ..request.clone() }), rule);
        world.chain.now = start + 10 * DAY - 1;
        assert!(world.authorize(request.clone()).allowed);
        world.chain.now = start + 10 * DAY;
        assert_eq!(world.refusal(request), rule);
    }
}

#[test]
fn a_login_is_released_by_an_unlock_only() {
    let (mut world, _) = world(Class::Read);
    let login = keccak256("vault.otp");
    world.grant(Grant { what: login, ..grant() });
    let request = Request { operation: login, ..world.request() };
    assert_eq!(world.refusal(request.clone()), "closed.login");
    let until = world.chain.now + 3 * DAY;
    let call = RegistryAdmin(world.registry).propose_unlock(world.portfolio, world.store(), login, until);
    world.chain.submit(OWNER, &call).unwrap();
    world.chain.now += 2 * DAY;
    assert!(world.authorize(request).allowed);
}

#[test]
fn the_guardian_vetoes_before_and_after_it_opened() {
    for wait in [0, 3 * DAY] {
        for by in [GUARDIAN, OWNER] {
            let (mut world, request) = world(Class::Routing);
            let call = propose(&world);
            let veto = RegistryAdmin(world.registry).veto_unlock(world.portfolio, world.store(), operation());
            let (store, portfolio) = (world.try_authorize(request.clone()).unwrap().1.store, world.portfolio);
            let nothing = StoreRegistry::NothingToVeto { store, operation: operation() };
            world.chain.submit(by, &veto).err().unwrap().is(nothing);
            world.chain.submit(OWNER, &call).unwrap();
            world.chain.now += wait;
            for stranger in [STRANGER, SERVICER, CALLER] {
                world.chain.submit(stranger, &veto).err().unwrap().is(StoreRegistry::NotOwnerOrGuardian { portfolio });
            }
            world.chain.submit(by, &veto).unwrap();
            world.chain.now += 3 * DAY;
            assert_eq!(world.refusal(request), "closed.routing");
        }
    }
}

#[test]
fn an_unlock_needs_an_owner_a_guardian_an_operation_and_an_end() {
    let (mut world, _) = world(Class::Routing);
    let (portfolio, store, admin) = (world.portfolio, world.store(), RegistryAdmin(world.registry));
    for stranger in [STRANGER, GUARDIAN, SERVICER, CALLER] {
        let call = propose(&world);
        world.chain.submit(stranger, &call).err().unwrap().is(StoreRegistry::NotOwner { portfolio });
    }
    let from = world.chain.now + 2 * DAY;
    for until in [0, from, from + 30 * DAY + 1, FOREVER] {
        let call = admin.propose_unlock(portfolio, store.clone(), operation(), until);
        let (from, until) = (from.try_into().unwrap(), until.try_into().unwrap());
        world.chain.submit(OWNER, &call).err().unwrap().is(StoreRegistry::UnlockPeriodInvalid { from, until });
    }
    let call = admin.propose_unlock(portfolio, store, B256::ZERO, from + 1);
    world.chain.submit(OWNER, &call).err().unwrap().is(StoreRegistry::OperationInvalid {});
    // Nobody else could veto.
    for guardian in [Address::ZERO, STRANGER] {
        let seats = Seats { policy: world.policy, guardian, servicer: Address::ZERO };
        let new = NewPortfolio { vault: world.vault, seats, delay: 0 };
        let made = world.chain.submit(STRANGER, &admin.create_portfolio(new)).unwrap();
        let portfolio = made.event::<StoreRegistry::PortfolioCreated>().portfolio;
        let store = StoreRef { origin: portfolio, salt: B256::repeat_byte(1) };
        let call = admin.propose_unlock(portfolio, store, operation(), from + DAY);
        world.chain.submit(STRANGER, &call).err().unwrap().is(StoreRegistry::GuardianMissing { portfolio });
    }
}

#[test]
fn an_unlock_of_the_portfolio_itself_opens_no_store() {
    let (mut world, request) = world(Class::Export);
    let whole = StoreRef { origin: world.portfolio, salt: B256::ZERO };
    let until = world.chain.now + 10 * DAY;
    let call = RegistryAdmin(world.registry).propose_unlock(world.portfolio, whole.clone(), operation(), until);
    world.chain.submit(OWNER, &call).unwrap();
    world.chain.now += 2 * DAY;
    assert_eq!(world.refusal(request.clone()), "closed.export");
    assert!(world.authorize(Request { r#ref: whole, ..request }).allowed);
}

/// A store in default whose policy has a recovery role.
fn defaulted() -> (World, Request) {
    let (mut world, request) = world(Class::Export);
    let role = keccak256("recovery");
    world.grant(Grant { subject: role, what: operation(), statuses: 4, ..grant() });
    let policy = PolicyAdmin(world.policy);
    world.chain.submit(OWNER, &policy.set_role(world.portfolio, role, vec![CALLER], FOREVER)).unwrap();
    let call = RegistryAdmin(world.registry).set_status(vec![world.store()], Status::Default, B256::ZERO);
    world.chain.submit(SERVICER, &call).unwrap();
    (world, Request { role, ..request })
}

#[test]
fn in_default_the_recovery_role_exports_after_seven_days() {
    let (mut world, request) = defaulted();
    world.chain.now += 7 * DAY - 1;
    assert_eq!(world.refusal(request.clone()), "closed.export");
    world.chain.now += 1;
    assert!(world.authorize(request.clone()).allowed);
    assert_eq!(world.refusal(Request { role: B256::ZERO, ..request.clone() }), "closed.export");
    assert_eq!(world.refusal(Request { caller: STRANGER, ..request.clone() }), "role.not_member");
    for (class, rule) in [(Class::Routing, "closed.routing"), (Class::Mint, "closed.mint"), (Class::Authz, "closed.authz")] {
        assert_eq!(world.refusal(Request { class: class.number(), ..request.clone() }), rule);
    }
    let watch = RegistryAdmin(world.registry).set_status(vec![world.store()], Status::Watch, B256::ZERO);
    world.chain.submit(SERVICER, &watch).unwrap();
    world.chain.now += 2 * DAY;
    assert_eq!(world.refusal(request), "closed.export");
}

#[test]
fn saying_default_again_neither_starts_the_wait_anew_nor_undoes_the_veto() {
    let (mut world, request) = defaulted();
    let admin = RegistryAdmin(world.registry);
    let again = admin.set_status(vec![world.store()], Status::Default, B256::ZERO);
    let veto = admin.veto_unlock(world.portfolio, world.store(), operation());
    world.chain.now += 6 * DAY;
    world.chain.submit(SERVICER, &again).unwrap();
    world.chain.now += DAY;
    assert!(world.authorize(request.clone()).allowed);
    world.chain.submit(GUARDIAN, &veto).unwrap();
    assert_eq!(world.refusal(request.clone()), "closed.export");
    world.chain.submit(SERVICER, &again).unwrap();
    world.chain.now += 30 * DAY;
    assert_eq!(world.refusal(request.clone()), "closed.export");
    // An unlock that is not vetoed opens it, and so does another default.
    let call = propose(&world);
    world.chain.submit(OWNER, &call).unwrap();
    world.chain.now += 2 * DAY;
    assert!(world.authorize(request.clone()).allowed);
    world.chain.now += 10 * DAY;
    assert_eq!(world.refusal(request.clone()), "closed.export");
    let performing = admin.set_status(vec![world.store()], Status::Performing, B256::ZERO);
    world.chain.submit(SERVICER, &performing).unwrap();
    world.chain.now += 2 * DAY;
    world.chain.submit(SERVICER, &again).unwrap();
    world.chain.now += 7 * DAY;
    assert!(world.authorize(request).allowed);
}

#[test]
fn a_class_grant_never_covers_an_unlocked_export() {
    let mut world = World::bare();
    let what = B256::with_last_byte(Class::Export.number());
    let refused = world.try_grant(OWNER, Grant { what, ..grant() }).err().unwrap();
    refused.is(StoreAccessPolicy::WhatInvalid { what });
}
