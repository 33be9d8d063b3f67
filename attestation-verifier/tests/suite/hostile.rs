//! Bytes that are meant to cost.

use attestation_verifier::DocumentError as E;

use crate::case::{Case, bytes, check};
use crate::kit::cbor_bytes;

/// A payload in an envelope that is right up to it.
fn around(payload: &[u8]) -> Vec<u8> {
    [&[0x84, 0x44, 0xa1, 0x01, 0x38, 0x22, 0xa0], cbor_bytes(payload).as_slice(), &cbor_bytes(&[1; 96])].concat()
}

fn long(head: &[u8]) -> Vec<u8> {
    [head, &(1_u64 << 63).to_be_bytes()].concat()
}

pub(crate) fn cases() -> Vec<Case> {
    vec![
        bytes("nothing", Vec::new(), E::Truncated),
        bytes("one byte", vec![0x84], E::Truncated),
        bytes("16,384 bytes", vec![0; 16_384], E::Type),
        bytes("16,385 bytes", vec![0; 16_385], E::TooLong),
        bytes("16 MiB", vec![0; 16 << 20], E::TooLong),
        bytes("16,000 nested arrays", vec![0x81; 16_000], E::Envelope),
        bytes("16,000 nested arrays of four", vec![0x84; 16_000], E::Type),
        bytes("100,000 nested arrays", vec![0x81; 100_000], E::TooLong),
        bytes("16,000 tags", vec![0xc6; 16_000], E::Tag),
        bytes("an array of 2^63", long(&[0x9b]), E::Envelope),
        bytes("a protected header of 2^63 bytes", long(&[0x84, 0x5b]), E::Truncated),
        bytes("an unprotected map of 2^63", long(&[0x84, 0x44, 0xa1, 1, 0x38, 0x22, 0xbb]), E::Unprotected),
        bytes("a payload of 2^63 bytes", long(&[0x84, 0x44, 0xa1, 1, 0x38, 0x22, 0xa0, 0x5b]), E::Truncated),
        bytes("a map of 2^63", around(&long(&[0xbb])), E::Truncated),
        bytes("a key of 2^63 bytes", around(&long(&[0xbf, 0x7b])), E::Truncated),
        bytes("a value of 2^63 bytes", around(&long(b"\xbf\x65nonce\x5b")), E::Truncated),
        bytes("a bundle of 2^63", around(&long(b"\xbf\x68cabundle\x9b")), E::Truncated),
        bytes("2^63 registers", around(&long(b"\xbf\x64pcrs\xbb")), E::Truncated),
        bytes("a nested bundle", around(&[b"\xbf\x68cabundle".as_slice(), &[0x81; 8000]].concat()), E::Type),
        bytes("a nested value", around(&[b"\xbf\x65nonce".as_slice(), &[0x9f; 8000]].concat()), E::Type),
        bytes("a tagged value, 8,000 times", around(&[b"\xbf\x65nonce".as_slice(), &[0xc6; 8000]].concat()), E::Tag),
        bytes(
            "an endless map of one key",
            around(&[&[0xbf], b"\x65nonce\xf6".repeat(1000).as_slice()].concat()),
            E::DuplicateKey(attestation_verifier::Field::Nonce),
        ),
    ]
}

#[test]
fn t5_refuses_a_hostile_input_at_its_first_bytes() {
    check(cases());
}
