//! An agent of each curve.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolStruct;
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use policy::Identity;
use protocol::call;
use protocol::signatures::{Agent, AgentKey, Curve, Terms};
use secp256k1::{Message, Secp256k1, SecretKey};

pub(crate) const CURVES: [Curve; 2] = [Curve::Secp256k1, Curve::P256];
const SECRET: [u8; 32] = [0x0a; 32];

fn key(curve: Curve) -> AgentKey {
    let point = match curve {
        Curve::Secp256k1 => {
            let key = SecretKey::from_byte_array(SECRET).unwrap().public_key(&Secp256k1::new());
            key.serialize_uncompressed()[1..].try_into().unwrap()
        }
        Curve::P256 => protocol::anchor::public_key(&SigningKey::from_slice(&SECRET).unwrap()),
    };
    AgentKey { curve, point: point.into() }
}

pub(crate) fn id(curve: Curve) -> B256 {
    key(curve).id()
}

/// The agent that signed this call, and what its caller has to sign.
pub(crate) fn agent(identity: &Identity, caller: Address, call: &B256, curve: Curve, now: u64) -> (Agent, B256) {
    let signature = match curve {
        Curve::Secp256k1 => {
            let key = SecretKey::from_byte_array(SECRET).unwrap();
            Secp256k1::new().sign_ecdsa(Message::from_digest(call.0), &key).serialize_compact()
        }
        Curve::P256 => {
            let signature: p256::ecdsa::Signature = SigningKey::from_slice(&SECRET).unwrap().sign_prehash(&call.0).unwrap();
            signature.normalize_s().to_bytes().into()
        }
    };
    let terms = Terms { portfolio: 1, scope: [0; 32].into(), from: 0, until: now + 1_000 };
    let agent = Agent { key: key(curve), signature: signature.into(), terms };
    let domain = call::domain(identity.chain_id, identity.registry, identity.vault_id);
    let delegation = agent.delegation(caller).eip712_signing_hash(&domain);
    (agent, delegation)
}
