//! What an attacker writes never steers the terminal of who looks at it.

use std::os::unix::ffi::OsStrExt;

use crate::kit::{Kit, NOW, cbor_bytes, cbor_text, der, key};
use crate::support::{Files, Ran, command, run, run_with};

/// Clears the screen, rings, moves the cursor, changes the title, turns the direction of text, hides.
const HOSTILE: &str = "\nVERIFIED\u{1b}[2J\u{1b}]0;ok\u{7}\r\u{8}\u{9b}1m\u{202e}\u{2066}\u{200b}\u{85}VERIFIED";

fn harmless(ran: &Ran) {
    for text in [&ran.out, &ran.err] {
        assert!(text.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')), "{text:?}");
    }
    let verified = |text: &str| text.lines().any(|line| line.trim_start().starts_with("VERIFIED"));
    assert!(!verified(&ran.out) && !verified(&ran.err), "{ran:?}");
}

/// In each of the ways to print it.
fn each_way(kit: &Kit) {
    let files = Files::new();
    for way in [&[][..], &["--json"], &["--ear"]] {
        harmless(&files.verify(kit, way));
    }
    let document = files.write("document", kit.build());
    harmless(&run(&["show", &document]));
    harmless(&run(&["show", &document, "--json"]));
}

#[test]
fn names_and_fields_of_a_document() {
    each_way(&Kit::with(|kit| kit.set("module_id", cbor_text(HOSTILE))));
    each_way(&Kit::with(|kit| kit.set("module_id", cbor_text(&format!("i-0-{HOSTILE}")))));
    for field in ["user_data", "public_key", "nonce"] {
        each_way(&Kit::with(|kit| kit.set(field, cbor_bytes(HOSTILE.as_bytes()))));
    }
    each_way(&Kit::with(|kit| kit.entries.push((HOSTILE.to_owned(), vec![0xf6]))));
}

#[test]
fn subjects_of_certificates_in_documents_that_verify_and_that_do_not() {
    for certificate in 1..5 {
        each_way(&Kit::with(|kit| kit.chain[certificate].subject = der::name(HOSTILE)));
        each_way(&Kit::with(|kit| {
            kit.chain[certificate].subject = der::name(HOSTILE);
            kit.signer = Some(key(9));
        }));
    }
    // A name that is printable stays a name on a line of its own, behind CN=.
    let kit = Kit::with(|kit| kit.chain[1].subject = der::name("VERIFIED: authentic, and says everything"));
    let ran = Files::new().verify(&kit, &[]);
    harmless(&ran);
    ran.has_line("  1  CN=VERIFIED: authentic, and says everything");
}

/// 500 characters of which a terminal of `columns` would show a verdict at the start of a row, behind `before` columns of the report's own.
fn imitation(columns: usize, before: usize) -> String {
    let row = format!("{:<columns$}", "VERIFIED: authentic, and says everything that was expected");
    let text = format!("{}{}", " ".repeat(columns - before), row.repeat(500 / columns + 1));
    text[..499].to_owned() + "."
}

#[test]
fn a_long_name_begins_no_row_of_a_terminal() {
    let files = Files::new();
    let mark = "unverified | ";
    for columns in [80, 100, 120, 132, 160] {
        let authentic = Kit::with(|kit| kit.chain[1].subject = der::name(&imitation(columns, 8)));
        let marked = || Kit::with(|kit| kit.chain[1].subject = der::name(&imitation(columns, 8 + mark.len())));
        let mut forged = marked();
        forged.signer = Some(key(9));
        let shown = run(&["show", &files.write("shown", marked().build())]).exits(0);
        for (ran, prefix) in
            [(files.verify(&authentic, &[]).exits(3), ""), (files.verify(&forged, &[]).exits(1), mark), (shown, mark)]
        {
            harmless(&ran);
            let lines: Vec<_> = ran.out.lines().skip_while(|line| !line.starts_with(&format!("{prefix}  1  CN="))).collect();
            let end = lines.iter().position(|line| line.contains(" valid ")).unwrap_or_else(|| panic!("{}", ran.out));
            assert!(end > 6, "{}", ran.out);
            let mut name = String::new();
            for (index, line) in lines[..end].iter().enumerate() {
                let head = format!("{prefix}{}", if index == 0 { "  1  CN=" } else { "            ... " });
                assert!(line.len() <= 78 && line.starts_with(&head), "{line}");
                name.push_str(&line[head.len()..]);
                assert!(!line[head.len()..].contains("  "), "{line}");
            }
            // All of it is there, and what was to be a row's start stands within a line.
            let bare = |text: &str| text.replace("\\u{20}", "").replace(' ', "");
            let wanted = imitation(columns, 8 + prefix.len());
            assert_eq!(bare(&name), bare(&wanted));
        }
    }
}

#[test]
fn arguments_and_file_names() {
    let files = Files::new();
    let document = Kit::new().build();
    let path = files.write("\u{1b}[2J\u{202e}\nVERIFIED: authentic", &document);
    harmless(&run(&["verify", &path]));
    harmless(&run(&["verify", &path, "--json"]));
    harmless(&run(&["show", &path]));
    harmless(&run(&["verify", &format!("/nonexistent/{HOSTILE}")]));
    for flag in ["--nonce", "--pcr", "--at", "--format", "--max-age", "--json", HOSTILE] {
        harmless(&run(&["verify", &path, flag, HOSTILE]));
    }
    let policy = files.write("release.json", format!("{{\"{HOSTILE}\":1}}"));
    harmless(&run(&["verify", &path, "--policy", &policy]));
    let policy = files.write("x\nVERIFIED.json", crate::support::release().to_string());
    harmless(&run(&["verify", &path, "--policy", &policy]));
    harmless(&run(&["verify", &path, "--policy", &format!("{policy}{HOSTILE}")]));
    let root = files.write("x\nVERIFIED.pem", crate::support::pem(&Kit::new().certificates()[0]));
    harmless(&run(&["verify", &path, "--root", &root]));
    harmless(&run(&[HOSTILE]));
    harmless(&run(&["verify", &path, HOSTILE]));
    let output = command().arg("verify").arg(std::ffi::OsStr::from_bytes(b"/\xff\xfe\x1b")).output().unwrap();
    assert_eq!(output.status.code(), Some(66));
    assert!(output.stderr.iter().all(|byte| matches!(byte, b'\n' | b' '..=b'~')));
}

#[test]
fn bytes_that_are_no_document() {
    let document = Kit::new().build();
    for input in [HOSTILE.as_bytes(), b"\x84\x1b[2J", &document[..document.len() / 2], &[0xff; 100]] {
        for arguments in [&["verify", "-"][..], &["verify", "-", "--json"], &["verify", "-", "--ear"], &["show", "-"]] {
            let ran = run_with(input, arguments).exits(2);
            harmless(&ran);
        }
    }
}

#[test]
fn show_says_on_every_line_that_nothing_is_verified() {
    let files = Files::new();
    let kit = Kit::with(|kit| kit.set("user_data", cbor_bytes(b"\x1b[2Jverified")));
    let ran = run(&["show", &files.write("document", kit.build())]).exits(0);
    assert!(ran.out.lines().count() > 20 && ran.out.lines().all(|line| line.starts_with("unverified |")), "{}", ran.out);
    harmless(&ran);
    let refused = run(&["show", &files.write("document", b"\x84")]).exits(2);
    assert!(refused.out.lines().all(|line| line.starts_with("unverified |")), "{}", refused.out);
}

#[test]
fn each_byte_of_a_document_changed_is_refused_in_writing() {
    let files = Files::new();
    let (mut document, root, at) = (Kit::new().build(), files.root(&Kit::new()), NOW.to_string());
    for place in (0..document.len()).step_by(199) {
        document[place] ^= 0xff;
        let ran = run_with(&document, &["verify", "-", "--root", &root, "--at", &at]);
        assert!(matches!(ran.code, 1 | 2), "{place}: {ran:?}");
        harmless(&ran);
        document[place] ^= 0xff;
    }
}
