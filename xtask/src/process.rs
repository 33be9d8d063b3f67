//! Runs one test program: its output kept, its tests counted, its time bounded.

use std::io::{PipeReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// After this a program is ended, and has failed.
const LIMIT: Duration = Duration::from_mins(30);
/// How often a long one is spoken of.
const SIGN_OF_LIFE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(50);

/// Tests counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) ignored: u64,
}

impl Count {
    /// Adds the other's.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
    }

    /// What `test result:` lines say.
    fn read(output: &str) -> Self {
        let mut count = Self::default();
        for line in output.lines().filter_map(|line| line.strip_prefix("test result: ")) {
            for part in line.split(['.', ';']).map(str::trim) {
                let Some((number, what)) = part.split_once(' ') else { continue };
                let Ok(number) = number.parse::<u64>() else { continue };
                match what {
                    "passed" => count.passed += number,
                    "failed" => count.failed += number,
                    "ignored" => count.ignored += number,
                    _ => {}
                }
            }
        }
        count
    }
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Its tests.
    pub(crate) count: Count,
    /// Exit code 0.
    pub(crate) success: bool,
    /// What it printed, standard output and error in their order.
    pub(crate) output: String,
}

/// Runs it to its end.
pub(crate) fn run(command: Command, name: &str) -> Result<Ended> {
    run_within(LIMIT, command, name)
}

/// The same of what may take longer, because it gives way to others.
pub(crate) fn run_within(limit: Duration, mut command: Command, name: &str) -> Result<Ended> {
    let (reader, writer) = std::io::pipe()?;
    command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let child = command.spawn().with_context(|| format!("{name} does not start"))?;
    // The command holds the pipe's write ends; the reader sees the end only when they are gone.
    drop(command);
    let kept = Arc::new(Mutex::new(Vec::new()));
    let reading = std::thread::spawn({
        let kept = Arc::clone(&kept);
        move || keep(reader, &kept)
    });
    let exit = wait(limit, child, name)?;
    // A process that the program left behind may hold the pipe open for ever.
    let patience = Instant::now() + Duration::from_secs(2);
    while !reading.is_finished() && Instant::now() < patience {
        std::thread::sleep(POLL);
    }
    let output = String::from_utf8_lossy(&kept.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
    Ok(Ended { count: Count::read(&output), success: exit == Some(true), output })
}

fn keep(mut reader: PipeReader, kept: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = reader.read(&mut buffer) {
        kept.lock().unwrap_or_else(PoisonError::into_inner).extend(buffer.iter().take(length));
    }
}

/// Whether it ended well, or nothing if it had to be ended.
fn wait(limit: Duration, mut child: Child, name: &str) -> Result<Option<bool>> {
    let (start, mut told) = (Instant::now(), Instant::now());
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status.success()));
        }
        if start.elapsed() > limit {
            println!("    {name}: ended after {} minutes", limit.as_secs() / 60);
            child.kill()?;
            child.wait()?;
            return Ok(None);
        }
        if told.elapsed() > SIGN_OF_LIFE {
            told = Instant::now();
            println!("    {name}: {} s so far", start.elapsed().as_secs());
        }
        std::thread::sleep(POLL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_added_up() {
        let output = "running 2 tests\ntest result: ok. 12 passed; 0 failed; 3 ignored; 0 measured; 1 filtered out; finished in 0.02s\n\
                      test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s\n";
        assert_eq!(Count::read(output), Count { passed: 13, failed: 2, ignored: 3 });
        assert_eq!(Count::read("a test that prints: 7 passed"), Count::default());
    }

    #[test]
    fn output_and_exit_code_are_kept() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo out; echo err >&2; exit 3"]);
        let ended = run(command, "sh").unwrap();
        assert!(!ended.success);
        assert_eq!(ended.output, "out\nerr\n");
    }
}
