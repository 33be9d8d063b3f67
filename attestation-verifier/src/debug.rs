//! Documents of enclaves in debug mode: to look at, and never to act on.

use crate::authenticate::AuthenticDocument;
use crate::chain::AuthenticChain;
use crate::contents::accessors;
use crate::difference::{Appraisal, Difference};
use crate::document::Encoding;
use crate::expectations::Expectations;
use crate::pcrs::Pcrs;
use crate::time::UnixSeconds;

/// In the place of an [`crate::Image`]: the enclave runs in debug mode, and its image is nobody's to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DebugMode;

/// An authentic document of an enclave in debug mode that says, its image aside, what was expected. The host reads and writes such
/// an enclave's memory, so that nothing in it may be relied on; there is no way from here to a [`crate::VerifiedDocument`].
///
/// ```compile_fail
/// use attestation_verifier::{DebugDocument, VerifiedDocument};
/// fn promote(document: DebugDocument) -> VerifiedDocument {
///     document.into()
/// }
/// ```
/// ```compile_fail
/// use attestation_verifier::{AuthenticDocument, DebugMode, Expectations, UnixSeconds, VerifiedDocument, appraise};
/// fn accept(document: AuthenticDocument, expectations: &Expectations<DebugMode>) -> VerifiedDocument {
///     appraise(document, expectations, UnixSeconds(0)).unwrap()
/// }
/// ```
#[must_use]
#[derive(Debug)]
pub struct DebugDocument(AuthenticDocument);

impl DebugDocument {
    const fn authentic(&self) -> &AuthenticDocument {
        &self.0
    }
}

accessors!(DebugDocument);

/// Compares the document of an enclave in debug mode with what is expected at `now`, for people who develop one.
///
/// # Errors
/// [`Appraisal`] with all differences. One is that the enclave does not run in debug mode.
pub fn danger_appraise_debug(
    document: AuthenticDocument,
    expectations: &Expectations<DebugMode>,
    now: UnixSeconds,
) -> Result<DebugDocument, Appraisal> {
    let mut differences = Vec::new();
    if !document.pcrs().debug_mode() {
        differences.push(Difference::NotDebugMode);
    }
    differences.extend(expectations.differences(&document, now));
    if differences.is_empty() {
        Ok(DebugDocument(document))
    } else {
        Err(Appraisal { differences, document: Box::new(document) })
    }
}
