//! The one HPKE suite (RFC 9180): DHKEM(P-256, HKDF-SHA256) = 0x0010, HKDF-SHA256 = 0x0001, AES-256-GCM = 0x0002.

use hpke::{Deserializable, Serializable};

pub(crate) type Kem = hpke::kem::DhP256HkdfSha256;
pub(crate) type Kdf = hpke::kdf::HkdfSha256;
pub(crate) type Aead = hpke::aead::AesGcm256;
pub(crate) type PublicKey = <Kem as hpke::Kem>::PublicKey;
pub(crate) type PrivateKey = <Kem as hpke::Kem>::PrivateKey;
pub(crate) type EncappedKey = <Kem as hpke::Kem>::EncappedKey;
pub(crate) type Sender = hpke::aead::AeadCtxS<Aead, Kdf, Kem>;

/// An uncompressed SEC1 point.
pub(crate) const POINT: usize = 65;
/// An AES-GCM tag.
pub(crate) const TAG: usize = 16;

/// Reads an uncompressed point on the curve that is not the identity; nothing else is a key.
pub(crate) fn public_key(sec1: &[u8]) -> Option<PublicKey> {
    (sec1.len() == POINT && sec1.first() == Some(&4)).then(|| PublicKey::from_bytes(sec1).ok()).flatten()
}

/// The same for an encapsulated key.
pub(crate) fn encapped_key(sec1: &[u8]) -> Option<EncappedKey> {
    (sec1.len() == POINT && sec1.first() == Some(&4)).then(|| EncappedKey::from_bytes(sec1).ok()).flatten()
}

/// Uncompressed SEC1.
pub(crate) fn sec1(point: &impl Serializable) -> [u8; POINT] {
    let mut out = [0; POINT];
    point.write_exact(&mut out);
    out
}
