//! `adapter`: programs that were written for a platform, through the vault.

use std::fs;
use std::io::Write as _;

use alloy_primitives::B256;
use anyhow::{Context as _, Result};
use serde_json::json;

use super::agent::{Typed, signer};
use super::args::AdapterArgs;
use super::report::{Exit, Output};
use super::use_vault::evidence;
use crate::adapter::Adapter;
use crate::connection::Connection;

/// Serves until it is interrupted.
pub(super) async fn run(connection: &Connection, out: Output, args: AdapterArgs) -> Result<Exit> {
    let AdapterArgs { signer: who, store, listen, ca, role, evidence: shown } = args;
    let adapter = Adapter {
        connection: connection.clone(),
        signer: signer(&who)?,
        origin: store.origin,
        salt: store.salt,
        role: role.map_or(B256::ZERO, |role| role.0),
        evidence: shown.as_deref().map_or_else(|| Ok(Vec::new()), evidence)?,
    };
    let served = adapter.serve(listen, Typed::signer).await?;
    fs::write(&ca, &served.ca_pem).with_context(|| format!("can't write {}", ca.display()))?;
    out.line("verified: the enclave is this vault; every request from here on is a call for this store, signed by you");
    out.line(&format!("HTTPS_PROXY={}", served.proxy));
    out.line(&format!("SSL_CERT_FILE={}", ca.display()));
    out.object(json!({ "proxy": served.proxy, "ca": ca }));
    std::io::stdout().flush()?;
    tokio::signal::ctrl_c().await?;
    Ok(Exit::Done)
}
