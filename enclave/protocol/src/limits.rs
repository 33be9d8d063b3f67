//! The named limits of everything that crosses a boundary. Bounded before parsed.

/// A frame from the host to the enclave: a state answer with proofs and code is the largest.
pub const HOST_FRAME: usize = 4 << 20;
/// A frame from the enclave to the host: an OHTTP response of [`OHTTP_RESPONSE`] and its envelope.
pub const ENCLAVE_FRAME: usize = 4 << 20;
/// An encapsulated request, after padding.
pub const OHTTP_REQUEST: usize = 1 << 20;
/// An encapsulated response, after padding.
pub const OHTTP_RESPONSE: usize = 3 << 20;
/// The body of an upstream response that the enclave reads.
pub const UPSTREAM_BODY: usize = 1 << 20;
/// A constitution in canonical CBOR.
pub const CONSTITUTION: usize = 16 << 10;
/// The settings in canonical CBOR.
pub const SETTINGS: usize = 4 << 10;
/// The asker's nonce in an attestation document.
pub const NONCE: usize = 64;
/// One light-client object in SSZ.
pub const LIGHT_CLIENT_OBJECT: usize = 32 << 10;
/// Light-client updates in one answer (consensus-specs `MAX_REQUEST_LIGHT_CLIENT_UPDATES`).
pub const UPDATES: usize = 128;
/// Newest heads of each kind in one answer: one from each of the host's beacon nodes.
pub const HEADS: usize = 8;
/// Execution headers in one answer: those of the finalized and of the attested head.
pub const EXECUTION_HEADERS: usize = 2;
/// A sealed record.
pub const RECORD: usize = 64 << 10;
/// A sealed ledger body.
pub const LEDGER_BODY: usize = 64 << 10;
/// Ledger entries in one answer.
pub const LEDGER_ENTRIES: usize = 64;
/// Nesting of any CBOR from outside.
pub const CBOR_DEPTH: usize = 16;
/// Items in any CBOR from outside: what is decoded into stays a small multiple of what came in.
pub const CBOR_ITEMS: usize = 1 << 17;
/// `Request.evidence`, which the caller brings.
pub const EVIDENCE: usize = 8 << 10;
/// A contract account's signature (EIP-1271).
pub const CONTRACT_SIGNATURE: usize = 4 << 10;
/// Seconds between a call's `issuedAt` and `expiresAt`, at most.
pub const CALL_WINDOW: u64 = 300;
/// A URL in a call.
pub const URL: usize = 4 << 10;
/// Headers in a call or in a response.
pub const HEADERS: usize = 64;
/// A header's value.
pub const HEADER_VALUE: usize = 8 << 10;
/// The value of a header of our own (`pst-vault-*`): evidence and receipts travel in base64.
pub const VAULT_HEADER: usize = 256 << 10;
/// The body of a provision request in canonical CBOR.
pub const PROVISION: usize = 32 << 10;
/// A secret that is provisioned.
pub const SECRET: usize = 8 << 10;
/// A genesis output in canonical CBOR.
pub const GENESIS_OUTPUT: usize = 64 << 10;
/// A share message in canonical CBOR.
pub const SHARE: usize = 1 << 10;
