//! A permit that the host holds up, while it expires or the chain says something else.

use crate::support_host;
use crate::support_host::{Event, ONE_EVER, ORDERS, honest};
use crate::{problem, read, ready, until};
use protocol::ledger::{Ending, Kind};
use protocol::message::{Answer, Problem};
use vault::Egressed;

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
        if talk.events.contains(&Event::Acknowledged(Kind::Intent)) {
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
