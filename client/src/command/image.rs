//! `image` and `reset`: what a vault's admin and guardian do.

use std::path::Path;

use alloy_primitives::{Address, B256};
use anyhow::{Context, Result, ensure};
use contracts_bindings::VaultRegistry::{governanceOfCall, liveFromCall, stateOfCall};
use contracts_bindings::admin::VaultAdmin;
use protocol::attested::image_id;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::admin::node;
use super::args::{ImageArgs, ImageCommand, ResetArgs, ResetCommand};
use super::effect::Takes;
use super::report::{Exit, Output};
use super::sending::{Plan, deliver};
use crate::calendar::{span, utc};
use crate::connection::Connection;
use crate::release;

/// `VaultRegistry.liveFrom` of an image that was revoked.
const REVOKED: u64 = (1 << 40) - 1;

fn vault_registry(connection: &Connection) -> Address {
    Address::from(connection.constitution.vault_registry.address)
}

fn of_release(path: &Path) -> Result<B256> {
    let image = release::load(path)?.image();
    Ok(image_id(image.pcr0.as_bytes(), image.pcr1.as_bytes(), image.pcr2.as_bytes()))
}

fn image(given: Option<B256>, of: Option<&Path>) -> Result<B256> {
    match (given, of) {
        (Some(image), _) => Ok(image),
        (None, Some(path)) => of_release(path),
        (None, None) => anyhow::bail!("say which image: --image or --of"),
    }
}

/// The vault's delay, if a node can be asked.
async fn delay(connection: &Connection) -> Result<Option<u64>> {
    if connection.file.execution.is_none() {
        return Ok(None);
    }
    let call = governanceOfCall { vault: connection.vault_id };
    let governance = node(connection)?.read(vault_registry(connection), &call).await?;
    ensure!(!governance.admin.is_zero(), "the vault is not on chain yet: `pst-vault genesis` creates it");
    Ok(Some(governance.delay.to()))
}

pub(super) async fn run(connection: &Connection, out: Output, args: ImageArgs) -> Result<Exit> {
    let (admin, vault) = (VaultAdmin(vault_registry(connection)), connection.vault_id);
    let (plan, send, image) = match args.command {
        ImageCommand::Propose { which, digest, send } => {
            let image = image(which.image, which.of.as_deref())?;
            let digest = match (digest, &which.of) {
                (Some(digest), _) => digest,
                (None, Some(path)) => {
                    let bytes = std::fs::read(path).with_context(|| format!("can't read {}", path.display()))?;
                    B256::from_slice(&Sha256::digest(bytes))
                }
                (None, None) => anyhow::bail!("say what was published about it: --digest"),
            };
            let plan = Plan {
                what: format!("image {image} of release {digest} proposed"),
                by: "the vault's admin".to_owned(),
                transactions: vec![admin.propose_image(vault, image, digest)],
                takes: Takes::after(delay(connection).await?),
            };
            (plan, send, image)
        }
        ImageCommand::Revoke { which, send } => {
            let image = image(which.image, which.of.as_deref())?;
            let plan = Plan {
                what: format!("image {image} revoked for good"),
                by: "the vault's admin or guardian".to_owned(),
                transactions: vec![admin.revoke_image(vault, image)],
                takes: Takes::AtOnce,
            };
            (plan, send, image)
        }
        ImageCommand::Show { which } => {
            let image = match (which.image, &which.of) {
                (None, None) => connection.image_id()?,
                (given, of) => image(given, of.as_deref())?,
            };
            return show(connection, out, image).await;
        }
    };
    let delivered = deliver(connection, out, plan, &send).await?;
    Ok(delivered.done(out, json!({ "vault": vault, "image": image })))
}

async fn show(connection: &Connection, out: Output, image: B256) -> Result<Exit> {
    let node = node(connection)?;
    let call = liveFromCall { vault: connection.vault_id, image };
    let from: u64 = node.read(vault_registry(connection), &call).await?.to();
    let now = node.time_of("latest").await?;
    let state = match from {
        0 => "unknown",
        REVOKED => "revoked",
        from if from > now => "proposed",
        _ => "live",
    };
    let since = if matches!(state, "proposed" | "live") { format!(" from {} on", utc(from)) } else { String::new() };
    out.line(&format!("image {image}: {state}{since}"));
    let ours = connection.image_id()? == image;
    out.line(if ours { "it is the one of vault.json" } else { "it is not the one of vault.json" });
    out.object(json!({ "vault": connection.vault_id, "image": image, "state": state, "live_from": from, "of_vault_file": ours }));
    Ok(Exit::Done)
}

pub(super) async fn reset(connection: &Connection, out: Output, args: ResetArgs) -> Result<Exit> {
    let (admin, vault) = (VaultAdmin(vault_registry(connection)), connection.vault_id);
    let (plan, send) = match args.command {
        ResetCommand::Propose { size, root, send } => {
            let plan = Plan {
                what: format!("a reset of the ledger to its first {size} entries proposed"),
                by: "the vault's admin".to_owned(),
                transactions: vec![admin.propose_reset(vault, size, root)],
                takes: Takes::after(delay(connection).await?),
            };
            (plan, send)
        }
        ResetCommand::Veto { send } => {
            let plan = Plan {
                what: "the reset of the ledger vetoed".to_owned(),
                by: "the vault's admin or guardian".to_owned(),
                transactions: vec![admin.veto_reset(vault)],
                takes: Takes::AtOnce,
            };
            (plan, send)
        }
        ResetCommand::Show => return vault_on_chain(connection, out).await,
    };
    Ok(deliver(connection, out, plan, &send).await?.done(out, json!({ "vault": vault })))
}

async fn vault_on_chain(connection: &Connection, out: Output) -> Result<Exit> {
    let (node, vault) = (node(connection)?, connection.vault_id);
    let governance = node.read(vault_registry(connection), &governanceOfCall { vault }).await?;
    ensure!(!governance.admin.is_zero(), "the vault is not on chain yet: `pst-vault genesis` creates it");
    let state = node.read(vault_registry(connection), &stateOfCall { vault }).await?;
    let (delay, reset): (u64, u64) = (governance.delay.to(), governance.resetFrom.to());
    let anchored: u64 = state.anchoredAt.to();
    out.line(&format!("vault     {vault}"));
    out.line(&format!("admin     {}", governance.admin));
    out.line(&format!("guardian  {}", governance.guardian));
    out.line(&format!("delay     {}", span(delay)));
    let when = if anchored == 0 { "never".to_owned() } else { format!("at {}", utc(anchored)) };
    out.line(&format!("anchor    {} entries, root {}, written {when}", state.size, state.root));
    out.line(&format!("writer    epoch {}", state.epoch));
    if reset != 0 {
        out.line(&format!(
            "RESET     to {} entries, root {}, from {} on",
            governance.resetSize,
            governance.resetRoot,
            utc(reset)
        ));
    }
    out.object(json!({
        "vault": vault, "admin": governance.admin, "guardian": governance.guardian, "delay": delay,
        "size": state.size, "root": state.root, "anchored_at": anchored, "epoch": state.epoch, "root_commitment": state.rootCommitment,
        "reset": (reset != 0).then(|| json!({ "size": governance.resetSize, "root": governance.resetRoot, "from": reset })),
    }));
    Ok(Exit::Done)
}
