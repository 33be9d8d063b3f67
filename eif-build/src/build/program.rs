//! The enclave's program: static, for musl, with every path of this machine mapped to one that is the same on all.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::step;

/// What the image's program is built for.
pub(crate) const TARGET: &str = "x86_64-unknown-linux-musl";
/// The profile in `Cargo.toml`.
const PROFILE: &str = "image";
const NAME: &str = "pst-vault-enclave";

/// The program, built and stripped. Beside it in the target folder stays the one with its symbols.
pub(crate) fn build(source: &Path, target: &Path) -> Result<Vec<u8>> {
    fs::create_dir_all(target).with_context(|| format!("{} can't be made", target.display()))?;
    let target = fs::canonicalize(target)?;
    let log = target.join("eif-build.log");
    eprintln!("program: fetching crates");
    let mut fetch = cargo(source)?;
    step::run(fetch.args(["fetch", "--locked", "--target", TARGET]), "cargo fetch", &log)?;

    eprintln!("program: compiling");
    let mut build = cargo(source)?;
    // Alone, so that nobody else's features are in it.
    build.args(["build", "--locked", "--package", "enclave", "--bin", NAME, "--profile", PROFILE, "--target", TARGET]);
    build.arg("--target-dir").arg(&target);
    build.env("CARGO_ENCODED_RUSTFLAGS", flags(source, &target)?).env("CARGO_INCREMENTAL", "0");
    step::run(&mut build, "compiling the program", &log)?;

    let linked = target.join(TARGET).join(PROFILE).join(NAME);
    let folder = tempfile::tempdir_in(&target)?;
    let stripped = folder.path().join(NAME);
    let mut strip = step::clean("strip");
    strip.arg("--strip-all").arg("-o").arg(&stripped).arg(&linked);
    step::run(&mut strip, "strip", &log)?;
    let program = fs::read(&stripped)?;
    ensure!(program.starts_with(b"\x7fELF"), "the program is no ELF file");
    Ok(program)
}

/// Where the toolchain of a source tree lies.
pub(crate) fn sysroot(source: &Path) -> Result<PathBuf> {
    let mut rustc = step::clean("rustc");
    homes(&mut rustc)?;
    let output = rustc.current_dir(source).args(["--print", "sysroot"]).output()?;
    ensure!(output.status.success(), "rustc: {}", String::from_utf8_lossy(&output.stderr).trim_end());
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim_end()))
}

fn cargo(source: &Path) -> Result<std::process::Command> {
    let mut cargo = step::clean("cargo");
    homes(&mut cargo)?;
    cargo.current_dir(source);
    Ok(cargo)
}

/// Where cargo and rustup keep their files.
fn homes(command: &mut std::process::Command) -> Result<()> {
    command.env("CARGO_HOME", cargo_home()?);
    if let Some(home) = std::env::var_os("RUSTUP_HOME") {
        command.env("RUSTUP_HOME", home);
    }
    Ok(())
}

fn cargo_home() -> Result<PathBuf> {
    let set = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    set.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"))).context("neither CARGO_HOME nor HOME is set")
}

/// No path of this machine ends in the program. The last that fits counts, so what lies within another stands below it.
fn flags(source: &Path, target: &Path) -> Result<OsString> {
    let mut maps = vec![(sysroot(source)?, "/rust"), (fs::canonicalize(source)?, "/source"), (target.to_path_buf(), "/target")];
    // cargo says the folder as it was given; a build script may have followed a link.
    let registry = std::path::absolute(cargo_home()?.join("registry/src"))?;
    for entry in fs::read_dir(&registry).context("cargo has no registry")? {
        let folder = entry?.path();
        maps.push((fs::canonicalize(&folder)?, "/registry"));
        maps.push((folder, "/registry"));
    }
    // The program relocates itself, for which a bitmap does as well as a table of ten times its size.
    let mut flags = OsString::from("-Ctarget-feature=+crt-static\u{1f}-Clink-arg=-Wl,-z,pack-relative-relocs");
    for (from, to) in maps {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(from);
        flags.push("=");
        flags.push(to);
    }
    Ok(flags)
}
