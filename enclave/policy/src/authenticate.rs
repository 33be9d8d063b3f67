//! Who signed a call, that it was meant for this enclave and this envelope, and that it is used once.

use core::fmt;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolValue;
use protocol::call::{self, Call, CallError, UnverifiedCall};
use protocol::http::Request;
use protocol::ledger::SignedCallEntry;
use protocol::limits;
use protocol::signatures::{Agent, CallerSignature};

use crate::account::{AccountError, Claim};
use crate::agent::{self, AgentError};
use crate::identity::Identity;
use crate::replay::{ReplayCache, ReplayError};
use crate::signature::{SignatureError, signer};
use crate::unverified::{Incoming, Unverified};
use crate::work::Work;

/// Seconds that a caller's clock may be ahead.
const SKEW: u64 = 5;

/// A call whose caller is known. Made only by [`authenticate`] and, for contracts, [`crate::Confirmed::take`].
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
    signature: CallerSignature,
    agent: Option<Agent>,
    digest: B256,
    /// What the caller, a contract, must accept at every head that decides.
    claim: Option<Claim>,
    work: Work,
}

/// A call that its caller, a contract, is said to have signed. All it offers is the question to the contract, [`crate::confirm`].
///
/// ```compile_fail,E0599
/// fn believe(claimed: policy::Claimed) -> alloy_primitives::Address {
///     claimed.caller()
/// }
/// ```
#[must_use]
pub struct Claimed(Box<Inner>, Claim);

impl Claimed {
    pub(crate) const fn claim(&self) -> &Claim {
        &self.1
    }

    pub(crate) const fn work(&mut self) -> &mut Work {
        &mut self.0.work
    }

    /// Both heads accept: takes the call, once.
    pub(crate) fn taken(self, now_ms: u64, seen: &mut ReplayCache) -> Result<Authenticated, AuthenticateError> {
        let Self(mut inner, claim) = self;
        let now = seen.clock(now_ms.checked_div(1_000).unwrap_or(0));
        inner.claim = Some(claim);
        inner.work = Work::default();
        inner.taken(now, seen)
    }
}

impl fmt::Debug for Claimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claimed(..)")
    }
}

/// What [`authenticate`] found.
#[derive(Debug)]
#[must_use]
pub enum Authentication {
    /// The caller's key signed.
    Authenticated(Authenticated),
    /// The caller is a contract, which has to be asked.
    Claimed(Claimed),
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

    /// What was signed, and by whom, as the ledger keeps it.
    #[must_use]
    pub fn signed(&self) -> SignedCallEntry {
        let Inner { call, signature, agent, digest, request: _, evidence: _, claim: _, work: _ } = &*self.0;
        SignedCallEntry { digest: digest.0.into(), call: call.abi_encode().into(), signature: signature.clone(), agent: *agent }
    }

    /// The agent that signed in the caller's name.
    #[must_use]
    pub const fn agent(&self) -> Option<&Agent> {
        self.0.agent.as_ref()
    }

    pub(crate) const fn claim(&self) -> Option<&Claim> {
        self.0.claim.as_ref()
    }

    pub(crate) const fn work(&mut self) -> &mut Work {
        &mut self.0.work
    }

    /// For another decision about the same call.
    pub(crate) fn rested(mut self) -> Self {
        self.0.work = Work::default();
        self
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
    /// The contract that the call names as its caller did not sign it.
    #[error("contract account: {0}")]
    Account(#[from] AccountError),
    /// The agent did not sign, or the delegation is not in force.
    #[error("agent: {0}")]
    Agent(#[from] AgentError),
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

/// Takes a call once, if its caller, or an agent of the caller's, signed it for this vault, this enclave and this envelope, and it is in its
/// window. A contract's signature is not known yet: that call comes back [`Authentication::Claimed`].
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
) -> Result<Authentication, AuthenticateError> {
    let Incoming { request, enc } = incoming.into_inner();
    let UnverifiedCall { call, evidence, signature, agent } = call::read(&request, &enc, identity.enclave)?;
    if evidence.len() > limits::EVIDENCE {
        return Err(AuthenticateError::Evidence);
    }
    let now = seen.clock(now_ms.checked_div(1_000).unwrap_or(0));
    in_window(&call, now)?;
    let domain = call::domain(identity.chain_id, identity.registry, identity.vault_id);
    let digest = call::digest(&call, &domain);
    // With an agent, the agent signs the call and the caller the delegation.
    let by_caller = match &agent {
        None => digest,
        Some(agent) => agent::check(agent, call.caller, &digest, &domain, now)?,
    };
    let caller = call.caller;
    let inner =
        |signature| Box::new(Inner { call, request, evidence, signature, agent, digest, claim: None, work: Work::default() });
    match signature {
        CallerSignature::Key(bytes) => {
            if signer(&by_caller, bytes.as_slice())? != caller {
                return Err(AuthenticateError::WrongSigner);
            }
            inner(CallerSignature::Key(bytes)).taken(now, seen).map(Authentication::Authenticated)
        }
        CallerSignature::Contract(bytes) => {
            let claim = Claim { account: caller, digest: by_caller, signature: bytes.to_vec().into() };
            Ok(Authentication::Claimed(Claimed(inner(CallerSignature::Contract(bytes)), claim)))
        }
    }
}

impl Inner {
    /// The last step: whoever is named signed, in time, and this is the first time.
    fn taken(self: Box<Self>, now: u64, seen: &mut ReplayCache) -> Result<Authenticated, AuthenticateError> {
        // A contract is asked over several round trips.
        in_window(&self.call, now)?;
        seen.record(self.call.caller, self.call.origin, self.call.nonce, self.call.expiresAt, now)?;
        Ok(Authenticated(self))
    }
}

fn in_window(call: &Call, now: u64) -> Result<(), AuthenticateError> {
    if !call.expiresAt.checked_sub(call.issuedAt).is_some_and(|window| (1..=limits::CALL_WINDOW).contains(&window)) {
        return Err(AuthenticateError::Window);
    }
    if call.issuedAt > now.saturating_add(SKEW) {
        return Err(AuthenticateError::NotYet);
    }
    if call.expiresAt <= now { Err(AuthenticateError::Expired) } else { Ok(()) }
}
