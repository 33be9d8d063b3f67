//! The execution state: accounts, storage and code, under one Merkle-Patricia root.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

use alloy_consensus::TrieAccount;
use alloy_consensus::constants::KECCAK_EMPTY;
use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_trie::proof::{ProofNodes, ProofRetainer};
use alloy_trie::{EMPTY_ROOT_HASH, HashBuilder, Nibbles};
use revm::bytecode::Bytecode;
use revm::database_interface::DatabaseRef;
use revm::state::{AccountInfo, EvmState};

/// A copy is cheap: what two states have in common, they share.
#[derive(Clone, Default)]
pub(super) struct World {
    /// By keccak256 of the address, which is the trie's order.
    accounts: BTreeMap<B256, Arc<Entry>>,
    codes: Arc<BTreeMap<B256, Bytecode>>,
}

#[derive(Clone)]
struct Entry {
    nonce: u64,
    balance: U256,
    code_hash: B256,
    /// By keccak256 of the slot, which is the trie's order.
    storage: BTreeMap<B256, U256>,
    storage_root: B256,
    /// Every node of the storage trie, once somebody asked for a proof.
    nodes: OnceLock<Arc<ProofNodes>>,
}

impl Default for Entry {
    fn default() -> Self {
        Self {
            nonce: 0,
            balance: U256::ZERO,
            code_hash: KECCAK_EMPTY,
            storage: BTreeMap::new(),
            storage_root: EMPTY_ROOT_HASH,
            nodes: OnceLock::new(),
        }
    }
}

/// EIP-1186.
pub(super) struct AccountProof {
    pub(super) account: TrieAccount,
    pub(super) nodes: Vec<Bytes>,
    pub(super) slots: Vec<SlotProof>,
}

pub(super) struct SlotProof {
    pub(super) slot: B256,
    pub(super) value: U256,
    pub(super) nodes: Vec<Bytes>,
}

impl World {
    /// Gives an account a balance.
    pub(super) fn fund(&mut self, address: Address, balance: U256) {
        let entry = self.accounts.entry(keccak256(address)).or_default();
        Arc::make_mut(entry).balance = balance;
    }

    pub(super) fn nonce(&self, address: Address) -> u64 {
        self.entry(address).map_or(0, |entry| entry.nonce)
    }

    pub(super) fn balance(&self, address: Address) -> U256 {
        self.entry(address).map_or(U256::ZERO, |entry| entry.balance)
    }

    pub(super) fn code(&self, address: Address) -> Bytes {
        let code = self.entry(address).and_then(|entry| self.codes.get(&entry.code_hash));
        code.map(Bytecode::original_bytes).unwrap_or_default()
    }

    pub(super) fn slot(&self, address: Address, slot: B256) -> U256 {
        self.entry(address).and_then(|entry| entry.storage.get(&keccak256(slot)).copied()).unwrap_or_default()
    }

    /// Applies what a transaction changed. An account that is left empty disappears (EIP-161).
    pub(super) fn commit(&mut self, changes: EvmState) {
        for (address, account) in changes {
            if !account.is_touched() {
                continue;
            }
            let key = keccak256(address);
            if account.is_selfdestructed() || account.info.is_empty() {
                self.accounts.remove(&key);
                continue;
            }
            let entry = Arc::make_mut(self.accounts.entry(key).or_default());
            let mut stale = account.is_created();
            if stale {
                entry.storage.clear();
            }
            entry.nonce = account.info.nonce;
            entry.balance = account.info.balance;
            entry.code_hash = account.info.code_hash;
            if let Some(code) = account.info.code.filter(|code| !code.is_empty()) {
                Arc::make_mut(&mut self.codes).entry(entry.code_hash).or_insert(code);
            }
            for (slot, value) in account.storage {
                let key = keccak256(slot.to_be_bytes::<32>());
                let value = value.present_value();
                let before = if value.is_zero() { entry.storage.remove(&key) } else { entry.storage.insert(key, value) };
                stale |= before.unwrap_or_default() != value;
            }
            if stale {
                entry.storage_root = trie(entry.storage.iter().map(storage_leaf), Vec::new()).0;
                entry.nodes = OnceLock::new();
            }
        }
    }

    pub(super) fn root(&self) -> B256 {
        trie(self.accounts.iter().map(account_leaf), Vec::new()).0
    }

    /// Proves an account and slots of it. With `forge`, the storage proofs are of a trie whose every value is one higher.
    pub(super) fn prove(&self, address: Address, slots: &[B256], forge: bool) -> AccountProof {
        let key = keccak256(address);
        let (_, nodes) = trie(self.accounts.iter().map(account_leaf), vec![Nibbles::unpack(key)]);
        let entry = self.accounts.get(&key).cloned().unwrap_or_default();
        let entry = if forge { Arc::new(entry.forged()) } else { entry };
        let slots = slots.iter().map(|slot| {
            let key = keccak256(slot);
            let value = entry.storage.get(&key).copied().unwrap_or_default();
            SlotProof { slot: *slot, value, nodes: path(entry.nodes(), &key) }
        });
        AccountProof { account: entry.account(), nodes: path(&nodes, &key), slots: slots.collect() }
    }

    fn entry(&self, address: Address) -> Option<&Entry> {
        self.accounts.get(&keccak256(address)).map(AsRef::as_ref)
    }
}

impl Entry {
    fn account(&self) -> TrieAccount {
        TrieAccount::new(self.nonce, self.balance, self.storage_root, self.code_hash)
    }

    fn nodes(&self) -> &ProofNodes {
        self.nodes.get_or_init(|| {
            let keys = self.storage.keys().map(Nibbles::unpack).collect();
            Arc::new(trie(self.storage.iter().map(storage_leaf), keys).1)
        })
    }

    /// Every value is one higher, and the root is still the one before.
    fn forged(&self) -> Self {
        let storage = self.storage.iter().map(|(key, value)| (*key, value.wrapping_add(U256::ONE))).collect();
        Self { storage, nodes: OnceLock::new(), ..self.clone() }
    }
}

fn account_leaf((key, entry): (&B256, &Arc<Entry>)) -> (B256, Vec<u8>) {
    (*key, alloy_rlp::encode(entry.account()))
}

fn storage_leaf((key, value): (&B256, &U256)) -> (B256, Vec<u8>) {
    (*key, alloy_rlp::encode(value))
}

/// The root over sorted leaves, and the nodes on the way to each of the keys.
fn trie(leaves: impl Iterator<Item = (B256, Vec<u8>)>, keys: Vec<Nibbles>) -> (B256, ProofNodes) {
    let mut builder = HashBuilder::default().with_proof_retainer(ProofRetainer::new(keys));
    for (key, value) in leaves {
        builder.add_leaf(Nibbles::unpack(key), &value);
    }
    let root = builder.root();
    (root, if root == EMPTY_ROOT_HASH { ProofNodes::default() } else { builder.take_proof_nodes() })
}

/// The nodes that prove a key or its absence, root first. As execution clients do, an empty trie is proven by no node, and a node under 32
/// bytes stands in its parent only.
fn path(nodes: &ProofNodes, key: &B256) -> Vec<Bytes> {
    let nodes = nodes.matching_nodes_sorted(&Nibbles::unpack(key)).into_iter();
    nodes.filter(|(path, node)| path.is_empty() || node.len() >= 32).map(|(_, node)| node).collect()
}

/// A state as the EVM reads it, with the hashes of the blocks before.
pub(super) struct View<'a> {
    pub(super) world: &'a World,
    pub(super) hashes: &'a dyn Fn(u64) -> B256,
}

impl DatabaseRef for View<'_> {
    type Error = Infallible;

    fn basic_ref(&self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.world.entry(address).map(|entry| AccountInfo {
            balance: entry.balance,
            nonce: entry.nonce,
            code_hash: entry.code_hash,
            account_id: None,
            code: None,
        }))
    }

    fn code_by_hash_ref(&self, hash: B256) -> Result<Bytecode, Infallible> {
        Ok(self.world.codes.get(&hash).cloned().unwrap_or_default())
    }

    fn storage_ref(&self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.world.slot(address, B256::from(slot)))
    }

    fn block_hash_ref(&self, number: u64) -> Result<B256, Infallible> {
        Ok((self.hashes)(number))
    }
}
