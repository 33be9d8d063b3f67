//! What commands that change something on chain share, and those that belong to nobody else.

use std::path::Path;

use alloy_primitives::Address;
use anyhow::{Context, Result};
use serde_json::json;

use super::args::PayArgs;
use super::report::{Exit, Output};
use crate::chain::Node;
use crate::connection::Connection;
use crate::keys::{self, AccountKey};

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
    out.line(&format!("as a custody member, or as a recipient of logins: {member}"));
    let recipient = hex::decode(&member).map(|key| protocol::release::recipient_id(&key)).unwrap_or_default();
    out.line(&format!("what a grant for vault.otp or vault.export calls that recipient: --where recipient=text:{recipient}"));
    out.object(json!({ "file": file, "address": address, "member": member, "recipient": recipient }));
    Ok(Exit::Done)
}

pub(super) fn address(file: &Path, json: bool) -> Result<Exit> {
    let address = AccountKey::load(file)?.address();
    let out = Output { json, devnet: false };
    out.line(&address.to_string());
    out.object(json!({ "address": address }));
    Ok(Exit::Done)
}

pub(super) fn registry(connection: &Connection) -> Address {
    Address::from(connection.constitution.store_registry.address)
}

pub(super) async fn anchor(connection: &Connection, out: Output, args: PayArgs) -> Result<Exit> {
    let serving = connection.verify_serving().await?;
    let size = connection.anchor(&node(connection)?, &AccountKey::load(&args.key)?, &serving).await?;
    out.line(&format!("anchored: the ledger's first {size} entries stand on chain"));
    out.object(json!({ "anchored_size": size }));
    Ok(Exit::Done)
}
