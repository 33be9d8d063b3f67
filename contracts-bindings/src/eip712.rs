//! What is signed for `VaultRegistry`, as its contract hashes it.

use alloy_primitives::Address;
use alloy_sol_types::{Eip712Domain, eip712_domain, sol};

sol! {
    /// The vault key's consent to a new vault.
    #[derive(Debug, PartialEq, Eq)]
    struct CreateVault {
        bytes32 vault;
        bytes32 constitution;
        bytes32 rootCommitment;
    }

    /// The vault key hands the ledger to a writer key, from the state (size, root) on. `epoch` is the chain's plus one.
    #[derive(Debug, PartialEq, Eq)]
    struct ClaimWriter {
        bytes32 vault;
        uint64 epoch;
        bytes32 x;
        bytes32 y;
        uint64 size;
        bytes32 root;
    }

    /// The writer key states the ledger's size and root.
    #[derive(Debug, PartialEq, Eq)]
    struct Anchor {
        bytes32 vault;
        uint64 epoch;
        uint64 size;
        bytes32 root;
    }
}

/// {"PST Vault Registry", "1", chain id, the `VaultRegistry`'s address}.
#[must_use]
pub const fn vault_registry_domain(chain_id: u64, registry: Address) -> Eip712Domain {
    eip712_domain! {
        name: "PST Vault Registry", version: "1", chain_id: chain_id, verifying_contract: registry,
    }
}
