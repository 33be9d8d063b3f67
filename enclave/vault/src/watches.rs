//! What the ledger says of where stores' money goes, and when each store is looked at again.

use std::collections::{BTreeSet, HashMap};

use alloy_primitives::B256;
use platform::Preset;
use protocol::ledger::{self, Seen, Unchanged, Unread};

use crate::connections::{Connection, Connections, Phase};
use crate::fold::OutOfOrder;
use crate::pace::Pace;

/// Milliseconds from one look at a store to the next, at least.
const DAY: u64 = 86_400_000;
/// Milliseconds that looks are spread over, by record id, so that stores that were looked at together do not stay together.
const SPREAD: u64 = 3_600_000;
/// Milliseconds from a store's being bound to the first look: whoever sets it up is done.
const FIRST: u64 = 600_000;
/// Milliseconds for which a store is passed over whose platform takes no more for now.
const WAIT: u64 = 5_000;
/// Milliseconds after the first failure, or the first look that came to nothing; four times as many after each further failure.
const REST: u64 = 3_600_000;
/// Failures in a row from which on the ledger says that there are no facts.
const SEVERAL: u32 = 3;
/// Milliseconds for which the status says that a store's money goes elsewhere.
const NEWS: u64 = 7 * DAY;
/// Stores that one tick passes over, at most.
const PASSED: usize = 64;

/// What the platform said last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    pub(crate) digest: [u8; 32],
    /// What was asked for them.
    pub(crate) asked: [u8; 32],
    /// Index of the entry that has them.
    pub(crate) entry: u64,
    /// Unix milliseconds of that entry.
    pub(crate) since: u64,
}

/// A store whose preset has a watch.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    /// Record id of its connection.
    pub(crate) connection: [u8; 32],
    /// The portfolio that it was made in, and its salt.
    pub(crate) named: (u64, B256),
    /// Unix milliseconds at which it was bound.
    bound_at: u64,
    pub(crate) facts: Option<Facts>,
    /// Unix milliseconds at which there were facts last; 0 if never.
    pub(crate) read_at: u64,
    /// Unix milliseconds at which they were others than before, the last time.
    pub(crate) changed_at: Option<u64>,
    /// Unix milliseconds of the entry that says that there are no facts, and why.
    pub(crate) unread: Option<(u64, Unread)>,
    /// Unix milliseconds before which it is not looked at. From here on, this process's alone.
    rests_until: u64,
    /// Nothing was asked, and a use of its connection ends the rest.
    idle: bool,
    failures: u32,
    /// Its binding does not say all that the question takes.
    pub(crate) unasked: bool,
}

impl Store {
    fn due_at(&self, id: &[u8; 32]) -> u64 {
        let [a, b, c, d, ..] = id;
        let part = u64::from(u32::from_be_bytes([*a, *b, *c, *d]));
        let spread = SPREAD.saturating_mul(part) >> 32;
        let from = match self.read_at {
            0 => self.bound_at.saturating_add(FIRST),
            at => at.saturating_add(DAY).saturating_add(spread),
        };
        from.max(self.rests_until)
    }
}

/// What becomes of a store that is not looked at.
enum Passed {
    /// Its turn comes with its connection's next use.
    Idle,
    /// Its turn comes.
    Waits,
}

/// Every store whose preset has a watch, by its binding's record id.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    stores: HashMap<[u8; 32], Store>,
    /// Bindings by the entry that has their facts.
    by_entry: HashMap<u64, [u8; 32]>,
    by_connection: HashMap<[u8; 32], Vec<[u8; 32]>>,
    calendar: BTreeSet<(u64, [u8; 32])>,
    /// Looks lately, by whose they are counted as.
    pub(crate) pace: Pace,
}

impl Watches {
    /// A store's binding names a connection of this preset from now on.
    pub(crate) fn bind(&mut self, binding: [u8; 32], connection: [u8; 32], preset: &str, named: (u64, B256), time: u64) {
        if Preset::of_id(preset).and_then(Preset::watch).is_none() || self.stores.contains_key(&binding) {
            return;
        }
        let store = Store {
            connection,
            named,
            bound_at: time,
            facts: None,
            read_at: 0,
            changed_at: None,
            unread: None,
            rests_until: 0,
            idle: false,
            failures: 0,
            unasked: false,
        };
        self.calendar.insert((store.due_at(&binding), binding));
        self.stores.insert(binding, store);
        self.by_connection.entry(connection).or_default().push(binding);
    }

    pub(crate) fn of(&self, binding: &[u8; 32]) -> Option<&Store> {
        self.stores.get(binding)
    }

    /// The stores of a connection.
    pub(crate) fn of_connection(&self, connection: &[u8; 32]) -> impl Iterator<Item = &Store> {
        self.by_connection.get(connection).into_iter().flatten().filter_map(|binding| self.stores.get(binding))
    }

    /// Whether this entry has the facts of a store.
    pub(crate) fn is_current(&self, entry: u64) -> bool {
        self.by_entry.contains_key(&entry)
    }

    fn change(&mut self, binding: &[u8; 32], change: impl FnOnce(&mut Store)) {
        if let Some(store) = self.stores.get_mut(binding) {
            self.calendar.remove(&(store.due_at(binding), *binding));
            change(store);
            self.calendar.insert((store.due_at(binding), *binding));
        }
    }

    /// A call of the store is made: what was passed over for want of one is due.
    pub(crate) fn used(&mut self, binding: &[u8; 32]) {
        self.change(binding, |store| {
            if core::mem::take(&mut store.idle) {
                store.rests_until = 0;
            }
        });
    }

    /// The same, of all stores of a connection that has a new access token.
    pub(crate) fn renewed(&mut self, connection: &[u8; 32]) {
        for binding in self.by_connection.get(connection).cloned().unwrap_or_default() {
            self.used(&binding);
        }
    }

    /// The store whose turn it is, of those that `free` lets through. It rests from here on, so that nothing that ends a conversation has
    /// it asked about again and again.
    pub(crate) fn next(&mut self, now: u64, connections: &Connections, free: impl Fn(&[u8; 32]) -> bool) -> Option<[u8; 32]> {
        let due: Vec<[u8; 32]> =
            self.calendar.range(..=(now, [u8::MAX; 32])).map(|(_, id)| *id).filter(|id| free(id)).take(PASSED).collect();
        for binding in due {
            let passed = self.stores.get(&binding).and_then(|store| self.passed(store, now, connections));
            match passed {
                // Behind those of other platforms.
                Some(Passed::Waits) => self.change(&binding, |store| store.rests_until = now.saturating_add(WAIT)),
                Some(Passed::Idle) => self.change(&binding, |store| {
                    store.idle = true;
                    store.rests_until = now.saturating_add(REST);
                }),
                None => {
                    self.change(&binding, |store| store.rests_until = now.saturating_add(REST));
                    return Some(binding);
                }
            }
        }
        None
    }

    /// Whether it is not looked at now. An access token is never made for it: it is looked at while one is good, which it is while calls are
    /// made.
    fn passed(&self, store: &Store, now: u64, connections: &Connections) -> Option<Passed> {
        let live = |connection: &&Connection| {
            connection.serves(&store.named) && connection.phase != Phase::Reauthorize && !connection.expired(now)
        };
        match connections.of(&store.connection).filter(live) {
            None => Some(Passed::Idle),
            Some(connection) => self.pace.full(&connection.paced_as(&store.connection), now).then_some(Passed::Waits),
        }
    }

    /// It is not looked at before then, for want of something that is not the platform's.
    pub(crate) fn rest(&mut self, binding: &[u8; 32], until: u64, unasked: bool) {
        self.change(binding, |store| {
            store.unasked = unasked;
            store.rests_until = until;
        });
    }

    /// There were facts: the day begins.
    pub(crate) fn read(&mut self, binding: &[u8; 32], now: u64) {
        self.change(binding, |store| {
            store.failures = 0;
            store.rests_until = now.saturating_add(DAY);
        });
    }

    /// There were none. Whether that is to be said.
    pub(crate) fn failed(&mut self, binding: &[u8; 32], now: u64, after: u64) -> bool {
        let mut said = false;
        self.change(binding, |store| {
            let wait = REST.saturating_mul(4_u64.saturating_pow(store.failures.min(3))).min(DAY);
            store.failures = store.failures.saturating_add(1);
            store.rests_until = now.saturating_add(wait.max(after.min(DAY)));
            said = store.failures >= SEVERAL && store.unread.is_none();
        });
        said
    }

    pub(crate) fn check_watched(&self, body: &ledger::Watched) -> Result<(), OutOfOrder> {
        let store = self.stores.get(&*body.binding).ok_or(OutOfOrder)?;
        let before = store.facts.filter(|facts| facts.asked == *body.asked);
        let follows = match (&body.seen, before) {
            (Seen::First { .. }, before) => before.is_none(),
            (Seen::Changed { digest, before }, Some(facts)) => facts.entry == *before && facts.digest != **digest,
            (Seen::Changed { .. }, None) => false,
            (Seen::Unread { .. }, _) => store.unread.is_none(),
        };
        if follows { Ok(()) } else { Err(OutOfOrder) }
    }

    pub(crate) fn watched(&mut self, index: u64, body: &ledger::Watched) -> Result<(), OutOfOrder> {
        self.check_watched(body)?;
        let time = body.time;
        let (digest, changed) = match body.seen {
            Seen::First { digest } => (digest, false),
            Seen::Changed { digest, .. } => (digest, true),
            Seen::Unread { why } => {
                self.change(&body.binding, |store| store.unread = Some((time, why)));
                return Ok(());
            }
        };
        let facts = Facts { digest: *digest, asked: *body.asked, entry: index, since: time };
        let mut before = None;
        self.change(&body.binding, |store| {
            before = store.facts.replace(facts);
            store.read_at = time;
            store.unread = None;
            if changed {
                store.changed_at = Some(time);
            }
        });
        if let Some(before) = before {
            self.by_entry.remove(&before.entry);
        }
        self.by_entry.insert(index, *body.binding);
        Ok(())
    }

    pub(crate) fn check_unchanged(&self, body: &Unchanged) -> Result<(), OutOfOrder> {
        let entries = body.stores.iter().map(|again| again.entry);
        let ascending = entries.clone().zip(entries.clone().skip(1)).all(|(one, other)| one < other);
        let known = entries.clone().all(|entry| self.is_current(entry));
        let many = (1..=Unchanged::MOST).contains(&body.stores.len());
        if ascending && known && many { Ok(()) } else { Err(OutOfOrder) }
    }

    pub(crate) fn unchanged(&mut self, body: &Unchanged) -> Result<(), OutOfOrder> {
        self.check_unchanged(body)?;
        for again in &body.stores {
            let Some(binding) = self.by_entry.get(&again.entry).copied() else { return Err(OutOfOrder) };
            let read_at = body.time.saturating_sub(again.ago.saturating_mul(1_000));
            self.change(&binding, |store| {
                store.read_at = store.read_at.max(read_at);
                store.unread = None;
            });
        }
        Ok(())
    }

    /// Stores of which there are facts, those whose facts changed lately, and those of which there are none: of those that calls may be made
    /// for.
    pub(crate) fn tally(&self, now: u64, connections: &Connections) -> (u64, u64, u64) {
        let serves = |store: &&Store| connections.of(&store.connection).is_some_and(|there| there.serves(&store.named));
        let mut tally = (0_u64, 0_u64, 0_u64);
        for store in self.stores.values().filter(serves) {
            let add = |sum: &mut u64, one: bool| *sum = sum.saturating_add(u64::from(one));
            add(&mut tally.0, store.facts.is_some());
            add(&mut tally.1, store.changed_at.is_some_and(|at| now < at.saturating_add(NEWS)));
            add(&mut tally.2, store.unread.is_some());
        }
        tally
    }
}
