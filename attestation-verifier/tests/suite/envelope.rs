//! The envelope and the form of all CBOR.

use attestation_verifier::DocumentError as E;

use crate::case::{Case, bytes, check, refused};
use crate::kit::{Kit, cbor_bytes, cbor_text};

pub(crate) fn cases() -> Vec<Case> {
    let kit = Kit::new();
    let (document, payload) = (kit.build(), kit.payload());
    let signature = kit.signature(&payload).to_bytes();
    let protected = cbor_bytes(&kit.protected);
    let wrapped = |payload: &[u8], signature: &[u8]| [&[0x84], protected.as_slice(), &[0xa0], payload, signature].concat();
    let long_head = |bytes: &[u8]| [&[0x5a, 0, 0], &u16::try_from(bytes.len()).unwrap().to_be_bytes()[..], bytes].concat();
    vec![
        refused("tag 17", |kit| kit.tag = vec![0xd1], E::Tag),
        refused("tag 98, COSE_Sign", |kit| kit.tag = vec![0xd8, 98], E::Tag),
        refused("tag 61, a CWT", |kit| kit.tag = vec![0xd8, 61, 0xd2], E::Tag),
        refused("tag 55799, self-described CBOR", |kit| kit.tag = vec![0xd9, 0xd9, 0xf7], E::Tag),
        refused("tag 18 twice", |kit| kit.tag = vec![0xd2, 0xd2], E::Tag),
        refused("tag 18 in two bytes", |kit| kit.tag = vec![0xd8, 18], E::NotShortest),
        refused("tag 18 in nine bytes", |kit| kit.tag = vec![0xdb, 0, 0, 0, 0, 0, 0, 0, 18], E::NotShortest),
        refused("a tag of indefinite length", |kit| kit.tag = vec![0xdf], E::Type),
        refused("three items", |kit| kit.envelope = vec![0x83], E::Envelope),
        refused("five items", |kit| (kit.envelope, kit.trailing) = (vec![0x85], vec![0xf6]), E::Envelope),
        refused("no items", |kit| kit.envelope = vec![0x80], E::Envelope),
        refused("an indefinite array", |kit| (kit.envelope, kit.trailing) = (vec![0x9f], vec![0xff]), E::Envelope),
        refused("an array head of two bytes", |kit| kit.envelope = vec![0x98, 4], E::NotShortest),
        refused("a map for an array", |kit| kit.envelope = vec![0xa2], E::Type),
        refused("a reserved head", |kit| kit.envelope = vec![0x9c], E::Type),
        bytes("a byte string around it", cbor_bytes(&document), E::Type),
        refused("the protected header tagged", |kit| kit.envelope.push(0xd8), E::Tag),
        refused("ES256 protected", |kit| kit.protected = vec![0xa1, 1, 0x26], E::Protected),
        refused("ES512 protected", |kit| kit.protected = vec![0xa1, 1, 0x38, 0x23], E::Protected),
        refused("EdDSA protected", |kit| kit.protected = vec![0xa1, 1, 0x27], E::Protected),
        refused("PS384 protected", |kit| kit.protected = vec![0xa1, 1, 0x38, 0x25], E::Protected),
        refused("HMAC protected", |kit| kit.protected = vec![0xa1, 1, 5], E::Protected),
        refused("the fully specified ES384 of RFC 9864", |kit| kit.protected = vec![0xa1, 1, 0x38, 0x32], E::Protected),
        refused("the algorithm in three bytes", |kit| kit.protected = vec![0xa1, 1, 0x39, 0, 0x22], E::Protected),
        refused("the algorithm in text", |kit| kit.protected = b"\xa1\x01\x65ES384".to_vec(), E::Protected),
        refused("the algorithm twice", |kit| kit.protected = vec![0xa2, 1, 0x38, 0x22, 1, 0x38, 0x22], E::Protected),
        refused("a key in two bytes", |kit| kit.protected = vec![0xa1, 0x18, 1, 0x38, 0x22], E::Protected),
        refused("no protected header", |kit| kit.protected = Vec::new(), E::Protected),
        refused("an empty protected map", |kit| kit.protected = vec![0xa0], E::Protected),
        refused("an indefinite protected map", |kit| kit.protected = vec![0xbf, 1, 0x38, 0x22, 0xff], E::Protected),
        refused("a crit header", |kit| kit.protected = vec![0xa2, 1, 0x38, 0x22, 2, 0x81, 1], E::Protected),
        refused("a key id protected", |kit| kit.protected = vec![0xa2, 1, 0x38, 0x22, 4, 0x41, 0], E::Protected),
        refused("bytes behind the protected map", |kit| kit.protected = vec![0xa1, 1, 0x38, 0x22, 0], E::Protected),
        refused("the algorithm unprotected", |kit| kit.unprotected = vec![0xa1, 1, 0x38, 0x22], E::Unprotected),
        refused("another algorithm unprotected", |kit| kit.unprotected = vec![0xa1, 1, 0x26], E::Unprotected),
        refused("a key id unprotected", |kit| kit.unprotected = vec![0xa1, 4, 0x41, 0], E::Unprotected),
        refused("a chain unprotected", |kit| kit.unprotected = vec![0xa1, 0x18, 33, 0x41, 0], E::Unprotected),
        refused("an indefinite unprotected map", |kit| kit.unprotected = vec![0xbf, 0xff], E::Unprotected),
        refused("an unprotected head of two bytes", |kit| kit.unprotected = vec![0xb8, 0], E::NotShortest),
        refused("a null for the unprotected map", |kit| kit.unprotected = vec![0xf6], E::Type),
        refused("an array for the unprotected map", |kit| kit.unprotected = vec![0x80], E::Type),
        bytes("no payload", wrapped(&[0xf6], &cbor_bytes(&signature)), E::Type),
        bytes("an empty payload", wrapped(&[0x40], &cbor_bytes(&signature)), E::Truncated),
        bytes("a payload in text", wrapped(&cbor_text("payload"), &cbor_bytes(&signature)), E::Type),
        bytes(
            "a payload in pieces",
            wrapped(&[&[0x5f], &cbor_bytes(&payload)[..], &[0xff]].concat(), &cbor_bytes(&signature)),
            E::Pieces,
        ),
        bytes("a payload head of five bytes", wrapped(&long_head(&payload), &cbor_bytes(&signature)), E::NotShortest),
        bytes(
            "a payload with tag 24",
            wrapped(&[&[0xd8, 24], &cbor_bytes(&payload)[..]].concat(), &cbor_bytes(&signature)),
            E::Tag,
        ),
        bytes("a signature of 95 bytes", kit.wrap(&payload, &signature[..95]), E::SignatureLength),
        bytes("a signature of 97 bytes", kit.wrap(&payload, &[&signature[..], &[0]].concat()), E::SignatureLength),
        bytes("no signature", kit.wrap(&payload, &[]), E::SignatureLength),
        bytes("a signature in DER", kit.wrap(&payload, kit.signature(&payload).to_der().as_bytes()), E::SignatureLength),
        bytes("a signature as an array", wrapped(&cbor_bytes(&payload), &[0x80]), E::Type),
        bytes(
            "a signature in pieces",
            wrapped(&cbor_bytes(&payload), &[&[0x5f], &cbor_bytes(&signature)[..], &[0xff]].concat()),
            E::Pieces,
        ),
        bytes("the last byte missing", document[..document.len() - 1].to_vec(), E::Truncated),
        bytes("another protected header and nothing behind it", vec![0x84, 0x41, 0], E::Protected),
        bytes("the protected header and nothing behind it", [&[0x84], protected.as_slice()].concat(), E::Truncated),
        bytes("another tag and nothing behind it", vec![0xd1], E::Tag),
        bytes("half of it", document[..document.len() / 2].to_vec(), E::Truncated),
        refused("one byte behind it", |kit| kit.trailing = vec![0], E::Trailing),
        refused("a null behind it", |kit| kit.trailing = vec![0xf6], E::Trailing),
        refused("a break behind it", |kit| kit.trailing = vec![0xff], E::Trailing),
        bytes("the document twice", [document.clone(), document.clone()].concat(), E::Trailing),
    ]
}

#[test]
fn t5_refuses_every_other_envelope() {
    check(cases());
}
