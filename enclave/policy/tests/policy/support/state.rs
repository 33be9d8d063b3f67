//! A real state trie of what an in-memory chain holds, and EIP-1186 proofs from it.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use alloy_rlp::Encodable;
use alloy_trie::proof::ProofRetainer;
use alloy_trie::{EMPTY_ROOT_HASH, HashBuilder, Nibbles};
use chain::{AccountProof, ProvenState};
use policy::{Wanted, WantedAccount};
use revm::database::InMemoryDB;
use revm::state::Bytecode;

#[derive(Clone, Default)]
pub(crate) struct State {
    accounts: BTreeMap<Address, Held>,
}

#[derive(Clone)]
struct Held {
    nonce: u64,
    balance: U256,
    code: Bytes,
    storage: BTreeMap<B256, U256>,
}

impl State {
    pub(crate) fn of(db: &InMemoryDB) -> Self {
        let mut accounts = BTreeMap::new();
        for (address, account) in &db.cache.accounts {
            let info = &account.info;
            let code = db.cache.contracts.get(&info.code_hash).map(Bytecode::original_bytes).unwrap_or_default();
            let storage = account.storage.iter().filter(|(_, value)| !value.is_zero());
            let storage = storage.map(|(slot, value)| (B256::from(*slot), *value)).collect();
            // EIP-161: an empty account is not in the trie.
            if info.nonce != 0 || !info.balance.is_zero() || !code.is_empty() {
                accounts.insert(*address, Held { nonce: info.nonce, balance: info.balance, code, storage });
            }
        }
        Self { accounts }
    }

    /// Only contracts with this code, and storage if asked for.
    pub(crate) fn with_code(mut self, address: Address, code: Vec<u8>, storage: &[(u64, u64)]) -> Self {
        let storage = storage.iter().map(|(slot, value)| (B256::from(U256::from(*slot)), U256::from(*value))).collect();
        self.accounts.insert(address, Held { nonce: 1, balance: U256::ZERO, code: code.into(), storage });
        self
    }

    pub(crate) fn root(&self) -> [u8; 32] {
        trie(&self.leaves(), &[]).0.0
    }

    fn leaves(&self) -> BTreeMap<B256, Vec<u8>> {
        self.accounts.iter().map(|(address, held)| (keccak256(address), held.rlp())).collect()
    }

    /// Proves what is wanted to `proven`, all but what `withhold` says.
    pub(crate) fn supply(&self, proven: &mut ProvenState, wanted: &Wanted, withhold: impl Fn(&Address, &B256) -> bool) {
        for mut proof in self.proofs(wanted) {
            proof.slots.retain(|(slot, _)| !withhold(&proof.address, slot));
            proven.add(&proof.claim()).unwrap();
        }
    }

    /// Proofs of what is wanted.
    pub(crate) fn proofs(&self, wanted: &Wanted) -> Vec<Proof> {
        let leaves = self.leaves();
        let prove = |(address, account): (&Address, &WantedAccount)| {
            let held = self.accounts.get(address);
            let storage = held.map(Held::storage_leaves).unwrap_or_default();
            Proof {
                address: *address,
                nodes: trie(&leaves, &[keccak256(address)]).1,
                slots: account.slots.iter().map(|slot| (*slot, trie(&storage, &[keccak256(slot)]).1)).collect(),
                code: account.code.then(|| held.map(|held| held.code.clone()).unwrap_or_default()),
            }
        };
        wanted.accounts.iter().map(prove).collect()
    }
}

/// An account's proof.
pub(crate) struct Proof {
    address: Address,
    nodes: Vec<Bytes>,
    slots: Vec<(B256, Vec<Bytes>)>,
    code: Option<Bytes>,
}

impl Proof {
    /// As `chain` reads it.
    pub(crate) fn claim(&self) -> AccountProof<'_> {
        AccountProof {
            address: self.address.into_array(),
            nodes: self.nodes.iter().map(AsRef::as_ref).collect(),
            slots: self.slots.iter().map(|(slot, nodes)| (slot.0, nodes.iter().map(AsRef::as_ref).collect())).collect(),
            code: self.code.as_ref().map(AsRef::as_ref),
        }
    }
}

impl Held {
    fn storage_leaves(&self) -> BTreeMap<B256, Vec<u8>> {
        self.storage.iter().map(|(slot, value)| (keccak256(slot), alloy_rlp::encode(value))).collect()
    }

    fn rlp(&self) -> Vec<u8> {
        let mut payload = Vec::new();
        self.nonce.encode(&mut payload);
        self.balance.encode(&mut payload);
        trie(&self.storage_leaves(), &[]).0.encode(&mut payload);
        if self.code.is_empty() { KECCAK256_EMPTY } else { keccak256(&self.code) }.encode(&mut payload);
        let mut out = Vec::new();
        alloy_rlp::Header { list: true, payload_length: payload.len() }.encode(&mut out);
        out.extend(payload);
        out
    }
}

/// Root, and the nodes from the root down to `key`.
fn trie(leaves: &BTreeMap<B256, Vec<u8>>, key: &[B256]) -> (B256, Vec<Bytes>) {
    if leaves.is_empty() {
        return (EMPTY_ROOT_HASH, Vec::new());
    }
    let targets: Vec<Nibbles> = key.iter().map(Nibbles::unpack).collect();
    let mut builder = HashBuilder::default().with_proof_retainer(ProofRetainer::new(targets.clone()));
    for (key, value) in leaves {
        builder.add_leaf(Nibbles::unpack(key), value);
    }
    let root = builder.root();
    let nodes = builder.take_proof_nodes();
    let path = targets.iter().flat_map(|target| nodes.matching_nodes_sorted(target)).map(|(_, node)| node).collect();
    (root, path)
}
