//! Each check of a report: how it ended, what was expected beside what is there, and who expected it.

use attestation_verifier::{
    Appraisal, AuthenticateError, ChainError, Difference, DocumentError, FUTURE_SKEW_SECONDS, Rule, Subject, TrustAnchor,
    UnverifiedContents,
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::command::{Basis, Time};
use crate::expected::{Asked, AskedImage};
use crate::verdict::{Malformed, Verdict};

/// One check.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    /// Stable, for programs.
    pub(crate) id: String,
    pub(crate) status: Status,
    /// What is checked, for people.
    pub(crate) what: String,
    /// The rule of SPEC.md that is broken.
    pub(crate) rule: Option<&'static str>,
    pub(crate) expected: Option<String>,
    pub(crate) observed: Option<String>,
    /// Whether `observed` is of a document that is not authentic: somebody wrote it.
    pub(crate) unverified: bool,
    /// Where the expectation comes from.
    pub(crate) source: Option<String>,
    /// Why it ended so.
    pub(crate) note: Option<String>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Status {
    Ok,
    Failed,
    NotChecked,
}

/// The steps from bytes to an authentic document, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Form,
    Root,
    Certificates,
    Validity,
    CertificateSignatures,
    Signature,
    ModuleId,
    Instance,
}

/// All steps, their ids, and their words.
const STEPS: [(Step, &str, &str); 8] = [
    (Step::Form, "form", "the bytes have the one form of an enclave's document (rules F and P)"),
    (Step::Root, "root", "the chain starts with the root certificate"),
    (Step::Certificates, "certificates", "each certificate is of Nitro's kind and issued by the one before (rules X and C)"),
    (Step::Validity, "validity", "all certificates are valid at the time of this check"),
    (Step::CertificateSignatures, "certificate_signatures", "each certificate's signature verifies"),
    (Step::Signature, "signature", "the document's signature verifies under the last certificate"),
    (Step::ModuleId, "module_id", "the last certificate was issued for this module id"),
    (Step::Instance, "instance", "PCR4 measures the instance in the module id"),
];

impl Check {
    fn new(id: impl Into<String>, status: Status, what: impl Into<String>) -> Self {
        let (id, what) = (id.into(), what.into());
        Self { id, status, what, rule: None, expected: None, observed: None, unverified: false, source: None, note: None }
    }

    fn noted(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    fn compared(self, expected: impl Into<String>, observed: impl Into<String>, source: impl Into<String>) -> Self {
        Self { expected: Some(expected.into()), observed: Some(observed.into()), source: Some(source.into()), ..self }
    }
}

/// The steps that make a document authentic.
pub(crate) fn authenticity(verdict: &Verdict, root: &Root<'_>, contents: Option<&UnverifiedContents<'_>>) -> Vec<Check> {
    let failed = failed_step(verdict);
    let check = |(step, id, what): (Step, &str, &str)| {
        let status = match failed {
            None => Status::Ok,
            Some((at, ..)) if at == step => Status::Failed,
            // Those two are looked at certificate by certificate.
            Some((Step::Validity, ..)) if step == Step::Certificates => Status::NotChecked,
            Some((at, ..)) if step < at => Status::Ok,
            Some(_) => Status::NotChecked,
        };
        let mut check = Check::new(id, status, what);
        if let (Status::Failed, Some((_, rule, text))) = (status, &failed) {
            check.rule = rule.map(Rule::id);
            check.note = Some(text.clone());
        }
        match (step, contents.and_then(|contents| contents.authorities.first())) {
            (Step::Root, Some(observed)) => {
                let observed = hex::encode(Sha256::digest(observed));
                check.compared(hex::encode(root.anchor.fingerprint()), observed, root.source.clone())
            }
            _ => check,
        }
    };
    STEPS.into_iter().map(check).collect()
}

/// The trust anchor and who chose it.
pub(crate) struct Root<'a> {
    pub(crate) anchor: &'a TrustAnchor,
    pub(crate) source: String,
}

fn failed_step(verdict: &Verdict) -> Option<(Step, Option<Rule>, String)> {
    let error = match verdict {
        Verdict::Verified(_) | Verdict::Debug(_) | Verdict::Refused(_) | Verdict::AuthenticOnly(_) => return None,
        Verdict::Malformed(error) => {
            let rule = match error {
                Malformed::Decode(_) => None,
                Malformed::Document(error) => Some(error.rule()),
            };
            return Some((Step::Form, rule, error.to_string()));
        }
        Verdict::NotAuthentic(error) => *error,
    };
    let step = match error {
        AuthenticateError::Document(_) => Step::Form,
        AuthenticateError::Chain(ChainError::WrongRoot) => Step::Root,
        AuthenticateError::Chain(ChainError::NotYetValid { .. } | ChainError::Expired { .. }) => Step::Validity,
        AuthenticateError::Chain(ChainError::Signature { .. }) => Step::CertificateSignatures,
        AuthenticateError::Chain(_) => Step::Certificates,
        AuthenticateError::Signature => Step::Signature,
        AuthenticateError::ModuleId => Step::ModuleId,
        AuthenticateError::Instance => Step::Instance,
    };
    Some((step, Some(error.rule()), error.to_string()))
}

/// A field of the document: its name in words, as an id and as a flag, what it should be, and what it is.
type Field<'a> = (Subject, &'static str, &'static str, &'static str, &'a Option<Vec<u8>>, Option<Option<&'a [u8]>>);

/// What was expected of the contents. Nothing of it is said to be right by comparing here: the library's differences say what is wrong.
pub(crate) fn contents(
    verdict: &Verdict,
    asked: &Asked,
    document: Option<&UnverifiedContents<'_>>,
    time: Option<Time>,
) -> Vec<Check> {
    let verdicts = Verdicts::of(verdict);
    let mut checks = vec![mode(&verdicts, asked, document)];
    for (index, register) in &asked.registers {
        let observed = document.and_then(|document| document.pcrs.get(*index)).map(hex::encode);
        let status = match asked.image {
            // Three zeros are debug mode, which is one check and has one rule.
            AskedImage::Debug if *index < 3 => verdicts.status(Subject::Mode),
            AskedImage::Debug | AskedImage::Image(_) | AskedImage::Nothing => verdicts.status(Subject::Pcr(*index)),
        };
        let check = Check::new(format!("pcr{index}"), status, format!("PCR{index}")).compared(
            hex::encode(register.value),
            observed.unwrap_or_else(|| if document.is_some() { "not stated" } else { "unknown" }.to_owned()),
            register.source.name(),
        );
        checks.push(verdicts.explained(check, Subject::Pcr(*index)));
    }
    let fields: [Field<'_>; 3] = [
        (Subject::Nonce, "nonce", "nonce", "--nonce", &asked.nonce, document.map(|document| document.nonce)),
        (
            Subject::UserData,
            "user_data",
            "user data",
            "--user-data",
            &asked.user_data,
            document.map(|document| document.user_data),
        ),
        (Subject::PublicKey, "public_key", "public key", "--public-key", &asked.public_key, document.map(|d| d.public_key)),
    ];
    for (subject, id, what, flag, expected, observed) in fields {
        let observed = observed.map_or_else(|| "unknown".to_owned(), field);
        let check = match expected {
            Some(expected) => {
                let check = Check::new(id, verdicts.status(subject), what);
                verdicts.explained(check.compared(hex::encode(expected), observed, flag), subject)
            }
            None => Check { observed: Some(observed), ..Check::new(id, Status::NotChecked, what) }
                .noted(verdicts.reason_or("not asked for")),
        };
        checks.push(check);
    }
    checks.push(age(&verdicts, asked, document, time));
    checks.push(
        Check::new("revocation", Status::NotChecked, "revocation lists")
            .noted("AWS says to leave them out; the last certificate lives three hours"),
    );
    checks
}

/// A field's value as it is printed.
pub(crate) fn field(value: Option<&[u8]>) -> String {
    match value {
        None => "not there".to_owned(),
        Some([]) => "present, empty".to_owned(),
        Some(bytes) => hex::encode(bytes),
    }
}

fn mode(verdicts: &Verdicts<'_>, asked: &Asked, document: Option<&UnverifiedContents<'_>>) -> Check {
    let observed = document.map_or("unknown", |document| if document.pcrs.debug_mode() { "debug" } else { "production" });
    let (expected, source) = match asked.image {
        AskedImage::Debug => ("debug", "--pcr, --allow-debug"),
        // Without an image, there is nothing that a document in production mode could be held against.
        AskedImage::Nothing if asked.allow_debug && !asked.is_nothing() => ("debug", "--allow-debug without an image"),
        AskedImage::Nothing if asked.allow_debug => ("any", "--allow-debug"),
        AskedImage::Image(_) | AskedImage::Nothing => ("production", "always"),
    };
    let status = match verdicts {
        // Debug mode is a difference even where nothing was expected.
        Verdicts::NotAppraised if expected == "production" => Status::Ok,
        _ => verdicts.status(Subject::Mode),
    };
    let check = Check::new("mode", status, "mode: debug is PCR0, PCR1 and PCR2 all zero").compared(expected, observed, source);
    verdicts.explained(check, Subject::Mode)
}

fn age(verdicts: &Verdicts<'_>, asked: &Asked, document: Option<&UnverifiedContents<'_>>, time: Option<Time>) -> Check {
    let what = "age";
    let (Some(document), Some(time)) = (document, time) else {
        return Check::new("age", Status::NotChecked, what);
    };
    let observed = age_text(document.timestamp_ms, time);
    if time.basis == Basis::Document {
        return Check { observed: Some(observed), ..Check::new("age", Status::NotChecked, what) }
            .noted(verdicts.reason_or("the document's own time was used, which proves no freshness"));
    }
    if asked.is_nothing() {
        return Check { observed: Some(observed), ..Check::new("age", Status::NotChecked, what) }
            .noted(verdicts.reason_or("nothing was expected"));
    }
    let check = Check::new("age", verdicts.status(Subject::Age), what);
    let expected = format!("at most {} s, and at most {FUTURE_SKEW_SECONDS} s ahead", asked.max_age);
    let check = verdicts.explained(check.compared(expected, observed, asked.max_age_source), Subject::Age);
    if time.basis == Basis::Clock || matches!(verdicts, Verdicts::NotAuthentic) {
        return check;
    }
    let given = "counted to the time that --at gives, which proves no freshness";
    let note = check.note.as_ref().map_or_else(|| given.to_owned(), |note| format!("{note}; {given}"));
    check.noted(note)
}

/// How old the document is at the time of the check, or how far ahead.
pub(crate) fn age_text(timestamp_ms: u64, time: Time) -> String {
    let now_ms = time.at.0.saturating_mul(1000);
    let seconds = |millis: u64| format!("{}.{:03} s", millis / 1000, millis % 1000);
    if timestamp_ms / 1000 > time.at.0 {
        format!("{} ahead", seconds(timestamp_ms - now_ms))
    } else {
        seconds(now_ms.saturating_sub(timestamp_ms))
    }
}

/// Why nothing that a document says is compared.
const NOT_AUTHENTIC: &str = "the document is not authentic";

/// What the library says about the expectations.
enum Verdicts<'a> {
    /// The document is not authentic, so they were not looked at.
    NotAuthentic,
    /// There are none.
    NotAppraised,
    /// All are met but these.
    Appraised(&'a [Difference]),
}

impl<'a> Verdicts<'a> {
    fn of(verdict: &'a Verdict) -> Self {
        match verdict {
            Verdict::NotAuthentic(_) | Verdict::Malformed(_) => Self::NotAuthentic,
            Verdict::AuthenticOnly(_) => Self::NotAppraised,
            Verdict::Verified(_) | Verdict::Debug(_) => Self::Appraised(&[]),
            Verdict::Refused(Appraisal { differences, .. }) => Self::Appraised(differences),
        }
    }

    fn difference(&self, subject: Subject) -> Option<&Difference> {
        match self {
            Self::NotAuthentic | Self::NotAppraised => None,
            Self::Appraised(differences) => differences.iter().find(|difference| difference.subject() == subject),
        }
    }

    fn status(&self, subject: Subject) -> Status {
        match self {
            Self::NotAuthentic | Self::NotAppraised => Status::NotChecked,
            Self::Appraised(_) if self.difference(subject).is_some() => Status::Failed,
            Self::Appraised(_) => Status::Ok,
        }
    }

    /// With the broken rule, or with the reason why nothing was checked.
    fn explained(&self, check: Check, subject: Subject) -> Check {
        match (self, self.difference(subject)) {
            (_, Some(difference)) => Check { rule: Some(difference.rule().id()), ..check }.noted(difference.to_string()),
            (Self::NotAuthentic, None) => check.noted(NOT_AUTHENTIC),
            (Self::NotAppraised | Self::Appraised(_), None) => check,
        }
    }

    /// Why something was not checked: that a document is not authentic comes before what was not asked of it.
    const fn reason_or(&self, reason: &'static str) -> &'static str {
        match self {
            Self::NotAuthentic => NOT_AUTHENTIC,
            Self::NotAppraised | Self::Appraised(_) => reason,
        }
    }
}

/// The broken rule of a verdict that has one, for a program that reads nothing else.
pub(crate) fn first_broken(verdict: &Verdict) -> Option<(Option<&'static str>, String)> {
    if let Some((_, rule, text)) = failed_step(verdict) {
        return Some((rule.map(Rule::id), text));
    }
    match verdict {
        Verdict::Refused(appraisal) => {
            appraisal.differences.first().map(|difference| (Some(difference.rule().id()), difference.to_string()))
        }
        Verdict::Verified(_)
        | Verdict::Debug(_)
        | Verdict::NotAuthentic(_)
        | Verdict::Malformed(_)
        | Verdict::AuthenticOnly(_) => None,
    }
}

/// What the reader can do about it.
pub(crate) fn next(verdict: &Verdict, anchor: &TrustAnchor) -> Option<&'static str> {
    match verdict {
        Verdict::Verified(_) => None,
        Verdict::Debug(_) => Some("rely on nothing that this enclave says; it is for people who develop one"),
        Verdict::AuthenticOnly(_) => Some("say what you expect: --policy release.json, or --pcr for registers 0, 1 and 2"),
        Verdict::Malformed(Malformed::Decode(_)) => {
            Some("give the document as the security module returned it; --format says how it is written")
        }
        Verdict::Malformed(Malformed::Document(_)) => {
            Some("fetch the document again, and see that nothing on the way cuts or rewrites it; `show` may tell more")
        }
        Verdict::NotAuthentic(error) => Some(match error {
            AuthenticateError::Document(DocumentError::NitroTpm) => {
                "this is a statement about a whole EC2 instance: ask the enclave itself for a document"
            }
            AuthenticateError::Chain(ChainError::Expired { .. }) => {
                "ask for a fresh document; of an archived one, --at document or --at UNIX says whether it was authentic then"
            }
            AuthenticateError::Chain(ChainError::NotYetValid { .. }) => "check the time: this machine's clock, or --at",
            AuthenticateError::Chain(ChainError::WrongRoot) if anchor.is_aws() => {
                "whoever made it, AWS did not; a development network's document needs --root, and proves nothing about AWS"
            }
            AuthenticateError::Chain(ChainError::WrongRoot) => "the certificate of --root is not this document's root",
            AuthenticateError::Document(_)
            | AuthenticateError::Chain(_)
            | AuthenticateError::Signature
            | AuthenticateError::ModuleId
            | AuthenticateError::Instance => "it was forged or changed on the way: rely on nothing in it, and fetch it again",
        }),
        Verdict::Refused(appraisal) => appraisal.differences.first().map(|difference| match difference {
            Difference::DebugMode => {
                "do not use this enclave: start it without debug mode; people who develop one have --allow-debug"
            }
            Difference::NotDebugMode => "the enclave runs in production mode: name its image with --policy or --pcr",
            Difference::Pcr { .. } => {
                "another image runs there than the one you expect: compare the registers with the release's"
            }
            Difference::Nonce { .. } => "it was not made for your nonce: ask again, with a fresh one",
            Difference::UserData { .. } | Difference::PublicKey { .. } => {
                "the enclave says something else than you expect: do not use its key"
            }
            Difference::TooOld { .. } => "ask for a fresh document, or allow its age with --max-age",
            Difference::FromTheFuture { .. } => "check the time: this machine's clock, or --at",
        }),
    }
}
