//! How a document differs from what is expected.

use core::fmt;

use crate::authenticate::AuthenticDocument;
use crate::rule::Rule;

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

/// What of a document is compared with an expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Debug mode or not.
    Mode,
    /// The register of this number.
    Pcr(u8),
    /// `nonce`
    Nonce,
    /// `user_data`
    UserData,
    /// `public_key`
    PublicKey,
    /// How old it is.
    Age,
}

/// One way in which a document is not what was expected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Difference {
    /// PCR0, PCR1 and PCR2 are all zero: the enclave's console and memory are the host's to read.
    #[error("the enclave runs in debug mode")]
    DebugMode,
    /// The enclave does not run in debug mode, and was expected to.
    #[error("the enclave does not run in debug mode")]
    NotDebugMode,
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
    /// `public_key` is another, or not there.
    #[error("the public key is not the expected one")]
    PublicKey {
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
    /// The document is from further in the future than [`crate::FUTURE_SKEW_SECONDS`].
    #[error("the document is {ahead_ms} ms ahead of the clock")]
    FromTheFuture {
        /// How far, milliseconds.
        ahead_ms: u64,
    },
}

impl Difference {
    /// The rule that is broken.
    #[must_use]
    pub const fn rule(&self) -> Rule {
        match self {
            Self::DebugMode => Rule("A1"),
            Self::Pcr { .. } => Rule("A2"),
            Self::Nonce { .. } => Rule("A3"),
            Self::UserData { .. } => Rule("A4"),
            Self::PublicKey { .. } => Rule("A5"),
            Self::FromTheFuture { .. } => Rule("A6"),
            Self::TooOld { .. } => Rule("A7"),
            Self::NotDebugMode => Rule("A8"),
        }
    }

    /// What of the document was compared.
    #[must_use]
    pub const fn subject(&self) -> Subject {
        match self {
            Self::DebugMode | Self::NotDebugMode => Subject::Mode,
            Self::Pcr { index, .. } => Subject::Pcr(*index),
            Self::Nonce { .. } => Subject::Nonce,
            Self::UserData { .. } => Subject::UserData,
            Self::PublicKey { .. } => Subject::PublicKey,
            Self::FromTheFuture { .. } | Self::TooOld { .. } => Subject::Age,
        }
    }
}
