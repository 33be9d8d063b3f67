//! Key files: one hex line, readable by their owner alone.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use alloy_primitives::{Address, B256, keccak256};
use anyhow::{Context, Result, ensure};
use protocol::custody::MemberKey;
use secp256k1::{Message, PublicKey, Secp256k1, SecretKey};
use zeroize::Zeroizing;

use crate::verify::random;

/// An Ethereum account's key.
pub struct AccountKey(SecretKey);

impl std::fmt::Debug for AccountKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccountKey(..)")
    }
}

impl Drop for AccountKey {
    fn drop(&mut self) {
        self.0.non_secure_erase();
    }
}

impl AccountKey {
    /// Reads a key file.
    ///
    /// # Errors
    /// It can't be read, others may read it, or it is no key.
    pub fn load(path: &Path) -> Result<Self> {
        Self::from_bytes(&*secret(path)?).with_context(|| format!("{} is no secp256k1 key", path.display()))
    }

    /// A key of 32 bytes.
    ///
    /// # Errors
    /// They are no key.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self> {
        Ok(Self(SecretKey::from_byte_array(*bytes)?))
    }

    /// Its account.
    #[must_use]
    pub fn address(&self) -> Address {
        let public = PublicKey::from_secret_key(&Secp256k1::signing_only(), &self.0).serialize_uncompressed();
        let hash = keccak256(public.get(1..).unwrap_or_default());
        Address::from_word(hash)
    }

    /// r || s || v over a digest, v 27 or 28.
    #[must_use]
    pub fn sign(&self, digest: &B256) -> [u8; 65] {
        let signature = Secp256k1::signing_only().sign_ecdsa_recoverable(Message::from_digest(digest.0), &self.0);
        let (recovery, compact) = signature.serialize_compact();
        let mut bytes = [0; 65];
        bytes[..64].copy_from_slice(&compact);
        bytes[64] = 27 + u8::try_from(i32::from(recovery)).unwrap_or(0);
        bytes
    }
}

/// Reads a custody member's key file.
///
/// # Errors
/// As [`AccountKey::load`].
pub fn load_member(path: &Path) -> Result<MemberKey> {
    MemberKey::from_secret(&*secret(path)?).with_context(|| format!("{} is no P-256 key", path.display()))
}

/// Reads a recipient's key file: a scalar of P-256.
///
/// # Errors
/// As [`AccountKey::load`].
pub fn load_scalar(path: &Path) -> Result<Zeroizing<[u8; 32]>> {
    secret(path)
}

/// Makes a key file with fresh random bytes; never overwrites one.
///
/// # Errors
/// The file exists or can't be made.
pub fn create(path: &Path) -> Result<()> {
    let bytes = Zeroizing::new(random::<32>()?);
    write_secret(path, hex::encode(*bytes).as_bytes())
}

/// Writes a file that only its owner can read; never overwrites one.
///
/// # Errors
/// The file exists or can't be made.
pub fn write_secret(path: &Path, content: &[u8]) -> Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("can't make {}: keys are never overwritten", path.display()))?;
    file.write_all(content)?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    Ok(())
}

/// Text of a file that only its owner can read.
pub(crate) fn read_private(path: &Path) -> Result<Zeroizing<String>> {
    let mode = fs::metadata(path).with_context(|| format!("can't read the key {}", path.display()))?.permissions().mode();
    ensure!(mode.trailing_zeros() >= 6, "{} can be read by others: run chmod 600 on it", path.display());
    Ok(Zeroizing::new(fs::read_to_string(path)?))
}

fn secret(path: &Path) -> Result<Zeroizing<[u8; 32]>> {
    let text = read_private(path)?;
    let text = text.trim();
    let mut bytes = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), bytes.as_mut_slice())
        .ok()
        .with_context(|| format!("{} is not 32 bytes of hex", path.display()))?;
    Ok(bytes)
}
