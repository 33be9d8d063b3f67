//! What is typed: refused where it is half, twice, in conflict, or means nothing.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

use crate::kit::{Kit, NOW};
use crate::support::{Files, image, release, run, run_with};

#[test]
fn t2_exit_64_for_half_an_expectation() {
    let files = Files::new();
    let [pcr0, pcr1, pcr2] = &image();
    let zero = format!("--pcr=2={}", hex::encode([0; 48]));
    let zeros = [0, 1, 2].map(|index| format!("--pcr={index}={}", hex::encode([0; 48])));
    for arguments in [
        &[pcr0.as_str()][..],
        &[pcr0, pcr1],
        &["--nonce", "00"],
        &["--user-data", "00"],
        &["--public-key", "00"],
        &["--max-age", "60"],
        &["--allow-debug", "--max-age", "60"],
        &["--allow-debug", pcr0],
        &[pcr0, pcr1, &zero],
        &[&zeros[0], &zeros[1], &zeros[2]],
        &[&zeros[0], pcr1, pcr2, "--allow-debug"],
    ] {
        let ran = files.verify(&Kit::new(), arguments).exits(64);
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{arguments:?}");
    }
}

#[test]
fn exit_64_for_what_is_not_an_argument() {
    let files = Files::new();
    let value = hex::encode([0x10; 48]);
    let registers = ["0=", "0", "=", "", "0=00", "0=zz", "32=", "-1=", "+0=", "00=", " 0=", "0x0=", "0 =", "256=", "\u{660}="];
    let mut pcrs: Vec<String> = registers.iter().map(|text| (*text).to_owned()).collect();
    pcrs.extend(registers.iter().skip(6).map(|text| format!("{text}{value}")));
    pcrs.extend([format!("0=0x{value}"), format!("0={value}00"), format!("0= {value}"), format!("0=={value}")]);
    for pcr in pcrs {
        files.verify(&Kit::new(), &[&format!("--pcr={pcr}")]).exits(64);
    }
    for arguments in [
        ["--nonce", ""],
        ["--nonce", "0"],
        ["--nonce", "0x00"],
        ["--user-data", ""],
        ["--public-key", "g0"],
        ["--nonce", &"00".repeat(1025)],
        ["--max-age", "-1"],
        ["--max-age", "1.5"],
        ["--max-age", ""],
        ["--format", "pem"],
        ["--json", "--ear"],
        ["--unknown", "1"],
    ] {
        files.verify(&Kit::new(), &arguments).exits(64);
    }
    let document = files.write("document", Kit::new().build());
    for at in ["noon", "", "-1", "+1", "01", "1e3", "18446744073709551616"] {
        run(&["verify", &document, &format!("--at={at}")]).exits(64);
    }
    run(&["verify", &document, "--at", "document", "--max-age", "5"]).exits(64);
    run(&[]).exits(64);
    run(&["verify"]).exits(64);
    run(&["verify", &document, &document]).exits(64);
}

#[test]
fn exit_64_for_a_flag_or_a_register_given_twice_equal_or_not() {
    let files = Files::new();
    let [pcr0, pcr1, pcr2] = &image();
    let other = format!("--pcr=0={}", hex::encode([0x77; 48]));
    for pcr in [pcr0, &other] {
        let ran = files.verify(&Kit::new(), &[pcr0, pcr1, pcr2, pcr]).exits(64);
        assert!(ran.err.contains("register 0 was given twice"), "{}", ran.err);
    }
    let policy = files.write("release.json", release().to_string());
    for (flag, value) in [
        ("--nonce", "00"),
        ("--user-data", "00"),
        ("--public-key", "00"),
        ("--max-age", "5"),
        ("--policy", &policy),
        ("--format", "bin"),
        ("--root", "x"),
        ("--at", "now"),
    ] {
        let twice = [flag, value, flag, value, pcr0, pcr1, pcr2];
        files.verify(&Kit::new(), &twice[..if flag == "--policy" { 4 } else { 7 }]).exits(64);
    }
    for flag in ["--json", "--ear", "--allow-debug"] {
        files.verify(&Kit::new(), &[flag, flag]).exits(64);
    }
}

#[test]
fn t2_exit_64_for_a_policy_and_a_flag_in_conflict() {
    let files = Files::new();
    let policy = files.write("release.json", release().to_string());
    // The same value, another one, and none of it merged.
    for byte in [0x10, 0x77, 0] {
        let pcr = format!("--pcr=0={}", hex::encode([byte; 48]));
        let ran = files.verify(&Kit::new(), &["--policy", &policy, &pcr]).exits(64);
        assert!(ran.err.contains("register 0 is named by --policy and by --pcr"), "{}", ran.err);
    }
    let mut signed = release();
    signed["pcrs"]["8"] = hex::encode([0x18; 48]).into();
    let signed = files.write("signed.json", signed.to_string());
    let zero = format!("--pcr=8={}", hex::encode([0; 48]));
    files.verify(&Kit::new(), &["--policy", &signed, &zero]).exits(64);
    // A register that the release does not name narrows it.
    files.verify(&Kit::new(), &["--policy", &policy, &zero]).exits(0);
    assert!(files.verify(&Kit::new(), &["--policy", &signed]).exits(1).out.contains("PCR8 is not the expected one"));
}

#[test]
fn each_flag_is_compared() {
    let files = Files::new();
    let [pcr0, pcr1, pcr2] = &image();
    let (nonce, said, key) = (hex::encode("asked"), hex::encode("said"), hex::encode("key"));
    let zero = format!("--pcr=3={}", hex::encode([0; 48]));
    for (arguments, code) in [
        (["--nonce", nonce.as_str()], 0),
        (["--nonce", "00"], 1),
        (["--user-data", &said], 0),
        (["--user-data", &nonce], 1),
        (["--public-key", &key], 0),
        (["--public-key", &nonce], 1),
        (["--max-age", "0"], 0),
        ([&zero, "--format=bin"], 0),
        ([&format!("--pcr=16={}", hex::encode([0; 48])), "--format=bin"], 1),
        (["--format", "hex"], 2),
        (["--format", "base64"], 2),
    ] {
        let all = [&[pcr0.as_str(), pcr1, pcr2][..], &arguments].concat();
        files.verify(&Kit::new(), &all).exits(code);
    }
}

#[test]
fn time_is_the_one_that_was_asked_for() {
    let files = Files::new();
    let (document, root) = (files.write("document", Kit::new().build()), files.root(&Kit::new()));
    let [pcr0, pcr1, pcr2] = &image();
    let at =
        |at: &str, more: &[&str]| run(&[&["verify", &document, "--root", &root, "--at", at, pcr0, pcr1, pcr2], more].concat());
    at(&NOW.to_string(), &[]).exits(0);
    at(&(NOW + 300).to_string(), &[]).exits(0);
    assert!(at(&(NOW + 301).to_string(), &[]).exits(1).out.contains("[A7]"));
    at(&(NOW + 301).to_string(), &["--max-age", "301"]).exits(0);
    assert!(at(&(NOW - 301).to_string(), &[]).exits(1).out.contains("[A6]"));
    assert!(at(&(NOW + 7201).to_string(), &["--max-age", "9999"]).exits(1).out.contains("[C8]"));
    assert!(at("0", &[]).exits(1).out.contains("[C7]"));
    assert!(at(&u64::MAX.to_string(), &[]).exits(1).out.contains("[C8]"));
    assert!(at("document", &[]).exits(0).out.contains("PROVES NO FRESHNESS"));
}

#[test]
fn a_document_comes_in_any_of_its_forms_from_a_file_or_standard_input() {
    let files = Files::new();
    let (bytes, root, at) = (Kit::new().build(), files.root(&Kit::new()), NOW.to_string());
    let [pcr0, pcr1, pcr2] = &image();
    for (format, text) in [
        ("bin", bytes.clone()),
        ("hex", hex::encode(&bytes).into_bytes()),
        ("base64", BASE64_STANDARD.encode(&bytes).into_bytes()),
        ("base64", BASE64_URL_SAFE_NO_PAD.encode(&bytes).into_bytes()),
    ] {
        for asked in ["auto", format] {
            let arguments = ["verify", "-", "--root", &root, "--at", &at, "--format", asked, pcr0, pcr1, pcr2];
            let ran = run_with(&text, &arguments).exits(0);
            assert!(ran.out.contains(&format!("standard input ({format})")), "{}", ran.out);
            let path = files.write("document", &text);
            run(&["verify", &path, "--root", &root, "--at", &at, "--format", asked, pcr0, pcr1, pcr2]).exits(0);
            run_with(&text, &["show", "-", "--format", asked]).exits(0);
        }
    }
}

#[test]
fn help_has_every_flag_and_every_exit_code() {
    let help = run(&["verify", "--help"]).exits(0).out;
    for flag in [
        "--root",
        "--at",
        "document|now|UNIX",
        "--max-age",
        "--policy",
        "--pcr",
        "--nonce",
        "--user-data",
        "--public-key",
        "--allow-debug",
        "--format",
        "--json",
        "--ear",
        "unsigned",
        "schema/",
    ] {
        assert!(help.contains(flag), "{flag}");
    }
    for code in ["   0  ", "   1  ", "   2  ", "   3  ", "  64  ", "  66  ", "  74  "] {
        assert!(help.contains(code), "{code}");
    }
    let version = format!("attestation-verifier {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(run(&["--version"]).exits(0).out, version);
}
