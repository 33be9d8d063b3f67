//! `receipt check` and `receipt prove`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use protocol::cbor;
use protocol::ledger::Receipt;
use serde_json::json;

use super::admin::node;
use super::args::{ReceiptArgs, ReceiptCommand};
use super::report::{Exit, Output};
use crate::chain::Node;
use crate::connection::Connection;
use crate::proofs::Saved;
use crate::reexecution::{Checked, Finding, Vault, questions};

pub(super) async fn run(connection: &Connection, out: Output, args: ReceiptArgs) -> Result<Exit> {
    let vault = Vault {
        chain_id: connection.constitution.network.chain_id(),
        registry: connection.constitution.store_registry.address.into(),
        id: connection.vault_id,
    };
    match args.command {
        ReceiptCommand::Check { proofs, saved, rpc, receipt } => {
            let checked = read(&receipt, &vault)?;
            out.line("ok  signed by its caller, and the contract was asked what was signed");
            check(connection, out, &checked, &vault, (proofs, saved, rpc)).await
        }
        ReceiptCommand::Prove { rpc, out: path, receipt } => {
            let checked = read(&receipt, &vault)?;
            let network = &connection.constitution.network;
            let saved = Saved::fetch(&checked, &vault, network, &chosen(connection, rpc)?).await?;
            let findings = saved.run(&checked, &vault, network)?;
            saved.save(&path)?;
            out.line(&format!("wrote {}: `receipt check --proofs --saved` runs the decisions from it", path.display()));
            Ok(told(out, &findings, "the proofs"))
        }
    }
}

fn read(path: &Path, vault: &Vault) -> Result<Checked> {
    let text = fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
    let bytes = hex::decode(text.trim()).with_context(|| format!("{} is not hex", path.display()))?;
    let receipt: Receipt = cbor::decode(&bytes, 512 << 10).with_context(|| format!("{} is no receipt", path.display()))?;
    questions(&receipt, vault)
}

fn chosen(connection: &Connection, rpc: Option<String>) -> Result<Node> {
    rpc.map_or_else(|| node(connection), |url| Ok(Node::new(&url)))
}

/// Runs a receipt's decisions again. What differs is told line by line, and by the exit code.
async fn check(
    connection: &Connection,
    out: Output,
    checked: &Checked,
    vault: &Vault,
    (proofs, saved, rpc): (bool, Option<PathBuf>, Option<String>),
) -> Result<Exit> {
    if !proofs {
        let findings = checked.run(&chosen(connection, rpc)?).await?;
        return Ok(told(out, &findings, "the node"));
    }
    let network = &connection.constitution.network;
    let saved = match saved {
        Some(path) => Saved::load(&path)?,
        None => Saved::fetch(checked, vault, network, &chosen(connection, rpc)?).await?,
    };
    Ok(told(out, &saved.run(checked, vault, network)?, "the contract, run here on proven state,"))
}

fn told(out: Output, findings: &[Finding], who: &str) -> Exit {
    for finding in findings {
        match &finding.differs {
            None => out.line(&format!("ok  {}", finding.about)),
            Some(differs) => out.line(&format!("!!  {}: {differs}", finding.about)),
        }
    }
    let same = findings.iter().all(|finding| finding.differs.is_none());
    out.line(&if same { format!("{who} decides as the receipt says") } else { format!("{who} does not confirm the receipt") });
    let findings: Vec<_> = findings.iter().map(|finding| json!({ "about": finding.about, "differs": finding.differs })).collect();
    out.object(json!({ "same": same, "findings": findings }));
    if same { Exit::Done } else { Exit::Refused }
}
