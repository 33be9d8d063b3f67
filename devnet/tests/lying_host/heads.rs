//! What a new head costs, however many stores were active.

use std::time::Instant;

use alloy_primitives::{B256, U256};
use alloy_sol_types::SolCall;
use contracts_bindings::Status;
use contracts_bindings::StoreRegistry::setStatusCall;
use contracts_bindings::registry::StoreRef;
use host_proxy::share;
use protocol::http::Request;
use protocol::message::{AccountProof, Answer, HostRequest, Need, Problem, Supply};
use protocol::{frame, limits};
use serde_json::json;

use crate::read;
use crate::support_host::{Caller, ORDERS, SHOP, World, honest};

/// Stores of one `setStatus`.
const BATCH: u64 = 500;

/// A vault with stores that were used.
struct Active {
    world: World,
    caller: Caller,
    stores: u64,
}

fn salt(store: u64) -> B256 {
    B256::from(U256::from(1_000 + store))
}

impl Active {
    fn new() -> Self {
        let mut world = World::granted();
        let caller = Caller::of(&mut world);
        Self { world, caller, stores: 0 }
    }

    /// Gives each store a slot of its own in the registry, hands over its token and makes a call for it.
    fn grow(&mut self, stores: u64) {
        let refs: Vec<StoreRef> = (self.stores..stores).map(|store| StoreRef { origin: 1, salt: salt(store) }).collect();
        for refs in refs.chunks(usize::try_from(BATCH).unwrap()) {
            self.watch(refs.to_vec());
            self.world.steps(1);
        }
        self.world.steps(8);
        let _ = self.tick();
        for store in self.stores..stores {
            // What is remembered against replays is shared out, so there are only so many calls in one window.
            if store % 2_000 == 1_999 {
                self.world.now += 300_000;
                self.world.catch_up();
            }
            let read = self.world.provision(&self.caller, salt(store), SHOP, &mut honest).1;
            assert_eq!(read.outcome, "vault", "{read:?}");
            self.call(store);
        }
        self.stores = stores;
        self.world.sent.clear();
    }

    /// A call for one store. Returns how often the host was asked for proofs.
    fn call(&mut self, store: u64) -> usize {
        let request = Request {
            method: "POST".to_owned(),
            scheme: "https".to_owned(),
            authority: SHOP.to_owned(),
            path: "/admin/api/2026-10/graphql.json".to_owned(),
            headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
            body: json!({ "query": ORDERS }).to_string().into_bytes(),
        };
        let key = self.world.chain.accounts().caller;
        let sealed = self.caller.seal(&mut self.world, &key, salt(store), request);
        let mut asked = 0;
        let talk = self.world.run(sealed.request(), &mut |need, truth| {
            asked += usize::from(matches!(need, Need::State { .. }));
            truth
        });
        let read = read(&talk, &sealed);
        assert_eq!(read.outcome, "upstream", "{read:?}");
        asked
    }

    /// A tick, whose answers go through frames as the host's do. Returns what each question for proofs asked for and was answered with: slots,
    /// and bytes of the frame.
    fn tick(&mut self) -> Vec<(usize, usize)> {
        let (answer, asked) = self.tick_with(&|_| {});
        assert_eq!(answer, Answer::Done);
        asked
    }

    /// The same with proofs that are changed before they go.
    fn tick_with(&mut self, change: &dyn Fn(&mut [AccountProof])) -> (Answer, Vec<(usize, usize)>) {
        let mut asked = Vec::new();
        let answer = self.world.ask(HostRequest::Tick, &mut |need, truth| {
            let (Need::State { accounts, .. }, Supply::State(mut proofs)) = (need, truth.clone()) else { return truth };
            share(&mut proofs);
            change(&mut proofs);
            let frame = frame::encode_message(Supply::State(proofs), limits::HOST_FRAME).expect("a frame holds it");
            asked.push((accounts.iter().map(|account| account.slots.len()).sum(), frame.len()));
            frame::decode_message(&frame[4..], limits::HOST_FRAME).expect("a vault reads it")
        });
        (answer, asked)
    }

    fn watch(&self, refs: Vec<StoreRef>) {
        let (servicer, registry) = (self.world.chain.accounts().operator, self.world.chain.contracts().store_registry);
        let call = setStatusCall { refs, status: Status::Watch as u8, reason: B256::ZERO };
        self.world.chain.execute(&servicer, Some(registry), call.abi_encode()).unwrap();
    }

    /// Makes a head at which the registry's storage is another one, by a store that nobody uses.
    fn changed(&mut self) {
        self.watch(vec![StoreRef {
            origin: 1,
            salt: B256::repeat_byte(u8::try_from(self.world.chain.head().number % 251).unwrap()),
        }]);
        self.world.steps(1);
    }

    /// Another state, attested first and final later: one question each, and no call asks again.
    fn new_head(&mut self) {
        self.changed();
        for (what, steps) in [("attested", 0), ("final", 8)] {
            self.world.steps(steps);
            let since = Instant::now();
            let asked = self.tick();
            println!("{} active stores, {what}: {asked:?} slots and bytes, tick {:?}", self.stores, since.elapsed());
            assert!(asked.len() <= 2, "one question for each of the two heads: {asked:?}");
            let all = asked.iter().any(|(slots, _)| *slots >= usize::try_from(self.stores).unwrap());
            assert!(all, "{asked:?}");
            for store in [0, self.stores / 3, self.stores / 2, self.stores - 1] {
                assert_eq!(self.call(store), 0, "store {store} of {}", self.stores);
            }
        }
    }
}

#[test]
fn a_new_head_costs_one_round_trip_however_many_stores_were_active() {
    let mut active = Active::new();
    for stores in [1, 10, 100] {
        active.grow(stores);
        active.new_head();
    }
}

#[test]
fn slots_that_an_answer_leaves_out_are_asked_for_by_whoever_reads_them() {
    let mut active = Active::new();
    active.grow(10);
    active.changed();
    let (answer, _) = active.tick_with(&|proofs| {
        for proof in proofs {
            proof.slots.truncate(proof.slots.len() / 2);
        }
    });
    assert_eq!(answer, Answer::Done);
    let asked: Vec<usize> = (0..10).map(|store| active.call(store)).collect();
    assert!(asked.iter().any(|asked| *asked > 0) && asked.iter().all(|asked| *asked <= 2), "{asked:?}");
    // What was asked for is there now.
    assert!((0..10).all(|store| active.call(store) == 0));
}

#[test]
fn t33_nodes_that_no_earlier_slot_brought_may_not_be_left_out() {
    let mut active = Active::new();
    active.grow(10);
    active.changed();
    // Neither a root of an account's storage nor a node further down.
    for (first, place) in [(true, 0), (false, usize::MAX)] {
        let (answer, _) = active.tick_with(&|proofs| {
            for proof in proofs {
                let full = proof.slots.iter_mut().filter(|slot| !slot.nodes.is_empty());
                for slot in full.take(if first { 1 } else { usize::MAX }) {
                    slot.nodes.remove(place.min(slot.nodes.len() - 1));
                }
            }
        });
        assert_eq!(answer, Answer::Problem(Problem::Supply));
    }
    assert!(!active.tick().is_empty());
    assert_eq!(active.call(9), 0);
}

#[test]
#[ignore = "hands over and uses 10,000 tokens, which takes minutes: in release, with --ignored --nocapture"]
fn a_new_head_costs_one_round_trip_if_10_000_stores_were_active() {
    let mut active = Active::new();
    active.grow(10_000);
    active.new_head();
}
