//! The ways in which one byte can be written: raw, or as an escape. Each reading is a byte and how many bytes of text it takes.

/// Backslashes before an escape, at most: JSON within JSON within JSON within JSON.
const BACKSLASHES: usize = 15;

/// What the text at `at` can stand for.
pub(super) fn readings(text: &[u8], at: usize) -> impl Iterator<Item = (u8, usize)> {
    let mut found = [None; 4];
    if let Some([first, tail @ ..]) = text.get(at..) {
        let escapes = match first {
            b'%' => percent(tail),
            b'\\' => backslash(tail),
            b'&' => [reference(tail), None, None],
            b'=' => [hex_byte(tail).map(|byte| (byte, 3)), None, None],
            _ => [None; 3],
        };
        let [a, b, c] = escapes;
        found = [Some((*first, 1)), a, b, c];
    }
    found.into_iter().flatten()
}

/// Whether an escape can begin with this byte.
pub(super) const fn begins_escape(byte: u8) -> bool {
    matches!(byte, b'%' | b'\\' | b'&' | b'=')
}

/// `%41`, `%2541`, `%252541`.
fn percent(tail: &[u8]) -> [Option<(u8, usize)>; 3] {
    let once = |tail: &[u8], length| hex_byte(tail).map(|byte| (byte, length));
    let twice = tail.strip_prefix(b"25");
    let thrice = twice.and_then(|tail| tail.strip_prefix(b"25"));
    [once(tail, 3), twice.and_then(|tail| once(tail, 5)), thrice.and_then(|tail| once(tail, 7))]
}

/// `\u0041`, `\u{41}`, `\x41`, `\/`, `\n`, each behind one or more backslashes; and a backslash that is itself escaped.
fn backslash(tail: &[u8]) -> [Option<(u8, usize)>; 3] {
    let more = tail.iter().take(BACKSLASHES).take_while(|byte| **byte == b'\\').count();
    // The run of backslashes: the first, and those in the tail.
    let run = more.saturating_add(1);
    let behind = tail.get(more..).unwrap_or_default();
    let escape = match behind {
        [b'u', b'{', digits @ ..] => braced(digits).map(|(byte, length)| (byte, length.saturating_add(2))),
        [b'u', b'0', b'0', digits @ ..] => hex_byte(digits).map(|byte| (byte, 5)),
        [b'x', digits @ ..] => hex_byte(digits).map(|byte| (byte, 3)),
        [b'n', ..] => Some((b'\n', 1)),
        [b'r', ..] => Some((b'\r', 1)),
        [byte, ..] if byte.is_ascii_punctuation() => Some((*byte, 1)),
        _ => None,
    };
    let escape = escape.map(|(byte, length)| (byte, run.saturating_add(length)));
    [escape, (run > 1).then_some((b'\\', 2)), (run > 2).then_some((b'\\', run))]
}

/// Up to six digits and the brace.
fn braced(digits: &[u8]) -> Option<(u8, usize)> {
    let end = digits.iter().take(7).position(|byte| *byte == b'}')?;
    number(digits.get(..end)?, 16).map(|byte| (byte, end.saturating_add(1)))
}

/// `#65;`, `#x41;`, `amp;`.
fn reference(tail: &[u8]) -> Option<(u8, usize)> {
    let end = tail.iter().take(10).position(|byte| *byte == b';')?;
    let byte = match tail.get(..end)? {
        [b'#', b'x' | b'X', digits @ ..] => number(digits, 16)?,
        [b'#', digits @ ..] => number(digits, 10)?,
        b"amp" => b'&',
        b"lt" => b'<',
        b"gt" => b'>',
        b"quot" => b'"',
        b"apos" => b'\'',
        _ => return None,
    };
    Some((byte, end.saturating_add(2)))
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    number(digits.get(..2)?, 16)
}

fn number(digits: &[u8], radix: u32) -> Option<u8> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u8::from_str_radix(core::str::from_utf8(digits).ok()?, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<(u8, usize)> {
        readings(text, 0).collect()
    }

    #[test]
    fn reads_each_escape() {
        for (text, byte) in [
            ("%41", b'A'),
            ("%2541", b'A'),
            ("%252541", b'A'),
            ("%6a", b'j'),
            ("%6A", b'j'),
            ("\\u0041", b'A'),
            ("\\u006A", b'j'),
            ("\\\\u0041", b'A'),
            ("\\u{41}", b'A'),
            ("\\u{000041}", b'A'),
            ("\\x41", b'A'),
            ("\\/", b'/'),
            ("\\\\\\/", b'/'),
            ("\\\"", b'"'),
            ("\\\\", b'\\'),
            ("\\\\\\\\", b'\\'),
            ("&#65;", b'A'),
            ("&#0065;", b'A'),
            ("&#x41;", b'A'),
            ("&#X6a;", b'j'),
            ("&amp;", b'&'),
            ("&quot;", b'"'),
            ("=41", b'A'),
        ] {
            assert!(read(text.as_bytes()).contains(&(byte, text.len())), "{text}");
        }
    }

    #[test]
    fn always_reads_the_raw_byte_and_nothing_of_no_text() {
        for byte in 0..=255 {
            assert!(read(&[byte, b'4', b'1']).contains(&(byte, 1)));
        }
        assert_eq!(read(b""), []);
        assert_eq!(readings(b"abc", 9).count(), 0);
    }

    #[test]
    fn reads_no_broken_escape() {
        for text in [
            "%4",
            "%+4",
            "%g1",
            "\\u041",
            "\\u1041",
            "\\u{}",
            "\\u{110000000}",
            "\\u{100}",
            "&#;",
            "&#x;",
            "&#256;",
            "&#6a;",
            "&nope;",
            "=4",
            "\\a",
        ] {
            assert_eq!(read(text.as_bytes()).len(), 1, "{text}");
        }
    }
}
