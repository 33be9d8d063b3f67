//! Strict reading of CBOR (RFC 8949): shortest heads only, strings in one piece, no depth but what the caller reads.

use minicbor::Decoder;
use minicbor::data::Type;

/// Why the bytes were not what was called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Truncated, or of another type.
    Syntax,
    /// A length or number that is not in its shortest form.
    NotShortest,
}

/// A map or an array that is being read.
#[derive(Debug)]
pub(crate) enum Items {
    Definite(u64),
    Indefinite,
}

#[derive(Debug)]
pub(crate) struct Reader<'b>(Decoder<'b>);

impl<'b> Reader<'b> {
    pub(crate) fn new(bytes: &'b [u8]) -> Self {
        Self(Decoder::new(bytes))
    }

    pub(crate) fn bytes(&mut self) -> Result<&'b [u8], Fault> {
        let start = self.0.position();
        let bytes = self.0.bytes().map_err(|_| Fault::Syntax)?;
        self.shortest(start, bytes.len())?;
        Ok(bytes)
    }

    /// A byte string, alone and with its head.
    pub(crate) fn bytes_and_head(&mut self) -> Result<(&'b [u8], &'b [u8]), Fault> {
        let start = self.0.position();
        let bytes = self.bytes()?;
        let whole = self.0.input().get(start..self.0.position()).ok_or(Fault::Syntax)?;
        Ok((bytes, whole))
    }

    /// A byte string, or `None` for null.
    pub(crate) fn bytes_or_null(&mut self) -> Result<Option<&'b [u8]>, Fault> {
        if self.kind()? == Type::Null {
            self.0.null().map_err(|_| Fault::Syntax)?;
            return Ok(None);
        }
        self.bytes().map(Some)
    }

    pub(crate) fn text(&mut self) -> Result<&'b str, Fault> {
        let start = self.0.position();
        let text = self.0.str().map_err(|_| Fault::Syntax)?;
        self.shortest(start, text.len())?;
        Ok(text)
    }

    pub(crate) fn unsigned(&mut self) -> Result<u64, Fault> {
        let start = self.0.position();
        let number = self.0.u64().map_err(|_| Fault::Syntax)?;
        self.shortest(start, number)?;
        Ok(number)
    }

    pub(crate) fn tag(&mut self) -> Result<Option<u64>, Fault> {
        if self.kind()? != Type::Tag {
            return Ok(None);
        }
        let start = self.0.position();
        let tag = self.0.tag().map_err(|_| Fault::Syntax)?.as_u64();
        self.shortest(start, tag)?;
        Ok(Some(tag))
    }

    pub(crate) fn array(&mut self) -> Result<Items, Fault> {
        let start = self.0.position();
        let length = self.0.array().map_err(|_| Fault::Syntax)?;
        self.items(start, length)
    }

    pub(crate) fn map(&mut self) -> Result<Items, Fault> {
        let start = self.0.position();
        let length = self.0.map().map_err(|_| Fault::Syntax)?;
        self.items(start, length)
    }

    /// Whether there is another item; steps over the break that ends an indefinite collection.
    pub(crate) fn more(&mut self, items: &mut Items) -> Result<bool, Fault> {
        match items {
            Items::Definite(left) => match left.checked_sub(1) {
                None => Ok(false),
                Some(rest) => {
                    *left = rest;
                    Ok(true)
                }
            },
            Items::Indefinite => {
                if self.kind()? != Type::Break {
                    return Ok(true);
                }
                self.0.set_position(self.0.position().saturating_add(1));
                Ok(false)
            }
        }
    }

    pub(crate) fn at_end(&self) -> bool {
        self.0.position() >= self.0.input().len()
    }

    fn kind(&self) -> Result<Type, Fault> {
        self.0.datatype().map_err(|_| Fault::Syntax)
    }

    fn items(&self, start: usize, length: Option<u64>) -> Result<Items, Fault> {
        match length {
            None => Ok(Items::Indefinite),
            Some(length) => {
                self.shortest(start, length)?;
                Ok(Items::Definite(length))
            }
        }
    }

    /// RFC 8949 §4.2.1: the head at `start` has no shorter form for `argument`.
    fn shortest(&self, start: usize, argument: impl TryInto<u64>) -> Result<(), Fault> {
        let argument = argument.try_into().map_err(|_| Fault::Syntax)?;
        let head = self.0.input().get(start).ok_or(Fault::Syntax)?;
        let shortest = match head & 0x1f {
            0..24 => true,
            24 => argument >= 24,
            25 => argument > u64::from(u8::MAX),
            26 => argument > u64::from(u16::MAX),
            27 => argument > u64::from(u32::MAX),
            _ => false,
        };
        if shortest { Ok(()) } else { Err(Fault::NotShortest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_a_number_that_is_not_shortest() {
        for (bytes, number) in [
            (&[0x17][..], Ok(23)),
            (&[0x18, 23], Err(Fault::NotShortest)),
            (&[0x18, 24], Ok(24)),
            (&[0x19, 0, 255], Err(Fault::NotShortest)),
            (&[0x19, 1, 0], Ok(256)),
            (&[0x1a, 0, 0, 255, 255], Err(Fault::NotShortest)),
            (&[0x1a, 0, 1, 0, 0], Ok(65_536)),
            (&[0x1b, 0, 0, 0, 0, 255, 255, 255, 255], Err(Fault::NotShortest)),
            (&[0x1b, 0, 0, 0, 1, 0, 0, 0, 0], Ok(1 << 32)),
            (&[0x1f], Err(Fault::Syntax)),
            (&[0x20], Err(Fault::Syntax)),
            (&[], Err(Fault::Syntax)),
        ] {
            assert_eq!(Reader::new(bytes).unsigned(), number, "{bytes:?}");
        }
    }

    #[test]
    fn refuses_a_string_in_pieces() {
        assert_eq!(Reader::new(&[0x5f, 0x41, 1, 0xff]).bytes(), Err(Fault::Syntax));
        assert_eq!(Reader::new(&[0x7f, 0x61, b'a', 0xff]).text(), Err(Fault::Syntax));
    }

    #[test]
    fn refuses_a_length_beyond_the_input_without_allocating() {
        let mut bytes = vec![0x5b];
        bytes.extend((1_u64 << 63).to_be_bytes());
        assert_eq!(Reader::new(&bytes).bytes(), Err(Fault::Syntax));
    }
}
