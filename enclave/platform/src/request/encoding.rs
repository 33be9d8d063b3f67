//! Percent-encoding of queries and forms.

use zeroize::Zeroizing;

/// RFC 3986: all but unreserved characters are encoded.
pub(crate) fn encode(bytes: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(bytes.len().saturating_mul(3)));
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            out.push(*byte);
        } else {
            out.push(b'%');
            out.push(digit(byte >> 4));
            out.push(digit(byte & 15));
        }
    }
    out
}

const fn digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0'.saturating_add(nibble) } else { b'A'.saturating_add(nibble.saturating_sub(10)) }
}

/// What a form decoder reads: `+` is a space. `None` unless every `%` has two digits and the result is UTF-8.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                u8::try_from(high.checked_mul(16)?.checked_add(low)?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn refuses_a_percent_without_its_digits() {
        for text in ["%", "%4", "%4g", "%+1", "%ff", "a%"] {
            assert_eq!(decode(text), None, "{text}");
        }
        assert_eq!(decode("a+b%2Bc%c3%A9").as_deref(), Some("a b+cé"));
    }

    proptest! {
        #[test]
        fn what_is_encoded_comes_back(text in any::<String>()) {
            let encoded = encode(text.as_bytes());
            prop_assert!(encoded.iter().all(u8::is_ascii_graphic));
            prop_assert_eq!(decode(core::str::from_utf8(&encoded).unwrap()), Some(text));
        }
    }
}
