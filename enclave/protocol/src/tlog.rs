//! The Merkle log: hashes and proofs of RFC 6962 section 2.1, tile paths of C2SP tlog-tiles.
//!
//! A leaf's hash is SHA-256(0x00 || leaf), a node's SHA-256(0x01 || left || right), the root of nothing SHA-256(""). Proofs are lists
//! of hashes from the leaf up. The enclave holds a [`Frontier`] only; whoever holds all hashes makes proofs.
//!
//! Out of scope: signatures over roots ([`crate::note`]) and what a leaf says ([`crate::ledger`]).

use sha2::{Digest, Sha256};

/// A hash of the log.
pub type Hash = [u8; 32];

/// Hashes in a full tile.
pub const TILE_WIDTH: u64 = 256;

/// Why a proof is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The index is not in a tree of that size, or the sizes are not in order.
    #[error("index or size is out of range")]
    Range,
    /// The proof is shorter or longer than the sizes ask for.
    #[error("proof has the wrong length")]
    Length,
    /// It leads to another root.
    #[error("proof leads to another root")]
    Root,
}

/// SHA-256(0x00 || leaf).
#[must_use]
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// SHA-256(0x01 || left || right).
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The roots of the complete subtrees of a log, largest first: one for each set bit of its size. Enough to append and to know the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// A frontier that was written down: there must be one peak for each set bit of `size`.
    #[must_use]
    pub fn from_parts(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (u32::try_from(peaks.len()) == Ok(size.count_ones())).then_some(Self { size, peaks })
    }

    /// Leaves so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Roots of the complete subtrees, largest first.
    #[must_use]
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Appends a leaf by its hash. `done(level, index, hash)` is told each node that this completes, from the leaf up.
    pub fn append(&mut self, leaf: Hash, mut done: impl FnMut(u32, u64, Hash)) {
        let (mut hash, mut level, mut index) = (leaf, 0_u32, self.size);
        done(level, index, hash);
        while index & 1 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = node_hash(&left, &hash);
            level = level.saturating_add(1);
            index >>= 1;
            done(level, index, hash);
        }
        self.peaks.push(hash);
        // 2^64 leaves don't happen; the sum is only written so that it can't be wrong silently.
        self.size = self.size.saturating_add(1);
    }

    /// The root.
    #[must_use]
    pub fn root(&self) -> Hash {
        match self.peaks.split_last() {
            None => Sha256::digest([]).into(),
            Some((last, rest)) => rest.iter().rev().fold(*last, |right, left| node_hash(left, &right)),
        }
    }
}

/// The inclusion path of the leaf that is appended next: the peaks before it, smallest first.
#[must_use]
pub fn path_of_last(before: &Frontier) -> Vec<Hash> {
    before.peaks.iter().rev().copied().collect()
}

/// The largest power of two below `size`, which is at least 2.
const fn split(size: u64) -> u64 {
    match size.saturating_sub(1).checked_ilog2() {
        Some(bit) => 1 << bit,
        None => 1,
    }
}

/// The hash of the leaves `from..to`, put together from complete nodes.
fn range(from: u64, to: u64, get: &impl Fn(u32, u64) -> Option<Hash>) -> Option<Hash> {
    let size = to.checked_sub(from)?;
    if size.is_power_of_two() {
        let level = size.trailing_zeros();
        return get(level, from >> level);
    }
    let middle = from.checked_add(split(size))?;
    // `middle` is strictly between the two, and each step halves at least one side: 64 levels at most.
    if middle >= to {
        return None;
    }
    Some(node_hash(&range(from, middle, get)?, &range(middle, to, get)?))
}

/// The path that proves leaf `index` in a log of `size`; `get(level, index)` gives the hashes of complete nodes.
#[must_use]
pub fn inclusion(index: u64, size: u64, get: &impl Fn(u32, u64) -> Option<Hash>) -> Option<Vec<Hash>> {
    if index >= size {
        return None;
    }
    let (mut from, mut to, mut path) = (0_u64, size, Vec::new());
    while to.checked_sub(from)? > 1 {
        let middle = from.checked_add(split(to.checked_sub(from)?))?;
        if index < middle {
            path.push(range(middle, to, get)?);
            to = middle;
        } else {
            path.push(range(from, middle, get)?);
            from = middle;
        }
    }
    path.reverse();
    Some(path)
}

/// The proof that the log of `new` extends the log of `old` (at least 1).
#[must_use]
pub fn consistency(old: u64, new: u64, get: &impl Fn(u32, u64) -> Option<Hash>) -> Option<Vec<Hash>> {
    if old == 0 || old > new {
        return None;
    }
    let (mut from, mut to, mut whole, mut path) = (0_u64, new, true, Vec::new());
    while old != to {
        let middle = from.checked_add(split(to.checked_sub(from)?))?;
        if old <= middle {
            path.push(range(middle, to, get)?);
            to = middle;
        } else {
            path.push(range(from, middle, get)?);
            from = middle;
            whole = false;
        }
    }
    if !whole {
        path.push(range(from, to, get)?);
    }
    path.reverse();
    Some(path)
}

/// Checks that `leaf` (its hash) is at `index` in the log of `size` with `root`: RFC 9162 section 2.1.3.2.
///
/// # Errors
/// [`ProofError`] names the rule.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, path: &[Hash], root: &Hash) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Range);
    }
    let (mut node, mut last, mut hash) = (index, size.saturating_sub(1), *leaf);
    for sibling in path {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Checks that the log of `new` extends the log of `old` (at least 1): RFC 9162 section 2.1.4.2.
///
/// # Errors
/// [`ProofError`] names the rule.
pub fn verify_consistency(old: u64, old_root: &Hash, new: u64, new_root: &Hash, proof: &[Hash]) -> Result<(), ProofError> {
    if old == 0 || old > new {
        return Err(ProofError::Range);
    }
    if old == new {
        if !proof.is_empty() {
            return Err(ProofError::Length);
        }
        return if old_root == new_root { Ok(()) } else { Err(ProofError::Root) };
    }
    let (first, rest) = match (old.is_power_of_two(), proof.split_first()) {
        (true, _) => (old_root, proof),
        (false, Some((first, rest))) => (first, rest),
        (false, None) => return Err(ProofError::Length),
    };
    let (mut node, mut last) = (old.saturating_sub(1), new.saturating_sub(1));
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut hash_old, mut hash_new) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            hash_old = node_hash(sibling, &hash_old);
            hash_new = node_hash(sibling, &hash_new);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash_new = node_hash(&hash_new, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if hash_old == *old_root && hash_new == *new_root { Ok(()) } else { Err(ProofError::Root) }
}

/// `tile/<level>/<number>` of C2SP tlog-tiles, with `.p/<width>` if the tile is partial (1 to 255 hashes).
#[must_use]
pub fn tile_path(level: u8, index: u64, partial: Option<u8>) -> String {
    format!("tile/{level}/{}{}", groups(index), width(partial))
}

/// `tile/entries/<number>` of C2SP tlog-tiles, with `.p/<width>` if the bundle is partial (1 to 255 entries).
#[must_use]
pub fn entries_path(index: u64, partial: Option<u8>) -> String {
    format!("tile/entries/{}{}", groups(index), width(partial))
}

fn width(partial: Option<u8>) -> String {
    partial.map_or_else(String::new, |width| format!(".p/{width}"))
}

/// Three digits at a time, all but the last behind an `x`: 1234067 is `x001/x234/067`.
fn groups(index: u64) -> String {
    let mut path = format!("{:03}", index % 1_000);
    let mut rest = index / 1_000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1_000);
        rest /= 1_000;
    }
    path
}
