//! The host's rolling witness against a node that keeps the state of 128 blocks while finality is 160 slots back, with the vault, the
//! host's feed over HTTP and the chain in one process, so that time is the test's.

#[expect(dead_code, unused_imports, reason = "another test uses the rest of it")]
mod support_host;

use std::sync::Arc;
use std::time::Duration;

use devnet::chain::Served;
use host_proxy::{Store, Supplier};
use protocol::message::{Answer, HostRequest, Need, Phase, Problem, Status, Supply};
use serde_json::json;
use support_host::{Caller, ONE_EVER, ORDERS, Read, World};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// Blocks whose state the node keeps.
const KEPT: usize = 128;
/// Slots from a block to its finality.
const FINALITY: u64 = 160;

/// A vault with a store, and a host that feeds it from the chain's servers.
struct Fed {
    world: World,
    supplier: Supplier,
    runtime: Runtime,
    _served: Served,
    directory: TempDir,
}

impl Fed {
    fn new() -> Self {
        let world = World::ready();
        let runtime = Runtime::new().unwrap();
        let any = "127.0.0.1:0".parse().unwrap();
        // A clock long before genesis: blocks come from the test alone.
        let served = runtime.block_on(world.chain.serve(any, any, -3_000_000_000)).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let supplier = supplier(&served, &directory);
        world.chain.faults(|faults| {
            faults.pruned = Some(KEPT);
            faults.finality_lag = FINALITY - 4;
        });
        Self { world, supplier, runtime, _served: served, directory }
    }

    /// The host process again: what it remembers is on disk.
    fn restart_host(self) -> Self {
        let Self { world, supplier, runtime, _served: served, directory } = self;
        drop(supplier);
        let supplier = self::supplier(&served, &directory);
        Self { world, supplier, runtime, _served: served, directory }
    }

    fn ask(&mut self, request: HostRequest) -> Answer {
        let Self { world, supplier, runtime, .. } = self;
        let talk = world.run(request, &mut |need, truth| match need {
            Need::Commit(_) | Need::Record { .. } | Need::Ledger { .. } => truth,
            _ => runtime.block_on(supplier.supply(need.clone())),
        });
        talk.done().expect("it is not over").clone()
    }

    fn status(&mut self) -> Status {
        match self.ask(HostRequest::Status) {
            Answer::Status(status) => status,
            other => panic!("{other:?}"),
        }
    }

    /// Blocks, each followed by the vault and proven by the host. Says whether the finalized one is proven at the end.
    fn follow(&mut self, blocks: u64) -> bool {
        let mut proven = false;
        for _ in 0..blocks {
            self.world.steps(1);
            let _ = self.ask(HostRequest::Tick);
            let status = self.status();
            proven = self.runtime.block_on(self.supplier.keep_proofs(status));
        }
        proven
    }

    fn call(&mut self, query: &str) -> Read {
        let caller = Caller::of(&mut self.world);
        let sealed = caller.query(&mut self.world, query);
        let answer = self.ask(sealed.request());
        sealed.read(&answer)
    }

    /// The node's own answer at the finalized block.
    fn node_proves_the_finalized_block(&mut self) -> bool {
        let block = self.status().finalized.unwrap().block_number;
        let address = self.world.chain.contracts().vault_registry;
        let params = json!([address, [], format!("0x{block:x}")]);
        let answer = self.world.chain.rpc(&json!({"jsonrpc": "2.0", "id": 1, "method": "eth_getProof", "params": params}));
        answer.get("error").is_none()
    }
}

fn supplier(served: &Served, directory: &TempDir) -> Supplier {
    let store = Arc::new(Store::open(&directory.path().join("store")).unwrap());
    let nodes = |url: &String| vec![url.parse().unwrap()];
    let (beacon, execution) = (nodes(&served.beacon_url), nodes(&served.execution_url));
    Supplier::open(beacon, execution, Duration::from_secs(10), directory.path(), store).unwrap()
}

#[test]
fn t76_a_node_that_prunes_at_128_serves_a_vault_whose_finality_is_160_slots_back() {
    let mut fed = Fed::new();
    assert_eq!(fed.call(ORDERS).outcome, "upstream");
    assert!(fed.follow(FINALITY + 12));
    assert!(!fed.node_proves_the_finalized_block());
    assert_eq!(fed.call(ORDERS).outcome, "upstream");

    // A new enclave and a new host know nothing but what is on the host's disk, and need not wait.
    let mut fed = fed.restart_host();
    fed.world.boot();
    fed.world.checkpoint();
    fed.world.unlock();
    assert_eq!(fed.ask(HostRequest::Tick), Answer::Done);
    assert_eq!(fed.status().phase, Phase::Serving);
    assert!(!fed.node_proves_the_finalized_block());
    assert_eq!(fed.call(ORDERS).outcome, "upstream");

    // Since the finalized block the policy has changed: what is proven now does not say what it held then.
    let somebody = fed.world.chain.accounts().guardian;
    fed.world.grant_unseen(&somebody, "shopify.query.shop", Vec::new());
    assert!(fed.follow(1));
    // A slot that nobody ever asked for: refused, with what to do about it, and not for ever.
    let cold = fed.call(ONE_EVER);
    assert_eq!((cold.outcome.as_str(), cold.status), ("refused", 503), "{cold:?}");
    assert_eq!((cold.refusal.as_str(), cold.rule.as_str()), ("stale_chain", "chain.unproven_at_finalized"));
    // Finality has not passed the question yet: it is still refused, and what is warm still works.
    assert!(fed.follow(8));
    assert_eq!(fed.call(ONE_EVER).rule, "chain.unproven_at_finalized");
    assert_eq!(fed.call(ORDERS).outcome, "upstream");
    assert!(fed.follow(FINALITY));
    assert_eq!(fed.call(ONE_EVER).outcome, "upstream");
}

#[test]
fn t76_a_cold_vault_on_such_a_node_opens_when_a_block_is_final_that_its_host_has_proven() {
    let mut fed = Fed::new();
    // The old enclave and an old host see the chain go on; then both are replaced by ones that know nothing.
    fed.world.steps(FINALITY + 12);
    fed.world.boot();
    fed.world.checkpoint();
    fed.world.unlock();
    assert_eq!(fed.ask(HostRequest::Tick), Answer::Problem(Problem::Unproven));
    let status = fed.status();
    assert_eq!((status.phase, status.problem), (Phase::Syncing, Some(Problem::Unproven)));
    fed.follow(4);
    assert_eq!(fed.status().phase, Phase::Syncing);
    fed.follow(FINALITY + 4);
    assert_eq!(fed.status().phase, Phase::Serving);
}

#[test]
fn a_host_that_says_unproven_to_everything_costs_answers_and_nothing_else() {
    let mut fed = Fed::new();
    fed.world.steps(8);
    let caller = Caller::of(&mut fed.world);
    let sealed = caller.query(&mut fed.world, ONE_EVER);
    let mut talk = fed.world.talk(sealed.request());
    fed.world.finish(&mut talk, &mut |need, truth| match need {
        Need::State { .. } => Supply::Unproven,
        _ => truth,
    });
    let read = sealed.read(talk.done().unwrap());
    assert_eq!((read.rule.as_str(), talk.egresses()), ("chain.unproven_at_finalized", 0));
}
