//! AWS-LC.

use aws_lc_rs::signature::{ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED, UnparsedPublicKey};

use super::BadSignature;

pub(crate) fn verify_der(key: &[u8; 97], message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
    UnparsedPublicKey::new(&ECDSA_P384_SHA384_ASN1, key).verify(message, signature).map_err(|_| BadSignature)
}

pub(crate) fn verify_fixed(key: &[u8; 97], message: &[u8], signature: &[u8; 96]) -> Result<(), BadSignature> {
    UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, key).verify(message, signature).map_err(|_| BadSignature)
}
