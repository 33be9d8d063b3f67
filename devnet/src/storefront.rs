//! A mock storefront: a platform's HTTP API behind real TLS, which remembers every call and misbehaves on request.
//!
//! It imitates what the `shopify-admin` preset speaks to: `POST /admin/api/{version}/graphql.json`, and
//! `GET /admin/api/{version}/shop.json`, which echoes the token in every form that a redactor must know.

mod answer;
mod serve;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Result;
use serde::{Deserialize, Serialize};

pub use serve::Served;

use crate::tls::Authority;

/// The shop that is there from the beginning.
pub const DEMO_SHOP: &str = "demo-shop.myshopify.com";
/// Its token, until it is changed.
pub const DEMO_TOKEN: &str = "shpat_demo+0/7f3c9a51e2b84d60";

/// What a shop does with the calls that reach it. A call with the right token is remembered in every case but
/// [`Self::Down`] and [`Self::BadCertificate`], for then there is no call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub enum Behaviour {
    /// Answers.
    #[default]
    Normal,
    /// Answers after a while.
    Slow {
        /// How long.
        millis: u64,
    },
    /// Hangs up when the TLS handshake begins.
    Down,
    /// Hangs up after the call was received, so that nobody knows what became of it.
    HangUp,
    /// Answers with a body of this many bytes.
    Huge {
        /// How many.
        bytes: usize,
    },
    /// Answers 302 to another place.
    Redirect {
        /// The location.
        to: String,
    },
    /// Shows a certificate for the right name, of another authority.
    BadCertificate,
    /// Answers in gzip, whatever was asked for.
    Gzip,
    /// Answers with a status and an error body.
    Status {
        /// The status.
        code: u16,
    },
    /// Says that it is another shop.
    Impostor {
        /// Which.
        domain: String,
    },
}

/// A call that had the right token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    /// Unix milliseconds.
    pub at: u64,
    /// The shop.
    pub host: String,
    /// HTTP method.
    pub method: String,
    /// Path with query.
    pub path: String,
    /// The `idempotency-key` header.
    pub idempotency_key: Option<String>,
    /// SHA-256 of the body, in hex.
    pub body_sha256: String,
    /// The body.
    pub body: String,
    /// Header names, in order, lower-case.
    pub headers: Vec<String>,
}

#[derive(Default)]
struct State {
    tokens: HashMap<String, String>,
    behaviours: HashMap<String, Behaviour>,
    journal: Vec<Call>,
    refused: u64,
}

/// The storefront. A clone is the same one.
#[derive(Clone)]
pub struct Storefront {
    state: Arc<Mutex<State>>,
    authority: Arc<Authority>,
}

impl std::fmt::Debug for Storefront {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Storefront({} calls)", self.state().journal.len())
    }
}

impl Storefront {
    /// A storefront with the demo shop. Its certificate authority is read from `directory`, or made there.
    ///
    /// # Errors
    /// The authority can't be read or written.
    pub fn new(directory: &Path) -> Result<Self> {
        let mut state = State::default();
        state.tokens.insert(DEMO_SHOP.into(), DEMO_TOKEN.into());
        let authority = Arc::new(Authority::open(directory, &[DEMO_SHOP.to_owned(), "*.myshopify.com".to_owned()])?);
        Ok(Self { state: Arc::new(Mutex::new(state)), authority })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The authority's certificate, for a client's roots.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        self.authority.pem()
    }

    /// The authority's certificate in DER.
    #[must_use]
    pub fn ca_der(&self) -> &[u8] {
        self.authority.der()
    }

    /// Opens a shop, or changes its token.
    pub fn set_token(&self, host: &str, token: &str) {
        self.state().tokens.insert(host.into(), token.into());
    }

    /// Changes what a shop does.
    pub fn behave(&self, host: &str, behaviour: Behaviour) {
        self.state().behaviours.insert(host.into(), behaviour);
    }

    /// Every call with the right token, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<Call> {
        self.state().journal.clone()
    }

    /// How many calls had no or a wrong token.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.state().refused
    }

    /// Forgets all calls.
    pub fn forget(&self) {
        let mut state = self.state();
        state.journal.clear();
        state.refused = 0;
    }

    fn behaviour(&self, host: &str) -> Behaviour {
        self.state().behaviours.get(host).cloned().unwrap_or_default()
    }
}
