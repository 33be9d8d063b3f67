//! What an execution node says, as the host would pass it on.

use alloy_primitives::{Address, B256, Bytes};
use devnet::chain::Devnet;
use minicbor::bytes::ByteVec;
use protocol::message::{AccountProof, AccountQuery, SlotProof};
use serde_json::{Value, json};

/// Slots in one `eth_getProof`: nodes refuse more than 1,024.
const KEYS: usize = 512;

/// `None` if the node has pruned the state.
fn ask(chain: &Devnet, method: &str, params: Value) -> Option<Value> {
    let answer = chain.rpc(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}));
    if let Some(error) = answer.get("error") {
        assert!(error["message"].as_str().unwrap().contains("pruned"), "{answer}");
        return None;
    }
    Some(answer["result"].clone())
}

fn nodes(proof: &Value) -> Vec<ByteVec> {
    let node = |node: &Value| ByteVec::from(node.as_str().unwrap().parse::<Bytes>().unwrap().to_vec());
    proof.as_array().unwrap().iter().map(node).collect()
}

/// Proofs at a block, unless the node has pruned its state.
pub(super) fn prove(chain: &Devnet, block: u64, accounts: &[AccountQuery]) -> Option<Vec<AccountProof>> {
    let block = format!("0x{block:x}");
    let one = |query: &AccountQuery| {
        let address = Address::from(*query.address);
        let code = ask(chain, "eth_getCode", json!([address, block]))?.as_str().unwrap().parse::<Bytes>().unwrap();
        let mut proven = AccountProof {
            address: query.address,
            nodes: Vec::new(),
            slots: Vec::new(),
            code: query.code.then(|| ByteVec::from(code.to_vec())),
        };
        let all: Vec<B256> = query.slots.iter().map(|slot| B256::from(**slot)).collect();
        // The first also if there is none: it proves the account.
        for place in 0..all.len().div_ceil(KEYS).max(1) {
            let keys: Vec<B256> = all.iter().skip(place * KEYS).take(KEYS).copied().collect();
            let proof = ask(chain, "eth_getProof", json!([address, keys, block]))?;
            proven.nodes = nodes(&proof["accountProof"]);
            let slots = keys.iter().zip(proof["storageProof"].as_array().unwrap());
            proven.slots.extend(slots.map(|(slot, proof)| SlotProof { slot: slot.0.into(), nodes: nodes(&proof["proof"]) }));
        }
        Some(proven)
    };
    accounts.iter().map(one).collect()
}

impl super::World {
    /// True proofs of another block.
    pub(crate) fn prove_at(&self, block: u64, accounts: &[AccountQuery]) -> Vec<AccountProof> {
        prove(&self.chain, block, accounts).unwrap()
    }
}
