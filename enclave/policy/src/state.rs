//! Proven state as the EVM's database: what is not proven is asked for, never taken for zero.

use core::fmt;
use std::collections::BTreeSet;
use std::collections::HashMap;

use alloy_primitives::{Address, B256, KECCAK256_EMPTY, U256};
use chain::{Account, StateUnder};
use revm::Database;
use revm::database_interface::DBErrorMarker;
use revm::state::{AccountInfo, Bytecode};

use crate::bounds::Bounds;
use crate::machine::Machine;
use crate::wanted::Wanted;

/// What ends a run before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// An opcode whose value can't be proven or repeated.
    Forbidden(u8),
    /// An opcode that changes state, in a frame that is not static.
    StateChange(u8),
    /// Deeper than the bound.
    Depth,
    /// More accounts than the bound.
    Accounts,
    /// More slots than the bound.
    Slots,
    /// Proven code that is no EVM code.
    Code,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl core::error::Error for Stop {}
impl DBErrorMarker for Stop {}

/// One run's view of the state at one head, and the list of what it read.
///
/// A run goes on where something is not proven, with nothing in its place, only to find what else it will read, so that one round asks
/// for all of it. Such a run is discarded, whatever it came to.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    state: &'a StateUnder,
    machine: &'a Machine,
    slots: usize,
    holders: HashMap<B256, Address>,
    /// Read, proven or not.
    pub(crate) touched: Wanted,
    /// Read and not proven. A run that has any is discarded.
    pub(crate) missing: Wanted,
    /// Code that ran.
    pub(crate) called: BTreeSet<(Address, B256)>,
    /// Why a precompile provider ended the run; the EVM carries only a string.
    pub(crate) stopped: Option<Stop>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(state: &'a StateUnder, machine: &'a Machine) -> Self {
        Self {
            state,
            machine,
            slots: 0,
            holders: HashMap::new(),
            touched: Wanted::default(),
            missing: Wanted::default(),
            called: BTreeSet::new(),
            stopped: None,
        }
    }

    pub(crate) const fn bounds(&self) -> &Bounds {
        self.machine.bounds()
    }

    /// Keccak-256 of a short input.
    pub(crate) fn hash(&self, input: &[u8]) -> B256 {
        self.machine.hash(input)
    }

    /// The proven account, or notes that it is missing. Its code is asked for with it, for most accounts that a contract looks at are
    /// called next; not for the zero page, which is the sender and the precompiles.
    pub(crate) fn account(&mut self, address: Address) -> Result<Option<Account>, Stop> {
        if !self.touched.accounts.contains_key(&address) {
            if self.touched.accounts.len() >= self.bounds().accounts() {
                return Err(Stop::Accounts);
            }
            self.touched.account(address, false);
        }
        let account = self.state.account(address.into_array());
        if account.is_none() {
            self.missing.account(address, !in_zero_page(&address));
        }
        Ok(account)
    }
}

/// The first 65,536 addresses, where the precompiles are and where a run comes from.
fn in_zero_page(address: &Address) -> bool {
    address.starts_with(&[0; 18])
}

impl Database for Reader<'_> {
    type Error = Stop;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Stop> {
        match self.account(address)? {
            None | Some(Account::Absent) => Ok(None),
            Some(Account::Present { nonce, balance, storage_root: _, code_hash }) => {
                let code_hash = B256::from(code_hash);
                self.holders.insert(code_hash, address);
                // `code: None` makes the EVM ask `code_by_hash`; a default would be taken for the code, and run as nothing.
                Ok(Some(AccountInfo { balance: U256::from_be_bytes(balance), nonce, code_hash, account_id: None, code: None }))
            }
        }
    }

    fn code_by_hash(&mut self, code_hash: B256) -> Result<Bytecode, Stop> {
        if code_hash == KECCAK256_EMPTY {
            return Ok(Bytecode::default());
        }
        let holder = self.holders.get(&code_hash).copied();
        if let Some(address) = holder {
            self.touched.account(address, true);
        }
        let Some(code) = self.state.code(&code_hash.0) else {
            if let Some(address) = holder {
                self.missing.account(address, true);
            }
            return Ok(Bytecode::default());
        };
        self.machine.analysed(code_hash, &code).ok_or(Stop::Code)
    }

    fn storage(&mut self, address: Address, index: U256) -> Result<U256, Stop> {
        if matches!(self.account(address)?, None | Some(Account::Absent)) {
            return Ok(U256::ZERO);
        }
        let slot = B256::from(index);
        let known = self.touched.accounts.get(&address).is_some_and(|account| account.slots.contains(&slot));
        if !known {
            if self.slots >= self.bounds().slots() {
                return Err(Stop::Slots);
            }
            self.slots = self.slots.saturating_add(1);
            self.touched.slot(address, slot);
        }
        if let Some(value) = self.state.slot(address.into_array(), slot.0) {
            return Ok(U256::from_be_bytes(value));
        }
        self.missing.slot(address, slot);
        Ok(U256::ZERO)
    }

    fn block_hash(&mut self, _number: u64) -> Result<B256, Stop> {
        Err(Stop::Forbidden(revm::bytecode::opcode::BLOCKHASH))
    }
}
