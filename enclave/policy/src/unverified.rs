//! What has not been checked yet.

use core::fmt;

use protocol::http::Request;

/// Something from outside. All it offers is its check.
pub struct Unverified<T>(T);

impl<T> Unverified<T> {
    /// Marks `value` as unchecked.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}

impl<T> fmt::Debug for Unverified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unverified(..)")
    }
}

/// A request as it came out of its OHTTP envelope.
pub struct Incoming {
    /// The inner request, `pst-vault-*` headers included.
    pub request: Request,
    /// The HPKE encapsulated key that it was sealed with.
    pub enc: [u8; 65],
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Incoming(..)")
    }
}
