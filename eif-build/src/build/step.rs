//! Other programs that take long: in a clean environment, with a sign of life, and what they said when they fail.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often a long step is spoken of.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
const POLL: Duration = Duration::from_millis(50);
/// Lines of a failed program's output that are shown.
const SHOWN: usize = 25;

/// A program with no more of this process's environment than it takes to find it: no flag, locale, user or time gets into the image.
pub(crate) fn clean(program: &str) -> Command {
    // The mask is a process's own, and only a shell sets it without unsafe code.
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "umask 022; exec \"$@\"", "sh", program]);
    command.env_clear().env("LC_ALL", "C").env("TZ", "UTC").env("SOURCE_DATE_EPOCH", "0");
    for name in ["PATH", "HOME"] {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command
}

/// Runs it to a good end.
pub(crate) fn run(command: &mut Command, what: &str, log: &Path) -> Result<()> {
    let out = File::create(log).with_context(|| format!("{} can't be written", log.display()))?;
    command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out);
    let mut child = command.spawn().with_context(|| format!("{what}: no shell"))?;
    let (start, mut told) = (Instant::now(), Instant::now());
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if told.elapsed() > SIGN_OF_LIFE {
            told = Instant::now();
            eprintln!("{what}: {} s so far", start.elapsed().as_secs());
        }
        std::thread::sleep(POLL);
    };
    if status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned();
    let lines: Vec<&str> = said.lines().collect();
    let last = lines.get(lines.len().saturating_sub(SHOWN)..).unwrap_or_default().join("\n");
    bail!("{what} failed ({status}); nothing was left behind\n{last}")
}
