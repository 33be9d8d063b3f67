//! AES-256-GCM with the nonce in front.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

const NONCE: usize = 12;
const TAG: usize = 16;

/// The bytes do not open: too short, another key, other associated data, or changed. Which one is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unopened;

/// nonce || ciphertext || tag. `None` if the plaintext is longer than AES-GCM takes.
pub(crate) fn seal(key: &[u8; 32], aad: &[u8], plaintext: &[u8], rng: &mut impl CryptoRng) -> Option<Vec<u8>> {
    let mut nonce = [0; NONCE];
    rng.fill_bytes(&mut nonce);
    let mut buffer = Zeroizing::new(Vec::with_capacity(plaintext.len().checked_add(TAG)?));
    buffer.extend_from_slice(plaintext);
    Aes256Gcm::new(key.into()).encrypt_in_place(&Nonce::from(nonce), aad, &mut *buffer).ok()?;
    Some([nonce.as_slice(), buffer.as_slice()].concat())
}

/// The plaintext, in a buffer that is erased.
pub(crate) fn open(key: &[u8; 32], aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unopened> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE>().ok_or(Unopened)?;
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    Aes256Gcm::new(key.into()).decrypt_in_place(&Nonce::from(*nonce), aad, &mut *buffer).map_err(|_| Unopened)?;
    Ok(buffer)
}
