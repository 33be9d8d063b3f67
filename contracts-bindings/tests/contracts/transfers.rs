//! Portfolios and stores change hands in two steps, and nothing of the old tenure survives.

use alloy_primitives::{Address, B256, keccak256};
use contracts_bindings::{
    Class, Status, StoreRegistry,
    admin::{Change, NewPortfolio, RegistryAdmin, Seats},
    grants::Grant,
    registry::{Request, StoreRef},
    store_id,
};

use crate::chain::CHAIN_ID;
use crate::world::{DAY, GUARDIAN, OWNER, SALT, SERVICER, STRANGER, World, grant};

const BUYER: Address = Address::repeat_byte(0xb0);
const BUYERS_GUARDIAN: Address = Address::repeat_byte(0xb1);

fn seats(world: &World) -> Seats {
    Seats { policy: world.policy, guardian: BUYERS_GUARDIAN, servicer: Address::ZERO }
}

fn sell(world: &mut World) {
    let admin = RegistryAdmin(world.registry);
    world.chain.submit(OWNER, &admin.offer_portfolio(world.portfolio, BUYER)).unwrap();
    world.chain.now += 2 * DAY;
    world.chain.submit(BUYER, &admin.accept_portfolio(world.portfolio, seats(world))).unwrap();
}

fn buyers_portfolio(world: &mut World) -> u64 {
    let new = NewPortfolio { vault: world.vault, seats: seats(world), delay: 0 };
    let made = world.chain.submit(BUYER, &RegistryAdmin(world.registry).create_portfolio(new)).unwrap();
    made.event::<StoreRegistry::PortfolioCreated>().portfolio
}

/// Moves the store on, without delay if its home has none.
fn hand_over(world: &mut World, from: Address, to_owner: Address, to: u64) {
    let admin = RegistryAdmin(world.registry);
    let store = world.store();
    world.chain.submit(from, &admin.offer_stores(vec![store.clone()], to)).unwrap();
    world.chain.now += 2 * DAY;
    world.chain.submit(to_owner, &admin.accept_stores(to, vec![store])).unwrap();
}

fn tenure(world: &mut World) -> (u64, u32, Address) {
    let (_, subject) = world.try_authorize(world.request()).unwrap();
    (subject.portfolio, subject.tenure, subject.owner)
}

#[test]
fn t49_a_sale_takes_two_steps_and_the_delay() {
    let mut world = World::new();
    let (portfolio, admin) = (world.portfolio, RegistryAdmin(world.registry));
    let accept = admin.accept_portfolio(portfolio, seats(&world));
    world.chain.submit(BUYER, &accept).err().unwrap().is(StoreRegistry::NotOffered { portfolio });
    let offer = admin.offer_portfolio(portfolio, BUYER);
    world.chain.submit(STRANGER, &offer).err().unwrap().is(StoreRegistry::NotOwner { portfolio });
    world.chain.submit(OWNER, &offer).unwrap();
    let due = (world.chain.now + 2 * DAY).try_into().unwrap();
    world.chain.submit(BUYER, &accept).err().unwrap().is(StoreRegistry::OfferNotDue { from: due });
    // The guardian may stop it as long as it was not accepted.
    world.chain.now += 9 * DAY;
    world.chain.submit(GUARDIAN, &admin.cancel(portfolio, Change::Offer)).unwrap();
    world.chain.submit(BUYER, &accept).err().unwrap().is(StoreRegistry::NotOffered { portfolio });
    world.chain.submit(OWNER, &offer).unwrap();
    world.chain.submit(OWNER, &admin.withdraw_portfolio(portfolio)).unwrap();
    world.chain.now += 2 * DAY;
    world.chain.submit(BUYER, &accept).err().unwrap().is(StoreRegistry::NotOffered { portfolio });
    world.chain.submit(OWNER, &offer).unwrap();
    world.chain.now += 2 * DAY;
    world.chain.submit(STRANGER, &accept).err().unwrap().is(StoreRegistry::NotOffered { portfolio });
    assert!(world.authorize(world.request()).allowed);
    let begun: StoreRegistry::TenureStarted = world.chain.submit(BUYER, &accept).unwrap().event();
    assert_eq!((begun.owner, begun.tenure, begun.policy), (BUYER, 2, world.policy));
    assert_eq!(world.refusal(world.request()), "grant.none");
    assert_eq!(tenure(&mut world), (portfolio, 2, BUYER));
    world.chain.submit(OWNER, &offer).err().unwrap().is(StoreRegistry::NotOwner { portfolio });
}

#[test]
fn t49_a_sale_ends_grants_roles_denials_unlocks_and_changes() {
    let mut world = World::new();
    let (portfolio, admin) = (world.portfolio, RegistryAdmin(world.registry));
    let operation = keccak256("shopify.mutation.refund");
    let unlock = admin.propose_unlock(portfolio, world.store(), operation, world.chain.now + 20 * DAY);
    world.chain.submit(OWNER, &unlock).unwrap();
    world.chain.submit(OWNER, &admin.set_guardian(portfolio, STRANGER)).unwrap();
    world.chain.submit(SERVICER, &admin.set_status(vec![world.store()], Status::Default, B256::ZERO)).unwrap();
    sell(&mut world);
    // The old guardian's successor was to hold now, and does not.
    let pause = admin.pause(portfolio, vec![]);
    for gone in [OWNER, GUARDIAN, STRANGER] {
        world.chain.submit(gone, &pause).err().unwrap().is(StoreRegistry::NotOwnerOrGuardian { portfolio });
    }
    let status = admin.set_status(vec![world.store()], Status::Closed, B256::ZERO);
    world.chain.submit(SERVICER, &status).err().unwrap().is(StoreRegistry::NotServicer { portfolio });
    let routing = Request { operation, class: Class::Routing.number(), ..world.request() };
    assert_eq!(world.refusal(routing), "closed.routing");
    assert_eq!(world.refusal(world.request()), "grant.none");
    world.chain.submit(BUYERS_GUARDIAN, &pause).unwrap();
    assert_eq!(world.refusal(world.request()), "portfolio.paused");
}

#[test]
fn a_status_that_was_to_be_loosened_by_the_old_servicer_is_not() {
    let mut world = World::new();
    let admin = RegistryAdmin(world.registry);
    let set = |status| admin.set_status(vec![StoreRef { origin: 1, salt: SALT }], status, B256::ZERO);
    world.chain.submit(SERVICER, &set(Status::Default)).unwrap();
    world.chain.submit(OWNER, &admin.offer_portfolio(world.portfolio, BUYER)).unwrap();
    world.chain.now += 2 * DAY;
    world.chain.submit(SERVICER, &set(Status::Performing)).unwrap();
    let accept = admin.accept_portfolio(world.portfolio, seats(&world));
    world.chain.submit(BUYER, &accept).unwrap();
    world.chain.now += 30 * DAY;
    let (_, subject) = world.try_authorize(world.request()).unwrap();
    assert_eq!(subject.status, Status::Default.number());
}

#[test]
fn a_status_that_was_loosened_before_the_sale_stays() {
    let mut world = World::new();
    let admin = RegistryAdmin(world.registry);
    let set = |status| admin.set_status(vec![StoreRef { origin: 1, salt: SALT }], status, B256::ZERO);
    world.chain.submit(SERVICER, &set(Status::Default)).unwrap();
    world.chain.submit(SERVICER, &set(Status::Performing)).unwrap();
    let loosened = world.chain.now + 2 * DAY;
    sell(&mut world);
    world.chain.now += 30 * DAY;
    let (_, subject) = world.try_authorize(world.request()).unwrap();
    assert_eq!((subject.status, subject.statusSince.to::<u64>()), (Status::Performing.number(), loosened));
}

#[test]
fn a_store_moves_to_whom_it_was_offered_and_its_grants_stay_behind() {
    let mut world = World::bare();
    let store = store_id(CHAIN_ID, world.registry, world.portfolio, SALT);
    world.grant(Grant { store, ..grant() });
    let to = buyers_portfolio(&mut world);
    let admin = RegistryAdmin(world.registry);
    let refs = vec![world.store()];
    let accept = admin.accept_stores(to, refs.clone());
    let not_offered = StoreRegistry::StoreNotOffered { store, to };
    world.chain.submit(BUYER, &accept).err().unwrap().is(not_offered.clone());
    let offer = admin.offer_stores(refs.clone(), to);
    world.chain.submit(BUYER, &offer).err().unwrap().is(StoreRegistry::NotOwner { portfolio: world.portfolio });
    world.chain.submit(OWNER, &offer).unwrap();
    let from = (world.chain.now + 2 * DAY).try_into().unwrap();
    world.chain.submit(BUYER, &accept).err().unwrap().is(StoreRegistry::StoreOfferNotDue { store, from });
    world.chain.now += 2 * DAY;
    world.chain.submit(GUARDIAN, &admin.cancel(world.portfolio, Change::StoreOffers)).unwrap();
    world.chain.submit(BUYER, &accept).err().unwrap().is(not_offered.clone());
    world.chain.submit(OWNER, &offer).unwrap();
    world.chain.submit(OWNER, &admin.withdraw_stores(refs)).unwrap();
    world.chain.submit(BUYER, &accept).err().unwrap().is(not_offered);
    world.chain.submit(OWNER, &offer).unwrap();
    world.chain.now += 2 * DAY;
    world.chain.submit(STRANGER, &accept).err().unwrap().is(StoreRegistry::NotOwner { portfolio: to });
    let moved: StoreRegistry::StoreMoved = world.chain.submit(BUYER, &accept).unwrap().event();
    assert_eq!((moved.from, moved.to, moved.tenure), (world.portfolio, to, 2));
    assert_eq!(tenure(&mut world), (to, 2, BUYER));
    assert_eq!(world.refusal(world.request()), "grant.none");
    // The old owner can neither pause it nor grant on it.
    let pause = admin.pause(world.portfolio, vec![world.store()]);
    world.chain.submit(OWNER, &pause).err().unwrap().is(StoreRegistry::NotInPortfolio { store, portfolio: world.portfolio });
}

#[test]
fn t49_a_store_that_comes_back_finds_no_grant_of_its_own_and_the_portfolios_grants_again() {
    let mut world = World::bare();
    let store = store_id(CHAIN_ID, world.registry, world.portfolio, SALT);
    world.grant(Grant { store, ..grant() });
    let to = buyers_portfolio(&mut world);
    hand_over(&mut world, OWNER, BUYER, to);
    hand_over(&mut world, BUYER, OWNER, 1);
    assert_eq!(tenure(&mut world), (1, 3, OWNER));
    assert_eq!(world.refusal(world.request()), "grant.none");
    // Granted anew it holds, for this stay.
    world.grant(Grant { store, ..grant() });
    assert!(world.authorize(world.request()).allowed);
    hand_over(&mut world, OWNER, BUYER, to);
    hand_over(&mut world, BUYER, OWNER, 1);
    assert_eq!(world.refusal(world.request()), "grant.none");
    world.grant(grant());
    assert!(world.authorize(world.request()).allowed);
}

#[test]
fn an_offer_of_a_store_ends_with_the_sale_of_either_side() {
    let mut world = World::bare();
    let to = buyers_portfolio(&mut world);
    let admin = RegistryAdmin(world.registry);
    let store = store_id(CHAIN_ID, world.registry, world.portfolio, SALT);
    let refs = vec![world.store()];
    world.chain.submit(OWNER, &admin.offer_stores(refs.clone(), to)).unwrap();
    sell(&mut world);
    let accept = admin.accept_stores(to, refs.clone());
    world.chain.submit(BUYER, &accept).err().unwrap().is(StoreRegistry::StoreNotOffered { store, to });

    world.chain.submit(BUYER, &admin.offer_stores(refs, to)).unwrap();
    world.chain.submit(BUYER, &admin.offer_portfolio(to, STRANGER)).unwrap();
    world.chain.submit(STRANGER, &admin.accept_portfolio(to, seats(&world))).unwrap();
    world.chain.now += 2 * DAY;
    world.chain.submit(STRANGER, &accept).err().unwrap().is(StoreRegistry::StoreNotOffered { store, to });
}

#[test]
fn t69_nobody_offers_or_accepts_a_store_that_is_not_his() {
    let mut world = World::bare();
    let to = buyers_portfolio(&mut world);
    let admin = RegistryAdmin(world.registry);
    let whole = vec![StoreRef { origin: world.portfolio, salt: B256::ZERO }];
    world.chain.submit(OWNER, &admin.offer_stores(whole, to)).err().unwrap().is(StoreRegistry::StoreInvalid {});
    let unknown = vec![StoreRef { origin: 99, salt: SALT }];
    let refused = world.chain.submit(OWNER, &admin.offer_stores(unknown, to)).err().unwrap();
    refused.is(StoreRegistry::PortfolioUnknown { portfolio: 99 });
    let refused = world.chain.submit(OWNER, &admin.offer_stores(vec![world.store()], 99)).err().unwrap();
    refused.is(StoreRegistry::PortfolioUnknown { portfolio: 99 });
    let store = store_id(CHAIN_ID, world.registry, world.portfolio, SALT);
    let refused = world.chain.submit(OWNER, &admin.offer_stores(vec![world.store()], world.portfolio)).err().unwrap();
    refused.is(StoreRegistry::AlreadyHome { store });
}
