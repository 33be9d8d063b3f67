//! The image as it ships, and what tells two images apart: both are `eif-build`'s to say.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// `eif-build`, by the cargo that runs here.
fn eif_build(command: &str) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").as_deref().unwrap_or_else(|| OsStr::new("cargo")));
    cargo.args(["run", "--quiet", "--locked", "--package", "eif-build", "--", command]);
    cargo.current_dir(repository()).stdin(Stdio::null()).stderr(Stdio::inherit());
    cargo
}

/// The image that `PST_VAULT_IMAGE` names, or else this repository's, built unless that was done before; says on standard error what
/// takes its time.
///
/// # Errors
/// It can't be built here.
pub fn shipped(directory: &Path) -> Result<PathBuf> {
    if let Some(image) = std::env::var_os("PST_VAULT_IMAGE") {
        return Ok(image.into());
    }
    let path = directory.join("shipped.eif");
    // Where `cargo xtask test image` builds the program, too: after it nothing is compiled here.
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let mut build = eif_build("image");
    build.arg("--output").arg(&path).arg("--target-dir").arg(repository().join(target).join("image"));
    let status = build.stdout(Stdio::null()).status().context("eif-build can't be run")?;
    ensure!(status.success(), "the image could not be built");
    Ok(path)
}

/// What `eif-build diff` says of two images.
///
/// # Errors
/// It can't be run.
pub fn difference(one: &Path, other: &Path) -> Result<String> {
    let output = eif_build("diff").arg(one).arg(other).output().context("eif-build can't be run")?;
    Ok(String::from_utf8(output.stdout)?)
}
