//! What `eth_getProof` answers (EIP-1186), with the values that its proofs are to show.
use chain::{AccountProof, ProvenState};
use serde_json::Value;

use crate::vectors;

pub(crate) struct RpcProof {
    pub(crate) address: [u8; 20],
    nodes: Vec<Vec<u8>>,
    slots: Vec<RpcSlot>,
}

struct RpcSlot {
    slot: [u8; 32],
    nodes: Vec<Vec<u8>>,
    value: [u8; 32],
}

impl RpcProof {
    pub(crate) fn new(json: &Value) -> Self {
        let slots = json["storageProof"].as_array().unwrap().iter().map(|slot| RpcSlot {
            slot: word(&slot["key"]),
            nodes: nodes(&slot["proof"]),
            value: word(&slot["value"]),
        });
        Self {
            address: vectors::bytes(&json["address"]).try_into().unwrap(),
            nodes: nodes(&json["accountProof"]),
            slots: slots.collect(),
        }
    }

    pub(crate) fn proof<'a>(&'a self, code: Option<&'a [u8]>) -> AccountProof<'a> {
        let slices = |nodes: &'a [Vec<u8>]| nodes.iter().map(Vec::as_slice).collect();
        AccountProof {
            address: self.address,
            nodes: slices(&self.nodes),
            slots: self.slots.iter().map(|slot| (slot.slot, slices(&slot.nodes))).collect(),
            code,
        }
    }

    /// Every slot holds what the answer says; how many there are.
    pub(crate) fn check_slots(&self, state: &ProvenState) -> usize {
        for slot in &self.slots {
            assert_eq!(state.slot(self.address, slot.slot), Some(slot.value));
        }
        self.slots.len()
    }
}

fn nodes(json: &Value) -> Vec<Vec<u8>> {
    json.as_array().unwrap().iter().map(vectors::bytes).collect()
}

fn word(json: &Value) -> [u8; 32] {
    let bytes = vectors::bytes(json);
    let mut word = [0; 32];
    word[32 - bytes.len()..].copy_from_slice(&bytes);
    word
}
