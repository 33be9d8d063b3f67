//! Proofs of what a Merkle-Patricia trie holds under a key, or that it holds nothing (yellow paper, appendix D; EIP-1186).
//!
//! Absence is proven in three ways only: the trie is empty, the branch has no child where the key goes on, or a leaf or an
//! extension leads elsewhere. A path that ends because the nodes ran out proves nothing.
use sha3::{Digest, Keccak256};

use crate::RlpError;
use crate::rlp::{self, Item, Items};

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
    /// A node is not canonical RLP.
    #[error("node is malformed: {0}")]
    Rlp(#[from] RlpError),
    /// A node is no branch, extension or leaf of a trie whose keys have one length.
    #[error("node is none of this trie")]
    Node,
}

/// Keccak-256 of the encoding of nothing: root of a trie that is empty.
pub(crate) const EMPTY_ROOT: [u8; 32] = [
    0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45, 0xe6, 0x92, 0xc0, 0xf8, 0x6e, 0x5b, 0x48, 0xe0, 0x1b, 0x99,
    0x6c, 0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21,
];

pub(crate) fn keccak(bytes: &[u8]) -> [u8; 32] {
    Keccak256::digest(bytes).into()
}

/// What stands under `key` (already hashed) in the trie with this root; `None` is proven absence.
pub(crate) fn prove<'a>(root: &[u8; 32], key: &[u8], nodes: &[&'a [u8]]) -> Result<Option<&'a [u8]>, TrieError> {
    let mut nodes = nodes.iter();
    let found = if *root == EMPTY_ROOT { empty(&mut nodes)? } else { walk(*root, key, &mut nodes)? };
    // A node behind the end was not checked by anything.
    if nodes.next().is_some() {
        return Err(TrieError::Extra);
    }
    Ok(found)
}

/// An empty trie needs no node; some nodes send the encoding of nothing.
fn empty<'a, 'b>(nodes: &mut impl Iterator<Item = &'b &'a [u8]>) -> Result<Option<&'a [u8]>, TrieError>
where
    'a: 'b,
{
    match nodes.next() {
        None | Some(&[0x80]) => Ok(None),
        Some(_) => Err(TrieError::Hash),
    }
}

fn walk<'a, 'b>(root: [u8; 32], key: &[u8], nodes: &mut impl Iterator<Item = &'b &'a [u8]>) -> Result<Option<&'a [u8]>, TrieError>
where
    'a: 'b,
{
    let path = nibbles(key);
    let mut rest = path.as_slice();
    let mut child = Child::Hash(root);
    loop {
        let items = match child {
            Child::Empty => return Ok(None),
            Child::Inline(payload) => Items::new(payload),
            Child::Hash(hash) => {
                let node = nodes.next().ok_or(TrieError::Truncated)?;
                if keccak(node) != hash {
                    return Err(TrieError::Hash);
                }
                rlp::list(node)?
            }
        };
        // Every turn takes at least one nibble off `rest`, so the loop ends.
        match Node::read(items)? {
            Node::Branch(children) => {
                let (nibble, after) = rest.split_first().ok_or(TrieError::Node)?;
                child = children.into_iter().nth(usize::from(*nibble)).ok_or(TrieError::Node)?;
                rest = after;
            }
            Node::Extension(path, next) => {
                if path.len() >= rest.len() {
                    return Err(TrieError::Node);
                }
                let Some(after) = rest.strip_prefix(path.as_slice()) else {
                    return Ok(None);
                };
                child = next;
                rest = after;
            }
            Node::Leaf(path, value) => {
                if path.len() != rest.len() {
                    return Err(TrieError::Node);
                }
                return Ok((path == rest).then_some(value));
            }
        }
    }
}

/// A reference to a node.
enum Child<'a> {
    Empty,
    Hash([u8; 32]),
    /// Members of a node that is encoded in less than 32 bytes and stands in its parent.
    Inline(&'a [u8]),
}

enum Node<'a> {
    Branch(Vec<Child<'a>>),
    Extension(Vec<u8>, Child<'a>),
    Leaf(Vec<u8>, &'a [u8]),
}

impl<'a> Child<'a> {
    fn read(item: Item<'a>) -> Result<Self, TrieError> {
        match item {
            Item::String([]) => Ok(Self::Empty),
            Item::String(bytes) => bytes.try_into().map(Self::Hash).map_err(|_| TrieError::Node),
            Item::List { payload, encoded } if encoded < 32 => Ok(Self::Inline(payload)),
            Item::List { .. } => Err(TrieError::Node),
        }
    }
}

impl<'a> Node<'a> {
    fn read(items: Items<'a>) -> Result<Self, TrieError> {
        let mut items = items;
        let first = items.next()?;
        let second = items.next()?;
        if items.is_empty() {
            return Self::short(first.string()?, second);
        }
        let mut children = vec![Child::read(first)?, Child::read(second)?];
        for _ in 0..14 {
            children.push(Child::read(items.next()?)?);
        }
        // Keys of one length never end in a branch.
        if !items.next()?.string()?.is_empty() {
            return Err(TrieError::Node);
        }
        items.finish()?;
        Ok(Self::Branch(children))
    }

    /// A leaf or an extension, told apart by the first nibble of the hex-prefix encoding.
    fn short(encoded: &[u8], second: Item<'a>) -> Result<Self, TrieError> {
        let all = nibbles(encoded);
        let (flag, path) = match all.as_slice() {
            [flag @ (0 | 2), 0, path @ ..] | [flag @ (1 | 3), path @ ..] => (*flag, path.to_vec()),
            _ => return Err(TrieError::Node),
        };
        if flag >= 2 {
            let value = second.string()?;
            if value.is_empty() {
                return Err(TrieError::Node);
            }
            return Ok(Self::Leaf(path, value));
        }
        match Child::read(second)? {
            Child::Empty => Err(TrieError::Node),
            child if !path.is_empty() => Ok(Self::Extension(path, child)),
            Child::Hash(_) | Child::Inline(_) => Err(TrieError::Node),
        }
    }
}

fn nibbles(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().flat_map(|byte| [byte / 16, byte % 16]).collect()
}

#[cfg(test)]
mod tests;
