//! What a platform's refusal means for the connection.

use protocol::http::Response;
use serde::Deserialize;

use crate::json::Json;
use crate::matching::Case;

/// Bytes of an answer that are looked into.
const LOOKED_INTO: usize = 64 << 10;

/// What an answer says about the credential, not about the call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Diagnosis {
    /// The access token has run out: a new one helps.
    Expired,
    /// The seller or the platform took the authorisation back: only a new one helps.
    Revoked,
    /// Too many calls.
    RateLimited {
        /// Seconds to wait, if the platform says.
        retry_after_s: Option<u64>,
    },
    /// The signature was not the platform's own.
    BadSignature,
    /// The time was outside the platform's window.
    Clock,
    /// The credential is good, but not for this call: another token would be refused as well.
    Denied,
}

/// As the data file names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Means {
    Expired,
    Revoked,
    RateLimited,
    BadSignature,
    Clock,
    Denied,
}

impl Means {
    /// Its name in the data file.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::RateLimited => "rate_limited",
            Self::BadSignature => "bad_signature",
            Self::Clock => "clock",
            Self::Denied => "denied",
        }
    }
}

/// The first rule that fits; a 429 always is one of too many calls.
pub(crate) fn diagnose(rules: &[(Means, Vec<Case>)], response: &Response) -> Option<Diagnosis> {
    let body = if response.body.len() <= LOOKED_INTO { Json::parse(&response.body).ok() } else { None };
    let fits = |cases: &[Case]| cases.iter().any(|case| case.holds(response, body.as_ref()));
    let means = rules.iter().find(|(_, cases)| fits(cases)).map(|(means, _)| *means);
    let means = means.or((response.status == 429).then_some(Means::RateLimited))?;
    Some(match means {
        Means::Expired => Diagnosis::Expired,
        Means::Revoked => Diagnosis::Revoked,
        Means::RateLimited => Diagnosis::RateLimited { retry_after_s: retry_after(response) },
        Means::BadSignature => Diagnosis::BadSignature,
        Means::Clock => Diagnosis::Clock,
        Means::Denied => Diagnosis::Denied,
    })
}

/// RFC 9110 section 10.2.3, in seconds; a date says nothing to a clock that may differ from the platform's.
pub(crate) fn retry_after(response: &Response) -> Option<u64> {
    const MOST: u64 = 24 * 3_600;
    let value = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))?;
    // Some write `2.0`. What is begun is waited for.
    let text = core::str::from_utf8(&value.1).ok()?.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    if fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds: u64 = whole.parse().ok()?;
    let begun = u64::from(fraction.bytes().any(|byte| byte != b'0'));
    Some(seconds.saturating_add(begun).min(MOST))
}
