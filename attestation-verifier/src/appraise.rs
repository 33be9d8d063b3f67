//! Whether an authentic document says what is expected.

use core::fmt;

use crate::anchor::TrustAnchor;
use crate::authenticate::{AuthenticDocument, AuthenticateError, authenticate};
use crate::chain::AuthenticChain;
use crate::contents::{Contents, accessors};
use crate::pcrs::{Image, Pcrs};
use crate::time::UnixSeconds;

/// How far a document may be ahead of the verifier's clock: two machines' clocks are never the same.
pub const FUTURE_SKEW_SECONDS: u64 = 300;

/// What a document must say. There is no default, and no part of it turns the image off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectations {
    /// PCR0, PCR1 and PCR2.
    pub image: Image,
    /// Other registers and what each must hold. One that the document does not state is a difference.
    pub more: Vec<(u8, [u8; 48])>,
    /// The nonce that the asker chose.
    pub nonce: Expected,
    /// `user_data`, when all of it is known beforehand. What differs by document is the caller's to read afterwards.
    pub user_data: Expected,
    /// How old the document may be, in seconds, inclusive.
    pub max_age_seconds: u64,
}

/// What one field must be. Said in words, so that no field is left unchecked by leaving something out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Exactly these bytes.
    Is(Vec<u8>),
    /// The verifier has nothing to compare it with.
    NotAsked,
}

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
    /// The certificates from the root to the document's.
    #[must_use]
    pub const fn chain(&self) -> &AuthenticChain {
        self.0.chain()
    }

    const fn contents(&self) -> &Contents {
        self.0.contents()
    }
}

accessors!(VerifiedDocument);

/// The document is authentic and not what was expected: every difference, none left out.
#[derive(Debug)]
pub struct Appraisal {
    /// At least one.
    pub differences: Vec<Difference>,
    /// The document, for a report.
    pub document: Box<AuthenticDocument>,
}

impl fmt::Display for Appraisal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, difference) in self.differences.iter().enumerate() {
            if position > 0 {
                formatter.write_str("; ")?;
            }
            write!(formatter, "{difference}")?;
        }
        Ok(())
    }
}

impl core::error::Error for Appraisal {}

/// One way in which a document is not what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// PCR0, PCR1 and PCR2 are all zero: the enclave's console and memory are the host's to read.
    #[error("the enclave runs in debug mode")]
    DebugMode,
    /// A register holds something else.
    #[error("PCR{index} is not the expected one")]
    Pcr {
        /// Its number.
        index: u8,
        /// What it should hold.
        expected: [u8; 48],
        /// What it holds, if the document states it.
        observed: Option<[u8; 48]>,
    },
    /// The nonce is another, or not there.
    #[error("the nonce is not the expected one")]
    Nonce {
        /// What it should be.
        expected: Vec<u8>,
        /// What it is.
        observed: Option<Vec<u8>>,
    },
    /// `user_data` is another, or not there.
    #[error("the user data is not the expected one")]
    UserData {
        /// What it should be.
        expected: Vec<u8>,
        /// What it is.
        observed: Option<Vec<u8>>,
    },
    /// The document is older than allowed.
    #[error("the document is {age_ms} ms old, {max_age_seconds} s are allowed")]
    TooOld {
        /// Its age, milliseconds.
        age_ms: u64,
        /// What is allowed, seconds.
        max_age_seconds: u64,
    },
    /// The document is from further in the future than [`FUTURE_SKEW_SECONDS`].
    #[error("the document is {ahead_ms} ms ahead of the clock")]
    FromTheFuture {
        /// How far, milliseconds.
        ahead_ms: u64,
    },
}

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
    let Expectations { image, more, nonce, user_data, max_age_seconds } = expectations;
    let mut differences = Vec::new();
    let pcrs = document.pcrs();
    if pcrs.debug_mode() {
        differences.push(Difference::DebugMode);
    }
    let expected_pcrs = [(0, *image.pcr0.as_bytes()), (1, *image.pcr1.as_bytes()), (2, *image.pcr2.as_bytes())].into_iter();
    for (index, expected) in expected_pcrs.chain(more.iter().copied()) {
        let observed = pcrs.get(index).copied();
        if observed != Some(expected) {
            differences.push(Difference::Pcr { index, expected, observed });
        }
    }
    if let Some((expected, observed)) = other(nonce, document.nonce()) {
        differences.push(Difference::Nonce { expected, observed });
    }
    if let Some((expected, observed)) = other(user_data, document.user_data()) {
        differences.push(Difference::UserData { expected, observed });
    }
    differences.extend(staleness(document.timestamp_ms(), *max_age_seconds, now));
    if differences.is_empty() {
        Ok(VerifiedDocument(document))
    } else {
        Err(Appraisal { differences, document: Box::new(document) })
    }
}

/// What was expected and what is there instead.
fn other(expected: &Expected, observed: Option<&[u8]>) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
    match expected {
        Expected::NotAsked => None,
        Expected::Is(expected) if observed == Some(expected) => None,
        Expected::Is(expected) => Some((expected.clone(), observed.map(<[u8]>::to_vec))),
    }
}

fn staleness(timestamp_ms: u64, max_age_seconds: u64, now: UnixSeconds) -> Option<Difference> {
    let now_ms = now.0.saturating_mul(1000);
    let ahead_ms = timestamp_ms.saturating_sub(now_ms);
    if ahead_ms > FUTURE_SKEW_SECONDS.saturating_mul(1000) {
        return Some(Difference::FromTheFuture { ahead_ms });
    }
    let age_ms = now_ms.saturating_sub(timestamp_ms);
    (age_ms > max_age_seconds.saturating_mul(1000)).then_some(Difference::TooOld { age_ms, max_age_seconds })
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
