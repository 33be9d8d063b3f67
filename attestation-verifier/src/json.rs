//! JSON in which no object has a key twice. Two readers who differ about a file believe two things, and a repeated key is where they differ.

use core::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use serde_json::{Map, Number, Value};

/// Why bytes are no such JSON. Lines and columns count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// Not one JSON value in UTF-8, or nested too deeply.
    #[error("not JSON, or nested too deeply, at line {line}, column {column}")]
    Malformed {
        /// Line.
        line: usize,
        /// Column.
        column: usize,
    },
    /// A key stands twice in one object.
    #[error("a key stands twice in one object, at line {line}, column {column}")]
    DuplicateKey {
        /// Line.
        line: usize,
        /// Column.
        column: usize,
    },
}

/// Reads one JSON value.
///
/// # Errors
/// [`JsonError`] when it is none, or an object at any depth has a key twice.
pub fn read(bytes: &[u8]) -> Result<Value, JsonError> {
    let Strict(value) = serde_json::from_slice(bytes).map_err(|error| unreadable(&error))?;
    Ok(value)
}

/// Every JSON value fits [`Strict`], so the one thing in its data that can be wrong is a key.
fn unreadable(error: &serde_json::Error) -> JsonError {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Data => JsonError::DuplicateKey { line, column },
        Category::Syntax | Category::Eof | Category::Io => JsonError::Malformed { line, column },
    }
}

/// A JSON value in which no object has a key twice.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if all.contains_key(&key) {
                return Err(A::Error::custom("a key stands twice"));
            }
            let Strict(value) = entries.next_value()?;
            all.insert(key, value);
        }
        Ok(Value::Object(all))
    }
}
