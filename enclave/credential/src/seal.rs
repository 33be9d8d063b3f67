//! A sealed record.
//!
//! ```text
//! version (u16) || nonce (12) || AES-256-GCM(plaintext) || tag (16)
//! key = HKDF-Expand(record key, label || record id || generation)
//! aad = label || version || vault id || record id || generation || kind || length of preset (u8) || preset
//! ```

use protocol::limits;
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::aead;
use crate::keys::Keys;
use crate::open::binding_name;
use crate::record::{Kind, Record, is_selector};

const LABEL: &[u8] = b"pst-vault/record/v1";
pub(crate) const VERSION: u16 = 2;
/// The preset whose hosts are not compiled in.
const GENERIC: &str = "generic";

/// Why a record was not sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// Generations start at 1.
    #[error("generation zero")]
    Generation,
    /// A binding's id is that of its store, or of its store's login.
    #[error("record id is not the binding's")]
    Id,
    /// The name of the preset is empty or longer than 255 bytes.
    #[error("name of the preset too long or empty")]
    Preset,
    /// A host of `generic` is whatever its owner named; an app's secret would go there.
    #[error("the generic preset has no app")]
    App,
    /// A selector that is not ascending, or has an empty part.
    #[error("selector has not its one form")]
    Selector,
    /// The record is longer than a record may be.
    #[error("record too long")]
    Size,
}

/// Seals generation `generation` of record `id`.
///
/// # Errors
/// See [`SealError`].
pub fn seal(
    keys: &Keys,
    id: &[u8; 32],
    generation: u64,
    record: &Record,
    rng: &mut impl CryptoRng,
) -> Result<Vec<u8>, SealError> {
    if generation == 0 {
        return Err(SealError::Generation);
    }
    match record {
        Record::Binding(binding) if *id != keys.record_id(Kind::Binding, &binding_name(&binding.store, &binding.preset)) => {
            return Err(SealError::Id);
        }
        Record::Binding(binding) if !is_selector(&binding.selector) => return Err(SealError::Selector),
        Record::App(app) if app.preset == GENERIC => return Err(SealError::App),
        Record::Connection(connection) if connection.preset == GENERIC && connection.app.is_some() => return Err(SealError::App),
        Record::Binding(_) | Record::App(_) | Record::Connection(_) => {}
    }
    let place = Place { id, generation, kind: record.kind(), preset: record.preset() };
    let aad = place.aad(keys).ok_or(SealError::Preset)?;
    let plaintext = record.to_plaintext().ok_or(SealError::Size)?;
    let sealed = aead::seal(&place.key(keys), &aad, &plaintext, rng).ok_or(SealError::Size)?;
    let sealed = [VERSION.to_be_bytes().as_slice(), &sealed].concat();
    if sealed.len() > limits::RECORD {
        return Err(SealError::Size);
    }
    Ok(sealed)
}

/// Where a ciphertext belongs.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) id: &'a [u8; 32],
    pub(crate) generation: u64,
    pub(crate) kind: Kind,
    pub(crate) preset: &'a str,
}

impl Place<'_> {
    pub(crate) fn key(&self, keys: &Keys) -> Zeroizing<[u8; 32]> {
        keys.record.expand(&[LABEL, self.id, &self.generation.to_be_bytes()])
    }

    /// `None` if the preset has no name of 1 to 255 bytes.
    pub(crate) fn aad(&self, keys: &Keys) -> Option<Vec<u8>> {
        let Self { id, generation, kind, preset } = self;
        let length = u8::try_from(preset.len()).ok().filter(|length| *length > 0)?;
        let parts: [&[u8]; 8] = [
            LABEL,
            &VERSION.to_be_bytes(),
            keys.vault_id.as_slice(),
            id.as_slice(),
            &generation.to_be_bytes(),
            &[kind.code()],
            &[length],
            preset.as_bytes(),
        ];
        Some(parts.concat())
    }
}
