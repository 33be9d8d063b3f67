//! One case: what is changed, and what has to come of it.

use core::fmt;

use attestation_verifier::{
    AuthenticateError, CertificateError, ChainError, Difference, DocumentError, Expectations, Rule, TrustAnchor, UnixSeconds,
    VerifyError, verify,
};

use crate::kit::{Kit, NOW, expectations};

/// What is verified, and how. Valid until a case changes one thing.
pub(crate) struct Trial {
    pub(crate) kit: Kit,
    pub(crate) anchor: TrustAnchor,
    pub(crate) time: u64,
    pub(crate) expectations: Expectations,
    /// The document, if it is not the one that the kit builds.
    pub(crate) document: Option<Vec<u8>>,
}

impl Trial {
    pub(crate) fn new() -> Self {
        let kit = Kit::new();
        Self { anchor: kit.anchor(), kit, time: NOW, expectations: expectations(), document: None }
    }

    /// The document from the kit's payload with another signature.
    pub(crate) fn sign(&mut self, sign: impl FnOnce(&Kit, &[u8]) -> Vec<u8>) {
        let payload = self.kit.payload();
        let signature = sign(&self.kit, &payload);
        self.document = Some(self.kit.wrap(&payload, &signature));
    }

    fn outcome(self) -> Outcome {
        let document = self.document.unwrap_or_else(|| self.kit.build());
        match verify(&document, &self.anchor, UnixSeconds(self.time), &self.expectations) {
            Ok(_) => Outcome::Verified,
            Err(error) => Outcome::of(error),
        }
    }
}

#[derive(Debug, PartialEq)]
pub(crate) enum Outcome {
    Verified,
    NotAuthentic(AuthenticateError),
    Refused(Vec<Difference>),
}

impl Outcome {
    fn of(error: VerifyError) -> Self {
        let rules = error.rules();
        let outcome = match error {
            VerifyError::NotAuthentic(error) => Self::NotAuthentic(error),
            VerifyError::Refused(appraisal) => Self::Refused(appraisal.differences),
        };
        assert_eq!(rules, outcome.rules());
        outcome
    }

    pub(crate) fn rules(&self) -> Vec<Rule> {
        match self {
            Self::Verified => Vec::new(),
            Self::NotAuthentic(error) => vec![error.rule()],
            Self::Refused(differences) => differences.iter().map(Difference::rule).collect(),
        }
    }
}

pub(crate) struct Case {
    pub(crate) what: String,
    change: Box<dyn Fn(&mut Trial)>,
    pub(crate) outcome: Outcome,
}

impl fmt::Debug for Case {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {:?}", self.what, self.outcome)
    }
}

/// What is changed about the document.
pub(crate) type Change = fn(&mut Kit);

/// Refused under the root of the unchanged kit.
pub(crate) fn refused(what: &str, change: Change, error: impl Into<AuthenticateError>) -> Case {
    let outcome = Outcome::NotAuthentic(error.into());
    Case { what: what.to_owned(), change: Box::new(move |trial| change(&mut trial.kit)), outcome }
}

/// Not a certificate that Nitro makes: number 3, of the instance, is changed.
pub(crate) fn refused_certificate(what: &str, change: Change, error: CertificateError) -> Case {
    refused(what, change, ChainError::Certificate { index: 3, error })
}

/// Refused for what is changed about the trial.
pub(crate) fn trial(what: impl Into<String>, change: impl Fn(&mut Trial) + 'static, outcome: Outcome) -> Case {
    Case { what: what.into(), change: Box::new(change), outcome }
}

/// These bytes in the place of a document.
pub(crate) fn bytes(what: &str, document: Vec<u8>, error: DocumentError) -> Case {
    let outcome = Outcome::NotAuthentic(AuthenticateError::Document(error));
    trial(what, move |trial| trial.document = Some(document.clone()), outcome)
}

/// Verified.
pub(crate) fn verified(what: &str, change: Change) -> Case {
    Case { what: what.to_owned(), change: Box::new(move |trial| change(&mut trial.kit)), outcome: Outcome::Verified }
}

pub(crate) fn check(cases: Vec<Case>) {
    assert!(!cases.is_empty());
    for case in cases {
        let mut trial = Trial::new();
        (case.change)(&mut trial);
        assert_eq!(trial.outcome(), case.outcome, "{}", case.what);
    }
}
