//! The certificate extensions that say what a key may do.

use crate::certificate::CertificateError;
use crate::der::{BIT_STRING, BOOLEAN, INTEGER, Malformed, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE};

const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
/// `nameConstraints`, `policyMappings`, `policyConstraints`, `extKeyUsage`, `inhibitAnyPolicy`: each narrows what the key may be
/// used for, also where it is not critical. Nitro uses none, and what is not enforced is not accepted.
const RESTRICTIONS: [&[u8]; 5] =
    [&[0x55, 0x1d, 0x1e], &[0x55, 0x1d, 0x21], &[0x55, 0x1d, 0x24], &[0x55, 0x1d, 0x25], &[0x55, 0x1d, 0x36]];
const TRUE: &[u8] = &[0xff];

/// What the certificate's key may sign.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extensions {
    pub(crate) role: Role,
    pub(crate) usage: KeyUsage,
}

/// `keyUsage`, RFC 5280 §4.2.1.3, as far as a rule asks for it. Without the extension the key may do neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyUsage {
    /// Whether the key may sign documents.
    pub digital_signature: bool,
    /// Whether the key may sign certificates.
    pub key_cert_sign: bool,
}

/// `basicConstraints`, RFC 5280 §4.2.1.9.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// CA:FALSE, or no such extension.
    #[default]
    EndEntity,
    /// CA:TRUE, with the number of authorities that may follow before the leaf.
    Authority {
        /// `pathLenConstraint`.
        path_len: Option<u8>,
    },
}

impl Extensions {
    /// Reads the content of `[3] EXPLICIT Extensions`.
    pub(crate) fn read(content: &[u8]) -> Result<Self, CertificateError> {
        let mut outer = Reader::new(content);
        let mut list = outer.enter(SEQUENCE)?;
        outer.finish()?;
        let mut seen: Vec<&[u8]> = Vec::new();
        let mut extensions = Self::default();
        while !list.is_empty() {
            let mut extension = list.enter(SEQUENCE)?;
            let id = extension.expect(OBJECT_IDENTIFIER)?.content;
            // DER leaves a default out, so that a written FALSE is malformed.
            let critical = match extension.optional(BOOLEAN)? {
                None => false,
                Some(value) if value.content == TRUE => true,
                Some(_) => return Err(CertificateError::Der),
            };
            let value = extension.expect(OCTET_STRING)?.content;
            extension.finish()?;
            if seen.contains(&id) {
                return Err(CertificateError::DuplicateExtension);
            }
            seen.push(id);
            match id {
                BASIC_CONSTRAINTS => {
                    extensions.role = role(value).map_err(|Malformed| CertificateError::BasicConstraints)?;
                    if extensions.role != Role::EndEntity && !critical {
                        return Err(CertificateError::BasicConstraints);
                    }
                }
                KEY_USAGE => {
                    let bits = key_usage(value).map_err(|Malformed| CertificateError::KeyUsage)?;
                    extensions.usage = KeyUsage { digital_signature: bits & 0x80 != 0, key_cert_sign: bits & 0x04 != 0 };
                }
                _ if RESTRICTIONS.contains(&id) => return Err(CertificateError::Restriction),
                _ if critical => return Err(CertificateError::CriticalExtension),
                _ => {}
            }
        }
        Ok(extensions)
    }
}

fn role(value: &[u8]) -> Result<Role, Malformed> {
    let mut outer = Reader::new(value);
    let mut fields = outer.enter(SEQUENCE)?;
    outer.finish()?;
    let authority = match fields.optional(BOOLEAN)? {
        None => false,
        Some(value) if value.content == TRUE => true,
        Some(_) => return Err(Malformed),
    };
    let path_len = match fields.optional(INTEGER)?.map(|value| value.content) {
        None => None,
        Some(&[number @ 0..=0x7f]) => Some(number),
        Some(_) => return Err(Malformed),
    };
    fields.finish()?;
    match (authority, path_len) {
        (true, path_len) => Ok(Role::Authority { path_len }),
        (false, None) => Ok(Role::EndEntity),
        (false, Some(_)) => Err(Malformed),
    }
}

/// The first eight bits of `keyUsage`, RFC 5280 §4.2.1.3; the ninth is `decipherOnly`, which no rule here asks for.
fn key_usage(value: &[u8]) -> Result<u8, Malformed> {
    let mut outer = Reader::new(value);
    let content = outer.expect(BIT_STRING)?.content;
    outer.finish()?;
    let (&unused, bits) = content.split_first().ok_or(Malformed)?;
    let (&first, last) = match bits {
        [only] => (only, only),
        [first, last] => (first, last),
        _ => return Err(Malformed),
    };
    // A named bit list has no trailing zero bits: the lowest used bit is the lowest one set.
    if *last == 0 || last.trailing_zeros() != u32::from(unused) {
        return Err(Malformed);
    }
    Ok(first)
}
