//! SHA-256 Merkle trees of SSZ (consensus-specs `ssz/simple-serialize.md`, `ssz/merkle-proofs.md`).
use alloc::vec::Vec;

use sha2::{Digest, Sha256};

/// A node of a tree.
pub(crate) type Node = [u8; 32];

/// The parent of two nodes.
pub(crate) fn pair(left: &Node, right: &Node) -> Node {
    Sha256::new().chain_update(left).chain_update(right).finalize().into()
}

/// Root of `leaves` padded with zero leaves to two to the power of `depth`. `depth` is at least what the leaves need.
pub(crate) fn root(leaves: Vec<Node>, depth: u32) -> Node {
    let mut layer = leaves;
    let mut padding = [0; 32];
    for _ in 0..depth {
        layer = layer
            .chunks(2)
            .map(|nodes| match nodes {
                [left, right] => pair(left, right),
                [left] => pair(left, &padding),
                _ => padding,
            })
            .collect();
        padding = pair(&padding, &padding);
    }
    layer.first().copied().unwrap_or(padding)
}

/// A number as a leaf.
pub(crate) fn number(value: u64) -> Node {
    padded(&value.to_le_bytes())
}

/// The number that a leaf is.
pub(crate) fn read_number(leaf: &Node) -> Option<u64> {
    let (number, zeros) = leaf.split_first_chunk()?;
    zeros.iter().all(|byte| *byte == 0).then(|| u64::from_le_bytes(*number))
}

/// Up to 32 bytes as a leaf, zeros behind.
pub(crate) fn padded(bytes: &[u8]) -> Node {
    let mut node = [0; 32];
    for (to, from) in node.iter_mut().zip(bytes) {
        *to = *from;
    }
    node
}

/// Root of a vector of nodes.
pub(crate) fn vector(nodes: &[Node]) -> Node {
    let mut depth = 0;
    while 1_usize.checked_shl(depth).is_some_and(|width| width < nodes.len()) {
        depth = depth.saturating_add(1);
    }
    root(nodes.to_vec(), depth)
}

/// Where a leaf stands in a tree: consensus-specs generalized index `2^depth + index`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) depth: usize,
    pub(crate) index: u64,
}

impl Place {
    /// Whether `branch` connects `leaf` at this place with `root`. A branch of another length does not.
    pub(crate) fn holds(&self, leaf: &Node, branch: &[Node], root: &Node) -> bool {
        branch.len() == self.depth && Self::fold(self.index, leaf, branch) == *root
    }

    /// The node that `branch` leads to from `leaf`.
    pub(crate) fn fold(index: u64, leaf: &Node, branch: &[Node]) -> Node {
        let mut index = index;
        let mut node = *leaf;
        for sibling in branch {
            node = if index % 2 == 1 { pair(sibling, &node) } else { pair(&node, sibling) };
            index /= 2;
        }
        node
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn pads_with_zero_subtrees() {
        let leaf = [1; 32];
        let zero = [0; 32];
        let expected = pair(&pair(&leaf, &zero), &pair(&zero, &zero));
        assert_eq!(root(vec![leaf], 2), expected);
        assert_eq!(root(vec![leaf, zero, zero, zero], 2), expected);
        assert_eq!(root(vec![], 1), pair(&zero, &zero));
    }

    #[test]
    fn a_branch_holds_at_its_own_place_only() {
        let leaves: Vec<Node> = (0..16).map(|n| [n; 32]).collect();
        let top = root(leaves.clone(), 4);
        let half = |at: usize, size: u32| root(leaves[at..at + (1 << size)].to_vec(), size);
        let branch = [leaves[8], half(10, 1), half(12, 2), half(0, 3)];
        let place = Place { depth: 4, index: 9 };
        assert!(place.holds(&leaves[9], &branch, &top));
        assert!(!place.holds(&leaves[8], &branch, &top));
        assert!(!Place { index: 8, ..place }.holds(&leaves[9], &branch, &top));
        assert!(!Place { depth: 3, index: 1 }.holds(&leaves[9], &branch, &top));
        assert!(!place.holds(&leaves[9], &branch[..3], &top));
        let mut other = branch;
        other[3][0] ^= 1;
        assert!(!place.holds(&leaves[9], &other, &top));
    }
}
