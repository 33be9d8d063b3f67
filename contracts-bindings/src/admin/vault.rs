//! `VaultRegistry`.

use alloy_primitives::{Address, B256};

use super::seconds;
use crate::VaultRegistry;
use crate::VaultRegistry::{P256Key, P256Sig};
use crate::transaction::Transaction;

/// Makes transactions for the vault registry at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VaultAdmin(pub Address);

/// A vault as it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVault {
    /// SHA-256 of the constitution, as the vault id has it.
    pub constitution: B256,
    /// Signs writer claims.
    pub vault_key: P256Key,
    /// Compared at every unlock.
    pub root_commitment: B256,
    /// keccak256(PCR0 || PCR1 || PCR2); live at once.
    pub image: B256,
    /// Revokes images and vetoes resets; zero = none.
    pub guardian: Address,
    /// Seconds before an image or a reset holds; a week to a year.
    pub delay: u64,
    /// The vault key's, over `protocol::anchor::CreateVault`.
    pub signature: P256Sig,
}

impl VaultAdmin {
    /// By the admin whom the constitution names.
    #[must_use]
    pub fn create_vault(self, new: NewVault) -> Transaction {
        let NewVault { constitution, vault_key, root_commitment, image, guardian, delay, signature } = new;
        let call = VaultRegistry::createVaultCall {
            constitution,
            vaultKey: vault_key,
            rootCommitment: root_commitment,
            image,
            guardian,
            delay: seconds(delay),
            sig: signature,
        };
        Transaction::call(self.0, &call)
    }

    /// By the admin; live after the vault's delay. `release` is the digest of what was published about it.
    #[must_use]
    pub fn propose_image(self, vault: B256, image: B256, release: B256) -> Transaction {
        Transaction::call(self.0, &VaultRegistry::proposeImageCall { vault, image, release })
    }

    /// By admin or guardian, at once and for good.
    #[must_use]
    pub fn revoke_image(self, vault: B256, image: B256) -> Transaction {
        Transaction::call(self.0, &VaultRegistry::revokeImageCall { vault, image })
    }

    /// By anybody, with the writer key's signature over `protocol::anchor::Anchor`.
    #[must_use]
    pub fn advance(self, vault: B256, size: u64, root: B256, signature: P256Sig) -> Transaction {
        Transaction::call(self.0, &VaultRegistry::advanceCall { vault, size, root, sig: signature })
    }

    /// By anybody, with the vault key's signature over `protocol::anchor::ClaimWriter`.
    #[must_use]
    pub fn claim_writer(self, vault: B256, writer: P256Key, size: u64, root: B256, signature: P256Sig) -> Transaction {
        Transaction::call(self.0, &VaultRegistry::claimWriterCall { vault, writer, size, root, sig: signature })
    }

    /// By the admin; holds after the vault's delay. The ledger goes back to this size and root, and a writer has to be claimed anew.
    #[must_use]
    pub fn propose_reset(self, vault: B256, size: u64, root: B256) -> Transaction {
        Transaction::call(self.0, &VaultRegistry::proposeResetCall { vault, size, root })
    }

    /// By guardian or admin, before it holds.
    #[must_use]
    pub fn veto_reset(self, vault: B256) -> Transaction {
        Transaction::call(self.0, &VaultRegistry::vetoResetCall { vault })
    }
}
