//! What the ledger says of connections: whether each is good, being refreshed, uncertain or over, and when it is due.

mod before;
mod calendar;
mod connection;

use std::collections::HashMap;

use alloy_primitives::B256;
use credential::LOGIN;
use protocol::ledger::{Alerted, Kept, Refreshed, Refreshing, Result as Ended, Trouble};
use protocol::message::ConnectionsStatus;

use crate::fold::OutOfOrder;
use crate::pace::Pace;
use before::AGAIN;
pub(crate) use before::Before;
pub(crate) use calendar::Calendar;
use connection::Told;
pub(crate) use connection::{Connection, Phase, STORES};

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
        self.shown(&id);
        self.file(id);
    }

    /// Its access token may be shown to the platform from here on.
    pub(crate) fn shown(&mut self, id: &[u8; 32]) {
        if let Some(connection) = self.by_id.get_mut(id) {
            connection.show();
        }
    }

    /// The same, of all that is kept up for a store.
    pub(crate) fn shown_for(&mut self, store: &(u64, B256)) {
        for connection in self.by_id.values_mut().filter(|connection| connection.stores.contains(store)) {
            connection.show();
        }
    }

    /// The host served the current generation.
    pub(crate) fn served(&mut self, id: &[u8; 32]) {
        if let Some(connection) = self.by_id.get_mut(id) {
            connection.told.missing = false;
        }
    }

    /// A call with the current generation, or its probe, was answered 2xx: the one before it is over.
    pub(crate) fn answered(&mut self, id: &[u8; 32]) {
        if let Some(connection) = self.by_id.get_mut(id) {
            connection.before = None;
            connection.told.missing = false;
        }
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
            reauthorize: count(|connection| {
                !connection.revoked && (connection.phase == Phase::Reauthorize || connection.told.missing)
            }),
            tainted: count(|connection| !connection.revoked && connection.tainted_at.is_some()),
            revoked: count(|connection| connection.revoked),
            failing: count(|connection| !connection.revoked && connection.told.failing),
            ..ConnectionsStatus::default()
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
            failing_since: 0,
            told: Told::default(),
            before: None,
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
        let older = connection.before.is_some_and(|before| before.generation == body.generation);
        let (since, again) = match connection.phase {
            // What was uncertain was another's token.
            Phase::Uncertain { older: true, .. } if !older => (body.time, false),
            Phase::Active => (body.time, false),
            Phase::Uncertain { since, .. } => (since, true),
            Phase::Refreshing { .. } | Phase::Reauthorize => return Err(OutOfOrder),
        };
        connection.phase = Phase::Refreshing { index, since, again, older };
        if !older {
            // It was served, and is handed in.
            connection.told.missing = false;
            if let Some(before) = &mut connection.before {
                before.succeeded = true;
            }
        }
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

    /// `current` is the generation that it had until now, with the SHA-256 of its sealed bytes.
    pub(crate) fn refreshed(&mut self, body: &Refreshed, current: (u64, [u8; 32])) -> Result<(), OutOfOrder> {
        self.check_refreshed(body)?;
        let connection = self.by_id.get_mut(&*body.connection).ok_or(OutOfOrder)?;
        let Phase::Refreshing { since, again, older, .. } = connection.phase else { return Err(OutOfOrder) };
        connection.rests_until = 0;
        let uncertain = connection.uncertain(body.refreshing, since, older);
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
                connection.told.failing = false;
                connection.told.missing = false;
                connection.before = if older {
                    // A call that was held back may go on with what was lost meanwhile.
                    let rests_until = body.time.saturating_add(AGAIN);
                    connection.before.map(|before| Before { rotated, rests_until, succeeded: false, ..before }.over())
                } else {
                    let (generation, sealed) = current;
                    Some(Before { generation, sealed, rotated, since, succeeded: false, held_back: false, rests_until: 0 })
                };
            }
            Ended::Unspent { retry_at } => {
                connection.phase = if again { uncertain } else { Phase::Active };
                if !connection.falls_back() {
                    connection.before = connection.before.map(Before::over);
                }
                connection.failed(body.time, retry_at);
            }
            Ended::Uncertain { retry_at } => {
                connection.phase = uncertain;
                connection.failed(body.time, retry_at);
            }
            // Of a token that another had replaced, within its grace: nothing is said of the other, which the host may serve yet.
            Ended::Reauthorize if older && connection.before.is_some_and(|before| before.rotated) => {
                connection.phase = Phase::Active;
                connection.before = None;
                connection.told = Told { missing: true, failing: false };
                // Of another token.
                connection.failures = 0;
            }
            Ended::Reauthorize => {
                connection.phase = Phase::Reauthorize;
                connection.before = None;
                connection.told.failing = false;
            }
        }
        self.file(*body.connection);
        Ok(())
    }

    /// Whether its owner may be told: of what the entries before say, and once. For how long attempts have to fail is asked where the entry
    /// is made, and not of a ledger that is read: another image wrote it, which may have waited for less.
    pub(crate) fn check_alerted(&self, body: &Alerted) -> Result<(), OutOfOrder> {
        let connection = self.of(&body.connection).ok_or(OutOfOrder)?;
        let news = match body.trouble {
            Trouble::Missing { .. } => !connection.told.missing,
            Trouble::Failing { since } => {
                !connection.told.failing && connection.failures > 0 && since == connection.failing_since
            }
        };
        if news { Ok(()) } else { Err(OutOfOrder) }
    }

    pub(crate) fn alerted(&mut self, body: &Alerted) -> Result<(), OutOfOrder> {
        self.check_alerted(body)?;
        let connection = self.by_id.get_mut(&*body.connection).ok_or(OutOfOrder)?;
        match body.trouble {
            Trouble::Missing { .. } => connection.told.missing = true,
            Trouble::Failing { .. } => connection.told.failing = true,
        }
        Ok(())
    }

    /// A new process began: what the one before it had on its way, it never heard of.
    pub(crate) fn booted(&mut self) {
        let mut open = Vec::new();
        for (id, connection) in &mut self.by_id {
            if let Phase::Refreshing { index, since, older, .. } = connection.phase {
                connection.phase = connection.uncertain(index, since, older);
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
