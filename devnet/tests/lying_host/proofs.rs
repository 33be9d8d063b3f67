//! Proofs and heads that the host swaps, cuts, changes or keeps.

use crate::support_host::{Caller, Event, ORDERS, World, honest};
use crate::{cold, problem, read, ready};
use devnet::chain::COMMITTEE_SIZE;
use minicbor::bytes::ByteVec;
use protocol::message::{AccountProof, AccountQuery, Answer, Need, Problem, Supply};

/// Changes the proofs of accounts at a block.
type Forger = fn(&World, u64, &[AccountQuery], &mut Vec<AccountProof>);

/// A cold call whose proofs are what `lie` makes of them. It ends with the problem, and nothing is sent or written.
fn with_proofs(world: &mut World, caller: &Caller, lie: Forger) {
    cold(world);
    let sealed = caller.query(world, ORDERS);
    let mut talk = world.talk(sealed.request());
    let mut asked = 0;
    while talk.done().is_none() {
        let changed = match talk.needs() {
            Some(Need::State { block_number, accounts, .. }) => {
                asked += 1;
                let mut proofs = world.prove_at(*block_number, accounts);
                lie(world, *block_number, accounts, &mut proofs);
                Some(Supply::State(proofs))
            }
            _ => None,
        };
        world.advance(&mut talk, &mut |_, truth| changed.clone().unwrap_or(truth));
    }
    assert!((1..=32).contains(&asked), "asked {asked} times");
    assert_eq!(problem(&talk), Some(Problem::Supply));
    assert_eq!(talk.egresses(), 0);
    assert!(!talk.events.iter().any(|event| matches!(event, Event::Commit(..))), "something was written");
}

#[test]
fn t33_a_proof_of_something_else_is_refused() {
    let (mut world, caller) = ready();
    let lies: [(&str, Forger); 9] = [
        ("another account", |world, block, accounts, proofs| {
            let mut other = accounts.to_vec();
            for query in &mut other {
                query.address = world.chain.contracts().vault_registry.into_array().into();
            }
            *proofs = world.prove_at(block, &other);
            for (proof, query) in proofs.iter_mut().zip(accounts) {
                proof.address = query.address;
            }
        }),
        ("another block", |world, block, accounts, proofs| *proofs = world.prove_at(block - 12, accounts)),
        ("a truncated account proof", |_, _, _, proofs| {
            for proof in proofs {
                proof.nodes.pop();
            }
        }),
        ("no account proof", |_, _, _, proofs| {
            for proof in proofs {
                proof.nodes.clear();
            }
        }),
        ("a truncated slot proof", |_, _, _, proofs| {
            for slot in proofs.iter_mut().flat_map(|proof| &mut proof.slots) {
                slot.nodes.pop();
            }
        }),
        ("a changed node", |_, _, _, proofs| {
            for node in proofs.iter_mut().filter_map(|proof| proof.nodes.last_mut()) {
                let mut bytes = node.to_vec();
                let last = bytes.len() - 1;
                bytes[last] ^= 1;
                *node = ByteVec::from(bytes);
            }
        }),
        ("the slot of another slot", |_, _, _, proofs| {
            for proof in proofs {
                if let [first, .., last] = proof.slots.as_mut_slice() {
                    std::mem::swap(&mut first.nodes, &mut last.nodes);
                }
            }
        }),
        ("a slot more than was asked for", |_, _, _, proofs| {
            for proof in proofs {
                if let Some(mut more) = proof.slots.first().cloned() {
                    more.slot = [0xee; 32].into();
                    proof.slots.push(more);
                }
            }
        }),
        ("other code", |_, _, _, proofs| {
            for proof in proofs {
                proof.code = Some(ByteVec::from(vec![0x60, 0, 0x60, 0, 0xf3]));
            }
        }),
    ];
    for (name, lie) in lies {
        println!("{name}");
        with_proofs(&mut world, &caller, lie);
    }
    assert!(world.sent.is_empty());
    world.honest_call(&caller);
}

#[test]
fn t38_a_missing_slot_is_never_zero() {
    let (mut world, caller) = ready();
    with_proofs(&mut world, &caller, |_, _, _, proofs| {
        for proof in proofs {
            proof.slots.clear();
        }
    });
    with_proofs(&mut world, &caller, |_, _, _, proofs| {
        for slot in proofs.iter_mut().flat_map(|proof| &mut proof.slots) {
            slot.nodes.clear();
        }
    });
    with_proofs(&mut world, &caller, |_, _, _, proofs| proofs.clear());
    assert!(world.sent.is_empty());
    world.honest_call(&caller);
}

#[test]
fn t34_an_update_with_341_of_512_signers_moves_nothing() {
    let (mut world, caller) = ready();
    let before = world.status();
    world.chain.faults(|faults| faults.participants = 341);
    world.steps(8);
    assert_eq!(world.tick(), Answer::Done);
    let after = world.status();
    let slots =
        |status: &protocol::message::Status| (status.finalized.as_ref().unwrap().slot, status.attested.as_ref().unwrap().slot);
    assert_eq!(slots(&before), slots(&after));
    world.honest_call(&caller);
    world.chain.faults(|faults| faults.participants = 342);
    world.steps(8);
    assert_eq!(world.tick(), Answer::Done);
    assert!(slots(&world.status()) > slots(&before));
    world.honest_call(&caller);
    world.chain.faults(|faults| faults.participants = COMMITTEE_SIZE);
}

#[test]
fn t36_an_older_head_than_the_bound_is_stale_chain() {
    let (mut world, caller) = ready();
    let attested = world.status().attested.unwrap();
    let slot_time = world.chain.config().time_of(attested.slot) * 1_000;
    world.now = slot_time + 120_999;
    world.honest_call(&caller);
    world.now = slot_time + 121_000;
    let sealed = caller.query(&mut world, ORDERS);
    let talk = world.run(sealed.request(), &mut honest);
    assert_eq!((read(&talk, &sealed).outcome.as_str(), read(&talk, &sealed).refusal.as_str()), ("refused", "stale_chain"));
    assert_eq!(talk.egresses(), 0);
    // A head that is served again is no newer for it.
    assert_eq!(world.tick(), Answer::Problem(Problem::StaleChain));
    assert_eq!(world.status().problem, Some(Problem::StaleChain));
    world.catch_up();
    assert_eq!(world.status().problem, None);
    world.honest_call(&caller);
}

/// The vault runs the contract again: the grant of the first days is over by now, and the contract says so.
fn decides(world: &mut World, caller: &Caller) {
    let sealed = caller.query(world, ORDERS);
    let talk = world.run(sealed.request(), &mut honest);
    assert_eq!(read(&talk, &sealed).rule, "grant.expired");
}

/// Nobody slashes what the members of an old committee sign, so a host must not save a vault up until it has their keys.
#[test]
fn t74_a_vault_that_saw_no_head_for_14_days_asks_for_a_fresh_checkpoint() {
    const FORTNIGHT: u64 = 14 * 24 * 60 * 60;
    let (mut world, caller) = ready();
    let finalized = world.status().finalized.unwrap();
    let bound = world.chain.config().time_of(finalized.slot) + FORTNIGHT;
    world.chain.tick(bound + 1).unwrap().unwrap();
    world.steps(24);
    // What two thirds of the committees of then signed, period by period, is still served, and no longer followed.
    assert_eq!(world.tick(), Answer::Problem(Problem::Checkpoint));
    assert_eq!(world.tick(), Answer::Done, "nothing to start from");
    let sealed = caller.query(&mut world, ORDERS);
    let talk = world.run(sealed.request(), &mut honest);
    assert_eq!(talk.egresses(), 0);
    world.checkpoint();
    world.catch_up();
    // Keys live a day.
    let caller = Caller::of(&mut world);
    assert!(world.status().finalized.unwrap().slot > finalized.slot);
    decides(&mut world, &caller);
}

#[test]
fn t74_a_vault_that_saw_no_head_for_13_days_goes_on() {
    const THIRTEEN_DAYS: u64 = 13 * 24 * 60 * 60;
    let (mut world, _) = ready();
    let finalized = world.status().finalized.unwrap();
    world.chain.tick(world.chain.config().time_of(finalized.slot) + THIRTEEN_DAYS).unwrap().unwrap();
    world.steps(24);
    world.catch_up();
    let caller = Caller::of(&mut world);
    decides(&mut world, &caller);
}
