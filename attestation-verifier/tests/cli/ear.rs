//! The attestation result: each verdict has its status and its claims.

use serde_json::{Value, json};

use crate::kit::{self, Kit, NOW};
use crate::support::{Files, debug_kit, fits, image, release, run};

fn appraisal(files: &Files, kit: &Kit, arguments: &[&str]) -> Value {
    let ear = files.verify(kit, &[arguments, &["--ear"]].concat()).json();
    fits("ear.json", &ear);
    let appraisal = ear["submods"]["nitro-enclave"].clone();
    assert_eq!(ear["ear_status"], appraisal["ear_status"]);
    assert_no_claim_is_better_than_the_status(&appraisal);
    appraisal
}

/// draft-ietf-rats-ear-04: no higher trust than the worst claim.
fn assert_no_claim_is_better_than_the_status(appraisal: &Value) {
    let tier = |claim: i64| match claim {
        -1..=1 => 0,
        2..=31 | -32..=-2 => 1,
        32..=95 | -96..=-33 => 2,
        _ => 3,
    };
    let worst = appraisal["ear_trustworthiness_vector"].as_object().unwrap().values().map(|claim| tier(claim.as_i64().unwrap()));
    let worst = worst.max().unwrap();
    match appraisal["ear_status"].as_str().unwrap() {
        "affirming" => assert!(worst <= 1, "{appraisal:#}"),
        "warning" => assert!(worst <= 2, "{appraisal:#}"),
        "none" | "contraindicated" => {}
        other => panic!("{other}"),
    }
}

fn mapped(kit: &Kit, arguments: &[&str], status: &str, vector: Value) {
    let files = Files::new();
    let appraisal = appraisal(&files, kit, arguments);
    assert_eq!(appraisal["ear_status"], status, "{appraisal:#}");
    assert_eq!(appraisal["ear_trustworthiness_vector"], vector, "{appraisal:#}");
}

#[test]
fn verified_under_another_root_than_awss_is_a_warning() {
    let [pcr0, pcr1, pcr2] = &image();
    let vector = json!({"instance-identity": 2, "hardware": -33, "executables": 3});
    mapped(&Kit::new(), &[pcr0, pcr1, pcr2], "warning", vector);
    let zero = format!("--pcr=3={}", hex::encode([0; 48]));
    let vector = json!({"instance-identity": 2, "hardware": -33, "executables": 3, "configuration": 2});
    mapped(&Kit::new(), &[pcr0, pcr1, pcr2, &zero], "warning", vector);
}

#[test]
fn refused_is_contraindicated() {
    let [pcr0, pcr1, pcr2] = &image();
    let other = format!("--pcr=2={}", hex::encode([0x77; 48]));
    let vector = json!({"instance-identity": 2, "hardware": -33, "executables": 33});
    mapped(&Kit::new(), &[pcr0, pcr1, &other], "contraindicated", vector);
    let vector = json!({"instance-identity": 2, "hardware": -33, "executables": 3});
    mapped(&Kit::new(), &[pcr0, pcr1, pcr2, "--nonce", "00"], "contraindicated", vector);
    let other = format!("--pcr=3={}", hex::encode([0x77; 48]));
    let vector = json!({"instance-identity": 2, "hardware": -33, "executables": 3, "configuration": 96});
    mapped(&Kit::new(), &[pcr0, pcr1, pcr2, &other], "contraindicated", vector);
    let vector = json!({"instance-identity": 99, "hardware": 99, "executables": 99});
    mapped(&Kit::with(|kit| kit.signer = Some(kit::key(9))), &[pcr0, pcr1, pcr2], "contraindicated", vector.clone());
    mapped(&Kit::with(|kit| kit.chain[2].signer = Some(kit::key(9))), &[], "contraindicated", vector);
    let vector = json!({"instance-identity": 97, "hardware": 97});
    mapped(&Kit::with(|kit| kit.entries[3].0 = "nitrotpm_pcrs".into()), &[], "contraindicated", vector);
}

#[test]
fn certificates_outside_of_their_time_are_no_failure_of_cryptography() {
    let vector = json!({"instance-identity": 1, "hardware": 1, "executables": 1});
    mapped(&Kit::with(|kit| kit.chain[1].not_after = NOW - 1), &[], "contraindicated", vector.clone());
    mapped(&Kit::with(|kit| kit.chain[1].not_before = NOW + 1), &[], "contraindicated", vector);
}

#[test]
fn t1_debug_mode_is_contraindicated_even_when_it_is_allowed() {
    let vector = json!({"instance-identity": 2, "hardware": -33, "executables": 33, "runtime-opaque": 96});
    mapped(&debug_kit(), &[], "contraindicated", vector.clone());
    mapped(&debug_kit(), &["--allow-debug", "--nonce", &hex::encode("asked")], "contraindicated", vector);
}

#[test]
fn t2_no_expectation_and_no_document_are_none_and_never_affirming() {
    mapped(&Kit::new(), &[], "none", json!({"instance-identity": 2, "hardware": -33}));
    let vector = json!({"instance-identity": 1, "hardware": 1, "executables": 1});
    mapped(&Kit::with(|kit| kit.trailing = vec![0]), &[], "none", vector.clone());
    mapped(&Kit::new(), &["--format", "hex"], "none", vector);
}

#[test]
fn names_profile_verifier_policy_nonce_and_evidence() {
    let files = Files::new();
    let policy = files.write("release.json", release().to_string());
    let nonce = b"0123456789abcdef";
    let kit = Kit::with(|kit| kit.set("nonce", kit::cbor_bytes(nonce)));
    let asked = hex::encode(nonce);
    let ear = files.verify(&kit, &["--policy", &policy, "--nonce", &asked, "--ear"]).exits(0).json();
    assert_eq!(ear["eat_profile"], "tag:ietf.org,2026:rats/ear#04");
    assert_eq!(ear["ear_verifier_id"]["build"], format!("attestation-verifier {}", env!("CARGO_PKG_VERSION")));
    assert!(ear["iat"].as_u64().unwrap() > 1_700_000_000);
    let appraisal = &ear["submods"]["nitro-enclave"];
    assert_eq!(appraisal["eat_nonce"], "MDEyMzQ1Njc4OWFiY2RlZg");
    assert!(appraisal["ear_appraisal_policy_ids"][0].as_str().unwrap().starts_with("ni:///sha-256;"));
    let report = files.verify(&kit, &["--policy", &policy, "--nonce", &asked, "--json"]).json();
    let claims = &appraisal["ear_verifier_claims"];
    assert_eq!(claims["evidence_sha256"], report["input"]["sha256"]);
    assert_eq!(claims["payload_sha384"], report["document"]["payload_sha384"]);
    assert_eq!(claims["checks"], report["checks"]);
}

#[test]
fn a_nonce_is_named_only_when_it_was_asked_for_and_is_there() {
    let files = Files::new();
    let [pcr0, pcr1, pcr2] = &image();
    let nonce = b"0123456789abcdef";
    let with = |change: fn(&mut Kit)| {
        Kit::with(|kit| {
            kit.set("nonce", kit::cbor_bytes(nonce));
            change(kit);
        })
    };
    let (asked, other, short) = (hex::encode(nonce), hex::encode(b"0123456789abcdeg"), hex::encode("asked"));
    let named = |kit: &Kit, more: &[&str]| {
        let appraisal = appraisal(&files, kit, &[&[pcr0.as_str(), pcr1, pcr2][..], more].concat());
        appraisal.get("eat_nonce").cloned()
    };
    assert_eq!(named(&with(|_| ()), &["--nonce", &asked]), Some("MDEyMzQ1Njc4OWFiY2RlZg".into()));
    assert_eq!(named(&with(|_| ()), &[]), None, "not asked for");
    assert_eq!(named(&with(|_| ()), &["--nonce", &other]), None, "another one");
    assert_eq!(named(&with(|kit| kit.signer = Some(kit::key(9))), &["--nonce", &asked]), None, "nobody vouches for it");
    assert_eq!(named(&Kit::new(), &["--nonce", &short]), None, "of a length that EAT does not have");
}

#[test]
fn t3_a_document_of_awss_that_is_the_expected_one_is_a_warning_at_its_own_time() {
    let Some(document) = crate::genuine::document("dstack_3.bin") else { return };
    let expected = crate::genuine::expecting_itself(&document);
    let ear =
        run(&[&["verify", &document.path, "--at", "document", "--ear"][..], &expected.arguments()].concat()).exits(0).json();
    fits("ear.json", &ear);
    assert_eq!(ear["ear_status"], "warning");
    let vector = json!({"instance-identity": 2, "hardware": 2, "executables": 3, "configuration": 2});
    assert_eq!(ear["submods"]["nitro-enclave"]["ear_trustworthiness_vector"], vector);
    let other = crate::genuine::document("bedrock_1.bin").unwrap();
    let ear = run(&[&["verify", &other.path, "--at", "document", "--ear"][..], &expected.arguments()].concat()).exits(1).json();
    assert_eq!(ear["ear_status"], "contraindicated");
    assert_eq!(run(&["verify", &other.path, "--at", "document", "--ear"]).exits(3).json()["ear_status"], "none");
}
