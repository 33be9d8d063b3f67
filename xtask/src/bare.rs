//! The light client for a target without an operating system: what shows that it does no I/O, reads no clock and starts no thread.

use anyhow::{Result, ensure};

use crate::{process, repository};

/// What it is built for. Its C, which is blst's, needs nothing but the host's compiler.
pub(crate) const TARGET: &str = "x86_64-unknown-none";

/// Builds `chain` as a library. Returns the number of crates built so.
pub(crate) fn check() -> Result<u64> {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let target = repository::root().join(target).join("bare");
    let mut build = repository::cargo();
    build.args(["build", "--locked", "-p", "chain", "--lib", "--target", TARGET, "--target-dir"]).arg(&target);
    let made = process::run(build, "cargo")?;
    ensure!(made.success, "chain does not build for {TARGET}\n{}", made.output.trim_end());
    Ok(1)
}
