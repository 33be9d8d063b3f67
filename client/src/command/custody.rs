//! Commands of the operators who keep the root key.

use std::fs;
use std::time::{Duration, Instant};

use alloy_primitives::B256;
use anyhow::{Context, Result, bail};
use protocol::cbor;
use serde_json::json;

use super::admin::node;
use super::args::{CheckpointArgs, GenesisArgs, UnlockVaultArgs};
use super::report::{Exit, Output};
use crate::checkpoint::finalized_block;
use crate::connection::{Connection, printable};
use crate::custody::{read_share, write_share};
use crate::keys::{AccountKey, load_member, write_secret};
use crate::verify::{Setup, Verified};

async fn setup(connection: &Connection) -> Result<Setup> {
    match connection.verify().await? {
        Verified::Setup(setup) => Ok(*setup),
        Verified::Serving(_) => bail!("the vault is serving already: nothing to do"),
    }
}

pub(super) async fn checkpoint(connection: &Connection, out: Output, args: CheckpointArgs) -> Result<Exit> {
    let key = AccountKey::load(&args.key)?;
    let checkpoint = finalized_block(&args.beacon).await?;
    let signed = connection.sign_checkpoint(&key, checkpoint)?;
    let root = B256::from(*checkpoint.root);
    out.line(&format!("signed slot {} root {root}", checkpoint.slot));
    if let Some(path) = &args.out {
        fs::write(path, cbor::encode(&signed)).with_context(|| format!("can't write {}", path.display()))?;
        out.line(&format!("wrote {}", path.display()));
    }
    if !args.offline {
        setup(connection).await?;
        connection.give_checkpoint(&signed).await?;
        out.line("the vault accepted it");
    }
    out.object(json!({ "slot": checkpoint.slot, "root": root, "given": !args.offline }));
    Ok(Exit::Done)
}

pub(super) async fn genesis(connection: &Connection, out: Output, args: GenesisArgs) -> Result<Exit> {
    let admin = AccountKey::load(&args.key)?;
    let setup = setup(connection).await?;
    out.line("verified: this image, this constitution, waiting for its root key");
    let genesis = connection.genesis(&setup).await?;
    fs::create_dir_all(&args.shares)?;
    for share in &genesis.shares {
        let path = args.shares.join(format!("share-{}.hex", share.index));
        write_secret(&path, write_share(share).as_bytes())?;
        out.line(&format!("share {} saved, sealed to its member: {}", share.index, path.display()));
    }
    let commitment = B256::from(*genesis.document.data.root_commitment);
    let block = connection.create_vault(&node(connection)?, &admin, &genesis.document, args.guardian, args.delay).await?;
    out.line(&format!("root commitment {commitment} stands on chain since block {block}"));
    out.object(json!({ "root_commitment": commitment, "block": block, "shares": genesis.shares.len() }));
    Ok(Exit::Done)
}

pub(super) async fn unlock(connection: &Connection, out: Output, args: UnlockVaultArgs) -> Result<Exit> {
    let (member, share) = args.member.zip(args.share).context("--member and --share")?;
    let member = load_member(&member)?;
    let text = fs::read_to_string(&share).with_context(|| format!("can't read {}", share.display()))?;
    let share = read_share(&text)?;
    let setup = setup(connection).await?;
    out.line("verified: this image, this constitution, waiting for shares");
    connection.unlock(&setup, &member, &share).await?;
    out.line(&format!("share {} given", share.index));
    let since = Instant::now();
    let mut last = String::new();
    loop {
        let status = connection.status().await?;
        let text = |name: &str| status.get(name).and_then(|value| value.as_str()).map(printable).unwrap_or_default();
        let (phase, words) = (text("phase"), text("words"));
        if phase == "serving" {
            connection.verify_serving().await?;
            out.line("verified: the vault serves");
            out.object(json!({ "phase": phase, "share": share.index }));
            return Ok(Exit::Done);
        }
        if phase == "waiting_for_shares" {
            bail!("the vault did not open with this share: {words}");
        }
        if words != last {
            out.line(&words);
            last = words;
        }
        if since.elapsed() > Duration::from_secs(args.wait) {
            bail!("the vault does not serve yet: {last}; see `pst-vault status`");
        }
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}
