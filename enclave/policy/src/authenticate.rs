//! Who signed a call, that it was meant for this enclave and this envelope, and that it is used once.

use core::fmt;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolStruct;
use protocol::call::{self, Call, CallError, UnverifiedCall};
use protocol::http::Request;
use protocol::limits;

use crate::identity::Identity;
use crate::replay::{ReplayCache, ReplayError};
use crate::signature::{SignatureError, signer};
use crate::unverified::{Incoming, Unverified};

/// Seconds that a caller's clock may be ahead.
const SKEW: u64 = 5;

/// A call whose caller is known. Made only by [`authenticate`].
///
/// ```compile_fail,E0451
/// fn forge(call: policy::Authenticated) -> policy::Authenticated {
///     policy::Authenticated { ..call }
/// }
/// ```
/// ```compile_fail,E0599
/// fn copy(call: &policy::Authenticated) -> policy::Authenticated {
///     call.clone()
/// }
/// ```
#[must_use]
pub struct Authenticated(Box<Inner>);

struct Inner {
    call: Call,
    request: Request,
    evidence: Vec<u8>,
    signature: [u8; 65],
    digest: B256,
}

impl Authenticated {
    /// What the caller signed.
    #[must_use]
    pub const fn call(&self) -> &Call {
        &self.0.call
    }

    /// The request that the signature covers.
    #[must_use]
    pub const fn request(&self) -> &Request {
        &self.0.request
    }

    /// Who signed.
    #[must_use]
    pub const fn caller(&self) -> Address {
        self.0.call.caller
    }

    /// Portfolio that the store was made in.
    #[must_use]
    pub const fn origin(&self) -> u64 {
        self.0.call.origin
    }

    /// Salt of the store; zero for the whole portfolio.
    #[must_use]
    pub const fn salt(&self) -> B256 {
        self.0.call.salt
    }

    /// The EIP-712 signing hash.
    #[must_use]
    pub const fn digest(&self) -> B256 {
        self.0.digest
    }

    /// r || s || v.
    #[must_use]
    pub const fn signature(&self) -> [u8; 65] {
        self.0.signature
    }

    /// What the caller brings for the policy.
    #[must_use]
    pub fn evidence(&self) -> &[u8] {
        &self.0.evidence
    }
}

impl fmt::Debug for Authenticated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authenticated(..)")
    }
}

/// Why a call is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateError {
    /// The request is not in normal form, or its headers are not a call.
    #[error("not a call: {0}")]
    Call(#[from] CallError),
    /// More evidence than a policy is given.
    #[error("evidence is too long")]
    Evidence,
    /// Longer than five minutes, or it ends before it begins.
    #[error("window is not 1 to 300 seconds")]
    Window,
    /// It begins later than now, skew allowed for.
    #[error("call is from the future")]
    NotYet,
    /// Its window is over.
    #[error("call has expired")]
    Expired,
    /// The signature has no acceptable form.
    #[error("signature refused: {0}")]
    Signature(#[from] SignatureError),
    /// Signed by somebody else, or signed for another chain, registry, vault, enclave, envelope or body.
    #[error("not signed by the caller for this enclave and envelope")]
    WrongSigner,
    /// The caller used this nonce before.
    #[error("call was made before")]
    Replayed,
    /// Too many calls are in their window to remember another.
    #[error("busy")]
    Busy,
}

impl From<ReplayError> for AuthenticateError {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Seen => Self::Replayed,
            ReplayError::Full => Self::Busy,
        }
    }
}

/// Takes a call once, if its caller signed it for this vault, this enclave and this envelope, and it is in its window.
///
/// What the digest covers is computed here from the request, from `enc` and from `identity`; nothing of it is taken from the
/// caller's word. The nonce is recorded last, so that only a call that the named caller signed can use a place in `seen`.
///
/// # Errors
/// [`AuthenticateError`] names the rule.
pub fn authenticate(
    incoming: Unverified<Incoming>,
    identity: &Identity,
    now_ms: u64,
    seen: &mut ReplayCache,
) -> Result<Authenticated, AuthenticateError> {
    let Incoming { request, enc } = incoming.into_inner();
    let UnverifiedCall { call, evidence, signature } = call::read(&request, &enc, identity.enclave)?;
    if evidence.len() > limits::EVIDENCE {
        return Err(AuthenticateError::Evidence);
    }
    let now = seen.clock(now_ms.checked_div(1_000).unwrap_or(0));
    if !call.expiresAt.checked_sub(call.issuedAt).is_some_and(|window| (1..=limits::CALL_WINDOW).contains(&window)) {
        return Err(AuthenticateError::Window);
    }
    if call.issuedAt > now.saturating_add(SKEW) {
        return Err(AuthenticateError::NotYet);
    }
    if call.expiresAt <= now {
        return Err(AuthenticateError::Expired);
    }
    let domain = call::domain(identity.chain_id, identity.registry, identity.vault_id);
    let digest = call.eip712_signing_hash(&domain);
    if signer(&digest, &signature)? != call.caller {
        return Err(AuthenticateError::WrongSigner);
    }
    seen.record(call.caller, call.nonce, call.expiresAt, now)?;
    Ok(Authenticated(Box::new(Inner { call, request, evidence, signature, digest })))
}
