//! What decisions read lately, store by store, so that the next head is asked for all of it at once.
//!
//! Each store has a share of its own, and no store's callers can take another's: what is forgotten first is the store that was asked about
//! longest ago. Anybody may ask about any store, and is told no. So what permitted uses of credentials read is a group apart from all
//! else, which has little room in what a head is asked for and takes none from it. What a share holds is what one decision may read, so shares
//! are bounded by the EVM's bounds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use policy::{Bounds, Wanted, WantedAccount};

/// Stores in use that are remembered.
const STORES: usize = 16_384;
/// Stores that are remembered for what was refused or only tried there.
const OTHERS: usize = 1_024;
/// Slots of one store's share: what all operations of one call may read is seldom more than what one may.
const SHARE: usize = Bounds::SLOTS;
/// Accounts of one store's share.
const SHARE_ACCOUNTS: usize = Bounds::ACCOUNTS;
/// Slots and accounts that a head is asked for before anybody needs them: those of 10,000 stores with grants of their own. Their proofs share
/// most nodes and fit one frame (`cargo bench -p policy`); where they don't, the rest is asked for when it is needed, store by store in one
/// round trip.
const AHEAD: Room = Room { slots: 32_768, accounts: 256 };
/// What of it the host is told in a status, so that it keeps proofs until they are final.
const TOLD: Room = Room { slots: 2_048, accounts: 256 };
/// What of it may be for what was refused or only tried, if it is left.
const AHEAD_OTHERS: Room = Room { slots: 256, accounts: 32 };

/// Slots and accounts.
#[derive(Clone, Copy, Debug)]
struct Room {
    slots: usize,
    accounts: usize,
}

/// Shares by store.
#[derive(Debug)]
pub(crate) struct Touched {
    /// What permitted uses of credentials read.
    used: Shares,
    others: Shares,
    /// What the vault itself reads.
    own: Wanted,
}

impl Default for Touched {
    fn default() -> Self {
        Self { used: Shares::of_at_most(STORES), others: Shares::of_at_most(OTHERS), own: Wanted::default() }
    }
}

impl Touched {
    /// Remembers what the vault itself read.
    pub(crate) fn own(&mut self, wanted: &Wanted) {
        self.own.merge(wanted);
    }

    /// Remembers what a decision about a store read, beside what others about it read. `used` says that it permitted the use of a credential
    /// that is kept here.
    pub(crate) fn remember(&mut self, store: [u8; 32], used: bool, wanted: &Wanted) {
        if used { self.used.remember(store, wanted) } else { self.others.remember(store, wanted) }
    }

    /// What permitted uses read for this store last time. What was refused for want of a proof is not in it: asked for together, it would
    /// keep the rest from being proven.
    pub(crate) fn of(&self, store: &[u8; 32]) -> Wanted {
        self.used.of(store).cloned().unwrap_or_default()
    }

    /// What the next head is asked for: the vault's own, then the stores that were asked about last.
    pub(crate) fn ahead(&self) -> Wanted {
        self.latest(AHEAD)
    }

    /// What of it the host is told.
    pub(crate) fn told(&self) -> Wanted {
        self.latest(TOLD)
    }

    fn latest(&self, room: Room) -> Wanted {
        let mut latest = bounded(&self.own, room);
        self.used.fill(&mut latest, room);
        let others = Room {
            slots: count(&latest).saturating_add(AHEAD_OTHERS.slots).min(room.slots),
            accounts: latest.accounts.len().saturating_add(AHEAD_OTHERS.accounts).min(room.accounts),
        };
        self.others.fill(&mut latest, others);
        latest
    }
}

/// Shares of one group of stores.
#[derive(Debug)]
struct Shares {
    stores: HashMap<[u8; 32], Share>,
    /// Stores by when they were asked about last.
    order: BTreeMap<u64, [u8; 32]>,
    clock: u64,
    most: usize,
}

#[derive(Debug)]
struct Share {
    wanted: Wanted,
    at: u64,
}

impl Shares {
    fn of_at_most(most: usize) -> Self {
        Self { stores: HashMap::new(), order: BTreeMap::new(), clock: 0, most }
    }

    fn of(&self, store: &[u8; 32]) -> Option<&Wanted> {
        self.stores.get(store).map(|share| &share.wanted)
    }

    /// A share that is full starts anew: what is still read comes back.
    fn remember(&mut self, store: [u8; 32], wanted: &Wanted) {
        self.clock = self.clock.saturating_add(1);
        let mut all = Wanted::default();
        if let Some(before) = self.stores.remove(&store) {
            self.order.remove(&before.at);
            all = before.wanted;
        }
        all.merge(wanted);
        let full = count(&all) > SHARE || all.accounts.len() > SHARE_ACCOUNTS;
        let wanted = if full { bounded(wanted, Room { slots: SHARE, accounts: SHARE_ACCOUNTS }) } else { all };
        self.stores.insert(store, Share { wanted, at: self.clock });
        self.order.insert(self.clock, store);
        while self.stores.len() > self.most {
            let Some((_, oldest)) = self.order.pop_first() else { break };
            self.stores.remove(&oldest);
        }
    }

    /// Adds the shares of the stores that were asked about last, as many as there is room for.
    fn fill(&self, ahead: &mut Wanted, room: Room) {
        let mut slots = count(ahead);
        for store in self.order.values().rev() {
            let Some(share) = self.of(store) else { continue };
            let more = lacking(ahead, share);
            slots = slots.saturating_add(more.slots);
            if slots > room.slots || ahead.accounts.len().saturating_add(more.accounts) > room.accounts {
                return;
            }
            ahead.merge(share);
        }
    }
}

fn count(wanted: &Wanted) -> usize {
    wanted.accounts.values().map(|account| account.slots.len()).sum()
}

/// How much of `share` is not in `ahead` yet.
fn lacking(ahead: &Wanted, share: &Wanted) -> Room {
    let mut room = Room { slots: 0, accounts: 0 };
    for (address, account) in &share.accounts {
        let more = if let Some(there) = ahead.accounts.get(address) {
            account.slots.difference(&there.slots).count()
        } else {
            room.accounts = room.accounts.saturating_add(1);
            account.slots.len()
        };
        room.slots = room.slots.saturating_add(more);
    }
    room
}

/// The first so many slots of the first so many accounts.
fn bounded(wanted: &Wanted, Room { mut slots, accounts }: Room) -> Wanted {
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
            touched.remember(store(number), true, &read(number));
        }
        touched
    }

    #[test]
    fn a_head_is_asked_for_all_active_stores_at_once() {
        for stores in [1, 100, 10_000] {
            assert_eq!(count(&touched(stores).ahead()), usize::try_from(3 * stores + 1).unwrap());
        }
    }

    #[test]
    fn of_more_stores_than_fit_the_latest_are_asked_for_and_none_is_forgotten() {
        let touched = touched(12_000);
        // Whole shares: of 32,768 slots, and of 2,048, one is of all stores and three are of each.
        assert_eq!(count(&touched.ahead()), 1 + 3 * 10_922);
        assert_eq!(count(&touched.told()), 1 + 3 * 682);
        assert_eq!(touched.used.stores.len(), 12_000);
        for number in 0..12_000 {
            assert_eq!(touched.of(&store(number)), read(number));
        }
    }

    #[test]
    fn a_store_does_not_take_anothers_share() {
        let mut touched = touched(2);
        let greedy = (0..1_000_u64).map(|slot| B256::from(U256::from(slot))).collect();
        let greedy = Wanted { accounts: BTreeMap::from([(REGISTRY, WantedAccount { slots: greedy, code: true })]) };
        for _ in 0..20 {
            touched.remember(store(1), true, &greedy);
        }
        assert_eq!(touched.of(&store(0)), read(0));
        assert_eq!(count(&touched.of(&store(1))), SHARE);
        assert!(touched.ahead().accounts[&REGISTRY].slots.contains(&B256::from(U256::from(1_001))));
    }

    #[test]
    fn callers_of_one_store_share_its_share() {
        let mut touched = touched(1);
        touched.remember(store(0), true, &read(7));
        let both = touched.of(&store(0));
        assert_eq!(count(&both), 7);
        for number in 10..40 {
            touched.remember(store(0), true, &read(number));
        }
        let now = touched.of(&store(0));
        assert!(count(&now) <= SHARE && now.accounts[&REGISTRY].slots.is_superset(&read(39).accounts[&REGISTRY].slots));
    }

    #[test]
    fn the_store_that_was_asked_about_longest_ago_is_forgotten_first() {
        let last = u64::try_from(STORES).unwrap();
        let mut touched = touched(last);
        touched.remember(store(0), true, &read(0));
        touched.remember(store(last), true, &read(last));
        assert!(!touched.of(&store(0)).is_empty() && !touched.of(&store(last)).is_empty());
        assert!(touched.of(&store(1)).is_empty());
        assert_eq!((touched.used.stores.len(), touched.used.order.len()), (STORES, STORES));
    }

    #[test]
    fn t76_strangers_take_no_room_from_stores_whose_credentials_are_in_use() {
        let mut touched = touched(682);
        let full = touched.told();
        // Whatever stores they name, those in use among them, at whatever rate.
        for number in (0..682).chain(1_000..4_000) {
            touched.remember(store(number), false, &read(number + 5_000));
        }
        assert_eq!(touched.told(), full);
        for number in 0..682 {
            assert_eq!(touched.of(&store(number)), read(number));
        }
        assert_eq!(touched.others.stores.len(), OTHERS);
    }

    #[test]
    fn what_was_refused_or_only_tried_has_little_room() {
        let mut touched = Touched::default();
        for number in 0..200 {
            touched.remember(store(number), false, &read(number));
        }
        assert_eq!(count(&touched.ahead()), 1 + 3 * 85);
        touched.remember(store(0), true, &read(7));
        assert_eq!(touched.of(&store(0)), read(7));
        assert!(touched.ahead().accounts[&REGISTRY].slots.is_superset(&read(7).accounts[&REGISTRY].slots));
    }
}
