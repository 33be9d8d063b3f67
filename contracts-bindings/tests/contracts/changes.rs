//! Policy, guardian and servicer change after the delay, and the guardian can take it back.

use alloy_primitives::Address;
use alloy_sol_types::SolValue;
use contracts_bindings::{
    StoreAccessPolicy, StoreRegistry,
    admin::{Change, RegistryAdmin},
};

use crate::world::{DAY, GUARDIAN, OWNER, SERVICER, STRANGER, World};

const NEXT: Address = Address::repeat_byte(0x77);

#[test]
fn t37_another_policy_holds_after_the_delay() {
    let mut world = World::new();
    let (portfolio, admin) = (world.portfolio, RegistryAdmin(world.registry));
    let other = world.chain.deploy(STRANGER, &StoreAccessPolicy::BYTECODE, &world.registry.abi_encode());
    let propose = admin.propose_policy(portfolio, other);
    world.chain.submit(GUARDIAN, &propose).err().unwrap().is(StoreRegistry::NotOwner { portfolio });
    let none = admin.propose_policy(portfolio, STRANGER);
    world.chain.submit(OWNER, &none).err().unwrap().is(StoreRegistry::PolicyInvalid { policy: STRANGER });
    let proposed: StoreRegistry::PolicyProposed = world.chain.submit(OWNER, &propose).unwrap().event();
    let effective = world.chain.now + 2 * DAY;
    assert_eq!((proposed.policy, proposed.effective.to::<u64>()), (other, effective));
    world.chain.now = effective - 1;
    assert!(world.authorize(world.request()).allowed);
    world.chain.now = effective;
    assert_eq!(world.refusal(world.request()), "grant.none");
    // Proposing the first again keeps the second in the meantime.
    world.chain.submit(OWNER, &admin.propose_policy(portfolio, world.policy)).unwrap();
    assert_eq!(world.refusal(world.request()), "grant.none");
    world.chain.now += 2 * DAY;
    assert!(world.authorize(world.request()).allowed);
}

#[test]
fn guardian_and_owner_cancel_what_does_not_hold_yet_and_nothing_else() {
    for by in [GUARDIAN, OWNER] {
        let mut world = World::new();
        let (portfolio, admin) = (world.portfolio, RegistryAdmin(world.registry));
        let other = world.chain.deploy(STRANGER, &StoreAccessPolicy::BYTECODE, &world.registry.abi_encode());
        let cases = [
            (Change::Policy, admin.propose_policy(portfolio, other)),
            (Change::Guardian, admin.set_guardian(portfolio, NEXT)),
            (Change::Servicer, admin.set_servicer(portfolio, NEXT)),
            (Change::Offer, admin.offer_portfolio(portfolio, NEXT)),
        ];
        for (change, propose) in cases {
            let cancel = admin.cancel(portfolio, change);
            let nothing = StoreRegistry::NothingToCancel { change: change.name() };
            world.chain.submit(by, &cancel).err().unwrap().is(nothing.clone());
            world.chain.submit(OWNER, &propose).unwrap();
            for stranger in [STRANGER, SERVICER, NEXT] {
                let refused = world.chain.submit(stranger, &cancel).err().unwrap();
                refused.is(StoreRegistry::NotOwnerOrGuardian { portfolio });
            }
            let cancelled: StoreRegistry::ChangeCancelled = world.chain.submit(by, &cancel).unwrap().event();
            assert_eq!((cancelled.change, cancelled.by), (change.name(), by));
            world.chain.submit(by, &cancel).err().unwrap().is(nothing.clone());
            world.chain.now += 30 * DAY;
            assert!(world.authorize(world.request()).allowed);
            let state = world.chain.must(STRANGER, world.registry, &StoreRegistry::portfolioOfCall { portfolio });
            assert_eq!((state.guardian, state.servicer, state.policy), (GUARDIAN, SERVICER, world.policy));
            // Too late once it holds; an offer is never too late.
            if change != Change::Offer {
                world.chain.submit(OWNER, &propose).unwrap();
                world.chain.now += 2 * DAY;
                let guardian = if change == Change::Guardian { NEXT } else { GUARDIAN };
                world.chain.submit(guardian, &cancel).err().unwrap().is(nothing);
            }
            world = World::new();
            assert_eq!(world.registry, admin.0);
            world.chain.deploy(STRANGER, &StoreAccessPolicy::BYTECODE, &world.registry.abi_encode());
        }
    }
}

#[test]
fn a_guardian_and_a_servicer_follow_after_the_delay() {
    let mut world = World::new();
    let (portfolio, admin) = (world.portfolio, RegistryAdmin(world.registry));
    world.chain.submit(OWNER, &admin.set_guardian(portfolio, NEXT)).unwrap();
    world.chain.submit(OWNER, &admin.set_servicer(portfolio, NEXT)).unwrap();
    let state = world.chain.must(STRANGER, world.registry, &StoreRegistry::portfolioOfCall { portfolio });
    assert_eq!((state.guardian, state.nextGuardian, state.servicer, state.nextServicer), (GUARDIAN, NEXT, SERVICER, NEXT));
    let pause = admin.pause(portfolio, vec![]);
    world.chain.submit(NEXT, &pause).err().unwrap().is(StoreRegistry::NotOwnerOrGuardian { portfolio });
    world.chain.now += 2 * DAY;
    world.chain.submit(GUARDIAN, &pause).err().unwrap().is(StoreRegistry::NotOwnerOrGuardian { portfolio });
    world.chain.submit(NEXT, &pause).unwrap();
    let status = admin.set_status(vec![world.store()], contracts_bindings::Status::Watch, alloy_primitives::B256::ZERO);
    world.chain.submit(SERVICER, &status).err().unwrap().is(StoreRegistry::NotServicer { portfolio });
    world.chain.submit(NEXT, &status).unwrap();
}
