//! A cursor over SSZ bytes. Every read is bounded.

/// Why bytes are not the SSZ encoding of what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SszError {
    /// The bytes end too early.
    #[error("ssz bytes end too early")]
    Short,
    /// Bytes are left over.
    #[error("ssz bytes are left over")]
    Trailing,
    /// The first offset must point right behind the fixed part; later ones must not go back or past the end.
    #[error("ssz offset out of place")]
    Offset,
    /// `extra_data` holds at most 32 bytes. It ends every object that has any, so bytes that are left over show here.
    #[error("extra data longer than 32 bytes")]
    ExtraData,
}

/// What has not been read yet.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    all: usize,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { all: bytes.len(), rest: bytes }
    }

    /// Bytes read so far.
    pub(crate) const fn position(&self) -> usize {
        self.all.saturating_sub(self.rest.len())
    }

    /// The next `N` bytes.
    pub(crate) fn take<const N: usize>(&mut self) -> Result<&'a [u8; N], SszError> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(SszError::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `length` bytes.
    pub(crate) fn slice(&mut self, length: usize) -> Result<&'a [u8], SszError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(SszError::Short)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `count` items of `N` bytes each.
    pub(crate) fn array<const N: usize>(&mut self, count: usize) -> Result<&'a [[u8; N]], SszError> {
        let bytes = self.slice(count.checked_mul(N).ok_or(SszError::Short)?)?;
        Ok(bytes.as_chunks::<N>().0)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, SszError> {
        self.take().map(|bytes| u64::from_le_bytes(*bytes))
    }

    pub(crate) fn offset(&mut self) -> Result<usize, SszError> {
        let offset = u32::from_le_bytes(*self.take()?);
        usize::try_from(offset).map_err(|_| SszError::Offset)
    }

    /// All the rest, as one variable part that the offset said to begin here.
    pub(crate) fn variable(self, offset: usize) -> Result<&'a [u8], SszError> {
        if offset == self.position() { Ok(self.rest) } else { Err(SszError::Offset) }
    }

    /// All the rest, as two variable parts: the first begins here, the second within.
    pub(crate) fn two_variables(self, first: usize, second: usize) -> Result<(&'a [u8], &'a [u8]), SszError> {
        let length = second.checked_sub(first).ok_or(SszError::Offset)?;
        self.variable(first)?.split_at_checked(length).ok_or(SszError::Offset)
    }

    /// Nothing may be left.
    pub(crate) const fn finish(self) -> Result<(), SszError> {
        if self.rest.is_empty() { Ok(()) } else { Err(SszError::Trailing) }
    }
}
