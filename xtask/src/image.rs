//! The enclave image, built twice: here, and from a copy in another folder with another user's name, home, locale, time zone and mask.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::{process, repository};

/// What the enclave's program is built for.
pub(crate) const TARGET: &str = "x86_64-unknown-linux-musl";
/// Largest file: 12 MiB. A laptop loads it, and so does whoever audits it.
const MAX_BYTES: u64 = 12 << 20;

/// Returns the number of images that are one. The kernel is taken from the cache if it is there; the program is built twice.
pub(crate) fn check() -> Result<u64> {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let target = repository::root().join(target);
    let mut build = repository::cargo();
    build.args(["build", "--quiet", "--locked", "-p", "eif-build"]);
    finished(build, "building eif-build")?;
    let (tool, target) = (target.join("debug/eif-build"), target.join("image"));

    let (first, second) = (target.join("first.eif"), target.join("second.eif"));
    finished(image(&tool, repository::root(), &first, &target), "the first image")?;

    let elsewhere = tempfile::Builder::new().prefix("elsewhere-").tempdir()?;
    let copy = elsewhere.path().join("copy");
    copy_to(&copy)?;
    // The crates are the same files by another name.
    let home = elsewhere.path().join("home");
    std::fs::create_dir(&home)?;
    std::os::unix::fs::symlink(cargo_home()?.join("registry"), home.join("registry"))?;
    let mut shell = Command::new("sh");
    shell.args(["-c", "umask 077; exec \"$@\"", "sh"]);
    let again = image(&tool, &copy, &second, &elsewhere.path().join("target"));
    shell.arg(again.get_program()).args(again.get_args()).current_dir(&copy);
    shell.env("CARGO_HOME", &home).env("USER", "somebody").env("LOGNAME", "somebody").env("HOSTNAME", "elsewhere");
    shell
        .env("LC_ALL", "tr_TR.UTF-8")
        .env("LANG", "tr_TR.UTF-8")
        .env("TZ", "Pacific/Kiritimati")
        .env("CFLAGS", "-O0")
        .env("RUSTFLAGS", "-Cdebuginfo=2");
    finished(shell, "the second image")?;

    let length = first.metadata()?.len();
    println!("  {}: {length} bytes", first.display());
    let same = std::fs::read(&first)? == std::fs::read(&second)?;
    if !same {
        let mut diff = Command::new(&tool);
        diff.arg("diff").args([&first, &second]);
        println!("{}", process::run(diff, "eif-build diff")?.output.trim_end());
    }
    ensure!(same, "two builds of one source are two images");
    ensure!(length <= MAX_BYTES, "the image has {length} bytes, {MAX_BYTES} are allowed");
    Ok(2)
}

fn image(tool: &Path, source: &Path, output: &Path, target: &Path) -> Command {
    let mut command = Command::new(tool);
    command.arg("image").arg("--source").arg(source).arg("--output").arg(output).arg("--target-dir").arg(target);
    command
}

fn finished(command: Command, what: &str) -> Result<()> {
    let start = Instant::now();
    let ended = process::run(command, what)?;
    ensure!(ended.success, "{what}\n{}", ended.output.trim_end());
    println!("  {what}: {} s", start.elapsed().as_secs());
    Ok(())
}

/// Copies what git knows, and what it would.
fn copy_to(folder: &Path) -> Result<()> {
    let output = Command::new("git")
        .current_dir(repository::root())
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .output()
        .context("git does not start")?;
    ensure!(output.status.success(), "git: {}", String::from_utf8_lossy(&output.stderr).trim_end());
    for name in output.stdout.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let name = Path::new(<OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(name));
        let (from, to) = (repository::root().join(name), folder.join(name));
        // Deleted, and git does not know yet.
        if from.is_file() {
            std::fs::create_dir_all(to.parent().context("no folder")?)?;
            std::fs::copy(&from, &to).with_context(|| from.display().to_string())?;
        }
    }
    Ok(())
}

fn cargo_home() -> Result<PathBuf> {
    let set = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    set.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo"))).context("neither CARGO_HOME nor HOME is set")
}
