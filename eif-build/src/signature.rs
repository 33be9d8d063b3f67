//! The signature section: PCR0 signed with the key of a certificate, whose hash becomes PCR8.
//!
//! ```text
//! section  = CBOR [ {"signing_certificate": PEM as an array of integers, "signature": COSE_Sign1 as an array of integers} ]
//! COSE     = [ h'A1013822', {}, payload, signature ]          RFC 9052, ES384, untagged
//! payload  = CBOR {"register_index": 0, "register_value": [48 integers]}
//! ```
//!
//! Bytes as arrays of integers are what AWS's tools write and the hypervisor reads.

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use p384::ecdsa::signature::{Signer, Verifier};
use p384::ecdsa::{Signature, SigningKey, VerifyingKey};

use crate::measure::{Pcr, pcr8};

/// `{1: -35}`: ES384.
const PROTECTED: [u8; 4] = [0xa1, 0x01, 0x38, 0x22];
const PEM_BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const PEM_END: &str = "-----END CERTIFICATE-----";

/// Why a signature section is refused or can't be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Not one list of one signature with its certificate, in definite CBOR without further bytes.
    #[error("the signature section is malformed")]
    Malformed,
    /// An empty list.
    #[error("the signature section holds no signature")]
    Empty,
    /// More than one signature: the hypervisor's rule for those is not written down.
    #[error("the signature section holds more than one signature")]
    Several,
    /// Another algorithm than ES384.
    #[error("the signature is not ES384, the only algorithm read here")]
    Algorithm,
    /// The certificate is no single PEM block with an X.509 certificate in it.
    #[error("the signing certificate is no PEM with one X.509 certificate")]
    Certificate,
    /// The certificate's key is not on P-384.
    #[error("the signing certificate's key is not on P-384")]
    Key,
    /// The private key is not the certificate's.
    #[error("the private key does not belong to the signing certificate")]
    OtherKey,
    /// It signs another register or another value than this image's PCR0.
    #[error("the signature is for another image: its payload is not this image's PCR0")]
    Payload,
    /// The signature does not verify under the certificate's key.
    #[error("the signature does not verify under the signing certificate's key")]
    Signature,
}

/// A signature of an image's PCR0 that verified. Made only by [`verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    certificate: Vec<u8>,
}

impl Signed {
    /// The signing certificate in DER.
    #[must_use]
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// What the hypervisor puts in PCR8.
    #[must_use]
    pub fn pcr8(&self) -> Pcr {
        pcr8(&self.certificate)
    }
}

/// The section that signs an image with this PCR0. ECDSA's nonce follows from key and message (RFC 6979): the same key gives the same bytes.
///
/// # Errors
/// When the certificate can't be read, or is another key's.
pub fn sign(pcr0: &Pcr, key: &SigningKey, certificate_pem: &str) -> Result<Vec<u8>, SignatureError> {
    let certificate = certificate_der(certificate_pem.as_bytes())?;
    if public_key(&certificate)? != *key.verifying_key() {
        return Err(SignatureError::OtherKey);
    }
    let payload = payload(pcr0);
    let signature: Signature = key.sign(&to_be_signed(&payload));
    let cose = encoded(|out| {
        out.array(4)?.bytes(&PROTECTED)?.map(0)?.bytes(&payload)?.bytes(&signature.to_bytes())?;
        Ok(())
    });
    Ok(encoded(|out| {
        out.array(1)?.map(2)?.str("signing_certificate")?;
        integers(out, certificate_pem.as_bytes())?;
        out.str("signature")?;
        integers(out, &cose)
    }))
}

/// Checks a signature section against the PCR0 that was computed from the image. The certificate's own validity is not judged:
/// the hypervisor does at start, by its clock.
///
/// # Errors
/// When anything in it is not as [`sign`] or AWS's tools write it, or the signature fails.
pub fn verify(section: &[u8], pcr0: &Pcr) -> Result<Signed, SignatureError> {
    let (pem, cose) = entry(section)?;
    let certificate = certificate_der(&pem)?;
    let (payload_found, signature) = opened(&cose)?;
    if payload_found != payload(pcr0) {
        return Err(SignatureError::Payload);
    }
    let signature = Signature::from_slice(&signature).map_err(|_| SignatureError::Signature)?;
    public_key(&certificate)?.verify(&to_be_signed(&payload_found), &signature).map_err(|_| SignatureError::Signature)?;
    Ok(Signed { certificate })
}

/// `{"register_index": 0, "register_value": [..]}`.
fn payload(pcr0: &Pcr) -> Vec<u8> {
    encoded(|out| {
        out.map(2)?.str("register_index")?.u8(0)?.str("register_value")?;
        integers(out, pcr0)
    })
}

/// `Sig_structure` of RFC 9052 section 4.4, without external data.
fn to_be_signed(payload: &[u8]) -> Vec<u8> {
    encoded(|out| {
        out.array(4)?.str("Signature1")?.bytes(&PROTECTED)?.bytes(&[])?.bytes(payload)?;
        Ok(())
    })
}

type Written = Result<(), minicbor::encode::Error<core::convert::Infallible>>;

fn encoded(write: impl FnOnce(&mut Encoder<Vec<u8>>) -> Written) -> Vec<u8> {
    let mut out = Encoder::new(Vec::new());
    match write(&mut out) {
        Ok(()) => out.into_writer(),
        // A vector takes every write, and nothing here makes a message error.
        Err(_) => Vec::new(),
    }
}

fn integers(out: &mut Encoder<Vec<u8>>, bytes: &[u8]) -> Written {
    out.array(u64::try_from(bytes.len()).unwrap_or(u64::MAX))?;
    bytes.iter().try_for_each(|byte| out.u8(*byte).map(|_| ()))
}

fn entry(section: &[u8]) -> Result<(Vec<u8>, Vec<u8>), SignatureError> {
    let malformed = SignatureError::Malformed;
    let mut input = Decoder::new(section);
    match input.array() {
        Ok(Some(1)) => {}
        Ok(Some(0)) => return Err(SignatureError::Empty),
        Ok(Some(_)) => return Err(SignatureError::Several),
        _ => return Err(malformed),
    }
    if !matches!(input.map(), Ok(Some(2))) {
        return Err(malformed);
    }
    let mut field = |name| {
        if input.str().ok() != Some(name) {
            return Err(malformed);
        }
        read_integers(&mut input)
    };
    let (pem, cose) = (field("signing_certificate")?, field("signature")?);
    if input.position() == section.len() { Ok((pem, cose)) } else { Err(malformed) }
}

/// An array of integers under 256. Each takes a byte at least, so the section bounds what is kept.
fn read_integers(input: &mut Decoder<'_>) -> Result<Vec<u8>, SignatureError> {
    let Ok(Some(count)) = input.array() else { return Err(SignatureError::Malformed) };
    let mut bytes = Vec::new();
    for _ in 0..count {
        bytes.push(input.u8().map_err(|_| SignatureError::Malformed)?);
    }
    Ok(bytes)
}

/// Payload and signature of an untagged or tagged `COSE_Sign1`.
fn opened(cose: &[u8]) -> Result<(Vec<u8>, Vec<u8>), SignatureError> {
    let malformed = |_| SignatureError::Malformed;
    let mut input = Decoder::new(cose);
    if matches!(input.datatype(), Ok(Type::Tag)) && input.tag().map_err(malformed)?.as_u64() != 18 {
        return Err(SignatureError::Malformed);
    }
    if !matches!(input.array(), Ok(Some(4))) {
        return Err(SignatureError::Malformed);
    }
    if input.bytes().map_err(malformed)? != PROTECTED {
        return Err(SignatureError::Algorithm);
    }
    if !matches!(input.map(), Ok(Some(0))) {
        return Err(SignatureError::Malformed);
    }
    let payload = input.bytes().map_err(malformed)?.to_vec();
    let signature = input.bytes().map_err(malformed)?.to_vec();
    if input.position() == cose.len() { Ok((payload, signature)) } else { Err(SignatureError::Malformed) }
}

/// DER of the one certificate in a PEM.
fn certificate_der(pem: &[u8]) -> Result<Vec<u8>, SignatureError> {
    let refused = SignatureError::Certificate;
    let text = core::str::from_utf8(pem).map_err(|_| refused)?.trim();
    if !text.starts_with(PEM_BEGIN) || text.matches(PEM_END).count() != 1 || !text.ends_with(PEM_END) {
        return Err(refused);
    }
    let (_, block) = x509_parser::pem::parse_x509_pem(pem).map_err(|_| refused)?;
    // The whole DER is the certificate: what follows it would be hashed into PCR8 too.
    let (rest, _) = x509_parser::parse_x509_certificate(&block.contents).map_err(|_| refused)?;
    if rest.is_empty() { Ok(block.contents) } else { Err(refused) }
}

fn public_key(certificate: &[u8]) -> Result<VerifyingKey, SignatureError> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).map_err(|_| SignatureError::Certificate)?;
    VerifyingKey::from_sec1_bytes(&certificate.public_key().subject_public_key.data).map_err(|_| SignatureError::Key)
}
