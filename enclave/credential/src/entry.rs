//! Ledger bodies: sealed to the ledger key, at one index, behind exactly the entries before it.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::aead;
use crate::keys::Keys;

const LABEL: &[u8] = b"pst-vault/ledger-body/v1";

/// Why a body was not sealed or not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Longer than AES-GCM takes.
    #[error("body too long")]
    Size,
    /// Another vault's, another index, another history, or changed.
    #[error("ledger body does not open")]
    Sealed,
}

/// Seals the body of entry `index`, which follows the entries whose tree has `root_before`: nonce || ciphertext || tag.
///
/// # Errors
/// [`EntryError::Size`].
pub fn seal_ledger(
    keys: &Keys,
    index: u64,
    root_before: &[u8; 32],
    plaintext: &[u8],
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, EntryError> {
    aead::seal(&entry_key(keys, index), &aad(keys, index, root_before), plaintext, rng).ok_or(EntryError::Size)
}

/// Opens the body of entry `index`.
///
/// # Errors
/// [`EntryError::Sealed`].
pub fn open_ledger(keys: &Keys, index: u64, root_before: &[u8; 32], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, EntryError> {
    aead::open(&entry_key(keys, index), &aad(keys, index, root_before), sealed).map_err(|_| EntryError::Sealed)
}

fn entry_key(keys: &Keys, index: u64) -> Zeroizing<[u8; 32]> {
    keys.ledger.expand(&[LABEL, &index.to_be_bytes()])
}

fn aad(keys: &Keys, index: u64, root_before: &[u8; 32]) -> Vec<u8> {
    [LABEL, keys.vault_id.as_slice(), &index.to_be_bytes(), root_before].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::tests::{VAULT_ID, keys, root};
    use alloy_primitives::B256;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn t13_a_body_opens_at_its_place_only() {
        let sealed = seal_ledger(&keys(), 5, &[9; 32], b"body", &mut ChaCha20Rng::seed_from_u64(1)).unwrap();
        assert_eq!(open_ledger(&keys(), 5, &[9; 32], &sealed).unwrap().as_slice(), b"body");
        assert_eq!(open_ledger(&keys(), 4, &[9; 32], &sealed).unwrap_err(), EntryError::Sealed);
        assert_eq!(open_ledger(&keys(), 5, &[8; 32], &sealed).unwrap_err(), EntryError::Sealed);
        let other_vault = Keys::derive(&root(7), &B256::repeat_byte(0x12)).unwrap();
        assert_eq!(open_ledger(&other_vault, 5, &[9; 32], &sealed).unwrap_err(), EntryError::Sealed);
        let other_root = Keys::derive(&root(8), &VAULT_ID).unwrap();
        assert_eq!(open_ledger(&other_root, 5, &[9; 32], &sealed).unwrap_err(), EntryError::Sealed);
    }

    #[test]
    fn t16_refuses_each_truncation_and_each_flipped_byte() {
        let sealed = seal_ledger(&keys(), 5, &[9; 32], b"body", &mut ChaCha20Rng::seed_from_u64(1)).unwrap();
        for at in 0..sealed.len() {
            assert!(open_ledger(&keys(), 5, &[9; 32], &sealed[..at]).is_err());
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(open_ledger(&keys(), 5, &[9; 32], &changed).is_err());
        }
    }
}
