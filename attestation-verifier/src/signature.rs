//! The one place that checks a signature: ECDSA over P-384 with SHA-384, by AWS-LC, and in WebAssembly by `RustCrypto`.
//!
//! A high `s` verifies: AWS makes them.

#[cfg(not(target_arch = "wasm32"))]
mod aws_lc;
#[cfg(any(test, target_arch = "wasm32"))]
mod rust_crypto;

/// A certificate's signature, DER-encoded (`verify_der`), and a COSE signature, r || s, RFC 9053 §2.1 (`verify_fixed`).
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use aws_lc::{verify_der, verify_fixed};
#[cfg(target_arch = "wasm32")]
pub(crate) use rust_crypto::{verify_der, verify_fixed};

/// The signature does not verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadSignature;

#[cfg(test)]
mod tests;
