//! What templates may refer to, lent from opened records.

use core::fmt;

use credential::Fields;
use zeroize::Zeroizing;

use crate::sign::crypto::sha256;
use crate::template::{FieldRef, Scope, Variable};

/// The values of one use: borrowed, so that they live no longer than the records.
#[derive(Clone, Copy)]
pub struct Materials<'a> {
    /// The developer app's, if the preset uses one.
    pub app: Option<&'a Fields>,
    /// The connection's.
    pub connection: &'a Fields,
    /// Which tenant of the connection: shop id, cipher, marketplaces. Nothing in it is secret.
    pub selector: &'a [(String, String)],
    /// The binding's host.
    pub host: &'a str,
}

impl fmt::Debug for Materials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Materials(..)")
    }
}

impl Materials<'_> {
    pub(crate) fn selected(&self, name: &str) -> Option<&str> {
        self.selector.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// The values, the time and the entropy of one request.
pub(crate) struct Context<'a> {
    pub(crate) materials: Materials<'a>,
    pub(crate) now_ms: u64,
    pub(crate) nonce: &'a [u8; 32],
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) signature: Zeroizing<Vec<u8>>,
}

impl<'a> Context<'a> {
    pub(crate) fn new(materials: Materials<'a>, now_ms: u64, nonce: &'a [u8; 32], method: &str, path: &str) -> Self {
        Self { materials, now_ms, nonce, method: method.to_owned(), path: path.to_owned(), signature: Zeroizing::default() }
    }

    /// Lends a field's value; whether there is one.
    pub(crate) fn lend(&self, field: &FieldRef, take: &mut dyn FnMut(&[u8])) -> bool {
        match field.scope {
            Scope::App => self.materials.app.and_then(|app| app.with_secret(&field.name, |value| take(value))).is_some(),
            Scope::Connection => self.materials.connection.with_secret(&field.name, |value| take(value)).is_some(),
            Scope::Selector => match self.materials.selected(&field.name) {
                Some(value) => {
                    take(value.as_bytes());
                    true
                }
                None => false,
            },
        }
    }

    pub(crate) fn has(&self, field: &FieldRef) -> bool {
        self.lend(field, &mut |_| {})
    }

    /// A field that may be shown.
    pub(crate) fn public(&self, field: &FieldRef) -> Option<&str> {
        match field.scope {
            Scope::App => self.materials.app?.public(&field.name),
            Scope::Connection => self.materials.connection.public(&field.name),
            Scope::Selector => self.materials.selected(&field.name),
        }
    }

    pub(crate) fn seconds(&self) -> u64 {
        self.now_ms.checked_div(1000).unwrap_or_default()
    }

    pub(crate) fn lend_builtin(&self, variable: &Variable, take: &mut dyn FnMut(&[u8])) {
        match variable {
            // Lent by its own name.
            Variable::Field(_) => {}
            Variable::Host => take(self.materials.host.as_bytes()),
            Variable::Method => take(self.method.as_bytes()),
            Variable::Path => take(self.path.as_bytes()),
            Variable::Signature => take(&self.signature),
            Variable::Seconds => take(self.seconds().to_string().as_bytes()),
            Variable::Millis => take(self.now_ms.to_string().as_bytes()),
            Variable::Compact => take(crate::time::compact(self.seconds()).as_bytes()),
            Variable::Uuid => take(self.uuid().as_bytes()),
            Variable::Random(length) => take(self.random(*length).as_bytes()),
        }
    }

    /// Letters and digits out of the nonce.
    pub(crate) fn random(&self, length: usize) -> String {
        const LETTERS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        // 248 is 4 x 62: what is left out would make some letters likelier.
        (0_u8..=u8::MAX)
            .flat_map(|round| sha256(&[self.nonce.as_slice(), b"random", &[round]].concat()))
            .filter(|byte| *byte < 248)
            .filter_map(|byte| LETTERS.get(usize::from(byte).checked_rem(62)?).copied().map(char::from))
            .take(length)
            .collect()
    }

    /// RFC 9562 version 4.
    fn uuid(&self) -> String {
        let mut bytes = sha256(&[self.nonce.as_slice(), b"uuid"].concat());
        bytes.truncate(16);
        if let Some(byte) = bytes.get_mut(6) {
            *byte = *byte & 0x0f | 0x40;
        }
        if let Some(byte) = bytes.get_mut(8) {
            *byte = *byte & 0x3f | 0x80;
        }
        let text = hex::encode(bytes);
        let cuts = [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)];
        cuts.iter().filter_map(|(from, to)| text.get(*from..*to)).collect::<Vec<_>>().join("-")
    }
}
