//! Making a call once more that the platform could not take just then: if its caller asked for that, and asking twice is asking once.
//! It stays one use of one call under one intent and one budget; each further attempt has an entry of its own, and a permit that the
//! newest heads gave.

use alloy_primitives::Address;
use platform::{Later, Preset};
use policy::{Identity, Permit};
use protocol::call;
use protocol::ledger::Ending;

use super::{Records, Use, renewed};
use crate::call::Denied;
use crate::conversation::{Io, Stop};
use crate::state::Shared;

/// Milliseconds after which no further attempt of a call begins: a host waits a minute for a word.
const LONGEST: u64 = 40_000;
/// Milliseconds to wait if the platform does not say, doubled by each further attempt.
const PAUSE: u64 = 1_000;
/// Milliseconds of its window that a call has left, at least, for another attempt.
const WINDOW: u64 = 2_000;

/// Calls that wait for another attempt at once, in all and of one caller: each holds a conversation, of which a host has few.
const WAITING: usize = 16;
const WAITING_EACH: usize = 4;

/// A place among those who wait. Given back when dropped.
pub(super) struct Waiting<'a> {
    shared: &'a Shared,
    caller: (u64, Address),
}

impl<'a> Waiting<'a> {
    /// `None` if there is none left, and the platform's answer is handed back.
    pub(super) fn take(shared: &'a Shared, permit: &Permit) -> Result<Option<Self>, Stop> {
        let caller = (permit.call().origin, permit.call().caller);
        let mut state = shared.state();
        let waiting = &mut state.serving()?.waiting;
        if waiting.len() >= WAITING || waiting.iter().filter(|other| **other == caller).count() >= WAITING_EACH {
            return Ok(None);
        }
        waiting.push(caller);
        Ok(Some(Self { shared, caller }))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Ok(serving) = self.shared.state().serving()
            && let Some(place) = serving.waiting.iter().position(|other| *other == self.caller)
        {
            serving.waiting.swap_remove(place);
        }
    }
}

/// What is left of a call's patience.
pub(super) struct Patience {
    left: u8,
    attempts: u8,
    /// Unix milliseconds, by the enclave's clock.
    since: u64,
}

impl Patience {
    /// Of a call that is about to be sent the first time.
    pub(super) fn of(io: &Io, permit: &Permit, preset: Preset) -> Self {
        let asked = call::retries(permit.authenticated().request()).unwrap_or(0);
        let left = if preset.may_repeat(permit.operations()) { asked } else { 0 };
        Self { left, attempts: 1, since: io.now() }
    }

    /// Unix milliseconds at which a call is made once more that the platform could not take now; `None` if it is not.
    pub(super) fn again_at(&self, io: &Io, permit: &Permit, later: Later) -> Option<u64> {
        if self.left == 0 {
            return None;
        }
        let own = PAUSE << self.attempts.saturating_sub(1).min(6);
        let wait = later.after_s.map_or(own, |seconds| seconds.saturating_mul(1_000));
        let at = io.now().saturating_add(wait);
        let window = permit.call().expiresAt.saturating_mul(1_000).saturating_sub(WINDOW);
        (at <= self.since.saturating_add(LONGEST) && at <= window).then_some(at)
    }

    /// How often the platform was asked.
    pub(super) const fn attempts(&self) -> u8 {
        self.attempts
    }
}

/// Waits, has the newest heads say again that it may be, and writes that it is made once more.
pub(super) async fn once_more<'a>(
    use_it: Use<'a>,
    permit: Permit,
    connection: &[u8; 32],
    ending: Ending,
    patience: &mut Patience,
    (at, waiting): (u64, Waiting<'_>),
    identity: &Identity,
) -> Result<(Use<'a>, Permit, Records), Denied> {
    let (io, shared) = (use_it.io, use_it.shared);
    io.pause(at).await;
    drop(waiting);
    patience.left = patience.left.saturating_sub(1);
    patience.attempts = patience.attempts.saturating_add(1);
    let permit = match renewed(io, shared, permit, identity).await? {
        Ok(permit) => permit,
        Err(refusal) => return Err(use_it.ended(ending, refusal).await?),
    };
    let records = Records::fetch(io, shared, connection).await?;
    Ok((use_it.retry(ending, records.connection.0).await?, permit, records))
}
