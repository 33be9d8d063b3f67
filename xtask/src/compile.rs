//! Builds test programs and lists them.
//!
//! The features of a shared dependency differ between a package alone and the whole workspace, so everything that runs together is
//! built together, once.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::repository;

/// One program that was built.
#[derive(Debug)]
pub(crate) struct Program {
    /// Its package's folder, where it runs.
    pub(crate) folder: PathBuf,
    /// Its package.
    pub(crate) package: String,
    /// Its name: the package's for unit tests, else the file's in `tests/`.
    pub(crate) target: String,
    /// What it is called here: where its tests stand.
    pub(crate) label: String,
    /// The file.
    pub(crate) executable: PathBuf,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Built {
    /// What was built.
    pub(crate) programs: Vec<Program>,
    /// Whether that is everything.
    pub(crate) complete: bool,
}

/// The test programs of these packages, or of the workspace if there are none. Errors and progress go to the terminal.
pub(crate) fn tests(packages: &[&str]) -> Result<Built> {
    let mut command = repository::cargo();
    command.args(["test", "--no-run", "--no-fail-fast", "--locked", "--message-format=json-render-diagnostics"]);
    select(&mut command, packages);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("cargo does not start")?;
    let output = child.stdout.take().context("cargo has no output")?;
    let mut programs = Vec::new();
    for line in BufReader::new(output).lines() {
        if let Some(program) = serde_json::from_str(&line?).ok().as_ref().and_then(program) {
            programs.push(program);
        }
    }
    programs.sort_by(|a, b| a.label.cmp(&b.label));
    Ok(Built { programs, complete: child.wait()?.success() })
}

/// Says to cargo which packages.
pub(crate) fn select(command: &mut Command, packages: &[&str]) {
    if packages.is_empty() {
        command.arg("--workspace");
    }
    for package in packages {
        command.args(["--package", package]);
    }
}

/// The test program that a message of cargo's tells of.
fn program(message: &Value) -> Option<Program> {
    if message["reason"] != "compiler-artifact" || message["profile"]["test"] != true {
        return None;
    }
    let folder = PathBuf::from(message["manifest_path"].as_str()?).parent()?.to_path_buf();
    let package = package_name(message["package_id"].as_str()?)?;
    let source = message["target"]["src_path"].as_str()?;
    let label = format!("{package}: {}", Path::new(source).strip_prefix(&folder).ok()?.display());
    Some(Program {
        folder,
        package,
        target: message["target"]["name"].as_str()?.to_owned(),
        label,
        executable: message["executable"].as_str()?.into(),
    })
}

/// The name in a package id: behind `#` and before `@`, or the folder's name if the id does not repeat it.
fn package_name(id: &str) -> Option<String> {
    let (source, fragment) = id.rsplit_once('#')?;
    let name = match fragment.split_once('@') {
        Some((name, _)) => name,
        None => source.rsplit('/').next()?,
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_id_names_its_package() {
        assert_eq!(package_name("path+file:///p/enclave/chain#0.1.0").unwrap(), "chain");
        assert_eq!(package_name("path+file:///p/verifier#attestation-verifier@0.1.0").unwrap(), "attestation-verifier");
        assert!(package_name("chain").is_none());
    }

    #[test]
    fn only_test_programs_are_listed() {
        let message = |test: bool, executable: &str| {
            serde_json::json!({
                "reason": "compiler-artifact", "package_id": "path+file:///p/client#0.1.0", "manifest_path": "/p/client/Cargo.toml",
                "target": {"name": "client", "src_path": "/p/client/src/lib.rs"}, "profile": {"test": test}, "executable": (!executable.is_empty()).then_some(executable),
            })
        };
        assert_eq!(program(&message(true, "/t/client-1")).unwrap().label, "client: src/lib.rs");
        assert!(program(&message(false, "/t/client-1")).is_none());
        assert!(program(&message(true, "")).is_none());
    }
}
