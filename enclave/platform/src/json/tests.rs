use super::*;
use proptest::prelude::*;

fn ok(text: &str) -> bool {
    Json::parse(text.as_bytes()).is_ok()
}

fn parse(text: &str) -> Json {
    Json::parse(text.as_bytes()).unwrap()
}

#[test]
fn t72_refuses_a_key_twice_at_any_depth() {
    assert!(ok(r#"{"a":1,"b":{"a":[{"a":1.5e3},{"a":-2}]},"c":"x","d":null,"e":true}"#));
    assert!(!ok(r#"{"query":"a","query":"b"}"#));
    assert!(!ok(r#"{"query":"a","\u0071uery":"b"}"#));
    assert!(!ok(r#"{"variables":{"a":{"b":1,"b":1}}}"#));
    assert!(!ok(r#"[[{"b":1,"b":1}]]"#));
}

#[test]
fn refuses_what_parsers_read_differently() {
    for text in [
        "{} {}",
        "{},",
        "\u{feff}{}",
        "{\"a\":NaN}",
        "{\"a\":1e999}",
        "{\"a\":01}",
        "{\"a\":-}",
        "{\"a\":1.}",
        "{\"a\":.5}",
        "{\"a\":+1}",
        "{\"a\":1e}",
        "{'a':1}",
        "{a:1}",
        "{\"a\":1,}",
        "[1,]",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\udc00\"}",
        "{\"a\":\"\\ud800\\u0041\"}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x41\"}",
        "{\"a\":\"\\u+041\"}",
        "/**/{}",
        "",
        "{\"a\":1}\0",
        "\u{a0}1",
    ] {
        assert!(!ok(text), "{text}");
    }
    assert!(Json::parse(b"{\"a\":\"\xff\"}").is_err());
    assert!(Json::parse(b"\xff\xfe{\0}\0").is_err());
    assert!(!ok(&"[".repeat(100_000)));
    assert!(ok(&format!("{}{}", "[".repeat(64), "]".repeat(64))));
    assert!(!ok(&format!("{}{}", "[".repeat(65), "]".repeat(65))));
}

#[test]
fn numbers_and_order_stay_as_they_were_written() {
    let text = r#"{"b":1.50,"a":[2e3,-0,9007199254740993,{"z":null,"y":"é\"\\"}],"c":false}"#;
    assert_eq!(parse(text).text(), text);
    assert_eq!(parse("\"\\u00e9\\ud83d\\ude00\\/\\n\"").text(), "\"é😀/\\u000a\"");
}

#[test]
fn a_pointer_names_values() {
    let value = parse(r#"{"a":{"b":[{"c":1},{"c":2}],"x/y":3,"m~n":4}}"#);
    let named =
        |pointer: &str| -> Vec<String> { Pointer::parse(pointer).unwrap().of(&value).into_iter().map(Json::text).collect() };
    assert_eq!(named("/a/b/*/c"), ["1", "2"]);
    assert_eq!(named("/a/b/1/c"), ["2"]);
    assert_eq!(named("/a/b/01/c"), [""; 0]);
    assert_eq!(named("/a/x~1y"), ["3"]);
    assert_eq!(named("/a/m~0n"), ["4"]);
    assert_eq!(named("/a/nothing"), [""; 0]);
    for text in ["", "a", "/", "/a//b", "/a/**/b", "/~2", "/**"] {
        assert_eq!(Pointer::parse(text), None, "{text}");
    }
}

#[test]
fn keeping_is_strict() {
    let value = parse(r#"{"o":[{"id":"1","buyer":{"name":"n"},"t":{"v":1.50}},{"id":{"deep":1}}],"next":"x","s":"y"}"#);
    let keep = |pointers: &[&str]| {
        let pointers: Vec<_> = pointers.iter().map(|pointer| Pointer::parse(pointer).unwrap()).collect();
        Pointer::keep(&pointers, &value).text()
    };
    assert_eq!(keep(&["/o/*/id", "/o/*/t/**", "/next"]), r#"{"o":[{"id":"1","t":{"v":1.50}},null],"next":"x"}"#);
    // An object is no scalar, an index no `*`, and nothing named is nothing shown.
    assert_eq!(keep(&["/o/*/buyer"]), r#"{"o":[null,null]}"#);
    assert_eq!(keep(&["/o/0/id"]), "{}");
    assert_eq!(keep(&[]), "{}");
    assert_eq!(Pointer::keep(&[], &parse("[1]")).text(), "[]");
}

proptest! {
    #[test]
    fn never_panics(bytes in any::<Vec<u8>>(), text in "[\\[\\]{}\",:0-9a-z\\\\]{0,64}") {
        let _ = Json::parse(&bytes);
        let _ = Json::parse(text.as_bytes());
    }

    /// What is accepted here, another parser reads as the same value.
    #[test]
    fn accepts_a_subset_of_serde_json(text in "[\\[\\]{}\",:0-9eE.+\\-a-fnrstu\\\\ /\n]{0,24}") {
        if let Ok(value) = Json::parse(text.as_bytes()) {
            let theirs: serde_json::Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&value.text()).unwrap(), theirs);
        }
    }

    #[test]
    fn reads_what_serde_json_writes(strings in prop::collection::vec(any::<String>(), 0..6), number in any::<f64>(), integer in any::<i64>()) {
        let theirs = serde_json::json!({ "s": strings, "n": number, "i": integer, "o": { "x": [null, true] } });
        let ours = parse(&theirs.to_string());
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        prop_assert_eq!(read(&ours.text()), read(&theirs.to_string()));
    }
}
