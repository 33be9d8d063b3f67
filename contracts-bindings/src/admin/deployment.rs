//! The three contracts of a network.

use alloy_primitives::Address;
use alloy_sol_types::SolValue;

use crate::transaction::Transaction;
use crate::{StoreAccessPolicy, StoreRegistry, VaultRegistry};

/// Creates the contracts, in this order, from one account with nothing in between: each names the one before by its address.
///
/// The account that sends the creation of the store registry holds its breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// Who sends the three transactions.
    pub deployer: Address,
    /// The nonce of the first.
    pub nonce: u64,
}

/// Where the contracts are, or will be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// `VaultRegistry`.
    pub vault_registry: Address,
    /// `StoreRegistry`.
    pub store_registry: Address,
    /// `StoreAccessPolicy`.
    pub policy: Address,
}

impl Deployment {
    /// Where the contracts will be.
    #[must_use]
    pub fn addresses(&self) -> Addresses {
        let [vault_registry, store_registry, policy] =
            [0, 1, 2].map(|later| self.deployer.create(self.nonce.saturating_add(later)));
        Addresses { vault_registry, store_registry, policy }
    }

    /// The creations, in the order of their nonces.
    #[must_use]
    pub fn transactions(&self) -> [Transaction; 3] {
        let Addresses { vault_registry, store_registry, policy: _ } = self.addresses();
        [Self::vault_registry(), Self::store_registry(vault_registry), Self::policy(store_registry)]
    }

    /// Creates a `VaultRegistry`.
    #[must_use]
    pub fn vault_registry() -> Transaction {
        Transaction::creation(&VaultRegistry::BYTECODE, &[])
    }

    /// Creates a `StoreRegistry` whose images are those of this `VaultRegistry`.
    #[must_use]
    pub fn store_registry(vault_registry: Address) -> Transaction {
        Transaction::creation(&StoreRegistry::BYTECODE, &vault_registry.abi_encode())
    }

    /// Creates a reference policy for the portfolios of this `StoreRegistry`.
    #[must_use]
    pub fn policy(store_registry: Address) -> Transaction {
        Transaction::creation(&StoreAccessPolicy::BYTECODE, &store_registry.abi_encode())
    }
}
