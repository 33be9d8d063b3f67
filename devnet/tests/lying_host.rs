//! A host that lies, stalls, replays, reorders and forgets: what it can't have, and that it costs the one conversation it does it to.

#[path = "lying_host/amazon.rs"]
mod amazon;
#[path = "lying_host/answers.rs"]
mod answers;
#[path = "lying_host/authorisations.rs"]
mod authorisations;
#[path = "lying_host/conflicts.rs"]
mod conflicts;
#[path = "lying_host/heads.rs"]
mod heads;
#[path = "lying_host/ledgers.rs"]
mod ledgers;
#[path = "lying_host/links.rs"]
mod links;
#[path = "lying_host/logins.rs"]
mod logins;
#[path = "lying_host/once.rs"]
mod once;
#[path = "lying_host/proofs.rs"]
mod proofs;
#[path = "lying_host/quotas.rs"]
mod quotas;
#[path = "lying_host/records.rs"]
mod records;
#[path = "lying_host/refresh.rs"]
mod refresh;
#[path = "lying_host/retries.rs"]
mod retries;
#[path = "lying_host/revocation.rs"]
mod revocation;
#[path = "lying_host/stalled.rs"]
mod stalled;
mod support_host;
#[path = "lying_host/taking_in.rs"]
mod taking_in;
#[path = "lying_host/watch.rs"]
mod watch;

use protocol::ledger::Kind;
use protocol::message::{Answer, HostRequest, Need, Problem, Supply};
use support_host::{Caller, Read, Sealed, Talk, World, honest};

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

/// Goes on until it stands before a commit of such an entry.
fn until(world: &mut World, talk: &mut Talk, kind: Kind) {
    while !talk.commits(kind) {
        assert!(talk.done().is_none(), "{:?}", talk.events);
        world.advance(talk, &mut honest);
    }
}
