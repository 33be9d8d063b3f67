//! The image itself, booted in QEMU's nitro-enclave machine with a real `/dev/nsm`: what `devnet qemu` runs.

mod figures;
mod heartbeat;
mod image;
mod machine;
mod shipped;
mod tools;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use attestation_verifier::extended_once;

use crate::demo;
use crate::nsm::SoftwareNsmCa;
use crate::storefront::Storefront;
use crate::world::World;

pub use figures::{console, verified};
pub use image::Parts;
pub use machine::{Booted, MEMORY, Machine, Signs};
pub use shipped::{difference, shipped};
pub use tools::Tools;

/// Register of the constitution.
const CONSTITUTION: u8 = 16;
/// Times that the machine is started to see how long it takes.
const STARTS: usize = 3;
/// The devnet's image, in a world's directory.
const IMAGE: &str = "enclave.eif";
/// Where an image keeps the roots of platforms' certificates.
const ROOTS: &str = "data/roots.pem";

/// The shipped image with this platform's root in the place of the web's: the same kernel, command line and program, and therefore the
/// same PCR1; other data, and therefore another PCR0 and PCR2. What a client expects names one of them.
///
/// # Errors
/// It is none of this project's images.
pub fn with_platform(shipped: &[u8], platform: &Storefront) -> Result<Vec<u8>> {
    let mut parts = Parts::of(shipped).context("not an image of this project's builder")?;
    parts.replace(ROOTS, |_| platform.ca_pem().as_bytes().to_vec())?;
    parts.bytes()
}

/// A world whose enclave is the devnet's image, made from the shipped one. Nothing is started.
///
/// # Errors
/// Something can't be started, or written.
pub async fn world(dir: &Path, program: &Path, tools: &Tools, shipped: &Path) -> Result<World> {
    let mut world = World::new(dir, program).await?;
    let shipped = fs::read(shipped).with_context(|| format!("reading {}", shipped.display()))?;
    let path = dir.join(IMAGE);
    fs::write(&path, with_platform(&shipped, &world.storefront)?)?;
    world.run_in(Machine::new(tools.clone(), path))?;
    Ok(world)
}

/// What `devnet qemu` is asked for.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// The image; the one that this repository makes if not given.
    #[arg(long)]
    pub image: Option<PathBuf>,
    /// The guest's memory in MiB.
    #[arg(long, value_name = "MIB", default_value_t = MEMORY)]
    pub memory: u32,
    /// Leave everything running afterwards, and print what to try.
    #[arg(long)]
    pub keep: bool,
    /// No demo: boot the image as it is, say how to hold it to its file, and stay.
    #[arg(long, conflicts_with = "keep")]
    pub boot_only: bool,
}

/// Boots an image and runs the demo against it, then says what it measures and what it takes.
///
/// # Errors
/// A step failed: the error says which.
#[expect(clippy::print_stdout, reason = "it tells what it does")]
pub async fn qemu(dir: &Path, program: &Path, options: Options) -> Result<()> {
    let tools = Tools::provide()?;
    println!("PST Vault's image in QEMU's nitro-enclave machine, with a /dev/nsm that signs under this devnet's own root.");
    println!(
        "This proves the image, the protocol and the checks. It does not prove AWS's hardware: this machine holds the signing key.\n"
    );
    let Options { image, memory, keep, boot_only } = options;
    let image = image.map_or_else(|| shipped(dir), Ok)?;
    println!("image      {}", image.display());
    if boot_only {
        let mut world = World::new(dir, program).await?;
        world.run_in(Machine { memory, ..Machine::new(tools, image) })?;
        return stay(&mut world).await;
    }
    let mut world = world(dir, program, &tools, &image).await?;
    world.machine().context("no machine")?.memory = memory;
    println!("booted as  {}   (the same but for the platform's root in its data)\n", dir.join(IMAGE).display());
    demo::around(&mut world).await?;
    println!();
    compare(&mut world).await?;
    report(&mut world).await?;
    if keep { demo::kept(&world).await } else { Ok(()) }
}

/// Starts host and machine, and says what eif-build/README.md wants to know of a running vault.
#[expect(clippy::print_stdout, reason = "it tells what it does")]
async fn stay(world: &mut World) -> Result<()> {
    world.start_host(&[]).await?;
    world.start_enclave(&[]).await?;
    let (_, taken) = verified(world).await?;
    println!("running; verified by its own vault.json {:.2} s after QEMU's start\n", taken.as_secs_f64());
    println!("VAULT_URL={}", world.url());
    println!("PCR16={}", hex::encode(extended_once(world.constitution().digest().as_slice())));
    println!("TRUST='--root {}'", SoftwareNsmCa::open(&world.dir.join("nsm"))?.root_path().display());
    println!("\nIt runs until you press ctrl-c.");
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// The registers in a document that the guest's `/dev/nsm` made, beside what the file and the constitution give.
#[expect(clippy::print_stdout, reason = "the comparison")]
async fn compare(world: &mut World) -> Result<()> {
    let (document, _) = verified(world).await?;
    let measured = world.machine().context("no machine")?.measurements()?;
    let constitution = extended_once(world.constitution().digest().as_slice());
    println!("       {:<96}  the guest's document", "derived from the image's file and the constitution");
    for (index, derived) in [(0, measured.pcr0), (1, measured.pcr1), (2, measured.pcr2), (CONSTITUTION, constitution)] {
        let stated = document.pcrs().get(index).with_context(|| format!("the document has no PCR{index}"))?;
        ensure!(*stated == derived, "PCR{index} is {}, and not {}", hex::encode(stated), hex::encode(derived));
        println!("PCR{index:<2}  {}  equal", hex::encode(derived));
    }
    Ok(())
}

/// Figures of this run.
#[expect(clippy::print_stdout, reason = "the figures")]
async fn report(world: &mut World) -> Result<()> {
    let mebibyte = f64::from(1 << 20);
    let [usual, large] = figures::calls(world).await?;
    let [p50, p99] = figures::round_trips(world).await?;
    let into = figures::into_enclave(world).await?;
    let resident = figures::resident(world)?;
    let memory = world.machine().context("no machine")?.memory;
    println!();
    for (taken, beat) in figures::starts(world, STARTS).await? {
        let (taken, beat) = (taken.as_secs_f64(), beat.as_secs_f64());
        println!(
            "QEMU's start to a document that a client verified     {taken:>9.2} s   (the guest's heartbeat came after {beat:.2} s)"
        );
    }
    println!("round trip through vsock, p50 / p99                   {:>9.3} ms {:>9.3} ms", millis(p50), millis(p99));
    println!("from the host into the enclave, one frame of 4 MiB    {:>9.1} MiB/s", into / mebibyte);
    println!("a call, all of it, median                             {:>9.1} ms", millis(usual));
    println!("  whose answer is 1 MiB                               {:>9.1} ms", millis(large));
    println!("the guest's memory, all that it has                   {memory:>9} MiB");
    println!("QEMU's memory on this machine, guest included         {resident:>12}");
    Ok(())
}

fn millis(duration: std::time::Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}
