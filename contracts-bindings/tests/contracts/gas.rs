//! What things cost. Run with `--nocapture` for the table.

use alloy_primitives::{Address, B256, keccak256};
use contracts_bindings::{
    AUTHORIZE_GAS, Class, StoreAccessPolicy, StoreRegistry,
    grants::{Constraint, Grant},
    registry::Request,
};

use crate::world::{OWNER, World, class, grant, param};

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
    let many = (1..=100u8).map(|n| Grant { store: B256::repeat_byte(n), ..grant() }).collect();
    rows.push(("grant, 100 stores", granting(&mut world, many)));

    println!("{:<34} {:>9} {:>6}", "", "gas", "slots");
    for (what, (gas, slots)) in rows {
        println!("{what:<34} {gas:>9} {slots:>6}");
    }
    assert!(class_grant.1 <= 16, "each slot is a proof");
    assert!(heaviest.0 < AUTHORIZE_GAS / 10);
}
