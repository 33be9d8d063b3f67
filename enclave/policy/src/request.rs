//! The `Request` that the registry is asked, filled from what was checked and from nothing else.

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use contracts_bindings::StoreRegistry::authorizeCall;
use contracts_bindings::registry::{Request, StoreRef};
use protocol::call::Call;

use crate::authenticate::Authenticated;
use crate::identity::Identity;
use crate::operation::Operation;

/// Bytes of a selector in call data.
const SELECTOR: usize = 4;

/// Call data of one `authorize`, and in it the ABI of the `Request`.
pub(crate) struct Question {
    pub(crate) data: Bytes,
}

impl Question {
    pub(crate) fn new(authenticated: &Authenticated, operation: &Operation, identity: &Identity, now_ms: u64) -> Self {
        let call = authenticated.call();
        let Identity { chain_id: _, registry: _, registry_code_hash: _, vault_id, image, enclave: _ } = identity;
        let request = Request {
            vault: *vault_id,
            image: *image,
            r#ref: StoreRef { origin: call.origin, salt: call.salt },
            caller: call.caller,
            agent: authenticated.agent().map_or(B256::ZERO, |agent| agent.key.id()),
            role: call.role,
            operation: operation.id(),
            class: operation.class.number(),
            requestHash: request_hash(call),
            recipient: call.recipient,
            time: now_ms.checked_div(1_000).unwrap_or(0),
            params: operation.params.clone(),
            evidence: Bytes::copy_from_slice(authenticated.evidence()),
        };
        Self { data: authorizeCall { request }.abi_encode().into() }
    }

    /// abi.encode(request).
    pub(crate) fn request(&self) -> &[u8] {
        self.data.get(SELECTOR..).unwrap_or_default()
    }
}

/// keccak256(abi.encode(method, url, headersHash, bodyHash)): the platform call as it will be sent, without the credential.
fn request_hash(call: &Call) -> B256 {
    keccak256((call.method.as_str(), call.url.as_str(), call.headersHash, call.bodyHash).abi_encode_params())
}
