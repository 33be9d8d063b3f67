//! The registry's answers become a permit, or a refusal with its rule.

use protocol::constitution::Settings;
use protocol::ledger::Evidence;

use crate::agent::covers;
use crate::authenticate::Authenticated;
use crate::merge::{Merged, merge};
use crate::permit::Permit;
use crate::prove::Proven;

/// Milliseconds that a permit lives at most.
const LIFE_MS: u64 = Settings::PERMIT_LIFE.saturating_mul(1_000);
/// Rule of a refusal for a decision that came too late.
const EXPIRED: &str = "permit.expired";

/// A call that is not allowed.
#[derive(Debug)]
pub struct Refused {
    /// The call.
    pub authenticated: Authenticated,
    /// The rule, short ASCII.
    pub rule: String,
    /// What the registry answered, and where.
    pub evidence: Evidence,
}

/// Allows a call if the registry allowed every operation of it at both heads.
///
/// The permit's life counts from the moment the registry was asked with, not from now, and ends with the call's own window and its agent's delegation: what a host
/// delays in between is taken from it. `permit_life_ms` can only shorten the compiled-in life.
///
/// # Errors
/// [`Refused`] with the rule of the first operation that was refused: the attested head's if it refused, else the finalized head's.
#[expect(clippy::result_large_err, reason = "a refusal is an ordinary answer and goes into the ledger whole")]
pub fn decide(proven: Proven, permit_life_ms: u64, now_ms: u64) -> Result<Permit, Refused> {
    let Proven { authenticated, operations, store, judged, evidence, touched, called, asked_at_ms, .. } = proven;
    let signed_until = authenticated.agent().map_or(u64::MAX, |agent| agent.terms.until).min(authenticated.call().expiresAt);
    let deadline_ms = asked_at_ms.saturating_add(permit_life_ms.min(LIFE_MS)).min(signed_until.saturating_mul(1_000));
    match merge(judged) {
        Err(rule) => Err(Refused { authenticated, rule, evidence }),
        Ok(_) if now_ms >= deadline_ms => Err(Refused { authenticated, rule: EXPIRED.to_owned(), evidence }),
        Ok(Merged { subject, projection, limits }) => {
            if let Some(Err(rule)) = authenticated.agent().map(|agent| covers(agent, subject.portfolio, &operations)) {
                return Err(Refused { authenticated, rule: rule.to_owned(), evidence });
            }
            Ok(Permit { authenticated, operations, store, subject, projection, limits, evidence, touched, called, deadline_ms })
        }
    }
}
