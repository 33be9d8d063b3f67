//! Ledgers that are not the one that was written.

use crate::ready;
use crate::support_host::{Caller, World, honest};
use minicbor::bytes::ByteVec;
use protocol::ledger::SealedEntry;
use protocol::message::{Answer, HostRequest, Need, Phase, Problem, Supply};

/// Restarts behind a lie about the ledger. It is refused, the root key is dropped, and the truth is still good afterwards.
fn with_ledger(world: &mut World, what: &str, entries: &[SealedEntry]) {
    println!("{what}");
    world.boot();
    let answer = world.open(&mut |need, supply| match need {
        Need::Ledger { from } => Supply::Ledger(entries.iter().skip(usize::try_from(*from).unwrap()).take(64).cloned().collect()),
        _ => supply,
    });
    assert_eq!(answer, Answer::Problem(Problem::Ledger), "{what}");
    assert_eq!(world.phase(), Phase::WaitingForShares, "{what}");
    let before = world.entries.len();
    let message = vec![0; 200];
    assert_eq!(world.ask(HostRequest::Call { message }, &mut honest), Answer::Problem(Problem::Phase));
    // Without the root key a tick comes to nothing.
    assert_eq!(world.tick(), Answer::Done);
    assert_eq!(world.phase(), Phase::WaitingForShares);
    assert_eq!(world.entries.len(), before);
}

fn reopened(world: &mut World) {
    world.unlock();
    assert_eq!(world.tick(), Answer::Done);
    assert_eq!(world.phase(), Phase::Serving);
    let caller = Caller::of(world);
    world.honest_call(&caller);
}

#[test]
fn t12_a_ledger_older_than_the_anchor_is_refused() {
    let (mut world, caller) = ready();
    world.honest_call(&caller);
    let size = usize::try_from(world.anchor()).unwrap();
    assert_eq!(size, world.entries.len());
    for older in [0, 1, size - 1] {
        let entries = world.entries[..older].to_vec();
        with_ledger(&mut world, &format!("{older} of {size} anchored entries"), &entries);
    }
    reopened(&mut world);
}

#[test]
fn t13_entries_of_another_vault_reordered_left_out_or_changed_are_refused() {
    let (mut world, caller) = ready();
    world.honest_call(&caller);
    let mut other = World::on(&world.chain, [0x4e; 32]);
    other.genesis();
    assert_eq!(other.open(&mut honest), Answer::Done);
    world.steps(1);
    let truth = world.entries.clone();
    assert!(truth.len() >= 5);
    let changed = |change: &dyn Fn(&mut Vec<SealedEntry>)| {
        let mut entries = truth.clone();
        change(&mut entries);
        entries
    };
    let flipped = |bytes: &ByteVec| {
        let mut bytes = bytes.to_vec();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        ByteVec::from(bytes)
    };
    let lies = [
        ("another vault's", other.entries.clone()),
        ("one of another vault's", changed(&|entries| entries[0] = other.entries[0].clone())),
        ("reordered", changed(&|entries| entries.swap(1, 2))),
        ("the first left out", changed(&|entries| drop(entries.remove(0)))),
        ("one left out", changed(&|entries| drop(entries.remove(2)))),
        ("one twice", changed(&|entries| entries.insert(2, truth[2].clone()))),
        ("a leaf changed", changed(&|entries| entries[1].leaf = flipped(&truth[1].leaf))),
        ("a body changed", changed(&|entries| entries[1].sealed = flipped(&truth[1].sealed))),
        (
            "the last body changed",
            changed(&|entries| {
                let last = truth.len() - 1;
                entries[last].sealed = flipped(&truth[last].sealed);
            }),
        ),
        ("a leaf of another", changed(&|entries| entries[1].leaf = truth[2].leaf.clone())),
        (
            "an empty one at the end",
            changed(&|entries| entries.push(SealedEntry { leaf: Vec::new().into(), sealed: Vec::new().into() })),
        ),
    ];
    for (what, entries) in lies {
        with_ledger(&mut world, what, &entries);
    }
    reopened(&mut world);
}

#[test]
fn t55_another_history_of_the_same_keys_is_refused_once_one_is_anchored() {
    let (mut world, caller) = ready();
    let mut fork = world.fork(50_000);
    assert_eq!(fork.open(&mut honest), Answer::Done);
    let other = Caller::of(&mut fork);
    for _ in 0..3 {
        fork.honest_call(&other);
        world.honest_call(&caller);
    }
    let anchored = world.anchor();
    assert!(fork.entries.len() >= usize::try_from(anchored).unwrap());
    let entries = fork.entries.clone();
    with_ledger(&mut world, "a fork", &entries);
    reopened(&mut world);
}

#[test]
fn a_ledger_that_is_not_supplied_is_asked_for_again() {
    let (mut world, _) = ready();
    world.boot();
    let answer = world.open(&mut |need, supply| if matches!(need, Need::Ledger { .. }) { Supply::Unavailable } else { supply });
    assert_eq!(answer, Answer::Problem(Problem::Supply));
    assert_eq!(world.tick(), Answer::Done);
    assert_eq!(world.phase(), Phase::Serving);
    let caller = Caller::of(&mut world);
    world.honest_call(&caller);
}
