//! Tiles of the ledger (C2SP tlog-tiles): 256 hashes of one level, or 256 leaves.
//!
//! The hash of every complete subtree of 256^level leaves is stored once, when its last leaf arrives; a tile is a range of them.

use protocol::tlog;
use redb::{ReadableTable, Table};

use super::StoreError;

/// Hashes or leaves in a full tile.
const WIDTH: u64 = 256;
/// 256^7 leaves are more than a ledger can hold.
const LEVELS: u8 = 7;
/// A leaf's length in an entry bundle is 16 bits.
pub(super) const LEAF: usize = u16::MAX as usize;

/// Which tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tile {
    /// Hashes at this level, or the leaves themselves.
    level: Option<u8>,
    /// Its number in that level.
    number: u64,
    /// How many of its 256.
    width: u64,
}

/// Why a path is not a tile's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a tile path: <level or entries>/<number in groups of three digits, all but the last behind x>[.p/<1 to 255>]")]
pub(crate) struct TileError;

impl Tile {
    /// Reads what stands behind `tile/`.
    pub(crate) fn parse(path: &str) -> Result<Self, TileError> {
        let (level, rest) = path.split_once('/').ok_or(TileError)?;
        let level = match level {
            "entries" => None,
            _ => Some(decimal(level).and_then(|level| u8::try_from(level).ok()).filter(|level| *level < 64).ok_or(TileError)?),
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, decimal(width).filter(|width| (1..WIDTH).contains(width)).ok_or(TileError)?),
            None => (rest, WIDTH),
        };
        Ok(Self { level, number: groups(number).ok_or(TileError)?, width })
    }
}

/// A decimal number in its only form.
fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

/// `x001/x234/067` is 1234067.
fn groups(text: &str) -> Option<u64> {
    let mut number = 0_u64;
    let mut parts = text.split('/').peekable();
    let mut first = true;
    while let Some(part) = parts.next() {
        let digits = if parts.peek().is_some() { part.strip_prefix('x')? } else { part };
        if digits.len() != 3 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        // One number, one path: no leading group of zeros.
        if first && digits == "000" && parts.peek().is_some() {
            return None;
        }
        first = false;
        number = number.checked_mul(1_000)?.checked_add(digits.parse().ok()?)?;
    }
    Some(number)
}

/// Adds leaf `index` and every subtree that it completes.
pub(super) fn grow(hashes: &mut Table<'_, (u8, u64), &'static [u8; 32]>, index: u64, leaf: &[u8; 32]) -> Result<(), StoreError> {
    hashes.insert((0, index), leaf)?;
    let mut index = index;
    for level in 1..=LEVELS {
        if index % WIDTH != WIDTH - 1 {
            break;
        }
        let below = level - 1;
        let mut layer = Vec::with_capacity(256);
        for entry in hashes.range((below, index + 1 - WIDTH)..=(below, index))? {
            layer.push(*entry?.1.value());
        }
        while layer.len() > 1 {
            layer = layer.chunks_exact(2).map(|pair| tlog::node_hash(&pair[0], &pair[1])).collect();
        }
        index /= WIDTH;
        if let Some(root) = layer.first() {
            hashes.insert((level, index), root)?;
        }
    }
    Ok(())
}

/// The bytes of `tile`, or nothing if not all of it is there.
pub(super) fn read(
    tile: &Tile,
    hashes: &impl ReadableTable<(u8, u64), &'static [u8; 32]>,
    entries: &impl ReadableTable<u64, (&'static [u8], &'static [u8])>,
) -> Result<Option<Vec<u8>>, StoreError> {
    let Some(from) = tile.number.checked_mul(WIDTH) else { return Ok(None) };
    let Some(to) = from.checked_add(tile.width) else { return Ok(None) };
    let mut bytes = Vec::new();
    let mut count = 0;
    match tile.level {
        Some(level) => {
            for entry in hashes.range((level, from)..(level, to))? {
                bytes.extend_from_slice(entry?.1.value());
                count += 1;
            }
        }
        None => {
            for entry in entries.range(from..to)? {
                let (_, value) = entry?;
                let (leaf, _) = value.value();
                bytes.extend_from_slice(&u16::try_from(leaf.len()).map_err(|_| StoreError::Limits)?.to_be_bytes());
                bytes.extend_from_slice(leaf);
                count += 1;
            }
        }
    }
    Ok((count == tile.width).then_some(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_of_a_tile_path() {
        assert_eq!(Tile::parse("0/000"), Ok(Tile { level: Some(0), number: 0, width: 256 }));
        assert_eq!(Tile::parse("1/x001/x234/067"), Ok(Tile { level: Some(1), number: 1_234_067, width: 256 }));
        assert_eq!(Tile::parse("63/000.p/255"), Ok(Tile { level: Some(63), number: 0, width: 255 }));
        assert_eq!(Tile::parse("entries/x001/000.p/7"), Ok(Tile { level: None, number: 1_000, width: 7 }));
    }

    #[test]
    fn refuses_a_second_form_of_the_same_tile() {
        for path in [
            "",
            "0",
            "0/",
            "0/0",
            "0/00",
            "0/0000",
            "00/000",
            "64/000",
            "-1/000",
            "0/x000/001",
            "0/001/002",
            "0/x001",
            "0/001.p/0",
            "0/001.p/256",
            "0/001.p/01",
            "0/001.p/",
            "0/001.p",
            "a/001",
            "entries/1",
            "0/000/",
            "0/+01",
            "256/000",
            "0/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert_eq!(Tile::parse(path), Err(TileError), "{path}");
        }
    }
}
