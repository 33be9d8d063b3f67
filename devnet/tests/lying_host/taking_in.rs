//! Secrets and shares on their way in.

use crate::support_host;
use crate::support_host::{Caller, Event, ORDERS, SALT, SALT_2, SHOP, World, answer, honest};
use crate::{read, ready};
use protocol::http;
use protocol::ledger::{Ending, Kind};
use protocol::message::{Answer, HostRequest, Phase, Problem};
use vault::Egressed;

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
