//! What a new head costs, however many stores were active.

use std::time::Instant;

use alloy_primitives::{B256, U256};
use protocol::http::Request;
use protocol::message::{Answer, HostRequest, Need};
use serde_json::json;

use crate::support_host::{Caller, ORDERS, SHOP, World};
use crate::{read, ready};

/// A call for a store of its own. It is granted, and the vault has no token for it: the decision is what this is about.
fn ask(world: &mut World, caller: &Caller, store: u64) -> usize {
    let request = Request {
        method: "POST".to_owned(),
        scheme: "https".to_owned(),
        authority: SHOP.to_owned(),
        path: "/admin/api/2026-10/graphql.json".to_owned(),
        headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
        body: json!({ "query": ORDERS }).to_string().into_bytes(),
    };
    let key = world.chain.accounts().caller;
    let sealed = caller.seal(world, &key, B256::from(U256::from(1_000 + store)), request);
    let mut asked = 0;
    let talk = world.run(sealed.request(), &mut |need, truth| {
        asked += usize::from(matches!(need, Need::State { .. }));
        truth
    });
    assert_eq!(read(&talk, &sealed).rule, "store.not_provisioned");
    asked
}

/// Questions of a tick for proofs, and slots in them, each for one head.
fn tick(world: &mut World) -> Vec<usize> {
    let mut asked = Vec::new();
    let answer = world.ask(HostRequest::Tick, &mut |need, truth| {
        if let Need::State { accounts, .. } = need {
            asked.push(accounts.iter().map(|account| account.slots.len()).sum());
        }
        truth
    });
    assert_eq!(answer, Answer::Done);
    asked
}

#[test]
fn a_new_head_costs_one_round_trip_however_many_stores_were_active() {
    let (mut world, caller) = ready();
    world.honest_call(&caller);
    let mut active = 0;
    // For 10,000, `vault::touched` and `cargo bench -p policy` show what the one question asks, and that its answer fits a frame.
    for stores in [1, 10, 100] {
        while active < stores {
            // A vault is not asked a thousand times in one second, nor at heads that are older than they may be.
            if active % 50 == 49 {
                world.steps(1);
                assert_eq!(world.tick(), Answer::Done);
            }
            ask(&mut world, &caller, active);
            active += 1;
        }
        // Another state, attested first and final later.
        world.pause(true);
        world.pause(false);
        world.steps(1);
        let since = Instant::now();
        let asked = tick(&mut world);
        println!("{stores} active stores: {asked:?} slots asked for, tick {:?}", since.elapsed());
        assert!(asked.len() <= 2, "one question for each of the two heads: {asked:?}");
        assert!(asked.iter().max().is_some_and(|slots| *slots >= usize::try_from(stores).unwrap()));
        for store in [0, stores / 2, stores - 1] {
            assert_eq!(ask(&mut world, &caller, store), 0, "store {store} of {stores}");
        }
        world.steps(8);
        let _ = tick(&mut world);
        assert_eq!(ask(&mut world, &caller, stores - 1), 0);
    }
}
