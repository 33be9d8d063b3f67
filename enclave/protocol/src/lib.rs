//! Messages between host, enclave and client: bytes, limits, versions.
//!
//! Everything another party stores or sends is defined here once, with its version and its limit, so that enclave, host,
//! client and verifier can't drift apart. Bytes are bounded, then scanned, then decoded, then re-encoded and compared.
//!
//! ```text
//! host    <-> enclave   frame(4-byte length) + cbor([version, message])           frame, cbor, message
//! caller   -> enclave   ohttp(bhttp(request with pst-vault-* headers))            ohttp, http, call, provision
//! member   -> enclave   cbor(HPKE share to the boot's setup key)                  custody
//! enclave  -> chain     P-256 signatures over EIP-712 digests                     anchor
//! enclave  -> everybody RFC 6962 log, C2SP signed checkpoints, user_data          ledger, tlog, note, attested
//! ```
//!
//! Out of scope: what a message means. `policy`, `chain`, `platform` and `vault` decide; `client` and `host-proxy` obey.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

pub mod anchor;
pub mod attested;
pub mod call;
mod canonical;
pub mod cbor;
pub mod constitution;
pub mod custody;
pub mod frame;
pub mod head_conflict;
pub mod http;
pub mod ledger;
pub mod limits;
pub mod message;
pub mod note;
pub mod ohttp;
pub mod provision;
pub mod release;
mod retries;
pub mod signatures;
pub mod status;
mod suite;
pub mod tlog;
