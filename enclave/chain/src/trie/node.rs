//! One node of a Merkle-Patricia trie, read strictly: every member, not only the one that the key needs.
use super::TrieError;
use super::nibbles::Nibbles;
use crate::rlp::{Item, Items};

/// A reference to a node.
#[derive(Clone, Copy)]
pub(super) enum Child<'a> {
    Empty,
    Hash(&'a [u8; 32]),
    /// A node that is encoded in less than 32 bytes and stands in its parent.
    Inline {
        /// Its encoding.
        node: &'a [u8],
        /// Its members.
        payload: &'a [u8],
    },
}

pub(super) enum Node<'a> {
    Branch { child: Child<'a>, value: &'a [u8] },
    Extension { path: Nibbles<'a>, child: Child<'a> },
    Leaf { path: Nibbles<'a>, value: &'a [u8] },
}

impl<'a> Child<'a> {
    fn read(item: Item<'a>) -> Result<Self, TrieError> {
        match item {
            Item::String([]) => Ok(Self::Empty),
            Item::String(bytes) => bytes.try_into().map(Self::Hash).map_err(|_| TrieError::Node),
            Item::List { payload, encoded } if encoded.len() < 32 => Ok(Self::Inline { node: encoded, payload }),
            Item::List { .. } => Err(TrieError::Node),
        }
    }
}

impl<'a> Node<'a> {
    /// Reads a node's members. Of a branch, `nibble` names the child that is wanted.
    pub(super) fn read(mut items: Items<'a>, nibble: Option<u8>) -> Result<Self, TrieError> {
        let first = items.next()?;
        let second = items.next()?;
        if items.is_empty() { Self::short(first.string()?, second) } else { Self::branch([first, second], items, nibble) }
    }

    fn branch([first, second]: [Item<'a>; 2], mut items: Items<'a>, nibble: Option<u8>) -> Result<Self, TrieError> {
        let mut wanted = Child::Empty;
        let mut occupied = 0_u8;
        for index in 0..16 {
            let item = match index {
                0 => first,
                1 => second,
                _ => items.next()?,
            };
            let child = Child::read(item)?;
            if !matches!(child, Child::Empty) {
                occupied = occupied.saturating_add(1);
            }
            if nibble == Some(index) {
                wanted = child;
            }
        }
        let value = items.next()?.string()?;
        items.finish()?;
        // With a single way on, there would be a leaf or an extension here.
        if occupied.saturating_add(u8::from(!value.is_empty())) < 2 {
            return Err(TrieError::Node);
        }
        Ok(Self::Branch { child: wanted, value })
    }

    /// A leaf or an extension.
    fn short(encoded: &'a [u8], second: Item<'a>) -> Result<Self, TrieError> {
        let (path, leaf) = Nibbles::hex_prefix(encoded).ok_or(TrieError::Node)?;
        if leaf {
            let value = second.string()?;
            return if value.is_empty() { Err(TrieError::Node) } else { Ok(Self::Leaf { path, value }) };
        }
        match Child::read(second)? {
            child @ (Child::Hash(_) | Child::Inline { .. }) if !path.is_empty() => Ok(Self::Extension { path, child }),
            Child::Empty | Child::Hash(_) | Child::Inline { .. } => Err(TrieError::Node),
        }
    }
}
