//! `devnet`: the fakes, as processes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use clap::{Parser, Subcommand};
use client::command::Exit;
use devnet::bench::bench;
use devnet::chain::{Config, Devnet};
use devnet::demo::demo;
use devnet::interop::{Identity, Interop, compare};
use devnet::processes::{EnclaveArgs, HostArgs, enclave, host};
use devnet::qemu;
use devnet::storefront::{DEMO_SHOP, DEMO_TOKEN, Storefront};
use serde_json::{Map, json};

#[derive(Parser)]
#[command(about = "A vault's surroundings on one machine. Nothing here protects anything.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The vault's main job, end to end, step by step.
    Demo {
        /// Leave everything running afterwards, and print what to try.
        #[arg(long)]
        keep: bool,
        /// Where to put keys, stores and logs; a temporary directory if not given.
        #[arg(long)]
        directory: Option<PathBuf>,
    },
    /// The demo with the image itself in a virtual machine (QEMU's nitro-enclave), and figures. devnet/qemu/README.md.
    Qemu {
        #[command(flatten)]
        options: qemu::Options,
        /// Where to put keys, stores and logs; a temporary directory if not given.
        #[arg(long)]
        directory: Option<PathBuf>,
    },
    /// Figures: calls through the vault beside the same calls sent directly.
    Bench {
        /// Calls each way.
        #[arg(long, default_value_t = 200)]
        calls: usize,
    },
    /// A vault on a chain that others make (npm ci in devnet/interop first); says where it is and stays until it is killed.
    Interop {
        /// Which chain.
        #[arg(long, value_enum, default_value_t = Identity::Minimal)]
        identity: Identity,
        /// Compare with Helios on the same chain (npm ci in devnet/interop/helios first), and end.
        #[arg(long)]
        helios: bool,
    },
    /// Runs an enclave process with a software security module.
    Enclave(EnclaveArgs),
    /// Runs the host proxy.
    Host(Box<HostArgs>),
    /// The pst-vault command.
    PstVault(client::command::Cli),
    /// Runs the local chain until it is killed, and prints where it is as JSON.
    Chain {
        /// Where the Beacon API listens.
        #[arg(long, default_value = "127.0.0.1:0")]
        beacon: SocketAddr,
        /// Where JSON-RPC listens.
        #[arg(long, default_value = "127.0.0.1:0")]
        execution: SocketAddr,
        /// Seconds per slot.
        #[arg(long, default_value_t = 1)]
        seconds_per_slot: u64,
        /// Seconds that the chain's clock is ahead of the real one.
        #[arg(long, default_value_t = 0, allow_hyphen_values = true)]
        clock: i64,
    },
    /// Runs the mock storefront until it is killed, and prints where it is as JSON.
    Storefront {
        /// Where TLS is spoken.
        #[arg(long, default_value = "127.0.0.1:0")]
        https: SocketAddr,
        /// Where the journal is read and behaviour is set.
        #[arg(long, default_value = "127.0.0.1:0")]
        admin: SocketAddr,
        /// Where its certificate authority is kept.
        #[arg(long)]
        directory: PathBuf,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::PstVault(cli) => client::command::run(cli).await,
        other => fake(other).await.map(|()| Exit::Done),
    };
    match result {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::Refused) => ExitCode::from(3),
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn fake(command: Command) -> Result<()> {
    if !matches!(command, Command::Demo { .. } | Command::Bench { .. } | Command::Qemu { .. }) {
        tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    }
    match command {
        Command::PstVault(_) => Ok(()),
        Command::Enclave(args) => enclave(args).await,
        Command::Host(args) => host(*args).await,
        Command::Bench { calls } => {
            let directory = tempfile::Builder::new().prefix("pst-vault-").tempdir()?;
            bench(directory.path(), &std::env::current_exe()?, calls).await
        }
        Command::Interop { identity, helios } => {
            let directory = tempfile::Builder::new().prefix("pst-vault-").tempdir()?;
            interop(directory.path(), identity, helios).await
        }
        Command::Demo { keep, directory } => {
            let temporary = tempfile::Builder::new().prefix("pst-vault-").tempdir()?;
            demo(&chosen(directory, &temporary)?, &std::env::current_exe()?, keep).await
        }
        Command::Qemu { options, directory } => {
            let temporary = tempfile::Builder::new().prefix("pst-vault-").tempdir()?;
            qemu::qemu(&chosen(directory, &temporary)?, &std::env::current_exe()?, options).await
        }
        Command::Chain { beacon, execution, seconds_per_slot, clock } => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs().saturating_add_signed(clock);
            let mut config = Config::new(now);
            config.genesis_time = now.saturating_sub(64 * seconds_per_slot);
            config.seconds_per_slot = seconds_per_slot;
            let chain = Devnet::new(config, now)?;
            let served = chain.serve(beacon, execution, clock).await?;
            println!("{:#}", describe(&chain, &served.beacon_url, &served.execution_url));
            std::future::pending().await
        }
        Command::Storefront { https, admin, directory } => {
            let storefront = Storefront::new(&directory)?;
            let served = storefront.serve(https, admin).await?;
            let place = json!({
                "https": served.https.to_string(), "admin_url": served.admin_url, "ca": directory.join("ca.pem"),
                "shop": DEMO_SHOP, "token": DEMO_TOKEN,
            });
            println!("{place:#}");
            std::future::pending().await
        }
    }
}

/// The directory that was named, or this temporary one.
fn chosen(named: Option<PathBuf>, temporary: &tempfile::TempDir) -> Result<PathBuf> {
    let Some(named) = named else { return Ok(temporary.path().to_owned()) };
    std::fs::create_dir_all(&named)?;
    Ok(named.canonicalize()?)
}

async fn interop(directory: &Path, identity: Identity, helios: bool) -> Result<()> {
    let mut interop = Interop::new(directory, &std::env::current_exe()?, identity).await?;
    // The first slot of the second epoch, or of the next, is what Helios takes as checkpoint.
    let checkpoint = interop.chain.first_slot() + if identity == Identity::Minimal { 8 } else { 32 };
    interop.serve(checkpoint).await?;
    let status = interop.site.vault_ok(&["--json", "status"]).await?.json()?;
    let nodes = interop.chain.nodes();
    let place = json!({ "beacon_url": nodes.beacon, "execution_url": nodes.execution, "vault": directory, "status": status });
    println!("{place:#}");
    if helios { compare(&interop, checkpoint).await } else { std::future::pending().await }
}

fn describe(chain: &Devnet, beacon_url: &str, execution_url: &str) -> serde_json::Value {
    let (config, contracts, finalized) = (chain.config(), chain.contracts(), chain.finalized());
    let accounts: Map<String, serde_json::Value> = chain
        .accounts()
        .all()
        .map(|(name, account)| {
            let secret = format!("0x{}", hex::encode(account.secret));
            (name.to_owned(), json!({"address": account.address, "secret": secret}))
        })
        .into_iter()
        .collect();
    json!({
        "beacon_url": beacon_url, "execution_url": execution_url, "chain_id": config.chain_id,
        "genesis_time": config.genesis_time, "seconds_per_slot": config.seconds_per_slot,
        "genesis_validators_root": format!("0x{}", hex::encode(config.genesis_validators_root)),
        "fork_version": format!("0x{}", hex::encode(config.fork_version)),
        "contracts": {
            "vault_registry": contracts.vault_registry, "store_registry": contracts.store_registry,
            "policy": contracts.policy,
        },
        "checkpoint": {"slot": finalized.slot, "root": finalized.root}, "accounts": accounts,
    })
}
