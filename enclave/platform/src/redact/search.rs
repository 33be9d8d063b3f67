//! Where a form of a secret could begin, found at the speed of looking at a few bytes in each stretch.
//!
//! A place where a form stands is of one of two kinds. Either it is written without a byte that begins an escape or fills a gap: then it
//! is one run of the form's characters, and every window of that length holds four of them at a sampled position. Or it holds such a
//! byte: then the characters before the first one are written as they are, and end there. Both are necessary conditions, so
//! nothing is missed; what they find is matched in full.

use zeroize::Zeroizing;

use super::pattern::{Exhausted, Pattern};
use super::reading::{begins_escape, readings};

/// Bytes of a sample.
const SAMPLE: usize = 4;
/// Bytes that are looked at together for one that is special.
const BLOCK: usize = 64;

/// Every form of every secret, and what tells fast that none stands somewhere.
pub(super) struct Search {
    patterns: Vec<Pattern>,
    /// Bit `h`: some four characters of a form hash to `h`.
    sampled: Zeroizing<Vec<u64>>,
    /// Hash, pattern and offset of each four characters, sorted by hash.
    samples: Zeroizing<Vec<[u32; 3]>>,
    /// Distance of the samples.
    stride: usize,
    /// What a special byte, or an escape, must read as to be part of a form.
    parts: Zeroizing<[bool; 256]>,
    /// [`is_special`] as a table, for looking at one byte after the other.
    special: [bool; 256],
    /// The bytes of each form's first characters, as many as a sample has.
    heads: Zeroizing<[bool; 256]>,
}

impl Search {
    pub(super) fn new(patterns: Vec<Pattern>) -> Self {
        let mut samples = Zeroizing::new(Vec::new());
        let mut parts = Zeroizing::new([false; 256]);
        let mut heads = Zeroizing::new([false; 256]);
        let mut shortest = usize::MAX;
        for (number, pattern) in (0_u32..).zip(&patterns) {
            shortest = shortest.min(pattern.units().len());
            for (offset, window) in (0_u32..).zip(pattern.units().windows(SAMPLE)) {
                for hash in spellings(window) {
                    samples.push([u32::from(hash), number, offset]);
                }
            }
            let put = |set: &mut [bool; 256], byte: &u8| {
                if let Some(place) = set.get_mut(usize::from(*byte)) {
                    *place = true;
                }
            };
            pattern.units().iter().flatten().chain(pattern.fillers()).for_each(|byte| put(&mut parts, byte));
            pattern.units().iter().take(SAMPLE).flatten().for_each(|byte| put(&mut heads, byte));
        }
        samples.sort_unstable();
        samples.dedup();
        let mut known = Zeroizing::new(vec![0_u64; 1 << 10]);
        for [hash, ..] in samples.iter() {
            if let Some(word) = known.get_mut(word_of(*hash)) {
                *word |= bit_of(*hash);
            }
        }
        let stride = shortest.saturating_sub(SAMPLE).saturating_add(1).clamp(1, 64);
        Self {
            patterns,
            sampled: known,
            samples,
            stride,
            parts,
            special: core::array::from_fn(|byte| u8::try_from(byte).is_ok_and(is_special)),
            heads,
        }
    }

    /// Each place where a form stands.
    pub(super) fn find(&self, text: &[u8], effort: &mut u64) -> Result<Vec<(usize, usize)>, Exhausted> {
        let mut starts = Vec::new();
        self.plain(text, effort, &mut starts)?;
        self.special(text, effort, &mut starts)?;
        starts.sort_unstable();
        starts.dedup();
        let mut found = Vec::new();
        for (start, number) in starts {
            if let Some(pattern) = self.patterns.get(number)
                && let Some(place) = pattern.place(text, start, effort)?
            {
                found.push(place);
            }
        }
        Ok(found)
    }

    /// Starts of forms that are written as they are.
    fn plain(&self, text: &[u8], effort: &mut u64, starts: &mut Vec<(usize, usize)>) -> Result<(), Exhausted> {
        for (index, chunk) in text.chunks(self.stride).enumerate() {
            let at = index.saturating_mul(self.stride);
            // A window may reach into the next stretch.
            let sample = match chunk.first_chunk::<SAMPLE>() {
                Some(sample) => sample,
                None => match text.get(at..).and_then(<[u8]>::first_chunk::<SAMPLE>) {
                    Some(sample) => sample,
                    None => break,
                },
            };
            let hash = u32::from(hash(*sample));
            if self.is_sampled(hash) {
                self.sampled_at(at, hash, effort, starts)?;
            }
        }
        Ok(())
    }

    fn is_sampled(&self, hash: u32) -> bool {
        self.sampled.get(word_of(hash)).is_some_and(|word| word & bit_of(hash) != 0)
    }

    fn sampled_at(&self, at: usize, hash: u32, effort: &mut u64, starts: &mut Vec<(usize, usize)>) -> Result<(), Exhausted> {
        let first = self.samples.partition_point(|[other, ..]| *other < hash);
        for [other, number, offset] in self.samples.iter().skip(first) {
            if *other != hash {
                break;
            }
            *effort = effort.checked_sub(1).ok_or(Exhausted)?;
            let (Ok(number), Ok(offset)) = (usize::try_from(*number), usize::try_from(*offset)) else { continue };
            if let Some(start) = at.checked_sub(offset) {
                starts.push((start, number));
            }
        }
        Ok(())
    }

    /// Starts of forms that hold an escape, a filler, or a byte that could be one.
    fn special(&self, text: &[u8], effort: &mut u64, starts: &mut Vec<(usize, usize)>) -> Result<(), Exhausted> {
        let (blocks, rest) = text.as_chunks::<BLOCK>();
        for (index, block) in blocks.iter().enumerate() {
            if block.iter().fold(false, |some, byte| some | is_special(*byte)) {
                self.special_in(text, index.saturating_mul(BLOCK), block, effort, starts)?;
            }
        }
        self.special_in(text, text.len().saturating_sub(rest.len()), rest, effort, starts)
    }

    fn special_in(
        &self,
        text: &[u8],
        first: usize,
        block: &[u8],
        effort: &mut u64,
        starts: &mut Vec<(usize, usize)>,
    ) -> Result<(), Exhausted> {
        for (offset, byte) in block.iter().enumerate().filter(|(_, byte)| is_in(&self.special, **byte)) {
            let at = first.saturating_add(offset);
            if self.leads_on(text, at, *byte) {
                self.special_at(text, at, *byte, effort, starts)?;
            }
        }
        Ok(())
    }

    /// Whether the special byte, or what it begins, is part of a form, and so is what stands behind it.
    fn leads_on(&self, text: &[u8], at: usize, byte: u8) -> bool {
        let goes_on = |end: usize| text.get(end).is_none_or(|byte| is_special(*byte) || is_in(&self.parts, *byte));
        if begins_escape(byte) {
            readings(text, at).any(|(byte, length)| is_in(&self.parts, byte) && goes_on(at.saturating_add(length)))
        } else {
            is_in(&self.parts, byte) && goes_on(at.saturating_add(1))
        }
    }

    fn special_at(
        &self,
        text: &[u8],
        at: usize,
        byte: u8,
        effort: &mut u64,
        starts: &mut Vec<(usize, usize)>,
    ) -> Result<(), Exhausted> {
        // Behind four characters or more of a form: those four are a sample.
        if let Some(before) = text.get(..at).and_then(<[u8]>::last_chunk::<SAMPLE>) {
            let hash = u32::from(hash(*before));
            if self.is_sampled(hash) {
                self.sampled_at(at.saturating_sub(SAMPLE), hash, effort, starts)?;
            }
        }
        // Behind fewer: the last of them is one of a form's first.
        let behind = at.checked_sub(1).and_then(|before| text.get(before)).is_some_and(|byte| is_in(&self.heads, *byte));
        // Or first itself. What fills a gap is not.
        let begins = begins_escape(byte) || is_in(&self.heads, byte);
        if !behind && !begins {
            return Ok(());
        }
        for (number, pattern) in self.patterns.iter().enumerate() {
            for length in 0..SAMPLE {
                if let Some(start) = at.checked_sub(length)
                    && text.get(start..at).is_some_and(|written| pattern.begins_with(written))
                    && (length > 0 || readings(text, at).any(|(byte, _)| pattern.begins_with(&[byte])))
                {
                    *effort = effort.checked_sub(1).ok_or(Exhausted)?;
                    starts.push((start, number));
                }
            }
        }
        Ok(())
    }
}

fn is_in(set: &[bool; 256], byte: u8) -> bool {
    set.get(usize::from(byte)).copied().unwrap_or(true)
}

/// A byte that begins an escape or fills a gap.
const fn is_special(byte: u8) -> bool {
    begins_escape(byte) || matches!(byte, b'\0' | b'\r' | b'\n')
}

/// Upper and lower case are one; that some other bytes are, too, costs a look.
const fn hash(sample: [u8; SAMPLE]) -> u16 {
    let folded = u32::from_le_bytes(sample) | 0x2020_2020;
    let [_, _, low, high] = folded.wrapping_mul(0x9e37_79b1).to_le_bytes();
    u16::from_le_bytes([low, high])
}

/// The hashes of each way to spell four units.
fn spellings(units: &[[u8; 2]]) -> Vec<u16> {
    let mut texts = vec![Zeroizing::new([0_u8; SAMPLE])];
    for (index, unit) in units.iter().enumerate() {
        let [one, another] = *unit;
        let folded = one | 0x20 == another | 0x20;
        let mut more = Vec::new();
        for text in &mut texts {
            let set = |text: &mut Zeroizing<[u8; SAMPLE]>, byte| {
                if let Some(place) = text.get_mut(index) {
                    *place = byte;
                }
            };
            if !folded {
                let mut copy = text.clone();
                set(&mut copy, another);
                more.push(copy);
            }
            set(text, one);
        }
        texts.extend(more);
    }
    texts.iter().map(|text| hash(**text)).collect()
}

fn word_of(hash: u32) -> usize {
    usize::try_from(hash >> 6).unwrap_or_default()
}

const fn bit_of(hash: u32) -> u64 {
    1 << (hash & 63)
}
