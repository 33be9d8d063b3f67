//! The vault's own last finalized head, sealed so that it can start from it again.

use core::fmt;

use alloy_primitives::B256;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::aead;
use crate::key::Key;

const LABEL: &[u8] = b"pst-vault/sealed-head/v1";

/// Seals heads. Apart from [`crate::Keys`], because it is needed before the root commitment can be proven.
pub struct HeadKey {
    pub(crate) vault_id: B256,
    pub(crate) key: Key,
}

/// Why a sealed head was not made or not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// Longer than AES-GCM takes.
    #[error("head too long")]
    Size,
    /// Another vault's, another root key's, or changed.
    #[error("sealed head does not open")]
    Sealed,
}

impl HeadKey {
    /// Seals a head.
    ///
    /// # Errors
    /// [`HeadError::Size`].
    pub fn seal(&self, head: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, HeadError> {
        aead::seal(&self.key.expand(&[LABEL]), &self.aad(), head, rng).ok_or(HeadError::Size)
    }

    /// Opens a head. Any that was ever sealed opens: how old it may be is the light client's to judge.
    ///
    /// # Errors
    /// [`HeadError::Sealed`].
    pub fn open(&self, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, HeadError> {
        aead::open(&self.key.expand(&[LABEL]), &self.aad(), sealed).map_err(|_| HeadError::Sealed)
    }

    fn aad(&self) -> Vec<u8> {
        [LABEL, self.vault_id.as_slice()].concat()
    }
}

impl fmt::Debug for HeadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HeadKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::tests::{VAULT_ID, root};
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    #[test]
    fn opens_for_its_root_key_and_vault_only() {
        let key = |byte, vault| HeadKey::derive(&root(byte), &vault).unwrap();
        let sealed = key(7, VAULT_ID).seal(b"slot 9", &mut ChaCha20Rng::seed_from_u64(1)).unwrap();
        assert_eq!(key(7, VAULT_ID).open(&sealed).unwrap().as_slice(), b"slot 9");
        assert_eq!(key(8, VAULT_ID).open(&sealed).unwrap_err(), HeadError::Sealed);
        assert_eq!(key(7, B256::repeat_byte(0x12)).open(&sealed).unwrap_err(), HeadError::Sealed);
        for cut in 0..sealed.len() {
            assert_eq!(key(7, VAULT_ID).open(&sealed[..cut]).unwrap_err(), HeadError::Sealed);
        }
    }
}
