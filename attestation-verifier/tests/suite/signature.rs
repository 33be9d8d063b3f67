//! The document's signature, and algorithms that are confused with one another.

use attestation_verifier::{AuthenticateError as E, DocumentError};
use p384::ecdsa::Signature;
use sha2::{Digest, Sha256, Sha512};

use crate::case::{Case, Outcome, Trial, bytes, check, refused, trial};
use crate::kit::{Kit, cbor, cbor_bytes, key};

/// r || s of the kit's signature, changed.
fn scalars(what: &str, change: fn(&mut [u8; 48], &mut [u8; 48])) -> Case {
    let change = move |trial: &mut Trial| {
        trial.sign(|kit, payload| {
            let (r, s) = kit.signature(payload).split_bytes();
            let (mut r, mut s) = (r.into(), s.into());
            change(&mut r, &mut s);
            [r, s].concat()
        });
    };
    trial(what, change, Outcome::NotAuthentic(E::Signature))
}

/// The right key's signature of something else than the `Sig_structure`.
fn over(what: &str, message: fn(&Kit, &[u8]) -> Vec<u8>) -> Case {
    let change = move |trial: &mut Trial| {
        trial.sign(|kit, payload| kit.sign_by_leaf(&message(kit, payload)).to_bytes().to_vec());
    };
    trial(what, change, Outcome::NotAuthentic(E::Signature))
}

/// The right key's signature of the `Sig_structure`'s digest by another hash.
fn hashed(what: &str, digest: fn(&[u8]) -> Vec<u8>) -> Case {
    let change = move |trial: &mut Trial| {
        trial.sign(|kit, payload| {
            use p384::ecdsa::signature::hazmat::PrehashSigner;
            let signature: Signature = kit.chain[4].key.sign_prehash(&digest(&kit.to_sign(payload))).unwrap();
            signature.to_bytes().to_vec()
        });
    };
    trial(what, change, Outcome::NotAuthentic(E::Signature))
}

fn structure(context: &str, protected: &[u8], aad: &[u8], payload: &[u8]) -> Vec<u8> {
    cbor(|encoder| {
        encoder.array(4).unwrap().str(context).unwrap().bytes(protected).unwrap().bytes(aad).unwrap().bytes(payload).unwrap();
    })
}

pub(crate) fn cases() -> Vec<Case> {
    let kit = Kit::new();
    let payload = kit.payload();
    let signature = kit.signature(&payload).to_bytes();
    vec![
        refused("by a key of nobody", |kit| kit.signer = Some(key(9)), E::Signature),
        refused("by the root's key", |kit| kit.signer = Some(key(1)), E::Signature),
        refused("by the instance's key", |kit| kit.signer = Some(key(4)), E::Signature),
        scalars("one bit of r", |r, _| r[0] ^= 1),
        scalars("one bit of s", |_, s| s[47] ^= 1),
        scalars("r of 0", |r, _| *r = [0; 48]),
        scalars("s of 0", |_, s| *s = [0; 48]),
        scalars("r and s of 0", |r, s| (*r, *s) = ([0; 48], [0; 48])),
        scalars("r and s of 1", |r, s| (r[..47].fill(0), s[..47].fill(0), r[47] = 1, s[47] = 1).0),
        scalars("r and s beyond the order", |r, s| (*r, *s) = ([0xff; 48], [0xff; 48])),
        scalars("r and s exchanged", core::mem::swap),
        scalars("r and s in little endian", |r, s| {
            r.reverse();
            s.reverse();
        }),
        over("of the payload alone", |_, payload| payload.to_vec()),
        over("of another context", |kit, payload| structure("Signature", &kit.protected, b"", payload)),
        over("of a countersignature", |kit, payload| structure("CounterSignature", &kit.protected, b"", payload)),
        over("with external data", |kit, payload| structure("Signature1", &kit.protected, b"more", payload)),
        over("of no protected header", |_, payload| structure("Signature1", b"", b"", payload)),
        over("of an array in another form", |kit, payload| {
            let mut message = kit.to_sign(payload);
            message[0] = 0x9f;
            message.push(0xff);
            message
        }),
        hashed("with SHA-256", |message| Sha256::digest(message).to_vec()),
        hashed("with SHA-512", |message| Sha512::digest(message)[..48].to_vec()),
        bytes(
            "a signature of P-256 beside ES256",
            [&[0x84], cbor_bytes(&[0xa1, 1, 0x26]).as_slice(), &[0xa0], &cbor_bytes(&payload), &cbor_bytes(&signature[..64])]
                .concat(),
            DocumentError::Protected,
        ),
        bytes(
            "ES384 in the header with a signature of P-521's length",
            kit.wrap(&payload, &[signature.as_slice(), &[0; 36]].concat()),
            DocumentError::SignatureLength,
        ),
        trial(
            "another document's signature",
            |trial| {
                let other = Kit::with(|kit| kit.set("nonce", cbor_bytes(b"other")));
                let signature = other.signature(&other.payload()).to_bytes();
                trial.document = Some(trial.kit.wrap(&trial.kit.payload(), &signature));
            },
            Outcome::NotAuthentic(E::Signature),
        ),
        trial(
            "a payload rewritten in another form",
            |trial| {
                let signature = trial.kit.signature(&trial.kit.payload()).to_bytes();
                trial.kit.indefinite = false;
                trial.document = Some(trial.kit.wrap(&trial.kit.payload(), &signature));
            },
            Outcome::NotAuthentic(E::Signature),
        ),
        trial(
            "a high s",
            |trial| {
                trial.sign(|kit, payload| {
                    let signature = kit.signature(payload);
                    let other = Signature::from_scalars(signature.r().to_bytes(), (-*signature.s()).to_bytes()).unwrap();
                    assert_ne!(signature, other);
                    other.to_bytes().to_vec()
                });
            },
            Outcome::Verified,
        ),
    ]
}

#[test]
fn t4_refuses_every_signature_but_the_certified_keys_of_this_payload() {
    check(cases());
}

#[test]
fn t6_refuses_a_key_that_was_swapped_after_signing() {
    let swap = |trial: &mut Trial| {
        let signature = trial.kit.signature(&trial.kit.payload()).to_bytes();
        trial.kit.set("public_key", cbor_bytes(b"eky"));
        trial.document = Some(trial.kit.wrap(&trial.kit.payload(), &signature));
    };
    check(vec![trial("a swapped key", swap, Outcome::NotAuthentic(E::Signature))]);
}
