//! The report: its lines for people, and its JSON.

use serde_json::Value;

use crate::kit::{Kit, NOW, cbor_bytes};
use crate::support::{Files, check, debug_kit, fits, image, release, run, run_with};

/// Every field of the report that a program may rely on is in the schema, and the report is what the schema says.
#[test]
fn json_is_what_its_schema_says() {
    let files = Files::new();
    let policy = files.write("release.json", release().to_string());
    let [pcr0, pcr1, pcr2] = &image();
    let nonce = hex::encode("asked");
    let expired = Kit::with(|kit| kit.chain[1].not_after = NOW - 1);
    let unreadable = Kit::with(|kit| kit.chain[2].version = vec![0xa0, 3, 2, 1, 1]);
    let bare = Kit::with(|kit| ["nonce", "user_data", "public_key"].into_iter().for_each(|key| kit.remove(key)));
    let cases: &[(Kit, &[&str], &str)] = &[
        (Kit::new(), &["--policy", &policy, "--nonce", &nonce], "verified"),
        (Kit::new(), &[pcr0, pcr1, pcr2, "--user-data", "00", "--max-age", "1"], "refused"),
        (Kit::new(), &[], "authentic_only"),
        (debug_kit(), &["--allow-debug", "--nonce", &nonce], "debug"),
        (debug_kit(), &[], "refused"),
        (debug_kit(), &[pcr0, pcr1, pcr2], "refused"),
        (expired, &[], "refused"),
        (unreadable, &[pcr0, pcr1, pcr2], "refused"),
        (bare, &[], "authentic_only"),
        (Kit::with(|kit| kit.trailing = vec![0]), &[], "malformed"),
        (Kit::new(), &["--format", "hex"], "malformed"),
    ];
    for (kit, arguments, verdict) in cases {
        let ran = files.verify(kit, &[*arguments, &["--json"]].concat());
        let report = ran.json();
        assert_eq!(report["verdict"], **verdict, "{}", ran.out);
        assert_eq!(report["exit_code"], ran.code);
        fits("report.json", &report);
    }
    for input in [&Kit::new().build()[..], b"", b"\x84", b"none"] {
        let shown = run_with(input, &["show", "-", "--json"]).json();
        assert_eq!(shown["verdict"], "unverified");
        fits("show.json", &shown);
    }
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let files = Files::new();
    let report = files.verify(&Kit::new(), &["--json"]).json();
    let all: &[fn(&mut Value)] = &[
        |report| report["verdict"] = "fine".into(),
        |report| report["exit_code"] = 4.into(),
        |report| report["checks"][0]["status"] = "skipped".into(),
        |report| report["document"]["payload_sha384"] = "00".into(),
        |report| drop(report.as_object_mut().unwrap().remove("root")),
    ];
    for change in all {
        let mut broken = report.clone();
        change(&mut broken);
        assert!(std::panic::catch_unwind(|| fits("report.json", &broken)).is_err());
    }
}

#[test]
fn each_check_says_how_it_ended_what_was_expected_and_by_whom() {
    let files = Files::new();
    let policy = files.write("release.json", release().to_string());
    let key = hex::encode("another key");
    let zero = format!("--pcr=3={}", hex::encode([0; 48]));
    let ran = files.verify(&Kit::new(), &["--policy", &policy, &zero, "--public-key", &key]).exits(1);
    for line in [
        "REFUSED: authentic, and not what was expected: the public key is not the expected one (UNDER ANOTHER ROOT THAN AWS'S) \
         (AT A GIVEN TIME, WHICH PROVES NO FRESHNESS)"
            .to_owned(),
        "  rule          A5 (SPEC.md)".to_owned(),
        "  what to do    the enclave says something else than you expect: do not use its key".to_owned(),
        "  exit code     1".to_owned(),
        "  ok           the document's signature verifies under the last certificate".to_owned(),
        "  ok           PCR0".to_owned(),
        format!("               expected  {}  (--policy)", hex::encode([0x10; 48])),
        format!("               observed  {}", hex::encode([0x10; 48])),
        "  ok           PCR3".to_owned(),
        format!("               expected  {}  (--pcr)", hex::encode([0; 48])),
        "  not checked  nonce".to_owned(),
        format!("               observed  {}", hex::encode("asked")),
        "               why       not asked for".to_owned(),
        "  failed       public key [A5]".to_owned(),
        format!("               expected  {key}  (--public-key)"),
        format!("               observed  {}", hex::encode("key")),
        "  ok           age".to_owned(),
        "               expected  at most 300 s, and at most 300 s ahead  (default)".to_owned(),
        "               observed  0.000 s".to_owned(),
        "               why       counted to the time that --at gives, which proves no freshness".to_owned(),
        "  not checked  revocation lists".to_owned(),
        "  module id     i-0123456789abcdef0-enc0123456789abcdef".to_owned(),
        "  made          2026-11-18T11:06:40.000Z".to_owned(),
        "  mode          production".to_owned(),
        "  0  CN=kit.nitro-enclaves".to_owned(),
        "     valid   2026-11-18T10:06:40Z to 2026-11-18T13:06:40Z".to_owned(),
        format!("  tool          attestation-verifier {}", env!("CARGO_PKG_VERSION")),
    ] {
        ran.has_line(&line);
    }
    for part in
        ["payload       SHA-384 ", " bytes, SHA-256 ", "policy        ", "(1795000000), given with --at: PROVES NO FRESHNESS"]
    {
        assert!(ran.out.contains(part), "{part}");
    }
    assert_eq!(ran.out.lines().filter(|line| line.starts_with("  PCR")).count(), 16);
    assert_eq!(ran.out.lines().filter(|line| line.starts_with("     SHA-256 ")).count(), 5);
    ran.has_line(&format!("  PCR0   {}  ok (--policy)", hex::encode([0x10; 48])));
    ran.has_line("  PCR3   zero  ok (--pcr)");
    ran.has_line("  PCR5   zero  not checked");
    assert!(ran.out.contains("  ok (the module id)"));
}

#[test]
fn a_step_after_the_one_that_failed_is_not_said_to_be_ok() {
    type Case = (fn(&mut Kit), &'static str, &'static [&'static str]);
    let files = Files::new();
    let cases: [Case; 5] = [
        (|kit| kit.chain[1].not_after = NOW - 1, "validity", &["form", "root"]),
        (|kit| kit.chain[1].extensions = None, "certificates", &["form", "root"]),
        (
            |kit| kit.chain[2].signer = Some(crate::kit::key(9)),
            "certificate_signatures",
            &["form", "root", "certificates", "validity"],
        ),
        (|kit| kit.signer = Some(crate::kit::key(9)), "signature", &["form", "root", "certificate_signatures"]),
        (|kit| kit.set("module_id", crate::kit::cbor_text("i-0-enc0")), "module_id", &["signature"]),
    ];
    for (change, failed, ok) in cases {
        let report = files.verify(&Kit::with(change), &["--json"]).exits(1).json();
        assert_eq!(check(&report, failed)["status"], "failed", "{failed}");
        assert_eq!(check(&report, failed)["rule"], report["broken"]["rule"]);
        for id in ok {
            assert_eq!(check(&report, id)["status"], "ok", "{failed}: {id}");
        }
        for id in ["instance", "mode", "age"] {
            assert_eq!(check(&report, id)["status"], "not_checked", "{failed}: {id}");
        }
        assert_eq!(report["document"]["authentic"], false);
    }
}

#[test]
fn what_is_not_authentic_is_marked_on_every_line() {
    let files = Files::new();
    let kit = Kit::with(|kit| kit.signer = Some(crate::kit::key(9)));
    // Nothing that is expected is what the document says, so that its values are its own wherever they stand.
    let others = [0, 1, 2, 16].map(|index| format!("--pcr={index}={}", hex::encode([0x77; 48])));
    let others: Vec<&str> = others.iter().map(String::as_str).chain(["--nonce", "00ff00ff"]).collect();
    for arguments in [&others[..], &[]] {
        let ran = files.verify(&kit, arguments).exits(1);
        let own = [[0x10; 48], [0x11; 48], [0x12; 48]].map(hex::encode).into_iter();
        let own = own.chain(["asked", "said", "key"].map(hex::encode));
        let own: Vec<_> = own.chain(["i-0123456789abcdef0".to_owned(), "production".to_owned(), "CN=".to_owned()]).collect();
        // From line 1 on: the report's own words name none of it without the mark.
        for line in ran.out.lines().filter(|line| !line.starts_with("unverified |")) {
            assert!(!own.iter().any(|value| line.contains(value.as_str())) || line.contains(" expected "), "{line}");
            assert!(!line.trim_start().starts_with("observed") || line.contains("unknown"), "{line}");
        }
        for value in &own {
            let marked = ran.out.lines().any(|line| line.starts_with("unverified |") && line.contains(value.as_str()));
            assert!(marked, "{value}");
        }
        let (_, contents) = ran.out.split_once("unverified | not authentic: ").unwrap();
        assert!(contents.lines().skip(1).all(|line| line.starts_with("unverified |")), "{}", ran.out);
        assert!(contents.contains("CN=") && contents.contains("PCR15"));
    }
}

#[test]
fn that_a_document_is_not_authentic_comes_before_what_was_not_asked_of_it() {
    let files = Files::new();
    let kit = Kit::with(|kit| kit.signer = Some(crate::kit::key(9)));
    let (document, root) = (files.write("document", kit.build()), files.root(&kit));
    for report in [
        files.verify(&kit, &["--json"]).exits(1).json(),
        run(&["verify", &document, "--root", &root, "--at", "document", "--json"]).exits(1).json(),
    ] {
        for id in ["mode", "nonce", "user_data", "public_key", "age"] {
            let check = check(&report, id);
            assert_eq!(check["note"], "the document is not authentic", "{id}");
            assert_eq!(check["unverified"], true, "{id}");
        }
    }
    let authentic = files.verify(&Kit::new(), &["--json"]).exits(3).json();
    assert_eq!(check(&authentic, "nonce")["note"], "not asked for");
    assert!(authentic["checks"].as_array().unwrap().iter().all(|check| check["unverified"] == false));
}

#[test]
fn t3_the_documents_own_time_is_marked_as_proving_no_freshness() {
    let files = Files::new();
    let (document, root) = (files.write("document", Kit::new().build()), files.root(&Kit::new()));
    let [pcr0, pcr1, pcr2] = &image();
    let arguments = ["verify", &document, "--root", &root, "--at", "document", pcr0, pcr1, pcr2];
    let ran = run(&arguments).exits(0);
    assert!(ran.out.lines().next().unwrap().ends_with("(AT ITS OWN TIME, WHICH PROVES NO FRESHNESS)"), "{}", ran.out);
    assert!(ran.out.contains("--at document): PROVES NO FRESHNESS"));
    ran.has_line("  not checked  age");
    let report = run(&[&arguments[..], &["--json"]].concat()).json();
    assert_eq!(report["time"]["proves_freshness"], false);
    assert_eq!(report["time"]["basis"], "document");
    assert_eq!(check(&report, "age")["status"], "not_checked");
}

#[test]
fn t3_a_given_time_is_marked_as_proving_no_freshness() {
    let files = Files::new();
    let [pcr0, pcr1, pcr2] = &image();
    let ran = files.verify(&Kit::new(), &[pcr0, pcr1, pcr2]).exits(0);
    assert!(ran.out.lines().next().unwrap().ends_with("(AT A GIVEN TIME, WHICH PROVES NO FRESHNESS)"), "{}", ran.out);
    let report = files.verify(&Kit::new(), &[pcr0, pcr1, pcr2, "--json"]).exits(0).json();
    assert_eq!(report["time"]["proves_freshness"], false);
    assert_eq!(report["time"]["basis"], "given");
    let age = check(&report, "age");
    assert_eq!(age["status"], "ok");
    assert_eq!(age["note"], "counted to the time that --at gives, which proves no freshness");
}

#[test]
fn only_the_clock_is_said_to_prove_freshness() {
    let files = Files::new();
    let (document, root) = (files.write("document", Kit::new().build()), files.root(&Kit::new()));
    let report = run(&["verify", &document, "--root", &root, "--json"]).json();
    assert_eq!(report["time"]["proves_freshness"], true);
    assert_eq!(report["time"]["basis"], "clock");
    assert!(!report["summary"].as_str().unwrap().contains("FRESHNESS"));
}

#[test]
fn an_image_of_one_ramdisk_is_pointed_out() {
    let nothing = "21b9efbc184807662e966d34f390821309eeac6802309798826296bf3e8bec7c10edb30948c90ba67310f7b964fc500a";
    let mut all = crate::kit::pcrs();
    all[2].1 = hex::decode(nothing).unwrap();
    let noted = |all: &[(u64, Vec<u8>)], note: &str| {
        let kit = Kit::with(|kit| kit.set("pcrs", crate::kit::cbor_pcrs(all)));
        Files::new().verify(&kit, &[]).has_line(&format!("  PCR2   {nothing}  not checked; {note}"));
    };
    noted(&all, "no ramdisk follows the first, and yet PCR0 and PCR1 differ");
    all[1].1 = all[0].1.clone();
    noted(&all, "the image has one ramdisk, so that PCR0 and PCR1 are equal");
}

#[test]
fn empty_is_something_else_than_not_there() {
    let kit = Kit::with(|kit| {
        kit.set("nonce", cbor_bytes(b""));
        kit.remove("user_data");
    });
    let ran = Files::new().verify(&kit, &[]).exits(3);
    ran.has_line("  nonce         present, empty");
    ran.has_line("  user data     not there");
    let report = Files::new().verify(&kit, &["--json"]).json();
    assert_eq!(report["document"]["nonce"], "");
    assert_eq!(report["document"]["user_data"], Value::Null);
}
