//! The only way to the terminal: what comes out is printable ASCII, whatever went in.
//!
//! A document's bytes are printed in hex and its names were checked. This is the second fence, for what else there is: file names,
//! arguments in clap's messages, whatever a later version prints.

use core::fmt::Write as _;
use std::io::{self, Write as _};

/// Text for people: control characters, escape sequences, and what is not ASCII (text that changes direction among it) in writing.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | ' '..='~' => out.push(character),
            _ => {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
            }
        }
    }
    out
}

/// The same for a name within a line, which can't begin another one.
pub(crate) fn one_line(text: &str) -> String {
    printable(text).replace('\n', "\\u{a}")
}

/// Somebody else's text within a line: of spaces that stand together, each after the first is written out, so that none of them moves what
/// follows to where a terminal would begin a row.
pub(crate) fn squeezed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut space = true;
    for character in one_line(text).chars() {
        if character == ' ' && space {
            out.push_str("\\u{20}");
        } else {
            out.push(character);
        }
        space = character == ' ';
    }
    out
}

/// JSON with everything beyond ASCII escaped, which changes none of its values.
pub(crate) fn ascii_json(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if matches!(character, '\n' | ' '..='~') {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// To standard output, at once and whole.
pub(crate) fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.write_all(b"\n")?;
    stdout.flush()
}

/// To standard error. Nothing is left to be said when that is gone.
pub(crate) fn complain(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", printable(text).trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOSTILE: &str = "a\u{1b}[2J\u{7}\r\u{9b}\u{202e}\u{200b}\u{1f600}\u{0}\tz";

    #[test]
    fn nothing_that_steers_a_terminal_comes_out() {
        let text = printable(&format!("{HOSTILE}\n"));
        assert!(text.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')), "{text}");
        assert!(text.starts_with("a\\u{1b}[2J\\u{7}\\u{d}\\u{9b}\\u{202e}"), "{text}");
        assert!(text.ends_with("z\n"));
    }

    #[test]
    fn a_name_begins_no_line() {
        assert_eq!(one_line("a\nVERIFIED: b"), "a\\u{a}VERIFIED: b");
    }

    #[test]
    fn spaces_move_nothing() {
        assert_eq!(squeezed("a b  c   d"), "a b \\u{20}c \\u{20}\\u{20}d");
        assert_eq!(squeezed(" a\n"), "\\u{20}a\\u{a}");
    }

    #[test]
    fn json_keeps_its_values() {
        let value = serde_json::json!({ HOSTILE: [HOSTILE] });
        let text = ascii_json(&format!("{value:#}"));
        assert!(text.bytes().all(|byte| matches!(byte, b'\n' | b' '..=b'~')), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}
