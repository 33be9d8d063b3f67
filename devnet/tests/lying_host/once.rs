//! One use per call and per unit of a limit, and none that is not written down first.

use crate::support_host::{Caller, Event, ONE_A_SECOND, ONE_EVER, ORDERS, Sealed, Talk, World, honest, kind_of};
use crate::{problem, read, ready};
use protocol::ledger::Kind;
use protocol::message::{Answer, Need, Problem, Supply};

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
