//! Two histories that the committee signed: the vault stops, writes down both, and no restart lets a host choose between them.

use crate::support_host::{Caller, Event, ORDERS, Talk, World, honest, kind_of};
use crate::{problem, read, ready, until};
use devnet::chain::Devnet;
use protocol::head_conflict::{ConflictStatus, Disputed};
use protocol::ledger::Kind;
use protocol::message::{Answer, HostRequest, Need, Phase, Problem, Supply};

/// A chain of the same genesis and committees on which nothing ever happened, as long as the world's.
fn other_history(world: &World) -> Devnet {
    let config = world.chain.config();
    let begin = config.genesis_time + 64;
    let other = Devnet::new(config, begin).unwrap();
    other.steps(world.chain.head().slot - other.head().slot).unwrap();
    assert_eq!(other.finalized().slot, world.chain.finalized().slot);
    assert_ne!(other.finalized().root, world.chain.finalized().root);
    other
}

/// A tick in which one beacon node is on the other history.
fn told_both(world: &mut World) -> Talk {
    let other = other_history(world);
    let mut talk = world.talk(HostRequest::Tick);
    while talk.done().is_none() && !talk.commits(Kind::HeadConflict) {
        world.advance(&mut talk, &mut |need, supply| match (need, supply) {
            (Need::Heads, Supply::Heads { mut finality, optimistic }) => {
                finality.push(other.finality_update().into());
                Supply::Heads { finality, optimistic }
            }
            (_, supply) => supply,
        });
    }
    talk
}

fn conflict(world: &mut World) -> ConflictStatus {
    world.status().conflict.expect("a conflict")
}

#[test]
fn t39_two_signed_histories_freeze_a_vault_and_both_messages_are_in_its_ledger() {
    let (mut world, caller) = ready();
    let entries = world.entries.len();
    let mut talk = told_both(&mut world);
    let Some(Need::Commit(batch)) = talk.needs() else { panic!("{:?}", talk.events) };
    // Sealed to the vault: its size tells that both signed messages are in it.
    assert!(batch.entries[0].sealed.len() > world.chain.finality_update().len() * 2);
    world.finish(&mut talk, &mut honest);
    assert_eq!(problem(&talk), Some(Problem::HeadConflict));
    assert_eq!(world.entries.len(), entries + 1);

    let seen = conflict(&mut world);
    let (ours, theirs) = (world.chain.finalized(), other_history(&world).finalized());
    assert_eq!((seen.about, seen.entry), (Disputed::Finality, Some(u64::try_from(entries).unwrap())));
    assert_eq!((seen.ours.slot, *seen.ours.root), (ours.slot, ours.root.0));
    assert_eq!((seen.theirs.slot, *seen.theirs.root), (theirs.slot, theirs.root.0));

    // It stays so: it asks for nothing, writes nothing more, and decides nothing.
    let again = world.run(HostRequest::Tick, &mut honest);
    assert_eq!((problem(&again), again.events.len()), (Some(Problem::HeadConflict), 0));
    world.steps(8);
    assert_eq!(world.tick(), Answer::Problem(Problem::HeadConflict));
    let sealed = caller.query(&mut world, ORDERS);
    let call = world.run(sealed.request(), &mut honest);
    assert_eq!((read(&call, &sealed).refusal.as_str(), call.egresses()), ("stale_chain", 0));
    let status = world.status();
    assert_eq!((status.phase, status.finalized, status.attested), (Phase::Serving, None, None));
}

#[test]
fn t39_a_conflict_is_written_once_wherever_the_host_stops() {
    let (mut world, _) = ready();
    let entries = world.entries.len();
    // Twice it hears the batch and says nothing.
    drop(told_both(&mut world));
    let mut second = world.talk(HostRequest::Tick);
    until(&mut world, &mut second, Kind::HeadConflict);
    let Some(Need::Commit(batch)) = second.needs().cloned() else { panic!("{:?}", second.events) };
    assert_eq!((kind_of(&batch), usize::try_from(batch.size).unwrap()), (Kind::HeadConflict, entries));
    drop(second);
    let last = world.run(HostRequest::Tick, &mut honest);
    let commits = |event: &&Event| matches!(event, Event::Commit(_, Kind::HeadConflict));
    assert_eq!((problem(&last), last.events.iter().filter(commits).count()), (Some(Problem::HeadConflict), 1));
    assert_eq!(world.entries.len(), entries + 1);
    assert_eq!(world.run(HostRequest::Tick, &mut honest).events.len(), 0);
    assert_eq!(conflict(&mut world).entry, Some(u64::try_from(entries).unwrap()));
}

#[test]
fn t39_a_restart_with_the_checkpoint_from_before_a_conflict_does_not_open() {
    let (mut world, _) = ready();
    let mut talk = told_both(&mut world);
    world.finish(&mut talk, &mut honest);
    let slot = conflict(&mut world).slot();
    // The newest finalized block is the one in dispute: whoever signs it may not have heard of the other.
    assert_eq!(world.chain.finalized().slot, slot);
    world.boot();
    assert_eq!(world.open(&mut honest), Answer::Problem(Problem::HeadConflict));
    assert_eq!((world.phase(), conflict(&mut world).slot()), (Phase::WaitingForShares, slot));
    // And it says so until the next share.
    assert_eq!(world.tick(), Answer::Done);
    assert_eq!(world.status().problem, Some(Problem::HeadConflict));
    // A checkpoint after both.
    world.steps(8);
    world.boot();
    assert_eq!(world.open(&mut honest), Answer::Done);
    assert_eq!((world.phase(), world.status().conflict), (Phase::Serving, None));
    let caller = Caller::of(&mut world);
    world.honest_call(&caller);
}
