//! Commands that send transactions.

use std::path::Path;
use std::time::{Duration, Instant};

use alloy_primitives::aliases::U40;
use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::{SolCall, SolEvent};
use anyhow::{Context, Result, bail};
use contracts_bindings::StoreAccessPolicy::grantCall;
use contracts_bindings::StoreRegistry::{PortfolioCreated, createPortfolioCall, pauseCall, unpauseCall};
use contracts_bindings::grants::Grant;
use contracts_bindings::registry::StoreRef;
use contracts_bindings::{Class, Status};
use serde_json::{Value, json};

use super::args::{GrantArgs, PauseArgs, PayArgs, PortfolioArgs, PortfolioCommand};
use super::report::{Exit, Output};
use crate::chain::{Mined, Node};
use crate::connection::Connection;
use crate::keys::{self, AccountKey};
use crate::verify::now;

/// A vault that is told of a finalized block by its host has it within a slot or two.
const FOLLOWS: Duration = Duration::from_mins(2);

pub(super) fn node(connection: &Connection) -> Result<Node> {
    let url = connection.file.execution.as_ref().context("vault.json names no execution node: add \"execution\": \"<url>\"")?;
    Ok(Node::new(url))
}

pub(super) fn policy(connection: &Connection) -> Result<Address> {
    let policy = connection.file.policy.as_ref().context("vault.json names no policy contract: add \"policy\": \"0x...\"")?;
    policy.parse().context("the policy in vault.json is no address")
}

pub(super) fn key(file: &Path, json: bool) -> Result<Exit> {
    keys::create(file)?;
    let address = AccountKey::load(file)?.address();
    let member = keys::load_member(file).map(|key| hex::encode(key.public())).unwrap_or_default();
    let out = Output { json, devnet: false };
    out.line(&format!("made {}", file.display()));
    out.line(&format!("as an account:         {address}"));
    out.line(&format!("as a custody member:   {member}"));
    out.object(json!({ "file": file, "address": address, "member": member }));
    Ok(Exit::Done)
}

async fn transact(connection: &Connection, key: &AccountKey, to: Address, data: Vec<u8>) -> Result<Mined> {
    node(connection)?.transact(connection.constitution.network.chain_id(), key, to, data).await
}

fn registry(connection: &Connection) -> Address {
    Address::from(connection.constitution.store_registry.address)
}

pub(super) async fn anchor(connection: &Connection, out: Output, args: PayArgs) -> Result<Exit> {
    let serving = connection.verify_serving().await?;
    let size = connection.anchor(&node(connection)?, &AccountKey::load(&args.key)?, &serving).await?;
    out.line(&format!("anchored: the ledger's first {size} entries stand on chain"));
    out.object(json!({ "anchored_size": size }));
    Ok(Exit::Done)
}

pub(super) async fn portfolio(connection: &Connection, out: Output, args: PortfolioArgs) -> Result<Exit> {
    let PortfolioCommand::Create { key, guardian, servicer, delay } = args.command;
    let call = createPortfolioCall {
        vault: connection.vault_id,
        policy: policy(connection)?,
        guardian,
        servicer,
        delay: U40::from(delay),
    };
    let mined = transact(connection, &AccountKey::load(&key)?, registry(connection), call.abi_encode()).await?;
    let portfolio = created(&mined.logs).context("the transaction made no portfolio")?;
    out.line(&format!("portfolio {portfolio} created in block {}", mined.block));
    out.object(json!({ "portfolio": portfolio, "block": mined.block }));
    Ok(Exit::Done)
}

fn created(logs: &Value) -> Option<u64> {
    logs.as_array()?.iter().find_map(|log| {
        let topics = log.get("topics")?.as_array()?;
        let topic = |at: usize| topics.get(at)?.as_str()?.parse::<B256>().ok();
        (topic(0)? == PortfolioCreated::SIGNATURE_HASH)
            .then(|| topic(1))??
            .as_slice()
            .last_chunk()
            .map(|n| u64::from_be_bytes(*n))
    })
}

pub(super) async fn grant(connection: &Connection, out: Output, args: GrantArgs) -> Result<Exit> {
    let store = match args.salt {
        None => B256::ZERO,
        Some(salt) => {
            contracts_bindings::store_id(connection.constitution.network.chain_id(), registry(connection), args.portfolio, salt)
        }
    };
    let operations = args.operation.iter().map(|name| Ok(keccak256(name)));
    let classes = args.class.iter().map(|name| class(name).map(|class| B256::with_last_byte(class.number())));
    let from = now()?.saturating_sub(60);
    let grants = operations
        .chain(classes)
        .map(|what| {
            Ok(Grant {
                subject: args.caller.into_word(),
                store,
                what: what?,
                from: U40::from(from),
                until: U40::from(from.saturating_add(60).saturating_add(args.seconds)),
                statuses: Status::Performing.bit() | Status::Watch.bit(),
                capacity: args.capacity,
                period: args.period,
                spend: B256::ZERO,
                projection: B256::ZERO,
                allowAgents: false,
                r#where: Vec::new(),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    if grants.is_empty() {
        bail!("say what is granted: --operation or --class");
    }
    let count = grants.len();
    let call = grantCall { portfolio: args.portfolio, grants };
    let mined = transact(connection, &AccountKey::load(&args.key)?, policy(connection)?, call.abi_encode()).await?;
    out.line(&format!("{count} granted in block {}; the vault acts on it once that block is finalized", mined.block));
    if args.wait {
        let node = node(connection)?;
        while node.block("finalized").await? < mined.block {
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        out.line(&format!("block {} is finalized", mined.block));
        followed(connection, mined.block, out).await?;
    }
    out.object(json!({ "granted": count, "block": mined.block, "finalized": args.wait }));
    Ok(Exit::Done)
}

/// Waits until the vault's own finalized head has come to this block, as its host tells it.
async fn followed(connection: &Connection, block: u64, out: Output) -> Result<()> {
    let since = Instant::now();
    while since.elapsed() < FOLLOWS {
        let status = connection.status().await?;
        if status.pointer("/finalized/block_number").and_then(Value::as_u64).is_some_and(|number| number >= block) {
            out.line("the vault has seen it");
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    bail!("the vault has not seen block {block} yet; see `pst-vault status`")
}

fn class(name: &str) -> Result<Class> {
    Ok(match name {
        "READ" => Class::Read,
        "WRITE" => Class::Write,
        "VALUE" => Class::Value,
        "ROUTING" => Class::Routing,
        "AUTHZ" => Class::Authz,
        "MINT" => Class::Mint,
        "EXPORT" => Class::Export,
        "CREDENTIAL" => Class::Credential,
        _ => bail!("{name} is no class; see --help"),
    })
}

pub(super) async fn pause(connection: &Connection, out: Output, args: PauseArgs, paused: bool) -> Result<Exit> {
    let refs: Vec<StoreRef> = args.salt.iter().map(|salt| StoreRef { origin: args.portfolio, salt: *salt }).collect();
    let data = if paused {
        pauseCall { portfolio: args.portfolio, refs }.abi_encode()
    } else {
        unpauseCall { portfolio: args.portfolio, refs }.abi_encode()
    };
    let mined = transact(connection, &AccountKey::load(&args.key)?, registry(connection), data).await?;
    let word = if paused { "paused" } else { "unpaused" };
    out.line(&format!("{word} in block {}", mined.block));
    out.object(json!({ "paused": paused, "block": mined.block }));
    Ok(Exit::Done)
}
