//! Accounts, code and slots: what a run read, or lacks.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, B256};

/// What one head lacks for an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lacks {
    /// Read, and not proven: without it there is no answer.
    pub needed: Wanted,
    /// What will be read next, if the contracts are the ones known here. Asked for with the rest it saves round trips; where it is not to be had,
    /// nothing is lost.
    pub likely: Wanted,
}

impl Lacks {
    /// Whether there is an answer without any of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.needed.is_empty()
    }

    /// Both together.
    #[must_use]
    pub fn all(&self) -> Wanted {
        let mut all = self.needed.clone();
        all.merge(&self.likely);
        all
    }
}

/// Accounts with their slots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// By address.
    pub accounts: BTreeMap<Address, WantedAccount>,
}

/// What of one account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WantedAccount {
    /// Storage slots.
    pub slots: BTreeSet<B256>,
    /// Its code too.
    pub code: bool,
}

impl Wanted {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// Puts everything of `other` in.
    pub fn merge(&mut self, other: &Self) {
        for (address, account) in &other.accounts {
            let entry = self.accounts.entry(*address).or_default();
            entry.code |= account.code;
            entry.slots.extend(account.slots.iter().copied());
        }
    }

    /// Slots of all accounts.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.accounts.values().map(|account| account.slots.len()).sum()
    }

    pub(crate) fn account(&mut self, address: Address, code: bool) {
        self.accounts.entry(address).or_default().code |= code;
    }

    /// Whether the slot is new.
    pub(crate) fn slot(&mut self, address: Address, slot: B256) -> bool {
        self.accounts.entry(address).or_default().slots.insert(slot)
    }
}
