//! The two processes of a vault, each told by files where to die and to which points it came.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use devnet::world::World;
use host_proxy::Store;
use protocol::ledger::SealedEntry;

/// Whose process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Victim {
    Enclave,
    Host,
}

pub(crate) const BOTH: [Victim; 2] = [Victim::Enclave, Victim::Host];

impl Victim {
    pub(crate) fn file(self, dir: &Path, what: &str) -> PathBuf {
        dir.join(format!("{self:?}.{what}").to_ascii_lowercase())
    }

    /// From here on its points are traced anew.
    pub(crate) fn trace_anew(self, dir: &Path) {
        let _ = fs::remove_file(self.file(dir, "trace"));
    }

    /// The points that it came to since, in order.
    pub(crate) fn traced(self, dir: &Path) -> Vec<String> {
        let trace = fs::read_to_string(self.file(dir, "trace")).unwrap_or_default();
        trace.lines().map(str::to_owned).collect()
    }
}

/// How often each point was passed, of those that are `wanted`.
pub(crate) fn passes(trace: &[String], wanted: impl Fn(&str) -> bool) -> BTreeMap<String, u64> {
    let mut passes = BTreeMap::new();
    for point in trace.iter().filter(|point| wanted(point)) {
        *passes.entry(point.clone()).or_insert(0) += 1;
    }
    passes
}

/// A program that a build beside the test does not change: the enclave is measured as it.
pub(crate) fn program(dir: &Path) -> Result<PathBuf> {
    let program = dir.join("devnet");
    fs::copy(env!("CARGO_BIN_EXE_devnet"), &program)?;
    Ok(program)
}

fn watched(dir: &Path, victim: Victim) -> [String; 4] {
    let kill = format!("@{}", victim.file(dir, "kill").display());
    ["--kill".to_owned(), kill, "--trace".to_owned(), victim.file(dir, "trace").display().to_string()]
}

pub(crate) async fn start_enclave(world: &mut World, more: &[&str]) -> Result<()> {
    let flags = watched(&world.dir, Victim::Enclave);
    world.start_enclave(&[&flags.each_ref().map(String::as_str)[..], more].concat()).await
}

pub(crate) async fn start_host(world: &mut World) -> Result<()> {
    let flags = watched(&world.dir, Victim::Host);
    world.start_host(&flags.each_ref().map(String::as_str)).await
}

/// How long to wait for a death: who came to the point as often as it takes is dying, however long that takes a busy machine. Else `patience`.
pub(crate) fn until_dead(dir: &Path, observer: Victim, point: &str, times: u64, patience: Duration) -> Duration {
    let came = passes(&observer.traced(dir), |passed| passed == point).into_values().sum::<u64>() >= times;
    if came { patience.max(Duration::from_secs(5)) } else { patience }
}

/// Whether the victim dies within `patience`, and it alone. A signal is delivered before the process is seen to be gone.
pub(crate) async fn died(world: &mut World, victim: Victim, patience: Duration) -> Result<bool> {
    let since = Instant::now();
    loop {
        if gone(world, victim)? {
            return Ok(true);
        }
        if since.elapsed() > patience {
            return Ok(false);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Whether the victim died, and it alone.
pub(crate) fn gone(world: &mut World, victim: Victim) -> Result<bool> {
    let (enclave, host) = (world.enclave_ended(), world.host_ended());
    let (dead, other) = if victim == Victim::Enclave { (enclave, host) } else { (host, enclave) };
    ensure!(!other, "the other one died");
    Ok(dead)
}

/// Waits until the host says that the vault serves.
pub(crate) async fn ready(world: &World) -> Result<()> {
    let since = Instant::now();
    let url = format!("{}/readyz", world.url());
    loop {
        let answer = reqwest::get(&url).await?;
        if answer.status().is_success() {
            return Ok(());
        }
        if since.elapsed() > Duration::from_mins(1) {
            bail!("not ready: {}", answer.text().await?);
        }
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// What is durable. The host must not be running.
pub(crate) fn durable(world: &World) -> Result<Vec<SealedEntry>> {
    let store = Store::open(&world.dir.join("data"))?;
    let (size, mut entries) = (store.size()?, Vec::new());
    loop {
        let at = u64::try_from(entries.len())?;
        if at >= size {
            return Ok(entries);
        }
        let some = store.entries(at)?;
        ensure!(!some.is_empty(), "entry {at} is missing");
        entries.extend(some);
    }
}
