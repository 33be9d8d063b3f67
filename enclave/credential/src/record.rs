//! The three kinds of record, and their plaintext.
//!
//! ```text
//! length of meta (u16) || meta (CBOR) || fields || zeros up to a multiple of 256
//! ```
//! The fields stand outside the CBOR, because a codec's buffers are not erased. The zeros hide their length from the host.

use core::fmt;

use alloy_primitives::B256;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};
use protocol::{cbor, limits};
use zeroize::Zeroizing;

use crate::fields::Fields;

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

/// A developer app, once for all stores: its id and secret, as the preset calls them.
#[derive(Debug)]
pub struct App {
    /// Preset whose hosts alone may see it.
    pub preset: String,
    /// Its values.
    pub fields: Fields,
}

/// One authorisation at a platform, or a login. What became of it since (in use, uncertain, to be authorised anew) is the ledger's.
#[derive(Debug)]
pub struct Connection {
    /// Preset that knows the platform.
    pub preset: String,
    /// The account that a probe confirmed.
    pub account: String,
    /// Record id of the app that it was given to, if the preset has apps.
    pub app: Option<[u8; 32]>,
    /// Tokens and what goes with them, the same for every host.
    pub fields: Fields,
    /// Unix milliseconds at which the platform stops taking the access token, if it said so.
    pub access_expires_at: Option<u64>,
    /// Unix milliseconds at which the platform stops taking the refresh token, if it said so.
    pub refresh_expires_at: Option<u64>,
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
    /// What tells this store apart from others of the connection: name and value, ascending, each name once.
    pub selector: Vec<(String, String)>,
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
        let (meta, fields) = match self {
            Self::App(App { preset, fields }) => (Meta::App { preset: preset.clone() }, Some(fields)),
            Self::Connection(Connection { preset, account, app, fields, access_expires_at, refresh_expires_at }) => {
                let meta = Meta::Connection {
                    preset: preset.clone(),
                    account: account.clone(),
                    app: app.map(Into::into),
                    access_expires_at: *access_expires_at,
                    refresh_expires_at: *refresh_expires_at,
                };
                (meta, Some(fields))
            }
            Self::Binding(Binding { store, connection, preset, host, account, selector }) => {
                let meta = Meta::Binding {
                    store: store.0.into(),
                    connection: (*connection).into(),
                    preset: preset.clone(),
                    host: host.clone(),
                    account: account.clone(),
                    selector: selector.clone(),
                };
                (meta, None)
            }
        };
        join(&meta, fields)
    }

    /// `None` unless it is exactly what [`Record::to_plaintext`] makes.
    pub(crate) fn from_plaintext(plaintext: &[u8]) -> Option<Self> {
        let (length, rest) = plaintext.split_first_chunk::<2>()?;
        let (meta, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let (fields, padding) = Fields::read(rest)?;
        if padding.len() >= BUCKET || plaintext.len().checked_rem(BUCKET)? != 0 || padding.iter().any(|byte| *byte != 0) {
            return None;
        }
        Some(match cbor::decode(meta, limits::RECORD).ok()? {
            Meta::App { preset } => Self::App(App { preset, fields }),
            Meta::Connection { preset, account, app, access_expires_at, refresh_expires_at } => Self::Connection(Connection {
                preset,
                account,
                app: app.map(Into::into),
                fields,
                access_expires_at,
                refresh_expires_at,
            }),
            Meta::Binding { store, connection, preset, host, account, selector } => {
                if fields.names().next().is_some() || !is_selector(&selector) {
                    return None;
                }
                Self::Binding(Binding { store: B256::from(*store), connection: *connection, preset, host, account, selector })
            }
        })
    }
}

/// Ascending, each name once, none empty, no more than fields of a record.
pub(crate) fn is_selector(selector: &[(String, String)]) -> bool {
    selector.len() <= Fields::MAX
        && selector.iter().all(|(name, value)| !name.is_empty() && !value.is_empty())
        && selector.iter().zip(selector.iter().skip(1)).all(|((one, _), (other, _))| one < other)
}

/// What of a record is no secret.
#[derive(Encode, Decode)]
enum Meta {
    #[n(0)]
    App {
        #[n(0)]
        preset: String,
    },
    #[n(1)]
    Connection {
        #[n(0)]
        preset: String,
        #[n(1)]
        account: String,
        #[n(2)]
        app: Option<ByteArray<32>>,
        #[n(3)]
        access_expires_at: Option<u64>,
        #[n(4)]
        refresh_expires_at: Option<u64>,
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
        #[n(5)]
        selector: Vec<(String, String)>,
    },
}

fn join(meta: &Meta, fields: Option<&Fields>) -> Option<Zeroizing<Vec<u8>>> {
    let meta = cbor::encode(meta);
    let meta_length = u16::try_from(meta.len()).ok()?.to_be_bytes();
    let length = 2_usize.checked_add(meta.len())?.checked_add(fields.map_or(1, Fields::written))?;
    let padded = length.checked_next_multiple_of(BUCKET)?;
    // Allocated once: a buffer that grows leaves copies behind.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(padded));
    plaintext.extend_from_slice(&meta_length);
    plaintext.extend_from_slice(&meta);
    match fields {
        Some(fields) => fields.write(&mut plaintext)?,
        None => plaintext.push(0),
    }
    plaintext.resize(padded, 0);
    Some(plaintext)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::Field;
    use crate::secret::Secret;

    fn connection(secret: &[u8]) -> Record {
        let token = ("access_token".to_owned(), Field::Secret(Secret::new(secret).unwrap()));
        let id = ("shop_name".to_owned(), Field::Public("A shop".to_owned()));
        Record::Connection(Connection {
            preset: "shopify-admin".into(),
            account: "a.myshopify.com".into(),
            app: Some([7; 32]),
            fields: Fields::new(vec![token, id]).unwrap(),
            access_expires_at: Some(1_800_000_000_000),
            refresh_expires_at: None,
        })
    }

    #[test]
    fn plaintext_comes_back() {
        let plain = connection(b"shpat_0123456789").to_plaintext().unwrap();
        let Some(Record::Connection(back)) = Record::from_plaintext(&plain) else { panic!() };
        let Connection { preset, account, app, fields, access_expires_at, refresh_expires_at } = back;
        assert_eq!((preset.as_str(), account.as_str(), app), ("shopify-admin", "a.myshopify.com", Some([7; 32])));
        assert_eq!((access_expires_at, refresh_expires_at), (Some(1_800_000_000_000), None));
        assert_eq!(fields.with_secret("access_token", <[u8]>::to_vec), Some(b"shpat_0123456789".to_vec()));
        assert_eq!(fields.public("shop_name"), Some("A shop"));
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

    fn binding(selector: &[(&str, &str)]) -> Meta {
        Meta::Binding {
            store: [1; 32].into(),
            connection: [2; 32].into(),
            preset: "p".into(),
            host: "h".into(),
            account: "a".into(),
            selector: selector.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        }
    }

    #[test]
    fn a_binding_holds_no_secret() {
        let fields = Fields::new(vec![("a".to_owned(), Field::Public("b".to_owned()))]).unwrap();
        assert!(Record::from_plaintext(&join(&binding(&[]), None).unwrap()).is_some());
        assert!(Record::from_plaintext(&join(&binding(&[]), Some(&fields)).unwrap()).is_none());
    }

    #[test]
    fn a_selector_has_one_form() {
        let reads = |selector: &[(&str, &str)]| Record::from_plaintext(&join(&binding(selector), None).unwrap()).is_some();
        assert!(reads(&[("shop_cipher", "c"), ("shop_id", "1")]));
        assert!(!reads(&[("shop_id", "1"), ("shop_cipher", "c")]));
        assert!(!reads(&[("shop_id", "1"), ("shop_id", "2")]));
        assert!(!reads(&[("", "1")]));
        assert!(!reads(&[("shop_id", "")]));
    }

    #[test]
    fn t52_debug_shows_no_secret() {
        assert!(!format!("{:?}", connection(b"shpat_0123456789")).contains("shpat"));
    }
}
