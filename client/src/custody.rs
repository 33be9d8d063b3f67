//! Genesis and unlocking: what an operator does with a share.

use alloy_primitives::{Address, B256};
use anyhow::{Context, Result, bail, ensure};
use protocol::anchor::create_vault_digest;
use protocol::cbor;
use protocol::constitution::Custody;
use protocol::custody::{MemberKey, SealedShare, ShareContext, open_as_member, seal_share, shares_digest};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::connection::Connection;
use crate::verify::{GenesisDocument, Setup, random};

/// What a verified genesis gives: what goes on chain, and the shares.
#[derive(Debug)]
pub struct Genesis {
    /// The verified document.
    pub document: GenesisDocument,
    /// The shares, sealed to the custody members, in order.
    pub shares: Vec<SealedShare>,
}

impl Connection {
    /// Has the enclave make a root key, and verifies what it returns. `_setup` shows that the enclave was verified first.
    ///
    /// # Errors
    /// The output is not the verified enclave's.
    pub async fn genesis(&self, _setup: &Setup) -> Result<Genesis> {
        let output = self.genesis_output().await?;
        let document = self.genesis_document(&output.document)?;
        ensure!(
            *document.data.shares == shares_digest(&output.shares),
            "the host changed the shares: they are not those that the enclave attested"
        );
        let digest = create_vault_digest(
            self.constitution.network.chain_id(),
            Address::from(self.constitution.vault_registry.address),
            self.vault_id,
            self.constitution.digest(),
            B256::from(*document.data.root_commitment),
        );
        protocol::anchor::verify(&document.data.vault_key, &digest, &document.data.create_signature)
            .context("the vault key did not sign this vault's creation")?;
        Ok(Genesis { document, shares: output.shares })
    }

    /// Opens the member's share and seals it to the verified enclave's setup key.
    ///
    /// # Errors
    /// The share is not this member's or not this vault's, or the enclave refuses it.
    pub async fn unlock(&self, setup: &Setup, member: &MemberKey, sealed: &SealedShare) -> Result<()> {
        let Custody::Quorum { members, .. } = &self.constitution.custody;
        let listed = members.get(usize::from(sealed.index)).is_some_and(|listed| listed.as_slice() == member.public());
        if !listed {
            bail!("this member key is not the one that the constitution lists for share {}", sealed.index);
        }
        let share = open_as_member(member, sealed, &self.vault_id)
            .context("the share does not open with this member key for this vault")?;
        let context = ShareContext {
            vault_id: self.vault_id,
            settings: B256::from(*setup.data.settings),
            image: self.image_id()?,
            epoch: setup.data.custody_epoch,
            index: sealed.index,
            boot_id: *setup.data.boot_id,
        };
        let mut rng = ChaCha20Rng::from_seed(random()?);
        let message = seal_share(&setup.seal_to, member, &context, &share, &mut rng)?;
        self.send_share(&message).await
    }
}

/// A share file: canonical CBOR, hex.
///
/// # Errors
/// It is not one.
pub fn read_share(text: &str) -> Result<SealedShare> {
    let bytes = hex::decode(text.trim()).context("the share file is not hex")?;
    cbor::decode(&bytes, 4 << 10).context("the share file is malformed")
}

/// The content of a share file.
#[must_use]
pub fn write_share(share: &SealedShare) -> String {
    hex::encode(cbor::encode(share))
}
