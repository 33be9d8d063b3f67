//! What things cost. Run with `--nocapture` for the table.

use std::fmt::Write as _;

use alloy_primitives::{Address, B256, keccak256};
use contracts_bindings::{
    AUTHORIZE_GAS, Class, Status, StoreAccessPolicy, StoreRegistry, Transaction,
    admin::{NewPortfolio, PolicyAdmin, RegistryAdmin, Seats},
    grants::{Constraint, Grant},
    registry::{Request, StoreRef},
};

use crate::chain::{CHAIN_ID, TRANSACTION_GAS};
use crate::world::{DAY, GUARDIAN, OWNER, SERVICER, STRANGER, World, class, grant, param};

fn authorize(world: &mut World, request: Request) -> (u64, usize) {
    let call = StoreRegistry::authorizeCall { request };
    let ran = world.chain.call(Address::ZERO, world.registry, &call, AUTHORIZE_GAS).unwrap();
    (ran.gas, ran.slots)
}

fn plain(world: &mut World) -> (u64, usize) {
    let request = world.request();
    authorize(world, request)
}

fn granting(world: &mut World, grants: Vec<Grant>) -> (u64, usize) {
    let call = StoreAccessPolicy::grantCall { portfolio: world.portfolio, grants };
    let ran = world.chain.send(OWNER, world.policy, &call).unwrap();
    (ran.gas, ran.slots)
}

#[test]
fn a_decision_reads_few_slots() {
    let mut rows = vec![];
    let mut world = World::bare();
    rows.push(("authorize, no grant", plain(&mut world)));
    let closed = Request { class: Class::Routing.number(), ..world.request() };
    rows.push(("authorize, closed class", authorize(&mut world, closed)));
    rows.push(("grant, class, every store", granting(&mut world, vec![grant()])));
    let class_grant = plain(&mut world);
    rows.push(("authorize by class, every store", class_grant));
    let evidence = Request { evidence: vec![1; 8_192].into(), ..world.request() };
    rows.push(("  with 8 KiB of evidence", authorize(&mut world, evidence)));

    let mut world = World::bare();
    let limited = Grant { what: keccak256("shopify.query.orders"), capacity: 9, period: 60, ..grant() };
    rows.push(("grant, operation, limited", granting(&mut world, vec![limited])));
    rows.push(("authorize by operation, limited", plain(&mut world)));

    let mut world = World::bare();
    let constraint = Constraint { param: keccak256("amount"), test: 2, values: vec![B256::with_last_byte(9)] };
    let role = keccak256("underwriter");
    let full = Grant {
        subject: role,
        what: class(Class::Value),
        capacity: 9,
        spend: keccak256("amount"),
        projection: B256::repeat_byte(1),
        r#where: vec![constraint],
        ..grant()
    };
    rows.push(("grant, role, constrained", granting(&mut world, vec![full])));
    let members = vec![crate::world::CALLER];
    let until = crate::world::FOREVER.try_into().unwrap();
    let call = StoreAccessPolicy::setRoleCall { portfolio: world.portfolio, role, members, until };
    world.chain.must(OWNER, world.policy, &call);
    let request = Request { role, class: Class::Value.number(), params: vec![param("amount", 9)], ..world.request() };
    assert!(world.authorize(request.clone()).allowed);
    let heaviest = authorize(&mut world, request);
    rows.push(("authorize by role, constrained", heaviest));
    rows.extend(writes());
    rows.extend(fifteen_thousand());
    assert!(class_grant.1 <= 16, "each slot is a proof");
    assert!(heaviest.0 < AUTHORIZE_GAS / 10);
    compare(&rows);
}

/// A salt as it is in use: no byte of it is zero.
fn salt(number: u64) -> B256 {
    keccak256(number.to_be_bytes())
}

fn refs(world: &World, stores: std::ops::Range<u64>) -> Vec<StoreRef> {
    stores.map(|number| StoreRef { origin: world.portfolio, salt: salt(number) }).collect()
}

fn sent(world: &mut World, from: Address, transaction: &Transaction) -> (u64, usize) {
    let ran = world.chain.submit(from, transaction).unwrap();
    (ran.gas, ran.slots)
}

/// What owners, guardians and servicers do.
fn writes() -> Vec<(&'static str, (u64, usize))> {
    let mut world = World::bare();
    let (registry, policy, portfolio) = (RegistryAdmin(world.registry), PolicyAdmin(world.policy), world.portfolio);
    let seats = Seats { policy: world.policy, guardian: GUARDIAN, servicer: SERVICER };
    let new = NewPortfolio { vault: world.vault, seats, delay: 0 };
    let mut rows = vec![("create a portfolio", sent(&mut world, STRANGER, &registry.create_portfolio(new)))];
    rows.push((
        "set a grant root",
        sent(&mut world, OWNER, &policy.set_grant_root(portfolio, B256::repeat_byte(1), String::new())),
    ));
    rows.push(("pause the portfolio", sent(&mut world, GUARDIAN, &registry.pause(portfolio, vec![]))));
    let stores = refs(&world, 0..1);
    rows.push(("pause a store", sent(&mut world, GUARDIAN, &registry.pause(portfolio, stores.clone()))));
    rows.push(("propose a policy", sent(&mut world, OWNER, &registry.propose_policy(portfolio, seats.policy))));
    let until = world.chain.now + 10 * DAY;
    let unlock = registry.propose_unlock(portfolio, stores[0].clone(), B256::repeat_byte(1), until);
    rows.push(("propose an unlock", sent(&mut world, OWNER, &unlock)));
    let veto = registry.veto_unlock(portfolio, stores[0].clone(), B256::repeat_byte(1));
    rows.push(("veto an unlock", sent(&mut world, GUARDIAN, &veto)));
    let stores = refs(&world, 0..STORES_OF_A_STATUS);
    let status = registry.set_status(stores, Status::Default, B256::repeat_byte(1));
    rows.push(("status of 550 stores", sent(&mut world, SERVICER, &status)));
    let stores = refs(&world, 0..STORES_OF_A_MOVE);
    rows.push(("offer 400 stores", sent(&mut world, OWNER, &registry.offer_stores(stores.clone(), 2))));
    world.chain.now += 2 * DAY;
    rows.push(("accept 400 stores", sent(&mut world, STRANGER, &registry.accept_stores(2, stores))));
    rows.push(("offer a portfolio", sent(&mut world, OWNER, &registry.offer_portfolio(portfolio, STRANGER))));
    world.chain.now += 2 * DAY;
    rows.push(("accept a portfolio", sent(&mut world, STRANGER, &registry.accept_portfolio(portfolio, seats))));
    rows
}

const STORES_OF_A_STATUS: u64 = 550;
const STORES_OF_A_MOVE: u64 = 400;
const GRANTS_OF_A_TRANSACTION: u64 = 125;
const STORES: u64 = 15_000;

/// Registering and granting 15,000 stores: as one portfolio under one grant, and with a grant for each.
fn fifteen_thousand() -> Vec<(&'static str, (u64, usize))> {
    let mut world = World::bare();
    let seats = Seats { policy: world.policy, guardian: GUARDIAN, servicer: SERVICER };
    let new = NewPortfolio { vault: world.vault, seats, delay: 2 * DAY };
    let (registry, portfolio) = (world.registry, world.portfolio);
    let created = sent(&mut world, OWNER, &RegistryAdmin(registry).create_portfolio(new));
    let all = granting(&mut world, vec![grant()]);
    let mut each = (0, 0);
    let mut largest = 0;
    for first in (0..STORES).step_by(usize::try_from(GRANTS_OF_A_TRANSACTION).unwrap()) {
        let stores = (first..STORES.min(first + GRANTS_OF_A_TRANSACTION))
            .map(|number| Grant { store: contracts_bindings::store_id(CHAIN_ID, registry, portfolio, salt(number)), ..grant() });
        let (gas, slots) = granting(&mut world, stores.collect());
        each = (each.0 + gas, each.1 + slots);
        largest = largest.max(gas);
    }
    assert!(largest <= TRANSACTION_GAS);
    vec![
        ("15,000 stores, registered and under one grant", (created.0 + all.0, created.1 + all.1)),
        ("  a grant each, largest of 120 transactions", (largest, 0)),
        ("  a grant each, all transactions", each),
    ]
}

/// Against the committed table; a twentieth of drift is a change that somebody should see.
fn compare(rows: &[(&str, (u64, usize))]) {
    let mut table = String::from("| what | gas | slots |\n|---|---:|---:|\n");
    for (what, (gas, slots)) in rows {
        let slots = if *slots == 0 { String::new() } else { slots.to_string() };
        writeln!(table, "| {} | {gas} | {slots} |", what.trim()).unwrap();
    }
    println!("{table}");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/contracts/gas.md");
    if std::env::var_os("WRITE_GAS").is_some() {
        std::fs::write(file, format!("{HEAD}{table}")).unwrap();
    }
    let committed = std::fs::read_to_string(file).unwrap();
    let numbers = |text: &str| -> Vec<(String, u64)> {
        text.lines()
            .filter_map(|line| {
                let mut cells = line.split('|').map(str::trim).skip(1);
                Some((cells.next()?.to_owned(), cells.next()?.parse().ok()?))
            })
            .collect()
    };
    let (committed, measured) = (numbers(&committed), numbers(&table));
    assert_eq!(committed.len(), measured.len(), "WRITE_GAS=1 writes contracts/gas.md anew");
    for ((row, before), (what, now)) in committed.iter().zip(&measured) {
        assert_eq!(row, what);
        assert!(
            now.abs_diff(*before) <= before / 20,
            "{what}: {before} before, {now} now; WRITE_GAS=1 writes contracts/gas.md anew"
        );
    }
}

const HEAD: &str = "# Gas\n\nMeasured in revm under Osaka rules, intrinsic gas and calldata included, by `WRITE_GAS=1 cargo test -p contracts-bindings gas`. A transaction\n\
    has at most 16,777,216 (EIP-7825). Slots are those read or written over all accounts: for a call each is a proof.\n\n";
