//! Half bytes of a key or of a path, read where they lie.

/// A run of half bytes up to the end of `bytes`.
#[derive(Clone, Copy)]
pub(super) struct Nibbles<'a> {
    bytes: &'a [u8],
    /// The first byte's upper half was taken off. Never with no bytes.
    half: bool,
}

impl<'a> Nibbles<'a> {
    /// All of a key.
    pub(super) const fn of(key: &'a [u8]) -> Self {
        Self { bytes: key, half: false }
    }

    /// A path in hex-prefix encoding, and whether it is a leaf's. `None` when it is none, or not the only encoding.
    pub(super) fn hex_prefix(encoded: &'a [u8]) -> Option<(Self, bool)> {
        let (first, after) = encoded.split_first()?;
        match (first >> 4, first & 15) {
            (flag @ (0 | 2), 0) => Some((Self::of(after), flag == 2)),
            (flag @ (1 | 3), _) => Some((Self { bytes: encoded, half: true }, flag == 3)),
            _ => None,
        }
    }

    pub(super) const fn len(self) -> usize {
        self.bytes.len().saturating_mul(2).saturating_sub(if self.half { 1 } else { 0 })
    }

    pub(super) const fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn first(self) -> Option<u8> {
        let first = self.bytes.first()?;
        Some(if self.half { first & 15 } else { first >> 4 })
    }

    /// Without the first `count`; `None` if there are fewer.
    pub(super) fn skip(self, count: usize) -> Option<Self> {
        let halves = count.checked_add(usize::from(self.half))?;
        let bytes = self.bytes.get(halves / 2..)?;
        let half = halves % 2 == 1;
        (!half || !bytes.is_empty()).then_some(Self { bytes, half })
    }

    pub(super) fn starts_with(self, prefix: Nibbles<'_>) -> bool {
        // A leaf's path and what is left of its key begin at the same half of a byte.
        if self.half == prefix.half && self.bytes.len() == prefix.bytes.len() {
            return if self.half {
                self.first() == prefix.first() && self.bytes.get(1..) == prefix.bytes.get(1..)
            } else {
                self.bytes == prefix.bytes
            };
        }
        let (mut whole, mut prefix) = (self, prefix);
        while let Some(nibble) = prefix.first() {
            let (Some(whole_after), Some(prefix_after)) = (whole.skip(1), prefix.skip(1)) else { return false };
            if whole.first() != Some(nibble) {
                return false;
            }
            (whole, prefix) = (whole_after, prefix_after);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(nibbles: Nibbles<'_>) -> Vec<u8> {
        (0..nibbles.len()).map(|index| nibbles.skip(index).unwrap().first().unwrap()).collect()
    }

    #[test]
    fn reads_both_halves_of_every_byte() {
        let key = Nibbles::of(&[0x12, 0x34]);
        assert_eq!(all(key), [1, 2, 3, 4]);
        assert_eq!(all(key.skip(1).unwrap()), [2, 3, 4]);
        assert_eq!(all(key.skip(1).unwrap().skip(1).unwrap()), [3, 4]);
        assert!(key.skip(4).unwrap().is_empty());
        assert!(key.skip(5).is_none());
        assert!(key.skip(3).unwrap().skip(2).is_none());
        assert!(Nibbles::of(&[]).skip(1).is_none());
    }

    #[test]
    fn reads_the_hex_prefix_examples_of_the_yellow_paper() {
        let cases: [(&[u8], &[u8], bool); 4] = [
            (&[0x11, 0x23, 0x45], &[1, 2, 3, 4, 5], false),
            (&[0x00, 0x01, 0x23, 0x45], &[0, 1, 2, 3, 4, 5], false),
            (&[0x20, 0x0f, 0x1c, 0xb8], &[0, 0xf, 1, 0xc, 0xb, 8], true),
            (&[0x3f, 0x1c, 0xb8], &[0xf, 1, 0xc, 0xb, 8], true),
        ];
        for (encoded, expected, leaf) in cases {
            let (path, is_leaf) = Nibbles::hex_prefix(encoded).unwrap();
            assert_eq!((all(path).as_slice(), is_leaf), (expected, leaf));
        }
        for encoded in [&[][..], &[0x01], &[0x21, 0x00], &[0x40], &[0xff]] {
            assert!(Nibbles::hex_prefix(encoded).is_none(), "{encoded:?}");
        }
    }

    proptest::proptest! {
        /// Half bytes of few kinds, so that one is often the beginning of the other, or differs in one place only.
        #[test]
        fn starts_with_is_that_of_the_listed_halves(
            whole in proptest::collection::vec(0..2_u8, 0..12),
            prefix in proptest::collection::vec(0..2_u8, 0..12),
            skip in 0..4_usize,
        ) {
            let pack = |halves: &[u8]| halves.chunks(2).map(|pair| pair[0] << 4 | pair.get(1).unwrap_or(&0)).collect::<Vec<_>>();
            let whole = pack(&whole);
            let Some(whole) = Nibbles::of(&whole).skip(skip) else { return Ok(()) };
            for prefix in [prefix.as_slice(), &all(whole), &all(whole)[..all(whole).len() / 2]] {
                let flags: &[u8] = if prefix.len() % 2 == 1 { &[1] } else { &[0, 0] };
                let encoded = pack(&[flags, prefix].concat());
                let (path, _) = Nibbles::hex_prefix(&encoded).unwrap();
                proptest::prop_assert_eq!(whole.starts_with(path), all(whole).starts_with(prefix));
            }
        }
    }

    #[test]
    fn every_half_byte_counts() {
        let key: Vec<u8> = (0..32).collect();
        for skip in 0..64 {
            let rest = Nibbles::of(&key).skip(skip).unwrap();
            assert!(rest.starts_with(rest));
            for place in skip..64 {
                let mut other = key.clone();
                other[place / 2] ^= if place % 2 == 0 { 0x10 } else { 0x01 };
                assert!(!rest.starts_with(Nibbles::of(&other).skip(skip).unwrap()), "{skip} {place}");
            }
        }
    }
}
