//! A host that lies, stalls, replays, reorders and forgets: what it can't have, and that it costs the one conversation it does it to.

mod support_host;

use alloy_primitives::B256;
use devnet::chain::COMMITTEE_SIZE;
use minicbor::bytes::ByteVec;
use protocol::http;
use protocol::ledger::{Ending, Kind, SealedEntry};
use protocol::message::{AccountProof, AccountQuery, Answer, HostRequest, Need, Phase, Problem, Supply};
use support_host::{
    Caller, Event, ONE_A_SECOND, ONE_EVER, ORDERS, Read, SALT, SALT_2, SHOP, Sealed, Talk, World, answer, honest, kind_of,
};
use vault::{Egressed, Input};

fn problem(talk: &Talk) -> Option<Problem> {
    match talk.done() {
        Some(Answer::Problem(problem)) => Some(*problem),
        _ => None,
    }
}

fn read(talk: &Talk, sealed: &Sealed) -> Read {
    sealed.read(talk.done().expect("it is not over"))
}

fn ready() -> (World, Caller) {
    let mut world = World::ready();
    let caller = Caller::of(&mut world);
    (world, caller)
}

/// Makes a new head that the vault follows, but knows no state of.
fn cold(world: &mut World) {
    // A transaction, so that the new state is another one.
    world.pause(true);
    world.pause(false);
    world.steps(8);
    let blind = world.ask(HostRequest::Tick, &mut |need, supply| match need {
        Need::State { .. } => Supply::State(Vec::new()),
        _ => supply,
    });
    assert_eq!(blind, Answer::Problem(Problem::Supply));
}

/// The ids of the first store's binding and connection, as a call asks for them.
fn record_ids(world: &mut World, caller: &Caller, salt: B256) -> Vec<[u8; 32]> {
    let mut ids = Vec::new();
    let (talk, _) = world.provision(caller, salt, SHOP, &mut honest);
    for event in &talk.events {
        if let Event::Commit(batch, _) = event {
            ids.extend(batch.records.iter().map(|put| *put.id));
        }
    }
    ids
}

/// A call in which each record is what `lie` makes of it, `which` counting from 0. Nothing is sent, whatever it is.
fn with_records(world: &mut World, caller: &Caller, lie: &mut dyn FnMut(usize, Vec<u8>) -> Option<Vec<u8>>) {
    let sealed = caller.query(world, ORDERS);
    let mut which = 0;
    let talk = world.run(sealed.request(), &mut |need, supply| match (need, supply) {
        (Need::Record { .. }, Supply::Record(Some(truth))) => {
            which += 1;
            Supply::Record(lie(which - 1, truth.to_vec()).map(Into::into))
        }
        (_, supply) => supply,
    });
    assert_eq!(talk.egresses(), 0);
    if problem(&talk).is_none() {
        // The connection is opened last, once the intent is durable: that it can't be is an outcome.
        let read = read(&talk, &sealed);
        assert_eq!(
            (read.outcome.as_str(), read.rule.as_str(), read.ending),
            ("failed", "request.injection", Some(Ending::Failed))
        );
    } else {
        assert_eq!(problem(&talk), Some(Problem::Supply));
        assert!(!talk.events.iter().any(|event| matches!(event, Event::Acknowledged(_))), "something was written");
    }
}

#[test]
fn t14_a_record_of_another_id_is_refused() {
    let mut world = World::granted();
    let caller = Caller::of(&mut world);
    let first = record_ids(&mut world, &caller, SALT);
    let second = record_ids(&mut world, &caller, SALT_2);
    assert_eq!((first.len(), second.len(), world.records.len()), (2, 2, 4));
    world.sent.clear();
    let records = world.records.clone();
    for (which, own) in [(0, first[0]), (1, first[1])] {
        for other in first.iter().chain(&second).filter(|id| **id != own) {
            with_records(&mut world, &caller, &mut |asked, truth| {
                Some(if asked == which { records[other].clone() } else { truth })
            });
        }
    }
    assert!(world.sent.is_empty());
    world.honest_call(&caller);
}

#[test]
fn t14_bytes_of_another_vault_are_refused() {
    let (mut world, caller) = ready();
    let mut other = World::on(&world.chain, [0x4e; 32]);
    other.genesis();
    assert_eq!(other.open(&mut honest), Answer::Done);
    assert_ne!(other.vault_id(), world.vault_id());
    // The other vault holds no store, so its sealed bytes are those of its ledger.
    let foreign = other.entries[0].sealed.to_vec();
    world.steps(1);
    assert_eq!(world.tick(), Answer::Done);
    for which in 0..2 {
        with_records(&mut world, &caller, &mut |asked, truth| Some(if asked == which { foreign.clone() } else { truth }));
    }
    world.honest_call(&caller);
}

#[test]
fn t16_a_truncated_or_changed_record_is_refused() {
    let (mut world, caller) = ready();
    for which in 0..2 {
        let lies: [fn(&mut Vec<u8>); 7] = [
            Vec::clear,
            |sealed| sealed.truncate(1),
            |sealed| sealed.truncate(14),
            |sealed| sealed.truncate(sealed.len() - 1),
            |sealed| sealed.push(0),
            |sealed| sealed[1] ^= 2,
            |sealed| {
                let middle = sealed.len() / 2;
                sealed[middle] ^= 1;
            },
        ];
        for lie in lies {
            with_records(&mut world, &caller, &mut |asked, mut truth| {
                if asked == which {
                    lie(&mut truth);
                }
                Some(truth)
            });
        }
    }
    world.honest_call(&caller);
}

#[test]
fn t15_a_missing_record_is_refused() {
    let (mut world, caller) = ready();
    for which in 0..2 {
        with_records(&mut world, &caller, &mut |asked, truth| (asked != which).then_some(truth));
    }
    world.honest_call(&caller);
}

/// A cold call whose proofs are what `lie` makes of them. It ends with the problem, and nothing is sent or written.
fn with_proofs(world: &mut World, caller: &Caller, lie: &mut dyn FnMut(&World, u64, &[AccountQuery], &mut Vec<AccountProof>)) {
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
    let lies: [(&str, fn(&World, u64, &[AccountQuery], &mut Vec<AccountProof>)); 8] = [
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
        ("other code", |_, _, _, proofs| {
            for proof in proofs {
                proof.code = Some(ByteVec::from(vec![0x60, 0, 0x60, 0, 0xf3]));
            }
        }),
    ];
    for (name, lie) in lies {
        println!("{name}");
        with_proofs(&mut world, &caller, &mut |world, block, accounts, proofs| lie(world, block, accounts, proofs));
    }
    assert!(world.sent.is_empty());
    world.honest_call(&caller);
}

#[test]
fn t38_a_missing_slot_is_never_zero() {
    let (mut world, caller) = ready();
    with_proofs(&mut world, &caller, &mut |_, _, _, proofs| {
        for proof in proofs {
            proof.slots.clear();
        }
    });
    with_proofs(&mut world, &caller, &mut |_, _, _, proofs| {
        for slot in proofs.iter_mut().flat_map(|proof| &mut proof.slots) {
            slot.nodes.clear();
        }
    });
    with_proofs(&mut world, &caller, &mut |_, _, _, proofs| proofs.clear());
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

/// Two conversations, each interrupted by the other at each pair of points. Returns what each came to.
fn interleaved(world: &mut World, first: &Sealed, second: &Sealed, before: usize, between: usize) -> (Talk, Talk) {
    let mut a = world.talk(first.request());
    let mut b = world.talk(second.request());
    let some = |world: &mut World, talk: &mut Talk, count: usize| {
        for _ in 0..count {
            if talk.done().is_none() {
                world.advance(talk, &mut honest);
            }
        }
    };
    some(world, &mut a, before);
    some(world, &mut b, between);
    while a.done().is_none() || b.done().is_none() {
        for talk in [&mut a, &mut b] {
            if talk.done().is_none() {
                world.finish(talk, &mut honest);
            }
        }
    }
    a.check_order();
    b.check_order();
    (a, b)
}

/// A second in which nothing was spent.
fn next_second(world: &mut World) {
    world.steps(2);
    assert_eq!(world.tick(), Answer::Done);
}

#[test]
fn t11_two_conversations_with_the_same_call_use_the_credential_once() {
    let (mut world, caller) = ready();
    world.honest_call(&caller);
    for before in 0..8 {
        world.sent.clear();
        let sealed = caller.query(&mut world, ORDERS);
        let (a, b) = interleaved(&mut world, &sealed, &sealed, before, 3);
        assert_eq!((a.egresses() + b.egresses(), world.sent.len()), (1, 1), "{before}");
        let lost = if a.egresses() == 0 { &a } else { &b };
        assert_eq!(read(lost, &sealed).rule, "call.replayed");
        // And after.
        let again = world.run(sealed.request(), &mut honest);
        assert_eq!((read(&again, &sealed).rule.as_str(), again.egresses()), ("call.replayed", 0));
    }
    world.honest_call(&caller);
}

#[test]
fn t11_a_limit_of_one_is_one_use_however_two_calls_are_interleaved() {
    let (mut world, caller) = ready();
    world.honest_call(&caller);
    for before in 0..7 {
        for between in 0..7 {
            next_second(&mut world);
            world.sent.clear();
            let first = caller.query(&mut world, ONE_A_SECOND);
            let second = caller.query(&mut world, ONE_A_SECOND);
            let (a, b) = interleaved(&mut world, &first, &second, before, between);
            assert_eq!((a.egresses() + b.egresses(), world.sent.len()), (1, 1), "{before} {between}");
            let (won, lost) =
                if a.egresses() == 1 { (read(&a, &first), read(&b, &second)) } else { (read(&b, &second), read(&a, &first)) };
            assert_eq!((won.outcome.as_str(), lost.refusal.as_str()), ("upstream", "budget_exhausted"));
        }
    }
    world.honest_call(&caller);
}

#[test]
fn t67_one_approval_two_calls() {
    let (mut world, caller) = ready();
    let first = caller.query(&mut world, ONE_EVER);
    let second = caller.query(&mut world, ONE_EVER);
    let (a, b) = interleaved(&mut world, &first, &second, 3, 3);
    assert_eq!(a.egresses() + b.egresses(), 1);
    // After, and after a restart.
    for restart in [false, true] {
        if restart {
            world.boot();
            assert_eq!(world.open(&mut honest), Answer::Done);
        }
        let caller = Caller::of(&mut world);
        let sealed = caller.query(&mut world, ONE_EVER);
        let talk = world.run(sealed.request(), &mut honest);
        assert_eq!((read(&talk, &sealed).refusal.as_str(), talk.egresses()), ("budget_exhausted", 0));
        world.honest_call(&caller);
    }
}

#[test]
fn t68_no_egress_before_a_durable_intent() {
    let (mut world, caller) = ready();
    for keep in [false, true] {
        let mut point = 0;
        loop {
            world.sent.clear();
            let sealed = caller.query(&mut world, ORDERS);
            let mut talk = world.talk(sealed.request());
            for _ in 0..point {
                if talk.done().is_none() {
                    world.advance(&mut talk, &mut honest);
                }
            }
            talk.check_order();
            let over = talk.done().is_some();
            let pending = match talk.needs() {
                Some(Need::Commit(batch)) => Some(batch.clone()),
                _ => None,
            };
            let size = world.entries.len();
            if let Some(batch) = pending.as_ref().filter(|_| keep) {
                // It became durable, and nobody said so.
                world.entries.extend(batch.entries.clone());
            }
            drop(talk);
            let next = world.honest_call(&caller);
            let first = next.events.iter().find_map(|event| match event {
                Event::Commit(batch, _) => Some(batch.clone()),
                _ => None,
            });
            if let Some(pending) = pending {
                assert_eq!(first.as_ref(), Some(&pending), "another batch than the one that was said, at {point}");
                // The pending one, and the two of the next call.
                assert_eq!(world.entries.len(), size + 3);
            } else {
                assert_eq!(first.map(|batch| kind_of(&batch)), Some(Kind::Intent));
            }
            if over {
                break;
            }
            point += 1;
        }
        assert!(point >= 6, "{point}");
    }
    // What came of it all is a ledger that a new boot reads.
    world.boot();
    assert_eq!(world.open(&mut honest), Answer::Done);
    let caller = Caller::of(&mut world);
    world.honest_call(&caller);
}

#[test]
fn t68_a_host_that_does_not_make_an_intent_durable_gets_nothing_sent() {
    let (mut world, caller) = ready();
    let sealed = caller.query(&mut world, ONE_EVER);
    let talk = world
        .run(sealed.request(), &mut |need, supply| if matches!(need, Need::Commit(_)) { Supply::Unavailable } else { supply });
    assert_eq!((problem(&talk), talk.egresses()), (Some(Problem::Supply), 0));
    world.honest_call(&caller);
    // The intent was said once, so it counts, used or not.
    let sealed = caller.query(&mut world, ONE_EVER);
    let talk = world.run(sealed.request(), &mut honest);
    assert_eq!((read(&talk, &sealed).refusal.as_str(), talk.egresses()), ("budget_exhausted", 0));
}

/// Goes on until it stands before a commit of such an entry.
fn until(world: &mut World, talk: &mut Talk, kind: Kind) {
    while !talk.commits(kind) {
        assert!(talk.done().is_none(), "{:?}", talk.events);
        world.advance(talk, &mut honest);
    }
}

#[test]
fn t65_a_permit_that_expired_while_a_need_was_stalled_is_not_used() {
    let (mut world, caller) = ready();
    // Once without reaching the platform, so that its state is known and its budget is not spent.
    world.platform = |_| Egressed::NotSent;
    let sealed = caller.query(&mut world, ONE_EVER);
    let talk = world.run(sealed.request(), &mut honest);
    assert_eq!(read(&talk, &sealed).ending, Some(Ending::Failed));
    world.platform = support_host::shop;
    world.sent.clear();
    // The permit is made before the first step of a warm call. Up to the sending itself a stall ends it.
    let mut point = 1;
    let sent = loop {
        let sealed = caller.query(&mut world, ONE_EVER);
        let mut talk = world.talk(sealed.request());
        for _ in 0..point {
            world.advance(&mut talk, &mut honest);
        }
        let stalled = format!("{:?}", talk.step);
        let used = talk.egresses();
        world.now += 15_001;
        world.finish(&mut talk, &mut honest);
        assert_eq!(talk.egresses() - used, usize::from(stalled.contains("Egress")), "stalled at {stalled}");
        if used == 1 {
            break read(&talk, &sealed);
        }
        assert!(world.sent.is_empty(), "sent after the permit expired, stalled at {stalled}");
        if problem(&talk).is_none() {
            assert_eq!(read(&talk, &sealed).ending, Some(Ending::Failed), "stalled at {stalled}");
        } else {
            assert_eq!(problem(&talk), Some(Problem::Supply), "stalled at {stalled}");
        }
        // The one use is there again in the next round.
        point += 1;
        world.catch_up();
    };
    assert_eq!((sent.outcome.as_str(), world.sent.len(), point), ("upstream", 1, 5));
    world.catch_up();
    world.honest_call(&caller);
}

#[test]
fn t65_the_intent_of_an_expired_permit_ends_as_failed_and_gives_its_budget_back() {
    let (mut world, caller) = ready();
    let sealed = caller.query(&mut world, ONE_EVER);
    let mut talk = world.talk(sealed.request());
    until(&mut world, &mut talk, Kind::Intent);
    world.now += 15_000;
    world.finish(&mut talk, &mut honest);
    let failed = read(&talk, &sealed);
    assert_eq!((failed.refusal.as_str(), failed.ending, talk.egresses()), ("stale_chain", Some(Ending::Failed), 0));
    let sealed = caller.query(&mut world, ONE_EVER);
    let talk = world.run(sealed.request(), &mut honest);
    assert_eq!((read(&talk, &sealed).outcome.as_str(), talk.egresses()), ("upstream", 1));
}

#[test]
fn a_pause_between_intent_and_use_is_heeded() {
    let (mut world, caller) = ready();
    let sealed = caller.query(&mut world, ONE_EVER);
    let mut talk = world.talk(sealed.request());
    until(&mut world, &mut talk, Kind::Intent);
    world.pause(true);
    world.steps(2);
    assert_eq!(world.tick(), Answer::Done);
    world.finish(&mut talk, &mut honest);
    let failed = read(&talk, &sealed);
    assert_eq!((failed.rule.as_str(), failed.ending, talk.egresses()), ("portfolio.paused", Some(Ending::Failed), 0));
    world.pause(false);
    world.steps(8);
    assert_eq!(world.tick(), Answer::Done);
    let sealed = caller.query(&mut world, ONE_EVER);
    let talk = world.run(sealed.request(), &mut honest);
    assert_eq!((read(&talk, &sealed).outcome.as_str(), talk.egresses()), ("upstream", 1));
}

#[test]
fn a_pause_before_the_intent_is_durable_is_heeded_wherever_it_comes() {
    let (mut world, caller) = ready();
    for point in 1..5 {
        let sealed = caller.query(&mut world, ORDERS);
        let mut talk = world.talk(sealed.request());
        for _ in 0..point {
            world.advance(&mut talk, &mut honest);
        }
        if talk.events.iter().any(|event| *event == Event::Acknowledged(Kind::Intent)) {
            break;
        }
        world.pause(true);
        world.steps(2);
        assert_eq!(world.tick(), Answer::Done);
        world.finish(&mut talk, &mut honest);
        assert_eq!((read(&talk, &sealed).rule.as_str(), talk.egresses()), ("portfolio.paused", 0), "{point}");
        world.pause(false);
        world.steps(8);
        assert_eq!(world.tick(), Answer::Done);
        world.honest_call(&caller);
    }
}

#[test]
fn provisioning_never_overwrites() {
    let (mut world, caller) = ready();
    let records = world.records.clone();
    let (talk, again) = world.provision(&caller, SALT, SHOP, &mut honest);
    assert_eq!((again.rule.as_str(), talk.egresses()), ("store.provisioned", 0));
    // Two at once: both find the place empty and ask the platform, one has it.
    let before = world.records.len();
    let first = caller.hand_over(&mut world, SALT_2, SHOP);
    let second = caller.hand_over(&mut world, SALT_2, SHOP);
    let mut a = world.talk(first.request());
    let mut b = world.talk(second.request());
    for talk in [&mut a, &mut b] {
        while !talk.sends() {
            world.advance(talk, &mut honest);
        }
    }
    world.finish(&mut a, &mut honest);
    assert_eq!(read(&a, &first).status, 201);
    world.finish(&mut b, &mut honest);
    let lost = read(&b, &second);
    assert_eq!((lost.rule.as_str(), lost.ending), ("store.provisioned", Some(Ending::Upstream { status: 200 })));
    assert_eq!(world.records.len(), before + 2);
    assert!(records.iter().all(|(id, sealed)| world.records[id] == *sealed));
    world.honest_call(&caller);
}

#[test]
fn a_probe_that_names_another_account_stores_nothing() {
    let mut world = World::granted();
    let caller = Caller::of(&mut world);
    let platforms: [fn(&http::Request) -> Egressed; 5] = [
        |_| answer(r#"{"data":{"shop":{"myshopifyDomain":"other-shop.myshopify.com"}}}"#.to_owned()),
        |_| answer(r#"{"data":{"shop":{}}}"#.to_owned()),
        |_| answer("not JSON".to_owned()),
        |_| Egressed::NotSent,
        |_| Egressed::Unknown,
    ];
    for platform in platforms {
        world.platform = platform;
        let (talk, read) = world.provision(&caller, SALT, SHOP, &mut honest);
        assert_ne!(read.outcome, "vault", "{read:?}");
        talk.check_order();
        let stored =
            |event: &Event| matches!(event, Event::Commit(batch, kind) if !batch.records.is_empty() || *kind == Kind::Provision);
        assert!(!talk.events.iter().any(stored));
        assert!(world.records.is_empty());
    }
    world.platform = support_host::shop;
    let sealed = caller.query(&mut world, ORDERS);
    let talk = world.run(sealed.request(), &mut honest);
    assert_eq!((read(&talk, &sealed).rule.as_str(), talk.egresses()), ("store.not_provisioned", 0));
    assert_eq!(world.provision(&caller, SALT, SHOP, &mut honest).1.status, 201);
    world.honest_call(&caller);
}

#[test]
fn t29_a_share_of_another_boot_or_another_vault_is_refused() {
    let mut world = World::configured();
    world.genesis();
    let earlier = world.setup();
    world.boot();
    let share = world.share(&earlier);
    assert_eq!(world.ask(HostRequest::Unlock { share }, &mut honest), Answer::Problem(Problem::Share));
    // The key of this boot, the id of the other; and the other way around.
    let current = world.setup();
    for mixed in [(earlier.0.clone(), current.1.clone()), (current.0.clone(), earlier.1.clone())] {
        let share = world.share(&mixed);
        assert_eq!(world.ask(HostRequest::Unlock { share }, &mut honest), Answer::Problem(Problem::Share));
    }
    let mut other = World::on(&world.chain, [0x4e; 32]);
    other.genesis();
    let share = other.share(&current);
    assert_eq!(world.ask(HostRequest::Unlock { share }, &mut honest), Answer::Problem(Problem::Share));
    // The root key of another genesis is not the one that the chain names.
    let mut stray = World::on(&world.chain, [0x4d; 32]);
    stray.make_root();
    world.steps(1);
    world.checkpoint();
    let current = world.setup();
    let share = stray.share(&current);
    assert_eq!(world.ask(HostRequest::Unlock { share }, &mut honest), Answer::Done);
    assert_eq!(world.tick(), Answer::Problem(Problem::RootCommitment));
    assert_eq!(world.phase(), Phase::WaitingForShares);
    assert!(world.entries.is_empty());
    world.unlock();
    assert_eq!(world.tick(), Answer::Done);
    assert_eq!(world.phase(), Phase::Serving);
}

/// One of each.
fn supplies() -> Vec<Supply> {
    vec![
        Supply::Bootstrap(vec![1].into()),
        Supply::Updates(Vec::new()),
        Supply::Heads { finality: None, optimistic: None },
        Supply::State(Vec::new()),
        Supply::Record(None),
        Supply::Ledger(Vec::new()),
        Supply::Committed,
        Supply::Unavailable,
    ]
}

fn same_kind(a: &Supply, b: &Supply) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

#[test]
fn the_wrong_kind_of_supply_ends_the_conversation() {
    let (mut world, caller) = ready();
    world.honest_call(&caller);
    let mut point = 0;
    let mut over = false;
    while !over {
        for wrong in supplies() {
            let sealed = caller.query(&mut world, ORDERS);
            let (mut at, mut lied) = (0, None);
            let talk = world.run(sealed.request(), &mut |need, truth| {
                at += 1;
                if at - 1 != point || same_kind(&truth, &wrong) {
                    return truth;
                }
                lied = Some(need.clone());
                wrong.clone()
            });
            over = at <= point;
            talk.check_order();
            let Some(need) = lied else { continue };
            assert_eq!(problem(&talk), Some(Problem::Supply), "{need:?} {wrong:?}");
            if let Need::Commit(batch) = &need
                && kind_of(batch) == Kind::Intent
            {
                assert_eq!(talk.egresses(), 0);
            }
        }
        world.honest_call(&caller);
        point += 1;
    }
    assert!(point > 3, "{point}");
}

#[test]
fn the_wrong_kind_of_input_ends_the_conversation() {
    let (mut world, caller) = ready();
    world.honest_call(&caller);
    let inputs: [fn() -> Input; 5] = [
        || Input::Again,
        || Input::Document(None),
        || Input::Document(Some(vec![1])),
        || Input::Measured(true),
        || Input::Egressed(Egressed::Unknown),
    ];
    for input in inputs {
        for kind in [Kind::Intent, Kind::Outcome] {
            let sealed = caller.query(&mut world, ORDERS);
            let mut talk = world.talk(sealed.request());
            until(&mut world, &mut talk, kind);
            world.resume(&mut talk, input());
            assert_eq!(problem(&talk), Some(Problem::Malformed));
            // What is over stays over.
            world.resume(&mut talk, Input::Again);
            assert_eq!(problem(&talk), Some(Problem::Malformed));
        }
        world.honest_call(&caller);
    }
}

#[test]
fn a_tick_that_is_lied_to_costs_no_call() {
    let (mut world, caller) = ready();
    for wrong in supplies() {
        world.steps(1);
        let _ = world.ask(HostRequest::Tick, &mut |_, truth| if same_kind(&truth, &wrong) { truth } else { wrong.clone() });
        world.honest_call(&caller);
    }
    let garbage = || Some(ByteVec::from(vec![7; 1_000]));
    let answer = world.ask(HostRequest::Tick, &mut |need, truth| match need {
        Need::Heads => Supply::Heads { finality: garbage(), optimistic: garbage() },
        _ => truth,
    });
    assert_eq!(answer, Answer::Done);
    world.honest_call(&caller);
}

#[test]
fn round_trips_of_a_call() {
    let (mut world, caller) = ready();
    let names = |talk: &Talk| -> Vec<String> {
        let name = |event: &Event| match event {
            Event::Asked(name) => Some((*name).to_owned()),
            Event::Commit(_, kind) => Some(format!("Commit({kind:?})")),
            Event::Egress => Some("Egress".to_owned()),
            Event::Acknowledged(_) => None,
        };
        talk.events.iter().filter_map(name).collect()
    };
    cold(&mut world);
    let cold = names(&world.honest_call(&caller));
    let warm = names(&world.honest_call(&caller));
    world.steps(8);
    let tick = names(&world.run(HostRequest::Tick, &mut honest));
    let after_tick = names(&world.honest_call(&caller));
    println!(
        "cold call:        {cold:?}\nwarm call:        {warm:?}\ntick:             {tick:?}\ncall after tick:  {after_tick:?}"
    );
    assert_eq!(warm, ["Record", "Record", "Commit(Intent)", "Egress", "Commit(Outcome)"]);
    assert_eq!(after_tick, warm);
    assert!(cold.len() > warm.len());
}
