//! The exit codes, which scripts rely on.

use crate::kit::{self, Kit, NOW};
use crate::support::{Files, command, debug_kit, image, release, run, run_with};

#[test]
fn exit_0_when_the_document_is_the_expected_one() {
    let [pcr0, pcr1, pcr2] = &image();
    let nonce = hex::encode("asked");
    let ran = Files::new().verify(&Kit::new(), &[pcr0, pcr1, pcr2, "--nonce", &nonce]).exits(0);
    let first = "VERIFIED: authentic, and says everything that was expected (UNDER ANOTHER ROOT THAN AWS'S) \
                 (AT A GIVEN TIME, WHICH PROVES NO FRESHNESS)\n";
    assert!(ran.out.starts_with(first), "{}", ran.out);
    assert!(ran.out.contains("NOT AWS'S ROOT"), "{}", ran.out);
}

#[test]
fn exit_0_by_a_release_too() {
    let files = Files::new();
    let policy = files.write("release.json", release().to_string());
    let ran = files.verify(&Kit::new(), &["--policy", &policy]).exits(0);
    ran.has_line("  ok           PCR0");
    assert!(ran.out.contains(&format!("expected  {}  (--policy)", hex::encode([0x12; 48]))), "{}", ran.out);
    let mut other = release();
    other["pcrs"]["2"] = hex::encode([0x13; 48]).into();
    let policy = files.write("other.json", other.to_string());
    assert!(files.verify(&Kit::new(), &["--policy", &policy]).exits(1).out.contains("PCR2 is not the expected one"));
}

#[test]
fn exit_1_when_it_is_another_one_or_not_authentic() {
    let files = Files::new();
    let [pcr0, pcr1, pcr2] = &image();
    let ran = files.verify(&Kit::new(), &[pcr0, pcr1, pcr2, "--nonce", "00"]).exits(1);
    assert!(ran.out.contains("the nonce is not the expected one"));
    let other = Kit::with(|kit| kit.signer = Some(kit::key(9)));
    files.verify(&other, &[pcr0, pcr1, pcr2]).exits(1);
    let tpm = Kit::with(|kit| kit.entries[3].0 = "nitrotpm_pcrs".into());
    files.verify(&tpm, &[]).exits(1);
    let document = files.write("document", Kit::new().build());
    assert!(run(&["verify", &document]).exits(1).out.contains("[C1]"));
}

#[test]
fn t1_exit_1_in_debug_mode() {
    let files = Files::new();
    let [pcr0, pcr1, pcr2] = &image();
    files.verify(&debug_kit(), &[pcr0, pcr1, pcr2]).exits(1);
    // Also when nothing is expected, and when debug mode is allowed but an image is expected.
    files.verify(&debug_kit(), &[]).exits(1);
    files.verify(&debug_kit(), &[pcr0, pcr1, pcr2, "--allow-debug"]).exits(1);
}

#[test]
fn t1_exit_0_in_debug_mode_only_when_it_is_allowed_and_something_else_is_expected() {
    let files = Files::new();
    let nonce = hex::encode("asked");
    let ran = files.verify(&debug_kit(), &["--allow-debug", "--nonce", &nonce]).exits(0);
    assert!(ran.out.starts_with("DEBUG: AUTHENTIC, AND OF AN ENCLAVE IN DEBUG MODE"), "{}", ran.out);
    let zeros = [0, 1, 2].map(|index| format!("--pcr={index}={}", hex::encode([0; 48])));
    let [pcr0, pcr1, pcr2] = &zeros;
    files.verify(&debug_kit(), &["--allow-debug", pcr0, pcr1, pcr2]).exits(0);
    files.verify(&debug_kit(), &["--allow-debug"]).exits(3);
    files.verify(&debug_kit(), &["--allow-debug", "--nonce", "00"]).exits(1);
    // A production document is no debug document, and without an image it is nothing.
    files.verify(&Kit::new(), &["--allow-debug", pcr0, pcr1, pcr2]).exits(1);
    files.verify(&Kit::new(), &["--allow-debug", "--nonce", &nonce]).exits(1);
    let [pcr0, pcr1, pcr2] = &image();
    files.verify(&Kit::new(), &["--allow-debug", pcr0, pcr1, pcr2]).exits(0);
}

#[test]
fn exit_2_when_it_is_malformed() {
    let files = Files::new();
    let ran = files.verify(&Kit::with(|kit| kit.trailing = vec![0]), &[]).exits(2);
    assert!(ran.out.starts_with("MALFORMED: ") && ran.out.contains("[F12]"), "{}", ran.out);
    run(&["show", &files.write("empty", b"")]).exits(2);
    run(&["verify", &files.write("text", b"no document")]).exits(2);
    let huge = files.write("huge", vec![0x84; 16 << 20]);
    assert!(run(&["verify", &huge]).exits(2).out.contains("longer than any document"));
    assert!(run_with(&vec![b'8'; 16 << 20], &["verify", "-"]).exits(2).out.contains("longer than any document"));
    run(&["verify", "/dev/zero"]).exits(2);
}

#[test]
fn t2_exit_3_and_never_0_without_an_expectation() {
    let ran = Files::new().verify(&Kit::new(), &["--json"]).exits(3);
    let report = ran.json();
    assert_eq!(report["verdict"], "authentic_only");
    assert_eq!(report["document"]["pcrs"][0]["value"], hex::encode([0x10; 48]));
}

#[test]
fn exit_66_when_a_file_cannot_be_read_or_is_another_one() {
    let files = Files::new();
    let document = files.write("document", Kit::new().build());
    run(&["verify", "/nonexistent"]).exits(66);
    run(&["verify", "/"]).exits(66);
    let certificate = crate::support::pem(&Kit::new().certificates()[0]);
    for root in ["no certificate", "", &format!("{certificate}{certificate}"), &" ".repeat(70_000)] {
        run(&["verify", &document, "--root", &files.write("root.pem", root)]).exits(66);
    }
    let leaf = crate::support::pem(Kit::new().certificates().last().unwrap());
    run(&["verify", &document, "--root", &files.write("root.pem", leaf)]).exits(66);
    let policies = ["{}", "", "[]", "{\"format\":2}", &"[".repeat(1 << 20), &" ".repeat(1 << 20)].map(str::to_owned);
    for policy in policies {
        let ran = run(&["verify", &document, "--policy", &files.write("release.json", policy)]).exits(66);
        assert!(ran.out.is_empty() && ran.err.contains("not a release.json"), "{ran:?}");
    }
    // `-` is standard input for the document alone.
    run_with(release().to_string().as_bytes(), &["verify", &document, "--policy", "-"]).exits(66);
    run_with(b"", &["verify", &document, "--root", "-"]).exits(66);
}

#[test]
fn exit_74_when_the_report_cannot_be_written() {
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI has no /dev/full");
        eprintln!("skipped: no /dev/full");
        return;
    };
    let files = Files::new();
    let (document, root) = (files.write("document", Kit::new().build()), files.root(&Kit::new()));
    let [pcr0, pcr1, pcr2] = &image();
    let arguments = ["verify", &document, "--root", &root, "--at", &NOW.to_string(), pcr0, pcr1, pcr2];
    let output = command().args(arguments).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(74));
}
