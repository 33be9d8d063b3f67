//! `receipt check`.

use std::fs;

use anyhow::{Context, Result};
use protocol::cbor;
use protocol::ledger::Receipt;
use serde_json::json;

use super::admin::node;
use super::args::{ReceiptArgs, ReceiptCommand};
use super::report::{Exit, Output};
use crate::chain::Node;
use crate::connection::Connection;
use crate::reexecution::{Vault, questions};

/// Runs a receipt's decisions again. What differs is told line by line, and by the exit code.
pub(super) async fn check(connection: &Connection, out: Output, args: ReceiptArgs) -> Result<Exit> {
    let ReceiptCommand::Check { rpc, receipt } = args.command;
    let text = fs::read_to_string(&receipt).with_context(|| format!("can't read {}", receipt.display()))?;
    let bytes = hex::decode(text.trim()).with_context(|| format!("{} is not hex", receipt.display()))?;
    let receipt: Receipt = cbor::decode(&bytes, 512 << 10).with_context(|| format!("{} is no receipt", receipt.display()))?;
    let vault = Vault {
        chain_id: connection.constitution.network.chain_id(),
        registry: connection.constitution.store_registry.address.into(),
        id: connection.vault_id,
    };
    let checked = questions(&receipt, &vault)?;
    out.line("ok  signed by its caller, and the contract was asked what was signed");
    let node = match rpc {
        Some(url) => Node::new(&url),
        None => node(connection)?,
    };
    let findings = checked.run(&node).await?;
    for finding in &findings {
        match &finding.differs {
            None => out.line(&format!("ok  {}", finding.about)),
            Some(differs) => out.line(&format!("!!  {}: {differs}", finding.about)),
        }
    }
    let same = findings.iter().all(|finding| finding.differs.is_none());
    out.line(if same { "the node decides as the receipt says" } else { "the node does not confirm the receipt" });
    let findings: Vec<_> = findings.iter().map(|finding| json!({ "about": finding.about, "differs": finding.differs })).collect();
    out.object(json!({ "same": same, "findings": findings }));
    Ok(if same { Exit::Done } else { Exit::Refused })
}
