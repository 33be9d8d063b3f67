//! The command's exit codes, which scripts rely on.

mod kit;

use std::path::PathBuf;
use std::process::{Command, Output};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use kit::{Kit, NOW, cbor_bytes, cbor_pcrs, pcrs};

struct Files {
    directory: tempfile::TempDir,
}

impl Files {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Runs `verify` on the kit's document under the kit's root.
    fn verify(&self, kit: &Kit, arguments: &[&str]) -> Output {
        let root = BASE64_STANDARD.encode(&kit.certificates()[0]);
        let root = format!("-----BEGIN CERTIFICATE-----\n{root}\n-----END CERTIFICATE-----\n");
        let (root, document) = (self.write("root.pem", root.as_bytes()), self.write("document", &kit.build()));
        run(&["verify", document.to_str().unwrap(), "--root", root.to_str().unwrap(), "--at", &NOW.to_string()], arguments)
    }
}

fn run(first: &[&str], then: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_attestation-verifier")).args(first).args(then).output().unwrap()
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

/// The registers of the kit's image.
fn image() -> [String; 3] {
    [0, 1, 2].map(|index| format!("--pcr={index}={}", hex::encode([0x10 + index; 48])))
}

#[test]
fn exit_0_when_the_document_is_the_expected_one() {
    let [pcr0, pcr1, pcr2] = &image();
    let nonce = hex::encode("asked");
    let output = Files::new().verify(&Kit::new(), &[pcr0, pcr1, pcr2, "--nonce", &nonce]);
    assert_eq!(code(&output), Some(0), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("verdict: verified\n") && text.contains("root: custom, not AWS's\n"), "{text}");
}

#[test]
fn exit_1_when_it_is_another_one_or_not_authentic() {
    let files = Files::new();
    let [pcr0, pcr1, pcr2] = &image();
    let output = files.verify(&Kit::new(), &[pcr0, pcr1, pcr2, "--nonce", "00"]);
    assert_eq!(code(&output), Some(1), "{output:?}");
    assert!(String::from_utf8(output.stdout).unwrap().contains("the nonce is not the expected one"));
    let other = Kit::with(|kit| kit.signer = Some(kit::key(9)));
    assert_eq!(code(&files.verify(&other, &[pcr0, pcr1, pcr2])), Some(1));
    let tpm = Kit::with(|kit| kit.entries[3].0 = "nitrotpm_pcrs".into());
    assert_eq!(code(&files.verify(&tpm, &[])), Some(1));
}

#[test]
fn t1_exit_1_in_debug_mode() {
    let mut all = pcrs();
    all[..3].iter_mut().for_each(|pcr| pcr.1 = vec![0; 48]);
    let kit = Kit::with(|kit| kit.set("pcrs", cbor_pcrs(&all)));
    let [pcr0, pcr1, pcr2] = &image();
    assert_eq!(code(&Files::new().verify(&kit, &[pcr0, pcr1, pcr2])), Some(1));
}

#[test]
fn exit_2_when_it_is_malformed() {
    let files = Files::new();
    assert_eq!(code(&files.verify(&Kit::with(|kit| kit.trailing = vec![0]), &[])), Some(2));
    assert_eq!(code(&run(&["show", files.write("empty", b"").to_str().unwrap()], &[])), Some(2));
}

#[test]
fn t2_exit_3_and_never_0_without_an_expectation() {
    let output = Files::new().verify(&Kit::new(), &["--json"]);
    assert_eq!(code(&output), Some(3), "{output:?}");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["verdict"], "authentic, but no expectation was given");
    assert_eq!(report["pcrs"]["0"], hex::encode([0x10; 48]));
}

#[test]
fn t2_exit_64_for_half_an_expectation() {
    let files = Files::new();
    let [pcr0, pcr1, pcr2] = &image();
    let zero = format!("--pcr=2={}", hex::encode([0; 48]));
    for arguments in [
        &[pcr0.as_str()][..],
        &[pcr0, pcr1],
        &["--nonce", "00"],
        &[pcr0, pcr1, &zero],
        &[pcr0, pcr1, pcr2, pcr2],
        &["--pcr=0=00"],
        &["--pcr=32=00"],
        &["--at", "noon"],
    ] {
        assert_eq!(code(&files.verify(&Kit::new(), arguments)), Some(64), "{arguments:?}");
    }
}

#[test]
fn exit_66_when_a_file_cannot_be_read() {
    let files = Files::new();
    assert_eq!(code(&run(&["verify", "/nonexistent"], &[])), Some(66));
    let document = files.write("document", &Kit::new().build());
    let root = files.write("root.pem", b"no certificate");
    assert_eq!(code(&run(&["verify", document.to_str().unwrap(), "--root", root.to_str().unwrap()], &[])), Some(66));
}

#[test]
fn show_says_on_every_line_that_nothing_is_verified_and_lets_no_control_character_out() {
    let files = Files::new();
    let kit = Kit::with(|kit| kit.set("user_data", cbor_bytes(b"\x1b[2Jverified")));
    let output = run(&["show", files.write("document", &kit.build()).to_str().unwrap()], &[]);
    assert_eq!(code(&output), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.lines().count() > 20 && text.lines().all(|line| line.starts_with("unverified ")), "{text}");
    assert!(text.chars().all(|character| character == '\n' || !character.is_control()));
}
