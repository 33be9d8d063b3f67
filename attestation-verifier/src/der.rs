//! DER, as far as a certificate of a kilobyte needs it: one reader over borrowed bytes, no recursion.

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// The bytes are not the DER that was called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

/// One element.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// With tag and length.
    pub(crate) raw: &'a [u8],
}

/// What is left of a sequence of elements.
#[derive(Debug)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn next(&mut self) -> Result<Value<'a>, Malformed> {
        let start = self.0;
        let (&tag, rest) = start.split_first().ok_or(Malformed)?;
        // A tag number of 31 and more takes further bytes; X.509 has none.
        if tag & 0x1f == 0x1f {
            return Err(Malformed);
        }
        let (&first, rest) = rest.split_first().ok_or(Malformed)?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81 => {
                let (&length, rest) = rest.split_first().ok_or(Malformed)?;
                if length < 0x80 {
                    return Err(Malformed);
                }
                (usize::from(length), rest)
            }
            0x82 => {
                let (length, rest) = rest.split_first_chunk::<2>().ok_or(Malformed)?;
                let length = u16::from_be_bytes(*length);
                if length < 0x100 {
                    return Err(Malformed);
                }
                (usize::from(length), rest)
            }
            _ => return Err(Malformed),
        };
        let (content, rest) = rest.split_at_checked(length).ok_or(Malformed)?;
        let raw = start.get(..start.len().saturating_sub(rest.len())).ok_or(Malformed)?;
        self.0 = rest;
        Ok(Value { tag, content, raw })
    }

    pub(crate) fn expect(&mut self, tag: u8) -> Result<Value<'a>, Malformed> {
        let value = self.next()?;
        if value.tag != tag {
            return Err(Malformed);
        }
        Ok(value)
    }

    /// The next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Value<'a>>, Malformed> {
        if self.0.first() == Some(&tag) { self.next().map(Some) } else { Ok(None) }
    }

    /// Enters an element that holds others.
    pub(crate) fn enter(&mut self, tag: u8) -> Result<Self, Malformed> {
        self.expect(tag).map(|value| Self(value.content))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) const fn finish(self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_each_length_form() {
        for length in [0_usize, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff] {
            let mut bytes = vec![OCTET_STRING];
            match length {
                0..0x80 => bytes.push(u8::try_from(length).unwrap()),
                0x80..0x100 => bytes.extend([0x81, u8::try_from(length).unwrap()]),
                _ => bytes.extend([&[0x82], u16::try_from(length).unwrap().to_be_bytes().as_slice()].concat()),
            }
            bytes.extend(vec![7; length]);
            let mut reader = Reader::new(&bytes);
            let value = reader.expect(OCTET_STRING).unwrap();
            assert_eq!((value.content.len(), value.raw), (length, bytes.as_slice()));
            reader.finish().unwrap();
        }
    }

    #[test]
    fn refuses_what_is_not_der() {
        for bytes in [
            &[][..],
            &[0x30],
            &[0x30, 1],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x81, 1, 0],
            &[0x30, 0x82, 0, 0xff],
            &[0x30, 0x83, 0, 1, 0],
            &[0x30, 0xff],
            &[0x3f, 1, 0],
        ] {
            assert_eq!(Reader::new(bytes).next().unwrap_err(), Malformed, "{bytes:?}");
        }
    }
}
