//! EIP-1186 answers, checked against a state root, so that a node that proves something else is left for another at once.
//!
//! The enclave checks all of it again: this decides only which node is asked.

use alloy_primitives::{Address, B256, Bytes, U64, U256, keccak256};
use alloy_trie::{EMPTY_ROOT_HASH, KECCAK_EMPTY, Nibbles, TrieAccount, proof::verify_proof};
use minicbor::bytes::{ByteArray, ByteVec};
use protocol::message::SlotProof;
use serde::Deserialize;

use super::FetchError;

/// `eth_getProof`'s answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Proof {
    nonce: U64,
    balance: U256,
    code_hash: B256,
    storage_hash: B256,
    #[serde(rename = "accountProof")]
    path: Vec<Bytes>,
    #[serde(rename = "storageProof")]
    slots: Vec<Slot>,
}

#[derive(Deserialize)]
struct Slot {
    value: U256,
    proof: Vec<Bytes>,
}

/// An account whose proof holds.
pub(super) struct Account {
    pub(super) nodes: Vec<ByteVec>,
    pub(super) slots: Vec<SlotProof>,
    /// keccak256 of its code; of nothing if there is no account.
    pub(super) code_hash: B256,
}

impl Proof {
    /// Checks the proof of one account and of these slots, in this order.
    pub(super) fn check(self, root: B256, address: &[u8; 20], slots: &[ByteArray<32>]) -> Result<Account, FetchError> {
        let Self { nonce, balance, code_hash, storage_hash, path, slots: answered } = self;
        if answered.len() != slots.len() {
            return Err(FetchError::Format);
        }
        let key = Nibbles::unpack(keccak256(Address::from(address)));
        let account = TrieAccount::new(nonce.to(), balance, storage_hash, code_hash);
        let present = verify_proof(root, key, Some(alloy_rlp::encode(account)), &path).is_ok();
        let empty = nonce.is_zero() && balance.is_zero();
        let absent = || empty && verify_proof(root, key, None, &path).is_ok();
        if !(present || absent()) {
            return Err(FetchError::Wrong);
        }
        let storage_root = if present { storage_hash } else { EMPTY_ROOT_HASH };
        let mut proven = Vec::with_capacity(slots.len());
        for (slot, Slot { value, proof }) in slots.iter().zip(answered) {
            let expected = (!value.is_zero()).then(|| alloy_rlp::encode(value));
            verify_proof(storage_root, Nibbles::unpack(keccak256(**slot)), expected, &proof).map_err(|_| FetchError::Wrong)?;
            proven.push(SlotProof { slot: *slot, nodes: nodes(&proof) });
        }
        let code_hash = if present { code_hash } else { KECCAK_EMPTY };
        Ok(Account { nodes: nodes(&path), slots: proven, code_hash })
    }
}

fn nodes(proof: &[Bytes]) -> Vec<ByteVec> {
    proof.iter().map(|node| ByteVec::from(node.to_vec())).collect()
}
