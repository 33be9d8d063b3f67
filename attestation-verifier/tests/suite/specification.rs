//! SPEC.md, the errors and the cases name the same rules.

use std::collections::{BTreeMap, BTreeSet};

use attestation_verifier::{
    AuthenticDocument, CertificateError, DebugMode, Difference, Expectations, TrustAnchor, TrustAnchorError, appraise,
    authenticate, danger_appraise_debug,
};

use crate::case::{Case, Outcome};
use crate::kit::{Kit, TIME, expectations, key_usage};
use crate::{accepted, certificate, chain, consistency, envelope, hostile, payload, policy, signature, time};

const SPECIFICATION: &str = include_str!("../../SPEC.md");

fn all() -> Vec<Case> {
    [
        accepted::cases(),
        certificate::cases(),
        chain::cases(),
        consistency::cases(),
        envelope::cases(),
        hostile::cases(),
        payload::cases(),
        policy::cases(),
        signature::cases(),
        time::cases(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The rules of SPEC.md: the first cell of each row of its tables that is a number.
fn specified() -> BTreeSet<String> {
    let cells = SPECIFICATION.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" |").map(|(cell, _)| cell));
    cells.filter(|cell| is_rule(cell)).map(str::to_owned).collect()
}

fn is_rule(text: &str) -> bool {
    let digits = text.trim_start_matches(|letter: char| letter.is_ascii_uppercase());
    digits.len() + 1 == text.len() && !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The rules that the sources give to an error, and how often.
fn implemented() -> BTreeMap<String, usize> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut rules = BTreeMap::new();
    for file in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
        if file.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(file).unwrap();
            for (rule, _) in source.split("Rule(\"").skip(1).filter_map(|rest| rest.split_once('"')) {
                *rules.entry(rule.to_owned()).or_default() += 1;
            }
        }
    }
    rules
}

/// The rules that `verify` does not come to: of anchors, and of documents in debug mode.
fn beside_verification() -> Vec<&'static str> {
    let error = |der: &[u8]| TrustAnchor::custom(der).unwrap_err();
    let certificates = Kit::new().certificates();
    assert_eq!(error(&certificates[4]), TrustAnchorError::NotARoot);
    assert_eq!(error(&[0x30; 1025]), TrustAnchorError::Certificate(CertificateError::Size));
    let expectations = debug_expectations();
    let appraisal = danger_appraise_debug(document(), &expectations, TIME).unwrap_err();
    assert_eq!(appraisal.differences, [Difference::NotDebugMode]);
    vec![error(&certificates[4]).rule().id(), error(&[0x30; 1025]).rule().id(), appraisal.differences[0].rule().id()]
}

fn document() -> AuthenticDocument {
    authenticate(&Kit::new().build(), &Kit::new().anchor(), TIME).unwrap()
}

fn debug_expectations() -> Expectations<DebugMode> {
    let Expectations { image: _, more, nonce, user_data, public_key, max_age_seconds } = expectations();
    Expectations { image: DebugMode, more, nonce, user_data, public_key, max_age_seconds }
}

#[test]
fn every_rule_has_one_error_one_row_and_a_case() {
    let implemented = implemented();
    let twice: Vec<_> = implemented.iter().filter(|(_, times)| **times != 1).collect();
    assert!(twice.is_empty(), "given to more than one error: {twice:?}");
    let implemented: BTreeSet<_> = implemented.into_keys().collect();
    assert_eq!(implemented, specified(), "the sources and SPEC.md");

    let mut covered: BTreeSet<_> = all().iter().flat_map(|case| case.outcome.rules()).map(|rule| rule.id().to_owned()).collect();
    covered.extend(beside_verification().into_iter().map(str::to_owned));
    assert_eq!(covered, specified(), "the cases and SPEC.md");
}

#[test]
fn there_are_at_least_150_cases_and_no_two_of_one_name() {
    let cases = all();
    let names: BTreeSet<_> = cases.iter().map(|case| case.what.as_str()).collect();
    let refused = cases.iter().filter(|case| case.outcome != Outcome::Verified).count();
    let rules: BTreeSet<_> = cases.iter().flat_map(|case| case.outcome.rules()).collect();
    println!("{} cases, {refused} of them refused, by {} rules", cases.len(), rules.len());
    assert_eq!(names.len(), cases.len());
    assert!(refused >= 150, "{refused}");
}

#[test]
fn t1_a_debug_document_passes_in_its_own_way_only() {
    let mut pcrs = crate::kit::pcrs();
    for pcr in &mut pcrs[..3] {
        pcr.1 = vec![0; 48];
    }
    let kit = Kit::with(|kit| kit.set("pcrs", crate::kit::cbor_pcrs(&pcrs)));
    let document = || authenticate(&kit.build(), &kit.anchor(), TIME).unwrap();
    let debug = danger_appraise_debug(document(), &debug_expectations(), TIME).unwrap();
    assert_eq!((debug.nonce(), debug.pcrs().debug_mode()), (Some(b"asked".as_slice()), true));
    let other = Expectations { nonce: attestation_verifier::Expected::Is(b"other".to_vec()), ..debug_expectations() };
    assert_eq!(danger_appraise_debug(document(), &other, TIME).unwrap_err().differences[0].rule().id(), "A3");
    assert_eq!(appraise(document(), &expectations(), TIME).unwrap_err().differences[0], Difference::DebugMode);
}

#[test]
fn a_custom_root_must_be_one() {
    let certificates = Kit::new().certificates();
    assert!(TrustAnchor::custom(&certificates[0]).is_ok_and(|anchor| !anchor.is_aws()));
    for other in &certificates[1..] {
        assert_eq!(TrustAnchor::custom(other), Err(TrustAnchorError::NotARoot));
    }
    for bits in [0x80, 0x82] {
        let root = Kit::with(|kit| *kit.extension(0, crate::kit::KEY_USAGE) = key_usage(bits)).certificates().remove(0);
        assert_eq!(TrustAnchor::custom(&root), Err(TrustAnchorError::NotARoot));
    }
    let kit = Kit::with(|kit| *kit.extension(0, crate::kit::BASIC_CONSTRAINTS) = crate::kit::basic_constraints(false, None));
    assert_eq!(TrustAnchor::custom(&kit.certificates()[0]), Err(TrustAnchorError::NotARoot));
}
