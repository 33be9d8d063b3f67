//! Rules: why a decision is what it is, as short ASCII in a word.

use alloy_primitives::B256;

/// The text of a rule: 1 to 32 of `[a-z0-9_.-]`, filled up with zeros on the right; `None` when it is anything else.
///
/// A policy may return any word, and this text goes to callers and receipts.
#[must_use]
pub fn rule_text(rule: B256) -> Option<String> {
    let length = rule.iter().position(|byte| *byte == 0).unwrap_or(B256::len_bytes());
    let (text, filling) = rule.split_at_checked(length)?;
    let clean = text.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'.' | b'-'));
    if text.is_empty() || !clean || filling.iter().any(|byte| *byte != 0) {
        return None;
    }
    Some(text.iter().copied().map(char::from).collect())
}

/// The word of a rule's text; `None` where [`rule_text`] would not read it back.
#[must_use]
pub fn rule(text: &str) -> Option<B256> {
    let mut word = [0; 32];
    word.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
    let word = B256::from(word);
    (rule_text(word).as_deref() == Some(text)).then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_wrote() {
        for text in ["a", "vault.not_live", "a-b_c.9", "0123456789abcdef0123456789abcdef"] {
            assert_eq!(rule_text(rule(text).unwrap()).unwrap(), text);
        }
    }

    #[test]
    fn refuses_text_that_is_no_rule() {
        for text in ["", "A", "a b", "a\0", "a\0b", "ä", "a\n", "0123456789abcdef0123456789abcdef0"] {
            assert_eq!(rule(text), None, "{text:?}");
        }
    }

    #[test]
    fn refuses_words_that_are_no_rule() {
        let mut after_the_end = rule("a").unwrap();
        after_the_end[2] = b'b';
        for word in [B256::ZERO, B256::repeat_byte(0xff), B256::repeat_byte(b'"'), after_the_end] {
            assert_eq!(rule_text(word), None);
        }
    }
}
