use alloc::collections::{BTreeMap, VecDeque};
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::VerifiedHead;
use crate::rlp::{self, RlpError};
use crate::trie::{self, Checked, EMPTY_ROOT, TrieError, keccak};

/// An account, its slots and its code as the host claims them (EIP-1186). Fields that the proof itself shows are not carried.
#[derive(Clone, Debug)]
pub struct AccountProof<'a> {
    /// Address.
    pub address: [u8; 20],
    /// Trie nodes from the state root down.
    pub nodes: Vec<&'a [u8]>,
    /// Storage slots with their trie nodes from the storage root down. Nodes that stand in an earlier slot's list may be left out.
    pub slots: Vec<([u8; 32], Vec<&'a [u8]>)>,
    /// The account's code, where it was asked for.
    pub code: Option<&'a [u8]>,
}

/// What the state holds at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Account {
    /// Proven not to exist.
    Absent,
    /// Proven to exist.
    Present {
        /// Transactions sent, or contracts created.
        nonce: u64,
        /// Wei, big-endian.
        balance: [u8; 32],
        /// Root of its storage.
        storage_root: [u8; 32],
        /// Keccak-256 of its code.
        code_hash: [u8; 32],
    },
}

/// Bytes of code that a state keeps, at most: 8 MiB.
pub const MAX_CODES: usize = 8 << 20;
/// Slots that a head takes over from the one before, at most: whoever makes the vault read a contract that never changes would fill memory.
/// What is not taken over is asked for again.
pub const MAX_CARRIED: usize = 32_768;
/// Slots in one proof, at most.
pub const MAX_SLOTS: usize = 32_768;
/// Bytes of an account's code, at most: more than twice what EIP-170 allows.
pub const MAX_CODE: usize = 64 << 10;

/// Why a proof was refused. The state stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The account's proof fails.
    #[error("account proof: {0}")]
    Account(TrieError),
    /// What stands at the address is no account.
    #[error("account is malformed: {0}")]
    AccountValue(RlpError),
    /// A slot's proof fails.
    #[error("storage proof: {0}")]
    Storage(TrieError),
    /// What stands in a slot is no integer of at most 32 bytes, or an explicit zero.
    #[error("storage value is malformed: {0}")]
    StorageValue(RlpError),
    /// More slots than [`MAX_SLOTS`], or longer code than [`MAX_CODE`].
    #[error("proof is too large")]
    TooLarge,
    /// The code is not the account's.
    #[error("code does not have the account's code hash")]
    CodeHash,
}

/// State of one head, as far as it was proven.
///
/// ```compile_fail
/// let account = chain::Account::Absent;
/// let mut state = chain::ProvenState { head: todo!(), under: chain::StateUnder::new([0; 32]) };
/// ```
/// ```compile_fail
/// fn forge(state: &mut chain::StateUnder, account: chain::Account) {
///     state.accounts.insert([0; 20], account);
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ProvenState {
    head: VerifiedHead,
    under: StateUnder,
}

/// What hangs under one state root, as far as it was proven. Whose root that is it does not say: under a [`VerifiedHead`]'s it is a [`ProvenState`], and
/// nothing else lets a call through.
#[derive(Clone, Debug)]
pub struct StateUnder {
    root: [u8; 32],
    accounts: BTreeMap<[u8; 20], Entry>,
    /// Accounts at the head before.
    before: BTreeMap<[u8; 20], Entry>,
    /// Slots that were taken over from there.
    carried: usize,
    code: Codes,
}

#[derive(Clone, Debug)]
struct Entry {
    account: Account,
    /// Heads share them, as long as the storage is the same.
    slots: Arc<BTreeMap<[u8; 32], [u8; 32]>>,
}

impl Entry {
    /// Nothing of its storage is known but what `before` knows of the same storage: one root, one content. No more than `room` slots are taken
    /// over.
    fn new(account: Account, before: Option<Self>, room: usize) -> Self {
        let same = |before: &Self| before.account.storage_root() == account.storage_root() && before.slots.len() <= room;
        Self { account, slots: before.filter(same).map(|before| before.slots).unwrap_or_default() }
    }

    fn keep(&mut self, values: Vec<([u8; 32], [u8; 32])>) {
        if values.iter().any(|(slot, _)| !self.slots.contains_key(slot)) {
            Arc::make_mut(&mut self.slots).extend(values);
        }
    }
}

/// Keccak-256 of no code.
const NO_CODE: [u8; 32] = [
    0xc5, 0xd2, 0x46, 0x01, 0x86, 0xf7, 0x23, 0x3c, 0x92, 0x7e, 0x7d, 0xb2, 0xdc, 0xc7, 0x03, 0xc0, 0xe5, 0x00, 0xb6, 0x53, 0xca,
    0x82, 0x27, 0x3b, 0x7b, 0xfa, 0xd8, 0x04, 0x5d, 0x85, 0xa4, 0x70,
];

/// Code by its hash. It outlives heads, and anybody whose call names a contract has code proven: what came first goes first.
#[derive(Clone, Debug, Default)]
struct Codes {
    by_hash: BTreeMap<[u8; 32], Arc<[u8]>>,
    order: VecDeque<[u8; 32]>,
    bytes: usize,
}

impl Codes {
    fn keep(&mut self, hash: [u8; 32], code: &[u8]) {
        if hash == NO_CODE || self.by_hash.contains_key(&hash) {
            return;
        }
        self.by_hash.insert(hash, Arc::from(code));
        self.order.push_back(hash);
        self.bytes = self.bytes.saturating_add(code.len());
        while self.bytes > MAX_CODES {
            let Some(first) = self.order.pop_front() else { return };
            let length = self.by_hash.remove(&first).map_or(0, |code| code.len());
            self.bytes = self.bytes.saturating_sub(length);
        }
    }
}

impl ProvenState {
    /// Nothing is proven yet.
    #[must_use]
    pub fn new(head: VerifiedHead) -> Self {
        Self { under: StateUnder::new(head.state_root()), head }
    }

    /// The state of another head. Code is named by its hash, so it needs no second proof and is kept: the latest [`MAX_CODES`] bytes. Slots
    /// hold for an account that is proven to have the same storage root again, [`MAX_CARRIED`] of them: what is proven first at this head first.
    #[must_use]
    pub fn next(&self, head: VerifiedHead) -> Self {
        let (before, code) = (self.under.accounts.clone(), self.under.code.clone());
        let under = StateUnder { before, code, ..StateUnder::new(head.state_root()) };
        Self { head, under }
    }

    /// Whose state this is.
    #[must_use]
    pub const fn head(&self) -> &VerifiedHead {
        &self.head
    }

    /// The state without its head.
    #[must_use]
    pub const fn under(&self) -> &StateUnder {
        &self.under
    }

    /// Checks a proof against the head's state root and keeps what it shows.
    ///
    /// # Errors
    /// When any part fails; then nothing of it is kept.
    pub fn add(&mut self, proof: &AccountProof<'_>) -> Result<(), ProofError> {
        self.under.add(proof)
    }

    /// See [`StateUnder::account`].
    #[must_use]
    pub fn account(&self, address: [u8; 20]) -> Option<Account> {
        self.under.account(address)
    }

    /// See [`StateUnder::slot`].
    #[must_use]
    pub fn slot(&self, address: [u8; 20], slot: [u8; 32]) -> Option<[u8; 32]> {
        self.under.slot(address, slot)
    }

    /// See [`StateUnder::code`].
    #[must_use]
    pub fn code(&self, hash: &[u8; 32]) -> Option<Arc<[u8]>> {
        self.under.code(hash)
    }
}

impl StateUnder {
    /// Nothing is proven yet.
    #[must_use]
    pub fn new(root: [u8; 32]) -> Self {
        Self { root, accounts: BTreeMap::new(), before: BTreeMap::new(), carried: 0, code: Codes::default() }
    }

    /// Checks a proof against the state root and keeps what it shows.
    ///
    /// # Errors
    /// When any part fails; then nothing of it is kept.
    pub fn add(&mut self, proof: &AccountProof<'_>) -> Result<(), ProofError> {
        let AccountProof { address, nodes, slots, code } = proof;
        if slots.len() > MAX_SLOTS || code.is_some_and(|code| code.len() > MAX_CODE) {
            return Err(ProofError::TooLarge);
        }
        let leaf = trie::prove(&self.root, &keccak(address), nodes, &mut Checked::for_proofs(1)).map_err(ProofError::Account)?;
        let account = leaf.map_or(Ok(Account::Absent), Account::decode).map_err(ProofError::AccountValue)?;
        let storage_root = account.storage_root();
        let code_hash = match account {
            Account::Absent => NO_CODE,
            Account::Present { code_hash, .. } => code_hash,
        };
        let mut checked = Checked::for_proofs(slots.len());
        let values = slots
            .iter()
            .map(|(slot, nodes)| Ok((*slot, prove_slot(&storage_root, slot, nodes, &mut checked)?)))
            .collect::<Result<Vec<_>, ProofError>>()?;
        if let Some(code) = code {
            if keccak(code) != code_hash {
                return Err(ProofError::CodeHash);
            }
            self.code.keep(code_hash, code);
        }
        let (before, carried) = (self.before.remove(address), &mut self.carried);
        let entry = self.accounts.entry(*address).or_insert_with(|| {
            let entry = Entry::new(account, before, MAX_CARRIED.saturating_sub(*carried));
            *carried = carried.saturating_add(entry.slots.len());
            entry
        });
        entry.keep(values);
        Ok(())
    }

    /// What stands at an address; `None` when that was not proven either way.
    #[must_use]
    pub fn account(&self, address: [u8; 20]) -> Option<Account> {
        self.accounts.get(&address).map(|entry| entry.account)
    }

    /// What stands in a storage slot, big-endian; `None` when that was not proven. Every slot of an account that is proven to
    /// be absent or without storage is zero.
    #[must_use]
    pub fn slot(&self, address: [u8; 20], slot: [u8; 32]) -> Option<[u8; 32]> {
        let entry = self.accounts.get(&address)?;
        match entry.account {
            Account::Absent | Account::Present { storage_root: EMPTY_ROOT, .. } => Some([0; 32]),
            Account::Present { .. } => entry.slots.get(&slot).copied(),
        }
    }

    /// Code by its Keccak-256 hash. The empty code is always known.
    #[must_use]
    pub fn code(&self, hash: &[u8; 32]) -> Option<Arc<[u8]>> {
        if *hash == NO_CODE { Some(Arc::from([])) } else { self.code.by_hash.get(hash).cloned() }
    }
}

fn prove_slot<'a>(
    storage_root: &[u8; 32],
    slot: &[u8; 32],
    nodes: &[&'a [u8]],
    checked: &mut Checked<'a>,
) -> Result<[u8; 32], ProofError> {
    let Some(leaf) = trie::prove(storage_root, &keccak(slot), nodes, checked).map_err(ProofError::Storage)? else {
        return Ok([0; 32]);
    };
    let value = rlp::single(leaf).and_then(rlp::Item::integer).map_err(ProofError::StorageValue)?;
    // A zero is never stored: it would be a second way to say absent.
    if value == [0; 32] { Err(ProofError::StorageValue(RlpError::NotCanonical)) } else { Ok(value) }
}

impl Account {
    const fn storage_root(&self) -> [u8; 32] {
        match self {
            Self::Absent => EMPTY_ROOT,
            Self::Present { storage_root, .. } => *storage_root,
        }
    }

    /// Reads what stands in the state trie: `[nonce, balance, storage root, code hash]` (yellow paper, section 4.1). That it stands
    /// there is for [`ProvenState::add`] to show.
    ///
    /// # Errors
    /// When it is not the one encoding of an account.
    pub fn decode(leaf: &[u8]) -> Result<Self, RlpError> {
        let mut fields = rlp::list(leaf)?;
        let nonce = u64::from_be_bytes(fields.next()?.integer()?);
        let balance = fields.next()?.integer()?;
        let storage_root = fields.next()?.hash()?;
        let code_hash = fields.next()?.hash()?;
        fields.finish()?;
        Ok(Self::Present { nonce, balance, storage_root, code_hash })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever has a contract read that never changes adds slots at each head.
    #[test]
    fn t38_slots_are_taken_over_from_head_to_head_up_to_a_bound() {
        let storage_root = [7; 32];
        let leaf = alloy_trie::TrieAccount { storage_root: storage_root.into(), ..alloy_trie::TrieAccount::default() };
        let addresses = [[0xa; 20], [0xb; 20]];
        let mut keys = addresses.map(|address| (alloy_trie::Nibbles::unpack(keccak(&address)), address));
        keys.sort();
        let retained = alloy_trie::proof::ProofRetainer::from_iter(keys.map(|(key, _)| key));
        let mut builder = alloy_trie::HashBuilder::default().with_proof_retainer(retained);
        for (key, _) in keys {
            builder.add_leaf(key, &alloy_rlp::encode(leaf));
        }
        let mut under = StateUnder::new(builder.root().0);
        let nodes = builder.take_proof_nodes();
        let account = Account::Present { nonce: 0, balance: [0; 32], storage_root, code_hash: leaf.code_hash.0 };
        let number = |slot: usize| {
            let mut key = [0; 32];
            key[24..].copy_from_slice(&slot.to_be_bytes());
            key
        };
        let slots: BTreeMap<_, _> = (0..=MAX_CARRIED / 2).map(|slot| (number(slot), [1; 32])).collect();
        under.before = addresses.map(|address| (address, Entry { account, slots: Arc::new(slots.clone()) })).into();
        for (key, address) in keys {
            let path = nodes.matching_nodes_sorted(&key).into_iter().map(|(_, node)| node).collect::<Vec<_>>();
            let nodes = path.iter().map(AsRef::as_ref).collect();
            under.add(&AccountProof { address, nodes, slots: Vec::new(), code: None }).unwrap();
        }
        let known = keys.map(|(_, address)| under.slot(address, number(1)));
        assert_eq!(known, [Some([1; 32]), None], "what is proven first is taken over, the rest is asked for again");
        assert_eq!(under.accounts.values().map(|entry| entry.slots.len()).sum::<usize>(), slots.len());
    }

    /// Each call may name contracts of its caller's choosing, and their code is proven.
    #[test]
    fn t38_code_is_kept_up_to_a_bound_and_what_came_first_goes_first() {
        let mut codes = Codes::default();
        let hash = |number: usize| {
            let mut hash = [0; 32];
            hash[..8].copy_from_slice(&number.to_be_bytes());
            hash
        };
        let fitting = MAX_CODES / MAX_CODE;
        for number in 1..=fitting + 3 {
            codes.keep(hash(number), &vec![0; MAX_CODE]);
            codes.keep(hash(number), &vec![0; MAX_CODE]);
            assert!(codes.bytes <= MAX_CODES);
            assert_eq!(codes.by_hash.values().map(|code| code.len()).sum::<usize>(), codes.bytes);
        }
        assert_eq!(codes.by_hash.len(), fitting);
        assert!((1..=3).all(|gone| !codes.by_hash.contains_key(&hash(gone))));
        assert!(codes.by_hash.contains_key(&hash(fitting + 3)));
    }
}
