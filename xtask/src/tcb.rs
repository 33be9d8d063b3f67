//! The crates that end in the measured image, listed in a file that a reviewer sees change.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Context, Result, bail, ensure};

use crate::repository;

/// The list.
pub(crate) const FILE: &str = "enclave/tcb.txt";
/// What the image is built for, so that the list does not depend on the machine that makes it.
const TARGET: &str = crate::image::TARGET;

/// Checks the list against the lockfile, and that no fake is on it. Returns the number of checks.
pub(crate) fn check() -> Result<u64> {
    let now = list()?;
    ensure!(!now.iter().any(|line| line.starts_with("devnet ")), "devnet must not be in the image");
    no_mock_feature()?;
    let text = std::fs::read_to_string(repository::root().join(FILE)).context(FILE)?;
    let listed: BTreeSet<String> = text.lines().map(str::to_owned).collect();
    let mut difference = String::new();
    for line in now.difference(&listed) {
        let _ = writeln!(difference, "  + {line}");
    }
    for line in listed.difference(&now) {
        let _ = writeln!(difference, "  - {line}");
    }
    if !difference.is_empty() {
        bail!("the image's crates are not those of {FILE}:\n{difference}say in the commit why, and run `cargo xtask tcb`");
    }
    Ok(3)
}

/// Writes the list anew and returns its length.
pub(crate) fn write() -> Result<usize> {
    let list = list()?;
    let mut text = String::new();
    for line in &list {
        text.push_str(line);
        text.push('\n');
    }
    std::fs::write(repository::root().join(FILE), text)?;
    Ok(list.len())
}

fn list() -> Result<BTreeSet<String>> {
    let output = repository::cargo()
        .args(["tree", "--locked", "--package", "enclave", "--edges", "normal", "--prefix", "none", "--no-dedupe"])
        .args(["--target", TARGET])
        .output()?;
    ensure!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    Ok(text.lines().map(entry).filter(|line| !line.is_empty()).collect())
}

/// Name and version, and whether it runs in the compiler; not where it lies on this machine.
fn entry(line: &str) -> String {
    let mut words = line.split_whitespace();
    let name = words.by_ref().take(2).collect::<Vec<_>>().join(" ");
    if words.any(|word| word == "(proc-macro)") { format!("{name} (proc-macro)") } else { name }
}

/// No member has a feature that could turn a check off: a fake is another program, not another build of this one.
fn no_mock_feature() -> Result<()> {
    let output = repository::cargo().args(["metadata", "--no-deps", "--locked", "--format-version", "1"]).output()?;
    ensure!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    for member in metadata["packages"].as_array().context("no packages")? {
        for feature in member["features"].as_object().context("no features")?.keys() {
            let bad = ["mock", "fake", "insecure", "test"].iter().any(|word| feature.contains(word));
            ensure!(!bad, "{} has a feature `{feature}`", member["name"]);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_nothing_of_the_machine() {
        assert_eq!(entry("chain v0.1.0 (/home/me/vault/enclave/chain)"), "chain v0.1.0");
        assert_eq!(entry("serde_derive v1.0.229 (proc-macro)"), "serde_derive v1.0.229 (proc-macro)");
        assert_eq!(entry("libc v0.2.180"), "libc v0.2.180");
    }
}
