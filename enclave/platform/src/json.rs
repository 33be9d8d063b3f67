//! JSON that every parser reads alike: valid UTF-8, no key twice in an object, no lone surrogates, nothing behind the value.

use core::fmt;
use std::collections::BTreeMap;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A body that is refused: not JSON, a key twice, a number out of range, nested too deep, or bytes behind the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not unambiguous json")]
pub struct JsonError;

/// A value. Numbers and booleans decide nothing here, so they are not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Scalar,
    String(String),
    Array,
    Object(BTreeMap<String, Self>),
}

impl Json {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, JsonError> {
        serde_json::from_slice(bytes).map_err(|_| JsonError)
    }

    pub(crate) fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.get(name),
            Self::Null | Self::Scalar | Self::String(_) | Self::Array => None,
        }
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Strict)
    }
}

struct Strict;

impl<'de> Visitor<'de> for Strict {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("json")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Json, E> {
        Ok(Json::Scalar)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Scalar)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Json, E> {
        Ok(Json::Scalar)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Scalar)
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        while items.next_element::<Json>()?.is_some() {}
        Ok(Json::Array)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((name, value)) = entries.next_entry::<String, Json>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("key twice"));
            }
        }
        Ok(Json::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ok(text: &str) -> bool {
        Json::parse(text.as_bytes()).is_ok()
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
            "{'a':1}",
            "{a:1}",
            "{\"a\":1,}",
            "[1,]",
            "{\"a\":\"\\ud800\"}",
            "{\"a\":\"\n\"}",
            "{\"a\":\"\\x41\"}",
            "/**/{}",
            "",
            "{\"a\":1}\0",
        ] {
            assert!(!ok(text), "{text}");
        }
        assert!(Json::parse(b"{\"a\":\"\xff\"}").is_err());
        assert!(Json::parse(b"\xff\xfe{\0}\0").is_err());
        assert!(!ok(&"[".repeat(100_000)));
    }

    proptest! {
        #[test]
        fn never_panics(bytes in any::<Vec<u8>>(), text in "[\\[\\]{}\",:0-9a-z\\\\]{0,64}") {
            let _ = Json::parse(&bytes);
            let _ = Json::parse(text.as_bytes());
        }
    }
}
