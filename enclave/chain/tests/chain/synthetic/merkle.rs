//! Trees of SHA-256 over a power of two of leaves.

use sha2::{Digest, Sha256};

use super::Hash;

pub(super) fn pair(left: &Hash, right: &Hash) -> Hash {
    Sha256::digest([left.as_slice(), right].concat()).into()
}

/// Layers of a tree over a power of two of leaves, leaves first.
pub(super) fn layers(leaves: Vec<Hash>) -> Vec<Vec<Hash>> {
    assert!(leaves.len().is_power_of_two());
    let mut layers = vec![leaves];
    while layers.last().unwrap().len() > 1 {
        let next = layers.last().unwrap().chunks(2).map(|nodes| pair(&nodes[0], &nodes[1])).collect();
        layers.push(next);
    }
    layers
}

pub(super) fn root(leaves: Vec<Hash>) -> Hash {
    layers(leaves).last().unwrap()[0]
}

pub(super) fn branch(leaves: Vec<Hash>, index: usize) -> Vec<Hash> {
    let layers = layers(leaves);
    layers[..layers.len() - 1].iter().enumerate().map(|(height, layer)| layer[(index >> height) ^ 1]).collect()
}

pub(super) fn leaf(bytes: &[u8]) -> Hash {
    let mut leaf = [0; 32];
    leaf[..bytes.len()].copy_from_slice(bytes);
    leaf
}

pub(super) fn number(value: u64) -> Hash {
    leaf(&value.to_le_bytes())
}
