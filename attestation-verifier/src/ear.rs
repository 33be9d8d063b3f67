//! `verify --ear`: the verdict as a RATS attestation result, draft-ietf-rats-ear-04 with the trustworthiness claims of draft-ietf-rats-ar4si.
//!
//! The JSON claims set, unsigned: who needs it signed wraps it in a JWT with a key of his own. One submodule, `nitro-enclave`.
//!
//! | verdict | status | instance-identity | hardware | executables | configuration | runtime-opaque |
//! |---|---|---|---|---|---|---|
//! | verified | affirming | 2 | 2 | 3: what was loaded at boot | 2 if further registers were compared | |
//! | verified at another time than the clock's | warning | 2 | 2 or -33 | 3 | as above | |
//! | verified under another root | warning | 2 | -33: genuine to whoever owns that root | 3 | as above | |
//! | debug mode, allowed or not | contraindicated | 2 | 2 or -33 | 33: not recognized | | 96: visible to the host |
//! | another image | contraindicated | 2 | 2 or -33 | 33 | 96 if another register differs | |
//! | another nonce, user data, key, or age | contraindicated | 2 | 2 or -33 | as found | as found | |
//! | not of this root, or a `NitroTPM`'s | contraindicated | 97: not recognized | 97 | | | |
//! | certificates not valid at the time | contraindicated | 1: not evaluated | 1 | 1 | | |
//! | not authentic otherwise | contraindicated | 99: cryptographic validation failed | 99 | 99 | | |
//! | malformed | none | 1: not evaluated | 1 | 1 | | |
//! | authentic, nothing expected | none | 2 | 2 or -33 | | | |
//!
//! A missing claim is 0, no assertion: a document says nothing about file system, storage and sources, and nothing about memory encryption, so
//! that `runtime-opaque` is never affirmed. Certificates outside of their time are refused before any signature is looked at: nothing failed there
//! that was cryptography, and nothing passed.
//!
//! `eat_nonce` is there only if `--nonce` was given and the document has it: to who reads a result, it says that the evidence is fresh.

use attestation_verifier::{Appraisal, AuthenticateError, ChainError, Difference, DocumentError, UnixSeconds};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::checks::Status;
use crate::command::Basis;
use crate::expected::Asked;
use crate::report::{Report, TOOL};
use crate::verdict::Verdict;

const PROFILE: &str = "tag:ietf.org,2026:rats/ear#04";
const DEVELOPER: &str = "pst-vault";
const SUBMODULE: &str = "nitro-enclave";

/// Recognized, and not known to be compromised; genuine; approved.
const AFFIRMED: i8 = 2;
/// Only approved executables were loaded during boot. What ran later is not measured.
const APPROVED_AT_BOOT: i8 = 3;
/// The verifier can't evaluate it.
const NOT_EVALUATED: i8 = 1;
/// Executables that are not recognized.
const UNRECOGNIZED: i8 = 33;
/// Private: genuine to whoever owns the root that the command line named.
const ROOT_OF_THE_CALLER: i8 = -33;
/// Unacceptable.
const CONTRAINDICATED: i8 = 96;
/// Not recognized, although it should be.
const UNKNOWN: i8 = 97;
/// Cryptographic validation failed.
const NOT_VALID: i8 = 99;

/// The claims that one document allows. 0 is no assertion, and left out.
#[derive(Default)]
struct Vector {
    instance_identity: i8,
    configuration: i8,
    executables: i8,
    hardware: i8,
    runtime_opaque: i8,
}

impl Vector {
    fn json(&self) -> Value {
        let Self { instance_identity, configuration, executables, hardware, runtime_opaque } = self;
        let claims = [
            ("instance-identity", instance_identity),
            ("configuration", configuration),
            ("executables", executables),
            ("hardware", hardware),
            ("runtime-opaque", runtime_opaque),
        ];
        claims
            .into_iter()
            .filter(|(_, claim)| **claim != 0)
            .map(|(name, claim)| (name.to_owned(), json!(claim)))
            .collect::<Map<_, _>>()
            .into()
    }
}

/// The claims set, issued at `now`.
pub(crate) fn claims(verdict: &Verdict, report: &Report, asked: &Asked, now: UnixSeconds) -> Value {
    let aws = report.root.aws;
    let status = status(verdict, aws, report.time.as_ref().map(|time| time.basis));
    let mut appraisal = Map::new();
    appraisal.insert("ear_status".to_owned(), json!(status));
    appraisal.insert("ear_trustworthiness_vector".to_owned(), vector(verdict, asked, aws).json());
    if let Some(policy) = &asked.policy {
        // RFC 6920: the file by its digest.
        let name = format!("ni:///sha-256;{}", BASE64_URL_SAFE_NO_PAD.encode(policy.sha256));
        appraisal.insert("ear_appraisal_policy_ids".to_owned(), json!([name]));
    }
    // RFC 9711 has nonces of 8 to 64 bytes. A longer or shorter one still stands in the checks.
    let matched = report.checks.iter().any(|check| check.id == "nonce" && check.status == Status::Ok);
    let nonce = asked.nonce.as_ref().filter(|_| matched);
    if let Some(nonce) = nonce.filter(|nonce| (8..=64).contains(&nonce.len())) {
        appraisal.insert("eat_nonce".to_owned(), json!(BASE64_URL_SAFE_NO_PAD.encode(nonce)));
    }
    appraisal.insert("ear_verifier_claims".to_owned(), verifier_claims(report));
    json!({
        "eat_profile": PROFILE,
        "iat": now.0,
        "ear_verifier_id": {"developer": DEVELOPER, "build": TOOL},
        "ear_status": status,
        "submods": {SUBMODULE: appraisal},
    })
}

/// What this verifier adds: the evidence by its digests, the time and the root that the verdict rests on, and each check.
fn verifier_claims(report: &Report) -> Value {
    json!({
        "verdict": report.verdict,
        "summary": report.summary,
        "evidence_sha256": report.input.sha256,
        "payload_sha384": report.document.as_ref().map(|document| &document.payload_sha384),
        "root_sha256": report.root.sha256,
        "time": report.time,
        "checks": report.checks,
    })
}

/// Never of higher trust than the worst claim, and never above the verdict.
fn status(verdict: &Verdict, aws: bool, basis: Option<Basis>) -> &'static str {
    match verdict {
        Verdict::Verified(_) => status_of_verified(aws, basis),
        Verdict::Debug(_) | Verdict::Refused(_) | Verdict::NotAuthentic(_) => "contraindicated",
        Verdict::Malformed(_) | Verdict::AuthenticOnly(_) => "none",
    }
}

/// Who reads a result takes it for one about now, and for one about AWS's hardware.
const fn status_of_verified(aws: bool, basis: Option<Basis>) -> &'static str {
    match (aws, basis) {
        (true, Some(Basis::Clock)) => "affirming",
        (true, Some(Basis::Document | Basis::Given) | None) | (false, _) => "warning",
    }
}

fn vector(verdict: &Verdict, asked: &Asked, aws: bool) -> Vector {
    let hardware = if aws { AFFIRMED } else { ROOT_OF_THE_CALLER };
    let authentic = Vector { instance_identity: AFFIRMED, hardware, ..Vector::default() };
    let further = asked.registers.keys().any(|index| *index > 2);
    let configuration = if further { AFFIRMED } else { 0 };
    match verdict {
        Verdict::Verified(_) => Vector { executables: APPROVED_AT_BOOT, configuration, ..authentic },
        Verdict::Debug(_) => Vector { executables: UNRECOGNIZED, configuration, runtime_opaque: CONTRAINDICATED, ..authentic },
        Verdict::AuthenticOnly(_) => authentic,
        Verdict::Refused(Appraisal { differences, document }) => {
            let other = |image: bool| {
                differences.iter().any(|difference| matches!(difference, Difference::Pcr { index, .. } if (*index < 3) == image))
            };
            let debug = document.pcrs().debug_mode();
            let compared = asked.registers.contains_key(&0);
            Vector {
                executables: match (debug || other(true), compared) {
                    (true, _) => UNRECOGNIZED,
                    (false, true) => APPROVED_AT_BOOT,
                    (false, false) => 0,
                },
                configuration: if other(false) { CONTRAINDICATED } else { configuration },
                runtime_opaque: if debug { CONTRAINDICATED } else { 0 },
                ..authentic
            }
        }
        Verdict::NotAuthentic(
            AuthenticateError::Chain(ChainError::WrongRoot) | AuthenticateError::Document(DocumentError::NitroTpm),
        ) => Vector { instance_identity: UNKNOWN, hardware: UNKNOWN, ..Vector::default() },
        Verdict::NotAuthentic(AuthenticateError::Chain(ChainError::NotYetValid { .. } | ChainError::Expired { .. }))
        | Verdict::Malformed(_) => {
            Vector { instance_identity: NOT_EVALUATED, hardware: NOT_EVALUATED, executables: NOT_EVALUATED, ..Vector::default() }
        }
        Verdict::NotAuthentic(_) => {
            Vector { instance_identity: NOT_VALID, hardware: NOT_VALID, executables: NOT_VALID, ..Vector::default() }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t3_only_awss_root_and_the_clock_together_are_affirmed() {
        assert_eq!(status_of_verified(true, Some(Basis::Clock)), "affirming");
        for basis in [Some(Basis::Document), Some(Basis::Given), None] {
            assert_eq!(status_of_verified(true, basis), "warning", "{basis:?}");
        }
        for basis in [Some(Basis::Clock), Some(Basis::Document), Some(Basis::Given), None] {
            assert_eq!(status_of_verified(false, basis), "warning", "{basis:?}");
        }
    }
}
