//! The parts of a binary HTTP message: variable-length integers, byte strings, sections.

use zeroize::Zeroizing;

use super::{HttpError, check_headers, visible};
use crate::limits;

/// Writes, or only measures what would be written.
pub(super) struct Writer {
    pub(super) bytes: Zeroizing<Vec<u8>>,
    pub(super) length: usize,
    keep: bool,
}

impl Writer {
    pub(super) fn measure() -> Self {
        Self { bytes: Zeroizing::new(Vec::new()), length: 0, keep: false }
    }

    pub(super) fn collect(capacity: usize) -> Self {
        Self { bytes: Zeroizing::new(Vec::with_capacity(capacity)), length: 0, keep: true }
    }

    fn raw(&mut self, bytes: &[u8]) -> Option<()> {
        self.length = self.length.checked_add(bytes.len())?;
        if self.keep {
            self.bytes.extend_from_slice(bytes);
        }
        Some(())
    }

    /// A variable-length integer (RFC 9000 section 16), shortest form.
    pub(super) fn number(&mut self, value: u64) -> Option<()> {
        let long = value.to_be_bytes();
        let [.., a, b, c, d] = long;
        match value {
            0..0x40 => self.raw(&[d]),
            0x40..0x4000 => self.raw(&[c | 0x40, d]),
            0x4000..0x4000_0000 => self.raw(&[a | 0x80, b, c, d]),
            0x4000_0000..0x4000_0000_0000_0000 => self.raw(&(value | 0xc000_0000_0000_0000).to_be_bytes()),
            _ => None,
        }
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Option<()> {
        self.number(u64::try_from(bytes.len()).ok()?)?;
        self.raw(bytes)
    }

    pub(super) fn headers(&mut self, headers: &[(String, Vec<u8>)]) -> Option<()> {
        let mut section = Self::measure();
        for (name, value) in headers {
            section.bytes(name.as_bytes())?;
            section.bytes(value)?;
        }
        self.number(u64::try_from(section.length).ok()?)?;
        for (name, value) in headers {
            self.bytes(name.as_bytes())?;
            self.bytes(value)?;
        }
        Some(())
    }
}

/// Reads section after section.
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], HttpError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(HttpError::Short)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn number(&mut self) -> Result<u64, HttpError> {
        let first = *self.0.first().ok_or(HttpError::Short)?;
        let bytes = self.take(1_usize << (first >> 6))?;
        let value = bytes.iter().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
        Ok(match bytes.len() {
            1 => value & 0x3f,
            2 => value & 0x3fff,
            4 => value & 0x3fff_ffff,
            _ => value & 0x3fff_ffff_ffff_ffff,
        })
    }

    fn bytes(&mut self) -> Result<&'a [u8], HttpError> {
        let length = usize::try_from(self.number()?).map_err(|_| HttpError::Short)?;
        self.take(length)
    }

    pub(super) fn text(&mut self) -> Result<String, HttpError> {
        let text = core::str::from_utf8(self.bytes()?).map_err(|_| HttpError::Control)?;
        if visible(text) { Ok(text.to_owned()) } else { Err(HttpError::Control) }
    }

    /// A section with its length, or nothing if the message was cut off before it.
    pub(super) fn section(&mut self) -> Result<&'a [u8], HttpError> {
        if self.0.is_empty() { Ok(&[]) } else { self.bytes() }
    }

    pub(super) fn headers(&mut self) -> Result<Vec<(String, Vec<u8>)>, HttpError> {
        let mut section = Reader(self.section()?);
        let mut headers = Vec::new();
        while !section.0.is_empty() {
            if headers.len() >= limits::HEADERS {
                return Err(HttpError::HeaderCount);
            }
            let name = core::str::from_utf8(section.bytes()?).map_err(|_| HttpError::HeaderName)?;
            headers.push((name.to_owned(), section.bytes()?.to_vec()));
        }
        check_headers(&headers)?;
        Ok(headers)
    }

    /// The trailer section, which must be empty, and the padding.
    pub(super) fn end(&mut self) -> Result<(), HttpError> {
        if !self.section()?.is_empty() {
            return Err(HttpError::Trailers);
        }
        if self.0.iter().all(|byte| *byte == 0) { Ok(()) } else { Err(HttpError::Trailing) }
    }
}
