//! The envelope: `COSE_Sign1` (RFC 9052 §4.2) in the one form that the NSM writes.

use sha2::{Digest, Sha384};

use crate::anchor::TrustAnchor;
use crate::authenticate::CertifiedDocument;
use crate::cache::ChainCache;
use crate::cbor::{Items, Reader};
use crate::chain::{ChainError, UnsignedChain};
use crate::payload::{DocumentError, UnverifiedContents};
use crate::time::UnixSeconds;

/// The longest document. The longest seen is 7,539 bytes; the NSM's driver carries 12,288.
pub const MAX_DOCUMENT: usize = 16_384;
/// {1: -35}: the algorithm is ECDSA with SHA-384.
const PROTECTED: &[u8] = &[0xa1, 0x01, 0x38, 0x22];
/// An array of four, "Signature1", the protected header as a byte string, an empty byte string.
const SIGNED_PREFIX: &[u8] = b"\x84\x6aSignature1\x44\xa1\x01\x38\x22\x40";
/// `COSE_Sign1`
const TAG: u64 = 18;

/// A document whose bytes are well-formed and whose every word may be a lie.
#[derive(Clone, Debug)]
pub struct UnverifiedDocument<'a> {
    payload: &'a [u8],
    payload_with_head: &'a [u8],
    signature: &'a [u8; 96],
    contents: UnverifiedContents<'a>,
    encoding: Encoding,
}

/// Which of the accepted forms the document has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// Whether the envelope carries tag 18.
    pub tagged: bool,
    /// Whether the payload's map is of indefinite length.
    pub indefinite_payload: bool,
}

impl<'a> UnverifiedDocument<'a> {
    /// Reads a document and believes nothing in it.
    ///
    /// # Errors
    /// [`DocumentError`] for everything that is not exactly an enclave's attestation document.
    pub fn parse(document: &'a [u8]) -> Result<Self, DocumentError> {
        if document.len() > MAX_DOCUMENT {
            return Err(DocumentError::TooLong);
        }
        let mut reader = Reader::new(document);
        let tagged = match reader.tag()? {
            None => false,
            Some(TAG) => true,
            Some(_) => return Err(DocumentError::Tag),
        };
        let Items::Definite(4) = reader.array()? else {
            return Err(DocumentError::Envelope);
        };
        if reader.bytes()? != PROTECTED {
            return Err(DocumentError::Protected);
        }
        let Items::Definite(0) = reader.map()? else {
            return Err(DocumentError::Unprotected);
        };
        let (payload, payload_with_head) = reader.bytes_and_head()?;
        let signature = reader.bytes()?.try_into().map_err(|_| DocumentError::SignatureLength)?;
        if !reader.at_end() {
            return Err(DocumentError::Trailing);
        }
        let (contents, indefinite_payload) = UnverifiedContents::read(payload)?;
        Ok(Self { payload, payload_with_head, signature, contents, encoding: Encoding { tagged, indefinite_payload } })
    }

    /// Checks that the document's certificate hangs on `anchor`, all certificates being valid at `time`.
    ///
    /// # Errors
    /// [`ChainError`], by the first rule that is broken.
    pub fn certify(self, anchor: &TrustAnchor, time: UnixSeconds) -> Result<CertifiedDocument<'a>, ChainError> {
        let chain = self.chain(anchor, time)?.verify()?;
        Ok(CertifiedDocument::new(chain, self))
    }

    /// As [`Self::certify`], without the arithmetic for certificates that `cache` knows.
    ///
    /// # Errors
    /// The same ones.
    pub fn certify_with(
        self,
        anchor: &TrustAnchor,
        time: UnixSeconds,
        cache: &mut ChainCache,
    ) -> Result<CertifiedDocument<'a>, ChainError> {
        let chain = self.chain(anchor, time)?.verify_with(cache)?;
        Ok(CertifiedDocument::new(chain, self))
    }

    fn chain(&self, anchor: &TrustAnchor, time: UnixSeconds) -> Result<UnsignedChain<'a>, ChainError> {
        UnsignedChain::read(&self.contents.authorities, self.contents.certificate, anchor, time)
    }

    /// When the document says that it was made, Unix milliseconds. Whoever made up the document chose it.
    #[must_use]
    pub const fn danger_timestamp_ms(&self) -> u64 {
        self.contents.timestamp_ms
    }

    /// What the document says. Whoever made up the document chose it.
    #[must_use]
    pub const fn danger_contents(&self) -> &UnverifiedContents<'a> {
        &self.contents
    }

    /// SHA-384 of the payload, which is the document's identity once it is authentic. Whoever made up the document chose it.
    #[must_use]
    pub fn danger_payload_digest(&self) -> [u8; 48] {
        Sha384::digest(self.payload).into()
    }

    /// The form that the document has.
    #[must_use]
    pub const fn encoding(&self) -> Encoding {
        self.encoding
    }

    pub(crate) const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    pub(crate) const fn signature(&self) -> &'a [u8; 96] {
        self.signature
    }

    /// The `Sig_structure` of RFC 9052 §4.4: ["Signature1", protected, h'', payload].
    pub(crate) fn signed(&self) -> Vec<u8> {
        // The payload's head is in its shortest form, and so the same here as in the document.
        [SIGNED_PREFIX, self.payload_with_head].concat()
    }
}
