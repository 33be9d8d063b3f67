//! One X.509 certificate of the only kind that Nitro uses: version 3, P-384, ECDSA with SHA-384.

use crate::der::{BIT_STRING, INTEGER, Malformed, OBJECT_IDENTIFIER, PRINTABLE_STRING, Reader, SEQUENCE, SET, UTF8_STRING};
use crate::extensions::Extensions;
use crate::rule::Rule;
use crate::time::{self, UnixSeconds};

/// The longest certificate, by AWS's text. The longest seen is 798 bytes.
pub(crate) const MAX_CERTIFICATE: usize = 1024;
/// `SEQUENCE { OBJECT IDENTIFIER ecdsa-with-SHA384 }`
const ECDSA_WITH_SHA384: &[u8] = &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
/// A `SubjectPublicKeyInfo` of an uncompressed secp384r1 point, up to the point's 97 bytes.
const P384_KEY: &[u8] = &[
    0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03,
    0x62, 0x00,
];
const VERSION_3: &[u8] = &[INTEGER, 1, 2];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// Octets by RFC 5280 §4.1.2.2, beside a sign byte: AWS fills all 160 bits.
const MAX_SERIAL: usize = 20;

/// Why a certificate is none of the kind that Nitro uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Longer than 1,024 bytes.
    #[error("longer than 1,024 bytes")]
    Size,
    /// Not DER, or not the fields of a certificate.
    #[error("not a DER certificate")]
    Der,
    /// Not version 3.
    #[error("not of version 3")]
    Version,
    /// The serial number is not positive, or too long.
    #[error("the serial number is not positive or too long")]
    Serial,
    /// Signed, or said to be signed, by another algorithm than ECDSA with SHA-384.
    #[error("the signature algorithm is not ECDSA with SHA-384")]
    SignatureAlgorithm,
    /// Not exactly one common name in printable ASCII.
    #[error("not exactly one common name in printable ASCII")]
    CommonName,
    /// The window is malformed or ends before it starts.
    #[error("the validity is malformed or ends before it starts")]
    Validity,
    /// The key is not an uncompressed P-384 point.
    #[error("the key is not on P-384")]
    Key,
    /// There are no extensions.
    #[error("there are no extensions")]
    NoExtensions,
    /// An extension stands there twice.
    #[error("an extension stands there twice")]
    DuplicateExtension,
    /// A critical extension that this verifier does not know.
    #[error("an unknown extension is critical")]
    CriticalExtension,
    /// An extension that narrows what the key may be used for, beyond the two that this verifier reads.
    #[error("an extension narrows what the key may be used for")]
    Restriction,
    /// `basicConstraints` is malformed, or not critical in an authority.
    #[error("the basic constraints are malformed, or not critical in an authority")]
    BasicConstraints,
    /// `keyUsage` is malformed.
    #[error("the key usage is malformed")]
    KeyUsage,
}

impl CertificateError {
    /// The rule that is broken.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::Size => Rule("X1"),
            Self::Der => Rule("X2"),
            Self::Version => Rule("X3"),
            Self::Serial => Rule("X4"),
            Self::SignatureAlgorithm => Rule("X5"),
            Self::Validity => Rule("X6"),
            Self::Key => Rule("X7"),
            Self::CommonName => Rule("X8"),
            Self::NoExtensions => Rule("X9"),
            Self::DuplicateExtension => Rule("X10"),
            Self::CriticalExtension => Rule("X11"),
            Self::Restriction => Rule("X12"),
            Self::BasicConstraints => Rule("X13"),
            Self::KeyUsage => Rule("X14"),
        }
    }
}

impl From<Malformed> for CertificateError {
    fn from(Malformed: Malformed) -> Self {
        Self::Der
    }
}

/// A certificate's fields. Nothing in it is believed before its issuer's key has verified it.
#[derive(Debug)]
pub(crate) struct Certificate<'a> {
    /// What the issuer signed.
    pub(crate) signed: &'a [u8],
    pub(crate) signature: &'a [u8],
    pub(crate) issuer: &'a [u8],
    pub(crate) subject: &'a [u8],
    pub(crate) common_name: &'a str,
    pub(crate) serial: &'a [u8],
    pub(crate) not_before: UnixSeconds,
    pub(crate) not_after: UnixSeconds,
    /// SEC1, uncompressed.
    pub(crate) key: &'a [u8; 97],
    pub(crate) extensions: Extensions,
}

impl<'a> Certificate<'a> {
    pub(crate) fn read(der: &'a [u8]) -> Result<Self, CertificateError> {
        if der.len() > MAX_CERTIFICATE {
            return Err(CertificateError::Size);
        }
        let mut outer = Reader::new(der);
        let mut certificate = outer.enter(SEQUENCE)?;
        outer.finish()?;
        let signed = certificate.expect(SEQUENCE)?;
        let algorithm = certificate.expect(SEQUENCE)?.raw;
        let signature = certificate.expect(BIT_STRING)?.content;
        certificate.finish()?;
        let (0, signature) = signature.split_first().ok_or(CertificateError::Der)? else {
            return Err(CertificateError::Der);
        };

        let mut fields = Reader::new(signed.content);
        let version = fields.optional(0xa0)?.ok_or(CertificateError::Version)?;
        if version.content != VERSION_3 {
            return Err(CertificateError::Version);
        }
        let serial = serial(fields.expect(INTEGER)?.content)?;
        if algorithm != ECDSA_WITH_SHA384 || fields.expect(SEQUENCE)?.raw != ECDSA_WITH_SHA384 {
            return Err(CertificateError::SignatureAlgorithm);
        }
        let issuer = fields.expect(SEQUENCE)?.raw;
        let (not_before, not_after) = validity(fields.enter(SEQUENCE)?).map_err(|Malformed| CertificateError::Validity)?;
        let subject = fields.expect(SEQUENCE)?;
        let key = fields.expect(SEQUENCE)?.raw;
        let key = key.strip_prefix(P384_KEY).and_then(|point| <&[u8; 97]>::try_from(point).ok());
        let key = key.filter(|point| point.first() == Some(&4)).ok_or(CertificateError::Key)?;
        // `issuerUniqueID` and `subjectUniqueID` would stand here; RFC 5280 forbids them, and `finish` refuses them.
        let extensions = fields.optional(0xa3)?.ok_or(CertificateError::NoExtensions)?;
        fields.finish()?;
        Ok(Self {
            signed: signed.raw,
            signature,
            issuer,
            subject: subject.raw,
            common_name: common_name(subject.content)?,
            serial,
            not_before,
            not_after,
            key,
            extensions: Extensions::read(extensions.content)?,
        })
    }
}

/// Positive and in shortest form.
fn serial(content: &[u8]) -> Result<&[u8], CertificateError> {
    let canonical = match content {
        [] | [0] | [0, 0..=0x7f, ..] | [0x80..=0xff, ..] => false,
        _ => content.strip_prefix(&[0]).unwrap_or(content).len() <= MAX_SERIAL,
    };
    if canonical { Ok(content) } else { Err(CertificateError::Serial) }
}

fn validity(mut fields: Reader<'_>) -> Result<(UnixSeconds, UnixSeconds), Malformed> {
    let not_before = time::read(fields.next()?)?;
    let not_after = time::read(fields.next()?)?;
    fields.finish()?;
    if not_before > not_after {
        return Err(Malformed);
    }
    Ok((not_before, not_after))
}

fn common_name(name: &[u8]) -> Result<&str, CertificateError> {
    let mut sets = Reader::new(name);
    let mut found = None;
    while !sets.is_empty() {
        let mut set = sets.enter(SET)?;
        while !set.is_empty() {
            let mut attribute = set.enter(SEQUENCE)?;
            let id = attribute.expect(OBJECT_IDENTIFIER)?.content;
            let value = attribute.next()?;
            attribute.finish()?;
            if id != COMMON_NAME {
                continue;
            }
            let printable = value.content.iter().all(|byte| matches!(byte, 0x20..=0x7e));
            if found.is_some() || !matches!(value.tag, UTF8_STRING | PRINTABLE_STRING) || !printable {
                return Err(CertificateError::CommonName);
            }
            found = core::str::from_utf8(value.content).ok();
        }
    }
    found.ok_or(CertificateError::CommonName)
}
