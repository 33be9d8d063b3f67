//! One connection: what the ledger says of it, and when it is due.

use alloy_primitives::B256;

use super::before::Before;

/// Milliseconds before its expiry at which an access token is taken for expired: a call has to arrive with it.
const EARLY: u64 = 10_000;
/// Milliseconds that a refresh token is taken to live of which nobody says how long: no longer than any platform's dies of neglect.
const UNSAID: u64 = 28 * 86_400_000;
/// Milliseconds between two refreshes for the refresh token's sake, at least, if there are as many left: a life that refreshing does not
/// lengthen comes to an end.
const SELDOM: u64 = 3_600_000;
/// The same, however short a life is.
const NEVER_SOONER: u64 = 60_000;
/// Attempts in a row that bring nothing before its owner is told, at least.
const OFTEN: u32 = 3;
/// Milliseconds for which they have gone on before its owner is told.
const LONG: u64 = 3_600_000;
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
        /// Whether it is the token of the generation before the current one.
        older: bool,
    },
    /// The refresh token may be spent.
    Uncertain {
        /// Index of the last attempt.
        index: u64,
        /// Unix milliseconds of the first.
        since: u64,
        /// Whether it is the token of the generation before the current one, which another had replaced.
        older: bool,
    },
    /// The merchant has to authorise anew.
    Reauthorize,
}

/// What a connection's owner was told of, and what has not passed since.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told {
    /// Attempts to refresh it go on bringing nothing.
    pub(crate) failing: bool,
    /// The host did not serve the current generation.
    pub(crate) missing: bool,
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
    pub(super) issued_at: u64,
    /// Whether a call was made with the current generation, or it is the one that was taken in.
    pub(super) used: bool,
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
    /// Unix milliseconds at which the first of them ended.
    pub(crate) failing_since: u64,
    /// The generation before the current one, until a call with the current one was answered 2xx.
    pub(crate) before: Option<Before>,
    /// What its owner was told.
    pub(crate) told: Told,
    /// Unix milliseconds before which the calendar passes it over. This process's alone: the ledger does not say.
    pub(super) rests_until: u64,
    /// How many of its stores were looked at in vain. This process's alone.
    pub(super) looked_at: usize,
}

impl Connection {
    /// An attempt brought nothing.
    pub(super) fn failed(&mut self, time: u64, retry_at: u64) {
        if self.failures == 0 {
            self.failing_since = time;
        }
        self.failures = self.failures.saturating_add(1);
        self.retry_at = retry_at;
    }

    /// Whether its owner is to be told that refreshing it goes on failing.
    pub(crate) fn fails(&self, now: u64) -> bool {
        self.failures >= OFTEN && self.failing_since.saturating_add(LONG) <= now
    }

    /// Whether the token of the generation before the current one is on its way, or was and nobody heard what came of it. Until that is
    /// known, nothing of the current one may be used: the provider takes the former for as long as the latter was not.
    pub(crate) const fn falls_back(&self) -> bool {
        matches!(self.phase, Phase::Refreshing { older: true, .. } | Phase::Uncertain { older: true, .. })
    }

    /// Its access token may be shown to the platform from here on: while it falls back, once that is over.
    pub(super) const fn show(&mut self) {
        let falls_back = self.falls_back();
        if let Some(before) = &mut self.before {
            before.held_back |= falls_back;
            before.succeeded |= !falls_back;
        }
    }

    /// What becomes of an attempt of whose token nobody knows whether it is spent.
    pub(super) fn uncertain(&self, index: u64, since: u64, older: bool) -> Phase {
        // A token that no other had replaced is the current generation's too, of which nothing has to wait.
        Phase::Uncertain { index, since, older: older && self.before.is_some_and(|before| before.rotated) }
    }

    /// Whether the generation before the current one may be handed in only because nothing of the current one was used.
    pub(crate) fn is_unused(&self) -> bool {
        self.before.is_some_and(|before| before.rotated && before.may())
    }

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
