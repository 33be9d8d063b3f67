//! Installs what a suite needs from its lockfile, or says why that can't be.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::{repository, suite::Need};

/// A part of a suite that can't run.
#[derive(Debug)]
pub(crate) struct Missing {
    /// Which part.
    pub(crate) part: &'static str,
    /// Why.
    pub(crate) why: String,
}

/// Makes sure that it is there.
pub(crate) fn provide(need: Need) -> Result<(), Missing> {
    match need {
        Need::Python { for_what } => has("python3").map_err(|why| Missing { part: for_what, why }),
        Need::Pip { folder, for_what } => {
            has("python3").and_then(|()| environment(folder)).map_err(|why| Missing { part: for_what, why })
        }
        Need::Program { program, for_what } => has(program).map_err(|why| Missing { part: for_what, why }),
        Need::Node { for_what } => has("node").map_err(|why| Missing { part: for_what, why }),
        Need::Qemu { for_what } => build_qemu().map_err(|why| Missing { part: for_what, why }),
        Need::Target { target, for_what } => add_target(target).map_err(|why| Missing { part: for_what, why }),
        Need::Npm { folder, for_what } => {
            has("node").and_then(|()| install(folder)).map_err(|why| Missing { part: for_what, why })
        }
    }
}

fn has(program: &str) -> Result<(), String> {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if found.is_ok_and(|status| status.success()) { Ok(()) } else { Err(format!("{program} is not installed")) }
}

/// `rustup target add` for the toolchain that runs this, unless it is there.
fn add_target(target: &str) -> Result<(), String> {
    let output = Command::new("rustup")
        .args(["target", "add", target])
        .current_dir(repository::root())
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("rustup: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(format!("rustup has no {target}")) }
}

/// `devnet/qemu/build.sh`, which does nothing if it has done it before.
fn build_qemu() -> Result<(), String> {
    let script = || {
        let mut command = Command::new(repository::root().join("devnet/qemu/build.sh"));
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    };
    let failed = |error| format!("devnet/qemu/build.sh: {error}");
    let possible = script().arg("--check").output().map_err(failed)?;
    if !possible.status.success() {
        return Err(String::from_utf8_lossy(&possible.stderr).trim().to_owned());
    }
    let built = script().status().map_err(failed)?;
    if built.success() { Ok(()) } else { Err("QEMU could not be built; what it said is above".to_owned()) }
}

/// `npm ci`, unless what is installed is at least as new as the lockfile.
fn install(folder: &str) -> Result<(), String> {
    let path = repository::root().join(folder);
    let changed = |file: &Path| file.metadata().and_then(|metadata| metadata.modified());
    let lockfile = changed(&path.join("package-lock.json")).map_err(|error| format!("{folder}/package-lock.json: {error}"))?;
    if changed(&path.join("node_modules/.package-lock.json")).is_ok_and(|installed| installed >= lockfile) {
        return Ok(());
    }
    println!("npm ci in {folder}");
    let output = Command::new("npm")
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .current_dir(&path)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("npm: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    Err(format!("npm ci failed in {folder}"))
}

/// A virtual environment with the packages of `requirements.txt`, by their hashes, unless it is at least as new as the list.
fn environment(folder: &str) -> Result<(), String> {
    let path = repository::root().join(folder);
    let changed = |file: &Path| file.metadata().and_then(|metadata| metadata.modified());
    let list = changed(&path.join("requirements.txt")).map_err(|error| format!("{folder}/requirements.txt: {error}"))?;
    let done = path.join(".venv/installed");
    if changed(&done).is_ok_and(|installed| installed >= list) {
        return Ok(());
    }
    println!("pip install in {folder}/.venv");
    let run = |program: &Path, args: &[&str]| -> Result<(), String> {
        let output = Command::new(program).args(args).current_dir(&path).stdin(Stdio::null()).output();
        let output = output.map_err(|error| format!("{}: {error}", program.display()))?;
        if output.status.success() {
            return Ok(());
        }
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        Err(format!("{} failed in {folder}", program.display()))
    };
    run(Path::new("python3"), &["-m", "venv", "--clear", ".venv"])?;
    let install =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", "requirements.txt"];
    run(&path.join(".venv/bin/python"), &install)?;
    std::fs::write(&done, "").map_err(|error| format!("{folder}/.venv: {error}"))
}
