//! Both backends, which must say the same about every signature.

use p384::ecdsa::signature::Signer;
use p384::ecdsa::{Signature, SigningKey};
use p384::elliptic_curve::sec1::ToSec1Point;
use proptest::prelude::*;

use super::{aws_lc, rust_crypto};
use crate::UnverifiedDocument;
use crate::certificate::Certificate;

/// The order of the group, SEC 2 §2.5.1.
const ORDER: [u8; 48] = {
    let mut order = [0xff; 48];
    let low = 0xc763_4d81_f437_2ddf_581a_0db2_48b0_a77a_u128.to_be_bytes();
    let last = 0xecec_196a_ccc5_2973_u64.to_be_bytes();
    let mut index = 0;
    while index < 16 {
        order[24 + index] = low[index];
        index += 1;
    }
    index = 0;
    while index < 8 {
        order[40 + index] = last[index];
        index += 1;
    }
    order
};

fn key() -> (SigningKey, [u8; 97]) {
    let key = SigningKey::from_slice(&[5; 48]).unwrap();
    let point = key.verifying_key().as_affine().to_sec1_point(false).as_bytes().try_into().unwrap();
    (key, point)
}

/// What both say.
fn fixed(key: &[u8; 97], message: &[u8], signature: &[u8; 96]) -> bool {
    let both = [aws_lc::verify_fixed(key, message, signature), rust_crypto::verify_fixed(key, message, signature)];
    assert_eq!(both[0], both[1], "{key:?} {signature:?}");
    both[0].is_ok()
}

/// What both say.
fn der(key: &[u8; 97], message: &[u8], signature: &[u8]) -> bool {
    let both = [aws_lc::verify_der(key, message, signature), rust_crypto::verify_der(key, message, signature)];
    assert_eq!(both[0], both[1], "{key:?} {signature:?}");
    both[0].is_ok()
}

fn halves(r: &[u8], s: &[u8]) -> [u8; 96] {
    [r, s].concat().try_into().unwrap()
}

#[test]
fn backends_agree_on_every_genuine_signature() {
    let folder = std::env::var_os("PST_VAULT_VECTORS").map_or_else(
        || std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors"),
        std::path::PathBuf::from,
    );
    // Where the vectors are not, tests/genuine.rs says whether that is a failure.
    for entry in std::fs::read_dir(folder.join("attestation/docs")).into_iter().flatten() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        let Ok(document) = UnverifiedDocument::parse(&bytes) else { continue };
        let contents = document.danger_contents();
        let chain: Vec<_> = contents.authorities.iter().copied().chain([contents.certificate]).collect();
        let chain: Vec<_> = chain.into_iter().map(|der| Certificate::read(der).unwrap()).collect();
        for (issuer, issued) in chain.iter().zip(&chain[1..]) {
            assert!(der(issuer.key, issued.signed, issued.signature), "{}", path.display());
            assert!(!der(issued.key, issued.signed, issued.signature), "{}", path.display());
        }
        let genuine = !path.display().to_string().contains("INVALID_");
        assert_eq!(fixed(chain.last().unwrap().key, &document.signed(), document.signature()), genuine, "{}", path.display());
    }
}

#[test]
fn backends_agree_on_scalars_at_the_edges() {
    let (key, point) = key();
    let signature: Signature = key.sign(b"message");
    let (r, s) = signature.split_bytes();
    let high = (-*signature.s()).to_bytes();
    assert!(fixed(&point, b"message", &halves(&r, &s)));
    assert!(fixed(&point, b"message", &halves(&r, &high)));
    assert!(!fixed(&point, b"massage", &halves(&r, &s)));
    let one = [[0; 47].as_slice(), &[1]].concat();
    for edge in [&[0; 48], &[0xff; 48], &ORDER, one.as_slice()] {
        assert!(!fixed(&point, b"message", &halves(edge, &s)));
        assert!(!fixed(&point, b"message", &halves(&r, edge)));
        assert!(!fixed(&point, b"message", &halves(edge, edge)));
    }
}

#[test]
fn backends_agree_on_keys_that_are_none() {
    let (key, point) = key();
    let signature: Signature = key.sign(b"message");
    let signature: [u8; 96] = signature.to_bytes().into();
    let with = |change: fn(&mut [u8; 97])| {
        let mut point = point;
        change(&mut point);
        point
    };
    for bad in [
        with(|point| point[96] ^= 1),
        with(|point| point[1..].fill(0)),
        with(|point| point[1..49].fill(0xff)),
        with(|point| point[49..].fill(0xff)),
        with(|point| point.fill(0)),
        with(|point| point[0] = 5),
    ] {
        assert!(!fixed(&bad, b"message", &signature));
    }
}

#[test]
fn backends_agree_on_der() {
    let (key, point) = key();
    let signature: Signature = key.sign(b"message");
    let right = signature.to_der().as_bytes().to_vec();
    assert!(der(&point, b"message", &right));
    let integer = |bytes: &[u8]| [&[2, u8::try_from(bytes.len()).unwrap()], bytes].concat();
    let sequence = |r: &[u8], s: &[u8]| {
        let content = [integer(r), integer(s)].concat();
        [&[0x30, u8::try_from(content.len()).unwrap()], content.as_slice()].concat()
    };
    let (r, s) = signature.split_bytes();
    let padded = [&[0], r.as_slice()].concat();
    let twice_padded = [&[0, 0], r.as_slice()].concat();
    let mut long_length = vec![0x30, 0x81];
    long_length.extend(&right[1..]);
    let mut indefinite = vec![0x30, 0x80];
    indefinite.extend(&right[2..]);
    indefinite.extend([0, 0]);
    for wrong in [
        [right.as_slice(), &[0]].concat(),
        right[..right.len() - 1].to_vec(),
        long_length,
        indefinite,
        sequence(&[], &s),
        sequence(&[0], &s),
        sequence(&twice_padded, &s),
        sequence(&[0x80], &s),
        [&[0x31], &right[1..]].concat(),
        Vec::new(),
    ] {
        assert!(!der(&point, b"message", &wrong), "{wrong:?}");
    }
    // Negative, or with a zero too many.
    let wrong = if r[0] > 0x7f { r.as_slice() } else { padded.as_slice() };
    assert!(!der(&point, b"message", &sequence(wrong, &s)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn backends_agree_on_any_disturbed_signature(at in 0_usize..96, flip in 1_u8.., message: [u8; 8]) {
        let (key, point) = key();
        let signature: Signature = key.sign(&message);
        let mut bytes: [u8; 96] = signature.to_bytes().into();
        prop_assert!(fixed(&point, &message, &bytes));
        bytes[at] ^= flip;
        prop_assert!(!fixed(&point, &message, &bytes));
    }
}
