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

#[cfg(test)]
mod tests {
    use hpke::{Deserializable, Kem as _, OpModeR, OpModeS, setup_receiver, setup_sender_with_rng};
    use rand_core::{Infallible, TryCryptoRng, TryRng};
    use serde_json::Value;

    use super::*;

    /// Gives out `ikmE` and nothing more.
    struct Fixed(Vec<u8>);

    impl TryRng for Fixed {
        type Error = Infallible;
        fn try_next_u32(&mut self) -> Result<u32, Infallible> {
            unreachable!("keys are drawn as bytes")
        }
        fn try_next_u64(&mut self) -> Result<u64, Infallible> {
            unreachable!("keys are drawn as bytes")
        }
        fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
            out.copy_from_slice(&core::mem::take(&mut self.0));
            Ok(())
        }
    }
    impl TryCryptoRng for Fixed {}

    fn field(vector: &Value, name: &str) -> Vec<u8> {
        hex::decode(vector[name].as_str().unwrap()).unwrap()
    }

    #[test]
    fn is_the_suite_of_rfc_9180() {
        let vectors: Vec<Value> = serde_json::from_str(include_str!("../vectors/rfc9180.json")).unwrap();
        assert_eq!(vectors.len(), 2);
        for vector in &vectors {
            let secret = PrivateKey::from_bytes(&field(vector, "skRm")).unwrap();
            let public = public_key(&field(vector, "pkRm")).unwrap();
            assert!(Kem::derive_keypair(&field(vector, "ikmR")).1 == public);
            let (mode_s, mode_r) = match vector["mode"].as_u64() {
                Some(0) => (OpModeS::Base, OpModeR::Base),
                Some(2) => {
                    let (secret, public) = Kem::derive_keypair(&field(vector, "ikmS"));
                    assert_eq!(sec1(&public).as_slice(), field(vector, "pkSm"));
                    (OpModeS::Auth((secret, public.clone())), OpModeR::Auth(public))
                }
                _ => panic!("another mode"),
            };
            let info = field(vector, "info");
            let mut rng = Fixed(field(vector, "ikmE"));
            let (enc, mut sender) = setup_sender_with_rng::<Aead, Kdf, Kem>(&mode_s, &public, &info, &mut rng).unwrap();
            assert_eq!(sec1(&enc).as_slice(), field(vector, "enc"));
            let enc = encapped_key(&field(vector, "enc")).unwrap();
            let mut receiver = setup_receiver::<Aead, Kdf, Kem>(&mode_r, &secret, &enc, &info).unwrap();
            for encryption in vector["encryptions"].as_array().unwrap() {
                let (aad, plain, cipher) = (field(encryption, "aad"), field(encryption, "pt"), field(encryption, "ct"));
                assert_eq!(sender.seal(&plain, &aad).unwrap(), cipher);
                assert_eq!(receiver.open(&cipher, &aad).unwrap(), plain);
            }
            for export in vector["exports"].as_array().unwrap() {
                let value = field(export, "exported_value");
                let mut out = vec![0; value.len()];
                receiver.export(&field(export, "exporter_context"), &mut out).unwrap();
                assert_eq!(out, value);
            }
        }
    }

    #[test]
    fn t57_a_key_is_an_uncompressed_point_of_the_curve() {
        let vectors: Vec<Value> = serde_json::from_str(include_str!("../vectors/rfc9180.json")).unwrap();
        let good = field(&vectors[0], "pkRm");
        assert!(public_key(&good).is_some() && encapped_key(&good).is_some());
        let mut off = good.clone();
        off[64] ^= 1;
        let compressed = [&[2 + (good[64] & 1)], &good[1..33]].concat();
        let hybrid = [&[6 + (good[64] & 1)], &good[1..]].concat();
        for bad in [off, compressed, hybrid, vec![0], vec![0; 65], vec![], good[..64].to_vec(), [good, vec![0]].concat()] {
            assert!(public_key(&bad).is_none() && encapped_key(&bad).is_none());
        }
    }
}
