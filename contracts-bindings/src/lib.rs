//! Rust view of the contracts: ABI types, bytecode, code hashes, and every administrative transaction.
//!
//! The types come from the compiled artifacts in `contracts/artifacts`, so they are what the deployed code speaks. The Solidity sources stand
//! beside them; `node contracts/build.mjs --check` shows that the artifacts are theirs. What Solidity knows and its ABI does not (enums, how
//! a store's id is made, how a rule is written, how grants make a tree) is spelled out here.
//!
//! Out of scope: what is signed for `VaultRegistry` (`protocol::anchor`), running the contracts (`policy`), proving their state (`chain`) and
//! sending transactions (`client`).

pub mod admin;
mod class;
mod generated;
mod grant_tree;
mod revert;
mod rule;
mod store;
mod transaction;

use alloy_primitives::{B256, keccak256};

pub use class::{Class, Status, UnknownClass, UnknownStatus};
pub use generated::{StoreAccessPolicy, StoreRegistry, VaultRegistry};
pub use grant_tree::GrantTree;
pub use revert::revert_reason;
pub use rule::{rule, rule_text};
pub use store::store_id;
pub use transaction::Transaction;

/// The types of [`StoreRegistry::authorizeCall`]: the ones to name when no contract in particular is meant.
pub mod registry {
    pub use crate::StoreRegistry::{Decision, Limit, Param, PortfolioState, Request, StoreRef, StoreState, Subject};
}

/// What [`StoreAccessPolicy::grantCall`] takes.
pub mod grants {
    pub use crate::generated::IStoreAccessPolicyAdmin::{Constraint, Grant};
}

/// Gas of the one call the enclave runs: `StoreRegistry.AUTHORIZE_GAS`.
pub const AUTHORIZE_GAS: u64 = 5_000_000;

/// keccak256 of a contract's runtime code, such as [`StoreRegistry::DEPLOYED_BYTECODE`]: the code hash of its account once deployed.
///
/// No contract here has immutables, so every deployment has the same.
#[must_use]
pub fn runtime_code_hash(deployed_bytecode: &[u8]) -> B256 {
    keccak256(deployed_bytecode)
}
