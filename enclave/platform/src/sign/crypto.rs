//! The digests, authentication codes and the one cipher that platforms ask for.
//!
//! What is weak here is what platforms demand: HMAC-SHA1 (OAuth 1.0a, TOTP) rests on no collision resistance; plain MD5 (Temu) is a
//! keyed prefix and suffix that the platform checks. Neither protects anything of the vault's own.

use aws_lc_rs::cipher::{AES_128, AES_CBC_IV_LEN, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{digest, hmac};
use md5::{Digest, Md5};
use serde::Deserialize;
use zeroize::Zeroizing;

/// How a payload becomes a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Algorithm {
    /// RFC 2104 with SHA-256.
    HmacSha256,
    /// RFC 2104 with SHA-1.
    HmacSha1,
    /// RFC 2104 with SHA-512.
    HmacSha512,
    /// RFC 2104 with MD5.
    HmacMd5,
    /// A bare hash: the secret is in the payload.
    Sha256,
    /// A bare hash: the secret is in the payload.
    Md5,
}

impl Algorithm {
    /// Whether it takes a key.
    pub(crate) const fn keyed(self) -> bool {
        match self {
            Self::HmacSha256 | Self::HmacSha1 | Self::HmacSha512 | Self::HmacMd5 => true,
            Self::Sha256 | Self::Md5 => false,
        }
    }

    /// The code of a message; the key is for the keyed ones.
    pub(crate) fn code(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        match self {
            Self::HmacSha256 => mac(hmac::HMAC_SHA256, key, message),
            Self::HmacSha1 => mac(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key, message),
            Self::HmacSha512 => mac(hmac::HMAC_SHA512, key, message),
            Self::HmacMd5 => mac_md5(key, message),
            Self::Sha256 => sha256(message),
            Self::Md5 => Md5::digest(message).to_vec(),
        }
    }
}

/// SHA-256.
pub(crate) fn sha256(message: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA256, message).as_ref().to_vec()
}

fn mac(algorithm: hmac::Algorithm, key: &[u8], message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(algorithm, key), message).as_ref().to_vec()
}

/// RFC 2104 over MD5, whose block is 64 bytes.
fn mac_md5(key: &[u8], message: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 64;
    let hashed;
    let key = if key.len() > BLOCK {
        hashed = Zeroizing::new(Md5::digest(key).to_vec());
        hashed.as_slice()
    } else {
        key
    };
    let pad = |mask: u8| {
        let rest = BLOCK.saturating_sub(key.len());
        Zeroizing::new(key.iter().copied().chain(core::iter::repeat_n(0, rest)).map(|byte| byte ^ mask).collect::<Vec<u8>>())
    };
    let inner = Md5::new().chain_update(pad(0x36).as_slice()).chain_update(message).finalize();
    Md5::new().chain_update(pad(0x5c).as_slice()).chain_update(inner).finalize().to_vec()
}

/// AES-128-CBC with PKCS #7; `None` if the padding or a length is wrong.
pub(crate) fn decrypt_cbc(key: &[u8], iv: [u8; AES_CBC_IV_LEN], ciphertext: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(&AES_128, key).ok()?).ok()?;
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let length = key.decrypt(&mut buffer, DecryptionContext::Iv128(FixedLength::from(iv))).ok()?.len();
    buffer.truncate(length);
    Some(buffer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex_of(algorithm: Algorithm, key: &[u8], message: &[u8]) -> String {
        hex::encode(algorithm.code(key, message))
    }

    // RFC 2202 section 2 (cases 1, 2 and 6) and RFC 4231 (case 2).
    #[test]
    fn codes_are_those_of_the_rfcs() {
        assert_eq!(hex_of(Algorithm::HmacMd5, &[0x0b; 16], b"Hi There"), "9294727a3638bb1c13f48ef8158bfc9d");
        assert_eq!(hex_of(Algorithm::HmacMd5, b"Jefe", b"what do ya want for nothing?"), "750c783e6ab0b503eaa86e310a5db738");
        assert_eq!(
            hex_of(Algorithm::HmacMd5, &[0xaa; 80], b"Test Using Larger Than Block-Size Key - Hash Key First"),
            "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"
        );
        assert_eq!(hex_of(Algorithm::HmacSha1, &[0x0b; 20], b"Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00");
        assert_eq!(
            hex_of(Algorithm::HmacSha256, b"Jefe", b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(hex_of(Algorithm::Md5, b"", b"abc"), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(hex_of(Algorithm::Sha256, b"", b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn refuses_a_ciphertext_that_was_changed_or_cut() {
        let iv = *b"space-station-de";
        assert!(decrypt_cbc(&[1; 16], iv, &[]).is_none());
        assert!(decrypt_cbc(&[1; 16], iv, &[7; 15]).is_none());
        assert!(decrypt_cbc(&[1; 15], iv, &[7; 16]).is_none());
    }
}
