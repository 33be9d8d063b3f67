//! Strict reading of CBOR (RFC 8949): shortest heads only, strings in one piece, no depth but what the caller reads.

/// Why the bytes were not what was called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The bytes end within an item.
    Truncated,
    /// Another type than was called for, or none.
    Type,
    /// A tag where none may stand.
    Tag,
    /// A string of indefinite length.
    Pieces,
    /// A length or number that is not in its shortest form.
    NotShortest,
    /// Text that is not UTF-8.
    Utf8,
}

/// The major types of RFC 8949 §3.1.
const UNSIGNED: u8 = 0;
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const ARRAY: u8 = 4;
const MAP: u8 = 5;
const TAG: u8 = 6;
const NULL: u8 = 0xf6;
const BREAK: u8 = 0xff;

/// A map or an array that is being read.
#[derive(Debug)]
pub(crate) enum Items {
    Definite(u64),
    Indefinite,
}

/// What is left of the input.
#[derive(Debug)]
pub(crate) struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    pub(crate) const fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&mut self) -> Result<&'b [u8], Fault> {
        self.string(BYTES)
    }

    /// A byte string, alone and with its head.
    pub(crate) fn bytes_and_head(&mut self) -> Result<(&'b [u8], &'b [u8]), Fault> {
        let start = self.0;
        let bytes = self.bytes()?;
        let whole = start.get(..start.len().saturating_sub(self.0.len())).ok_or(Fault::Truncated)?;
        Ok((bytes, whole))
    }

    /// A byte string, or `None` for null.
    pub(crate) fn bytes_or_null(&mut self) -> Result<Option<&'b [u8]>, Fault> {
        match self.0.split_first() {
            Some((&NULL, rest)) => {
                self.0 = rest;
                Ok(None)
            }
            _ => self.bytes().map(Some),
        }
    }

    pub(crate) fn text(&mut self) -> Result<&'b str, Fault> {
        core::str::from_utf8(self.string(TEXT)?).map_err(|_| Fault::Utf8)
    }

    pub(crate) fn unsigned(&mut self) -> Result<u64, Fault> {
        self.head(UNSIGNED)?.ok_or(Fault::Type)
    }

    /// The tag in front of the next item, if there is one.
    pub(crate) fn tag(&mut self) -> Result<Option<u64>, Fault> {
        let initial = self.0.first().ok_or(Fault::Truncated)?;
        if initial >> 5 == TAG { self.head(TAG)?.ok_or(Fault::Type).map(Some) } else { Ok(None) }
    }

    pub(crate) fn array(&mut self) -> Result<Items, Fault> {
        self.head(ARRAY).map(Items::new)
    }

    pub(crate) fn map(&mut self) -> Result<Items, Fault> {
        self.head(MAP).map(Items::new)
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
            Items::Indefinite => match self.0.split_first().ok_or(Fault::Truncated)? {
                (&BREAK, rest) => {
                    self.0 = rest;
                    Ok(false)
                }
                _ => Ok(true),
            },
        }
    }

    pub(crate) const fn at_end(&self) -> bool {
        self.0.is_empty()
    }

    fn string(&mut self, major: u8) -> Result<&'b [u8], Fault> {
        let length = self.head(major)?.ok_or(Fault::Pieces)?;
        let length = usize::try_from(length).map_err(|_| Fault::Truncated)?;
        let (content, rest) = self.0.split_at_checked(length).ok_or(Fault::Truncated)?;
        self.0 = rest;
        Ok(content)
    }

    /// The head of an item of this type: its argument, or `None` for an indefinite length.
    fn head(&mut self, wanted: u8) -> Result<Option<u64>, Fault> {
        let (&initial, rest) = self.0.split_first().ok_or(Fault::Truncated)?;
        let major = initial >> 5;
        if major != wanted {
            return Err(if major == TAG { Fault::Tag } else { Fault::Type });
        }
        let (argument, rest) = match initial & 0x1f {
            small @ 0..24 => (Some(u64::from(small)), rest),
            24 => argument::<1>(rest, 24)?,
            25 => argument::<2>(rest, 1 << 8)?,
            26 => argument::<4>(rest, 1 << 16)?,
            27 => argument::<8>(rest, 1 << 32)?,
            31 => (None, rest),
            _ => return Err(Fault::Type),
        };
        self.0 = rest;
        Ok(argument)
    }
}

impl Items {
    fn new(length: Option<u64>) -> Self {
        length.map_or(Self::Indefinite, Self::Definite)
    }
}

/// An argument of `N` bytes. RFC 8949 §4.2.1: what is less than `least` has a shorter form.
fn argument<const N: usize>(rest: &[u8], least: u64) -> Result<(Option<u64>, &[u8]), Fault> {
    let (bytes, rest) = rest.split_first_chunk::<N>().ok_or(Fault::Truncated)?;
    let value = bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    if value < least { Err(Fault::NotShortest) } else { Ok((Some(value), rest)) }
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
            (&[0x1b, 255, 255, 255, 255, 255, 255, 255, 255], Ok(u64::MAX)),
            (&[0x18], Err(Fault::Truncated)),
            (&[0x1b, 0, 0, 0, 1, 0, 0, 0], Err(Fault::Truncated)),
            (&[0x1c, 0], Err(Fault::Type)),
            (&[0x1e, 0], Err(Fault::Type)),
            (&[0x1f], Err(Fault::Type)),
            (&[0x20], Err(Fault::Type)),
            (&[0xc0, 0x00], Err(Fault::Tag)),
            (&[], Err(Fault::Truncated)),
        ] {
            assert_eq!(Reader::new(bytes).unsigned(), number, "{bytes:?}");
        }
    }

    #[test]
    fn refuses_a_string_in_pieces() {
        assert_eq!(Reader::new(&[0x5f, 0x41, 1, 0xff]).bytes(), Err(Fault::Pieces));
        assert_eq!(Reader::new(&[0x7f, 0x61, b'a', 0xff]).text(), Err(Fault::Pieces));
    }

    #[test]
    fn refuses_text_that_is_not_utf8() {
        assert_eq!(Reader::new(&[0x61, 0xff]).text(), Err(Fault::Utf8));
        assert_eq!(Reader::new(&[0x62, 0xc3, 0xa4]).text(), Ok("ä"));
    }

    #[test]
    fn refuses_a_length_beyond_the_input_without_allocating() {
        let mut bytes = vec![0x5b];
        bytes.extend((1_u64 << 63).to_be_bytes());
        assert_eq!(Reader::new(&bytes).bytes(), Err(Fault::Truncated));
    }
}
