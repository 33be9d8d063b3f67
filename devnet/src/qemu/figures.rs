//! What a vault in a machine takes: time to a verified document, round trips and bytes through vsock, memory.

use std::path::Path;
use std::time::{Duration, Instant};

use alloy_primitives::B256;
use anyhow::{Context, Result, bail, ensure};
use attestation_verifier::VerifiedDocument;
use client::keys::AccountKey;
use client::verify::Verified;
use client::{CallRequest, Connection, VaultFile};
use protocol::limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::machine::Booted;
use crate::storefront::{Behaviour, DEMO_SHOP};
use crate::world::{SALT, Site, World};

/// A machine that has not shown its document by then does not come up.
const COMES_UP: Duration = Duration::from_mins(2);
/// Round trips that are measured.
const TRIPS: usize = 200;
/// Calls that are measured of each kind.
const CALLS: usize = 10;
/// What a platform's answer may have, less a little for its head.
const LARGE: usize = limits::UPSTREAM_BODY - 1_024;

/// Waits until the machine that was started last shows a document that a client verifies for this vault.json, and returns it with
/// the time since QEMU was started.
///
/// # Errors
/// It never does: with the last reason.
pub async fn verified(site: &mut Site) -> Result<(VerifiedDocument, Duration)> {
    let connection = Connection::new(VaultFile::load(&site.dir.join("vault.json"))?)?;
    let started = site.booted().context("no machine runs")?.started();
    loop {
        let error = match connection.verify().await {
            Ok(Verified::Serving(serving)) => return Ok((serving.document, started.elapsed())),
            Ok(Verified::Setup(setup)) => return Ok((setup.document, started.elapsed())),
            Err(error) => error,
        };
        ensure!(!site.enclave_ended(), "the machine powered off: {}", console(&site.dir));
        if started.elapsed() > COMES_UP {
            bail!("no verified document within {} s: {error:#}: {}", COMES_UP.as_secs(), console(&site.dir));
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// From QEMU's start to a verified document, and to the guest's heartbeat, each time that the machine is killed and started.
pub(super) async fn starts(site: &mut Site, times: usize) -> Result<Vec<(Duration, Duration)>> {
    let mut taken = Vec::with_capacity(times);
    for _ in 0..times {
        site.kill_enclave();
        site.start_enclave(&[]).await?;
        let (_, document) = verified(site).await?;
        let beat = site.booted().and_then(Booted::heartbeat).context("the guest sent no heartbeat")?;
        taken.push((document, beat));
    }
    Ok(taken)
}

/// The end of what guest and QEMU said.
#[must_use]
pub fn console(dir: &Path) -> String {
    let log = std::fs::read(dir.join("enclave.log")).unwrap_or_default();
    let text = String::from_utf8_lossy(&log);
    let mut lines: Vec<&str> = text.lines().rev().take(15).collect();
    lines.reverse();
    lines.join("\n")
}

/// Through vsock, to the enclave's server and back: a frame that is no message, which it answers at once.
pub(super) async fn round_trips(site: &Site) -> Result<[Duration; 2]> {
    let mut taken = Vec::with_capacity(TRIPS);
    for _ in 0..TRIPS {
        taken.push(refused_frame(site, 1).await?);
    }
    taken.sort_unstable();
    let at = |percent: usize| taken.get(taken.len() * percent / 100).copied().context("nothing was measured");
    Ok([at(50)?, at(99)?])
}

/// Bytes per second from the host into the enclave: a frame of the largest size.
pub(super) async fn into_enclave(site: &Site) -> Result<f64> {
    let bytes = limits::HOST_FRAME - 4;
    let taken = refused_frame(site, bytes).await?;
    Ok(bytes_of(bytes) / taken.as_secs_f64())
}

/// Sends a frame of zeros, and waits for the refusal; says how long the two took, the connection aside.
async fn refused_frame(site: &Site, length: usize) -> Result<Duration> {
    let mut stream = UnixStream::connect(site.socket()).await?;
    stream.write_all(b"CONNECT 5000\n").await?;
    let mut line = Vec::new();
    while line.last() != Some(&b'\n') {
        line.push(stream.read_u8().await?);
    }
    ensure!(line.starts_with(b"OK "), "the enclave does not listen");
    let mut frame = u32::try_from(length)?.to_be_bytes().to_vec();
    frame.resize(4 + length, 0);
    let since = Instant::now();
    stream.write_all(&frame).await?;
    let length = stream.read_u32().await?;
    ensure!(length < 64, "the enclave did not refuse the frame");
    let mut answer = vec![0; usize::try_from(length)?];
    stream.read_exact(&mut answer).await?;
    Ok(since.elapsed())
}

/// The demo's call, answered as usual and with as much as a platform may say: the median of each. Everything that a call does is in
/// it, and the answer goes into the enclave and out of it.
pub(super) async fn calls(world: &World) -> Result<[Duration; 2]> {
    let connection = Connection::new(VaultFile::load(&world.dir.join("vault.json"))?)?;
    let key = AccountKey::load(&world.dir.join("caller.key"))?;
    let request = CallRequest {
        method: "GET".to_owned(),
        url: format!("https://{DEMO_SHOP}/admin/api/2026-10/shop.json"),
        headers: Vec::new(),
        body: Vec::new(),
        origin: 1,
        salt: SALT,
        role: B256::ZERO,
        evidence: Vec::new(),
        min_finalized_slot: 0,
    };
    let serving = connection.verify_serving().await?;
    let mut medians = [Duration::ZERO; 2];
    for (median, behaviour) in medians.iter_mut().zip([Behaviour::Normal, Behaviour::Huge { bytes: LARGE }]) {
        world.storefront.behave(DEMO_SHOP, behaviour);
        let mut taken = Vec::with_capacity(CALLS);
        for _ in 0..CALLS {
            let since = Instant::now();
            let answered = connection.call(&serving, &key, &request).await?;
            taken.push(since.elapsed());
            ensure!(answered.outcome == "upstream", "a call was {}", answered.outcome);
        }
        taken.sort_unstable();
        *median = taken[CALLS / 2];
    }
    world.storefront.behave(DEMO_SHOP, Behaviour::Normal);
    Ok(medians)
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
const fn bytes_of(bytes: usize) -> f64 {
    bytes as f64
}

/// Memory that the machine takes on this one, as the kernel tells it.
pub(super) fn resident(site: &Site) -> Result<String> {
    let pid = site.booted().context("no machine runs")?.pid();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no figure")?;
    Ok(line.trim().to_owned())
}
