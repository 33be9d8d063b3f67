//! Whether an authentic document says what is expected.

use crate::anchor::TrustAnchor;
use crate::authenticate::{AuthenticDocument, AuthenticateError, authenticate, authenticate_with};
use crate::cache::ChainCache;
use crate::chain::AuthenticChain;
use crate::contents::accessors;
use crate::difference::{Appraisal, Difference};
use crate::document::Encoding;
use crate::expectations::{Expectations, registers};
use crate::pcrs::Pcrs;
use crate::rule::Rule;
use crate::time::UnixSeconds;

/// A document that is authentic and says what was expected. Made by [`appraise`] alone.
///
/// ```compile_fail
/// fn forge(document: attestation_verifier::AuthenticDocument) -> attestation_verifier::VerifiedDocument {
///     attestation_verifier::VerifiedDocument(document)
/// }
/// ```
#[must_use]
#[derive(Debug)]
pub struct VerifiedDocument(AuthenticDocument);

impl VerifiedDocument {
    const fn authentic(&self) -> &AuthenticDocument {
        &self.0
    }
}

accessors!(VerifiedDocument);

/// Compares a document with what is expected at `now`.
///
/// Debug mode is a difference whatever is expected.
///
/// # Errors
/// [`Appraisal`] with all differences.
pub fn appraise(
    document: AuthenticDocument,
    expectations: &Expectations,
    now: UnixSeconds,
) -> Result<VerifiedDocument, Appraisal> {
    let mut differences = Vec::new();
    if document.pcrs().debug_mode() {
        differences.push(Difference::DebugMode);
    }
    differences.extend(registers(&document, expectations.image.registers()));
    differences.extend(expectations.differences(&document, now));
    if differences.is_empty() {
        Ok(VerifiedDocument(document))
    } else {
        Err(Appraisal { differences, document: Box::new(document) })
    }
}

/// Why a document was not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It is not authentic.
    #[error(transparent)]
    NotAuthentic(#[from] AuthenticateError),
    /// It is authentic and not what was expected.
    #[error("refused: {0}")]
    Refused(#[from] Appraisal),
}

impl VerifyError {
    /// The rules that are broken: the first one of a document that is not authentic, every one of a document that is.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        match self {
            Self::NotAuthentic(error) => vec![error.rule()],
            Self::Refused(appraisal) => appraisal.differences.iter().map(Difference::rule).collect(),
        }
    }
}

/// [`authenticate`] and [`appraise`] at the same time.
///
/// # Errors
/// [`VerifyError`], by the step that failed.
pub fn verify(
    document: &[u8],
    anchor: &TrustAnchor,
    time: UnixSeconds,
    expectations: &Expectations,
) -> Result<VerifiedDocument, VerifyError> {
    let document = authenticate(document, anchor, time)?;
    Ok(appraise(document, expectations, time)?)
}

/// As [`verify`], without the arithmetic for certificates that `cache` knows.
///
/// # Errors
/// The same ones.
pub fn verify_with(
    document: &[u8],
    anchor: &TrustAnchor,
    time: UnixSeconds,
    expectations: &Expectations,
    cache: &mut ChainCache,
) -> Result<VerifiedDocument, VerifyError> {
    let document = authenticate_with(document, anchor, time, cache)?;
    Ok(appraise(document, expectations, time)?)
}
