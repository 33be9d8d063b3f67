//! The one place that checks a signature: ECDSA over P-384 with SHA-384, by AWS-LC.
//!
//! A high `s` verifies: AWS makes them.

use aws_lc_rs::signature::{ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED, UnparsedPublicKey};

/// The signature does not verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BadSignature;

/// A certificate's signature, DER-encoded.
pub(crate) fn verify_der(key: &[u8; 97], message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
    UnparsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, key).verify(message, signature).map_err(|_| BadSignature)
}

/// A COSE signature, r || s (RFC 9053 §2.1).
pub(crate) fn verify_fixed(key: &[u8; 97], message: &[u8], signature: &[u8; 96]) -> Result<(), BadSignature> {
    UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, key).verify(message, signature).map_err(|_| BadSignature)
}
