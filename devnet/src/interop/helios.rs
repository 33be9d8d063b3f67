//! The same chain followed by Helios, an independent light client from npm, and by the vault: by hand, as its packages are not installed in CI.

use std::process::Stdio;
use std::time::Instant;

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolValue;
use anyhow::{Context, Result, bail, ensure};
use chain::{Account, VerifiedHead};
use serde_json::{Value, json};
use tokio::process::Command;

use super::foreign::folder;
use super::{Api, Blocks, Follower, Interop, Lie, Relay};
use crate::world::Nodes;

/// What both are asked.
struct Question {
    checkpoint: (u64, B256),
    registry: Address,
    slot: B256,
    account: Address,
}

/// Lets both follow, honestly served and lied to, and says what they found. The vault has to serve.
///
/// # Errors
/// They differ, or one believes a lie.
#[expect(clippy::print_stdout, reason = "a command that talks to a person")]
pub async fn compare(interop: &Interop, checkpoint: u64) -> Result<()> {
    let Interop { site, chain, .. } = interop;
    let block = chain.block(&checkpoint.to_string()).await?;
    // `_vaults[id].rootCommitment`: the mapping is in slot 0, the member in the fifth word.
    let vault = U256::from_be_bytes(keccak256((site.vault_id(), B256::ZERO).abi_encode()).0);
    let question = Question {
        checkpoint: (block.slot, block.root),
        registry: chain.contracts().vault_registry,
        slot: B256::from(vault + U256::from(4)),
        account: site.address("owner")?.parse()?,
    };

    let relay = Relay::start(chain.nodes(), Blocks::ByNumber).await?;
    let (theirs, ours) = (helios(&relay.nodes(), &question).await?, ours(interop, &relay.nodes(), &question).await?);
    println!("Helios     {theirs}\nthis vault {ours}");
    for name in ["finalized", "value", "balance"] {
        ensure!(theirs.get(name) == ours.get(name), "{name} differs");
    }
    let status = site.vault_ok(&["--json", "status"]).await?.json()?;
    println!("its process {}", status.get("finalized").unwrap_or(&Value::Null));
    ensure!(status.pointer("/finalized/block_number") == theirs.pointer("/finalized/number"), "the vault's process is elsewhere");
    for (lie, name) in [(Lie::SyncBit, "a flipped sync-committee bit"), (Lie::StorageValue, "a changed storage value")] {
        relay.lie(lie);
        let theirs = helios(&relay.nodes(), &question).await?;
        let refused = theirs.get("refused").with_context(|| format!("Helios believes {name}: {theirs}"))?;
        let ours = match self::ours(interop, &relay.nodes(), &question).await {
            Ok(found) => bail!("{name} is believed here: {found}"),
            Err(error) => error,
        };
        println!("{name}\n  Helios     {refused}\n  this vault {ours}");
    }
    Ok(())
}

async fn helios(nodes: &Nodes, question: &Question) -> Result<Value> {
    let Question { checkpoint: (_, root), registry, slot, account } = question;
    let output = Command::new("node")
        .args(["follow.mjs", &nodes.beacon, &nodes.execution, &root.to_string()])
        .args([registry.to_string(), slot.to_string(), account.to_string()])
        .current_dir(folder().join("helios"))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .await?;
    serde_json::from_slice(&output.stdout).with_context(|| format!("Helios said {}", String::from_utf8_lossy(&output.stdout)))
}

/// The vault's light client and proofs, asked the same.
async fn ours(interop: &Interop, nodes: &Nodes, question: &Question) -> Result<Value> {
    let Question { checkpoint: (slot, root), registry, slot: key, account } = question;
    let since = Instant::now();
    let network = interop.chain.network()?;
    let mut follower = Follower::start(Api::new(nodes.clone()), network, *slot, *root).await?;
    follower.heads().await?;
    let synced = since.elapsed().as_millis();
    let (finalized, attested) = (follower.client.finalized(), follower.client.attested());
    let (finalized, attested) = finalized.zip(attested).context("no head")?;
    let latest = follower.state(attested, *account, &[]).await?;
    let registry_state = follower.state(finalized, *registry, &[*key]).await?;
    let account_state = follower.state(finalized, *account, &[]).await?;
    let Some(Account::Present { balance, .. }) = account_state.account((*account).into()) else { bail!("no account") };
    let head = |head: &VerifiedHead| {
        let (hash, state_root) = (B256::from(head.block_hash()), B256::from(head.state_root()));
        json!({ "number": head.block_number(), "hash": hash, "state_root": state_root })
    };
    Ok(json!({
        "synced_ms": u64::try_from(synced)?,
        "latest": head(latest.head()),
        "finalized": head(registry_state.head()),
        "value": registry_state.slot((*registry).into(), key.0).map(B256::from),
        // In decimal, as Helios says it.
        "balance": U256::from_be_bytes(balance).to_string(),
    }))
}
