//! `release.json`: what the image of a published release measures. The one format in which expectations of an image travel.
//!
//! ```json
//! {
//!   "format": 1,
//!   "pcrs": { "0": "<96 hex digits>", "1": "...", "2": "...", "8": "..." },
//!   "eif": { "length": 9000000, "sha256": "..." },
//!   "sections": [ { "kind": "kernel", "length": 2000000, "sha256": "..." } ],
//!   "tcb": [ { "name": "sha2", "version": "0.11.1", "sha256": "..." } ],
//!   "source": { "revision": "<40 hex digits>", "inputs": "...", "crates": "..." }
//! }
//! ```
//!
//! `format` and `pcrs` are read here. Register 8 is there for a signed image, and no other register is: each of the rest says
//! something about a machine or a vault and not about an image. The four other names are what the builder says about the image beside its
//! registers (file, sections, crates, source revision); their values are for whoever builds the image again, `eif-build verify` above all,
//! and nothing else is tolerated. `schema/release.json` has all of it.
//!
//! Strict, because two readers who differ about one file trust two images: UTF-8 JSON of at most [`MAX_RELEASE`] bytes, no key twice in
//! any object at any depth, registers in exactly 96 lower-case hex digits and none of them zero.

use serde_json::{Map, Value};

use crate::json::{self, JsonError};
use crate::pcrs::{Image, Measurement, ZeroMeasurement};

/// The longest file: a thousand crates by name and hash fit in.
pub const MAX_RELEASE: usize = 256 << 10;
/// The version of the format that is read.
pub const RELEASE_FORMAT: u64 = 1;
/// Register of the certificate that signed the image.
const PCR_SIGNER: u8 = 8;
/// The names at the top whose values are not for a verifier.
const BUILDER: [&str; 4] = ["eif", "sections", "tcb", "source"];

/// The registers of a published image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Release {
    image: Image,
    signer: Option<Measurement>,
}

/// Why bytes are no release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// Longer than [`MAX_RELEASE`].
    #[error("longer than 262,144 bytes")]
    TooLong,
    /// Not one JSON value in UTF-8, or nested too deeply.
    #[error("not JSON, or nested too deeply, at line {line}, column {column}")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column.
        column: usize,
    },
    /// A key stands twice in one object.
    #[error("a key stands twice in one object, at line {line}, column {column}")]
    DuplicateKey {
        /// Line, from 1.
        line: usize,
        /// Column.
        column: usize,
    },
    /// Not a JSON object.
    #[error("not an object")]
    NotAnObject,
    /// `format` is missing, or not a number that this program reads.
    #[error("the format is not 1, the only one that this program reads")]
    Format,
    /// A name at the top that the format does not have.
    #[error("a name other than format, pcrs, eif, sections, tcb and source at the top")]
    UnknownField,
    /// `pcrs` is missing or not an object.
    #[error("pcrs is not an object")]
    Pcrs,
    /// `pcrs` has another register than 0, 1, 2 and 8.
    #[error("pcrs has another name than 0, 1, 2 and 8")]
    UnknownPcr,
    /// One of the registers 0, 1 and 2 is missing.
    #[error("register {0} is missing")]
    MissingPcr(u8),
    /// A register is not 48 bytes in lower-case hex.
    #[error("register {0} is not 96 lower-case hex digits")]
    PcrDigits(u8),
    /// A register is all zero, which is what debug mode reports.
    #[error("register {0} is all zero, which no image measures")]
    ZeroPcr(u8),
}

impl Release {
    /// Reads a `release.json`.
    ///
    /// # Errors
    /// [`ReleaseError`] for everything that is not exactly one.
    pub fn read(bytes: &[u8]) -> Result<Self, ReleaseError> {
        if bytes.len() > MAX_RELEASE {
            return Err(ReleaseError::TooLong);
        }
        let value = json::read(bytes).map_err(|error| match error {
            JsonError::Malformed { line, column } => ReleaseError::Json { line, column },
            JsonError::DuplicateKey { line, column } => ReleaseError::DuplicateKey { line, column },
        })?;
        let Value::Object(fields) = value else {
            return Err(ReleaseError::NotAnObject);
        };
        // The format comes first: of another one, nothing else is known.
        if fields.get("format").and_then(Value::as_u64) != Some(RELEASE_FORMAT) {
            return Err(ReleaseError::Format);
        }
        let known = |name: &str| matches!(name, "format" | "pcrs") || BUILDER.contains(&name);
        if !fields.keys().all(|name| known(name)) {
            return Err(ReleaseError::UnknownField);
        }
        let pcrs = fields.get("pcrs").and_then(Value::as_object).ok_or(ReleaseError::Pcrs)?;
        if !pcrs.keys().all(|name| matches!(name.as_str(), "0" | "1" | "2" | "8")) {
            return Err(ReleaseError::UnknownPcr);
        }
        let need = |index| register(pcrs, index)?.ok_or(ReleaseError::MissingPcr(index));
        Ok(Self { image: Image { pcr0: need(0)?, pcr1: need(1)?, pcr2: need(2)? }, signer: register(pcrs, PCR_SIGNER)? })
    }

    /// Registers 0, 1 and 2.
    #[must_use]
    pub const fn image(&self) -> Image {
        self.image
    }

    /// The registers beside the image's, in the shape of [`crate::Expectations::more`]: register 8 of a signed image.
    #[must_use]
    pub fn more(&self) -> Vec<(u8, [u8; 48])> {
        self.signer.iter().map(|signer| (PCR_SIGNER, *signer.as_bytes())).collect()
    }
}

fn register(pcrs: &Map<String, Value>, index: u8) -> Result<Option<Measurement>, ReleaseError> {
    let Some(value) = pcrs.get(&index.to_string()) else {
        return Ok(None);
    };
    let digits = value.as_str().filter(|text| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
    let bytes = digits.and_then(|text| hex::decode(text).ok()).and_then(|bytes| <[u8; 48]>::try_from(bytes).ok());
    let bytes = bytes.ok_or(ReleaseError::PcrDigits(index))?;
    Measurement::try_from(bytes).map(Some).map_err(|ZeroMeasurement| ReleaseError::ZeroPcr(index))
}
