//! Runs the command and reads what it prints.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::kit::{Kit, NOW, cbor_pcrs, pcrs};

pub(crate) struct Files {
    directory: tempfile::TempDir,
}

impl Files {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.directory.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn root(&self, kit: &Kit) -> String {
        self.write("root.pem", pem(&kit.certificates()[0]))
    }

    /// Runs `verify` on the kit's document under the kit's root, at the document's second.
    pub(crate) fn verify(&self, kit: &Kit, arguments: &[&str]) -> Ran {
        let (root, document) = (self.root(kit), self.write("document", kit.build()));
        let at = NOW.to_string();
        run(&[&["verify", &document, "--root", &root, "--at", &at], arguments].concat())
    }
}

pub(crate) fn pem(der: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", BASE64_STANDARD.encode(der))
}

/// What a run left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    fn new(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("not UTF-8");
        Self { code: output.status.code().unwrap(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn has_line(&self, line: &str) {
        assert!(self.out.lines().any(|found| found == line), "no line {line:?} in:\n{}\n{}", self.out, self.err);
    }

    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self
    }
}

pub(crate) fn run(arguments: &[&str]) -> Ran {
    Ran::new(&command().args(arguments).output().unwrap())
}

pub(crate) fn command() -> Command {
    Command::new(env!("CARGO_BIN_EXE_attestation-verifier"))
}

/// With something on standard input.
pub(crate) fn run_with(input: &[u8], arguments: &[&str]) -> Ran {
    let mut child =
        command().args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // The command stops reading at its bound, and the pipe breaks then.
    let _ = child.stdin.take().unwrap().write_all(input);
    Ran::new(&child.wait_with_output().unwrap())
}

/// `--pcr` for each register of the kit's image.
pub(crate) fn image() -> [String; 3] {
    [0, 1, 2].map(|index| format!("--pcr={index}={}", hex::encode([0x10 + index; 48])))
}

/// The kit's image as a release.
pub(crate) fn release() -> Value {
    let register = |number: u8| hex::encode([number; 48]);
    json!({"format": 1, "pcrs": {"0": register(0x10), "1": register(0x11), "2": register(0x12)}})
}

/// The kit's document, in debug mode.
pub(crate) fn debug_kit() -> Kit {
    let mut all = pcrs();
    all[..3].iter_mut().for_each(|pcr| pcr.1 = vec![0; 48]);
    Kit::with(|kit| kit.set("pcrs", cbor_pcrs(&all)))
}

/// One check of a report in JSON.
pub(crate) fn check<'a>(report: &'a Value, id: &str) -> &'a Value {
    report["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("no check {id}"))
}

/// Fails unless `value` is what the committed schema says.
pub(crate) fn fits(schema: &str, value: &Value) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("schema").join(schema);
    let document: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("schema", document).unwrap();
    let index = compiler.compile("schema", &mut schemas).unwrap();
    if let Err(error) = schemas.validate(value, index) {
        panic!("{schema}: {error}\n{value:#}");
    }
}
