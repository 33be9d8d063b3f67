//! The three kinds of record, and their plaintext.
//!
//! ```text
//! length of meta (u16) || meta (CBOR) || length of secret (u16) || secret || zeros up to a multiple of 256
//! ```
//! The secret stands outside the CBOR, because a codec's buffers are not erased. The zeros hide its length from the host.

use core::fmt;

use alloy_primitives::B256;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use protocol::{cbor, limits};
use zeroize::Zeroizing;

use crate::secret::Secret;

const BUCKET: usize = 256;

/// What a record is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A developer app.
    App,
    /// One authorisation at a platform.
    Connection,
    /// Which connection a store uses, and as whom.
    Binding,
}

impl Kind {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::App => 1,
            Self::Connection => 2,
            Self::Binding => 3,
        }
    }
}

/// A developer app's id and secret, once for all stores.
#[derive(Debug)]
pub struct App {
    /// Preset whose hosts alone may see it.
    pub preset: String,
    /// The app's public id.
    pub client: String,
    /// The app's secret.
    pub secret: Secret,
}

/// One authorisation at a platform.
#[derive(Debug)]
pub struct Connection {
    /// Preset that knows the platform.
    pub preset: String,
    /// The account that a probe confirmed.
    pub account: String,
    /// The token.
    pub secret: Secret,
}

impl Connection {
    /// Lends the token.
    pub fn with_secret<R>(&self, use_it: impl FnOnce(&[u8]) -> R) -> R {
        self.secret.with_secret(use_it)
    }
}

/// Which connection a store uses, and as whom. Holds no secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Binding {
    /// Store id.
    pub store: B256,
    /// Record id of the connection.
    pub connection: [u8; 32],
    /// Preset of the connection.
    pub preset: String,
    /// The one host that calls go to.
    pub host: String,
    /// Account of the connection.
    pub account: String,
}

impl fmt::Debug for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Binding(..)")
    }
}

/// A record's plaintext.
#[derive(Debug)]
pub enum Record {
    /// See [`App`].
    App(App),
    /// See [`Connection`].
    Connection(Connection),
    /// See [`Binding`].
    Binding(Binding),
}

impl Record {
    /// What it is.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::App(_) => Kind::App,
            Self::Connection(_) => Kind::Connection,
            Self::Binding(_) => Kind::Binding,
        }
    }

    /// Its preset.
    #[must_use]
    pub fn preset(&self) -> &str {
        match self {
            Self::App(app) => &app.preset,
            Self::Connection(connection) => &connection.preset,
            Self::Binding(binding) => &binding.preset,
        }
    }

    /// `None` if it is longer than a record may be.
    pub(crate) fn to_plaintext(&self) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            Self::App(App { preset, client, secret }) => {
                let meta = Meta::App { preset: preset.clone(), client: client.clone() };
                secret.with_secret(|secret| join(&meta, secret))
            }
            Self::Connection(Connection { preset, account, secret }) => {
                let meta = Meta::Connection { preset: preset.clone(), account: account.clone() };
                secret.with_secret(|secret| join(&meta, secret))
            }
            Self::Binding(Binding { store, connection, preset, host, account }) => {
                let meta = Meta::Binding {
                    store: store.0.into(),
                    connection: (*connection).into(),
                    preset: preset.clone(),
                    host: host.clone(),
                    account: account.clone(),
                };
                join(&meta, &[])
            }
        }
    }

    /// `None` unless it is exactly what [`Record::to_plaintext`] makes.
    pub(crate) fn from_plaintext(plaintext: &[u8]) -> Option<Self> {
        let (meta, rest) = split(plaintext)?;
        let (secret, padding) = split(rest)?;
        if padding.len() >= BUCKET || plaintext.len().checked_rem(BUCKET)? != 0 || padding.iter().any(|byte| *byte != 0) {
            return None;
        }
        Some(match cbor::decode(meta, limits::RECORD).ok()? {
            Meta::App { preset, client } => Self::App(App { preset, client, secret: Secret::new(secret).ok()? }),
            Meta::Connection { preset, account } => {
                Self::Connection(Connection { preset, account, secret: Secret::new(secret).ok()? })
            }
            Meta::Binding { store, connection, preset, host, account } if secret.is_empty() => {
                Self::Binding(Binding { store: B256::from(*store), connection: *connection, preset, host, account })
            }
            Meta::Binding { .. } => return None,
        })
    }
}

/// What of a record is no secret.
#[derive(Encode, Decode)]
enum Meta {
    #[n(0)]
    App {
        #[n(0)]
        preset: String,
        #[n(1)]
        client: String,
    },
    #[n(1)]
    Connection {
        #[n(0)]
        preset: String,
        #[n(1)]
        account: String,
    },
    #[n(2)]
    Binding {
        #[n(0)]
        store: ByteArray<32>,
        #[n(1)]
        connection: ByteArray<32>,
        #[n(2)]
        preset: String,
        #[n(3)]
        host: String,
        #[n(4)]
        account: String,
    },
}

fn join(meta: &Meta, secret: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let meta = cbor::encode(meta);
    let meta_length = u16::try_from(meta.len()).ok()?.to_be_bytes();
    let secret_length = u16::try_from(secret.len()).ok()?.to_be_bytes();
    let parts = [meta_length.as_slice(), &meta, &secret_length, secret];
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let padded = length.checked_next_multiple_of(BUCKET)?;
    // Allocated once: a buffer that grows leaves copies behind.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(padded));
    for part in parts {
        plaintext.extend_from_slice(part);
    }
    plaintext.resize(padded, 0);
    Some(plaintext)
}

fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(secret: &[u8]) -> Record {
        let secret = Secret::new(secret).unwrap();
        Record::Connection(Connection { preset: "shopify-admin".into(), account: "a.myshopify.com".into(), secret })
    }

    #[test]
    fn plaintext_comes_back() {
        let plain = connection(b"shpat_0123456789").to_plaintext().unwrap();
        let Some(Record::Connection(back)) = Record::from_plaintext(&plain) else { panic!() };
        assert_eq!((back.preset.as_str(), back.account.as_str()), ("shopify-admin", "a.myshopify.com"));
        back.with_secret(|secret| assert_eq!(secret, b"shpat_0123456789"));
    }

    #[test]
    fn t53_length_of_the_secret_does_not_show() {
        let length = |secret: &[u8]| connection(secret).to_plaintext().unwrap().len();
        assert_eq!(length(&[b'a'; 8]), 256);
        assert_eq!(length(&[b'a'; 100]), 256);
        assert_eq!(length(&[b'a'; 300]), 512);
    }

    #[test]
    fn t54_buffer_of_a_plaintext_never_grows() {
        for length in 8..700 {
            let plain = connection(&vec![b'a'; length]).to_plaintext().unwrap();
            assert_eq!(plain.len() % 256, 0);
            assert_eq!(plain.capacity(), plain.len());
        }
    }

    #[test]
    fn refuses_any_other_plaintext() {
        let plain = connection(b"shpat_0123456789").to_plaintext().unwrap();
        let changed = |change: fn(&mut Vec<u8>)| {
            let mut plain = plain.to_vec();
            change(&mut plain);
            Record::from_plaintext(&plain).is_none()
        };
        assert!(changed(|plain| plain[255] = 1), "padding not zero");
        assert!(changed(|plain| plain.resize(512, 0)), "padding too long");
        assert!(changed(|plain| plain.truncate(255)), "padding too short");
        assert!(changed(|plain| plain[0] = 0xff), "meta longer than the record");
        assert!(changed(|plain| plain[1] -= 1), "meta cut");
        assert!(changed(Vec::clear), "empty");
    }

    #[test]
    fn a_binding_holds_no_secret() {
        let meta = Meta::Binding {
            store: [1; 32].into(),
            connection: [2; 32].into(),
            preset: "p".into(),
            host: "h".into(),
            account: "a".into(),
        };
        assert!(Record::from_plaintext(&join(&meta, &[]).unwrap()).is_some());
        assert!(Record::from_plaintext(&join(&meta, b"12345678").unwrap()).is_none());
    }

    #[test]
    fn t52_debug_shows_no_secret() {
        assert!(!format!("{:?}", connection(b"shpat_0123456789")).contains("shpat"));
    }
}
