//! Mechanism B: one machine for every way in which platforms hand out access tokens.
//!
//! ```text
//! grant.request(materials, now, nonce) -> Request      to the preset's own token endpoint, and nowhere else
//! grant.read(response, now) -> GrantAnswer             strict; nothing of the answer goes any further
//! ```
//! When to ask, and how no token is lost between asking and keeping, is the vault's.

mod answer;
mod expiry;
#[cfg(test)]
mod tests;

use core::fmt;

use protocol::http::Request;
use serde::Deserialize;

pub(crate) use answer::Answer;
pub use answer::{GrantAnswer, Tokens};
pub(crate) use expiry::{Expiry, ExpiryForm};

use crate::materials::{Context, Materials};
use crate::request::condition::Condition;
use crate::request::{Body, Draft, PrepareError, Recipe};

/// What is handed in for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantKind {
    /// A refresh token (RFC 6749 section 6).
    RefreshToken,
    /// The credentials themselves (RFC 6749 section 4.4).
    ClientCredentials,
    /// The credentials, at a login of the platform's own making.
    Login,
}

/// Whether an answer brings a new refresh token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rotation {
    /// The old one stays good.
    Never,
    /// Not documented: a new one is kept if there is one.
    IfPresent,
    /// Each works once.
    Always,
}

/// For how long the platform still takes the refresh token before the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grace {
    /// Seconds, at most.
    pub seconds: u64,
    /// Only until its successor is first used.
    pub until_successor_used: bool,
}

/// How many requests a platform takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// Whose requests are counted together.
    pub per: BucketScope,
    /// How many, in `seconds`.
    pub requests: u32,
    /// In how many seconds.
    pub seconds: u32,
}

/// Whose requests fill a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BucketScope {
    /// All of the app's.
    App,
    /// One connection's.
    Connection,
}

/// One grant of a preset.
pub struct Grant {
    pub(crate) kind: GrantKind,
    pub(crate) when: Condition,
    pub(crate) method: String,
    pub(crate) endpoint: Endpoint,
    pub(crate) path: String,
    pub(crate) recipe: Recipe,
    pub(crate) answer: Answer,
    pub(crate) rotation: Rotation,
    pub(crate) grace: Option<Grace>,
    pub(crate) early_s: u64,
    pub(crate) bucket: Bucket,
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Grant({:?})", self.kind)
    }
}

/// Where tokens are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
    /// A host of the platform's.
    Host(String),
    /// The store's own host, which the preset allows.
    Store,
}

impl Grant {
    /// The request for a token: to the preset's token endpoint, with what the records say.
    ///
    /// # Errors
    /// See [`PrepareError`]; with checked records there is none.
    pub fn request(&self, materials: &Materials<'_>, now_ms: u64, nonce: &[u8; 32]) -> Result<Request, PrepareError> {
        let host = match &self.endpoint {
            Endpoint::Host(host) => host.as_str(),
            Endpoint::Store => materials.host,
        };
        let mut draft = Draft::new(&self.method, host, &self.path, Body::Empty);
        draft.headers.push(("accept".to_owned(), b"application/json".to_vec().into()));
        let mut context = Context::new(*materials, now_ms, nonce, &self.method, &self.path);
        self.recipe.complete(draft, &mut context)?.finish()
    }

    /// Reads the answer. Total: whatever it is, it is one of the five.
    #[must_use]
    pub fn read(&self, response: &protocol::http::Response, now_ms: u64) -> GrantAnswer {
        match self.answer.read(response, now_ms) {
            // Some platforms send the old one back: it is no new one.
            GrantAnswer::Tokens(tokens) if self.rotation == Rotation::Never => {
                GrantAnswer::Tokens(Tokens { refresh: None, refresh_expires_at: None, ..tokens })
            }
            other => other,
        }
    }

    /// What is handed in.
    #[must_use]
    pub const fn kind(&self) -> GrantKind {
        self.kind
    }

    /// Whether an answer brings a new refresh token.
    #[must_use]
    pub const fn rotation(&self) -> Rotation {
        self.rotation
    }

    /// What the provider still takes of the refresh token before the current one; `None`: nothing is known of it.
    #[must_use]
    pub const fn grace(&self) -> Option<Grace> {
        self.grace
    }

    /// How many token requests the platform takes.
    #[must_use]
    pub const fn bucket(&self) -> Bucket {
        self.bucket
    }

    /// Milliseconds before an access token's expiry at which a new one is due.
    #[must_use]
    pub const fn early_ms(&self) -> u64 {
        self.early_s.saturating_mul(1000)
    }

    /// Whether its request is made of fields of the app.
    pub(crate) fn names_app(&self) -> bool {
        let puts = self.recipe.put.iter().flat_map(crate::request::put::Put::templates);
        puts.flat_map(crate::template::Template::fields).any(|(field, _)| field.scope == crate::template::Scope::App)
    }

    pub(crate) fn holds(&self, context: &Context<'_>) -> bool {
        self.when.holds_of(context)
    }
}
