//! Writing the ledger's newest root to the chain: whoever pays the gas may.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use anyhow::{Context, Result, ensure};
use contracts_bindings::VaultRegistry::{self, advanceCall, claimWriterCall, stateOfCall};
use protocol::anchor::{anchor_digest, verify};

use crate::chain::Node;
use crate::connection::Connection;
use crate::keys::AccountKey;
use crate::verify::Serving;

fn key(xy: &[u8; 64]) -> VaultRegistry::P256Key {
    let (x, y) = xy.split_at(32);
    VaultRegistry::P256Key { x: B256::from_slice(x), y: B256::from_slice(y) }
}

fn signature(rs: &[u8; 64]) -> VaultRegistry::P256Sig {
    let (r, s) = rs.split_at(32);
    VaultRegistry::P256Sig { r: B256::from_slice(r), s: B256::from_slice(s) }
}

impl Connection {
    /// Creates the vault on chain from a verified genesis. The sender must be the constitution's admin.
    ///
    /// # Errors
    /// The transaction fails.
    pub async fn create_vault(
        &self,
        node: &Node,
        admin: &AccountKey,
        genesis: &crate::verify::GenesisDocument,
        guardian: Address,
        delay: u64,
    ) -> Result<u64> {
        ensure!(
            admin.address() == Address::from(self.constitution.admin),
            "only the constitution's admin {} can create the vault; this key is {}",
            Address::from(self.constitution.admin),
            admin.address()
        );
        let call = VaultRegistry::createVaultCall {
            constitution: self.constitution.digest(),
            vaultKey: key(&genesis.data.vault_key),
            rootCommitment: B256::from(*genesis.data.root_commitment),
            image: self.image_id()?,
            guardian,
            delay: alloy_primitives::aliases::U40::from(delay),
            sig: signature(&genesis.data.create_signature),
        };
        let registry = Address::from(self.constitution.vault_registry.address);
        Ok(node.transact(self.constitution.network.chain_id(), admin, registry, call.abi_encode()).await?.block)
    }

    /// Claims the writer if it is a new one, then anchors the ledger's size and root. Returns the anchored size.
    ///
    /// # Errors
    /// The statement is not the verified writer's, or a transaction fails.
    pub async fn anchor(&self, node: &Node, payer: &AccountKey, serving: &Serving) -> Result<u64> {
        let statement = self.anchor_statement().await?;
        ensure!(*statement.writer == *serving.data.writer_key, "the host shows an anchor of another writer");
        let chain_id = self.constitution.network.chain_id();
        let registry = Address::from(self.constitution.vault_registry.address);
        let digest =
            anchor_digest(chain_id, registry, self.vault_id, statement.epoch, statement.size, B256::from(*statement.root));
        verify(&statement.writer, &digest, &statement.signature).context("the writer did not sign this anchor")?;
        let on_chain = node.view(registry, &stateOfCall { vault: self.vault_id }.abi_encode()).await?;
        let on_chain = stateOfCall::abi_decode_returns_validate(&on_chain)?;
        if on_chain.epoch < statement.epoch {
            let claim = claimWriterCall {
                vault: self.vault_id,
                writer: key(&statement.writer),
                size: statement.claim_size,
                root: B256::from(*statement.claim_root),
                sig: signature(&statement.claim_signature),
            };
            node.transact(chain_id, payer, registry, claim.abi_encode()).await?;
        }
        let anchored = node.view(registry, &stateOfCall { vault: self.vault_id }.abi_encode()).await?;
        let anchored = stateOfCall::abi_decode_returns_validate(&anchored)?.size;
        if anchored < statement.size {
            let advance = advanceCall {
                vault: self.vault_id,
                size: statement.size,
                root: B256::from(*statement.root),
                sig: signature(&statement.signature),
            };
            node.transact(chain_id, payer, registry, advance.abi_encode()).await?;
        }
        Ok(statement.size)
    }

    /// Whether the served log extends the chain's anchor; `None` if nothing is anchored.
    ///
    /// # Errors
    /// It does not, or the node can't be asked.
    pub async fn check_anchor(&self, node: &Node, serving: &Serving) -> Result<Option<u64>> {
        let registry = Address::from(self.constitution.vault_registry.address);
        let state = node.view(registry, &stateOfCall { vault: self.vault_id }.abi_encode()).await?;
        let state = stateOfCall::abi_decode_returns_validate(&state)?;
        ensure!(
            state.rootCommitment == B256::from(*serving.data.root_commitment),
            "the chain's root commitment is not the attested one"
        );
        if state.size == 0 {
            return Ok(None);
        }
        let root = self.root_at(serving, state.size).await?;
        ensure!(root == state.root.0, "the served ledger does not extend the chain's anchor");
        Ok(Some(state.size))
    }
}
