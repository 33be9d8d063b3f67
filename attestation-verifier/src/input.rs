//! Files and standard input, bounded, and the ways in which a document is written.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use attestation_verifier::MAX_DOCUMENT;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::arguments::Format;

/// The longest text of the longest document: hex, with a line break after every other digit.
const MAX_TEXT: usize = MAX_DOCUMENT * 4;
const BASE64: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// A document as it came in.
pub(crate) struct Input {
    pub(crate) bytes: Vec<u8>,
    /// How it was written: never [`Format::Auto`].
    pub(crate) format: Format,
}

/// The bytes are no document, as they can't be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    /// Longer than any document.
    #[error("longer than any document: more than 16,384 bytes, or 65,536 of text")]
    TooLong,
    /// Not hex.
    #[error("not hex")]
    Hex,
    /// Not base64.
    #[error("not base64")]
    Base64,
    /// Neither binary, nor hex, nor base64.
    #[error("neither a binary document nor one in hex or base64")]
    Unknown,
}

/// `-` is standard input. Reads one byte more than a document may have at most, so that what is too long is seen to be.
pub(crate) fn document(path: &Path, format: Format) -> io::Result<Result<Input, DecodeError>> {
    let bytes = if path == Path::new("-") { bounded(io::stdin().lock(), MAX_TEXT) } else { file(path, MAX_TEXT) }?;
    Ok(decode(bytes, format))
}

/// A file of at most `max` bytes, and one byte more of a longer one.
pub(crate) fn file(path: &Path, max: usize) -> io::Result<Vec<u8>> {
    bounded(File::open(path)?, max)
}

fn bounded(from: impl Read, max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn decode(bytes: Vec<u8>, format: Format) -> Result<Input, DecodeError> {
    if bytes.len() > MAX_TEXT {
        return Err(DecodeError::TooLong);
    }
    let format = match format {
        Format::Auto => detect(&bytes).ok_or(DecodeError::Unknown)?,
        Format::Bin | Format::Hex | Format::Base64 => format,
    };
    let text = || bytes.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<_>>();
    let bytes = match format {
        Format::Hex => hex::decode(text()).map_err(|_| DecodeError::Hex)?,
        Format::Base64 => {
            let standard: Vec<_> = text().iter().map(|byte| standard(*byte)).collect();
            BASE64.decode(standard).map_err(|_| DecodeError::Base64)?
        }
        Format::Auto | Format::Bin => bytes,
    };
    Ok(Input { bytes, format })
}

/// The digit of the alphabet for URLs in the usual one.
const fn standard(digit: u8) -> u8 {
    match digit {
        b'-' => b'+',
        b'_' => b'/',
        digit => digit,
    }
}

/// A document starts with an array of four, or with a tag: 8 or d in hex, h or 0 in base64, and no letter in binary.
fn detect(bytes: &[u8]) -> Option<Format> {
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        _ if bytes.first().is_some_and(|first| *first >= 0x80) => Some(Format::Bin),
        Some(b'8' | b'd' | b'D') => Some(Format::Hex),
        Some(b'h' | b'0') => Some(Format::Base64),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], format: Format) -> Result<(Vec<u8>, Format), DecodeError> {
        decode(bytes.to_vec(), format).map(|input| (input.bytes, input.format))
    }

    #[test]
    fn tells_the_forms_apart_by_their_first_byte() {
        let tagged = b"\xd2\x84\x44\xa1\x01\x38\x22\xa0\xfb\xff".to_vec();
        let untagged = tagged[1..].to_vec();
        for document in [tagged, untagged] {
            let usual = base64::prelude::BASE64_STANDARD.encode(&document);
            let for_urls = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(&document);
            let digits = hex::encode(&document);
            for (text, format) in [
                (document.clone(), Format::Bin),
                (digits.clone().into_bytes(), Format::Hex),
                (digits.to_uppercase().into_bytes(), Format::Hex),
                (format!(" {digits}\r\n").into_bytes(), Format::Hex),
                (usual.clone().into_bytes(), Format::Base64),
                (for_urls.into_bytes(), Format::Base64),
                (format!("\n{}\n{}\n", &usual[..4], &usual[4..]).into_bytes(), Format::Base64),
            ] {
                assert_eq!(decoded(&text, Format::Auto), Ok((document.clone(), format)));
                assert_eq!(decoded(&text, format), Ok((document.clone(), format)));
            }
        }
    }

    #[test]
    fn what_is_none_of_them_says_so() {
        for bytes in [&b""[..], b"\n", b"{\"document\":1}", b"-----BEGIN", b"\0\0", b"zz"] {
            assert_eq!(decoded(bytes, Format::Auto), Err(DecodeError::Unknown));
        }
        assert_eq!(decoded(b"84 4", Format::Hex), Err(DecodeError::Hex));
        assert_eq!(decoded(b"84xx", Format::Auto), Err(DecodeError::Hex));
        assert_eq!(decoded(b"hE(=", Format::Auto), Err(DecodeError::Base64));
        assert_eq!(decoded(b"hEQ", Format::Bin), Ok((b"hEQ".to_vec(), Format::Bin)));
    }

    #[test]
    fn length_is_bounded_before_anything_is_decoded() {
        let endless = bounded(io::repeat(b'8'), MAX_TEXT).unwrap();
        assert_eq!(endless.len(), MAX_TEXT + 1);
        assert_eq!(decoded(&endless, Format::Auto), Err(DecodeError::TooLong));
    }
}
