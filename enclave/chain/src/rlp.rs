//! A strict RLP reader (Ethereum yellow paper, appendix B): one encoding per value, nothing left over.

/// Why bytes are not canonical RLP of what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RlpError {
    /// The bytes end too early.
    #[error("rlp bytes end too early")]
    Short,
    /// Bytes are left over.
    #[error("rlp bytes are left over")]
    Trailing,
    /// A shorter encoding exists.
    #[error("rlp encoding is not the shortest")]
    NotCanonical,
    /// A list where a string belongs, or the other way round.
    #[error("rlp list and string mixed up")]
    Kind,
    /// An integer with leading zeros or too wide for its field.
    #[error("rlp integer is padded or too wide")]
    Integer,
    /// A string of the wrong length.
    #[error("rlp string has the wrong length")]
    Length,
}

/// One item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item<'a> {
    /// Its bytes.
    String(&'a [u8]),
    /// Its encoded members.
    List {
        payload: &'a [u8],
        /// The whole item, header included.
        encoded: &'a [u8],
    },
}

impl<'a> Item<'a> {
    pub(crate) const fn string(self) -> Result<&'a [u8], RlpError> {
        match self {
            Self::String(bytes) => Ok(bytes),
            Self::List { .. } => Err(RlpError::Kind),
        }
    }

    pub(crate) fn hash(self) -> Result<[u8; 32], RlpError> {
        self.string()?.try_into().map_err(|_| RlpError::Length)
    }

    /// A minimal integer of at most `N` bytes, as `N` big-endian bytes.
    pub(crate) fn integer<const N: usize>(self) -> Result<[u8; N], RlpError> {
        let bytes = self.string()?;
        if bytes.first() == Some(&0) || bytes.len() > N {
            return Err(RlpError::Integer);
        }
        let mut number = [0; N];
        for (to, from) in number.iter_mut().rev().zip(bytes.iter().rev()) {
            *to = *from;
        }
        Ok(number)
    }
}

/// Items that have not been read yet.
#[derive(Clone, Copy)]
pub(crate) struct Items<'a> {
    rest: &'a [u8],
}

impl<'a> Items<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next item.
    pub(crate) fn next(&mut self) -> Result<Item<'a>, RlpError> {
        let before = self.rest;
        let (&first, after) = self.rest.split_first().ok_or(RlpError::Short)?;
        let (is_list, length, body) = match first {
            0..=0x7f => {
                let (byte, rest) = self.rest.split_at_checked(1).ok_or(RlpError::Short)?;
                self.rest = rest;
                return Ok(Item::String(byte));
            }
            0x80..=0xb7 => (false, usize::from(first.saturating_sub(0x80)), after),
            0xb8..=0xbf => {
                let (length, body) = long_length(after, first.saturating_sub(0xb7))?;
                (false, length, body)
            }
            0xc0..=0xf7 => (true, usize::from(first.saturating_sub(0xc0)), after),
            0xf8..=0xff => {
                let (length, body) = long_length(after, first.saturating_sub(0xf7))?;
                (true, length, body)
            }
        };
        let (payload, rest) = body.split_at_checked(length).ok_or(RlpError::Short)?;
        if !is_list && matches!(payload, [0..=0x7f]) {
            return Err(RlpError::NotCanonical);
        }
        self.rest = rest;
        if !is_list {
            return Ok(Item::String(payload));
        }
        let (encoded, _) = before.split_at_checked(before.len().saturating_sub(rest.len())).ok_or(RlpError::Short)?;
        Ok(Item::List { payload, encoded })
    }

    /// Nothing may be left.
    pub(crate) const fn finish(self) -> Result<(), RlpError> {
        if self.rest.is_empty() { Ok(()) } else { Err(RlpError::Trailing) }
    }
}

/// The one item that `bytes` are.
pub(crate) fn single(bytes: &[u8]) -> Result<Item<'_>, RlpError> {
    let mut items = Items::new(bytes);
    let item = items.next()?;
    items.finish()?;
    Ok(item)
}

/// The one list that `bytes` are.
pub(crate) fn list(bytes: &[u8]) -> Result<Items<'_>, RlpError> {
    match single(bytes)? {
        Item::List { payload, encoded: _ } => Ok(Items::new(payload)),
        Item::String(_) => Err(RlpError::Kind),
    }
}

/// A length of `width` bytes: at least 56, no leading zero.
fn long_length(bytes: &[u8], width: u8) -> Result<(usize, &[u8]), RlpError> {
    let (digits, rest) = bytes.split_at_checked(usize::from(width)).ok_or(RlpError::Short)?;
    if digits.first() == Some(&0) {
        return Err(RlpError::NotCanonical);
    }
    let length = digits.iter().try_fold(0_usize, |length, digit| {
        length.checked_mul(256).and_then(|length| length.checked_add(usize::from(*digit))).ok_or(RlpError::Short)
    })?;
    if length < 56 {
        return Err(RlpError::NotCanonical);
    }
    Ok((length, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_examples_of_the_yellow_paper() {
        assert_eq!(single(b"\x83dog"), Ok(Item::String(b"dog")));
        assert_eq!(single(b"\x80"), Ok(Item::String(b"")));
        assert_eq!(single(b"\x0f"), Ok(Item::String(b"\x0f")));
        assert_eq!(single(b"\xc8\x83cat\x83dog"), Ok(Item::List { payload: b"\x83cat\x83dog", encoded: b"\xc8\x83cat\x83dog" }));
        let mut items = list(b"\xc8\x83cat\x83dog").unwrap();
        assert_eq!(items.next(), Ok(Item::String(b"cat")));
        assert_eq!(items.next(), Ok(Item::String(b"dog")));
        assert!(items.is_empty());
        assert_eq!(items.next(), Err(RlpError::Short));
    }

    #[test]
    fn refuses_every_second_encoding() {
        assert_eq!(single(b"\x81\x7f"), Err(RlpError::NotCanonical));
        assert_eq!(single(b"\xb8\x01a"), Err(RlpError::NotCanonical));
        let long = [b"\xb9\x00\x38".as_slice(), &[1; 56]].concat();
        assert_eq!(single(&long), Err(RlpError::NotCanonical));
        assert_eq!(single(b"\xf8\x00"), Err(RlpError::NotCanonical));
        assert!(single(&[b"\xb8\x38".as_slice(), &[1; 56]].concat()).is_ok());
    }

    #[test]
    fn refuses_what_is_short_or_left_over() {
        assert_eq!(single(b""), Err(RlpError::Short));
        assert_eq!(single(b"\x83do"), Err(RlpError::Short));
        assert_eq!(single(b"\xbf\xff\xff\xff\xff\xff\xff\xff\xff"), Err(RlpError::Short));
        assert_eq!(single(b"\x83dogs"), Err(RlpError::Trailing));
        assert_eq!(list(b"\x83dog").err(), Some(RlpError::Kind));
    }

    #[test]
    fn integers_are_minimal() {
        assert_eq!(Item::String(b"\x01\x02").integer::<4>(), Ok([0, 0, 1, 2]));
        assert_eq!(Item::String(b"").integer::<2>(), Ok([0, 0]));
        assert_eq!(Item::String(b"\x00").integer::<2>(), Err(RlpError::Integer));
        assert_eq!(Item::String(b"\x00\x01").integer::<2>(), Err(RlpError::Integer));
        assert_eq!(Item::String(b"\x01\x02\x03").integer::<2>(), Err(RlpError::Integer));
        assert_eq!(Item::String(&[1; 31]).hash(), Err(RlpError::Length));
    }

    proptest::proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let mut items = Items::new(&bytes);
            while let Ok(item) = items.next() {
                let _ = (item.hash(), item.integer::<8>(), item.integer::<32>());
            }
            let _ = list(&bytes);
        }

        #[test]
        fn agrees_with_alloy_on_strings(bytes: Vec<u8>) {
            let encoded = alloy_rlp::encode(bytes.as_slice());
            proptest::prop_assert_eq!(single(&encoded), Ok(Item::String(&bytes)));
        }
    }
}
