//! A symmetric key and the one function derived from it.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// A 64-byte pseudorandom key: the block size of SHA-256, so that keying HMAC can't fail. Boxed before it is filled.
pub(crate) struct Key(Box<Zeroizing<[u8; 64]>>);

impl Key {
    /// An erased key, to be filled in place.
    pub(crate) fn filled_by<E>(fill: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<Self, E> {
        let mut key = Box::new(Zeroizing::new([0; 64]));
        fill(key.as_mut_slice())?;
        Ok(Self(key))
    }

    /// HMAC-SHA256 of the parts: RFC 5869 HKDF-Expand of one block when the last part is `[1]`.
    pub(crate) fn mac(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as KeyInit>::new((&**self.0).into());
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// HKDF-Expand to 32 bytes.
    pub(crate) fn expand(&self, info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
        let mut parts = info.to_vec();
        parts.push(&[1]);
        Zeroizing::new(self.mac(&parts))
    }
}

impl ZeroizeOnDrop for Key {}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}
