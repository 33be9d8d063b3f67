//! Messages between host, enclave and client: bytes, limits, versions.
//!
//! Everything another party stores or sends is defined here once, with its version and its limit, so that enclave, host,
//! client and verifier can't drift apart. Bytes are bounded, then scanned, then decoded, then re-encoded and compared.
//!
//! Out of scope: what a message means. `policy`, `chain`, `platform` and `vault` decide; `client` and `host-proxy` obey.

pub mod attested;
pub mod call;
pub mod cbor;
pub mod constitution;
pub mod custody;
pub mod frame;
pub mod http;
pub mod ledger;
pub mod limits;
pub mod message;
pub mod note;
pub mod ohttp;
pub mod provision;
pub mod tlog;
