//! Who this vault is, to a caller and to the registry.

use alloy_primitives::{Address, B256};

/// What a call must be addressed to, and what the registry is asked as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// `StoreRegistry`.
    pub registry: Address,
    /// keccak256 of the registry's runtime code. Checked at both heads.
    pub registry_code_hash: B256,
    /// Vault id.
    pub vault_id: B256,
    /// keccak256(PCR0 || PCR1 || PCR2).
    pub image: B256,
    /// SHA-256 of the OHTTP key configuration that requests are sealed to.
    pub enclave: [u8; 32],
}
