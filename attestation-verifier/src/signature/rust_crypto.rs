//! `RustCrypto`, where C can't be built.

use p384::ecdsa::signature::Verifier;
use p384::ecdsa::{DerSignature, Signature, VerifyingKey};

use super::BadSignature;

pub(crate) fn verify_der(key: &[u8; 97], message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
    let signature = DerSignature::from_bytes(signature).map_err(|_| BadSignature)?;
    verifying_key(key)?.verify(message, &signature).map_err(|_| BadSignature)
}

pub(crate) fn verify_fixed(key: &[u8; 97], message: &[u8], signature: &[u8; 96]) -> Result<(), BadSignature> {
    let signature = Signature::from_slice(signature).map_err(|_| BadSignature)?;
    verifying_key(key)?.verify(message, &signature).map_err(|_| BadSignature)
}

fn verifying_key(key: &[u8; 97]) -> Result<VerifyingKey, BadSignature> {
    VerifyingKey::from_sec1_bytes(key).map_err(|_| BadSignature)
}
