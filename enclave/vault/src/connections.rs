//! What the ledger says of connections: whether each is good, being refreshed, uncertain or over, and when it is due.

mod calendar;

use std::collections::HashMap;

use alloy_primitives::B256;
use credential::LOGIN;
use protocol::ledger::{Kept, Refreshed, Refreshing, Result as Ended};
use protocol::message::ConnectionsStatus;

use crate::fold::OutOfOrder;
use crate::pace::Pace;
use calendar::Calendar;

/// Milliseconds before its expiry at which an access token is taken for expired: a call has to arrive with it.
const EARLY: u64 = 10_000;
/// Milliseconds that a refresh token is taken to live of which nobody says how long: no longer than any platform's dies of neglect.
const UNSAID: u64 = 28 * 86_400_000;
/// Milliseconds between two refreshes for the refresh token's sake, at least, if there are as many left: a life that refreshing does not
/// lengthen comes to an end.
const SELDOM: u64 = 3_600_000;
/// The same, however short a life is.
const NEVER_SOONER: u64 = 60_000;
/// Stores of one connection that are looked at together for one that is not closed.
pub(crate) const STORES: usize = 16;

/// What became of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Its tokens are good, as far as is known.
    Active,
    /// A refresh token may be on its way.
    Refreshing {
        /// Index of the entry that says so.
        index: u64,
        /// Unix milliseconds of the first attempt with this generation.
        since: u64,
        /// Whether an earlier attempt with this generation may have spent it.
        again: bool,
    },
    /// The refresh token may be spent.
    Uncertain {
        /// Index of the last attempt.
        index: u64,
        /// Unix milliseconds of the first.
        since: u64,
    },
    /// The merchant has to authorise anew.
    Reauthorize,
}

/// One connection.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    pub(crate) preset: String,
    pub(crate) host: String,
    pub(crate) selector: Vec<(String, String)>,
    pub(crate) app: Option<[u8; 32]>,
    /// Stores that it is kept up for: portfolio and salt.
    pub(crate) stores: Vec<(u64, B256)>,
    /// Whether it has a token endpoint.
    pub(crate) refreshes: bool,
    /// Unix milliseconds.
    pub(crate) access_expires_at: Option<u64>,
    /// Unix milliseconds.
    pub(crate) refresh_expires_at: Option<u64>,
    /// Unix milliseconds at which the current generation was made.
    issued_at: u64,
    /// Whether a call was made with the current generation, or it is the one that was taken in.
    used: bool,
    /// Unix milliseconds at which its owner handed it over.
    pub(crate) made_at: u64,
    /// Unix milliseconds at which it, a login, was released last, since its owner handed it over.
    pub(crate) tainted_at: Option<u64>,
    /// Unix milliseconds at which a one-time code of it was given last.
    pub(crate) coded_at: u64,
    /// Codes of it that were given since its owner handed it over.
    pub(crate) codes: u64,
    /// Every store was taken off it.
    pub(crate) revoked: bool,
    pub(crate) phase: Phase,
    /// Unix milliseconds before which nothing is tried.
    pub(crate) retry_at: u64,
    /// Attempts in a row that brought nothing.
    pub(crate) failures: u32,
    /// Unix milliseconds before which the calendar passes it over. This process's alone: the ledger does not say.
    rests_until: u64,
    /// How many of its stores were looked at in vain. This process's alone.
    looked_at: usize,
}

impl Connection {
    /// Whether a call can't be made with its access token.
    pub(crate) fn expired(&self, now: u64) -> bool {
        self.refreshes && self.access_expires_at.is_some_and(|at| now.saturating_add(EARLY) >= at)
    }

    /// Whether calls of this store are made with it.
    pub(crate) fn serves(&self, store: &(u64, B256)) -> bool {
        !self.revoked && self.stores.contains(store)
    }

    /// Unix milliseconds at which a refresh is due, from the ledger and nothing else: in time for the calls, if there are any, and for
    /// the refresh token's sake. What is uncertain is due now.
    pub(crate) fn due_at(&self, id: &[u8; 32]) -> Option<u64> {
        let due = match self.phase {
            _ if self.revoked => return None,
            Phase::Active if self.refreshes => {
                let upkeep = self.upkeep_at(id);
                self.access_at(id).map_or(upkeep, |access| access.min(upkeep))
            }
            Phase::Uncertain { .. } => 0,
            Phase::Active | Phase::Refreshing { .. } | Phase::Reauthorize => return None,
        };
        Some(due.max(self.retry_at))
    }

    /// Before the last quarter of the access token's life, and spread over the quarter before it by record id, so that what was taken
    /// in together is not due together. A token that no call was made with is let go: the next call has another one made.
    fn access_at(&self, id: &[u8; 32]) -> Option<u64> {
        let expires = self.access_expires_at.filter(|_| self.used)?;
        let quarter = expires.saturating_sub(self.issued_at).checked_div(4).unwrap_or(0);
        Some(expires.saturating_sub(quarter).saturating_sub(spread(id, quarter)))
    }

    /// Between half and three quarters of the refresh token's life, whoever uses it. If refreshing does not lengthen that life, half of
    /// what is left of it, and so on.
    fn upkeep_at(&self, id: &[u8; 32]) -> u64 {
        let left = self.refresh_expires_at.and_then(|at| at.checked_sub(self.issued_at)).filter(|left| *left > 0);
        let quarter = left.unwrap_or(UNSAID).checked_div(4).unwrap_or(0);
        let wait = quarter.saturating_mul(2).saturating_add(spread(id, quarter));
        let least = SELDOM.min(quarter.saturating_mul(3)).max(NEVER_SOONER);
        self.issued_at.saturating_add(wait.max(least))
    }

    /// The stores to be looked at next for one that is not closed: of many, others each time that none was found.
    pub(crate) fn next_stores(&self) -> impl Iterator<Item = &(u64, B256)> {
        let begin = self.looked_at.checked_rem(self.stores.len()).unwrap_or(0);
        self.stores.iter().cycle().skip(begin).take(self.stores.len().min(STORES))
    }

    /// Whose requests to its token endpoint are counted together.
    pub(crate) fn paced_as(&self, id: &[u8; 32]) -> [u8; 32] {
        self.app.unwrap_or(*id)
    }
}

/// The part of `most` that falls to a record id.
fn spread(id: &[u8; 32], most: u64) -> u64 {
    let [a, b, c, d, ..] = id;
    let part = u64::from(u32::from_be_bytes([*a, *b, *c, *d]));
    u64::try_from(u128::from(most).saturating_mul(part.into()) >> 32).unwrap_or(most)
}

/// Every connection.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    by_id: HashMap<[u8; 32], Connection>,
    /// Which connection a store's binding names, by record ids.
    by_binding: HashMap<[u8; 32], [u8; 32]>,
    calendar: Calendar,
    /// Requests to token endpoints lately.
    pub(crate) pace: Pace,
}

impl Connections {
    pub(crate) fn of(&self, id: &[u8; 32]) -> Option<&Connection> {
        self.by_id.get(id)
    }

    /// The one that has been due the longest, of those that `free` lets through and whose provider takes another request.
    pub(crate) fn due(&self, now: u64, free: impl Fn(&[u8; 32]) -> bool) -> Option<[u8; 32]> {
        self.calendar.first(now, |app| self.pace.full(app, now), free)
    }

    /// How many are due.
    pub(crate) fn count_due(&self, now: u64) -> u64 {
        self.calendar.count(now)
    }

    /// Puts a connection where it belongs in the calendar.
    fn file(&mut self, id: [u8; 32]) {
        if let Some(connection) = self.by_id.get(&id) {
            let due = connection.due_at(&id).map(|due| due.max(connection.rests_until));
            self.calendar.put(id, connection.app, due);
        }
    }

    /// Passes a connection over until then, so that it does not stand in the way of the others.
    pub(crate) fn rest(&mut self, id: [u8; 32], until: u64) {
        if let Some(connection) = self.by_id.get_mut(&id) {
            connection.rests_until = until;
        }
        self.file(id);
    }

    /// None of the stores that were looked at is open.
    pub(crate) fn looked(&mut self, id: &[u8; 32]) {
        if let Some(connection) = self.by_id.get_mut(id) {
            connection.looked_at = connection.looked_at.saturating_add(STORES);
        }
    }

    /// A call is made for a store, for the first time or again.
    pub(crate) fn used(&mut self, binding: &[u8; 32]) {
        let Some(id) = self.by_binding.get(binding).copied() else { return };
        if let Some(connection) = self.by_id.get_mut(&id) {
            connection.used = true;
        }
        self.file(id);
    }

    /// What a store's binding names.
    pub(crate) fn bound(&self, binding: &[u8; 32]) -> Option<([u8; 32], &Connection)> {
        let id = self.by_binding.get(binding)?;
        Some((*id, self.by_id.get(id)?))
    }

    /// How many there are, and how many of them need somebody.
    pub(crate) fn tally(&self) -> ConnectionsStatus {
        let count = |which: fn(&Connection) -> bool| {
            self.by_id.values().filter(|connection| which(connection)).fold(0_u64, |count, _| count.saturating_add(1))
        };
        ConnectionsStatus {
            connections: count(|connection| !connection.revoked),
            reauthorize: count(|connection| !connection.revoked && connection.phase == Phase::Reauthorize),
            tainted: count(|connection| !connection.revoked && connection.tainted_at.is_some()),
            revoked: count(|connection| connection.revoked),
        }
    }

    /// Every one, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&[u8; 32], &Connection)> {
        self.by_id.iter()
    }

    /// Makes one, or puts a new authorisation in the place of the one that is there. Its stores stay.
    pub(crate) fn make(&mut self, kept: &Kept, store: Option<(u64, B256)>, time: u64) {
        let Kept { connection, preset, host, selector, app, refreshes, access_expires_at, refresh_expires_at } = kept;
        let before = self.by_id.remove(&**connection).map(|before| before.stores).unwrap_or_default();
        let stores = match store {
            Some(store) if !before.contains(&store) => before.into_iter().chain([store]).collect(),
            _ => before,
        };
        let made = Connection {
            preset: preset.clone(),
            host: host.clone(),
            selector: selector.clone(),
            app: app.map(Into::into),
            stores,
            refreshes: *refreshes,
            access_expires_at: *access_expires_at,
            refresh_expires_at: *refresh_expires_at,
            issued_at: time,
            used: true,
            made_at: time,
            tainted_at: None,
            coded_at: 0,
            codes: 0,
            revoked: false,
            phase: Phase::Active,
            retry_at: 0,
            failures: 0,
            rests_until: 0,
            looked_at: 0,
        };
        self.by_id.insert(**connection, made);
        self.file(**connection);
    }

    /// A store's binding names it from now on.
    pub(crate) fn bind(&mut self, id: &[u8; 32], binding: Option<[u8; 32]>, store: (u64, B256)) {
        self.by_binding.extend(binding.map(|binding| (binding, *id)));
        if let Some(connection) = self.by_id.get_mut(id)
            && !connection.stores.contains(&store)
        {
            connection.stores.push(store);
        }
    }

    /// What was taken in under it is another's now.
    pub(crate) fn remove(&mut self, id: &[u8; 32]) {
        self.by_id.remove(id);
        self.calendar.put(*id, None, None);
    }

    /// Takes a store off it, and off whatever else of its kind was taken in for the store. The last one takes all with it.
    pub(crate) fn take_off(&mut self, id: &[u8; 32], store: &(u64, B256)) {
        let login = |connection: &Connection| connection.preset == LOGIN;
        let Some(kind) = self.of(id).map(login) else { return };
        let of_it: Vec<[u8; 32]> = self
            .by_id
            .iter()
            .filter(|(_, other)| login(other) == kind && other.stores.contains(store))
            .map(|(id, _)| *id)
            .collect();
        for id in of_it {
            if let Some(connection) = self.by_id.get_mut(&id) {
                connection.stores.retain(|other| other != store);
                connection.revoked = connection.stores.is_empty();
            }
            self.file(id);
        }
    }

    /// A code of it was given.
    pub(crate) fn coded(&mut self, id: &[u8; 32], time: u64) {
        if let Some(connection) = self.by_id.get_mut(id) {
            connection.coded_at = time;
            connection.codes = connection.codes.saturating_add(1);
        }
    }

    /// It was released.
    pub(crate) fn taint(&mut self, id: &[u8; 32], time: u64) {
        if let Some(connection) = self.by_id.get_mut(id) {
            connection.tainted_at = Some(time);
        }
    }

    pub(crate) fn check_refreshing(&self, body: &Refreshing) -> Result<(), OutOfOrder> {
        match self.of(&body.connection).ok_or(OutOfOrder)?.phase {
            Phase::Active | Phase::Uncertain { .. } => Ok(()),
            Phase::Refreshing { .. } | Phase::Reauthorize => Err(OutOfOrder),
        }
    }

    /// `counted` says that the request is in the pace already.
    pub(crate) fn refreshing(&mut self, index: u64, body: &Refreshing, counted: bool) -> Result<(), OutOfOrder> {
        let connection = self.by_id.get_mut(&*body.connection).ok_or(OutOfOrder)?;
        let (since, again) = match connection.phase {
            Phase::Active => (body.time, false),
            Phase::Uncertain { since, .. } => (since, true),
            Phase::Refreshing { .. } | Phase::Reauthorize => return Err(OutOfOrder),
        };
        connection.phase = Phase::Refreshing { index, since, again };
        if !counted {
            // The provider counts for the connection or for its app; which of the two, the ledger does not say.
            self.pace.count(*body.connection, body.time);
            if let Some(app) = connection.app {
                self.pace.count(app, body.time);
            }
        }
        self.file(*body.connection);
        Ok(())
    }

    pub(crate) fn check_refreshed(&self, body: &Refreshed) -> Result<(), OutOfOrder> {
        match self.of(&body.connection).ok_or(OutOfOrder)?.phase {
            Phase::Refreshing { index, .. } if index == body.refreshing => Ok(()),
            Phase::Refreshing { .. } | Phase::Uncertain { .. } | Phase::Active | Phase::Reauthorize => Err(OutOfOrder),
        }
    }

    pub(crate) fn refreshed(&mut self, body: &Refreshed) -> Result<(), OutOfOrder> {
        self.check_refreshed(body)?;
        let connection = self.by_id.get_mut(&*body.connection).ok_or(OutOfOrder)?;
        let Phase::Refreshing { since, again, .. } = connection.phase else { return Err(OutOfOrder) };
        connection.rests_until = 0;
        let uncertain = Phase::Uncertain { index: body.refreshing, since };
        match body.result {
            Ended::Renewed { record: _, access_expires_at, refresh_expires_at, rotated } => {
                connection.phase = Phase::Active;
                connection.issued_at = body.time;
                connection.used = false;
                connection.access_expires_at = Some(access_expires_at);
                // Of the old token, if it stays, what was known of it is still so.
                if rotated || refresh_expires_at.is_some() {
                    connection.refresh_expires_at = refresh_expires_at;
                }
                connection.retry_at = 0;
                connection.failures = 0;
            }
            Ended::Unspent { retry_at } => {
                connection.phase = if again { uncertain } else { Phase::Active };
                connection.retry_at = retry_at;
                connection.failures = connection.failures.saturating_add(1);
            }
            Ended::Uncertain { retry_at } => {
                connection.phase = uncertain;
                connection.retry_at = retry_at;
                connection.failures = connection.failures.saturating_add(1);
            }
            Ended::Reauthorize => connection.phase = Phase::Reauthorize,
        }
        self.file(*body.connection);
        Ok(())
    }

    /// A new process began: what the one before it had on its way, it never heard of.
    pub(crate) fn booted(&mut self) {
        let mut open = Vec::new();
        for (id, connection) in &mut self.by_id {
            if let Phase::Refreshing { index, since, .. } = connection.phase {
                connection.phase = Phase::Uncertain { index, since };
                connection.retry_at = 0;
                open.push(*id);
            }
        }
        for id in open {
            self.file(id);
        }
    }
}

#[cfg(test)]
mod tests;
