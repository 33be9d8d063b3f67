//! Recovery of a secp256k1 signer: one encoding, low s, nothing malleable.

use std::sync::OnceLock;

use alloy_primitives::{Address, B256};
use secp256k1::ecdsa::{RecoverableSignature, RecoveryId};
use secp256k1::{Message, Secp256k1, VerifyOnly};

/// Why a signature is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not r || s || v.
    #[error("signature is not 65 bytes")]
    Length,
    /// v is neither 27 nor 28.
    #[error("v is neither 27 nor 28")]
    V,
    /// s is in the upper half: the other form of a signature that somebody else made.
    #[error("s is in the upper half of the order")]
    HighS,
    /// r or s is zero or not below the order, or r is no point.
    #[error("no key makes this signature")]
    Invalid,
}

/// The account that signed `digest`. `signature` is r || s || v.
///
/// # Errors
/// See [`SignatureError`].
pub fn signer(digest: &B256, signature: &[u8]) -> Result<Address, SignatureError> {
    let signature: &[u8; 65] = signature.try_into().map_err(|_| SignatureError::Length)?;
    let [compact @ .., v] = signature;
    let id = match v {
        27 => RecoveryId::Zero,
        28 => RecoveryId::One,
        _ => return Err(SignatureError::V),
    };
    let recoverable = RecoverableSignature::from_compact(compact, id).map_err(|_| SignatureError::Invalid)?;
    let mut low = recoverable.to_standard();
    low.normalize_s();
    if low.serialize_compact() != *compact {
        return Err(SignatureError::HighS);
    }
    let key = context().recover_ecdsa(Message::from_digest(digest.0), &recoverable).map_err(|_| SignatureError::Invalid)?;
    let [_, point @ ..] = key.serialize_uncompressed();
    Ok(Address::from_raw_public_key(&point))
}

/// Tables for verification, made once.
pub(crate) fn context() -> &'static Secp256k1<VerifyOnly> {
    static CONTEXT: OnceLock<Secp256k1<VerifyOnly>> = OnceLock::new();
    CONTEXT.get_or_init(Secp256k1::verification_only)
}

#[cfg(test)]
mod tests {
    use secp256k1::SecretKey;

    use super::*;

    /// The order of the group, big-endian.
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe, 0xba, 0xae, 0xdc, 0xe6,
        0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
    ];

    fn valid() -> (B256, [u8; 65], Address) {
        let secp = Secp256k1::new();
        let key = SecretKey::from_byte_array([7; 32]).unwrap();
        let digest = B256::repeat_byte(0x42);
        let (id, compact) = secp.sign_ecdsa_recoverable(Message::from_digest(digest.0), &key).serialize_compact();
        let mut signature = [0; 65];
        signature[..64].copy_from_slice(&compact);
        signature[64] = 27 + u8::try_from(i32::from(id)).unwrap();
        let [_, point @ ..] = key.public_key(&secp).serialize_uncompressed();
        (digest, signature, Address::from_raw_public_key(&point))
    }

    #[test]
    fn recovers_the_signer() {
        let (digest, signature, address) = valid();
        assert_eq!(signer(&digest, &signature), Ok(address));
    }

    #[test]
    fn refuses_high_s() {
        let (digest, mut signature, _) = valid();
        let mut borrow = 0i16;
        for i in (0..32).rev() {
            let mut byte = i16::from(ORDER[i]) - i16::from(signature[32 + i]) - borrow;
            borrow = i16::from(byte < 0);
            byte += 256 * borrow;
            signature[32 + i] = u8::try_from(byte).unwrap();
        }
        signature[64] = 55 - signature[64];
        assert_eq!(signer(&digest, &signature), Err(SignatureError::HighS));
    }

    #[test]
    fn refuses_a_v_that_is_neither_27_nor_28() {
        let (digest, mut signature, _) = valid();
        for v in (0..=255).filter(|v| !matches!(v, 27 | 28)) {
            signature[64] = v;
            assert_eq!(signer(&digest, &signature), Err(SignatureError::V));
        }
    }

    #[test]
    fn refuses_zero_r_or_s() {
        for part in [0, 32] {
            let (digest, mut signature, _) = valid();
            signature[part..part + 32].fill(0);
            assert_eq!(signer(&digest, &signature), Err(SignatureError::Invalid));
        }
    }

    #[test]
    fn refuses_another_length() {
        let (digest, signature, _) = valid();
        assert_eq!(signer(&digest, &signature[..64]), Err(SignatureError::Length));
    }
}
