//! What a token endpoint answered.

use core::fmt;

use credential::Secret;
use protocol::http::Response;
use zeroize::Zeroize;

use super::expiry::Expiry;
use crate::diagnose::retry_after;
use crate::json::{Json, Pointer};
use crate::matching::Case;

/// Bytes of an answer, at most.
const MOST: usize = 64 << 10;

/// A token endpoint's answer. Texts of the platform's are in none of it: some echo the secret (T47).
#[derive(Debug)]
pub enum GrantAnswer {
    /// New tokens.
    Tokens(Tokens),
    /// The platform takes the refresh token no more: only the seller can help.
    InvalidGrant,
    /// The platform does not take the app's credentials: nothing is wrong with the connection.
    InvalidClient,
    /// Too many requests.
    RateLimited {
        /// Seconds to wait, if the platform says.
        retry_after_s: Option<u64>,
    },
    /// Anything else: it is not known whether a token was used up.
    Unclear,
}

/// What an answer brought.
pub struct Tokens {
    /// The access token.
    pub access: Secret,
    /// A new refresh token. None: the old one stays.
    pub refresh: Option<Secret>,
    /// Unix milliseconds.
    pub access_expires_at: u64,
    /// Unix milliseconds; `None` if neither the answer nor the preset says.
    pub refresh_expires_at: Option<u64>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(..)")
    }
}

/// How an answer is read.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) ok: Vec<Case>,
    pub(crate) access: Pointer,
    pub(crate) refresh: Option<Pointer>,
    pub(crate) access_expiry: Option<Expiry>,
    pub(crate) refresh_expiry: Option<Expiry>,
    pub(crate) access_lifetime_s: u64,
    pub(crate) refresh_lifetime_s: Option<u64>,
    pub(crate) invalid_grant: Vec<Case>,
    pub(crate) invalid_client: Vec<Case>,
    pub(crate) rate_limited: Vec<Case>,
}

/// Erased when dropped: it has the tokens in it.
struct Erased(Json);

impl Drop for Erased {
    fn drop(&mut self) {
        erase(&mut self.0);
    }
}

fn erase(value: &mut Json) {
    match value {
        Json::String(text) | Json::Number(text) => text.zeroize(),
        Json::Array(items) => items.iter_mut().for_each(erase),
        Json::Object(members) => members.iter_mut().for_each(|(_, value)| erase(value)),
        Json::Null | Json::Bool(_) => {}
    }
}

impl Answer {
    pub(crate) fn read(&self, response: &Response, now_ms: u64) -> GrantAnswer {
        let body = if response.body.len() <= MOST { Json::parse(&response.body).ok().map(Erased) } else { None };
        let body = body.as_ref().map(|body| &body.0);
        let any = |cases: &[Case]| cases.iter().any(|case| case.holds(response, body));
        let ok = (200..300).contains(&response.status) && self.ok.iter().all(|case| case.holds(response, body));
        if let Some(tokens) = body.filter(|_| ok).and_then(|body| self.tokens(body, now_ms)) {
            return GrantAnswer::Tokens(tokens);
        }
        if response.status == 429 || any(&self.rate_limited) {
            return GrantAnswer::RateLimited { retry_after_s: retry_after(response) };
        }
        if any(&self.invalid_client) {
            return GrantAnswer::InvalidClient;
        }
        if any(&self.invalid_grant) { GrantAnswer::InvalidGrant } else { GrantAnswer::Unclear }
    }

    /// `None` if a token is not there, or is nothing that a header or a record could hold.
    fn tokens(&self, body: &Json, now_ms: u64) -> Option<Tokens> {
        let access = secret(&self.access, body)??;
        let refresh = match &self.refresh {
            Some(pointer) => secret(pointer, body)?,
            None => None,
        };
        // An expiry that can't be read is no reason to lose a token that was rotated.
        let after = |seconds: u64| now_ms.saturating_add(seconds.saturating_mul(1000));
        let said = |expiry: &Option<Expiry>| expiry.as_ref().and_then(|expiry| expiry.read(body, now_ms));
        let refresh_expires_at = said(&self.refresh_expiry).or_else(|| refresh.as_ref().and(self.refresh_lifetime_s).map(after));
        Some(Tokens {
            access,
            refresh,
            access_expires_at: said(&self.access_expiry).unwrap_or_else(|| after(self.access_lifetime_s)),
            refresh_expires_at,
        })
    }
}

/// The outer `None`: something else than a token stands there. The inner: nothing does, or null or an empty string.
#[expect(clippy::option_option, reason = "absent and unusable are different answers")]
fn secret(pointer: &Pointer, body: &Json) -> Option<Option<Secret>> {
    match pointer.of(body).into_iter().next() {
        None | Some(Json::Null) => Some(None),
        Some(Json::String(text)) if text.is_empty() => Some(None),
        Some(Json::String(text)) if text.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Secret::new(text.as_bytes()).ok().map(Some)
        }
        Some(_) => None,
    }
}
