//! The enclave image, built twice: here, and as an auditor does, by the commands of eif-build/README.md from a clone in another folder, with
//! another user's name, home, locale, time zone and mask.

mod walk;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::{process, repository};
use walk::Walk;

/// What the enclave's program is built for.
pub(crate) const TARGET: &str = "x86_64-unknown-linux-musl";
/// Largest file: 12 MB. A laptop loads it, and so does whoever audits it.
const MAX_BYTES: u64 = 12_000_000;
/// For one build, which gives way to the tests.
const LIMIT: Duration = Duration::from_mins(45);

/// Returns the number of images that are one. The kernel is taken from the cache if it is there; the program is built twice, side by side, and
/// gives way to everything else. `there`: the workspace's programs are built.
pub(crate) fn check(there: bool) -> Result<u64> {
    let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    let target = repository::root().join(target);
    // Alone it would be built with other features of what it shares.
    if !there {
        let mut build = repository::cargo();
        build.args(["build", "--quiet", "--locked", "-p", "eif-build"]);
        finished(build, "building eif-build")?;
    }
    let (tool, target) = (target.join("debug/eif-build"), target.join("image"));

    let first = target.join("first.eif");
    let walk = Walk::new(&tool)?;
    std::thread::scope(|scope| {
        let here = scope.spawn(|| finished(image(&tool, &first, &target), "the first image"));
        let there = finished(walk.rebuild(), "the auditor's image, as the walk-through says");
        here.join().map_err(|_| anyhow::anyhow!("the first image: a panic"))?.and(there)
    })?;

    let length = first.metadata()?.len();
    println!("  {}: {length} bytes", first.display());
    let rebuilt = walk.rebuilt();
    let same = std::fs::read(&first)? == std::fs::read(&rebuilt)?;
    if !same {
        let mut diff = Command::new(&tool);
        diff.arg("diff").args([&first, &rebuilt]);
        println!("{}", process::run(diff, "eif-build diff")?.output.trim_end());
    }
    ensure!(same, "two builds of one source are two images");
    ensure!(length <= MAX_BYTES, "the image has {length} bytes, {MAX_BYTES} are allowed");
    walk.publish(&first)?;
    finished(walk.compare(), "comparing it with a release, as the walk-through says")?;
    Ok(2)
}

fn image(tool: &Path, output: &Path, target: &Path) -> Command {
    let mut command = Command::new("nice");
    command
        .args(["-n", "19"])
        .arg(tool)
        .arg("image")
        .arg("--source")
        .arg(repository::root())
        .arg("--output")
        .arg(output)
        .arg("--target-dir")
        .arg(target);
    command
}

fn finished(command: Command, what: &str) -> Result<()> {
    let start = Instant::now();
    let ended = process::run_within(LIMIT, command, what)?;
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
