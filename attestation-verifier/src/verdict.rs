//! What came of a document.

use attestation_verifier::{
    Appraisal, AuthenticDocument, AuthenticateError, DebugDocument, DebugMode, Difference, DocumentError, TrustAnchor,
    UnixSeconds, VerifiedDocument, appraise, authenticate, danger_appraise_debug,
};

use crate::expected::{Asked, AskedImage};
use crate::input::DecodeError;

/// What came of it, each with its exit code.
pub(crate) enum Verdict {
    /// 0
    Verified(VerifiedDocument),
    /// 0, only with `--allow-debug`
    Debug(DebugDocument),
    /// 1
    Refused(Appraisal),
    /// 1
    NotAuthentic(AuthenticateError),
    /// 2
    Malformed(Malformed),
    /// 3
    AuthenticOnly(AuthenticDocument),
}

/// Why bytes are no document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    /// They can't be decoded.
    #[error(transparent)]
    Decode(#[from] DecodeError),
    /// They break a rule.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

impl Verdict {
    /// Appraises what is authentic, and nothing else.
    pub(crate) fn of(document: &[u8], anchor: &TrustAnchor, time: UnixSeconds, asked: &Asked) -> Self {
        let document = match authenticate(document, anchor, time) {
            Ok(document) => document,
            Err(error) => return error.into(),
        };
        let debug_mode = document.pcrs().debug_mode();
        if asked.is_nothing() {
            // Debug mode is refused always; that nothing else was expected makes it no better.
            return if debug_mode && !asked.allow_debug {
                Self::Refused(Appraisal { differences: vec![Difference::DebugMode], document: Box::new(document) })
            } else {
                Self::AuthenticOnly(document)
            };
        }
        let appraised = match &asked.image {
            AskedImage::Image(image) => appraise(document, &asked.of(*image), time).map(Self::Verified),
            AskedImage::Debug | AskedImage::Nothing => {
                danger_appraise_debug(document, &asked.of(DebugMode), time).map(Self::Debug)
            }
        };
        appraised.unwrap_or_else(Self::Refused)
    }

    /// Of the evidence, if there is any: a document is authentic when its payload has this digest.
    pub(crate) fn payload_digest(&self) -> Option<[u8; 48]> {
        match self {
            Self::Verified(document) => Some(document.payload_digest()),
            Self::Debug(document) => Some(document.payload_digest()),
            Self::Refused(Appraisal { document, .. }) => Some(document.payload_digest()),
            Self::AuthenticOnly(document) => Some(document.payload_digest()),
            Self::NotAuthentic(_) | Self::Malformed(_) => None,
        }
    }

    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Verified(_) | Self::Debug(_) => 0,
            Self::Refused(_) | Self::NotAuthentic(_) => 1,
            Self::Malformed(_) => 2,
            Self::AuthenticOnly(_) => 3,
        }
    }

    /// In one word, for programs.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Verified(_) => "verified",
            Self::Debug(_) => "debug",
            Self::Refused(_) | Self::NotAuthentic(_) => "refused",
            Self::Malformed(_) => "malformed",
            Self::AuthenticOnly(_) => "authentic_only",
        }
    }

    /// In one sentence, for people.
    pub(crate) fn summary(&self) -> String {
        match self {
            Self::Verified(_) => "authentic, and says everything that was expected".to_owned(),
            Self::Debug(_) => "AUTHENTIC, AND OF AN ENCLAVE IN DEBUG MODE: its host reads and writes its memory".to_owned(),
            Self::Refused(appraisal) => format!("authentic, and not what was expected: {appraisal}"),
            Self::NotAuthentic(error) => format!("not authentic: {error}"),
            Self::Malformed(error) => format!("no enclave's attestation document: {error}"),
            Self::AuthenticOnly(_) => "authentic, but no expectation was given: nothing is known about the image".to_owned(),
        }
    }
}

impl From<AuthenticateError> for Verdict {
    fn from(error: AuthenticateError) -> Self {
        match error {
            // A NitroTPM's document is well-formed, and of something else than an enclave.
            AuthenticateError::Document(DocumentError::NitroTpm)
            | AuthenticateError::Chain(_)
            | AuthenticateError::Signature
            | AuthenticateError::ModuleId
            | AuthenticateError::Instance => Self::NotAuthentic(error),
            AuthenticateError::Document(error) => Self::Malformed(error.into()),
        }
    }
}
