//! The envelopes: `{version, data}`, and a list of them.

use serde_json::Value;

use crate::fork::Fork;
use crate::preset::Preset;
use crate::{Kind, MAX_JSON, encode};

/// Why an answer in JSON is not the object that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// More than [`MAX_JSON`] bytes an object.
    #[error("answer is too large")]
    TooLarge,
    /// It is not JSON, or not `{version, data}`, or not a list of them.
    #[error("answer is not a versioned object")]
    Envelope,
    /// `version` names no fork with light-client objects.
    #[error("version names no known fork")]
    Version,
    /// A field is missing, or is not of the type and length that the fork gives it.
    #[error("field {0} is missing or malformed")]
    Field(&'static str),
    /// A container has a field that the fork does not know.
    #[error("{inside} has a field that its fork does not know")]
    UnknownField {
        /// The container.
        inside: &'static str,
    },
    /// A committee of neither preset.
    #[error("a committee of {0}, neither 512 nor 32")]
    Members(usize),
    /// More objects than were asked for.
    #[error("more updates than were asked for")]
    TooMany,
}

/// An object in SSZ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The fork whose layout it has, as the node said.
    pub fork: Fork,
    /// The preset whose sizes it has.
    pub preset: Preset,
    /// Its SSZ.
    pub ssz: Vec<u8>,
}

/// Reads `{version, data}`. Fields beside the two are skipped, as nodes add some (`code`, `execution_optimistic`).
///
/// # Errors
/// [`JsonError`].
pub fn object(kind: Kind, json: &[u8]) -> Result<Object, JsonError> {
    if json.len() > MAX_JSON {
        return Err(JsonError::TooLarge);
    }
    versioned(kind, &serde_json::from_slice(json).map_err(|_| JsonError::Envelope)?)
}

/// Reads a list of at most `most` updates, `[{version, data}, ...]`.
///
/// # Errors
/// [`JsonError`].
pub fn list(json: &[u8], most: usize) -> Result<Vec<Object>, JsonError> {
    if json.len() > MAX_JSON.saturating_mul(most.max(1)) {
        return Err(JsonError::TooLarge);
    }
    let list: Vec<Value> = serde_json::from_slice(json).map_err(|_| JsonError::Envelope)?;
    if list.len() > most {
        return Err(JsonError::TooMany);
    }
    list.iter().map(|value| versioned(Kind::Update, value)).collect()
}

fn versioned(kind: Kind, value: &Value) -> Result<Object, JsonError> {
    let version = value.get("version").and_then(Value::as_str).ok_or(JsonError::Envelope)?;
    let data = value.get("data").ok_or(JsonError::Envelope)?;
    let fork = Fork::named(version).ok_or(JsonError::Version)?;
    let (preset, ssz) = encode::object(kind, fork, data)?;
    Ok(Object { fork, preset, ssz })
}
