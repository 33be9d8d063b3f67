//! The verifier in WebAssembly: how large it is, and what it says of a document that AWS signed.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, ensure};

use crate::{process, repository};

/// What it is built for.
pub(crate) const TARGET: &str = "wasm32-unknown-unknown";
const FOLDER: &str = "attestation-verifier/wasm";
/// A page loads it before it can verify anything.
const MAX_BYTES: u64 = 200 * 1024;

/// Builds it in release and lets node verify one real document with it. Returns the number of verdicts.
pub(crate) fn check() -> Result<u64> {
    let folder = repository::root().join(FOLDER);
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let target = repository::root().join(target).join("wasm");
    let mut build = repository::cargo();
    build.current_dir(&folder).args(["build", "--release", "--locked", "--target", TARGET, "--target-dir"]).arg(&target);
    let made = process::run(build, "cargo")?;
    ensure!(made.success, "the verifier does not build for {TARGET}\n{}", made.output.trim_end());

    let program = target.join(TARGET).join("release/attestation_verifier_wasm.wasm");
    let bytes = program.metadata()?.len();
    println!("  {FOLDER}: {bytes} bytes");
    ensure!(bytes <= MAX_BYTES, "the verifier has {bytes} bytes in WebAssembly, {MAX_BYTES} are allowed");

    let vectors = std::env::var_os("PST_VAULT_VECTORS")
        .map_or_else(|| repository::root().join("../shared/vectors"), PathBuf::from)
        .join("attestation/docs/dstack_3.bin");
    if !vectors.exists() {
        ensure!(!repository::is_ci(), "CI has no document at {}", vectors.display());
        println!("  skipped: no document at {}", vectors.display());
        return Ok(0);
    }
    let mut node = Command::new("node");
    node.arg(folder.join("verify.mjs")).arg(&program).arg(&vectors);
    let ended = process::run(node, "node")?;
    ensure!(ended.success, "the verifier is wrong under node\n{}", ended.output.trim_end());
    Ok(u64::try_from(ended.output.lines().count())?)
}
