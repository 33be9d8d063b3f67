//! What of a platform's answer the caller gets.

use platform::{Preset, Redactor};
use policy::Permit;
use protocol::http::Response;
use protocol::ledger::Ending;
use sha2::{Digest, Sha256};

use super::Use;
use super::retry::Patience;
use crate::call::{Denied, with_receipt};
use crate::links;
use crate::refusal::{OUTCOME, Refusal};

/// Header of an answer that took more than one attempt: how many it took.
const ATTEMPTS: &str = "pst-vault-attempts";
/// Header of an answer: what the platform's own headers say of how many calls it still takes.
const RATE: &str = "pst-vault-rate";

/// Scrubs the answer, narrows it to the permit's view, writes the outcome, and says that it is the platform's word and not the vault's.
pub(super) async fn hand_back(
    use_it: &Use<'_>,
    permit: &Permit,
    preset: Preset,
    redactor: &Redactor,
    response: Response,
    patience: &Patience,
) -> Result<Response, Denied> {
    let ending = Ending::Upstream { status: response.status };
    let now = use_it.shared.state().time(use_it.io.now());
    let scrubbed = redactor.response(response).ok();
    // Of what is scrubbed, so that a secret of digits is not said as a number.
    let rate = scrubbed.as_ref().and_then(|response| preset.rate_said(response, now));
    let returned = scrubbed.and_then(|response| preset.answer(permit.operations(), permit.projection(), response).ok());
    let Some(mut response) = returned else {
        return Err(use_it.ended(ending, Refusal::Upstream("response.refused")).await?);
    };
    links::remember(use_it, permit, preset, &response, now)?;
    let receipt = use_it.outcome(ending, Sha256::digest(&response.body).into()).await?;
    let mut say = |name: &str, value: String| response.headers.push((name.to_owned(), value.into_bytes()));
    say(OUTCOME, "upstream".to_owned());
    if let Some(rate) = rate {
        say(RATE, rate);
    }
    if patience.attempts() > 1 {
        say(ATTEMPTS, patience.attempts().to_string());
    }
    Ok(with_receipt(response, Some(&receipt)))
}
