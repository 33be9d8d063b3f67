//! Every listed form of random secrets in random bodies: nothing is left of any, in any form.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;

use crate::redact::Redactor;

/// The forms that SECURITY.md lists, by number.
const FORMS: usize = 27;

fn each(secret: &[u8], write: impl Fn(u8) -> String) -> Vec<u8> {
    secret.iter().map(|byte| write(*byte)).collect::<Vec<_>>().concat().into_bytes()
}

fn wide(text: &[u8], before: usize, after: usize) -> Vec<u8> {
    text.iter().flat_map(|byte| [vec![0; before], vec![*byte], vec![0; after]].concat()).collect()
}

/// What an upstream that echoes makes of a secret, inside of something else where the form has alignments.
fn encoded(secret: &[u8], form: usize) -> Vec<u8> {
    let reserved = |byte: u8, lower: bool| match (byte.is_ascii_alphanumeric() || b"-._~".contains(&byte), lower) {
        (true, _) => char::from(byte).to_string(),
        (false, true) => format!("%{byte:02x}"),
        (false, false) => format!("%{byte:02X}"),
    };
    let aligned = |before: &str| [before.as_bytes(), secret, b":"].concat();
    match form {
        0 => secret.to_vec(),
        1 => secret.to_ascii_uppercase(),
        2 => secret.to_ascii_lowercase(),
        3 => each(secret, |byte| reserved(byte, false)),
        4 => each(secret, |byte| reserved(byte, true)),
        5 => each(secret, |byte| format!("%{byte:02X}")),
        6 => each(secret, |byte| format!("%25{byte:02x}")),
        7 => each(secret, |byte| format!("%2525{byte:02X}")),
        8 => each(secret, |byte| format!("\\u{byte:04x}")),
        9 => each(secret, |byte| format!("\\u{byte:04X}")),
        10 => each(secret, |byte| format!("\\\\u{byte:04x}")),
        11 => serde_json::to_vec(&String::from_utf8_lossy(secret)).unwrap(),
        12 => serde_json::to_vec(&serde_json::to_string(&String::from_utf8_lossy(secret)).unwrap()).unwrap(),
        13 => each(secret, |byte| format!("&#{byte};")),
        14 => each(secret, |byte| format!("&#x{byte:X};")),
        15 => each(secret, |byte| format!("\\x{byte:02x}")),
        16 => each(secret, |byte| format!("={byte:02X}")),
        17 => hex::encode(secret).into_bytes(),
        18 => hex::encode_upper(secret).into_bytes(),
        19 => STANDARD.encode(aligned("")).into_bytes(),
        20 => STANDARD_NO_PAD.encode(aligned("u")).into_bytes(),
        21 => URL_SAFE.encode(aligned("us")).into_bytes(),
        22 => URL_SAFE_NO_PAD.encode(aligned("user:")).into_bytes(),
        23 => wide(secret, 0, 1),
        24 => wide(secret, 1, 0),
        25 => STANDARD.encode(aligned("user")).as_bytes().chunks(19).collect::<Vec<_>>().join(&b"\r\n"[..]),
        _ => each(STANDARD.encode(aligned("x")).as_bytes(), |byte| reserved(byte, false)),
    }
}

/// What of an encoded form is the secret's alone: of the aligned ones, less the characters that it shares with what surrounds it.
fn core_of(secret: &[u8], form: usize) -> Vec<u8> {
    let text = encoded(secret, form);
    match form {
        19..=22 | 25 | 26 => text.get(9..text.len().saturating_sub(9)).unwrap_or_default().to_vec(),
        11 | 12 => text.get(form..text.len().saturating_sub(form)).unwrap_or_default().to_vec(),
        _ => text,
    }
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    part.len() >= 6 && text.windows(part.len()).any(|window| window == part)
}

/// Bodies: bytes, text that escapes much, and text that looks like an answer.
fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        "[%\\\\&=\r\n\\x00a-f0-9;ux\"]{0,200}".prop_map(String::into_bytes),
        "(\\{\"[a-z]{1,8}\":\"[A-Za-z0-9+/=_-]{0,40}\",\n *\"n\":[0-9]{1,9}\\}){0,5}".prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_024, ..ProptestConfig::default() })]

    #[test]
    fn t42_no_secret_is_left_in_any_listed_form(
        secrets in prop::collection::vec("[!-~]{8,60}", 1..4),
        parts in prop::collection::vec((body(), any::<prop::sample::Index>(), 0..FORMS), 1..6),
        last in body(),
    ) {
        let wanted: Vec<&[u8]> = secrets.iter().map(String::as_bytes).collect();
        let redactor = Redactor::new("a.example", &wanted).unwrap();
        let mut text = Vec::new();
        for (before, which, form) in &parts {
            text.extend_from_slice(before);
            text.extend(encoded(which.get(&secrets).as_bytes(), *form));
        }
        text.extend(last);
        // A refusal hands nothing back.
        if let Ok(scrubbed) = redactor.scrub(&text) {
            for (_, which, form) in &parts {
                prop_assert!(!holds(&scrubbed, &core_of(which.get(&secrets).as_bytes(), *form)), "form {form}");
            }
            for secret in &wanted {
                for form in 0..FORMS {
                    prop_assert!(!holds(&scrubbed, &core_of(secret, form)), "form {form}");
                }
            }
            prop_assert!(holds(&scrubbed, b"[redacted]"));
        }
    }

    /// The fast search finds what a look at every byte finds.
    #[test]
    fn t42_the_samples_miss_nothing(
        secret in "[!-~]{8,40}", parts in prop::collection::vec((body(), 0..FORMS), 1..4),
    ) {
        let patterns = crate::redact::pattern::Pattern::all(secret.as_bytes());
        let text: Vec<u8> = parts.iter().flat_map(|(before, form)| [before.clone(), encoded(secret.as_bytes(), *form)].concat()).collect();
        let mut slow = std::collections::BTreeSet::new();
        for pattern in &patterns {
            for start in 0..text.len() {
                let begins = crate::redact::reading::readings(&text, start).any(|(byte, _)| pattern.begins_with(&[byte]));
                if begins && let Ok(Some(place)) = pattern.place(&text, start, &mut u64::MAX.clone()) {
                    slow.insert(place);
                }
            }
        }
        let found = crate::redact::search::Search::new(patterns).find(&text, &mut u64::MAX.clone());
        let fast: std::collections::BTreeSet<_> = found.unwrap().into_iter().collect();
        prop_assert_eq!(fast, slow);
    }
}
