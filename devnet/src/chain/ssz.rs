//! SSZ hash trees, as far as a light client's objects need them. Written apart from the `chain` crate, on purpose.

use sha2::{Digest, Sha256};

pub(super) type Root = [u8; 32];

pub(super) fn sha256(parts: &[&[u8]]) -> Root {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

pub(super) fn hash(left: &Root, right: &Root) -> Root {
    sha256(&[left, right])
}

/// `uint64` as a leaf.
pub(super) fn uint(value: u64) -> Root {
    leaf(&value.to_le_bytes())
}

/// At most 32 bytes as a leaf, padded behind.
pub(super) fn leaf(bytes: &[u8]) -> Root {
    let mut root = [0; 32];
    root[..bytes.len()].copy_from_slice(bytes);
    root
}

pub(super) fn chunks(bytes: &[u8]) -> Vec<Root> {
    bytes.chunks(32).map(leaf).collect()
}

/// The root over 2^`depth` leaves of which the given ones come first and the rest are zero.
pub(super) fn merkleize(leaves: &[Root], depth: u32) -> Root {
    let mut layer = leaves.to_vec();
    let mut zero = [0; 32];
    for _ in 0..depth {
        if layer.len() % 2 == 1 {
            layer.push(zero);
        }
        layer = layer.chunks(2).map(|pair| hash(&pair[0], &pair[1])).collect();
        zero = hash(&zero, &zero);
    }
    layer.first().copied().unwrap_or(zero)
}

pub(super) fn mix_in_length(root: &Root, length: usize) -> Root {
    hash(root, &uint(length as u64))
}

/// `ByteList[32 * 2^depth]`.
pub(super) fn byte_list(bytes: &[u8], depth: u32) -> Root {
    mix_in_length(&merkleize(&chunks(bytes), depth), bytes.len())
}

/// A whole tree, by generalized index.
pub(super) struct Tree {
    nodes: Vec<Root>,
}

impl Tree {
    /// Pads with zero leaves to the next power of two.
    pub(super) fn new(leaves: &[Root]) -> Self {
        let width = leaves.len().next_power_of_two();
        let mut nodes = vec![[0; 32]; 2 * width];
        nodes[width..width + leaves.len()].copy_from_slice(leaves);
        for index in (1..width).rev() {
            nodes[index] = hash(&nodes[2 * index], &nodes[2 * index + 1]);
        }
        Self { nodes }
    }

    pub(super) fn root(&self) -> Root {
        self.nodes[1]
    }

    /// The siblings from a node up to the root.
    pub(super) fn branch(&self, gindex: usize) -> Vec<Root> {
        let mut at = gindex;
        let mut branch = Vec::new();
        while at > 1 {
            branch.push(self.nodes[at ^ 1]);
            at /= 2;
        }
        branch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_branch_leads_to_the_root() {
        let leaves: Vec<Root> = (0..13).map(uint).collect();
        let tree = Tree::new(&leaves);
        assert_eq!(tree.root(), merkleize(&leaves, 4));
        for (index, leaf) in leaves.iter().enumerate() {
            let mut node = *leaf;
            for (level, sibling) in tree.branch(16 + index).iter().enumerate() {
                node = if (index >> level) & 1 == 1 { hash(sibling, &node) } else { hash(&node, sibling) };
            }
            assert_eq!(node, tree.root());
        }
    }

    #[test]
    fn an_empty_list_is_the_zero_subtree_of_its_depth() {
        assert_eq!(merkleize(&[], 1), hash(&[0; 32], &[0; 32]));
        assert_eq!(merkleize(&[], 5), merkleize(&[[0; 32]], 5));
    }
}
