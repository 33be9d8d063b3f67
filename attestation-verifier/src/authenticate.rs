//! Whether the owner of the trust anchor made the document.

use crate::anchor::TrustAnchor;
use crate::cache::ChainCache;
use crate::chain::{AuthenticChain, ChainError};
use crate::contents::{Contents, accessors};
use crate::document::{Encoding, UnverifiedDocument};
use crate::payload::{DocumentError, instance_id};
use crate::pcrs::{Pcrs, extended_once};
use crate::rule::Rule;
use crate::signature::{BadSignature, verify_fixed};
use crate::time::UnixSeconds;

/// A document that an enclave's security module made. Of which image, and when, is for [`crate::appraise`] to say: one in
/// debug mode, of another image, or replayed from last year is authentic too.
///
/// ```compile_fail
/// fn forge(chain: attestation_verifier::AuthenticChain) -> attestation_verifier::AuthenticDocument {
///     attestation_verifier::AuthenticDocument { chain, contents: todo!(), encoding: todo!() }
/// }
/// ```
#[must_use]
#[derive(Debug)]
pub struct AuthenticDocument {
    chain: AuthenticChain,
    contents: Contents,
    encoding: Encoding,
}

/// A document whose key the owner of the trust anchor certified. Whether that key signed it is not known yet.
///
/// ```compile_fail
/// use attestation_verifier::{CertifiedDocument, UnverifiedDocument};
/// fn forge<'a>(document: UnverifiedDocument<'a>) -> CertifiedDocument<'a> {
///     CertifiedDocument { chain: todo!(), document }
/// }
/// ```
#[must_use]
#[derive(Debug)]
pub struct CertifiedDocument<'a> {
    chain: AuthenticChain,
    document: UnverifiedDocument<'a>,
}

/// Why a document is not authentic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthenticateError {
    /// It is not an enclave's attestation document.
    #[error("malformed: {0}")]
    Document(#[from] DocumentError),
    /// Its certificates do not lead from the trust anchor to its key.
    #[error("chain: {0}")]
    Chain(#[from] ChainError),
    /// Its signature does not verify.
    #[error("the document's signature does not verify")]
    Signature,
    /// Its module id is not the one that its certificate was issued for.
    #[error("the module id is not the certificate's")]
    ModuleId,
    /// PCR4 is not the measurement of the instance in its module id.
    #[error("PCR4 is not the measurement of the instance in the module id")]
    Instance,
}

impl AuthenticateError {
    /// The rule that is broken.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::Document(error) => error.rule(),
            Self::Chain(error) => error.rule(),
            Self::Signature => Rule("S1"),
            Self::ModuleId => Rule("S2"),
            Self::Instance => Rule("S3"),
        }
    }
}

/// Checks that `document` hangs on `anchor`, all certificates being valid at `time`, and says one coherent thing.
///
/// `time` is the caller's clock for a live document. For an archived one it is the document's own time, which only says
/// that it was authentic when it was made.
///
/// # Errors
/// [`AuthenticateError`], by the first rule that is broken.
pub fn authenticate(document: &[u8], anchor: &TrustAnchor, time: UnixSeconds) -> Result<AuthenticDocument, AuthenticateError> {
    UnverifiedDocument::parse(document)?.certify(anchor, time)?.authenticate()
}

/// As [`authenticate`], without the arithmetic for certificates that `cache` knows.
///
/// # Errors
/// The same ones.
pub fn authenticate_with(
    document: &[u8],
    anchor: &TrustAnchor,
    time: UnixSeconds,
    cache: &mut ChainCache,
) -> Result<AuthenticDocument, AuthenticateError> {
    UnverifiedDocument::parse(document)?.certify_with(anchor, time, cache)?.authenticate()
}

impl<'a> CertifiedDocument<'a> {
    pub(crate) const fn new(chain: AuthenticChain, document: UnverifiedDocument<'a>) -> Self {
        Self { chain, document }
    }

    /// The certificates from the root to the document's.
    #[must_use]
    pub const fn chain(&self) -> &AuthenticChain {
        &self.chain
    }

    /// Checks the document's signature, and that the document, its certificate and PCR4 name one instance.
    ///
    /// # Errors
    /// [`AuthenticateError::Signature`], [`AuthenticateError::ModuleId`] or [`AuthenticateError::Instance`].
    pub fn authenticate(self) -> Result<AuthenticDocument, AuthenticateError> {
        let Self { chain, document } = self;
        verify_fixed(chain.key(), &document.signed(), document.signature())
            .map_err(|BadSignature| AuthenticateError::Signature)?;
        let contents = Contents::of(&document);
        if !issued_for(chain.leaf_name(), &contents.module_id) {
            return Err(AuthenticateError::ModuleId);
        }
        let instance = instance_id(&contents.module_id).ok_or(AuthenticateError::ModuleId)?;
        if *contents.pcrs.instance() != extended_once(instance.as_bytes()) {
            return Err(AuthenticateError::Instance);
        }
        Ok(AuthenticDocument { chain, contents, encoding: document.encoding() })
    }
}

/// The leaf's common name is `<module id>.<region>.aws`.
fn issued_for(common_name: &str, module_id: &str) -> bool {
    let region =
        common_name.strip_prefix(module_id).and_then(|rest| rest.strip_prefix('.')).and_then(|rest| rest.strip_suffix(".aws"));
    region.is_some_and(|region| !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
}

impl AuthenticDocument {
    const fn authentic(&self) -> &Self {
        self
    }

    pub(crate) const fn parts(&self) -> (&AuthenticChain, &Contents, Encoding) {
        (&self.chain, &self.contents, self.encoding)
    }
}

accessors!(AuthenticDocument);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaf_name_is_module_id_region_aws() {
        let module_id = "i-0a-enc0b";
        assert!(issued_for("i-0a-enc0b.eu-west-1.aws", module_id));
        for name in [
            "i-0a-enc0b",
            "i-0a-enc0b.aws",
            "i-0a-enc0b..aws",
            "i-0a-enc0b.eu-west-1",
            "i-0a-enc0bb.eu-west-1.aws",
            "xi-0a-enc0b.eu-west-1.aws",
            "i-0a-enc0b.eu-west-1.aws.nitro-enclaves",
            "i-0a-enc0b.eu.west.aws",
        ] {
            assert!(!issued_for(name, module_id), "{name}");
        }
    }
}
