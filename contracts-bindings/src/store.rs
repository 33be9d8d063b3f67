//! Store ids.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolValue;

/// A store's id: `keccak256(abi.encode(chainid, registry, origin, salt))`, as `StoreRegistry.storeId` has it.
///
/// `origin` is the portfolio the store was made in. Salt 0 is the portfolio itself.
#[must_use]
pub fn store_id(chain_id: u64, registry: Address, origin: u64, salt: B256) -> B256 {
    keccak256((U256::from(chain_id), registry, origin, salt).abi_encode())
}
