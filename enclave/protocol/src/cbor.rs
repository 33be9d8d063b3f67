//! CBOR (RFC 8949) in one form only.
//!
//! Structs are arrays in field order, enums `[variant, [fields]]` or a bare variant number, bytes are byte strings, lengths are definite,
//! integers shortest, an absent last field is left out and an absent middle one is null. There are no maps, tags or floats. The
//! derive that reads them is lenient; [`decode`] is not: what it accepts is exactly what [`encode`] writes.

use minicbor::{Decode, Decoder, Encode};
use zeroize::Zeroizing;

use crate::limits;

/// Why bytes are not the canonical CBOR of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CborError {
    /// More bytes or more items than the limit.
    #[error("cbor is larger than its limit")]
    Size,
    /// Not CBOR, of indefinite length, cut short, or another type.
    #[error("cbor is malformed or of another type")]
    Syntax,
    /// Nested deeper than [`limits::CBOR_DEPTH`].
    #[error("cbor is nested too deep")]
    Depth,
    /// Bytes behind the value.
    #[error("cbor has trailing bytes")]
    Trailing,
    /// The same value would be written otherwise.
    #[error("cbor is not in canonical form")]
    NotCanonical,
}

/// The canonical bytes of `value`.
#[must_use]
pub fn encode<T: Encode<()>>(value: &T) -> Vec<u8> {
    let mut out = Vec::new();
    // Writing to a Vec can't fail, and no type of this workspace refuses to be written; nothing decodes from no bytes.
    match minicbor::encode(value, &mut out) {
        Ok(()) => out,
        Err(_) => Vec::new(),
    }
}

/// Reads the canonical bytes of a value: at most `max` of them and nothing behind.
///
/// # Errors
/// [`CborError`] names the rule.
pub fn decode<'b, T: Decode<'b, ()> + Encode<()>>(bytes: &'b [u8], max: usize) -> Result<T, CborError> {
    if bytes.len() > max {
        return Err(CborError::Size);
    }
    scan(bytes)?;
    let mut decoder = Decoder::new(bytes);
    let value: T = decoder.decode().map_err(|_| CborError::Syntax)?;
    if decoder.position() != bytes.len() {
        return Err(CborError::Trailing);
    }
    // The value may hold a secret: the copy is erased, and as large as it gets from the start so that it never moves.
    let mut again = Zeroizing::new(Vec::with_capacity(bytes.len()));
    minicbor::encode(&value, &mut *again).map_err(|_| CborError::Syntax)?;
    if again.as_slice() != bytes {
        return Err(CborError::NotCanonical);
    }
    Ok(value)
}

/// One item's head: major type, argument, what follows.
struct Head<'a> {
    major: u8,
    argument: u64,
    rest: &'a [u8],
}

fn head(bytes: &[u8]) -> Result<Head<'_>, CborError> {
    fn number<const N: usize>(rest: &[u8]) -> Result<([u8; N], &[u8]), CborError> {
        let (number, rest) = rest.split_first_chunk::<N>().ok_or(CborError::Syntax)?;
        Ok((*number, rest))
    }
    let (initial, rest) = bytes.split_first().ok_or(CborError::Syntax)?;
    let major = initial >> 5;
    let (argument, rest) = match initial & 0x1f {
        small @ 0..=23 => (u64::from(small), rest),
        24 => number::<1>(rest).map(|(n, rest)| (u64::from(n[0]), rest))?,
        25 => number::<2>(rest).map(|(n, rest)| (u64::from(u16::from_be_bytes(n)), rest))?,
        26 => number::<4>(rest).map(|(n, rest)| (u64::from(u32::from_be_bytes(n)), rest))?,
        27 => number::<8>(rest).map(|(n, rest)| (u64::from_be_bytes(n), rest))?,
        // 28 to 30 are reserved; 31 is an indefinite length, which has no canonical form.
        _ => return Err(CborError::Syntax),
    };
    Ok(Head { major, argument, rest })
}

/// Walks one item with a work list instead of recursion: nesting, definiteness, lengths and the count of items are known to be in
/// bounds before anything is allocated for them.
fn scan(bytes: &[u8]) -> Result<(), CborError> {
    let mut rest = bytes;
    let mut items = 0_usize;
    let mut open: Vec<u64> = vec![1];
    while let Some(left) = open.last_mut() {
        let Some(fewer) = left.checked_sub(1) else {
            open.pop();
            continue;
        };
        *left = fewer;
        items = items.saturating_add(1);
        if items > limits::CBOR_ITEMS {
            return Err(CborError::Size);
        }
        let item = head(rest)?;
        rest = item.rest;
        let children = match item.major {
            2 | 3 => {
                let length = usize::try_from(item.argument).map_err(|_| CborError::Syntax)?;
                rest = rest.get(length..).ok_or(CborError::Syntax)?;
                0
            }
            4 => item.argument,
            5 => item.argument.checked_mul(2).ok_or(CborError::Syntax)?,
            6 => 1,
            _ => 0,
        };
        // Every child takes a byte at least.
        if usize::try_from(children).map_or(true, |children| children > rest.len()) {
            return Err(CborError::Syntax);
        }
        if children > 0 {
            if open.len() > limits::CBOR_DEPTH {
                return Err(CborError::Depth);
            }
            open.push(children);
        }
    }
    if rest.is_empty() { Ok(()) } else { Err(CborError::Trailing) }
}
