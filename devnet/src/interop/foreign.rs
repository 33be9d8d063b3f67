//! The chain: `devnet/interop/main.mjs` as a process, and what it answers.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use alloy_primitives::{Address, B256};
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use protocol::constitution::{Fork, NetworkSpec};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::nodes::Api;
use crate::chain::{Accounts, Contracts};
use crate::world::Nodes;

/// For the process to say where it is.
const START: Duration = Duration::from_mins(2);
/// For the chain to come to its present.
const CATCH_UP: Duration = Duration::from_mins(5);

/// What chain it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Identity {
    /// Minimal preset, slots of one second, Electra into Fulu, more than four periods up to the present.
    Minimal,
    /// Mainnet preset under Holesky's name, in Fulu: for clients that follow only what they have compiled in.
    Holesky,
}

/// A beacon block with the execution block in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Beacon slot.
    pub slot: u64,
    /// Beacon block root.
    pub root: B256,
    /// Execution block number.
    pub number: u64,
    /// Execution block hash.
    pub hash: B256,
    /// Execution state root, as the execution client says it.
    pub state_root: B256,
}

/// A running chain. Its processes end with this one.
#[derive(Debug)]
pub struct ForeignChain {
    place: Place,
    api: Api,
    /// The process reads its standard input and ends when that does, even if this one is killed.
    _process: Child,
}

#[derive(Debug, Deserialize)]
struct Place {
    beacon_url: String,
    execution_url: String,
    first_slot: u64,
    network: NetworkPlace,
    contracts: ContractsPlace,
}

#[derive(Debug, Deserialize)]
struct NetworkPlace {
    chain_id: u64,
    preset: String,
    genesis_time: u64,
    genesis_validators_root: B256,
    seconds_per_slot: u64,
    forks: Vec<ForkPlace>,
}

#[derive(Debug, Deserialize)]
struct ForkPlace {
    name: String,
    version: String,
    epoch: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContractsPlace {
    vault_registry: Address,
    store_registry: Address,
    policy: Address,
}

/// The folder of the chain's program.
pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop")
}

impl Deref for ForeignChain {
    type Target = Api;

    fn deref(&self) -> &Api {
        &self.api
    }
}

impl ForeignChain {
    /// Why none can be started on this machine, if so.
    #[must_use]
    pub fn missing() -> Option<&'static str> {
        if !folder().join("node_modules").is_dir() {
            return Some("devnet/interop/node_modules is not there: run npm ci in that folder");
        }
        std::process::Command::new("node").arg("--version").output().err().map(|_| "node is not there")
    }

    /// Starts it with these accounts funded and the contracts deployed. It stays in its first slots.
    ///
    /// # Errors
    /// Node or the packages are missing, or it does not start.
    pub async fn start(dir: &Path, accounts: &Accounts, identity: Identity) -> Result<Self> {
        if let Some(missing) = Self::missing() {
            bail!(missing);
        }
        std::fs::create_dir_all(dir)?;
        let log = std::fs::File::create(dir.join("chain.log"))?;
        let mut command = Command::new("node");
        command.arg("main.mjs").arg("--directory").arg(dir).current_dir(folder());
        command.args(["--identity", if identity == Identity::Minimal { "minimal" } else { "holesky" }]);
        command.args(["--deployer", &format!("0x{}", hex::encode(accounts.deployer.secret))]);
        for (_, account) in accounts.all() {
            command.args(["--fund", &account.address.to_string()]);
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).kill_on_drop(true);
        let mut process = command.spawn().context("node is not installed")?;
        let mut lines = BufReader::new(process.stdout.take().context("no output")?).lines();
        let line = timeout(START, lines.next_line()).await.context("the chain does not start")??;
        let line = line.with_context(|| format!("the chain ended; see {}", dir.join("chain.log").display()))?;
        let place: Place = serde_json::from_str(&line)?;
        let api = Api::new(Nodes { beacon: place.beacon_url.clone(), execution: place.execution_url.clone() });
        Ok(Self { place, api, _process: process })
    }

    /// The first slot that it has a state of.
    #[must_use]
    pub const fn first_slot(&self) -> u64 {
        self.place.first_slot
    }

    /// The deployed contracts.
    #[must_use]
    pub const fn contracts(&self) -> Contracts {
        let ContractsPlace { vault_registry, store_registry, policy } = self.place.contracts;
        Contracts { vault_registry, store_registry, policy }
    }

    /// The chain as a constitution describes it.
    ///
    /// # Errors
    /// It names a fork that is not known here.
    pub fn network(&self) -> Result<NetworkSpec> {
        let NetworkPlace { chain_id, preset, genesis_time, genesis_validators_root, seconds_per_slot, forks } =
            &self.place.network;
        // The earliest fork that is spoken of holds from genesis on.
        let first = forks.first().map(|fork| fork.epoch);
        let forks = forks.iter().map(|fork| {
            let layout = match fork.name.as_str() {
                "CAPELLA" => 2,
                "DENEB" => 3,
                "ELECTRA" => 4,
                "FULU" => 5,
                other => bail!("fork {other}"),
            };
            let version = hex::decode(fork.version.trim_start_matches("0x"))?.try_into().ok().context("fork version")?;
            Ok(Fork { layout, version, epoch: if Some(fork.epoch) == first { 0 } else { fork.epoch } })
        });
        Ok(NetworkSpec::Custom {
            chain_id: *chain_id,
            genesis_validators_root: genesis_validators_root.0,
            genesis_time: *genesis_time,
            seconds_per_slot: *seconds_per_slot,
            forks: forks.collect::<Result<_>>()?,
            preset: u8::from(preset == "minimal"),
        })
    }

    /// Goes on by so many slots.
    ///
    /// # Errors
    /// It can't.
    pub async fn advance(&self, slots: u64) -> Result<()> {
        self.go(&format!("advance/{slots}")).await
    }

    /// Makes all blocks up to the present, and from here on one in each slot.
    ///
    /// # Errors
    /// It can't.
    pub async fn live(&self) -> Result<()> {
        timeout(CATCH_UP, self.go("live")).await.context("the chain does not come to its present")?
    }

    async fn go(&self, what: &str) -> Result<()> {
        self.api.order(&format!("/interop/{what}")).await.context("the chain can't go on")
    }

    /// Slot of a block, by the same names as in [`Self::block`].
    ///
    /// # Errors
    /// There is none.
    pub async fn slot(&self, id: &str) -> Result<u64> {
        let header = self.beacon(&format!("/eth/v1/beacon/headers/{id}")).await?;
        number(header.pointer("/data/header/message/slot"))
    }

    /// A block by its slot, root, or as `head` or `finalized`: the beacon node's, with what the execution client says of the payload's number.
    ///
    /// # Errors
    /// There is none.
    pub async fn block(&self, id: &str) -> Result<Block> {
        let header = self.beacon(&format!("/eth/v1/beacon/headers/{id}")).await?;
        let slot = number(header.pointer("/data/header/message/slot"))?;
        let root = header.pointer("/data/root").and_then(Value::as_str).context("no root")?.parse()?;
        let block = self.beacon(&format!("/eth/v2/beacon/blocks/{slot}")).await?;
        let at = number(block.pointer("/data/message/body/execution_payload/block_number"))?;
        let executed = self.eth("eth_getBlockByNumber", json!([format!("0x{at:x}"), false])).await?;
        let hash = |name: &str| executed.get(name).and_then(Value::as_str).context("no hash")?.parse().context("hash");
        Ok(Block { slot, root, number: at, hash: hash("hash")?, state_root: hash("stateRoot")? })
    }
}

/// A number as the beacon API writes it.
fn number(value: Option<&Value>) -> Result<u64> {
    Ok(value.and_then(Value::as_str).context("no number")?.parse()?)
}
