//! The statement inside a document, by AWS's specification (`attestation_process.md`) and what real documents look like.

use core::fmt;
use std::collections::BTreeMap;

use crate::cbor::{Fault, Items, Reader};
use crate::certificate::MAX_CERTIFICATE;
use crate::pcrs::Pcrs;
use crate::rule::Rule;

/// Registers in one document, by AWS's text.
const MAX_PCRS: usize = 32;
/// Authorities in one document. There have always been four; each costs a signature.
const MAX_AUTHORITIES: usize = 8;
/// AWS's text says 512 in one place and 1,024 in another; real documents have 1,024.
const MAX_FIELD: usize = 1024;
const MAX_MODULE_ID: usize = 128;

/// Why bytes are not an attestation document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DocumentError {
    /// Longer than [`crate::MAX_DOCUMENT`].
    #[error("longer than 16,384 bytes")]
    TooLong,
    /// The bytes end within an item.
    #[error("the bytes end too early")]
    Truncated,
    /// An item of another type than the specification says, or none that CBOR has.
    #[error("an item is of another type than the specification says")]
    Type,
    /// A tag where none may stand, or in front another than 18, `COSE_Sign1`.
    #[error("a tag other than COSE_Sign1's in front")]
    Tag,
    /// A string of indefinite length.
    #[error("a string is in pieces")]
    Pieces,
    /// A length or a number that is not in its shortest form.
    #[error("a length or number is not in its shortest form")]
    NotShortest,
    /// Text that is not UTF-8.
    #[error("text is not UTF-8")]
    Utf8,
    /// Not an array of four, of definite length.
    #[error("the envelope is not an array of four")]
    Envelope,
    /// The protected header is not exactly {1: -35}, ECDSA with SHA-384.
    #[error("the protected header is not exactly ECDSA with SHA-384")]
    Protected,
    /// The unprotected header is not empty.
    #[error("the unprotected header is not empty")]
    Unprotected,
    /// The signature is not 96 bytes.
    #[error("the signature is not 96 bytes long")]
    SignatureLength,
    /// Bytes follow the envelope.
    #[error("bytes follow the document")]
    Trailing,
    /// Bytes follow the payload's map.
    #[error("bytes follow the payload's map")]
    PayloadTrailing,
    /// The document is one of a `NitroTPM`, which is no enclave.
    #[error("a NitroTPM document, not an enclave's")]
    NitroTpm,
    /// A key that the specification does not have.
    #[error("an unknown key")]
    UnknownKey,
    /// A key stands there twice.
    #[error("{0} stands there twice")]
    DuplicateKey(Field),
    /// A mandatory key is not there.
    #[error("{0} is missing")]
    MissingKey(Field),
    /// The module id is empty, too long, or not letters, digits and hyphens with an instance id in front.
    #[error("the module id is malformed")]
    ModuleId,
    /// The digest is not SHA384.
    #[error("the digest is not SHA384")]
    Digest,
    /// The timestamp is zero.
    #[error("the timestamp is zero")]
    Timestamp,
    /// No registers, or more than 32.
    #[error("not 1 to 32 registers")]
    PcrCount,
    /// A register's number is above 31.
    #[error("a register's number is above 31")]
    PcrIndex,
    /// A register stands there twice.
    #[error("register {0} stands there twice")]
    DuplicatePcr(u8),
    /// A register is not 48 bytes.
    #[error("register {0} is not 48 bytes long")]
    PcrLength(u8),
    /// A register that tells the image or the instance is not there.
    #[error("register {0} is missing")]
    MissingPcr(u8),
    /// A certificate is empty or longer than 1,024 bytes.
    #[error("a certificate is empty or longer than 1,024 bytes")]
    CertificateLength,
    /// No authorities, or more than eight.
    #[error("not 1 to 8 authorities")]
    AuthorityCount,
    /// An optional field is longer than 1,024 bytes.
    #[error("{0} is longer than 1,024 bytes")]
    FieldLength(Field),
}

impl DocumentError {
    /// The rule that is broken.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::TooLong => Rule("F1"),
            Self::Truncated => Rule("F2"),
            Self::Type => Rule("F3"),
            Self::Tag => Rule("F4"),
            Self::Pieces => Rule("F5"),
            Self::NotShortest => Rule("F6"),
            Self::Utf8 => Rule("F7"),
            Self::Envelope => Rule("F8"),
            Self::Protected => Rule("F9"),
            Self::Unprotected => Rule("F10"),
            Self::SignatureLength => Rule("F11"),
            Self::Trailing => Rule("F12"),
            Self::PayloadTrailing => Rule("P1"),
            Self::NitroTpm => Rule("P2"),
            Self::UnknownKey => Rule("P3"),
            Self::DuplicateKey(_) => Rule("P4"),
            Self::MissingKey(_) => Rule("P5"),
            Self::ModuleId => Rule("P6"),
            Self::Digest => Rule("P7"),
            Self::Timestamp => Rule("P8"),
            Self::PcrCount => Rule("P9"),
            Self::PcrIndex => Rule("P10"),
            Self::DuplicatePcr(_) => Rule("P11"),
            Self::PcrLength(_) => Rule("P12"),
            Self::MissingPcr(_) => Rule("P13"),
            Self::CertificateLength => Rule("P14"),
            Self::AuthorityCount => Rule("P15"),
            Self::FieldLength(_) => Rule("P16"),
        }
    }
}

impl From<Fault> for DocumentError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Truncated => Self::Truncated,
            Fault::Type => Self::Type,
            Fault::Tag => Self::Tag,
            Fault::Pieces => Self::Pieces,
            Fault::NotShortest => Self::NotShortest,
            Fault::Utf8 => Self::Utf8,
        }
    }
}

/// A key of the payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// `module_id`
    ModuleId,
    /// `digest`
    Digest,
    /// `timestamp`
    Timestamp,
    /// `pcrs`
    Pcrs,
    /// `certificate`
    Certificate,
    /// `cabundle`
    Authorities,
    /// `public_key`
    PublicKey,
    /// `user_data`
    UserData,
    /// `nonce`
    Nonce,
}

impl fmt::Display for Field {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ModuleId => "module_id",
            Self::Digest => "digest",
            Self::Timestamp => "timestamp",
            Self::Pcrs => "pcrs",
            Self::Certificate => "certificate",
            Self::Authorities => "cabundle",
            Self::PublicKey => "public_key",
            Self::UserData => "user_data",
            Self::Nonce => "nonce",
        })
    }
}

/// What a document says, believed by nobody.
#[derive(Clone, Debug)]
pub struct UnverifiedContents<'a> {
    /// The enclave's name: instance id, hyphen, enclave id.
    pub module_id: &'a str,
    /// When the document was made, Unix milliseconds.
    pub timestamp_ms: u64,
    /// Registers.
    pub pcrs: Pcrs,
    /// The certificate of the document's key, DER.
    pub certificate: &'a [u8],
    /// The certificates above it, root first, DER.
    pub authorities: Vec<&'a [u8]>,
    /// Present and empty is something else than not there.
    pub public_key: Option<&'a [u8]>,
    /// Present and empty is something else than not there.
    pub user_data: Option<&'a [u8]>,
    /// Present and empty is something else than not there.
    pub nonce: Option<&'a [u8]>,
}

/// The payload's keys as they come in.
#[derive(Default)]
struct Slots<'a> {
    module_id: Option<&'a str>,
    digest: Option<()>,
    timestamp_ms: Option<u64>,
    pcrs: Option<Pcrs>,
    certificate: Option<&'a [u8]>,
    authorities: Option<Vec<&'a [u8]>>,
    public_key: Option<Optional<'a>>,
    user_data: Option<Optional<'a>>,
    nonce: Option<Optional<'a>>,
}

/// The value of an optional key: the NSM writes null where others leave the key out, and both mean the same.
struct Optional<'a>(Option<&'a [u8]>);

impl<'a> UnverifiedContents<'a> {
    /// The second value says whether the map is of indefinite length, as the NSM has written it since 2025.
    pub(crate) fn read(payload: &'a [u8]) -> Result<(Self, bool), DocumentError> {
        let mut reader = Reader::new(payload);
        let mut items = reader.map()?;
        let indefinite = matches!(items, Items::Indefinite);
        let mut slots = Slots::default();
        while reader.more(&mut items)? {
            slots.read_entry(&mut reader)?;
        }
        if !reader.at_end() {
            return Err(DocumentError::PayloadTrailing);
        }
        Ok((slots.finish()?, indefinite))
    }
}

impl<'a> Slots<'a> {
    fn read_entry(&mut self, reader: &mut Reader<'a>) -> Result<(), DocumentError> {
        match reader.text()? {
            "module_id" => fill(&mut self.module_id, Field::ModuleId, || module_id(reader)),
            "digest" => fill(&mut self.digest, Field::Digest, || digest(reader)),
            "timestamp" => fill(&mut self.timestamp_ms, Field::Timestamp, || timestamp(reader)),
            "pcrs" => fill(&mut self.pcrs, Field::Pcrs, || pcrs(reader)),
            "certificate" => fill(&mut self.certificate, Field::Certificate, || certificate(reader)),
            "cabundle" => fill(&mut self.authorities, Field::Authorities, || authorities(reader)),
            "public_key" => fill(&mut self.public_key, Field::PublicKey, || optional(reader, Field::PublicKey)),
            "user_data" => fill(&mut self.user_data, Field::UserData, || optional(reader, Field::UserData)),
            "nonce" => fill(&mut self.nonce, Field::Nonce, || optional(reader, Field::Nonce)),
            "nitrotpm_pcrs" => Err(DocumentError::NitroTpm),
            _ => Err(DocumentError::UnknownKey),
        }
    }

    fn finish(self) -> Result<UnverifiedContents<'a>, DocumentError> {
        let Self { module_id, digest, timestamp_ms, pcrs, certificate, authorities, public_key, user_data, nonce } = self;
        digest.ok_or(DocumentError::MissingKey(Field::Digest))?;
        Ok(UnverifiedContents {
            module_id: module_id.ok_or(DocumentError::MissingKey(Field::ModuleId))?,
            timestamp_ms: timestamp_ms.ok_or(DocumentError::MissingKey(Field::Timestamp))?,
            pcrs: pcrs.ok_or(DocumentError::MissingKey(Field::Pcrs))?,
            certificate: certificate.ok_or(DocumentError::MissingKey(Field::Certificate))?,
            authorities: authorities.ok_or(DocumentError::MissingKey(Field::Authorities))?,
            public_key: public_key.and_then(|value| value.0),
            user_data: user_data.and_then(|value| value.0),
            nonce: nonce.and_then(|value| value.0),
        })
    }
}

fn fill<T>(slot: &mut Option<T>, field: Field, read: impl FnOnce() -> Result<T, DocumentError>) -> Result<(), DocumentError> {
    if slot.is_some() {
        return Err(DocumentError::DuplicateKey(field));
    }
    *slot = Some(read()?);
    Ok(())
}

fn module_id<'a>(reader: &mut Reader<'a>) -> Result<&'a str, DocumentError> {
    let text = reader.text()?;
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let named = instance_id(text).is_some_and(|instance| !instance.is_empty());
    if plain && named && text.len() <= MAX_MODULE_ID { Ok(text) } else { Err(DocumentError::ModuleId) }
}

/// The part of a module id before its last hyphen.
pub(crate) fn instance_id(module_id: &str) -> Option<&str> {
    module_id.rsplit_once('-').map(|(instance, _)| instance)
}

fn digest(reader: &mut Reader<'_>) -> Result<(), DocumentError> {
    if reader.text()? == "SHA384" { Ok(()) } else { Err(DocumentError::Digest) }
}

fn timestamp(reader: &mut Reader<'_>) -> Result<u64, DocumentError> {
    match reader.unsigned()? {
        0 => Err(DocumentError::Timestamp),
        timestamp => Ok(timestamp),
    }
}

fn pcrs(reader: &mut Reader<'_>) -> Result<Pcrs, DocumentError> {
    let mut items = reader.map()?;
    let mut all = BTreeMap::new();
    while reader.more(&mut items)? {
        let index = u8::try_from(reader.unsigned()?).map_err(|_| DocumentError::PcrIndex)?;
        if usize::from(index) >= MAX_PCRS {
            return Err(DocumentError::PcrIndex);
        }
        let value = reader.bytes()?.try_into().map_err(|_| DocumentError::PcrLength(index))?;
        if all.insert(index, value).is_some() {
            return Err(DocumentError::DuplicatePcr(index));
        }
    }
    if all.is_empty() {
        return Err(DocumentError::PcrCount);
    }
    Pcrs::new(all).map_err(DocumentError::MissingPcr)
}

fn certificate<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], DocumentError> {
    let der = reader.bytes()?;
    if der.is_empty() || der.len() > MAX_CERTIFICATE {
        return Err(DocumentError::CertificateLength);
    }
    Ok(der)
}

fn authorities<'a>(reader: &mut Reader<'a>) -> Result<Vec<&'a [u8]>, DocumentError> {
    let mut items = reader.array()?;
    let mut all = Vec::new();
    while reader.more(&mut items)? {
        if all.len() >= MAX_AUTHORITIES {
            return Err(DocumentError::AuthorityCount);
        }
        all.push(certificate(reader)?);
    }
    if all.is_empty() { Err(DocumentError::AuthorityCount) } else { Ok(all) }
}

fn optional<'a>(reader: &mut Reader<'a>, field: Field) -> Result<Optional<'a>, DocumentError> {
    let bytes = reader.bytes_or_null()?;
    if bytes.is_some_and(|bytes| bytes.len() > MAX_FIELD) {
        return Err(DocumentError::FieldLength(field));
    }
    Ok(Optional(bytes))
}
