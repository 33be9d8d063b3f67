//! Grants that stand on chain as one root and are shown by the caller.

use alloy_primitives::{B256, keccak256};
use contracts_bindings::{
    Class, GrantTree, StoreAccessPolicy,
    admin::{FOREVER, PolicyAdmin},
    grants::Grant,
    registry::Request,
    store_id,
};

use crate::chain::CHAIN_ID;
use crate::world::{CALLER, OWNER, SALT, STRANGER, World, class, grant, subject};

fn salted(grants: Vec<Grant>) -> GrantTree {
    let salts = (1..).map(B256::repeat_byte);
    GrantTree::new(grants.into_iter().zip(salts).collect()).unwrap()
}

fn set_root(world: &mut World, root: B256) {
    let call = PolicyAdmin(world.policy).set_grant_root(world.portfolio, root, "https://example.org/grants".to_owned());
    world.chain.submit(OWNER, &call).unwrap();
}

fn shown(world: &World, tree: &GrantTree, index: usize) -> Request {
    Request { evidence: tree.evidence(index).unwrap().into(), ..world.request() }
}

#[test]
fn a_grant_under_the_root_counts_wherever_it_stands_in_a_tree_of_any_size() {
    for size in 1..=9 {
        let mut world = World::bare();
        let other = Grant { subject: subject(STRANGER), ..grant() };
        for place in 0..size {
            let mut grants = vec![other.clone(); size];
            grants[place] = grant();
            let tree = salted(grants);
            let request = shown(&world, &tree, place);
            set_root(&mut world, B256::ZERO);
            assert_eq!(world.refusal(request.clone()), "grant.root");
            set_root(&mut world, tree.root());
            assert!(world.authorize(request).allowed, "{place} of {size}");
            for foreign in (0..size).filter(|foreign| *foreign != place) {
                assert_eq!(world.refusal(shown(&world, &tree, foreign)), "grant.subject");
            }
        }
    }
    assert!(GrantTree::new(vec![]).is_none());
}

#[test]
fn what_is_shown_must_be_the_grant_that_stands_there() {
    let mut world = World::bare();
    let tree = salted(vec![grant(), Grant { subject: subject(STRANGER), ..grant() }]);
    set_root(&mut world, tree.root());
    let evidence = tree.evidence(0).unwrap();
    assert_eq!(tree.evidence(2), None);
    // The salt is the word behind the grant's offset.
    let mut other_salt = evidence.clone();
    other_salt[63] ^= 1;
    let mut cut = evidence.clone();
    cut.truncate(evidence.len() - 1);
    for (bytes, rule) in
        [(other_salt, "grant.root"), (cut, "grant.evidence"), (vec![0], "grant.evidence"), (vec![0xff; 8_192], "grant.evidence")]
    {
        let request = Request { evidence: bytes.into(), ..world.request() };
        assert_eq!(world.refusal(request), rule);
    }
    assert_eq!(world.refusal(world.request()), "grant.none");
}

#[test]
fn a_shown_grant_is_held_to_what_it_says() {
    let mut world = World::bare();
    let store = store_id(CHAIN_ID, world.registry, world.portfolio, SALT);
    let now = world.chain.now;
    let past = now.try_into().unwrap();
    let future = (now + 1).try_into().unwrap();
    let role = keccak256("underwriter");
    let cases = [
        (Grant { store, ..grant() }, "granted"),
        (Grant { store: B256::repeat_byte(3), ..grant() }, "grant.store"),
        (Grant { what: class(Class::Write), ..grant() }, "grant.what"),
        (Grant { what: keccak256("shopify.query.orders"), ..grant() }, "granted"),
        (Grant { until: past, ..grant() }, "grant.expired"),
        (Grant { from: future, ..grant() }, "grant.not_yet"),
        (Grant { statuses: 14, ..grant() }, "grant.status"),
        (Grant { subject: role, ..grant() }, "grant.subject"),
        // One that means nothing.
        (Grant { statuses: 0, ..grant() }, "grant.evidence"),
        (Grant { capacity: 5, spend: keccak256("amount"), ..grant() }, "grant.spend"),
    ];
    for (grant, rule) in cases {
        let tree = salted(vec![grant]);
        set_root(&mut world, tree.root());
        let decision = world.authorize(shown(&world, &tree, 0));
        assert_eq!(contracts_bindings::rule_text(decision.rule).unwrap(), rule);
        assert_eq!(decision.allowed, rule == "granted");
    }
}

#[test]
fn a_role_may_be_shown_by_its_members() {
    let mut world = World::bare();
    let role = keccak256("underwriter");
    let tree = salted(vec![Grant { subject: role, ..grant() }]);
    set_root(&mut world, tree.root());
    let request = Request { role, ..shown(&world, &tree, 0) };
    assert_eq!(world.refusal(request.clone()), "grant.subject");
    let call = PolicyAdmin(world.policy).set_role(world.portfolio, role, vec![CALLER], FOREVER);
    world.chain.submit(OWNER, &call).unwrap();
    assert!(world.authorize(request).allowed);
}

#[test]
fn equal_grants_under_other_salts_have_a_limit_each_and_a_denial_beats_both() {
    let mut world = World::bare();
    let limited = Grant { capacity: 1, ..grant() };
    let tree = salted(vec![limited.clone(), limited]);
    set_root(&mut world, tree.root());
    let first = world.authorize(shown(&world, &tree, 0)).limits;
    let second = world.authorize(shown(&world, &tree, 1)).limits;
    assert_eq!((first[0].capacity, first[0].cost, first[0].period), (1, 1, 0));
    assert_ne!(first[0].bucket, second[0].bucket);
    let deny = PolicyAdmin(world.policy).set_denied(world.portfolio, B256::ZERO, subject(CALLER), true);
    world.chain.submit(OWNER, &deny).unwrap();
    assert_eq!(world.refusal(shown(&world, &tree, 0)), "denied");
}

#[test]
fn a_grant_on_chain_needs_no_evidence_and_is_not_stopped_by_a_bad_one() {
    let mut world = World::new();
    let request = Request { evidence: vec![1, 2, 3].into(), ..world.request() };
    assert!(world.authorize(request).allowed);
}

#[test]
fn only_the_owner_sets_the_root() {
    let mut world = World::bare();
    let call = PolicyAdmin(world.policy).set_grant_root(world.portfolio, B256::repeat_byte(1), String::new());
    let refused = world.chain.submit(STRANGER, &call).err().unwrap();
    refused.is(StoreAccessPolicy::NotOwner { portfolio: world.portfolio });
}
