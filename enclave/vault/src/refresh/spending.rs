//! A token on its way: however the conversation ends, what is known of it is queued for the ledger.

use credential::{Field, Record, seal};
use platform::{GrantAnswer, GrantKind, Tokens};
use protocol::ledger::{self, Body, RecordRef, Refreshed, Result as Ended};
use protocol::message::RecordPut;
use sha2::{Digest, Sha256};

use super::ask::{Asked, REFRESH_TOKEN, spent};
use crate::connections::Connection;
use crate::conversation::{Egressed, Io};
use crate::ledger::Proposal;
use crate::provision::ACCESS_TOKEN;
use crate::state::Shared;

/// Milliseconds after the first failure; doubled by each further one, seven times.
const BACK_OFF: u64 = 30_000;
/// Failures in a row after which a provider that says when to come back is not taken at its word, if that is sooner.
const PATIENT: u32 = 3;
/// Milliseconds that a provider may make wait, at most.
const LONGEST: u64 = 86_400_000;

/// A refresh from the moment at which the ledger speaks of it. If it is dropped, it ends there.
pub(super) struct Spending<'a> {
    io: &'a Io,
    shared: &'a Shared,
    id: [u8; 32],
    /// Milliseconds to wait after a failure.
    back_off: u64,
    /// Milliseconds to wait, at least, where the provider says how long: after a few failures in a row not oftener than after others.
    least: u64,
    /// Index of the entry, once it was said to the host.
    index: Option<u64>,
    sent: bool,
    asked: Option<Asked>,
    result: Option<(Ended, Option<RecordPut>)>,
}

impl<'a> Spending<'a> {
    pub(super) fn new(io: &'a Io, shared: &'a Shared, id: [u8; 32], connection: &Connection, asked: Asked) -> Self {
        let back_off = BACK_OFF << connection.failures.min(7);
        let least = if connection.failures < PATIENT { 0 } else { back_off };
        Self { io, shared, id, back_off, least, index: None, sent: false, asked: Some(asked), result: None }
    }

    /// The entry was said to the host. From here on the ledger waits for an answer.
    pub(super) fn said(&mut self) {
        if let Ok(serving) = self.shared.state().serving() {
            self.index = Some(serving.ledger.size());
        }
    }

    /// The token endpoint is asked now.
    pub(super) fn sending(&mut self) {
        self.sent = true;
    }

    fn now(&self) -> u64 {
        self.shared.state().time(self.io.now())
    }

    /// Reads the answer and seals what it brought.
    pub(super) fn answered(&mut self, egressed: Egressed) {
        let Some(asked) = self.asked.take() else { return };
        let now = self.now();
        let later = |wait: u64| Ended::Unspent { retry_at: now.saturating_add(wait.min(LONGEST)) };
        let unclear = self.unclear(now);
        self.result = Some(match egressed {
            Egressed::NotSent => (later(self.back_off), None),
            Egressed::Unknown => (unclear, None),
            Egressed::Response(response) => match asked.grant.read(&response, now) {
                GrantAnswer::Tokens(tokens) => self.renewed(asked, tokens).unwrap_or((unclear, None)),
                GrantAnswer::InvalidGrant => (Ended::Reauthorize, None),
                GrantAnswer::InvalidClient => (later(self.back_off.saturating_mul(10)), None),
                GrantAnswer::RateLimited { retry_after_s } => {
                    let said = retry_after_s.map_or(self.back_off, |seconds| seconds.saturating_mul(1_000));
                    (later(said.max(self.least)), None)
                }
                // An error is the provider's word that it issued nothing; a gateway's is not, nor is a success without tokens.
                GrantAnswer::Unclear if response.status >= 400 && !gateways(response.status) => (later(self.back_off), None),
                GrantAnswer::Unclear => (unclear, None),
            },
        });
    }

    /// The token may be spent: its provider is asked again.
    const fn unclear(&self, now: u64) -> Ended {
        Ended::Uncertain { retry_at: now.saturating_add(self.back_off) }
    }

    /// Access token, refresh token and expiries, sealed as one.
    fn renewed(&self, asked: Asked, tokens: Tokens) -> Option<(Ended, Option<RecordPut>)> {
        let Tokens { access, refresh, access_expires_at, refresh_expires_at } = tokens;
        // Some send back the one that they got. Credentials that are handed in themselves stay good.
        let another = refresh.as_ref().is_some_and(|token| token.with_secret(spent) != asked.spent);
        let rotated = another && asked.grant.kind() == GrantKind::RefreshToken;
        let generation = asked.next;
        let mut connection = asked.opened.into_connection();
        let mut values = vec![(ACCESS_TOKEN.to_owned(), Field::Secret(access))];
        // No new one means that the old one stays.
        values.extend(refresh.map(|refresh| (REFRESH_TOKEN.to_owned(), Field::Secret(refresh))));
        connection.fields = connection.fields.with(values).ok()?;
        connection.access_expires_at = Some(access_expires_at);
        if rotated || refresh_expires_at.is_some() {
            connection.refresh_expires_at = refresh_expires_at;
        }
        let record = Record::Connection(connection);
        let mut state = self.shared.state();
        let keys = &state.serving().ok()?.keys;
        let sealed = self.io.rng(|rng| seal(keys, &self.id, generation, &record, rng)).ok()?;
        let reference = RecordRef { id: self.id.into(), generation, sealed: <[u8; 32]>::from(Sha256::digest(&sealed)).into() };
        let ended = Ended::Renewed { record: reference, access_expires_at, refresh_expires_at, rotated };
        Some((ended, Some(RecordPut { id: self.id.into(), generation, sealed: sealed.into() })))
    }

    /// Queues what came of it for the ledger, and says what that is.
    pub(super) fn end(mut self) -> Ended {
        self.close()
    }

    fn close(&mut self) -> Ended {
        let now = self.now();
        let unspent = Ended::Unspent { retry_at: now.saturating_add(self.back_off) };
        let (result, record) = match self.result.take() {
            Some(result) => result,
            None if self.sent => (self.unclear(now), None),
            None => (unspent, None),
        };
        if let Some(refreshing) = self.index.take() {
            let entry = Refreshed {
                version: ledger::VERSION,
                boot_id: self.shared.boot_id.into(),
                time: now,
                connection: self.id.into(),
                refreshing,
                result,
            };
            let records = record.into_iter().collect();
            let proposal = Proposal { body: Body::Refreshed(entry), time: now, records, reserved: false };
            if let Ok(serving) = self.shared.state().serving() {
                serving.ledger.queue(proposal);
            }
        }
        result
    }
}

/// Whether a gateway had no answer of the provider's. 520 to 527 are Cloudflare's: refresh tokens of Shopify were spent under them
/// (community.shopify.dev, topic 35182).
const fn gateways(status: u16) -> bool {
    matches!(status, 502 | 504 | 520..=527)
}

impl Drop for Spending<'_> {
    fn drop(&mut self) {
        if self.index.is_some() {
            self.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_gateway_s_error_leaves_open_whether_the_token_was_spent() {
        assert!([502, 504, 520, 524, 527].into_iter().all(gateways));
        assert!(![400, 401, 429, 500, 501, 503, 505, 519, 528].into_iter().any(gateways));
    }
}
