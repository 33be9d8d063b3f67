//! The secret of a credential.

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::{ZeroizeOnDrop, Zeroizing};

/// A token, key or password. Boxed, erased on drop, lent to closures; no `Clone`, no content in `Debug`.
pub struct Secret(Zeroizing<Box<[u8]>>);

/// Why bytes are no secret that the vault keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// A response is searched for the secret's exact value; of a short one, what was removed would tell the value.
    #[error("secret has fewer than {} bytes", Secret::MIN)]
    TooShort,
    /// Longer than any platform's token.
    #[error("secret has more than {} bytes", Secret::MAX)]
    TooLong,
}

impl Secret {
    /// Bytes, at least.
    pub const MIN: usize = 8;
    /// Bytes, at most.
    pub const MAX: usize = 4 << 10;

    /// Copies the bytes to where they are erased. The source is the owner's to erase.
    ///
    /// # Errors
    /// See [`SecretError`].
    pub fn new(secret: &[u8]) -> Result<Self, SecretError> {
        if secret.len() < Self::MIN {
            return Err(SecretError::TooShort);
        }
        if secret.len() > Self::MAX {
            return Err(SecretError::TooLong);
        }
        Ok(Self(Zeroizing::new(secret.into())))
    }

    /// Lends the secret.
    pub fn with_secret<R>(&self, use_it: impl FnOnce(&[u8]) -> R) -> R {
        use_it(&self.0)
    }

    /// Whether both are the same. Constant time for equal lengths.
    #[must_use]
    pub fn equals(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl ZeroizeOnDrop for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t73_refuses_seven_bytes() {
        assert_eq!(Secret::new(&[b'a'; 7]).unwrap_err(), SecretError::TooShort);
        assert!(Secret::new(&[b'a'; 8]).is_ok());
        assert!(Secret::new(&[b'a'; 4096]).is_ok());
        assert_eq!(Secret::new(&[b'a'; 4097]).unwrap_err(), SecretError::TooLong);
    }

    #[test]
    fn t54_equal_only_to_the_same_bytes_and_erased_on_drop() {
        fn erased<T: ZeroizeOnDrop>(_: &T) {}
        let secret = Secret::new(b"12345678").unwrap();
        erased(&secret.0);
        assert!(secret.equals(&Secret::new(b"12345678").unwrap()));
        assert!(!secret.equals(&Secret::new(b"12345679").unwrap()));
        assert!(!secret.equals(&Secret::new(b"123456789").unwrap()));
    }

    #[test]
    fn t52_debug_shows_the_type_only() {
        assert_eq!(format!("{:?}", Secret::new(b"12345678").unwrap()), "Secret(..)");
    }
}
