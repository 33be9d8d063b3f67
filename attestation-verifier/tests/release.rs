//! `release.json`: what is read, and what is refused by name.

use attestation_verifier::{Image, MAX_RELEASE, Release, ReleaseError};
use serde_json::{Value, json};

const ZERO: [u8; 48] = [0; 48];

fn valid() -> Value {
    let register = |number: u8| hex::encode([number; 48]);
    json!({
        "format": 1,
        "pcrs": {"0": register(0x10), "1": register(0x11), "2": register(0x12), "8": register(0x18)},
        "eif": {"length": 1, "sha256": "0".repeat(64)},
        "sections": [{"kind": "kernel", "length": 1, "sha256": "0".repeat(64)}],
        "tcb": [{"name": "sha2", "version": "0.11.1", "sha256": "0".repeat(64)}, {"name": "chain", "version": "0.1.0"}],
        "source": {"revision": "0".repeat(40), "inputs": "0".repeat(64), "crates": "0".repeat(64)},
    })
}

fn read(value: &Value) -> Result<Release, ReleaseError> {
    Release::read(value.to_string().as_bytes())
}

fn with(change: impl FnOnce(&mut Value)) -> Result<Release, ReleaseError> {
    let mut value = valid();
    change(&mut value);
    read(&value)
}

fn remove(value: &mut Value, name: &str) {
    value.as_object_mut().unwrap().remove(name);
}

#[test]
fn reads_the_registers_of_an_image_and_of_its_signature() {
    let release = read(&valid()).unwrap();
    assert_eq!(release.image(), Image::new([[0x10; 48], [0x11; 48], [0x12; 48]]).unwrap());
    assert_eq!(release.more(), [(8, [0x18; 48])]);
    let unsigned = with(|value| remove(&mut value["pcrs"], "8")).unwrap();
    assert_eq!(unsigned.image(), release.image());
    assert_eq!(unsigned.more(), []);
}

#[test]
fn what_the_builder_says_beside_the_registers_may_be_anything_and_may_be_left_out() {
    for name in ["eif", "sections", "tcb", "source"] {
        for other in [json!(null), json!([1.5, true, -1]), json!({"new": {"deeper": []}}), json!("text")] {
            assert!(with(|value| value[name] = other).is_ok(), "{name}");
        }
        assert!(with(|value| remove(value, name)).is_ok(), "{name}");
    }
}

#[test]
fn each_rule_has_its_error() {
    type Case = (fn(&mut Value), ReleaseError);
    let cases: &[Case] = &[
        (|value| *value = json!([]), ReleaseError::NotAnObject),
        (|value| remove(value, "format"), ReleaseError::Format),
        (|value| value["format"] = json!(2), ReleaseError::Format),
        (|value| value["format"] = json!("1"), ReleaseError::Format),
        (|value| value["format"] = json!(1.0), ReleaseError::Format),
        (|value| value["allow_debug"] = json!(true), ReleaseError::UnknownField),
        (|value| value["PCRs"] = json!({}), ReleaseError::UnknownField),
        (|value| remove(value, "pcrs"), ReleaseError::Pcrs),
        (|value| value["pcrs"] = json!([]), ReleaseError::Pcrs),
        (|value| value["pcrs"]["3"] = json!("00"), ReleaseError::UnknownPcr),
        (|value| value["pcrs"]["00"] = json!("00"), ReleaseError::UnknownPcr),
        (|value| remove(&mut value["pcrs"], "0"), ReleaseError::MissingPcr(0)),
        (|value| remove(&mut value["pcrs"], "1"), ReleaseError::MissingPcr(1)),
        (|value| remove(&mut value["pcrs"], "2"), ReleaseError::MissingPcr(2)),
        (|value| value["pcrs"]["0"] = json!(null), ReleaseError::PcrDigits(0)),
        (|value| value["pcrs"]["1"] = json!(""), ReleaseError::PcrDigits(1)),
        (|value| value["pcrs"]["2"] = json!("a".repeat(95)), ReleaseError::PcrDigits(2)),
        (|value| value["pcrs"]["2"] = json!("a".repeat(98)), ReleaseError::PcrDigits(2)),
        (|value| value["pcrs"]["2"] = json!("A".repeat(96)), ReleaseError::PcrDigits(2)),
        (|value| value["pcrs"]["2"] = json!(format!("0x{}", "a".repeat(94))), ReleaseError::PcrDigits(2)),
        (|value| value["pcrs"]["8"] = json!(8), ReleaseError::PcrDigits(8)),
    ];
    for (change, error) in cases {
        assert_eq!(with(change), Err(*error), "{error}");
    }
}

#[test]
fn t1_no_register_of_a_release_is_zero() {
    for index in [0, 1, 2, 8] {
        let zero = with(|value| value["pcrs"][index.to_string()] = json!(hex::encode(ZERO)));
        assert_eq!(zero, Err(ReleaseError::ZeroPcr(index)));
    }
}

#[test]
fn refuses_a_key_that_stands_twice_at_any_depth() {
    let text = valid().to_string();
    let register = hex::encode([0x10; 48]);
    for (once, twice) in [
        (r#""format":1"#.to_owned(), r#""format":1,"format":1"#.to_owned()),
        (format!(r#""0":"{register}""#), format!(r#""0":"{register}","0":"{register}""#)),
        // Escaped in another way, and the same name.
        (format!(r#""0":"{register}""#), format!(r#""0":"{register}","\u0030":"{register}""#)),
        (r#""length":1,"#.to_owned(), r#""length":1,"length":2,"#.to_owned()),
        (r#""kind":"kernel""#.to_owned(), r#""kind":"kernel","kind":"x""#.to_owned()),
    ] {
        assert!(text.contains(&once), "{once}");
        let changed = text.replacen(&once, &twice, 1);
        assert!(matches!(Release::read(changed.as_bytes()), Err(ReleaseError::DuplicateKey { .. })), "{changed}");
    }
}

#[test]
fn refuses_what_is_not_json_too_long_or_too_deep() {
    let text = valid().to_string();
    let deep =
        text.replacen(r#"{"name":"chain","version":"0.1.0"}"#, &format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), 1);
    assert_ne!(deep, text);
    for bytes in [&b""[..], b"{", b"nonsense", b"\xff{}", &[text.as_bytes(), b"{}"].concat(), deep.as_bytes()] {
        assert!(matches!(Release::read(bytes), Err(ReleaseError::Json { .. })));
    }
    let padded = |length: usize| format!("{text}{}", " ".repeat(length - text.len()));
    assert!(Release::read(padded(MAX_RELEASE).as_bytes()).is_ok());
    assert_eq!(Release::read(padded(MAX_RELEASE + 1).as_bytes()), Err(ReleaseError::TooLong));
}

#[test]
fn no_error_repeats_what_stands_in_the_file() {
    let hostile = "\u{1b}[2Jverified\u{202e}";
    for error in [
        with(|value| value[hostile] = json!(1)),
        with(|value| value["pcrs"][hostile] = json!(1)),
        with(|value| value["pcrs"]["0"] = json!(hostile)),
        Release::read(format!("{{\"{hostile}\":1,\"{hostile}\":1}}").as_bytes()),
    ] {
        assert!(error.unwrap_err().to_string().bytes().all(|byte| matches!(byte, b' '..=b'~')));
    }
}

proptest::proptest! {
    /// Whatever is read, serde_json's own reader, the last of equal keys winning, sees the same registers in it.
    #[test]
    fn another_reader_sees_the_same_image(place in 0_usize..2000, byte in 0_u8..=255, insert: bool) {
        let mut text = serde_json::to_vec(&valid()).unwrap();
        let place = place % text.len();
        if insert {
            text.insert(place, byte);
        } else {
            text[place] = byte;
        }
        if let Ok(release) = Release::read(&text) {
            let other: Value = serde_json::from_slice(&text).unwrap();
            let image = release.image();
            for (index, register) in [("0", image.pcr0), ("1", image.pcr1), ("2", image.pcr2)] {
                assert_eq!(other["pcrs"][index], hex::encode(register.as_bytes()));
            }
            assert_eq!(other["pcrs"].get("8").is_some(), !release.more().is_empty());
        }
    }
}

#[test]
fn schema_and_reader_agree_on_everything_but_what_the_builder_says_beside_the_registers() {
    let schema: Value = serde_json::from_str(include_str!("../schema/release.json")).unwrap();
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("release", schema).unwrap();
    let schema = compiler.compile("release", &mut schemas).unwrap();
    let accepts = |value: &Value| schemas.validate(value, schema).is_ok();
    assert!(accepts(&valid()));
    let changes: &[fn(&mut Value)] = &[
        |value| value["format"] = json!(2),
        |value| value["more"] = json!(1),
        |value| remove(value, "pcrs"),
        |value| remove(&mut value["pcrs"], "1"),
        |value| value["pcrs"]["3"] = json!("a".repeat(96)),
        |value| value["pcrs"]["0"] = json!("A".repeat(96)),
        |value| value["pcrs"]["0"] = json!("0".repeat(96)),
        |value| value["pcrs"]["8"] = json!("0".repeat(96)),
        |value| remove(&mut value["pcrs"], "8"),
    ];
    for change in changes {
        let mut value = valid();
        change(&mut value);
        assert_eq!(accepts(&value), read(&value).is_ok(), "{value}");
    }
    let mut free = valid();
    free["tcb"] = json!({"free": ["form"]});
    assert!(!accepts(&free) && read(&free).is_ok());
}
