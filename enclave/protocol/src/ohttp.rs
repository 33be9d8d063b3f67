//! Oblivious HTTP (RFC 9458) with one suite: DHKEM(P-256, HKDF-SHA256) 0x0010, HKDF-SHA256 0x0001, AES-256-GCM 0x0002.
//!
//! ```text
//! key configuration   key id (1) || 00 10 || public key (65) || 00 04 || 00 01 00 02                       74 bytes
//! request             key id (1) || 00 10 00 01 00 02 || enc (65) || ciphertext                            88 more than the plaintext
//!   info              "message/bhttp request" || 00 || the 7-byte header
//! response            nonce (32) || ciphertext                                                             48 more than the plaintext
//!   secret            context export, "message/bhttp response", 32 bytes
//!   prk               HKDF-Extract(salt = enc || nonce, secret);   key = HKDF-Expand(prk, "key", 32);   nonce = HKDF-Expand(prk, "nonce", 12)
//! ```
//! The configuration is exactly what the attestation document carries, without the two-byte length that the media type
//! `application/ohttp-keys` puts before each; its SHA-256 is `Call.enclave`. The key id is the first byte of SHA-256(public key), so
//! that most stale keys are told apart from damaged messages.
//!
//! A client draws the encapsulated key first ([`ClientSetup::enc`]), signs the call over it, and seals then.
//!
//! Out of scope: where a configuration comes from. The client takes one from a verified attestation document and nowhere else.

use core::fmt;

use aes_gcm::aead::Aead as _;
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use hkdf::Hkdf;
use hpke::{Kem as _, OpModeR, OpModeS, setup_receiver, setup_sender_with_rng};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::limits;
use crate::message::Problem;
use crate::suite::{self, Aead, Kdf, Kem, POINT, PrivateKey, Sender, TAG};

/// An encoded key configuration.
pub const KEY_CONFIG: usize = 74;
const HEADER: usize = 7;
const NONCE: usize = 32;
/// What encapsulating adds to a request.
pub const REQUEST_OVERHEAD: usize = HEADER + POINT + TAG;
/// What encapsulating adds to a response.
pub const RESPONSE_OVERHEAD: usize = NONCE + TAG;
const REQUEST_INFO: &[u8] = b"message/bhttp request\0";
const RESPONSE_CONTEXT: &[u8] = b"message/bhttp response";

/// Why a message or a key configuration is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OhttpError {
    /// Shorter than its fixed parts.
    #[error("message is too short")]
    Short,
    /// Larger than its limit.
    #[error("message is larger than its limit")]
    Size,
    /// Sealed to a key that is not this boot's.
    #[error("unknown key configuration")]
    UnknownKey,
    /// Another KEM, KDF or AEAD.
    #[error("unsupported suite")]
    Suite,
    /// A public or encapsulated key that is not a point of the curve.
    #[error("key is not on the curve")]
    Key,
    /// It does not open.
    #[error("message does not open")]
    Open,
    /// The library refused to seal.
    #[error("message can't be sealed")]
    Seal,
}

impl From<OhttpError> for Problem {
    fn from(error: OhttpError) -> Self {
        match error {
            OhttpError::UnknownKey => Self::UnknownKey,
            OhttpError::Short | OhttpError::Size => Self::Malformed,
            OhttpError::Suite | OhttpError::Key | OhttpError::Open | OhttpError::Seal => Self::Sealed,
        }
    }
}

/// The enclave's public key of one boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyConfig {
    key_id: u8,
    public_key: [u8; POINT],
}

impl KeyConfig {
    /// First byte of a request to this key.
    #[must_use]
    pub const fn key_id(&self) -> u8 {
        self.key_id
    }

    /// Uncompressed SEC1.
    #[must_use]
    pub const fn public_key(&self) -> &[u8; POINT] {
        &self.public_key
    }

    /// The bytes that are attested.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![self.key_id, 0x00, 0x10];
        out.extend_from_slice(&self.public_key);
        out.extend_from_slice(&[0, 4, 0, 1, 0, 2]);
        out
    }

    /// Reads a configuration: exactly one key, exactly this suite.
    ///
    /// # Errors
    /// [`OhttpError`] names the rule.
    pub fn decode(bytes: &[u8]) -> Result<Self, OhttpError> {
        let (&[key_id, kem_high, kem_low], rest) = bytes.split_first_chunk::<3>().ok_or(OhttpError::Short)?;
        if [kem_high, kem_low] != [0x00, 0x10] {
            return Err(OhttpError::Suite);
        }
        let (public_key, symmetric) = rest.split_first_chunk::<POINT>().ok_or(OhttpError::Short)?;
        if symmetric != [0, 4, 0, 1, 0, 2] {
            return Err(if symmetric.len() < 6 { OhttpError::Short } else { OhttpError::Suite });
        }
        suite::public_key(public_key).ok_or(OhttpError::Key)?;
        Ok(Self { key_id, public_key: *public_key })
    }

    /// SHA-256 of the encoding: `Call.enclave`.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.encode()).into()
    }

    const fn header(&self) -> [u8; HEADER] {
        [self.key_id, 0x00, 0x10, 0, 1, 0, 2]
    }
}

/// The enclave's key of one boot. Its scalar is erased when dropped.
pub struct ServerKey {
    secret: PrivateKey,
    config: KeyConfig,
}

impl fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ServerKey(..)")
    }
}

/// An opened request and what answers it.
#[derive(Debug)]
pub struct Opened {
    /// The binary HTTP request.
    pub plaintext: Zeroizing<Vec<u8>>,
    /// The encapsulated key, which the caller's signature names.
    pub enc: [u8; POINT],
    /// Seals the response to this request.
    pub response: ResponseSealer,
}

impl ServerKey {
    /// A fresh key.
    #[must_use]
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let (secret, public) = Kem::gen_keypair_with_rng(rng);
        let public_key = suite::sec1(&public);
        let [key_id, ..] = <[u8; 32]>::from(Sha256::digest(public_key));
        Self { secret, config: KeyConfig { key_id, public_key } }
    }

    /// What clients seal to.
    #[must_use]
    pub const fn config(&self) -> &KeyConfig {
        &self.config
    }

    /// Opens an encapsulated request.
    ///
    /// # Errors
    /// [`OhttpError`] names the rule.
    pub fn open(&self, message: &[u8]) -> Result<Opened, OhttpError> {
        if message.len() > limits::OHTTP_REQUEST {
            return Err(OhttpError::Size);
        }
        let (header, rest) = message.split_first_chunk::<HEADER>().ok_or(OhttpError::Short)?;
        let expected = self.config.header();
        if header.first() != expected.first() {
            return Err(OhttpError::UnknownKey);
        }
        if *header != expected {
            return Err(OhttpError::Suite);
        }
        let (enc, ciphertext) = rest.split_first_chunk::<POINT>().ok_or(OhttpError::Short)?;
        let key = suite::encapped_key(enc).ok_or(OhttpError::Key)?;
        let info = [REQUEST_INFO, header].concat();
        let mut context =
            setup_receiver::<Aead, Kdf, Kem>(&OpModeR::Base, &self.secret, &key, &info).map_err(|_| OhttpError::Open)?;
        let plaintext = Zeroizing::new(context.open(ciphertext, b"").map_err(|_| OhttpError::Open)?);
        let mut secret = Zeroizing::new([0; NONCE]);
        context.export(RESPONSE_CONTEXT, secret.as_mut_slice()).map_err(|_| OhttpError::Open)?;
        Ok(Opened { plaintext, enc: *enc, response: ResponseSealer(Exchange { enc: *enc, secret }) })
    }
}

/// Seals the one response to a request.
pub struct ResponseSealer(Exchange);

impl ResponseSealer {
    /// Encapsulates the response.
    ///
    /// # Errors
    /// It would be larger than its limit.
    pub fn seal(self, plaintext: &[u8], rng: &mut impl CryptoRng) -> Result<Vec<u8>, OhttpError> {
        if plaintext.len() > limits::OHTTP_RESPONSE.saturating_sub(RESPONSE_OVERHEAD) {
            return Err(OhttpError::Size);
        }
        let mut message = vec![0; NONCE];
        rng.fill_bytes(&mut message);
        let (cipher, nonce) = self.0.response(&message).ok_or(OhttpError::Seal)?;
        message.extend(cipher.encrypt(&nonce, plaintext).map_err(|_| OhttpError::Seal)?);
        Ok(message)
    }
}

/// An HPKE context before anything is sealed: its encapsulated key can be signed first.
pub struct ClientSetup {
    context: Sender,
    header: [u8; HEADER],
    enc: [u8; POINT],
}

impl ClientSetup {
    /// Encapsulates to the key.
    ///
    /// # Errors
    /// The library refused the key.
    pub fn new(config: &KeyConfig, rng: &mut impl CryptoRng) -> Result<Self, OhttpError> {
        let key = suite::public_key(config.public_key()).ok_or(OhttpError::Key)?;
        let header = config.header();
        let info = [REQUEST_INFO, &header].concat();
        let (enc, context) =
            setup_sender_with_rng::<Aead, Kdf, Kem>(&OpModeS::Base, &key, &info, rng).map_err(|_| OhttpError::Seal)?;
        Ok(Self { context, header, enc: suite::sec1(&enc) })
    }

    /// The encapsulated key; its keccak256 is `Call.enc`.
    #[must_use]
    pub const fn enc(&self) -> &[u8; POINT] {
        &self.enc
    }

    /// Encapsulates the request.
    ///
    /// # Errors
    /// It would be larger than its limit.
    pub fn seal(self, plaintext: &[u8]) -> Result<(Vec<u8>, ResponseOpener), OhttpError> {
        if plaintext.len() > limits::OHTTP_REQUEST.saturating_sub(REQUEST_OVERHEAD) {
            return Err(OhttpError::Size);
        }
        let Self { mut context, header, enc } = self;
        let ciphertext = context.seal(plaintext, b"").map_err(|_| OhttpError::Seal)?;
        let mut secret = Zeroizing::new([0; NONCE]);
        context.export(RESPONSE_CONTEXT, secret.as_mut_slice()).map_err(|_| OhttpError::Seal)?;
        let message = [header.as_slice(), &enc, &ciphertext].concat();
        Ok((message, ResponseOpener(Exchange { enc, secret })))
    }
}

/// Opens the response to a request.
pub struct ResponseOpener(Exchange);

impl ResponseOpener {
    /// Opens an encapsulated response.
    ///
    /// # Errors
    /// [`OhttpError`] names the rule.
    pub fn open(&self, message: &[u8]) -> Result<Vec<u8>, OhttpError> {
        if message.len() > limits::OHTTP_RESPONSE {
            return Err(OhttpError::Size);
        }
        let (response_nonce, ciphertext) = message.split_at_checked(NONCE).ok_or(OhttpError::Short)?;
        if ciphertext.len() < TAG {
            return Err(OhttpError::Short);
        }
        let (cipher, nonce) = self.0.response(response_nonce).ok_or(OhttpError::Open)?;
        cipher.decrypt(&nonce, ciphertext).map_err(|_| OhttpError::Open)
    }
}

/// What both sides know after a request: RFC 9458 section 4.4.
struct Exchange {
    enc: [u8; POINT],
    secret: Zeroizing<[u8; NONCE]>,
}

impl Exchange {
    fn response(&self, response_nonce: &[u8]) -> Option<(Aes256Gcm, Nonce<aes_gcm::aead::consts::U12>)> {
        let salt = [self.enc.as_slice(), response_nonce].concat();
        let keys = Hkdf::<Sha256>::new(Some(&salt), self.secret.as_slice());
        let mut key = Zeroizing::new([0; 32]);
        let mut nonce = [0; 12];
        keys.expand(b"key", key.as_mut_slice()).ok()?;
        keys.expand(b"nonce", &mut nonce).ok()?;
        Some((Aes256Gcm::new_from_slice(key.as_slice()).ok()?, nonce.into()))
    }
}

macro_rules! elide {
    ($($name:ident),*) => { $(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )* };
}
elide!(ResponseSealer, ClientSetup, ResponseOpener);
