//! Text that others wrote, on a terminal.

/// Printable ASCII as it is, and everything else escaped, so that no text moves the cursor or turns the line around.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            if matches!(c, ' '..='~') { c.to_string() } else { c.escape_unicode().to_string() }.chars().collect::<Vec<_>>()
        })
        .collect()
}

/// Digits in groups of three.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_reaches_the_terminal_but_printable_ascii() {
        assert_eq!(plain("a b\u{1b}[2J\u{202e}\u{9b}"), "a b\\u{1b}[2J\\u{202e}\\u{9b}");
    }

    #[test]
    fn digits_are_grouped() {
        assert_eq!([0, 999, 1_000, 12_345_678].map(grouped), ["0", "999", "1,000", "12,345,678"]);
    }
}
