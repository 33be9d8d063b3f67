mod every_form;

use super::*;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use protocol::http::Response;
use protocol::limits;

const HOST: &str = "a.myshopify.com";
const TOKEN: &str = "shpat_00112233/45566+7889=9aabbccddeeff";

fn redactor() -> Redactor {
    Redactor::new(HOST, &[TOKEN.as_bytes()]).unwrap()
}

fn scrub(text: &[u8]) -> Vec<u8> {
    redactor().scrub(text).unwrap()
}

fn response(status: u16, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    Response { status, headers, body: body.to_vec() }
}

/// The form is gone, and what stood around it is not.
fn assert_gone(form: &[u8]) {
    let text = [b"{\"before\": \"".as_slice(), form, b"\", \"after\": 1}"].concat();
    let scrubbed = scrub(&text);
    assert_eq!(
        String::from_utf8_lossy(&scrubbed),
        "{\"before\": \"[redacted]\", \"after\": 1}",
        "{}",
        String::from_utf8_lossy(form)
    );
    let answer = response(200, &[("etag", "x")], &text);
    assert_eq!(redactor().response(answer).unwrap().body, scrubbed);
    if form.iter().all(|byte| (0x20..0x7f).contains(byte)) {
        let header = String::from_utf8([b"a ", form, b" b"].concat()).unwrap();
        let answer = redactor().response(response(200, &[("x-request-id", header.as_str())], b"")).unwrap();
        assert_eq!(answer.headers, [("x-request-id".to_owned(), b"a [redacted] b".to_vec())]);
    }
}

fn each(byte: impl Fn(u8) -> String) -> Vec<u8> {
    TOKEN.bytes().map(byte).collect::<Vec<_>>().concat().into_bytes()
}

fn reserved(upper: bool) -> Vec<u8> {
    each(|byte| match (byte.is_ascii_alphanumeric() || byte == b'_', upper) {
        (true, _) => char::from(byte).to_string(),
        (false, true) => format!("%{byte:02X}"),
        (false, false) => format!("%{byte:02x}"),
    })
}

#[test]
fn t42_raw_in_any_case() {
    assert_gone(TOKEN.as_bytes());
    assert_gone(TOKEN.to_uppercase().as_bytes());
    assert_gone(TOKEN.to_lowercase().as_bytes());
}

#[test]
fn t42_percent() {
    assert_gone(&reserved(true));
    assert_gone(&reserved(false));
    assert_gone(&each(|byte| format!("%{byte:02x}")));
    assert_gone(&each(|byte| format!("%{byte:02X}")));
    assert_gone(&each(|byte| format!("%25{byte:02X}")));
    assert_gone(&each(|byte| format!("%2525{byte:02X}")));
    assert_gone(&each(|byte| if byte % 2 == 0 { format!("%{byte:02X}") } else { char::from(byte).to_string() }));
}

#[test]
fn t42_json_escapes() {
    assert_gone(TOKEN.replace('/', "\\/").as_bytes());
    assert_gone(TOKEN.replace('/', "\\\\\\/").as_bytes());
    assert_gone(&each(|byte| format!("\\u{byte:04x}")));
    assert_gone(&each(|byte| format!("\\u{byte:04X}")));
    assert_gone(&each(|byte| format!("\\\\u{byte:04X}")));
    assert_gone(&each(|byte| if byte % 3 == 0 { format!("\\u{byte:04X}") } else { char::from(byte).to_string() }));
}

#[test]
fn t42_other_escapes() {
    assert_gone(&each(|byte| format!("&#{byte};")));
    assert_gone(&each(|byte| format!("&#x{byte:x};")));
    assert_gone(&each(|byte| format!("\\x{byte:02x}")));
    assert_gone(&each(|byte| format!("={byte:02X}")));
    assert_gone(&each(|byte| format!("\\u{{{byte:x}}}")));
}

#[test]
fn t42_escapes_of_a_secret_that_is_made_of_escape_characters() {
    for secret in ["%25%2525\\\\", "\\u0041\\\\\\\"/", "&amp;&#65;=3D", "a\\nb%00=="] {
        let redactor = Redactor::new(HOST, &[secret.as_bytes()]).unwrap();
        let percent = secret.bytes().map(|byte| format!("%{byte:02X}")).collect::<Vec<_>>().concat();
        let json = secret.replace('\\', "\\\\").replace('"', "\\\"").replace('/', "\\/");
        let html = secret.replace('&', "&amp;").replace('"', "&quot;");
        for form in [secret.to_owned(), percent, json.clone(), html, json.replace('\\', "\\\\").replace('"', "\\\"")] {
            let scrubbed = redactor.scrub(format!("<{form}>").as_bytes()).unwrap();
            assert_eq!(String::from_utf8_lossy(&scrubbed), "<[redacted]>", "{secret} as {form}");
        }
    }
}

#[test]
fn t42_hex() {
    assert_gone(hex::encode(TOKEN).as_bytes());
    assert_gone(hex::encode_upper(TOKEN).as_bytes());
}

#[test]
fn t42_base64_at_each_alignment() {
    for before in ["", "u", "us", "user", "user:", "user:x"] {
        for after in ["", "&", "&b", "&b=", "\n"] {
            let plain = format!("{before}{TOKEN}{after}");
            for engine in [&STANDARD as &dyn Base64, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
                let text = engine.text(&plain);
                let scrubbed = String::from_utf8(scrub(text.as_bytes())).unwrap();
                // Whole characters of the surroundings stay; the ones that share bits with the secret go.
                let (kept, rest) = scrubbed.split_at(before.len() * 8 / 6);
                assert!(text.starts_with(kept), "{text} {scrubbed}");
                let rest = rest.strip_prefix("[redacted]").unwrap_or_else(|| panic!("{before} {after} {text} {scrubbed}"));
                assert!(text.ends_with(rest) && rest.len() <= 8, "{text} {scrubbed}");
            }
        }
    }
}

trait Base64 {
    fn text(&self, plain: &str) -> String;
}

impl<E: Engine> Base64 for E {
    fn text(&self, plain: &str) -> String {
        self.encode(plain)
    }
}

#[test]
fn t42_base64_escaped_and_broken_into_lines() {
    let text = STANDARD.encode(TOKEN);
    assert_gone(text.replace('/', "\\/").as_bytes());
    assert_gone(text.replace('+', "%2B").replace('/', "%2F").as_bytes());
    let lines = |end: &str| {
        text.as_bytes().chunks(20).map(|line| String::from_utf8_lossy(line).into_owned()).collect::<Vec<_>>().join(end)
    };
    assert_gone(lines("\n").as_bytes());
    assert_gone(lines("\r\n").as_bytes());
    assert_gone(lines("\\n").as_bytes());
    assert_gone(lines("\\r\\n").as_bytes());
}

#[test]
fn t42_utf16_and_utf32_of_either_byte_order() {
    let wide = |before: usize, after: usize| -> Vec<u8> {
        TOKEN.bytes().flat_map(|byte| [vec![0; before], vec![byte], vec![0; after]].concat()).collect()
    };
    for (before, after) in [(0, 1), (1, 0), (0, 3), (3, 0)] {
        let scrubbed = scrub(&wide(before, after));
        let rest: Vec<u8> = scrubbed.into_iter().filter(|byte| *byte != 0).collect();
        assert_eq!(rest, b"[redacted]");
    }
}

#[test]
fn t42_every_place_and_every_secret() {
    let other = "second-secret";
    let redactor = Redactor::new(HOST, &[TOKEN.as_bytes(), other.as_bytes()]).unwrap();
    let text = format!("{TOKEN}{TOKEN} {other},{TOKEN}");
    assert_eq!(redactor.scrub(text.as_bytes()).unwrap(), b"[redacted] [redacted],[redacted]");
}

#[test]
fn t42_overlapping_places_leave_nothing_of_either() {
    let redactor = Redactor::new(HOST, &[b"abababab"]).unwrap();
    assert_eq!(redactor.scrub(b"x ababababab y").unwrap(), b"x [redacted] y");
}

#[test]
fn t42_what_is_left_is_searched_again() {
    let redactor = Redactor::new(HOST, &[b"ab[redacted]cd", b"12345678"]).unwrap();
    assert_eq!(redactor.scrub(b"ab12345678cd").unwrap_err(), ScrubError::Remains);
}

#[test]
fn leaves_a_text_without_the_secret_as_it_is() {
    let text = br#"{"a":"shpat_0011","b":"c2hwYXRfMDAx","c":"%73%68","d":"\u0073","e":[1.50,2e3]}"#;
    assert_eq!(scrub(text), text);
    assert_eq!(scrub(b""), b"");
    assert_eq!(scrub(&TOKEN.as_bytes()[1..]), &TOKEN.as_bytes()[1..]);
}

#[test]
fn t46_gives_up_on_a_text_made_of_the_secret() {
    let secret = [[b'a'; 3000].as_slice(), b"b"].concat();
    let redactor = Redactor::new(HOST, &[&secret]).unwrap();
    assert_eq!(redactor.scrub(&vec![b'a'; 1 << 20]).unwrap_err(), ScrubError::Effort);
    assert!(redactor.scrub(&vec![b'c'; 1 << 20]).is_ok());
}

#[test]
fn t73_refuses_a_short_secret() {
    assert_eq!(Redactor::new(HOST, &[b"1234567"]).unwrap_err(), RedactorError::TooShort);
    assert_eq!(Redactor::new(HOST, &[TOKEN.as_bytes(), b""]).unwrap_err(), RedactorError::TooShort);
    assert_eq!(Redactor::new(HOST, &[b"1234 5678"]).unwrap_err(), RedactorError::NotVisibleAscii);
    assert!(Redactor::new(HOST, &[b"12345678"]).is_ok());
}

#[test]
fn t42_refuses_a_content_coding() {
    for coding in ["gzip", "deflate", "br", "zstd", "identity, gzip", "x", ""] {
        let refused = redactor().response(response(200, &[("Content-Encoding", coding)], b"x")).unwrap_err();
        assert_eq!(refused, RedactError::Encoding, "{coding}");
    }
    assert!(redactor().response(response(200, &[("content-encoding", "Identity")], b"x")).is_ok());
}

#[test]
fn t42_refuses_a_character_set_that_hides_ascii() {
    for content_type in
        ["text/html; charset=utf-7", "text/html;charset=\"ibm037\"", "a/b; x=y; CHARSET=iso-2022-jp", "a/b; charset"]
    {
        let refused = redactor().response(response(200, &[("content-type", content_type)], b"x")).unwrap_err();
        assert_eq!(refused, RedactError::Charset, "{content_type}");
    }
    for content_type in
        ["application/json", "application/json; charset=utf-8", "text/html; charset=\"UTF-8\"", "a/b;charset=utf-16le"]
    {
        assert!(redactor().response(response(200, &[("content-type", content_type)], b"x")).is_ok(), "{content_type}");
    }
}

#[test]
fn t42_returns_listed_headers_only() {
    let headers = [
        ("Content-Type", "application/json"),
        ("Set-Cookie", "a=b"),
        ("x-shopify-access-token", TOKEN),
        ("X-Echo", TOKEN),
        ("www-authenticate", "Basic"),
        ("content-length", "9"),
        ("transfer-encoding", "chunked"),
        ("connection", "keep-alive"),
        (TOKEN, "name"),
        ("Link", "<https://a.myshopify.com/x?page_info=1>; rel=next"),
    ];
    let names: Vec<_> =
        redactor().response(response(200, &headers, b"")).unwrap().headers.into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["content-type", "link"]);
}

#[test]
fn t42_refuses_a_redirect_off_the_host() {
    for location in [
        "https://evil.example/",
        "http://a.myshopify.com/",
        "https://a.myshopify.com.evil.example/",
        "https://a.myshopify.com@evil.example/",
        "https://a.myshopify.com:8443/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "https://b.myshopify.com/",
        "HTTPS://A.myshopify.com/",
        "evil",
        "",
        " /",
        "javascript:x",
        "/a b",
        "https://a.myshopify.com//evil.example/",
    ] {
        for status in [200, 201, 301, 302, 303, 307, 308] {
            let refused = redactor().response(response(status, &[("Location", location)], b"")).unwrap_err();
            assert_eq!(refused, RedactError::Redirect, "{location}");
        }
    }
    for location in ["/admin/x?y=z", "https://a.myshopify.com/x", "https://a.myshopify.com"] {
        let answer = redactor().response(response(302, &[("location", location)], b"")).unwrap();
        assert_eq!(answer.headers, [("location".to_owned(), location.as_bytes().to_vec())]);
    }
    let answer = redactor().response(response(302, &[("location", &format!("/x?token={TOKEN}"))], b"")).unwrap();
    assert_eq!(answer.headers[0].1, b"/x?token=[redacted]");
}

#[test]
fn t46_refuses_what_is_larger_than_its_limit() {
    let refused = |headers: &[(&str, &str)], body: &[u8]| redactor().response(response(200, headers, body)).unwrap_err();
    assert_eq!(refused(&[], &vec![b'x'; limits::UPSTREAM_BODY + 1]), RedactError::Size);
    assert_eq!(refused(&[("date", &"x".repeat(limits::HEADER_VALUE + 1))], b""), RedactError::Size);
    assert_eq!(refused(&[("x", "y"); limits::HEADERS + 1], b""), RedactError::Size);
}

#[test]
fn refuses_a_status_that_is_not_final() {
    for status in [0, 100, 101, 103, 199, 600] {
        assert_eq!(redactor().response(response(status, &[], b"")).unwrap_err(), RedactError::Status);
    }
}

#[test]
fn t52_debug_shows_the_type_only() {
    assert_eq!(format!("{:?}", redactor()), "Redactor(..)");
}

/// One byte of the secret in one of the listed forms.
fn written(byte: u8, form: u8) -> String {
    match form {
        0 => format!("%{byte:02x}"),
        1 => format!("%{byte:02X}"),
        2 => format!("\\u{byte:04x}"),
        3 => format!("\\u{byte:04X}"),
        4 if byte.is_ascii_punctuation() => format!("\\{}", char::from(byte)),
        5 => format!("&#{byte};"),
        6 => format!("%25{byte:02x}"),
        7 => format!("\\\\u{byte:04x}"),
        _ => char::from(byte).to_string(),
    }
}

proptest! {
    #[test]
    fn t42_a_secret_in_any_mix_of_escapes_is_gone(
        secret in "[!-~]{8,60}",
        forms in prop::collection::vec(0u8..12, 60),
        before in any::<Vec<u8>>(),
        after in any::<Vec<u8>>(),
    ) {
        let form: String = secret.bytes().zip(forms).map(|(byte, form)| written(byte, form)).collect();
        let text = [before.as_slice(), form.as_bytes(), after.as_slice()].concat();
        let redactor = Redactor::new(HOST, &[secret.as_bytes()]).unwrap();
        let scrubbed = redactor.scrub(&text).unwrap();
        prop_assert!(!scrubbed.windows(form.len()).any(|window| window == form.as_bytes()));
        prop_assert!(scrubbed.windows(10).any(|window| window == b"[redacted]"));
    }

    #[test]
    fn t42_a_secret_in_base64_or_hex_is_gone(
        secret in "[!-~]{8,60}", before in any::<Vec<u8>>(), after in any::<Vec<u8>>(), engine in 0u8..6,
    ) {
        let plain = [before.as_slice(), secret.as_bytes(), after.as_slice()].concat();
        let redactor = Redactor::new(HOST, &[secret.as_bytes()]).unwrap();
        let encode = |plain: &[u8]| match engine {
            0 => STANDARD.encode(plain),
            1 => STANDARD_NO_PAD.encode(plain),
            2 => URL_SAFE.encode(plain),
            3 => URL_SAFE_NO_PAD.encode(plain),
            4 => hex::encode(plain),
            _ => hex::encode_upper(plain),
        };
        let scrubbed = String::from_utf8(redactor.scrub(encode(&plain).as_bytes()).unwrap()).unwrap();
        prop_assert!(scrubbed.contains("[redacted]"));
        // What is left on either side decodes to nothing of the secret: at most the surroundings, less what shared a character.
        let left: usize = scrubbed.split("[redacted]").map(str::len).sum();
        prop_assert!(left <= encode(&[before.as_slice(), after.as_slice()].concat()).len() + 4);
    }

    #[test]
    fn never_panics_and_keeps_any_text_without_the_secret(text in any::<Vec<u8>>()) {
        prop_assert_eq!(scrub(&text), text);
    }
}
