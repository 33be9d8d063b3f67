//! `Operations.sol` is what the presets say, and a name that was published never means more than it did.
//!
//! `WRITE_OPERATIONS=1 cargo test -p contracts-bindings --test operations` writes `Operations.sol` and the lock file, and adds to what was published only what
//! may be added.

mod lock;
mod presets;
mod solidity;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use lock::Lock;

const SOLIDITY: &str = "contracts/src/Operations.sol";
const LOCK: &str = "contracts/operations.lock.json";

fn crate_root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn repository() -> PathBuf {
    crate_root().parent().unwrap().to_owned()
}

#[test]
fn a_published_name_never_widens_and_the_generated_file_is_what_the_presets_say() {
    let operations = presets::all(&repository());
    let committed = fs::read_to_string(crate_root().join(LOCK)).unwrap_or_default();
    let published = if committed.is_empty() { Lock::default() } else { Lock::read(&committed) };
    let lock = published.extended(&operations).unwrap_or_else(|widened| panic!("{}", widened.join("\n")));
    let (lock, solidity) = (lock.write(), solidity::write(&operations, &lock));
    if std::env::var_os("WRITE_OPERATIONS").is_some() {
        fs::write(crate_root().join(LOCK), &lock).unwrap();
        fs::write(crate_root().join(SOLIDITY), &solidity).unwrap();
    }
    let stale = "is not what the presets say: WRITE_OPERATIONS=1 cargo test -p contracts-bindings --test operations";
    assert!(fs::read_to_string(crate_root().join(LOCK)).is_ok_and(|committed| committed == lock), "{LOCK} {stale}");
    assert!(fs::read_to_string(crate_root().join(SOLIDITY)).is_ok_and(|committed| committed == solidity), "{SOLIDITY} {stale}");
}

/// The lock file can be edited by hand, its history can't: each version of it that was committed holds what the one before held.
#[test]
fn what_was_committed_once_is_still_published() {
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).current_dir(crate_root()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let Some(commits) = git(&["log", "--format=%H", "--", LOCK]) else {
        println!("skipped: this is no git checkout");
        return;
    };
    let newest = Lock::read(&fs::read_to_string(crate_root().join(LOCK)).unwrap());
    for commit in commits.lines() {
        let Some(text) = git(&["show", &format!("{commit}:./{LOCK}")]) else { continue };
        let lost = newest.lost_of(&Lock::read(&text));
        assert!(lost.is_empty(), "since {commit} these changed: {}", lost.join(", "));
    }
}

#[test]
fn the_vaults_own_operations_are_listed() {
    let listed: BTreeSet<String> = presets::all(&repository())
        .into_iter()
        .map(|operation| operation.name)
        .filter(|name| name.starts_with("vault."))
        .collect();
    let mut used = BTreeSet::new();
    sources(&repository().join("enclave/vault/src"), &mut |text| {
        for line in text.lines().filter(|line| line.contains("OPERATION") && line.contains("&str = \"vault.")) {
            used.extend(line.split('"').nth(1).map(str::to_owned));
        }
    });
    assert!(!used.is_empty(), "the vault names no operation: was it read?");
    let missing: Vec<_> = used.difference(&listed).collect();
    assert!(missing.is_empty(), "contracts/vault-operations.json lacks {missing:?}");
}

fn sources(folder: &Path, read: &mut impl FnMut(&str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, read);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            read(&fs::read_to_string(path).unwrap());
        }
    }
}
