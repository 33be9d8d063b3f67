//! When a token runs out, in the forms that platforms say it.

use serde::Deserialize;

use crate::json::{Json, Pointer};
use crate::matching::text;
use crate::time::iso8601;

/// Tokens that are said to live longer than this are taken to live this long.
const MOST_MS: u64 = 10 * 366 * 86_400 * 1000;

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ExpiryForm {
    /// Seconds from now.
    RelativeSeconds,
    /// Unix seconds.
    AbsoluteSeconds,
    /// Unix milliseconds.
    AbsoluteMillis,
    /// RFC 3339.
    Iso8601,
}

/// Where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Expiry {
    pub(crate) pointer: Pointer,
    pub(crate) form: ExpiryForm,
}

impl Expiry {
    /// Unix milliseconds. `None` if it is not there, can't be read, or is past: a token just issued has not run out.
    pub(crate) fn read(&self, body: &Json, now_ms: u64) -> Option<u64> {
        let value = text(self.pointer.of(body).into_iter().next()?)?;
        let whole = || value.trim().split('.').next().and_then(|value| value.parse::<u64>().ok());
        let at = match self.form {
            ExpiryForm::RelativeSeconds => now_ms.checked_add(whole()?.checked_mul(1000)?)?,
            ExpiryForm::AbsoluteSeconds => whole()?.checked_mul(1000)?,
            ExpiryForm::AbsoluteMillis => whole()?,
            ExpiryForm::Iso8601 => iso8601(value.trim())?.checked_mul(1000)?,
        };
        (at > now_ms).then(|| at.min(now_ms.saturating_add(MOST_MS)))
    }
}
