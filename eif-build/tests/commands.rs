//! The command, as it is typed.

mod kit;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use eif_build::cpio::{Node, Tree};
use eif_build::{Architecture, Image, Signer, VaultImage};
use kit::{COMMAND_LINE, METADATA, image, kernel, ramdisks, signer};
use serde_json::Value;

fn eif_build(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_eif-build")).args(arguments).current_dir(folder).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn vault_image(init: &[u8], data: &[(String, Vec<u8>)]) -> Vec<u8> {
    VaultImage { kernel: &kernel(), command_line: COMMAND_LINE, init, data }.bytes(None).unwrap()
}

fn data(clocks: &str) -> Vec<(String, Vec<u8>)> {
    vec![("clocksources".to_owned(), clocks.into()), ("roots.pem".to_owned(), b"roots".to_vec())]
}

#[test]
fn describe_and_pcrs_say_the_same_registers() {
    let folder = tempfile::tempdir().unwrap();
    for signed in [false, true] {
        fs::write(folder.path().join("a.eif"), image(signed)).unwrap();
        let pcrs: Value = serde_json::from_slice(&eif_build(&["pcrs", "a.eif", "--json"], folder.path()).stdout).unwrap();
        let described: Value =
            serde_json::from_slice(&eif_build(&["describe", "a.eif", "--json"], folder.path()).stdout).unwrap();
        assert_eq!(described["pcrs"], pcrs);
        assert_eq!(pcrs.as_object().unwrap().len(), if signed { 4 } else { 3 });
        assert_eq!(described["sections"].as_array().unwrap().len(), if signed { 6 } else { 5 });
        assert_eq!(described["ramdisks"][0]["init"]["executable"], true);
        let text = said(&eif_build(&["describe", "a.eif"], folder.path()));
        for (index, value) in pcrs.as_object().unwrap() {
            assert!(text.contains(&format!("PCR{index}  {}", value.as_str().unwrap())));
        }
        assert!(text.contains("form: this builder's"));
        assert_eq!(text.contains("signer: CN="), signed, "{text}");
    }
}

#[test]
fn what_an_image_says_of_itself_does_not_move_the_cursor() {
    let folder = tempfile::tempdir().unwrap();
    let (kernel, ramdisks) = (kernel(), ramdisks());
    let image = Image {
        architecture: Architecture::X86_64,
        memory: 1,
        cpus: 1,
        kernel: &kernel,
        command_line: COMMAND_LINE,
        metadata: "{\"ImageName\":\"\\u001b[2J\u{202e}\u{9b}\"}".as_bytes(),
        ramdisks: &[&*ramdisks[0], &*ramdisks[1]],
    };
    fs::write(folder.path().join("a.eif"), image.bytes(None).unwrap()).unwrap();
    let output = eif_build(&["describe", "a.eif"], folder.path());
    assert!(output.status.success());
    assert!(output.stdout.iter().all(|byte| matches!(byte, b'\n' | b' '..=b'~')), "{}", said(&output));
}

#[test]
fn a_hostile_file_is_a_named_error() {
    let folder = tempfile::tempdir().unwrap();
    let mut damaged = image(false);
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(folder.path().join("a.eif"), damaged).unwrap();
    for command in [&["describe", "a.eif"][..], &["pcrs", "a.eif"], &["diff", "a.eif", "a.eif"]] {
        let output = eif_build(command, folder.path());
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains("CRC-32"), "{}", said(&output));
    }
}

#[test]
fn t58_diff_names_the_file_that_differs() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    put("a.eif", &vault_image(b"\x7fELF one", &data("kvm-clock\n")));
    put("init.eif", &vault_image(b"\x7fELF two", &data("kvm-clock\n")));
    put("data.eif", &vault_image(b"\x7fELF one", &data("jiffies\n")));
    let mut more = data("kvm-clock\n");
    more.push(("zz".to_owned(), b"extra".to_vec()));
    put("more.eif", &vault_image(b"\x7fELF one", &more));
    for (other, lines) in [
        ("init.eif", "ramdisk 0: /init: "),
        ("data.eif", "ramdisk 1: /data/clocksources: "),
        ("more.eif", "ramdisk 1: /data/zz: only in the second"),
    ] {
        let output = eif_build(&["diff", "a.eif", other], folder.path());
        assert_eq!(output.status.code(), Some(1));
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(text.starts_with(lines), "{text}");
    }
    assert_eq!(eif_build(&["diff", "a.eif", "a.eif"], folder.path()).status.code(), Some(0));
}

#[test]
fn diff_tells_sections_apart() {
    let folder = tempfile::tempdir().unwrap();
    let (kernel, ramdisks) = (kernel(), ramdisks());
    let written = |memory, line, metadata: &[u8], signature: Option<&[u8]>| {
        let ramdisks = [&*ramdisks[0], &*ramdisks[1]];
        let image = Image {
            architecture: Architecture::X86_64,
            memory,
            cpus: 2,
            kernel: &kernel,
            command_line: line,
            metadata,
            ramdisks: &ramdisks,
        };
        image.bytes(signature).unwrap()
    };
    fs::write(folder.path().join("a.eif"), written(1 << 20, COMMAND_LINE, METADATA, None)).unwrap();
    fs::write(folder.path().join("b.eif"), written(2 << 20, "quiet pst_vault.end", b"{}", Some(&[1]))).unwrap();
    let text = said(&eif_build(&["diff", "a.eif", "b.eif"], folder.path()));
    for word in ["header: memory", "sections: ", "cmdline: console=ttyS0", "metadata: ", "signature: only in the second"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

/// A source tree with what a release looks at, committed.
fn source(folder: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for file in ["Cargo.lock", "enclave/tcb.txt", "eif-build/image/inputs.lock"] {
        fs::create_dir_all(folder.join(file).parent().unwrap()).unwrap();
        fs::copy(root.join(file), folder.join(file)).unwrap();
    }
    let git = |arguments: &[&str]| {
        let output = Command::new("git")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
            .args(arguments)
            .current_dir(folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", said(&output));
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-q", "-m", "all"]);
}

#[test]
fn a_release_is_what_the_verifier_and_the_schema_take_and_its_image_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    fs::create_dir(&tree).unwrap();
    source(&tree);
    let (key, certificate) = signer();
    let pem = p384::pkcs8::EncodePrivateKey::to_pkcs8_pem(&key, p384::pkcs8::LineEnding::LF).unwrap();
    fs::write(folder.path().join("key.pem"), pem.as_bytes()).unwrap();
    let kernel = kernel();
    let unsigned = VaultImage { kernel: &kernel, command_line: COMMAND_LINE, init: b"\x7fELF", data: &data("kvm-clock\n") };
    let signed = unsigned.bytes(Some(&Signer { key: key.clone(), certificate })).unwrap();
    let unsigned = unsigned.bytes(None).unwrap();
    fs::write(folder.path().join("signed.eif"), &signed).unwrap();
    fs::write(folder.path().join("unsigned.eif"), &unsigned).unwrap();

    for (file, bytes, registers) in [("unsigned.eif", &unsigned, 3), ("signed.eif", &signed, 4)] {
        let output = eif_build(&["release", file, "--source", "tree", "--output", "out", "--key", "key.pem"], folder.path());
        assert!(output.status.success(), "{}", said(&output));
        let release = fs::read(folder.path().join("out/release.json")).unwrap();
        attestation_verifier::Release::read(&release).unwrap();
        let value: Value = serde_json::from_slice(&release).unwrap();
        against_the_schema(&value);
        assert_eq!(value["pcrs"].as_object().unwrap().len(), registers);
        assert_eq!(value["eif"]["length"], bytes.len());
        assert_eq!(value["tcb"].as_array().unwrap().len(), include_str!("../../enclave/tcb.txt").lines().count());

        // Signed the way that `openssl dgst -sha384 -verify` takes.
        let signature = fs::read(folder.path().join("out/release.json.sig")).unwrap();
        let signature = p384::ecdsa::Signature::from_der(&signature).unwrap();
        p384::ecdsa::signature::Verifier::verify(key.verifying_key(), &release, &signature).unwrap();
        let statement: Value = serde_json::from_slice(&fs::read(folder.path().join("out/release.intoto.json")).unwrap()).unwrap();
        assert_eq!(statement["subject"][0]["digest"]["sha256"], value["eif"]["sha256"]);
        assert_eq!(
            statement["predicate"]["buildDefinition"]["resolvedDependencies"][0]["digest"]["gitCommit"],
            value["source"]["revision"]
        );

        let good = eif_build(&["verify", file, "--release", "out/release.json"], folder.path());
        assert_eq!(good.status.code(), Some(0), "{}", said(&good));
        let other = if file == "signed.eif" { "unsigned.eif" } else { "signed.eif" };
        let bad = eif_build(&["verify", other, "--release", "out/release.json"], folder.path());
        assert_eq!(bad.status.code(), Some(1));
        assert!(said(&bad).contains("DIFFERS PCR8"), "{}", said(&bad));
    }
}

fn against_the_schema(value: &Value) {
    let schema: Value = serde_json::from_str(include_str!("../../attestation-verifier/schema/release.json")).unwrap();
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("urn:pst-vault:schema:release:1", schema).unwrap();
    let index = compiler.compile("urn:pst-vault:schema:release:1", &mut schemas).unwrap();
    schemas.validate(value, index).unwrap();
}

#[test]
fn t58_an_image_with_a_moved_border_is_not_the_releases_though_its_registers_are() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    fs::create_dir(&tree).unwrap();
    source(&tree);
    let (kernel, init) = (kernel(), b"\x7fELF");
    let image = VaultImage { kernel: &kernel, command_line: COMMAND_LINE, init, data: &data("kvm-clock\n") }.bytes(None).unwrap();
    fs::write(folder.path().join("a.eif"), &image).unwrap();
    assert!(eif_build(&["release", "a.eif", "--source", "tree", "--output", "."], folder.path()).status.success());

    // The command line's last byte as the first ramdisk's first.
    let eif = eif_build::Eif::parse(&image).unwrap();
    let ramdisks: Vec<&[u8]> = eif.ramdisks().collect();
    let (line, last) = COMMAND_LINE.split_at(COMMAND_LINE.len() - 1);
    let moved = [last.as_bytes(), ramdisks[0]].concat();
    let other = Image {
        architecture: Architecture::X86_64,
        memory: eif.memory(),
        cpus: eif.cpus(),
        kernel: &kernel,
        command_line: line,
        metadata: eif.section(eif_build::Kind::Metadata).unwrap(),
        ramdisks: &[&moved, ramdisks[1]],
    };
    assert_eq!(other.measurements(), eif.measurements());
    fs::write(folder.path().join("b.eif"), other.bytes(None).unwrap()).unwrap();
    let output = eif_build(&["verify", "b.eif", "--release", "release.json"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    let text = said(&output);
    for word in ["DIFFERS form", "ok      PCR0", "DIFFERS section 1", "DIFFERS file", "NOT the release's"] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn a_release_is_made_from_a_commit_only() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    fs::create_dir(&tree).unwrap();
    source(&tree);
    fs::write(folder.path().join("a.eif"), image(false)).unwrap();
    fs::write(tree.join("enclave/tcb.txt"), "other v1\n").unwrap();
    let output = eif_build(&["release", "a.eif", "--source", "tree", "--output", "."], folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("enclave/tcb.txt"), "{}", said(&output));
    assert!(!folder.path().join("release.json").exists());
}

/// A source tree whose list of inputs has these lines.
fn listed(folder: &Path, lines: &str) {
    fs::create_dir_all(folder.join("eif-build/image/data")).unwrap();
    fs::write(folder.join("Cargo.lock"), "").unwrap();
    fs::write(folder.join("eif-build/image/inputs.lock"), lines).unwrap();
}

#[test]
fn another_input_is_named_with_both_hashes_and_where_to_get_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tool"), "changed").unwrap();
    let tool = folder.path().join("tool");
    listed(folder.path(), &format!("tool gcc-12 12.2.0-14+deb12u1 {} {}\n", "1".repeat(64), tool.display()));
    let output = eif_build(&["image", "--output", "a.eif"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    let text = said(&output);
    for word in ["gcc-12", &"1".repeat(64), "found ", "Debian 12, package gcc-12 12.2.0-14+deb12u1"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    fs::remove_file(&tool).unwrap();
    let text = said(&eif_build(&["image", "--output", "a.eif"], folder.path()));
    assert!(text.contains("is missing") && text.contains("Debian 12, package gcc-12"), "{text}");
    assert!(!folder.path().join("a.eif").exists());
}

#[test]
fn a_list_that_is_malformed_or_names_something_twice_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let hash = "1".repeat(64);
    for (lines, word) in [
        ("tool gcc-12 12 abc /bin/sh\n".to_owned(), "line 1"),
        (format!("# a\nother gcc-12 12 {hash}\n"), "line 2"),
        (format!("tool gcc-12 12 {hash}\n"), "line 1"),
        (format!("file a - {hash} /a\n"), "line 1"),
        (format!("file a - {hash}\nfile a - {hash}\n"), "twice"),
    ] {
        listed(folder.path(), &lines);
        let text = said(&eif_build(&["image"], folder.path()));
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn what_cannot_be_written_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("tree");
    fs::create_dir(&tree).unwrap();
    source(&tree);
    fs::write(folder.path().join("a.eif"), image(false)).unwrap();
    // A file where a folder has to be.
    fs::write(folder.path().join("out"), "kept").unwrap();
    let output = eif_build(&["release", "a.eif", "--source", "tree", "--output", "out"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("out/release.json can't be written"), "{}", said(&output));
    assert_eq!(fs::read_to_string(folder.path().join("out")).unwrap(), "kept");
}

#[test]
fn the_same_parts_make_the_same_image_and_never_a_constitution() {
    let image = vault_image(b"\x7fELF", &data("kvm-clock\n"));
    assert_eq!(image, vault_image(b"\x7fELF", &data("kvm-clock\n")));
    let eif = eif_build::Eif::parse(&image).unwrap();
    let [first, second] = eif_build::canonical::check(&eif).unwrap();
    let names = |tree: &Tree| tree.nodes().map(|(path, _)| path.to_owned()).collect::<Vec<_>>();
    assert_eq!(names(&first), ["dev", "init", "proc", "sys"]);
    assert_eq!(names(&second), ["data", "data/clocksources", "data/roots.pem"]);
    assert!(matches!(first.get("init"), Some(Node::File { executable: true, .. })));
}
