//! The key hierarchy: (root key, vault id) by HKDF-SHA256, one label each.

use core::fmt;

use alloy_primitives::B256;
use hkdf::Hkdf;
use p256::ecdsa::SigningKey;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::head::HeadKey;
use crate::key::Key;
use crate::record::Kind;
use crate::root::RootKey;
use crate::vault_key::VaultKey;

const RECORD: &[u8] = b"pst-vault/keys/record/v1";
const RECORD_ID: &[u8] = b"pst-vault/keys/record-id/v1";
const LEDGER: &[u8] = b"pst-vault/keys/ledger/v1";
const HEAD: &[u8] = b"pst-vault/keys/head/v1";
const WATCH: &[u8] = b"pst-vault/keys/watch/v1";
const VAULT: &[u8] = b"pst-vault/keys/vault/v1";
/// A candidate is a scalar but for one in 2^32.
const CANDIDATES: u8 = 16;

/// Every key of one vault. They belong to this vault only: under another id the same root key gives others.
pub struct Keys {
    pub(crate) vault_id: B256,
    pub(crate) record: Key,
    record_id: Key,
    pub(crate) ledger: Key,
    watch: Key,
    vault: VaultKey,
}

/// Why no keys were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeriveError {
    /// HKDF refused the length. Unreachable with these labels.
    #[error("key derivation failed")]
    Length,
    /// Sixteen candidates in a row are no P-256 scalars.
    #[error("no vault key follows from this root key")]
    VaultKey,
}

/// Why a root key does not unlock a vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnlockError {
    /// The chain has another commitment for this vault.
    #[error("root key does not match the commitment on chain")]
    Commitment,
    /// See [`DeriveError`].
    #[error(transparent)]
    Derive(#[from] DeriveError),
}

impl Keys {
    /// The keys of a vault whose commitment is proven on chain. The root key is erased.
    ///
    /// # Errors
    /// The root key is another one, or see [`DeriveError`].
    pub fn unlock(root: RootKey, vault_id: &B256, on_chain: &[u8; 32]) -> Result<Self, UnlockError> {
        if !root.commits_to(vault_id, on_chain) {
            return Err(UnlockError::Commitment);
        }
        Ok(Self::derive(&root, vault_id)?)
    }

    /// The keys of a root key, compared with nothing: for genesis, when the chain has no commitment yet.
    ///
    /// # Errors
    /// See [`DeriveError`].
    pub fn derive(root: &RootKey, vault_id: &B256) -> Result<Self, DeriveError> {
        let prk = extract(root, vault_id);
        Ok(Self {
            vault_id: *vault_id,
            record: expand(&prk, RECORD)?,
            record_id: expand(&prk, RECORD_ID)?,
            ledger: expand(&prk, LEDGER)?,
            watch: expand(&prk, WATCH)?,
            vault: vault_key(&prk)?,
        })
    }

    /// The vault that these keys belong to.
    #[must_use]
    pub fn vault_id(&self) -> &B256 {
        &self.vault_id
    }

    /// What the host knows a record by. It says nothing about kind or name to whoever lacks the root key.
    #[must_use]
    pub fn record_id(&self, kind: Kind, name: &[u8]) -> [u8; 32] {
        self.record_id.mac(&[&[kind.code()], name])
    }

    /// What the ledger says of where a store's money goes: the same for the same facts, and nothing to whoever lacks the root key, however
    /// few facts are possible.
    #[must_use]
    pub fn watched(&self, store: &B256, asked: &[u8; 32], facts: &[u8]) -> [u8; 32] {
        self.watch.mac(&[store.as_slice(), asked, facts])
    }

    /// Signs writer claims.
    #[must_use]
    pub fn vault_key(&self) -> &VaultKey {
        &self.vault
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys(..)")
    }
}

impl HeadKey {
    /// Usable before the commitment is proven: it opens the head that proving starts from.
    ///
    /// # Errors
    /// See [`DeriveError`].
    pub fn derive(root: &RootKey, vault_id: &B256) -> Result<Self, DeriveError> {
        Ok(Self { vault_id: *vault_id, key: expand(&extract(root, vault_id), HEAD)? })
    }
}

fn extract(root: &RootKey, vault_id: &B256) -> Hkdf<Sha256> {
    root.with_secret(|root| Hkdf::new(Some(vault_id.as_slice()), root))
}

fn expand(prk: &Hkdf<Sha256>, label: &[u8]) -> Result<Key, DeriveError> {
    Key::filled_by(|key| prk.expand(label, key)).map_err(|_| DeriveError::Length)
}

/// The first of the candidates that is a scalar, as it is: no bias.
fn vault_key(prk: &Hkdf<Sha256>) -> Result<VaultKey, DeriveError> {
    let mut candidate = Box::new(Zeroizing::new([0; 32]));
    for counter in 0..CANDIDATES {
        prk.expand_multi_info(&[VAULT, &[counter]], candidate.as_mut_slice()).map_err(|_| DeriveError::Length)?;
        if let Ok(key) = SigningKey::from_slice(candidate.as_slice()) {
            return Ok(VaultKey::new(Box::new(key)));
        }
    }
    Err(DeriveError::VaultKey)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use p256::ecdsa::signature::hazmat::PrehashVerifier;
    use p256::ecdsa::{Signature, VerifyingKey};
    use zeroize::{ZeroizeOnDrop, Zeroizing};

    pub(crate) const VAULT_ID: B256 = B256::repeat_byte(0x11);

    pub(crate) fn root(byte: u8) -> RootKey {
        RootKey::from_share(Zeroizing::new([byte; 32]))
    }

    pub(crate) fn keys() -> Keys {
        Keys::derive(&root(7), &VAULT_ID).unwrap()
    }

    #[test]
    fn unlock_refuses_another_commitment() {
        let commitment = root(7).commitment(&VAULT_ID);
        assert!(Keys::unlock(root(7), &VAULT_ID, &commitment).is_ok());
        let refused = |root, vault: B256, commitment| Keys::unlock(root, &vault, &commitment).unwrap_err();
        assert_eq!(refused(root(8), VAULT_ID, commitment), UnlockError::Commitment);
        assert_eq!(refused(root(7), B256::repeat_byte(0x12), commitment), UnlockError::Commitment);
        assert_eq!(refused(root(7), VAULT_ID, [0; 32]), UnlockError::Commitment);
    }

    #[test]
    fn t62_another_vault_id_gives_other_keys() {
        let other = Keys::derive(&root(7), &B256::repeat_byte(0x12)).unwrap();
        assert_ne!(keys().record_id(Kind::Binding, b"x"), other.record_id(Kind::Binding, b"x"));
        assert_ne!(keys().record.mac(&[b"x"]), other.record.mac(&[b"x"]));
        assert_ne!(keys().ledger.mac(&[b"x"]), other.ledger.mac(&[b"x"]));
        assert_ne!(keys().vault_key().public(), other.vault_key().public());
    }

    #[test]
    fn labels_give_distinct_keys() {
        let keys = keys();
        let head = HeadKey::derive(&root(7), &VAULT_ID).unwrap();
        let mut macs = [&keys.record, &keys.record_id, &keys.ledger, &keys.watch, &head.key].map(|key| key.mac(&[b"x"]));
        macs.sort_unstable();
        assert!(macs.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn record_ids_differ_by_kind_and_name() {
        let keys = keys();
        let id = keys.record_id(Kind::Binding, &[1; 32]);
        assert_ne!(id, keys.record_id(Kind::Connection, &[1; 32]));
        assert_ne!(id, keys.record_id(Kind::Binding, &[2; 32]));
        assert_eq!(id, keys.record_id(Kind::Binding, &[1; 32]));
    }

    #[test]
    fn what_is_watched_differs_by_vault_store_and_question() {
        let digest = |keys: &Keys, store: u8, asked: u8| keys.watched(&B256::repeat_byte(store), &[asked; 32], b"facts");
        let keys = keys();
        let other = Keys::derive(&root(8), &VAULT_ID).unwrap();
        assert_eq!(digest(&keys, 1, 1), digest(&keys, 1, 1));
        for different in [digest(&other, 1, 1), digest(&keys, 2, 1), digest(&keys, 1, 2)] {
            assert_ne!(digest(&keys, 1, 1), different);
        }
    }

    #[test]
    fn keys_are_the_published_construction() {
        // Computed by python cryptography 48 (HKDF-SHA256, HMAC-SHA256, P-256).
        assert_eq!(
            hex::encode(keys().record_id(Kind::Binding, &[1; 32])),
            "aba7014779a16c31fab662163e5bb71d552a729ff19299f01d1f59ab1dbac4d9"
        );
        assert_eq!(
            hex::encode(keys().vault_key().public()),
            "1bac0441d5c30f349e52642cc57b734f43dd59f58f5d2d1c6b001b6da11e9c43fed6e568cc6893a1bff8818eaac06badc9e9b7dba40eac8440cb9b5be87ee8f7"
        );
    }

    #[test]
    fn t57_vault_key_signs_low_s() {
        let keys = keys();
        let verifying = VerifyingKey::from_sec1_bytes(&[&[4], keys.vault_key().public().as_slice()].concat()).unwrap();
        for byte in 0..32 {
            let signature = Signature::from_slice(&keys.vault_key().sign(&[byte; 32]).unwrap()).unwrap();
            assert_eq!(signature, signature.normalize_s());
            verifying.verify_prehash(&[byte; 32], &signature).unwrap();
        }
    }

    #[test]
    fn t54_keys_are_erased_on_drop() {
        fn erased<T: ZeroizeOnDrop>() {}
        erased::<Zeroizing<[u8; 32]>>();
        erased::<Zeroizing<[u8; 64]>>();
        erased::<SigningKey>();
        erased::<Key>();
        erased::<RootKey>();
        erased::<VaultKey>();
    }

    #[test]
    fn t52_debug_shows_types_only() {
        assert_eq!(format!("{:?} {:?} {:?}", keys(), keys().vault_key(), keys().record), "Keys(..) VaultKey(..) Key(..)");
    }
}
