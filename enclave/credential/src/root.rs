//! The root key of a vault.

use core::fmt;

use alloy_primitives::B256;
use protocol::custody;
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// R: the 32 bytes that every key of a vault is derived from. Boxed, so that a move copies the pointer and not the bytes.
pub struct RootKey(Box<Zeroizing<[u8; 32]>>);

impl RootKey {
    /// A fresh root key, at genesis.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut key = Box::new(Zeroizing::new([0; 32]));
        rng.fill_bytes(key.as_mut_slice());
        Self(key)
    }

    /// The root key of a vault whose custody is one share of one.
    #[must_use]
    pub fn from_share(share: Zeroizing<[u8; 32]>) -> Self {
        let mut key = Box::new(Zeroizing::new([0; 32]));
        key.copy_from_slice(share.as_slice());
        Self(key)
    }

    /// What stands on chain for this key: see [`custody::root_commitment`].
    #[must_use]
    pub fn commitment(&self, vault_id: &B256) -> [u8; 32] {
        custody::root_commitment(&self.0, vault_id)
    }

    /// Whether `on_chain` is this key's commitment. Constant time.
    #[must_use]
    pub fn commits_to(&self, vault_id: &B256, on_chain: &[u8; 32]) -> bool {
        self.commitment(vault_id).ct_eq(on_chain).into()
    }

    /// Lends the key, to seal it to a member of the quorum at genesis.
    pub fn with_secret<R>(&self, use_it: impl FnOnce(&[u8; 32]) -> R) -> R {
        use_it(&self.0)
    }
}

impl ZeroizeOnDrop for RootKey {}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RootKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    const VAULT: B256 = B256::repeat_byte(0x11);

    #[test]
    fn commitment_binds_key_and_vault() {
        let root = RootKey::from_share(Zeroizing::new([7; 32]));
        let commitment = root.commitment(&VAULT);
        assert!(root.commits_to(&VAULT, &commitment));
        assert!(!root.commits_to(&B256::repeat_byte(0x12), &commitment));
        assert!(!RootKey::from_share(Zeroizing::new([8; 32])).commits_to(&VAULT, &commitment));
        let mut other = commitment;
        other[31] ^= 1;
        assert!(!root.commits_to(&VAULT, &other));
    }

    #[test]
    fn commitment_is_the_published_construction() {
        // HKDF-SHA256 (python cryptography 48): ikm 07*32, salt 11*32, info "pst-vault/root-commitment/v1"
        let root = RootKey::from_share(Zeroizing::new([7; 32]));
        assert_eq!(hex::encode(root.commitment(&VAULT)), "51cd391802ae2ced31a00f5dab1a6ec844ef9aa5e3fa5ad6d299208ec6d84556");
    }

    #[test]
    fn generate_draws_from_the_argument() {
        let root = |seed| RootKey::generate(&mut ChaCha20Rng::seed_from_u64(seed)).with_secret(|key| *key);
        assert_eq!(root(1), root(1));
        assert_ne!(root(1), root(2));
        assert_ne!(root(1), [0; 32]);
    }

    #[test]
    fn t52_debug_shows_the_type_only() {
        assert_eq!(format!("{:?}", RootKey::from_share(Zeroizing::new([7; 32]))), "RootKey(..)");
    }
}
