//! Figures of one run on one machine: a call through the vault beside the same request sent directly, and where its time goes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use alloy_primitives::B256;
use anyhow::{Context, Result, ensure};
use client::keys::AccountKey;
use client::{CallRequest, Connection, VaultFile};

use crate::storefront::{DEMO_SHOP, DEMO_TOKEN};
use crate::world::{SALT, World};

const BODY: &str = r#"{"query":"{ orders { edges { node { id name } } } }"}"#;
const TYPE: &str = "application/json";

/// Sets up a world in `dir`, makes `calls` calls each way, alternating, and prints the figures.
///
/// # Errors
/// Something fails; figures of a failed run are not printed.
#[expect(clippy::print_stdout, reason = "the figures")]
pub async fn bench(dir: &Path, program: &Path, calls: usize) -> Result<()> {
    let mut world = World::new(dir, program).await?;
    let times = dir.join("times");
    let since = Instant::now();
    world.start_enclave(&["--times", &times.display().to_string()]).await?;
    println!("enclave process, start to listening:      {:>9.1} ms", millis(since.elapsed()));
    world.start_host(&[]).await?;
    world.genesis().await?;
    let since = Instant::now();
    world.unlock().await?;
    println!("checkpoint given to serving:              {:>9.1} ms", millis(since.elapsed()));
    world.portfolio().await?;
    world.grant("operator", &["--operation", "vault.provision"]).await?;
    world.add_store().await?;
    world.grant("caller", &["--operation", "shopify.query.orders"]).await?;

    let url = format!("https://{DEMO_SHOP}/admin/api/2026-10/graphql.json");
    let connection = Connection::new(VaultFile::load(&dir.join("vault.json"))?)?;
    let key = AccountKey::load(&dir.join("caller.key"))?;
    let request = CallRequest {
        method: "POST".to_owned(),
        url: url.clone(),
        headers: vec![("content-type".to_owned(), TYPE.to_owned())],
        body: BODY.as_bytes().to_vec(),
        origin: 1,
        salt: SALT,
        role: B256::ZERO,
        evidence: Vec::new(),
        min_finalized_slot: 0,
    };
    let serving = connection.verify_serving().await?;
    for _ in 0..10 {
        connection.call(&serving, &key, &request).await?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    fs::write(&times, "")?;
    let (mut through, mut direct) = (Vec::new(), Vec::new());
    for _ in 0..calls {
        let since = Instant::now();
        let answered = connection.call(&serving, &key, &request).await?;
        through.push(since.elapsed());
        ensure!(answered.outcome == "upstream", "a call was {}", answered.outcome);
        let since = Instant::now();
        straight(&world, &url).await?;
        direct.push(since.elapsed());
    }
    let (through, direct) = (Percentiles::of(through)?, Percentiles::of(direct)?);
    println!("\n{calls} calls each way, alternating, a new TLS connection each        p50        p99");
    println!("  through the vault                                        {:>7.2} ms {:>7.2} ms", through.p50, through.p99);
    println!("  directly to the storefront                               {:>7.2} ms {:>7.2} ms", direct.p50, direct.p99);
    println!(
        "  ratio                                                    {:>7.2}    {:>7.2}",
        through.p50 / direct.p50,
        through.p99 / direct.p99
    );
    println!("\nstages inside the enclave (between two points of a call)             p50        p99");
    for (stage, percentiles) in stages(&fs::read_to_string(&times)?)? {
        println!("  {stage:<56} {:>7.2} ms {:>7.2} ms", percentiles.p50, percentiles.p99);
    }
    let pid = world.enclave_pid().context("no enclave")?;
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    for name in ["VmRSS", "VmHWM"] {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap_or_default();
        println!("{}enclave {line}", if name == "VmRSS" { "\n" } else { "" });
    }
    world.kill_enclave();
    world.kill_host();
    let since = Instant::now();
    world.start_enclave(&[]).await?;
    world.start_host(&[]).await?;
    world.unlock().await?;
    println!(
        "restart: both processes, checkpoint, share, ledger of {} entries to serving: {:.1} ms",
        2 * (calls + 10),
        millis(since.elapsed())
    );
    Ok(())
}

async fn straight(world: &World, url: &str) -> Result<()> {
    let http = reqwest::Client::builder()
        .resolve(DEMO_SHOP, world.storefront_address())
        .add_root_certificate(reqwest::Certificate::from_der(world.storefront.ca_der())?)
        .build()?;
    let url = url.replacen(DEMO_SHOP, &format!("{DEMO_SHOP}:{}", world.storefront_address().port()), 1);
    let response =
        http.post(url).header("x-shopify-access-token", DEMO_TOKEN).header("content-type", TYPE).body(BODY).send().await?;
    ensure!(response.status().is_success(), "the storefront answers {}", response.status());
    response.bytes().await?;
    Ok(())
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// Of durations, in milliseconds.
struct Percentiles {
    p50: f64,
    p99: f64,
}

impl Percentiles {
    fn of(mut durations: Vec<Duration>) -> Result<Self> {
        durations.sort_unstable();
        let at = |percent: usize| durations.get((durations.len() * percent / 100).min(durations.len().saturating_sub(1)));
        let (Some(p50), Some(p99)) = (at(50), at(99)) else { anyhow::bail!("nothing was measured") };
        Ok(Self { p50: millis(*p50), p99: millis(*p99) })
    }
}

/// Lines are `<nanoseconds> <point>`; one call's points follow each other, as calls are made one at a time.
fn stages(times: &str) -> Result<BTreeMap<String, Percentiles>> {
    let mut all: BTreeMap<String, Vec<Duration>> = BTreeMap::new();
    let mut last: Option<(u64, String, usize)> = None;
    for line in times.lines() {
        let Some((nanos, point)) = line.split_once(' ') else { continue };
        let Some(point) = point.strip_prefix("call.") else { continue };
        let nanos: u64 = nanos.parse()?;
        last = match last {
            Some((before, previous, number)) if point != "asked" => {
                let stage = format!("{number:02} {previous} -> {point}: {}", meaning(&previous, number));
                all.entry(stage).or_default().push(Duration::from_nanos(nanos.saturating_sub(before)));
                Some((nanos, point.to_owned(), number + 1))
            }
            _ => Some((nanos, point.to_owned(), 1)),
        };
    }
    all.into_iter().map(|(stage, durations)| Ok((stage, Percentiles::of(durations)?))).collect()
}

/// What happens after a point, in a call whose state is warm.
fn meaning(point: &str, number: usize) -> &'static str {
    match (point, number) {
        ("asked", _) => "open, authenticate, prove, decide",
        ("needs", 2) => "host: binding",
        ("needs", 4) => "host: connection",
        ("needs", 6) => "host: intent made durable",
        ("supplied", 3) => "open binding",
        ("supplied", 5) => "budget, intent sealed and signed",
        ("supplied", 7) => "open connection, inject",
        ("sending", _) => "TLS and platform",
        ("sent", _) => "redact, outcome sealed and signed",
        ("needs", _) => "host: outcome made durable",
        ("supplied", _) => "receipt, response sealed",
        _ => "",
    }
}
