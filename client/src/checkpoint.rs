//! Signing a weak-subjectivity checkpoint: which beacon block a boot may start from.

use alloy_primitives::{Address, B256};
use anyhow::{Context, Result, ensure};
use protocol::attested::{Checkpoint, SignedCheckpoint, VERSION, checkpoint_digest};
use protocol::cbor;
use serde_json::Value;

use crate::connection::Connection;
use crate::keys::AccountKey;

impl Connection {
    /// Signs a checkpoint with one signer's key.
    ///
    /// # Errors
    /// The key is not one of the constitution's checkpoint signers.
    pub fn sign_checkpoint(&self, key: &AccountKey, checkpoint: Checkpoint) -> Result<SignedCheckpoint> {
        let signers = &self.constitution.checkpoint_signers.signers;
        ensure!(
            signers.iter().any(|signer| signer.as_slice() == key.address().as_slice()),
            "{} is not one of the constitution's checkpoint signers",
            key.address()
        );
        let digest = checkpoint_digest(
            self.constitution.network.chain_id(),
            Address::from(self.constitution.store_registry.address),
            self.vault_id,
            &checkpoint,
        );
        Ok(SignedCheckpoint { version: VERSION, checkpoint, signatures: vec![key.sign(&digest).to_vec().into()] })
    }

    /// Gives a signed checkpoint to the vault.
    ///
    /// # Errors
    /// The vault refuses it.
    pub async fn give_checkpoint(&self, signed: &SignedCheckpoint) -> Result<()> {
        self.send_checkpoint(&cbor::encode(signed)).await
    }
}

/// The finalized block of a beacon node that the signer trusts.
///
/// # Errors
/// The node can't be reached or answers something else.
pub async fn finalized_block(beacon: &str) -> Result<Checkpoint> {
    let url = format!("{}/eth/v1/beacon/headers/finalized", beacon.trim_end_matches('/'));
    let answer: Value =
        reqwest::get(&url).await.with_context(|| format!("can't reach the beacon node at {beacon}"))?.json().await?;
    let data = answer.get("data").context("the beacon node's answer has no data")?;
    let root: B256 = data.get("root").and_then(Value::as_str).context("no block root")?.parse()?;
    let slot: u64 = data
        .pointer("/header/message/slot")
        .and_then(Value::as_str)
        .context("no slot")?
        .parse()
        .context("the slot is no number")?;
    Ok(Checkpoint { slot, root: root.0.into() })
}
