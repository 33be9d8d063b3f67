//! What decisions read lately, store by store, so that the next head is asked for all of it at once.
//!
//! Each store has a share of its own, and no store's callers can take another's: what is forgotten first is the store that was asked about
//! longest ago. What a share holds is what one decision may read, so shares are bounded by the EVM's bounds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use policy::{Bounds, Wanted, WantedAccount};

/// Stores that are remembered.
const STORES: usize = 16_384;
/// Slots of one store's share: what all operations of one call may read is seldom more than what one may.
const SHARE: usize = Bounds::SLOTS;
/// Accounts of one store's share.
const SHARE_ACCOUNTS: usize = Bounds::ACCOUNTS;
/// Slots that a head is asked for before anybody needs them: their proofs fit one frame. Other stores are asked for when they are called, each
/// in one round trip.
const AHEAD: usize = 2_048;
/// Accounts that a head is asked for before anybody needs them.
const AHEAD_ACCOUNTS: usize = 256;

/// Shares by store.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    shares: HashMap<[u8; 32], Share>,
    /// Stores by when they were asked about last.
    order: BTreeMap<u64, [u8; 32]>,
    clock: u64,
    /// What the vault itself reads.
    own: Wanted,
}

#[derive(Debug)]
struct Share {
    wanted: Wanted,
    at: u64,
}

impl Touched {
    /// Remembers what the vault itself read.
    pub(crate) fn own(&mut self, wanted: &Wanted) {
        self.own.merge(wanted);
    }

    /// Remembers what a decision about a store read, beside what others about it read. A share that is full starts anew: what is still read
    /// comes back.
    pub(crate) fn remember(&mut self, store: [u8; 32], wanted: &Wanted) {
        self.clock = self.clock.saturating_add(1);
        let mut all = self.of(&store).cloned().unwrap_or_default();
        all.merge(wanted);
        let full = count(&all) > SHARE || all.accounts.len() > SHARE_ACCOUNTS;
        let share = Share { wanted: if full { bounded(wanted, SHARE, SHARE_ACCOUNTS) } else { all }, at: self.clock };
        if let Some(before) = self.shares.insert(store, share) {
            self.order.remove(&before.at);
        }
        self.order.insert(self.clock, store);
        while self.shares.len() > STORES {
            let Some((_, oldest)) = self.order.pop_first() else { break };
            self.shares.remove(&oldest);
        }
    }

    /// What was read for this store last time.
    pub(crate) fn of(&self, store: &[u8; 32]) -> Option<&Wanted> {
        self.shares.get(store).map(|share| &share.wanted)
    }

    /// What the next head is asked for: the vault's own, then the stores that were asked about last.
    pub(crate) fn ahead(&self) -> Wanted {
        let mut ahead = self.own.clone();
        let mut slots = count(&ahead);
        for store in self.order.values().rev() {
            let Some(share) = self.shares.get(store) else { continue };
            slots = slots.saturating_add(added(&mut ahead, &share.wanted));
            if slots > AHEAD || ahead.accounts.len() > AHEAD_ACCOUNTS {
                break;
            }
        }
        bounded(&ahead, AHEAD, AHEAD_ACCOUNTS)
    }
}

fn count(wanted: &Wanted) -> usize {
    wanted.accounts.values().map(|account| account.slots.len()).sum()
}

/// Puts `more` in, and says how many slots were new.
fn added(to: &mut Wanted, more: &Wanted) -> usize {
    let before: usize =
        more.accounts.keys().filter_map(|address| to.accounts.get(address)).map(|account| account.slots.len()).sum();
    to.merge(more);
    let after: usize =
        more.accounts.keys().filter_map(|address| to.accounts.get(address)).map(|account| account.slots.len()).sum();
    after.saturating_sub(before)
}

/// The first so many slots of the first so many accounts.
fn bounded(wanted: &Wanted, mut slots: usize, accounts: usize) -> Wanted {
    let accounts = wanted.accounts.iter().take(accounts).map(|(address, account)| {
        let taken: BTreeSet<_> = account.slots.iter().take(slots).copied().collect();
        slots = slots.saturating_sub(taken.len());
        (*address, WantedAccount { slots: taken, code: account.code })
    });
    Wanted { accounts: accounts.collect() }
}

#[cfg(test)]
mod tests {
    use alloy_primitives::{Address, B256, U256};

    use super::*;

    const REGISTRY: Address = Address::repeat_byte(1);

    fn store(number: u64) -> [u8; 32] {
        U256::from(number).to_be_bytes()
    }

    /// One slot that all stores share, and three of this store's own.
    fn read(number: u64) -> Wanted {
        let own = (1..4_u64).map(|slot| B256::from(U256::from(1_000 + 10 * number + slot)));
        let slots = own.chain([B256::ZERO]).collect();
        Wanted { accounts: BTreeMap::from([(REGISTRY, WantedAccount { slots, code: true })]) }
    }

    fn touched(stores: u64) -> Touched {
        let mut touched = Touched::default();
        for number in 0..stores {
            touched.remember(store(number), &read(number));
        }
        touched
    }

    #[test]
    fn a_head_is_asked_for_all_active_stores_at_once() {
        for stores in [1, 100, 600] {
            assert_eq!(count(&touched(stores).ahead()), usize::try_from(3 * stores + 1).unwrap());
        }
    }

    #[test]
    fn of_more_stores_than_fit_the_latest_are_asked_for_and_none_is_forgotten() {
        let touched = touched(10_000);
        let ahead = touched.ahead();
        assert_eq!(count(&ahead), AHEAD);
        assert_eq!(touched.shares.len(), 10_000);
        for number in 0..10_000 {
            assert_eq!(touched.of(&store(number)), Some(&read(number)));
        }
    }

    #[test]
    fn a_store_does_not_take_anothers_share() {
        let mut touched = touched(2);
        let greedy = (0..10_000_u64).map(|slot| B256::from(U256::from(slot))).collect();
        let greedy = Wanted { accounts: BTreeMap::from([(REGISTRY, WantedAccount { slots: greedy, code: true })]) };
        for _ in 0..100 {
            touched.remember(store(1), &greedy);
        }
        assert_eq!(touched.of(&store(0)), Some(&read(0)));
        assert_eq!(touched.of(&store(1)).map(count), Some(SHARE));
        assert!(touched.ahead().accounts[&REGISTRY].slots.contains(&B256::from(U256::from(1_001))));
    }

    #[test]
    fn callers_of_one_store_share_its_share() {
        let mut touched = touched(1);
        touched.remember(store(0), &read(7));
        let both = touched.of(&store(0)).unwrap();
        assert_eq!(count(both), 7);
        for number in 10..40 {
            touched.remember(store(0), &read(number));
        }
        let now = touched.of(&store(0)).unwrap();
        assert!(count(now) <= SHARE && now.accounts[&REGISTRY].slots.is_superset(&read(39).accounts[&REGISTRY].slots));
    }

    #[test]
    fn the_store_that_was_asked_about_longest_ago_is_forgotten_first() {
        let last = u64::try_from(STORES).unwrap();
        let mut touched = touched(last);
        touched.remember(store(0), &read(0));
        touched.remember(store(last), &read(last));
        assert!(touched.of(&store(0)).is_some() && touched.of(&store(last)).is_some());
        assert!(touched.of(&store(1)).is_none());
        assert_eq!((touched.shares.len(), touched.order.len()), (STORES, STORES));
    }
}
