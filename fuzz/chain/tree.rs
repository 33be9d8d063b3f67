//! Sparse Merkle trees by generalized index: whatever is not set is some constant, so that every branch has a root that fits.
use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

pub type Hash = [u8; 32];

pub fn pair(left: &Hash, right: &Hash) -> Hash {
    Sha256::digest([left.as_slice(), right].concat()).into()
}

/// Root of a power of two of leaves.
pub fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => [0; 32],
        [leaf] => *leaf,
        _ => root_of(leaves.chunks(2).map(|nodes| pair(&nodes[0], &nodes[1])).collect()),
    }
}

fn root_of(leaves: Vec<Hash>) -> Hash {
    root(&leaves)
}

/// Leaves filled up with zeros to a power of two.
pub fn container(mut leaves: Vec<Hash>) -> Hash {
    leaves.resize(leaves.len().next_power_of_two(), [0; 32]);
    root(&leaves)
}

pub fn leaf(bytes: &[u8]) -> Hash {
    let mut leaf = [0; 32];
    leaf[..bytes.len()].copy_from_slice(bytes);
    leaf
}

pub fn number(value: u64) -> Hash {
    leaf(&value.to_le_bytes())
}

#[derive(Default)]
pub struct Tree(pub BTreeMap<u64, Hash>);

impl Tree {
    pub fn node(&self, index: u64) -> Hash {
        if let Some(node) = self.0.get(&index) {
            return *node;
        }
        let below = |mut set: u64| {
            while set > index {
                set /= 2;
            }
            set == index
        };
        if self.0.keys().any(|set| below(*set)) {
            pair(&self.node(2 * index), &self.node(2 * index + 1))
        } else {
            [index.to_le_bytes()[0] | 1; 32]
        }
    }

    pub fn root(&self) -> Hash {
        self.node(1)
    }

    pub fn branch(&self, mut index: u64) -> Vec<u8> {
        let mut branch = vec![];
        while index > 1 {
            branch.extend(self.node(index ^ 1));
            index /= 2;
        }
        branch
    }
}
