//! Proofs of what a Merkle-Patricia trie holds under a key, or that it holds nothing (yellow paper, appendix D; EIP-1186).
//!
//! Absence is proven in three ways only: the trie is empty, the branch has no child where the key goes on, or a leaf or an
//! extension leads elsewhere. A path that ends because the nodes ran out proves nothing. A node that stands in its parent
//! (less than 32 bytes) may be listed on its own as well, byte for byte: some nodes' `eth_getProof` does it, some don't.
mod nibbles;
mod node;

use alloc::collections::BTreeMap;

use sha3::{Digest, Keccak256};

use self::nibbles::Nibbles;
use self::node::{Child, Node};
use crate::RlpError;
use crate::rlp::{self, Items};

/// Why nodes are no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrieError {
    /// The nodes end before the key's place is reached.
    #[error("proof ends before the key's place")]
    Truncated,
    /// A node is not the one that its parent (or the root) names.
    #[error("node does not have the hash that its parent names")]
    Hash,
    /// Nodes are left over.
    #[error("nodes are left over")]
    Extra,
    /// A node is longer than any of a trie whose keys are hashes and whose values are accounts or slots.
    #[error("node is longer than any of this trie")]
    Length,
    /// A node is not canonical RLP.
    #[error("node is malformed: {0}")]
    Rlp(#[from] RlpError),
    /// A node is no branch, extension or leaf that stands here in a trie of these keys.
    #[error("node is none of this trie")]
    Node,
}

/// Keccak-256 of the encoding of nothing: root of a trie that is empty.
pub(crate) const EMPTY_ROOT: [u8; 32] = [
    0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e, 0x5b, 0x48, 0xe0, 0x1b, 0x99,
    0x6c, 0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21,
];

/// Bytes of a branch with 16 hashes, the longest node where values are accounts or slots.
const MAX_NODE: usize = 532;

pub(crate) fn keccak(bytes: &[u8]) -> [u8; 32] {
    Keccak256::digest(bytes).into()
}

/// What the keys of a trie have in common.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// They are hashes: all end in leaves, and a branch holds no value.
    Hashes,
    /// They have any lengths: a branch can hold the value of a key that ends there.
    Any,
}

/// Nodes whose hash was checked under one root, so that those which several proofs share are sent and hashed once.
pub(crate) struct Checked<'a> {
    nodes: BTreeMap<[u8; 32], &'a [u8]>,
    keep: bool,
}

impl<'a> Checked<'a> {
    /// Nothing is kept for a single proof: it has no node twice.
    pub(crate) const fn for_proofs(count: usize) -> Self {
        Self { nodes: BTreeMap::new(), keep: count > 1 }
    }

    fn known(&self, hash: &[u8; 32]) -> Option<&'a [u8]> {
        self.nodes.get(hash).copied()
    }

    fn is(&mut self, node: &'a [u8], hash: &[u8; 32]) -> bool {
        let is = keccak(node) == *hash;
        if is && self.keep {
            self.nodes.insert(*hash, node);
        }
        is
    }
}

/// What stands under `key` (already hashed) in the state or storage trie with this root; `None` is proven absence.
pub(crate) fn prove<'a>(
    root: &[u8; 32],
    key: &[u8; 32],
    nodes: &[&'a [u8]],
    checked: &mut Checked<'a>,
) -> Result<Option<&'a [u8]>, TrieError> {
    if nodes.iter().any(|node| node.len() > MAX_NODE) {
        return Err(TrieError::Length);
    }
    Walk { keys: Keys::Hashes, nodes, checked }.prove(root, key)
}

/// What stands under `key` in any Merkle-Patricia trie with this root; `None` is proven absence. `nodes` go from the root down.
///
/// Keys may have any lengths, except that nothing is claimed about a key that is the beginning of longer ones and has no
/// value of its own. State is read through [`crate::ProvenState`]; this is for other tries, and for comparing with other implementations.
///
/// # Errors
/// When the nodes prove neither presence nor absence, or are more than that takes.
pub fn prove_in_trie<'a>(root: &[u8; 32], key: &[u8], nodes: &[&'a [u8]]) -> Result<Option<&'a [u8]>, TrieError> {
    Walk { keys: Keys::Any, nodes, checked: &mut Checked::for_proofs(1) }.prove(root, key)
}

/// A walk from the root to a key's place.
struct Walk<'w, 'a> {
    keys: Keys,
    /// Nodes that are not used yet.
    nodes: &'w [&'a [u8]],
    checked: &'w mut Checked<'a>,
}

impl<'a> Walk<'_, 'a> {
    fn prove(mut self, root: &[u8; 32], key: &[u8]) -> Result<Option<&'a [u8]>, TrieError> {
        let found = if *root == EMPTY_ROOT { self.empty()? } else { self.walk(root, key)? };
        // A node behind the end was not checked by anything.
        if self.nodes.is_empty() { Ok(found) } else { Err(TrieError::Extra) }
    }

    /// An empty trie needs no node; some nodes send the encoding of nothing.
    fn empty(&mut self) -> Result<Option<&'a [u8]>, TrieError> {
        match self.nodes.split_first() {
            None => Ok(None),
            Some((&[0x80], rest)) => {
                self.nodes = rest;
                Ok(None)
            }
            Some(_) => Err(TrieError::Hash),
        }
    }

    fn walk(&mut self, root: &[u8; 32], key: &[u8]) -> Result<Option<&'a [u8]>, TrieError> {
        let mut rest = Nibbles::of(key);
        let mut items = self.hashed(root)?;
        let mut below_extension = false;
        // Every turn takes at least one nibble off `rest`, so the loop ends.
        loop {
            let child = match Node::read(items, rest.first())? {
                Node::Branch { child, value } => {
                    if self.keys == Keys::Hashes && !value.is_empty() {
                        return Err(TrieError::Node);
                    }
                    let Some(after) = rest.skip(1) else {
                        return if value.is_empty() { Err(TrieError::Node) } else { Ok(Some(value)) };
                    };
                    rest = after;
                    below_extension = false;
                    child
                }
                // Two in a row, or a leaf below one, would be a second way to write the same trie.
                Node::Extension { .. } | Node::Leaf { .. } if below_extension => return Err(TrieError::Node),
                Node::Extension { path, child } => {
                    if !rest.starts_with(path) {
                        return self.elsewhere(path, rest, false);
                    }
                    rest =
                        rest.skip(path.len()).filter(|rest| self.keys == Keys::Any || !rest.is_empty()).ok_or(TrieError::Node)?;
                    below_extension = true;
                    child
                }
                Node::Leaf { path, value } if path.len() == rest.len() && rest.starts_with(path) => return Ok(Some(value)),
                Node::Leaf { path, value: _ } => return self.elsewhere(path, rest, true),
            };
            items = match child {
                Child::Empty => return Ok(None),
                Child::Hash(hash) => self.hashed(hash)?,
                Child::Inline { node, payload } => {
                    if let Some((_, after)) = self.nodes.split_first().filter(|(listed, _)| **listed == node) {
                        self.nodes = after;
                    }
                    Items::new(payload)
                }
            };
        }
    }

    /// The node that has this hash: one that an earlier proof brought, whether it is listed again or left out, or else the next.
    fn hashed(&mut self, hash: &[u8; 32]) -> Result<Items<'a>, TrieError> {
        if let Some(known) = self.checked.known(hash) {
            if let Some((_, after)) = self.nodes.split_first().filter(|(listed, _)| **listed == known) {
                self.nodes = after;
            }
            return Ok(rlp::list(known)?);
        }
        let (node, after) = self.nodes.split_first().ok_or(TrieError::Truncated)?;
        self.nodes = after;
        if self.checked.is(node, hash) { Ok(rlp::list(node)?) } else { Err(TrieError::Hash) }
    }

    /// Absence by a path that leads elsewhere, if such a path can stand here.
    fn elsewhere(&self, path: Nibbles<'_>, rest: Nibbles<'_>, leaf: bool) -> Result<Option<&'a [u8]>, TrieError> {
        let can_stand = match self.keys {
            // A leaf ends where every key ends, an extension before that.
            Keys::Hashes => {
                if leaf {
                    path.len() == rest.len()
                } else {
                    path.len() < rest.len()
                }
            }
            Keys::Any => !path.starts_with(rest),
        };
        if can_stand { Ok(None) } else { Err(TrieError::Node) }
    }
}

#[cfg(test)]
mod tests;
