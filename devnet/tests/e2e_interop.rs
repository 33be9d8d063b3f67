//! A vault's processes and the light client on a chain that others make: a real execution client under a real beacon state transition.

mod raw;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use alloy_primitives::{B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use chain::{AdvanceError, ProofError, TrieError};
use contracts_bindings::VaultRegistry::stateOfCall;
use devnet::interop::{Api, Block, Follower, ForeignChain, Identity, Interop, Lie};
use devnet::storefront::DEMO_SHOP;
use devnet::world::{SALT, Site};
use protocol::cbor;
use protocol::ledger::{Body, Evidence, Head, Receipt};
use protocol::message::Problem;
use raw::{ORDERS, PROGRAM, Watch, directory, outlived_by_nobody, run};
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard, OnceCell};

/// Of the minimal preset.
const SLOTS_PER_PERIOD: u64 = 64;
/// Where the vault starts: in the first period, in Electra.
const CHECKPOINT: u64 = 8;

struct Shared {
    interop: Interop,
    _watch: Watch,
}

static SHARED: OnceCell<Mutex<Shared>> = OnceCell::const_new();

/// A vault that serves, furnished while the chain was in its first slots, which made some 270 more before the vault saw any.
/// Nothing (with the reason printed) if the chain is not installed. Under CI it must be.
async fn shared() -> Option<MutexGuard<'static, Shared>> {
    if let Some(reason) = ForeignChain::missing() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{reason}");
        println!("skipped: {reason}");
        return None;
    }
    let shared = SHARED.get_or_init(|| async { Mutex::new(start().await) }).await.lock().await;
    shared.interop.relay.lie(Lie::None);
    Some(shared)
}

async fn start() -> Shared {
    let mut interop = Interop::new(&directory(), PROGRAM.as_ref(), Identity::Minimal).await.unwrap();
    interop.serve(CHECKPOINT).await.unwrap();
    let watch = outlived_by_nobody(&interop.site);
    Shared { interop, _watch: watch }
}

async fn status(site: &Site) -> Value {
    site.vault_ok(&["--json", "status"]).await.unwrap().json().unwrap()
}

fn slot(status: &Value, head: &str) -> u64 {
    status.pointer(&format!("/{head}/slot")).and_then(Value::as_u64).unwrap()
}

async fn until(good: impl AsyncFn() -> bool) {
    let since = Instant::now();
    while !good().await {
        assert!(since.elapsed() < Duration::from_mins(1), "it does not come");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Whether the registry allows an account the demo store's orders, as the vault's own EVM finds over proven state; or what went wrong.
async fn simulate(site: &Site, who: &str) -> Result<bool, String> {
    let (key, store) = (format!("{who}.key"), format!("1:{SALT}"));
    let url = format!("https://{DEMO_SHOP}/admin/api/2026-10/graphql.json");
    let headers = ["-H", "content-type: application/json", "-d", ORDERS, &url];
    let said = site.vault(&[&["--json", "simulate", "--key", &key, "--store", &store], &headers[..]].concat()).await.unwrap();
    match said.json().ok().and_then(|answer| answer.pointer("/allowed").and_then(Value::as_bool)) {
        Some(allowed) => Ok(allowed),
        None => Err(format!("{}{}", said.out, said.error)),
    }
}

/// A head, as the vault wrote it into its ledger, is the block that the beacon node has at its slot and the execution client by its number.
async fn is_the_chains(chain: &ForeignChain, head: &Head) -> Block {
    let block = chain.block(&head.slot.to_string()).await.unwrap();
    assert_eq!(B256::from(*head.root), block.root);
    assert_eq!(head.block_number, block.number);
    assert_eq!(B256::from(*head.block_hash), block.hash);
    assert_eq!(B256::from(*head.state_root), block.state_root);
    block
}

/// The evidence of the first entry of a receipt that a command saved.
fn evidence(receipt: &Path) -> Evidence {
    let bytes = hex::decode(fs::read_to_string(receipt).unwrap().trim()).unwrap();
    let receipt: Receipt = cbor::decode(&bytes, 512 << 10).unwrap();
    match cbor::decode(&receipt.entries[0].salted.body, 512 << 10).unwrap() {
        Body::Intent(intent) => intent.evidence,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_vault_follows_from_electra_into_fulu_over_four_periods() {
    run(async {
        let Some(shared) = shared().await else { return };
        let Interop { site, chain, .. } = &shared.interop;
        let version = async |slot: u64| chain.beacon(&format!("/eth/v2/beacon/blocks/{slot}")).await.unwrap()["version"].clone();
        assert_eq!(version(CHECKPOINT).await, "electra");
        let verified = site.vault_ok(&["--json", "verify"]).await.unwrap().json().unwrap();
        assert_eq!(verified.pointer("/details/started_from_slot"), Some(&json!(CHECKPOINT)));

        let status = site.reached(chain.slot("finalized").await.unwrap()).await.unwrap();
        for head in ["finalized", "attested"] {
            let slot = slot(&status, head);
            assert!(slot / SLOTS_PER_PERIOD >= 4, "{head} at {slot}");
            assert_eq!(version(slot).await, "fulu");
            let block = chain.block(&slot.to_string()).await.unwrap();
            assert_eq!(status.pointer(&format!("/{head}/block_number")), Some(&json!(block.number)));
        }
    });
}

#[test]
fn a_vault_proves_what_the_execution_client_says() {
    run(async {
        let Some(shared) = shared().await else { return };
        let Interop { site, chain, .. } = &shared.interop;
        // The registry allows it at both heads; the receipt says at which.
        let store = format!("1:{SALT}");
        let said = site.try_add_store(&store, "store.receipt").await.unwrap();
        assert_eq!(said.code, 0, "{}{}", said.out, said.error);
        let Evidence { finalized, attested, .. } = evidence(&site.dir.join("store.receipt"));
        let finalized = is_the_chains(chain, &finalized).await;
        assert!(is_the_chains(chain, &attested).await.slot > finalized.slot);

        // What the vault opened by.
        let call = stateOfCall { vault: site.vault_id() };
        let call = json!({ "to": chain.contracts().vault_registry, "data": Bytes::from(call.abi_encode()) });
        let answer = chain.eth("eth_call", json!([call, format!("0x{:x}", finalized.number)])).await.unwrap();
        let answer: Bytes = serde_json::from_value(answer).unwrap();
        let state = stateOfCall::abi_decode_returns(&answer).unwrap();
        let verified = site.vault_ok(&["--json", "verify"]).await.unwrap().json().unwrap();
        assert_eq!(verified.pointer("/details/root_commitment"), Some(&json!(state.rootCommitment)));

        // A grant, and its absence.
        assert_eq!(simulate(site, "caller").await, Ok(true));
        assert_eq!(simulate(site, "guardian").await, Ok(false));
    });
}

#[test]
fn t33_a_vault_refuses_a_changed_storage_value() {
    run(async {
        let Some(shared) = shared().await else { return };
        let Interop { site, chain, relay, .. } = &shared.interop;
        assert_eq!(simulate(site, "caller").await, Ok(true));
        relay.lie(Lie::StorageValue);
        // At a head of which it knows nothing yet.
        let head = chain.slot("head").await.unwrap();
        until(async || slot(&status(site).await, "attested") > head).await;
        let refused = simulate(site, "caller").await.unwrap_err();
        assert!(refused.contains(&Problem::Supply.to_string()), "{refused}");
        relay.lie(Lie::None);
        until(async || simulate(site, "caller").await == Ok(true)).await;
    });
}

#[test]
fn t34_a_vault_stays_where_it_is_when_a_sync_committee_bit_is_flipped() {
    run(async {
        let Some(shared) = shared().await else { return };
        let Interop { site, chain, relay, .. } = &shared.interop;
        relay.lie(Lie::SyncBit);
        // What was under way is over.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let before = status(site).await;
        let head = chain.slot("head").await.unwrap();
        until(async || chain.slot("finalized").await.unwrap() > head - 16).await;
        let after = status(site).await;
        for head in ["finalized", "attested"] {
            assert_eq!(slot(&before, head), slot(&after, head), "{head}");
        }
        relay.lie(Lie::None);
        site.reached(slot(&after, "finalized") + 1).await.unwrap();
    });
}

async fn follower(chain: &ForeignChain) -> Follower {
    let Block { slot, root, .. } = chain.block(&CHECKPOINT.to_string()).await.unwrap();
    Follower::start(Api::clone(chain), chain.network().unwrap(), slot, root).await.unwrap()
}

#[test]
fn t34_the_light_client_names_the_signature_when_a_sync_committee_bit_is_flipped() {
    run(async {
        let Some(shared) = shared().await else { return };
        let Interop { chain, relay, .. } = &shared.interop;
        let honest = follower(chain).await;
        assert!(honest.client.finalized().unwrap().slot().0 / SLOTS_PER_PERIOD >= 4);
        relay.lie(Lie::SyncBit);
        let mut lied_to = Follower { api: Api::new(relay.nodes()), ..honest };
        assert_eq!(lied_to.heads().await.unwrap_err().downcast_ref(), Some(&AdvanceError::Signature));
        relay.lie(Lie::None);
        lied_to.heads().await.unwrap();
    });
}

#[test]
fn t33_the_state_names_the_node_when_a_proven_value_is_changed() {
    run(async {
        let Some(shared) = shared().await else { return };
        let Interop { site, chain, relay, .. } = &shared.interop;
        let honest = follower(chain).await;
        let head = honest.client.finalized().unwrap();
        let block = chain.block(&head.slot().0.to_string()).await.unwrap();
        assert_eq!((B256::from(head.root()), head.block_hash().map(B256::from)), (block.root, Some(block.hash)));

        // `_vaults[id].rootCommitment`: the mapping is in slot 0, the member in the fifth word.
        let vault = U256::from_be_bytes(keccak256((site.vault_id(), B256::ZERO).abi_encode()).0);
        let slot = B256::from(vault + U256::from(4));
        let registry = chain.contracts().vault_registry;
        let state = honest.state(head, registry, &[slot]).await.unwrap();
        assert_eq!((B256::from(state.head().state_root()), state.head().block_number()), (block.state_root, block.number));
        let value = B256::from(state.slot(registry.into(), slot.0).unwrap());
        let number = format!("0x{:x}", block.number);
        assert_eq!(json!(value), chain.eth("eth_getStorageAt", json!([registry, slot, number])).await.unwrap());
        assert_ne!(value, B256::ZERO);

        relay.lie(Lie::StorageValue);
        let lied_to = Follower { api: Api::new(relay.nodes()), ..honest };
        let refused = lied_to.state(head, registry, &[slot]).await.unwrap_err();
        assert_eq!(refused.downcast_ref(), Some(&ProofError::Storage(TrieError::Hash)));
    });
}

#[test]
fn a_vault_follows_a_node_that_answers_json_alone() {
    run(async {
        let Some(shared) = shared().await else { return };
        let Interop { site, chain, relay, .. } = &shared.interop;
        relay.lie(Lie::Json);
        // Blocks of which nothing was served before.
        let from = chain.slot("head").await.unwrap();
        until(async || slot(&status(site).await, "attested") > from).await;
    });
}
