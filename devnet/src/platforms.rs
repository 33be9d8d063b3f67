//! Mock platforms: one small engine, and for each platform the data that says how it proves callers, hands out tokens and answers.
//!
//! ```text
//! host -> Platform -> trouble, if there is any -> token endpoint: client, refresh token, rotation
//!                                              -> else: signature and token by the platform's own rule -> the answer of the route
//! ```
//! What a platform checks is written from its documents, on other crates than the enclave's signer: neither knows the other. A platform
//! remembers what it was asked, so that a test can say what never came.

mod answer;
mod asked;
mod data;
mod engine;
mod grants;
mod proofs;
mod serve;
mod tokens;
mod trouble;
mod words;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

pub use answer::{Answer, Reply};
pub use asked::Asked;
pub use data::{Ask, Endpoint, Field, Platform, all};
pub use engine::Seen;
pub use serve::Served;
pub use tokens::Rotation;
pub use trouble::{Place, Trouble};
pub use words::Fault;

use engine::State;

/// All platforms. A clone is the same ones.
#[derive(Clone)]
pub struct Platforms(Arc<Mutex<State>>);

impl std::fmt::Debug for Platforms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Platforms(..)")
    }
}

impl Default for Platforms {
    fn default() -> Self {
        Self::new(all())
    }
}

impl Platforms {
    /// These.
    #[must_use]
    pub fn new(platforms: &[&'static Platform]) -> Self {
        Self(Arc::new(Mutex::new(State::new(platforms))))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a platform does with a request. `asked.at_ms` is its clock.
    #[must_use]
    pub fn reply(&self, asked: &Asked) -> Reply {
        self.state().reply(asked)
    }

    /// Every name that they answer to.
    #[must_use]
    pub fn hosts(&self) -> Vec<&'static str> {
        self.state().hosts()
    }

    /// What a platform saw. None of that name: nothing.
    #[must_use]
    pub fn seen(&self, name: &str) -> Seen {
        self.state().seen(name)
    }

    /// Forgets what a platform saw; its tokens stay.
    pub fn forget(&self, name: &str) {
        self.state().change(name, |of| of.seen = Seen::default());
    }

    /// Makes trouble for the next `times` requests.
    pub fn trouble(&self, name: &str, place: Place, trouble: &Trouble, times: usize) {
        self.state().change(name, |of| of.troubles.extend((0..times).map(|_| (place, trouble.clone()))));
    }

    /// Access tokens that are made from now on live this long. `None`: as long as the platform's do.
    pub fn live(&self, name: &str, seconds: Option<u64>) {
        self.state().change(name, |of| of.tokens.life_s = seconds);
    }

    /// Another rule for a platform's refresh tokens than its own.
    pub fn rotate(&self, name: &str, rotation: Rotation) {
        self.state().change(name, |of| of.rotation = Some(rotation));
    }

    /// The merchant authorises anew: this refresh token is good too.
    pub fn authorise(&self, name: &str, refresh: &str) {
        self.state().change(name, |of| of.tokens.authorise(refresh));
    }

    /// Moves the clock of the platforms that are served: this far ahead of the machine's.
    pub fn ahead(&self, seconds: i64) {
        self.state().ahead_s = seconds;
    }

    /// Unix milliseconds by the platforms' clock.
    pub(super) fn now_ms(&self) -> u64 {
        let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let real = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        real.saturating_add_signed(self.state().ahead_s.saturating_mul(1_000))
    }

    /// Ends all access tokens, before their time.
    pub fn expire(&self, name: &str) {
        self.state().change(name, |of| of.tokens.expire());
    }

    /// Whoever has the login lets the money go to another account, of these last digits.
    pub fn reroute(&self, name: &str, bank: &str) {
        self.state().change(name, |of| bank.clone_into(&mut of.bank));
    }

    /// The merchant takes the authorisation back: no token, and no key, is good any more.
    pub fn revoke(&self, name: &str) {
        self.state().change(name, |of| of.revoked = true);
    }
}
