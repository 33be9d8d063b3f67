use std::cell::RefCell;

use alloy_primitives::keccak256;
use chain::{Account, ExecutionHeader, Message, prove_in_trie};
use proptest::prelude::*;

use crate::synthetic::{Block, Client, Update, client, members, network};
use crate::vectors;

/// Bytes that are nonsense, and objects with a few bytes changed, cut off or added.
fn mangled(valid: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    let length = valid.len();
    let changes = prop::collection::vec((0..length, any::<u8>()), 1..4);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..600),
        (changes, 0..=length, prop::collection::vec(any::<u8>(), 0..40), any::<bool>()).prop_map(
            move |(changes, cut, more, whole)| {
                let mut bytes = valid.clone();
                for (index, value) in changes {
                    bytes[index] = value;
                }
                bytes.truncate(if whole { bytes.len() } else { cut });
                bytes.extend(more);
                bytes
            }
        ),
    ]
}

/// Offsets and slots are where a reader goes wrong, and they are few bytes of many.
fn offsets(valid: Vec<u8>, places: Vec<usize>) -> impl Strategy<Value = Vec<u8>> {
    (prop::sample::select(places), any::<u32>()).prop_map(move |(place, value)| {
        let mut bytes = valid.clone();
        bytes[place..place + 4].copy_from_slice(&value.to_le_bytes());
        bytes
    })
}

#[test]
fn bootstraps_never_panic() {
    let block = Block::new(32);
    let valid = block.bootstrap(&members(0).ssz());
    let bytes = prop_oneof![mangled(valid.clone()), offsets(valid, vec![0, 24_820, 24_932, 25_500])];
    proptest!(ProptestConfig::with_cases(128), |(bytes in bytes)| {
        let _ = Client::bootstrap(network(), block.checkpoint(), &bytes);
    });
}

#[test]
fn updates_never_panic() {
    let update = Update::valid();
    let (client, now) = (RefCell::new(client()), update.now());
    let valid = update.ssz();
    let bytes = prop_oneof![mangled(valid.clone()), offsets(valid, vec![0, 24_820, 25_208, 25_216, 25_328, 25_896])];
    proptest!(ProptestConfig::with_cases(256), |(bytes in bytes)| {
        let _ = client.borrow_mut().advance(Message::Update(&bytes), now);
    });
    let finality = update.finality();
    let bytes = prop_oneof![mangled(finality.clone()), offsets(finality, vec![0, 4, 392, 400, 512, 1_080])];
    proptest!(ProptestConfig::with_cases(256), |(bytes in bytes)| {
        let _ = client.borrow_mut().advance(Message::Finality(&bytes), now);
    });
    let optimistic = update.optimistic();
    let bytes = prop_oneof![mangled(optimistic.clone()), offsets(optimistic, vec![0, 164, 172, 284, 852])];
    proptest!(ProptestConfig::with_cases(256), |(bytes in bytes)| {
        let _ = client.borrow_mut().advance(Message::Optimistic(&bytes), now);
    });
}

/// Real objects with a few bytes changed, read by everything that reads their kind.
#[test]
fn real_objects_with_changes_never_panic() {
    let folder = "light-client/mainnet/raw/eth_getStorageAt_electra";
    let Some(json) = vectors::json(&format!("{folder}/e2e.json")) else { return };
    let header = vectors::bytes(&json["blocks"][0]["execution_header_rlp"]);
    let file = json["proofs"][0]["file"].as_str().unwrap();
    let proof = &vectors::json(&format!("{folder}/{file}")).unwrap()["result"];
    let nodes: Vec<Vec<u8>> = proof["accountProof"].as_array().unwrap().iter().map(vectors::bytes).collect();
    let optimistic = vectors::read(&format!("{folder}/optimistic_11650086.ssz")).unwrap();
    let key = keccak256(vectors::bytes(&proof["address"]));
    let account = nodes.last().unwrap();
    let client = RefCell::new(client());

    proptest!(ProptestConfig::with_cases(256), |(bytes in mangled(header))| {
        let _ = ExecutionHeader::decode(&bytes);
    });
    proptest!(ProptestConfig::with_cases(256), |(bytes in mangled(account[account.len() - 70..].to_vec()))| {
        let _ = Account::decode(&bytes);
    });
    for node in [&nodes[0], account] {
        // Under the hash that it then has, so that it is read.
        proptest!(ProptestConfig::with_cases(256), |(bytes in mangled(node.clone()), taken in 0..32_usize)| {
            let _ = prove_in_trie(&keccak256(&bytes), &key[taken..], &[&bytes]);
        });
    }
    proptest!(ProptestConfig::with_cases(256), |(bytes in mangled(optimistic))| {
        let _ = client.borrow_mut().advance(Message::Optimistic(&bytes), u64::MAX);
    });
}
