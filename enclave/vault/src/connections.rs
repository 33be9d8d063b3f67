//! What the ledger says of connections: whether each is good, being refreshed, uncertain or over, and when it is due.

use std::collections::HashMap;

use alloy_primitives::B256;
use protocol::ledger::{Kept, Refreshed, Refreshing, Result as Ended};

use crate::fold::OutOfOrder;
use crate::pace::Pace;

/// Milliseconds before its expiry at which an access token is taken for expired: a call has to arrive with it.
const EARLY: u64 = 10_000;

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
    pub(crate) phase: Phase,
    /// Unix milliseconds before which nothing is tried.
    pub(crate) retry_at: u64,
    /// Attempts in a row that brought nothing.
    pub(crate) failures: u32,
}

impl Connection {
    /// Whether a call can't be made with its access token.
    pub(crate) fn expired(&self, now: u64) -> bool {
        self.refreshes && self.access_expires_at.is_some_and(|at| now.saturating_add(EARLY) >= at)
    }

    /// Unix milliseconds at which a refresh is due: before the last quarter of the access token's life, and spread over the quarter
    /// before it by record id, so that what was taken in together is not due together. From the ledger and nothing else.
    pub(crate) fn due_at(&self, id: &[u8; 32]) -> Option<u64> {
        let due = match self.phase {
            Phase::Active if self.refreshes => {
                let expires = self.access_expires_at?;
                let quarter = expires.saturating_sub(self.issued_at).checked_div(4).unwrap_or(0);
                let [a, b, c, d, ..] = id;
                let spread = u64::from(u32::from_be_bytes([*a, *b, *c, *d]));
                let jitter = quarter.saturating_mul(spread) >> 32;
                expires.saturating_sub(quarter).saturating_sub(jitter)
            }
            Phase::Uncertain { .. } => 0,
            Phase::Active | Phase::Refreshing { .. } | Phase::Reauthorize => return None,
        };
        Some(due.max(self.retry_at))
    }

    /// Whose requests to its token endpoint are counted together.
    pub(crate) fn paced_as(&self, id: &[u8; 32]) -> [u8; 32] {
        self.app.unwrap_or(*id)
    }
}

/// Every connection.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    by_id: HashMap<[u8; 32], Connection>,
    /// Requests to token endpoints lately.
    pub(crate) pace: Pace,
}

impl Connections {
    pub(crate) fn of(&self, id: &[u8; 32]) -> Option<&Connection> {
        self.by_id.get(id)
    }

    /// The one that has been due the longest, of those that `free` lets through and whose provider takes another request.
    pub(crate) fn due(&self, now: u64, free: impl Fn(&[u8; 32]) -> bool) -> Option<[u8; 32]> {
        let due = self.by_id.iter().filter(|(id, connection)| free(id) && !self.pace.full(&connection.paced_as(id), now));
        let due = due.filter_map(|(id, connection)| Some((connection.due_at(id).filter(|at| *at <= now)?, *id)));
        due.min().map(|(_, id)| id)
    }

    /// How many are due.
    pub(crate) fn count_due(&self, now: u64) -> u64 {
        let due = self.by_id.iter().filter(|(id, connection)| connection.due_at(id).is_some_and(|at| at <= now));
        due.fold(0, |count, _| count.saturating_add(1))
    }

    pub(crate) fn make(&mut self, kept: &Kept, store: Option<(u64, B256)>, time: u64) {
        let Kept { connection, preset, host, selector, app, refreshes, access_expires_at, refresh_expires_at } = kept;
        let made = Connection {
            preset: preset.clone(),
            host: host.clone(),
            selector: selector.clone(),
            app: app.map(Into::into),
            stores: store.into_iter().collect(),
            refreshes: *refreshes,
            access_expires_at: *access_expires_at,
            refresh_expires_at: *refresh_expires_at,
            issued_at: time,
            phase: Phase::Active,
            retry_at: 0,
            failures: 0,
        };
        self.by_id.insert(**connection, made);
    }

    pub(crate) fn bind(&mut self, id: &[u8; 32], store: (u64, B256)) {
        if let Some(connection) = self.by_id.get_mut(id)
            && !connection.stores.contains(&store)
        {
            connection.stores.push(store);
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
            self.pace.count(connection.paced_as(&body.connection), body.time);
        }
        Ok(())
    }

    pub(crate) fn check_refreshed(&self, body: &Refreshed) -> Result<(), OutOfOrder> {
        let follows = match self.of(&body.connection).ok_or(OutOfOrder)?.phase {
            Phase::Refreshing { index, .. } => index == body.refreshing,
            // What a process left open was judged by the next one.
            Phase::Uncertain { index, .. } => index == body.refreshing && body.result == Ended::Reauthorize,
            Phase::Active | Phase::Reauthorize => false,
        };
        if follows { Ok(()) } else { Err(OutOfOrder) }
    }

    pub(crate) fn refreshed(&mut self, body: &Refreshed) -> Result<(), OutOfOrder> {
        self.check_refreshed(body)?;
        let connection = self.by_id.get_mut(&*body.connection).ok_or(OutOfOrder)?;
        let (since, again) = match connection.phase {
            Phase::Refreshing { since, again, .. } => (since, again),
            Phase::Uncertain { since, .. } => (since, true),
            Phase::Active | Phase::Reauthorize => return Err(OutOfOrder),
        };
        let uncertain = Phase::Uncertain { index: body.refreshing, since };
        match body.result {
            Ended::Renewed { record: _, access_expires_at, refresh_expires_at, rotated } => {
                connection.phase = Phase::Active;
                connection.issued_at = body.time;
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
        Ok(())
    }

    /// A new process began: what the one before it had on its way, it never heard of.
    pub(crate) fn booted(&mut self) {
        for connection in self.by_id.values_mut() {
            if let Phase::Refreshing { index, since, .. } = connection.phase {
                connection.phase = Phase::Uncertain { index, since };
                connection.retry_at = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests;
