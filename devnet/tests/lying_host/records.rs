//! Records that the host swaps, cuts, changes or keeps.

use crate::support_host::{Caller, Event, ORDERS, SALT, SALT_2, SHOP, World, honest};
use crate::{problem, read, ready};
use alloy_primitives::B256;
use protocol::ledger::{Body, Trouble};
use protocol::message::{Answer, Need, Problem, Supply};

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

/// A call in which each record is what `lie` makes of it, whenever it is asked for, `which` counting from 0. Nothing is sent, whatever it is.
fn with_records(world: &mut World, caller: &Caller, lie: &mut dyn FnMut(usize, Vec<u8>) -> Option<Vec<u8>>) {
    let sealed = caller.query(world, ORDERS);
    let mut seen = Vec::new();
    let talk = world.run(sealed.request(), &mut |need, supply| match (need, supply) {
        (Need::Record { id, .. }, Supply::Record(Some(truth))) => {
            let which = seen.iter().position(|of| of == id).unwrap_or(seen.len());
            seen.extend((which == seen.len()).then_some(*id));
            Supply::Record(lie(which, truth.to_vec()).map(Into::into))
        }
        (_, supply) => supply,
    });
    assert_eq!(talk.egresses(), 0);
    if problem(&talk).is_none() {
        // The connection's: its owner is told.
        assert_eq!(read(&talk, &sealed).refusal, "reauthorization_required");
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
                Some(if asked == which { records[&(*other, 1)].clone() } else { truth })
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

#[test]
fn t15_the_owner_of_what_is_not_refreshed_is_told_too_that_it_is_lost() {
    let (mut world, caller) = ready();
    let of = |body: &Body| if let Body::Provision(provisioned) = body { Some(*provisioned.connection) } else { None };
    let id = world.bodies().iter().find_map(of).unwrap();
    let told = |world: &World| {
        let missing = |body: &&Body| matches!(body, Body::Alerted(told) if *told.connection == id && matches!(told.trouble, Trouble::Missing { generation: 1 }));
        world.bodies().iter().filter(missing).count()
    };
    for times in [1, 2] {
        let lost = world.records.remove(&(id, 1)).unwrap();
        for _ in 0..2 {
            let sealed = caller.query(&mut world, ORDERS);
            let talk = world.run(sealed.request(), &mut honest);
            assert_eq!((read(&talk, &sealed).refusal.as_str(), talk.egresses()), ("reauthorization_required", 0));
            assert_eq!((world.status().connections.unwrap().reauthorize, told(&world)), (1, times), "once for each loss");
        }
        world.records.insert((id, 1), lost);
        world.honest_call(&caller);
        assert_eq!((world.status().connections.unwrap().reauthorize, told(&world)), (0, times));
    }
}
