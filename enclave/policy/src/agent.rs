//! Agents: session keys that sign calls in a caller's name, as far as the caller delegated.

use alloy_primitives::{Address, B256};
use alloy_sol_types::{Eip712Domain, SolStruct};
use contracts_bindings::Class;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use protocol::signatures::{Agent, AgentKey, Curve, Terms};
use secp256k1::ecdsa::Signature;
use secp256k1::{Message, PublicKey};

use crate::operation::Operation;
use crate::signature::context;

/// Rule of a refusal for a store outside the delegation's portfolio.
pub(crate) const PORTFOLIO: &str = "delegation.portfolio";
/// Rule of a refusal for an operation outside the delegation's scope.
pub(crate) const SCOPE: &str = "delegation.scope";

/// Why an agent's signature does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// The key is no point of its curve.
    #[error("key is no point of its curve")]
    Key,
    /// The agent did not sign this call, or not in the one form: low s.
    #[error("agent did not sign the call")]
    Signature,
    /// The delegation begins later.
    #[error("delegation is not in force yet")]
    NotYet,
    /// The delegation is over.
    #[error("delegation is over")]
    Expired,
}

/// Checks that the agent signed the call and that its time is now. Returns what the caller must have signed.
pub(crate) fn check(agent: &Agent, caller: Address, call: &B256, domain: &Eip712Domain, now: u64) -> Result<B256, AgentError> {
    let Agent { key, signature, terms: Terms { portfolio: _, scope: _, from, until } } = agent;
    if now < *from {
        return Err(AgentError::NotYet);
    }
    if now >= *until {
        return Err(AgentError::Expired);
    }
    verify(key, call, signature)?;
    Ok(agent.delegation(caller).eip712_signing_hash(domain))
}

fn verify(key: &AgentKey, digest: &B256, signature: &[u8; 64]) -> Result<(), AgentError> {
    let mut sec1 = [4; 65];
    let [_, point @ ..] = &mut sec1;
    *point = *key.point;
    match key.curve {
        Curve::Secp256k1 => {
            let key = PublicKey::from_byte_array_uncompressed(sec1).map_err(|_| AgentError::Key)?;
            let signature = Signature::from_compact(signature).map_err(|_| AgentError::Signature)?;
            // libsecp256k1 takes low s only.
            context().verify_ecdsa(Message::from_digest(digest.0), &signature, &key).map_err(|_| AgentError::Signature)
        }
        Curve::P256 => {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&sec1).map_err(|_| AgentError::Key)?;
            let signature = p256::ecdsa::Signature::from_slice(signature).map_err(|_| AgentError::Signature)?;
            if signature.normalize_s() != signature {
                return Err(AgentError::Signature);
            }
            key.verify_prehash(digest.as_slice(), &signature).map_err(|_| AgentError::Signature)
        }
    }
}

/// Whether the delegation covers these operations on a store of this portfolio; `Err` is the rule.
pub(crate) fn covers(agent: &Agent, portfolio: u64, operations: &[Operation]) -> Result<(), &'static str> {
    if agent.terms.portfolio != portfolio {
        return Err(PORTFOLIO);
    }
    let scope = B256::from(*agent.terms.scope);
    let within = |operation: &Operation| {
        let by_class = scope.is_zero() || scope == B256::with_last_byte(operation.class.number());
        scope == operation.id() || (by_class && operation.class != Class::Export)
    };
    if operations.iter().all(within) { Ok(()) } else { Err(SCOPE) }
}
