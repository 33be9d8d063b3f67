//! What the documents claim is there: the tests that SECURITY.md names, and the files that any of them links to.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};

use crate::repository;

const DOCUMENTS: [&str; 8] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "eif-build/README.md",
    "eif-build/NITRO.md",
    "devnet/qemu/README.md",
    "fuzz/README.md",
];

/// Returns the number of claims that hold.
pub(crate) fn check() -> Result<u64> {
    let mut tests = BTreeSet::new();
    for file in [repository::files("rs")?, repository::files("sol")?].concat() {
        tests.extend(defined(&std::fs::read_to_string(file)?));
    }
    let security = read("SECURITY.md")?;
    let named = named(&security);
    ensure!(!named.is_empty(), "SECURITY.md names no test");
    let lost: Vec<_> = named.difference(&tests).cloned().collect();
    ensure!(lost.is_empty(), "SECURITY.md names tests that are not there: {}", lost.join(", "));
    let mut claims = named.len();
    for document in DOCUMENTS {
        let folder = repository::root().join(document);
        let folder = folder.parent().context("no folder")?;
        for link in links(&read(document)?) {
            ensure!(folder.join(&link).exists(), "{document} links to {link}, which is not there");
            claims += 1;
        }
    }
    Ok(u64::try_from(claims)?)
}

fn read(document: &'static str) -> Result<String> {
    std::fs::read_to_string(repository::root().join(document)).context(document)
}

/// The functions of a source that are named for an attack: `t` and its number first, or in Solidity `T` behind what forge knows a test by.
fn defined(source: &str) -> BTreeSet<String> {
    source
        .lines()
        .filter_map(|line| ["fn ", "async fn ", "function "].iter().find_map(|keyword| line.trim_start().strip_prefix(keyword)))
        .map(word)
        .filter(|name| is_attack(name))
        .collect()
}

/// The same names, as a document writes them: alone in backticks.
fn named(text: &str) -> BTreeSet<String> {
    text.split('`').filter(|part| word(part) == *part && is_attack(part)).map(str::to_owned).collect()
}

fn word(text: &str) -> String {
    text.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

fn is_attack(name: &str) -> bool {
    let forge = ["test_T", "testFuzz_T", "invariant_T"].iter().find_map(|prefix| name.strip_prefix(prefix));
    let digits = forge.or_else(|| name.strip_prefix('t')).and_then(|rest| rest.split_once('_')).map(|(digits, _)| digits);
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// The relative links of a document, without their anchors.
fn links(text: &str) -> Vec<String> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(link, _)| link.split('#').next().unwrap_or_default())
        .filter(|link| !link.is_empty() && !link.contains("://"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_found_where_it_is_defined_and_where_it_is_named() {
        let source = "    fn t9_cut_short() {\n    async fn t68_kill() {\nfn table() {}\nfn t_x() {}\n// fn t1_gone()\n";
        assert_eq!(defined(source), BTreeSet::from(["t9_cut_short".to_owned(), "t68_kill".to_owned()]));
        assert_eq!(named("| T9 | `t9_cut_short` | `cargo test` t1_bare |"), BTreeSet::from(["t9_cut_short".to_owned()]));
    }

    #[test]
    fn a_foundry_test_is_found_as_forge_knows_it() {
        let source = "    function test_T9_cut() external {\n    function testFuzz_T49_x() {\n    function invariant_T55_y()\n    function test_T_z() {\n    function helper_T1_x() {\n";
        let tests = ["invariant_T55_y", "testFuzz_T49_x", "test_T9_cut"].map(str::to_owned);
        assert_eq!(defined(source), BTreeSet::from(tests));
        assert_eq!(named("| T9 | `test_T9_cut` |"), BTreeSet::from(["test_T9_cut".to_owned()]));
    }

    #[test]
    fn links_into_the_repository_are_found() {
        assert_eq!(links("[a](SECURITY.md#x) [b](https://example.org) [c](#here)"), ["SECURITY.md"]);
    }
}
