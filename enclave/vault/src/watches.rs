//! What the ledger says of where stores' money goes, and when each store is looked at again.

use std::collections::HashMap;

use alloy_primitives::B256;
use platform::{BucketScope, Preset};
use protocol::ledger::{self, Seen, Unchanged, Unread};

use crate::connections::{Calendar, Connection, Connections, Phase};
use crate::fold::OutOfOrder;
use crate::pace::Pace;

/// Milliseconds from one look at a store to the next, at least.
const DAY: u64 = 86_400_000;
/// Milliseconds that looks are spread over, by record id, so that stores that were looked at together do not stay together.
const SPREAD: u64 = 3_600_000;
/// Milliseconds from a store's being bound to the first look: whoever sets it up is done.
const FIRST: u64 = 600_000;
/// Milliseconds within which a platform takes another look, for the host to ask again at once.
const SOON: u64 = 1_000;
/// What part of a platform's rate is taken, so that callers have the rest.
const PART: u32 = 10;
/// Milliseconds after the first failure, or the first look that came to nothing; four times as many after each further failure.
const REST: u64 = 3_600_000;
/// Failures in a row from which on the ledger says that there are no facts.
const SEVERAL: u32 = 3;
/// Milliseconds for which the status says that a store's money goes elsewhere.
const NEWS: u64 = 7 * DAY;
/// Stores that are taken out of the calendar in one step, at most.
const PASSED: usize = 256;

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

/// A store: also one whose preset has no watch in this image. What an earlier one wrote of it is read all the same.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    /// Record id of its connection.
    pub(crate) connection: [u8; 32],
    /// The portfolio that it was made in, and its salt.
    pub(crate) named: (u64, B256),
    /// Whether its preset has a watch in this image.
    watched: bool,
    /// The app that its looks are counted for, if they are not for its connection alone.
    app: Option<[u8; 32]>,
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
    /// There was no access token that is good: its turn comes with its connection's next use, or with a new token.
    idle: bool,
    failures: u32,
    /// Its binding does not say all that the question takes.
    pub(crate) unasked: bool,
}

impl Store {
    /// `None`: there is nothing to wait for.
    fn due_at(&self, id: &[u8; 32]) -> Option<u64> {
        if !self.watched || self.idle {
            return None;
        }
        let [a, b, c, d, ..] = id;
        let part = u64::from(u32::from_be_bytes([*a, *b, *c, *d]));
        let spread = SPREAD.saturating_mul(part) >> 32;
        let from = match self.read_at {
            0 => self.bound_at.saturating_add(FIRST),
            at => at.saturating_add(DAY).saturating_add(spread),
        };
        Some(from.max(self.rests_until))
    }

    /// Whether it is looked at now. An access token is never made for it: it is looked at while one is good, which it is while calls are
    /// made.
    fn is_live(&self, now: u64, connections: &Connections) -> bool {
        let live = |connection: &Connection| {
            connection.serves(&self.named) && connection.phase != Phase::Reauthorize && !connection.expired(now)
        };
        connections.of(&self.connection).is_some_and(live)
    }
}

/// Whose looks are counted together, and how many are taken in how many seconds.
pub(crate) fn bucket(preset: Preset, id: &[u8; 32], connection: &Connection) -> ([u8; 32], u32, u32) {
    match preset.rate() {
        Some(rate) => {
            let key = match rate.per {
                BucketScope::App => connection.paced_as(id),
                BucketScope::Connection => *id,
            };
            (key, rate.requests.checked_div(PART).unwrap_or(1).max(1), rate.seconds)
        }
        None => (connection.paced_as(id), 1, 1),
    }
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn<T> {
    /// This one's.
    Of(T),
    /// Somebody's in a moment.
    Soon,
    /// Nobody's.
    Nobody,
}

/// Every store, by its binding's record id.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    stores: HashMap<[u8; 32], Store>,
    /// Bindings by the entry that has their facts.
    by_entry: HashMap<u64, [u8; 32]>,
    by_connection: HashMap<[u8; 32], Vec<[u8; 32]>>,
    /// By the app that looks are counted for, so that a platform that takes no more of one holds up no other.
    calendar: Calendar,
    /// Looks lately, by whose they are counted as.
    pub(crate) pace: Pace,
}

impl Watches {
    /// A store's binding names this connection from now on.
    pub(crate) fn bind(&mut self, binding: [u8; 32], id: [u8; 32], connection: &Connection, named: (u64, B256), time: u64) {
        let preset = Preset::of_id(&connection.preset).filter(|preset| preset.watch().is_some());
        let app = preset.map(|preset| bucket(preset, &id, connection).0).filter(|key| *key != id);
        let mut store = Store {
            connection: id,
            named,
            watched: preset.is_some(),
            app,
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
        if let Some(before) = self.stores.remove(&binding) {
            if let Some(bindings) = self.by_connection.get_mut(&before.connection) {
                bindings.retain(|other| *other != binding);
            }
            let Store { facts, read_at, changed_at, unread, rests_until, .. } = before;
            store = Store { facts, read_at, changed_at, unread, rests_until, ..store };
        }
        self.calendar.put(binding, store.app, store.due_at(&binding));
        self.stores.insert(binding, store);
        self.by_connection.entry(id).or_default().push(binding);
    }

    pub(crate) fn of(&self, binding: &[u8; 32]) -> Option<&Store> {
        self.stores.get(binding)
    }

    /// The stores of a connection that are watched, or were.
    pub(crate) fn of_connection(&self, connection: &[u8; 32]) -> impl Iterator<Item = &Store> {
        let of_it = self.by_connection.get(connection).into_iter().flatten().filter_map(|binding| self.stores.get(binding));
        of_it.filter(|store| store.watched || store.facts.is_some())
    }

    /// Whether this entry has the facts of a store.
    pub(crate) fn is_current(&self, entry: u64) -> bool {
        self.by_entry.contains_key(&entry)
    }

    fn change(&mut self, binding: &[u8; 32], change: impl FnOnce(&mut Store)) {
        if let Some(store) = self.stores.get_mut(binding) {
            change(store);
            self.calendar.put(*binding, store.app, store.due_at(binding));
        }
    }

    /// A call of the store is made: what was passed over for want of one is due.
    pub(crate) fn used(&mut self, binding: &[u8; 32]) {
        self.change(binding, |store| store.idle = false);
    }

    /// The same, of all stores of a connection that has a new access token.
    pub(crate) fn renewed(&mut self, connection: &[u8; 32]) {
        for binding in self.by_connection.get(connection).cloned().unwrap_or_default() {
            self.used(&binding);
        }
    }

    /// The store whose turn it is, of those that `free` lets through. It rests from here on, so that nothing that ends a conversation has
    /// it asked about again and again.
    pub(crate) fn next(&mut self, now: u64, connections: &Connections, free: impl Fn(&[u8; 32]) -> bool) -> Turn<[u8; 32]> {
        for _ in 0..PASSED {
            let Some(binding) = self.first(now, now, &free) else {
                let soon = self.first(now, now.saturating_add(SOON), &free).is_some();
                return if soon { Turn::Soon } else { Turn::Nobody };
            };
            if self.stores.get(&binding).is_some_and(|store| store.is_live(now, connections)) {
                self.change(&binding, |store| store.rests_until = now.saturating_add(REST));
                return Turn::Of(binding);
            }
            self.change(&binding, |store| store.idle = true);
        }
        Turn::Soon
    }

    /// The one that is due the longest, of those whose platform takes another look at a time.
    fn first(&self, now: u64, at: u64, free: impl Fn(&[u8; 32]) -> bool) -> Option<[u8; 32]> {
        let full = |key: &[u8; 32]| self.pace.full(key, at);
        self.calendar.first(now, full, |id| free(id) && self.stores.get(id).is_some_and(|store| !full(&store.connection)))
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
        if ascending && known { Ok(()) } else { Err(OutOfOrder) }
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
            add(&mut tally.0, store.watched && store.facts.is_some());
            add(&mut tally.1, store.changed_at.is_some_and(|at| now < at.saturating_add(NEWS)));
            add(&mut tally.2, store.watched && store.unread.is_some());
        }
        tally
    }
}

#[cfg(test)]
mod tests;
