//! Which accounts and slots are proven at every head.

use std::collections::BTreeMap;

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use protocol::message::AccountQuery;

/// Accounts, at most. The enclave remembers 64.
const ACCOUNTS: usize = 128;
/// Slots, at most. The enclave remembers 512.
const SLOTS: usize = 1_024;
/// Blocks after which what nobody asked for is forgotten: about a week.
const FORGOTTEN: u64 = 50_400;
/// Blocks from one note of a use to the next, so that not every question is written down.
const NOTED: u64 = 64;

/// Block numbers at which something was first and last asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
struct Asked {
    #[n(0)]
    first: u64,
    #[n(1)]
    last: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Account {
    #[n(0)]
    asked: Asked,
    /// Since when its code is wanted too.
    #[n(1)]
    code: Option<Asked>,
    #[n(2)]
    slots: BTreeMap<ByteArray<32>, Asked>,
}

/// What is registered, by account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct Registry {
    #[n(0)]
    accounts: BTreeMap<ByteArray<20>, Account>,
    /// The newest block that was seen.
    #[n(1)]
    newest: u64,
    /// Whether it differs from what was written last.
    #[n(2)]
    changed: bool,
}

impl Registry {
    /// Takes in what is asked for, and lets go of what was not asked for the longest if there is too much.
    pub(super) fn register(&mut self, accounts: &[AccountQuery]) {
        if accounts.len() > ACCOUNTS || accounts.iter().map(|account| account.slots.len()).sum::<usize>() > SLOTS {
            return;
        }
        let now = Asked { first: self.newest, last: self.newest };
        for AccountQuery { address, slots, code } in accounts {
            let mut changed = false;
            let account = self.accounts.entry(*address).or_insert_with(|| {
                changed = true;
                Account { asked: now, code: None, slots: BTreeMap::new() }
            });
            changed |= again(&mut account.asked, now);
            if *code {
                changed |= account.code.is_none();
                changed |= again(account.code.get_or_insert(now), now);
            }
            for slot in slots {
                let entry = account.slots.entry(*slot).or_insert_with(|| {
                    changed = true;
                    now
                });
                changed |= again(entry, now);
            }
            self.changed |= changed;
        }
        while self.accounts.len() > ACCOUNTS {
            let oldest = self.accounts.iter().min_by_key(|(_, account)| account.asked.last).map(|(address, _)| *address);
            oldest.map(|address| self.accounts.remove(&address));
        }
        while self.accounts.values().map(|account| account.slots.len()).sum::<usize>() > SLOTS {
            let slots =
                self.accounts.iter().flat_map(|(address, a)| a.slots.iter().map(|(slot, asked)| (asked.last, *address, *slot)));
            if let Some((_, address, slot)) = slots.min()
                && let Some(account) = self.accounts.get_mut(&address)
            {
                account.slots.remove(&slot);
            }
        }
    }

    /// A block came: what nobody asked for lately is let go.
    pub(super) fn seen(&mut self, block: u64) {
        if block <= self.newest {
            return;
        }
        self.newest = block;
        let fresh = |asked: &Asked| asked.last.saturating_add(FORGOTTEN) >= block;
        let before = self.accounts.len();
        self.accounts.retain(|_, account| fresh(&account.asked));
        self.changed |= self.accounts.len() != before;
        for account in self.accounts.values_mut() {
            let before = account.slots.len();
            account.slots.retain(|_, asked| fresh(asked));
            self.changed |= account.slots.len() != before;
        }
    }

    /// A copy to write, if there is anything new in it.
    pub(super) fn changed(&mut self) -> Option<Self> {
        std::mem::take(&mut self.changed).then(|| self.clone())
    }

    /// Everything.
    pub(super) fn queries(&self) -> Vec<AccountQuery> {
        self.due_at(u64::MAX)
    }

    /// What was registered when this block came.
    pub(super) fn due_at(&self, block: u64) -> Vec<AccountQuery> {
        let due = |asked: &Asked| asked.first <= block;
        let accounts = self.accounts.iter().filter(|(_, account)| due(&account.asked));
        accounts
            .map(|(address, account)| AccountQuery {
                address: *address,
                slots: account.slots.iter().filter(|(_, asked)| due(asked)).map(|(slot, _)| *slot).collect(),
                code: account.code.as_ref().is_some_and(due),
            })
            .collect()
    }
}

fn again(asked: &mut Asked, now: Asked) -> bool {
    let note = now.last >= asked.last.saturating_add(NOTED);
    if note {
        asked.last = now.last;
    }
    note
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(address: u8, slots: std::ops::Range<u16>) -> AccountQuery {
        let slot = |n: u16| {
            let mut slot = [0; 32];
            slot[..2].copy_from_slice(&n.to_be_bytes());
            slot.into()
        };
        AccountQuery { address: [address; 20].into(), slots: slots.map(slot).collect(), code: false }
    }

    fn count(registry: &Registry) -> usize {
        registry.queries().iter().map(|query| query.slots.len()).sum()
    }

    #[test]
    fn what_is_asked_for_later_is_not_due_at_an_earlier_block() {
        let mut registry = Registry::default();
        registry.seen(100);
        registry.register(&[query(1, 0..2)]);
        registry.seen(200);
        registry.register(&[AccountQuery { code: true, ..query(1, 1..3) }, query(2, 0..0)]);
        assert_eq!(registry.due_at(99), vec![]);
        assert_eq!(registry.due_at(199), vec![query(1, 0..2)]);
        assert_eq!(registry.due_at(200), vec![AccountQuery { code: true, ..query(1, 0..3) }, query(2, 0..0)]);
    }

    #[test]
    fn too_much_costs_what_was_not_asked_for_the_longest() {
        let mut registry = Registry::default();
        registry.register(&[query(1, 0..1_000)]);
        registry.seen(100);
        registry.register(&[query(1, 0..500)]);
        registry.register(&[query(2, 0..200)]);
        assert_eq!(count(&registry), 1_024);
        let kept = registry.queries();
        assert!((0..500).all(|n| kept[0].slots.contains(&query(1, n..n + 1).slots[0])));
        assert_eq!(kept[1].slots.len(), 200);
        registry.seen(200);
        let many: Vec<_> = (10..=137).map(|address| query(address, 0..0)).collect();
        registry.register(&many);
        assert_eq!(registry.queries(), many);
        registry.register(&[query(3, 0..1_025)]);
        assert_eq!(registry.queries(), many);
    }

    #[test]
    fn what_nobody_asks_for_is_forgotten() {
        let mut registry = Registry::default();
        registry.register(&[query(1, 0..2), query(2, 0..1)]);
        registry.seen(50_000);
        registry.register(&[query(1, 0..1)]);
        registry.seen(50_400);
        assert_eq!(count(&registry), 3);
        registry.seen(50_401);
        assert_eq!(registry.queries(), vec![query(1, 0..1)]);
    }

    #[test]
    fn only_what_is_new_is_written() {
        let mut registry = Registry::default();
        registry.register(&[query(1, 0..1)]);
        assert!(registry.changed().is_some());
        registry.seen(63);
        registry.register(&[query(1, 0..1)]);
        assert_eq!(registry.changed(), None);
        registry.seen(64);
        registry.register(&[query(1, 0..1)]);
        assert!(registry.changed().is_some());
    }
}
