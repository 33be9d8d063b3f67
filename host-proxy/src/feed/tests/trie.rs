//! A small state with real proofs, and a node that serves it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use alloy_primitives::{B256, Bytes, U256, keccak256};
use alloy_trie::proof::ProofRetainer;
use alloy_trie::{EMPTY_ROOT_HASH, HashBuilder, KECCAK_EMPTY, Nibbles, TrieAccount};
use minicbor::bytes::{ByteArray, ByteVec};
use protocol::message::AccountQuery;
use serde_json::{Value, json};

use super::super::Block;

/// Accounts 1 to 40 hold slots from 0 on with the value slot + address, those below 10 code as well.
const ACCOUNTS: u8 = 40;
/// Slots of account 1.
pub(super) const SLOTS: u32 = 1_200;

/// The other accounts have fewer.
const fn slots_of(address: u8) -> u32 {
    if address == 1 { SLOTS } else { 4 }
}

fn trie(leaves: BTreeMap<B256, Vec<u8>>, targets: &[B256]) -> (B256, Vec<Vec<Bytes>>) {
    let targets: Vec<Nibbles> = targets.iter().map(Nibbles::unpack).collect();
    let mut builder = HashBuilder::default().with_proof_retainer(ProofRetainer::new(targets.clone()));
    for (key, value) in &leaves {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    let root = builder.root();
    let retained = builder.take_proof_nodes();
    let nodes = |target| retained.matching_nodes_sorted(target).into_iter().map(|(_, node)| node).collect();
    (root, targets.iter().map(nodes).collect())
}

pub(super) fn slot(n: u32) -> ByteArray<32> {
    B256::from(U256::from(n)).0.into()
}

pub(super) fn code(address: u8) -> Vec<u8> {
    if address < 10 { vec![address; 60] } else { Vec::new() }
}

fn storage(address: u8, targets: &[B256]) -> (B256, Vec<Vec<Bytes>>) {
    let leaf = |n: u32| (keccak256(*slot(n)), alloy_rlp::encode(n + u32::from(address)));
    trie((0..slots_of(address)).map(leaf).collect(), targets)
}

fn account(address: u8) -> TrieAccount {
    static ALL: LazyLock<Vec<TrieAccount>> = LazyLock::new(|| (0..=ACCOUNTS).map(new_account).collect());
    ALL[usize::from(address)]
}

fn new_account(address: u8) -> TrieAccount {
    let code = code(address);
    let code_hash = if code.is_empty() { KECCAK_EMPTY } else { keccak256(code) };
    TrieAccount::new(u64::from(address), U256::from(7), storage(address, &[]).0, code_hash)
}

fn accounts(target: B256) -> (B256, Vec<Bytes>) {
    let leaves = (1..=ACCOUNTS).map(|address| (keccak256([address; 20]), alloy_rlp::encode(account(address)))).collect();
    let (root, mut proofs) = trie(leaves, &[target]);
    (root, proofs.remove(0))
}

/// Block 500, whose state this is. `change` makes its header another's.
pub(super) fn header(change: impl FnOnce(&mut alloy_consensus::Header)) -> (Value, Block) {
    let mut header = alloy_consensus::Header {
        state_root: accounts(B256::ZERO).0,
        number: 500,
        gas_limit: 30_000_000,
        timestamp: 0x6732_f000,
        base_fee_per_gas: Some(7),
        withdrawals_root: Some(B256::repeat_byte(7)),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0x20000),
        parent_beacon_block_root: Some(B256::repeat_byte(8)),
        requests_hash: Some(B256::repeat_byte(9)),
        ..alloy_consensus::Header::default()
    };
    change(&mut header);
    let block = Block { hash: header.hash_slow(), number: header.number, state_root: header.state_root };
    let quantity = |value: u64| format!("0x{value:x}");
    let mut json = json!({
        "parentHash": header.parent_hash, "sha3Uncles": header.ommers_hash, "miner": header.beneficiary,
        "stateRoot": header.state_root, "transactionsRoot": header.transactions_root, "receiptsRoot": header.receipts_root,
        "logsBloom": header.logs_bloom, "difficulty": "0x0", "number": quantity(header.number),
        "gasLimit": quantity(header.gas_limit), "gasUsed": quantity(header.gas_used), "timestamp": quantity(header.timestamp),
        "extraData": header.extra_data, "mixHash": header.mix_hash, "nonce": header.nonce, "hash": block.hash,
        "transactions": [], "uncles": [],
    });
    for (name, value) in [
        ("baseFeePerGas", header.base_fee_per_gas),
        ("blobGasUsed", header.blob_gas_used),
        ("excessBlobGas", header.excess_blob_gas),
    ] {
        if let Some(value) = value {
            json[name] = json!(quantity(value));
        }
    }
    for (name, value) in [
        ("withdrawalsRoot", header.withdrawals_root),
        ("parentBeaconBlockRoot", header.parent_beacon_block_root),
        ("requestsHash", header.requests_hash),
    ] {
        if let Some(value) = value {
            json[name] = json!(value);
        }
    }
    (json, block)
}

/// What an honest node answers.
pub(super) fn answer(request: &Value) -> Value {
    let params = &request["params"];
    let address = || params[0].as_str().unwrap().parse::<alloy_primitives::Address>().unwrap().0.0[0];
    let result = match request["method"].as_str().unwrap() {
        "eth_getBlockByHash" => header(|_| {}).0,
        "eth_getCode" => json!(Bytes::from(code(address()))),
        "eth_getProof" => {
            assert_eq!(params[2], "0x1f4");
            let address = address();
            let present = (1..=ACCOUNTS).contains(&address);
            let names: Vec<B256> =
                params[1].as_array().unwrap().iter().map(|key| key.as_str().unwrap().parse().unwrap()).collect();
            let keys: Vec<B256> = names.iter().map(keccak256).collect();
            let TrieAccount { nonce, balance, storage_root, code_hash, .. } =
                if present { account(address) } else { TrieAccount::default() };
            let proofs = if present { storage(address, &keys).1 } else { vec![Vec::new(); keys.len()] };
            let slots: Vec<_> = names
                .iter()
                .zip(proofs)
                .map(|(name, proof)| {
                    let n = u32::from_be_bytes(name[28..].try_into().unwrap());
                    let value = if present && n < slots_of(address) { n + u32::from(address) } else { 0 };
                    json!({ "key": name, "value": format!("0x{value:x}"), "proof": proof })
                })
                .collect();
            json!({
                "address": params[0], "nonce": format!("0x{nonce:x}"), "balance": balance, "storageHash": storage_root,
                "codeHash": code_hash, "accountProof": accounts(keccak256([address; 20])).1, "storageProof": slots,
            })
        }
        method => panic!("{method}"),
    };
    assert_ne!(account(1).storage_root, EMPTY_ROOT_HASH);
    json!({ "jsonrpc": "2.0", "id": request["id"], "result": result })
}

pub(super) fn query(address: u8, slots: std::ops::Range<u32>, code: bool) -> AccountQuery {
    AccountQuery { address: ByteArray::from([address; 20]), slots: slots.map(slot).collect(), code }
}

pub(super) fn code_of(address: u8) -> ByteVec {
    ByteVec::from(code(address))
}
