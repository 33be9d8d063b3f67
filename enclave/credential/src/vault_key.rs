//! The vault's own signing key: it signs writer claims and the vault's creation, nothing else.

use core::fmt;

use p256::ecdsa::signature::hazmat::PrehashSigner;
use p256::ecdsa::{Signature, SigningKey};
use zeroize::ZeroizeOnDrop;

/// P-256, derived from root key and vault id.
pub struct VaultKey(Box<SigningKey>);

/// A digest that was not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("digest can't be signed")]
pub struct SignError;

impl VaultKey {
    pub(crate) fn new(key: Box<SigningKey>) -> Self {
        Self(key)
    }

    /// x || y, as `VaultRegistry` keeps it.
    #[must_use]
    pub fn public(&self) -> [u8; 64] {
        let point = self.0.verifying_key().to_sec1_point(false);
        let mut public = [0; 64];
        if let Some(coordinates) = point.as_bytes().get(1..65) {
            public.copy_from_slice(coordinates);
        }
        public
    }

    /// Signs a 32-byte digest as it is (RFC 6979): r || s, low s.
    ///
    /// # Errors
    /// Never in practice: RFC 6979 found no nonce.
    pub fn sign(&self, digest: &[u8; 32]) -> Result<[u8; 64], SignError> {
        let signature: Signature = self.0.sign_prehash(digest).map_err(|_| SignError)?;
        Ok(signature.normalize_s().to_bytes().into())
    }
}

impl ZeroizeOnDrop for VaultKey {}

impl fmt::Debug for VaultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VaultKey(..)")
    }
}
