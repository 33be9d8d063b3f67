//! The signatures under a call: the caller's own, or its agent's with the delegation that the caller signed.
//!
//! An agent is a session key. The caller signs a [`Delegation`] to it once, and the agent signs calls in the caller's name until the
//! delegation ends or the caller revokes the agent on chain (`StoreRegistry.revokeAgent`). So a Safe signs once a month and not
//! once a call.
//!
//! Out of scope: whether a signature holds, which `policy` decides.

use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::sol;
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use crate::call::{
    AGENT, AGENT_SIGNATURE, CONTRACT_SIGNATURE, CallError, DELEGATION, Field, SIGNATURE, decimal, fixed, optional, prefixed,
    required,
};
use crate::http::Request;
use crate::limits;

sol! {
    /// What a caller signs to let an agent call in its name. In the domain of a call.
    #[derive(Debug, PartialEq, Eq)]
    struct Delegation {
        address caller;
        bytes32 agent;
        uint64 portfolio;
        bytes32 scope;
        uint64 from;
        uint64 until;
    }
}

/// Gas of one `isValidSignature`, in the enclave and for whoever runs it again: room for a P-256 verifier or a pairing written in Solidity.
pub const SIGNATURE_GAS: u64 = 3_000_000;

/// The caller's own signature: of the call, or of the delegation if an agent signs the call.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum CallerSignature {
    /// Of the caller's secp256k1 key: r || s || v.
    #[n(0)]
    Key(#[n(0)] ByteArray<65>),
    /// What the caller, a contract, accepts in `isValidSignature` (EIP-1271).
    #[n(1)]
    Contract(#[n(0)] ByteVec),
}

/// A curve that an agent's key may be on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Curve {
    /// Ethereum's.
    #[n(1)]
    Secp256k1,
    /// NIST P-256: passkeys, HSMs, secure elements.
    #[n(2)]
    P256,
}

impl Curve {
    /// The byte that stands for it before a key's coordinates.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Secp256k1 => 1,
            Self::P256 => 2,
        }
    }
}

/// An agent's public key. That it is a point of its curve is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct AgentKey {
    /// The curve.
    #[n(0)]
    pub curve: Curve,
    /// x || y, big-endian.
    #[n(1)]
    pub point: ByteArray<64>,
}

impl AgentKey {
    /// The curve's byte || x || y: how a key is written.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 65] {
        let mut bytes = [0; 65];
        let [curve, point @ ..] = &mut bytes;
        *curve = self.curve.number();
        *point = *self.point;
        bytes
    }

    /// Reads what [`Self::to_bytes`] writes; `None` for an unknown curve.
    #[must_use]
    pub fn from_bytes([curve, point @ ..]: &[u8; 65]) -> Option<Self> {
        let curve = match curve {
            1 => Curve::Secp256k1,
            2 => Curve::P256,
            _ => return None,
        };
        Some(Self { curve, point: (*point).into() })
    }

    /// `Request.agent`: keccak256(curve || x || y).
    #[must_use]
    pub fn id(&self) -> B256 {
        keccak256(self.to_bytes())
    }
}

/// What a delegation says beside whose it is and to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Terms {
    /// Only for stores that are in this portfolio.
    #[n(0)]
    pub portfolio: u64,
    /// Zero = whatever the caller may; else one operation's id, or one class as a number. Only its operation's id covers an EXPORT.
    #[n(1)]
    pub scope: ByteArray<32>,
    /// Unix seconds of its first moment.
    #[n(2)]
    pub from: u64,
    /// Unix seconds from which on it is void.
    #[n(3)]
    pub until: u64,
}

/// An agent's signature of a call, and on what terms it signs for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Agent {
    /// The agent's key.
    #[n(0)]
    pub key: AgentKey,
    /// Its signature of the call: r || s, low s.
    #[n(1)]
    pub signature: ByteArray<64>,
    /// What the caller delegated.
    #[n(2)]
    pub terms: Terms,
}

impl Agent {
    /// What `caller` must have signed.
    #[must_use]
    pub fn delegation(&self, caller: Address) -> Delegation {
        let Terms { portfolio, scope, from, until } = self.terms;
        Delegation { caller, agent: self.key.id(), portfolio, scope: B256::from(*scope), from, until }
    }
}

/// Puts the caller's signature, and its agent's if one signs, into the request, in their places.
pub fn set(request: &mut Request, signature: &CallerSignature, agent: Option<&Agent>) {
    let ours = [SIGNATURE, CONTRACT_SIGNATURE, AGENT, AGENT_SIGNATURE, DELEGATION];
    request.headers.retain(|(name, _)| !ours.contains(&name.as_str()));
    let mut put = |name: &str, value: String| request.headers.push((name.to_owned(), value.into_bytes()));
    match signature {
        CallerSignature::Key(signature) => put(SIGNATURE, prefixed(signature.as_slice())),
        CallerSignature::Contract(signature) => put(CONTRACT_SIGNATURE, prefixed(signature)),
    }
    if let Some(Agent { key, signature, terms: Terms { portfolio, scope, from, until } }) = agent {
        put(AGENT, prefixed(&key.to_bytes()));
        put(AGENT_SIGNATURE, prefixed(signature.as_slice()));
        put(DELEGATION, format!("{portfolio}:{}:{from}:{until}", prefixed(scope.as_slice())));
    }
    request.headers.sort_by(|(a, _), (b, _)| a.cmp(b));
}

/// Exactly one of the two forms.
pub(crate) fn caller(request: &Request) -> Result<CallerSignature, CallError> {
    let Some(text) = optional(request, Field::ContractSignature)? else {
        return Ok(CallerSignature::Key(fixed::<65>(required(request, Field::Signature)?, Field::Signature)?.into()));
    };
    let malformed = CallError::Malformed(Field::ContractSignature);
    if request.header(SIGNATURE).is_some() {
        return Err(malformed);
    }
    let digits = text.strip_prefix("0x").ok_or(malformed)?;
    if digits.bytes().any(|byte| byte.is_ascii_uppercase()) || digits.len().div_ceil(2) > limits::CONTRACT_SIGNATURE {
        return Err(malformed);
    }
    let signature = hex::decode(digits).map_err(|_| malformed)?;
    if signature.is_empty() { Err(malformed) } else { Ok(CallerSignature::Contract(signature.into())) }
}

/// All three headers of an agent, or none.
pub(crate) fn agent(request: &Request) -> Result<Option<Agent>, CallError> {
    let fields = [Field::Agent, Field::AgentSignature, Field::Delegation];
    if fields.iter().all(|field| request.header(field.name()).is_none()) {
        return Ok(None);
    }
    let key = AgentKey::from_bytes(&fixed::<65>(required(request, Field::Agent)?, Field::Agent)?)
        .ok_or(CallError::Malformed(Field::Agent))?;
    let signature = fixed::<64>(required(request, Field::AgentSignature)?, Field::AgentSignature)?.into();
    let mut parts = required(request, Field::Delegation)?.split(':');
    let mut part = || parts.next().ok_or(CallError::Malformed(Field::Delegation));
    let (portfolio, scope, from, until) = (part()?, part()?, part()?, part()?);
    let number = |text: &str| decimal(text).ok_or(CallError::Malformed(Field::Delegation));
    let terms = Terms {
        portfolio: number(portfolio)?,
        scope: fixed::<32>(scope, Field::Delegation)?.into(),
        from: number(from)?,
        until: number(until)?,
    };
    if parts.next().is_some() { Err(CallError::Malformed(Field::Delegation)) } else { Ok(Some(Agent { key, signature, terms })) }
}
