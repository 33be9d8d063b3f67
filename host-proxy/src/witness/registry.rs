//! Which accounts and slots are proven at every head.
//!
//! Two pools, so that neither takes the other's room. What the enclave names in its status is what it means to read again: it has chosen
//! among its stores, and anybody's question can't change that. What it asks for in passing may come of a stranger's call.

use std::collections::{BTreeMap, BTreeSet};

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use protocol::message::AccountQuery;

/// What the enclave names in its status, at most, and as much again of what it named before.
const NAMED: Room = Room { accounts: 512, slots: 4_096 };
/// What it asked for, at most.
const ASKED: Room = Room { accounts: 128, slots: 1_024 };
/// Blocks after which what nobody asked for is forgotten: about a week.
const FORGOTTEN: u64 = 50_400;
/// Blocks from one note of a use to the next, so that not every question is written down.
const NOTED: u64 = 64;

/// Accounts and slots.
#[derive(Clone, Copy, Debug)]
struct Room {
    accounts: usize,
    slots: usize,
}

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

/// What is registered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(super) struct Registry {
    #[n(0)]
    named: Pool,
    #[n(1)]
    asked: Pool,
    /// The newest block that was seen.
    #[n(2)]
    newest: u64,
    /// Whether it differs from what was written last.
    #[n(3)]
    changed: bool,
}

impl Registry {
    /// Takes in what the enclave's status names. What it named before goes first if there is too much.
    pub(super) fn name(&mut self, accounts: &[AccountQuery]) {
        self.changed |= self.named.register(self.newest, accounts, NAMED);
    }

    /// Takes in what the enclave asks for.
    pub(super) fn ask(&mut self, accounts: &[AccountQuery]) {
        self.changed |= self.asked.register(self.newest, accounts, ASKED);
    }

    /// A block came: what nobody asked for lately is let go.
    pub(super) fn seen(&mut self, block: u64) {
        if block <= self.newest {
            return;
        }
        self.newest = block;
        for pool in [&mut self.named, &mut self.asked] {
            self.changed |= pool.forget(block);
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
        let mut due: BTreeMap<ByteArray<20>, (bool, BTreeSet<ByteArray<32>>)> = BTreeMap::new();
        for (address, account) in self.named.0.iter().chain(&self.asked.0).filter(|(_, account)| account.asked.first <= block) {
            let (code, slots) = due.entry(*address).or_default();
            *code |= account.code.is_some_and(|asked| asked.first <= block);
            slots.extend(account.slots.iter().filter(|(_, asked)| asked.first <= block).map(|(slot, _)| *slot));
        }
        due.into_iter()
            .map(|(address, (code, slots))| AccountQuery { address, slots: slots.into_iter().collect(), code })
            .collect()
    }
}

/// What is registered for one reason, by account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
struct Pool(#[n(0)] BTreeMap<ByteArray<20>, Account>);

impl Pool {
    /// Whether anything is new. More than there is room for is not taken.
    fn register(&mut self, newest: u64, accounts: &[AccountQuery], room: Room) -> bool {
        if accounts.len() > room.accounts || accounts.iter().map(|account| account.slots.len()).sum::<usize>() > room.slots {
            return false;
        }
        let now = Asked { first: newest, last: newest };
        let mut changed = false;
        for AccountQuery { address, slots, code } in accounts {
            let account = self.0.entry(*address).or_insert_with(|| {
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
        }
        self.shrink(accounts, room);
        changed
    }

    /// Lets go of what was not asked for the longest until the rest has room. What was just taken in stays: it has.
    fn shrink(&mut self, keep: &[AccountQuery], room: Room) {
        let over = self.0.len().saturating_sub(room.accounts);
        if over > 0 {
            let kept: BTreeSet<_> = keep.iter().map(|account| account.address).collect();
            let mut oldest: Vec<_> =
                self.0.iter().map(|(address, account)| (kept.contains(address), account.asked.last, *address)).collect();
            oldest.sort_unstable();
            for (.., address) in oldest.into_iter().take(over) {
                self.0.remove(&address);
            }
        }
        let over = self.0.values().map(|account| account.slots.len()).sum::<usize>().saturating_sub(room.slots);
        if over > 0 {
            let kept: BTreeSet<_> =
                keep.iter().flat_map(|account| account.slots.iter().map(|slot| (account.address, *slot))).collect();
            let slots = self.0.iter().flat_map(|(address, a)| a.slots.iter().map(|(slot, asked)| (*address, *slot, asked.last)));
            let mut oldest: Vec<_> =
                slots.map(|(address, slot, last)| (kept.contains(&(address, slot)), last, address, slot)).collect();
            oldest.sort_unstable();
            for (.., address, slot) in oldest.into_iter().take(over) {
                if let Some(account) = self.0.get_mut(&address) {
                    account.slots.remove(&slot);
                }
            }
        }
    }

    /// Whether anything was let go.
    fn forget(&mut self, block: u64) -> bool {
        let fresh = |asked: &Asked| asked.last.saturating_add(FORGOTTEN) >= block;
        let before = self.0.len();
        self.0.retain(|_, account| fresh(&account.asked));
        let mut changed = self.0.len() != before;
        for account in self.0.values_mut() {
            let before = account.slots.len();
            account.slots.retain(|_, asked| fresh(asked));
            changed |= account.slots.len() != before;
        }
        changed
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
        registry.ask(&[query(1, 0..2)]);
        registry.seen(200);
        registry.ask(&[AccountQuery { code: true, ..query(1, 1..3) }, query(2, 0..0)]);
        assert_eq!(registry.due_at(99), vec![]);
        assert_eq!(registry.due_at(199), vec![query(1, 0..2)]);
        assert_eq!(registry.due_at(200), vec![AccountQuery { code: true, ..query(1, 0..3) }, query(2, 0..0)]);
    }

    #[test]
    fn too_much_costs_what_was_not_asked_for_the_longest() {
        let mut registry = Registry::default();
        registry.ask(&[query(1, 0..1_000)]);
        registry.seen(100);
        registry.ask(&[query(1, 0..500)]);
        registry.ask(&[query(2, 0..200)]);
        assert_eq!(count(&registry), 1_024);
        let kept = registry.queries();
        assert!((0..500).all(|n| kept[0].slots.contains(&query(1, n..n + 1).slots[0])));
        assert_eq!(kept[1].slots.len(), 200);
        registry.seen(200);
        let many: Vec<_> = (10..=137).map(|address| query(address, 0..0)).collect();
        registry.ask(&many);
        assert_eq!(registry.queries(), many);
        registry.ask(&[query(3, 0..1_025)]);
        assert_eq!(registry.queries(), many);
    }

    #[test]
    fn what_nobody_asks_for_is_forgotten() {
        let mut registry = Registry::default();
        registry.ask(&[query(1, 0..2), query(2, 0..1)]);
        registry.seen(50_000);
        registry.ask(&[query(1, 0..1)]);
        registry.seen(50_400);
        assert_eq!(count(&registry), 3);
        registry.seen(50_401);
        assert_eq!(registry.queries(), vec![query(1, 0..1)]);
    }

    #[test]
    fn only_what_is_new_is_written() {
        let mut registry = Registry::default();
        registry.ask(&[query(1, 0..1)]);
        assert!(registry.changed().is_some());
        registry.seen(63);
        registry.ask(&[query(1, 0..1)]);
        assert_eq!(registry.changed(), None);
        registry.seen(64);
        registry.ask(&[query(1, 0..1)]);
        assert!(registry.changed().is_some());
    }

    #[test]
    fn what_is_in_both_pools_is_proven_once() {
        let mut registry = Registry::default();
        registry.name(&[query(1, 0..2)]);
        registry.ask(&[AccountQuery { code: true, ..query(1, 1..3) }]);
        assert_eq!(registry.queries(), vec![AccountQuery { code: true, ..query(1, 0..3) }]);
    }

    #[test]
    fn t76_what_strangers_make_the_enclave_ask_for_drives_out_nothing_that_it_names() {
        let mut registry = Registry::default();
        // All that a status names: 2,048 slots of 256 accounts.
        let named: Vec<_> = (0..=255).map(|address| query(address, 0..8)).collect();
        registry.name(&named);
        for block in 1..200 {
            registry.seen(block);
            registry
                .ask(&[query(7, 1_000 * u16::try_from(block % 60).unwrap()..1_000 * u16::try_from(block % 60).unwrap() + 1_000)]);
            registry.ask(&[query(1, 0..1_025)]);
        }
        let kept = registry.queries();
        assert!(named.iter().zip(&kept).all(|(named, kept)| named.slots.iter().all(|slot| kept.slots.contains(slot))));
        assert!(count(&registry) <= 2_048 + 1_024);
    }

    #[test]
    fn t76_what_the_enclave_names_now_drives_out_what_it_named_before() {
        let mut registry = Registry::default();
        let active = query(1, 0..1_024);
        for block in 1..100_u16 {
            registry.seen(u64::from(block));
            // Beside what is read all the time, something else at every head.
            registry.name(&[active.clone(), query(2, 100 * block..100 * block + 1_024)]);
        }
        let kept = registry.queries();
        assert_eq!(kept[0], active);
        assert_eq!(count(&registry), 4_096);
        assert!(query(2, 9_900..10_924).slots.iter().all(|slot| kept[1].slots.contains(slot)));
    }
}
