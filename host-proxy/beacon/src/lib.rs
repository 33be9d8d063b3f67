//! The light-client objects of the Beacon API, turned into the SSZ bytes that a light client reads.
//!
//! ```text
//! application/json          --object, list--> Object { fork, preset, ssz }
//! application/octet-stream  --split---------> ssz, ssz, ...
//! ssz                       --Summary-------> slots, signers
//! ```
//!
//! Nodes answer in JSON or in SSZ, as they like. This crate reads both, strictly and within bounds, for every fork from Altair
//! to Gloas and for both presets. It does no I/O.
//!
//! Out of scope: whether any of it is true. Nothing here is checked against a signature or a root; `chain` does that.

mod encode;
mod fork;
mod frame;
mod json;
mod preset;
mod shape;
mod summary;
mod value;

pub use fork::Fork;
pub use frame::{FrameError, Framed, split};
pub use json::{JsonError, Object, list, object};
pub use preset::Preset;
pub use summary::{Summary, UnknownShape};

/// What to send as `Accept`: SSZ is preferred, JSON is taken.
pub const ACCEPT: &str = "application/octet-stream;q=1.0, application/json;q=0.9";
/// Bytes of one object in SSZ, at most: an update of the mainnet preset has less than 27,000.
pub const MAX_SSZ: usize = 32 << 10;
/// Bytes of one object in JSON, at most: two hex digits a byte, names and white space.
pub const MAX_JSON: usize = 4 * MAX_SSZ;
/// Updates in one answer, at most (consensus-specs `MAX_REQUEST_LIGHT_CLIENT_UPDATES`).
pub const MAX_UPDATES: usize = 128;

/// Which light-client object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `LightClientBootstrap`.
    Bootstrap,
    /// `LightClientUpdate`.
    Update,
    /// `LightClientFinalityUpdate`.
    FinalityUpdate,
    /// `LightClientOptimisticUpdate`.
    OptimisticUpdate,
}

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `application/octet-stream`.
    Ssz,
    /// `application/json`.
    Json,
}

impl Encoding {
    /// What a `Content-Type` says. Its parameters don't matter.
    #[must_use]
    pub fn of(content_type: &str) -> Option<Self> {
        match content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
            "application/octet-stream" => Some(Self::Ssz),
            "application/json" => Some(Self::Json),
            _ => None,
        }
    }
}
