//! A real account with a slot, proven here and by alloy-trie in turn: `cargo bench -p chain --bench proofs`.
//!
//! Both hash by the same permutation: `sha3` here, and alloy-primitives by its default, which is `sha3` too. What alloy is to compare with
//! (the account and the value, encoded) is made before the clock runs; here they are read from the proof.
#![expect(clippy::print_stdout, reason = "its output is its purpose")]
use std::hint::black_box;
use std::time::{Duration, Instant};

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_trie::Nibbles;
use alloy_trie::proof::verify_proof;
use chain::{
    AccountProof, Checkpoint, LightClient, Mainnet, Message, Network, ProvenState, Slot, VerifiedHead, accept_checkpoint,
};
use serde_json::Value;

#[path = "../tests/chain/vectors.rs"]
mod vectors;

const FOLDER: &str = "light-client/mainnet";
const ROUNDS: usize = 400;
const IN_A_ROUND: u32 = 50;

fn main() {
    let Some(head) = head() else { return };
    let file = "eth_getProof_0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48___0x7050c9e0f4ca769c69bd3a8ef740bc37934f8e2c.json";
    let json = &vectors::json(&format!("{FOLDER}/raw/eth_getStorageAt_electra/{file}")).unwrap()["result"];
    let proof = Proof::new(json, head.state_root());
    println!("account: {} nodes; slot: {} nodes", proof.nodes.len(), proof.slot_nodes.len());

    let mut state = ProvenState::new(head);
    let claim = proof.claim();
    let (mut ours, mut theirs) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        ours.push(time(|| state.add(black_box(&claim)).unwrap()));
        theirs.push(time(|| proof.verify_by_alloy()));
    }
    let mut ratios: Vec<f64> = ours.iter().zip(&theirs).map(|(ours, theirs)| ours.as_secs_f64() / theirs.as_secs_f64()).collect();
    ratios.sort_unstable_by(f64::total_cmp);
    let least = |times: &[Duration]| times.iter().min().copied().unwrap_or_default();
    println!("least here {:?}, by alloy-trie {:?}", least(&ours), least(&theirs));
    println!(
        "here / alloy-trie: {:.3} (median of {ROUNDS} pairs), {:.3} (of the least)",
        ratios[ROUNDS / 2],
        least(&ours).as_secs_f64() / least(&theirs).as_secs_f64(),
    );
}

fn time(mut run: impl FnMut()) -> Duration {
    let start = Instant::now();
    for _ in 0..IN_A_ROUND {
        run();
    }
    start.elapsed() / IN_A_ROUND
}

/// The attested head of period 1422 under whose state the proof is.
fn head() -> Option<VerifiedHead> {
    let root = "b8758d4bd976e1b33e62937ed31a709dba0a855869641581bef3d2a48b527690";
    let bootstrap = vectors::read(&format!("{FOLDER}/bootstrap/eth_v1_beacon_light_client_bootstrap_0x{}.ssz", &root[..61]))?;
    let network = Network::mainnet();
    let checkpoint = Checkpoint { slot: Slot(11_649_056), root: hex::decode(root).unwrap().try_into().unwrap() };
    let accepted = accept_checkpoint(checkpoint, 1, 1, &network, network.time_of(checkpoint.slot)).unwrap();
    let mut client = LightClient::<Mainnet>::bootstrap(network, accepted, &bootstrap).unwrap();
    let folder = format!("{FOLDER}/raw/eth_getStorageAt_electra");
    client.advance(Message::Optimistic(&vectors::read(&format!("{folder}/optimistic_11650086.ssz"))?), 1_763_000_000).unwrap();
    let header = vectors::bytes(&vectors::json(&format!("{folder}/e2e.json"))?["blocks"][0]["execution_header_rlp"]);
    Some(client.attested()?.connect(&header).unwrap())
}

struct Proof {
    state_root: B256,
    address: [u8; 20],
    nodes: Vec<Bytes>,
    account: Vec<u8>,
    storage_root: B256,
    slot: [u8; 32],
    slot_nodes: Vec<Bytes>,
    value: Vec<u8>,
}

impl Proof {
    fn new(json: &Value, state_root: [u8; 32]) -> Self {
        let nodes = |json: &Value| json.as_array().unwrap().iter().map(vectors::bytes).map(Bytes::from).collect::<Vec<_>>();
        let hash = |json: &Value| B256::left_padding_from(&vectors::bytes(json));
        let integer =
            |json: &Value| Bytes::from(vectors::bytes(json).into_iter().skip_while(|byte| *byte == 0).collect::<Vec<_>>());
        let storage = &json["storageProof"][0];
        let (storage_root, code_hash) = (hash(&json["storageHash"]), hash(&json["codeHash"]));
        let fields = [
            integer(&json["nonce"]),
            integer(&json["balance"]),
            Bytes::copy_from_slice(storage_root.as_slice()),
            Bytes::copy_from_slice(code_hash.as_slice()),
        ];
        Self {
            state_root: B256::from(state_root),
            address: vectors::bytes(&json["address"]).try_into().unwrap(),
            nodes: nodes(&json["accountProof"]),
            account: alloy_rlp::encode(fields.to_vec()),
            storage_root,
            slot: hash(&storage["key"]).0,
            slot_nodes: nodes(&storage["proof"]),
            value: alloy_rlp::encode(integer(&storage["value"])),
        }
    }

    fn claim(&self) -> AccountProof<'_> {
        let slot_nodes = self.slot_nodes.iter().map(AsRef::as_ref).collect();
        AccountProof {
            address: self.address,
            nodes: self.nodes.iter().map(AsRef::as_ref).collect(),
            slots: vec![(self.slot, slot_nodes)],
            code: None,
        }
    }

    fn verify_by_alloy(&self) {
        let key = Nibbles::unpack(keccak256(black_box(self).address));
        verify_proof(self.state_root, key, Some(self.account.clone()), &self.nodes).unwrap();
        let key = Nibbles::unpack(keccak256(self.slot));
        verify_proof(self.storage_root, key, Some(self.value.clone()), &self.slot_nodes).unwrap();
    }
}
