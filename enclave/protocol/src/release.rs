//! What leaves the vault of a merchant's login: a one-time code, or the user name and password, sealed to a recipient that the caller
//! named and the contract granted.
//!
//! `POST https://vault.internal/v1/otp` and `/v1/export`, with the recipient's key (uncompressed SEC1, P-256) as the body and its
//! keccak256 in `pst-vault-recipient`. The answer is a [`Release`] in canonical CBOR: HPKE in base mode, with
//!
//! ```text
//! info = "pst-vault/release/v1" || vault id || store id || keccak256(operation) || digest of the call
//! ```
//! so that one for another vault, store, operation or call does not open as this one. The plaintext is JSON, with spaces behind it up to
//! a multiple of 256 bytes.

use alloy_primitives::{B256, keccak256};
use hpke::{Deserializable, Kem as _, OpModeR, OpModeS, setup_receiver, setup_sender_with_rng};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::suite::{self, Aead, Kdf, Kem, POINT, PrivateKey};

/// The version of [`Release`].
pub const VERSION: u16 = 1;
/// Path of a one-time code.
pub const OTP: &str = "/v1/otp";
/// Path of a login's user name and password.
pub const EXPORT: &str = "/v1/export";
/// Bytes of a recipient's key.
pub const RECIPIENT: usize = POINT;
const LABEL: &[u8] = b"pst-vault/release/v1";
const BUCKET: usize = 256;

/// What a recipient gets.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Release {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// `vault.otp` or `vault.export`.
    #[n(1)]
    pub operation: String,
    /// Vault id.
    #[n(2)]
    pub vault: ByteArray<32>,
    /// Store id.
    #[n(3)]
    pub store: ByteArray<32>,
    /// EIP-712 digest of the call that asked for it.
    #[n(4)]
    pub call: ByteArray<32>,
    /// HPKE's encapsulated key, uncompressed SEC1.
    #[n(5)]
    pub enc: ByteArray<65>,
    /// AES-256-GCM.
    #[n(6)]
    pub sealed: ByteVec,
}

/// Why nothing is sealed or opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseError {
    /// Not an uncompressed point of P-256, or not a scalar.
    #[error("not a key of p-256")]
    Key,
    /// A version that this code does not read.
    #[error("release has an unknown version")]
    Version,
    /// It could not be sealed.
    #[error("release could not be sealed")]
    Seal,
    /// Another recipient's, or another vault's, store's, operation's or call's, or changed.
    #[error("release does not open under this key")]
    Open,
}

/// What a release is bound to.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Vault id.
    pub vault: B256,
    /// Store id.
    pub store: B256,
    /// `vault.otp` or `vault.export`.
    pub operation: &'a str,
    /// EIP-712 digest of the call.
    pub call: B256,
}

impl About<'_> {
    fn info(&self) -> Vec<u8> {
        let Self { vault, store, operation, call } = self;
        [LABEL, vault.as_slice(), store.as_slice(), keccak256(operation).as_slice(), call.as_slice()].concat()
    }
}

/// What a recipient is called in `Call.recipient` and `Request.recipient`: keccak256 of its key.
#[must_use]
pub fn recipient_id(key: &[u8]) -> B256 {
    keccak256(key)
}

/// Whether something can be sealed to this: an uncompressed point of P-256.
#[must_use]
pub fn is_recipient(key: &[u8]) -> bool {
    suite::public_key(key).is_some()
}

/// Seals to a recipient's key.
///
/// # Errors
/// [`ReleaseError::Key`], or [`ReleaseError::Seal`].
pub fn seal(recipient: &[u8], about: &About<'_>, plaintext: &[u8], rng: &mut impl CryptoRng) -> Result<Release, ReleaseError> {
    let key = suite::public_key(recipient).ok_or(ReleaseError::Key)?;
    let length = plaintext.len().checked_next_multiple_of(BUCKET).ok_or(ReleaseError::Seal)?;
    let mut padded = Zeroizing::new(Vec::with_capacity(length));
    padded.extend_from_slice(plaintext);
    padded.resize(length, b' ');
    let (enc, mut sender) =
        setup_sender_with_rng::<Aead, Kdf, Kem>(&OpModeS::Base, &key, &about.info(), rng).map_err(|_| ReleaseError::Seal)?;
    let sealed = sender.seal(&padded, b"").map_err(|_| ReleaseError::Seal)?;
    Ok(Release {
        version: VERSION,
        operation: about.operation.to_owned(),
        vault: about.vault.0.into(),
        store: about.store.0.into(),
        call: about.call.0.into(),
        enc: suite::sec1(&enc).into(),
        sealed: sealed.into(),
    })
}

/// Opens with a recipient's scalar (big-endian), and hands back the JSON.
///
/// # Errors
/// See [`ReleaseError`].
pub fn open(secret: &[u8; 32], release: &Release) -> Result<Zeroizing<Vec<u8>>, ReleaseError> {
    let Release { version, operation, vault, store, call, enc, sealed } = release;
    if *version != VERSION {
        return Err(ReleaseError::Version);
    }
    let key = PrivateKey::from_bytes(secret).map_err(|_| ReleaseError::Key)?;
    let enc = suite::encapped_key(enc.as_slice()).ok_or(ReleaseError::Key)?;
    let about = About { vault: B256::from(**vault), store: B256::from(**store), operation, call: B256::from(**call) };
    let mut receiver =
        setup_receiver::<Aead, Kdf, Kem>(&OpModeR::Base, &key, &enc, &about.info()).map_err(|_| ReleaseError::Open)?;
    let mut plain = Zeroizing::new(receiver.open(sealed, b"").map_err(|_| ReleaseError::Open)?);
    let length = plain.iter().rposition(|byte| *byte != b' ').map_or(0, |last| last.saturating_add(1));
    plain.truncate(length);
    Ok(plain)
}

/// The key that goes with a recipient's scalar, uncompressed SEC1.
///
/// # Errors
/// [`ReleaseError::Key`].
pub fn recipient_of(secret: &[u8; 32]) -> Result<[u8; RECIPIENT], ReleaseError> {
    let key = PrivateKey::from_bytes(secret).map_err(|_| ReleaseError::Key)?;
    Ok(suite::sec1(&Kem::sk_to_pk(&key)))
}
