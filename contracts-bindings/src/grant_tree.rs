//! Grants that stand on chain as one Merkle root and are shown, one at a time, by the caller.

use alloy_primitives::{B256, keccak256};
use alloy_sol_types::SolValue;

use crate::grants::Grant;

/// A tree of grants, as `StoreAccessPolicy.setGrantRoot` takes its root.
///
/// A leaf is `keccak256(abi.encode(grant, salt))`; a node is the hash of its two children, the smaller first, and an odd one is carried up. The salt
/// keeps a grant private: without it nobody can tell from the root what was granted. Equal grants under different salts have a limit each.
#[derive(Clone, Debug)]
pub struct GrantTree {
    grants: Vec<(Grant, B256)>,
    /// Leaves first, the root last.
    levels: Vec<Vec<B256>>,
}

impl GrantTree {
    /// The tree of these grants with their salts; `None` if there is none.
    #[must_use]
    pub fn new(grants: Vec<(Grant, B256)>) -> Option<Self> {
        let mut level: Vec<B256> = grants.iter().map(|(grant, salt)| leaf(grant, *salt)).collect();
        if level.is_empty() {
            return None;
        }
        let mut levels = Vec::new();
        while level.len() > 1 {
            let above = level.chunks(2).map(node).collect();
            levels.push(core::mem::replace(&mut level, above));
        }
        levels.push(level);
        Some(Self { grants, levels })
    }

    /// What goes on chain.
    #[must_use]
    pub fn root(&self) -> B256 {
        self.levels.last().and_then(|level| level.first()).copied().unwrap_or_default()
    }

    /// What the caller of the grant at this place puts into a request: `abi.encode(grant, salt, proof)`.
    #[must_use]
    pub fn evidence(&self, index: usize) -> Option<Vec<u8>> {
        let (grant, salt) = self.grants.get(index)?;
        let proof: Vec<B256> = self
            .levels
            .iter()
            .enumerate()
            .filter_map(|(height, level)| level.get((index.checked_shr(u32::try_from(height).ok()?)?) ^ 1).copied())
            .collect();
        Some((grant.clone(), *salt, proof).abi_encode_params())
    }
}

fn leaf(grant: &Grant, salt: B256) -> B256 {
    keccak256((grant.clone(), salt).abi_encode_params())
}

fn node(children: &[B256]) -> B256 {
    match children {
        [left, right] if left <= right => keccak256([left.0, right.0].concat()),
        [left, right] => keccak256([right.0, left.0].concat()),
        [only] => *only,
        _ => B256::ZERO,
    }
}
