//! A cursor over SSZ bytes. Every read is bounded; the last part of every object is variable and takes what is left.

/// Why bytes are not the SSZ encoding of what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SszError {
    /// The bytes end too early.
    #[error("ssz bytes end too early")]
    Short,
    /// The first offset must point right behind the fixed part; later ones must not go back or past the end.
    #[error("ssz offset out of place")]
    Offset,
    /// `extra_data` holds at most 32 bytes. It ends every object, so bytes that are left over show here.
    #[error("extra data longer than 32 bytes")]
    ExtraData,
}

/// What has not been read yet.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next `N` bytes.
    pub(crate) fn take<const N: usize>(&mut self) -> Result<&'a [u8; N], SszError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(SszError::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `count` items of `N` bytes each.
    pub(crate) fn array<const N: usize>(&mut self, count: usize) -> Result<&'a [[u8; N]], SszError> {
        let length = count.checked_mul(N).ok_or(SszError::Short)?;
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(SszError::Short)?;
        self.rest = rest;
        Ok(taken.as_chunks::<N>().0)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, SszError> {
        self.take().map(|bytes| u64::from_le_bytes(*bytes))
    }

    pub(crate) fn offset(&mut self) -> Result<usize, SszError> {
        let offset = u32::from_le_bytes(*self.take()?);
        usize::try_from(offset).map_err(|_| SszError::Offset)
    }

    /// A Merkle branch of `DEPTH` nodes.
    pub(crate) fn branch<const DEPTH: usize>(&mut self) -> Result<[[u8; 32]; DEPTH], SszError> {
        let mut branch = [[0; 32]; DEPTH];
        for node in &mut branch {
            *node = *self.take()?;
        }
        Ok(branch)
    }

    /// All the rest, as one variable part.
    pub(crate) const fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// The rest cut into two variable parts, of which the second begins at `second` when the first begins at `first`.
    pub(crate) fn split(self, first: usize, second: usize) -> Result<(&'a [u8], &'a [u8]), SszError> {
        let length = second.checked_sub(first).ok_or(SszError::Offset)?;
        self.rest.split_at_checked(length).ok_or(SszError::Offset)
    }
}

/// The first offset of a container whose fixed part is `fixed` bytes long.
pub(crate) const fn first_offset(offset: usize, fixed: usize) -> Result<(), SszError> {
    if offset == fixed { Ok(()) } else { Err(SszError::Offset) }
}
