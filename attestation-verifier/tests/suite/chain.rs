//! Chains that do not lead from the root to the key.

#![expect(clippy::too_many_lines, reason = "a table of cases is long")]

use attestation_verifier::{ChainError, TrustAnchor};
use p384::ecdsa::Signature;

use crate::case::{Case, Outcome, Trial, check, refused, trial};
use crate::kit::der::name;
use crate::kit::{BASIC_CONSTRAINTS, KEY_USAGE, Kit, basic_constraints, cbor_bundle, key, key_usage, public_key};

fn path_len(kit: &mut Kit, index: usize, limit: u8) {
    *kit.extension(index, BASIC_CONSTRAINTS) = basic_constraints(true, Some(limit));
}

/// Each certificate below the root in turn, signed by a key of nobody.
fn signed_by_nobody() -> impl Iterator<Item = Case> {
    (1..5).map(|index| {
        let change = move |trial: &mut Trial| trial.kit.chain[index].signer = Some(key(9));
        trial(
            format!("certificate {index} signed by nobody"),
            change,
            Outcome::NotAuthentic(ChainError::Signature { index }.into()),
        )
    })
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = vec![
        refused("another root of that name", |kit| kit.chain[0].serial = vec![7], ChainError::WrongRoot),
        refused("another root's key", |kit| kit.chain[0].key = key(9), ChainError::WrongRoot),
        refused("no root", |kit| kit.set("cabundle", cbor_bundle(&kit.certificates()[1..4])), ChainError::WrongRoot),
        refused(
            "the root last",
            |kit| {
                let mut bundle = kit.certificates()[..4].to_vec();
                bundle.rotate_left(1);
                kit.set("cabundle", cbor_bundle(&bundle));
            },
            ChainError::WrongRoot,
        ),
        refused(
            "swapped intermediates",
            |kit| {
                for index in [1, 2] {
                    *kit.extension(index, BASIC_CONSTRAINTS) = basic_constraints(true, None);
                }
                let mut bundle = kit.certificates()[..4].to_vec();
                bundle.swap(1, 2);
                kit.set("cabundle", cbor_bundle(&bundle));
            },
            ChainError::Issuer { index: 1 },
        ),
        refused(
            "one left out",
            |kit| {
                let mut bundle = kit.certificates()[..4].to_vec();
                bundle.remove(2);
                kit.set("cabundle", cbor_bundle(&bundle));
            },
            ChainError::Issuer { index: 2 },
        ),
        refused(
            "the root twice",
            |kit| {
                let all = kit.certificates();
                let mut bundle = all[..4].to_vec();
                bundle.insert(1, all[0].clone());
                kit.set("cabundle", cbor_bundle(&bundle));
            },
            ChainError::SelfIssued { index: 1 },
        ),
        refused("another issuer's name", |kit| kit.chain[3].issuer = Some(name("x")), ChainError::Issuer { index: 3 }),
        refused(
            "a leaf that is an authority",
            |kit| {
                *kit.extension(4, BASIC_CONSTRAINTS) = basic_constraints(true, None);
            },
            ChainError::LeafIsAnAuthority,
        ),
        refused("path length 1 with two below", |kit| path_len(kit, 1, 1), ChainError::PathLength { index: 1 }),
        refused("path length 0 with one below", |kit| path_len(kit, 2, 0), ChainError::PathLength { index: 2 }),
        refused(
            "an authority that is none",
            |kit| {
                *kit.extension(2, BASIC_CONSTRAINTS) = basic_constraints(false, None);
            },
            ChainError::NotAnAuthority { index: 2 },
        ),
        refused(
            "an authority without constraints",
            |kit| {
                kit.chain[2].extensions.as_mut().unwrap().retain(|extension| extension.id != BASIC_CONSTRAINTS);
            },
            ChainError::NotAnAuthority { index: 2 },
        ),
        refused(
            "an authority that may not sign certificates",
            |kit| *kit.extension(2, KEY_USAGE) = key_usage(0x82),
            ChainError::KeyUsage { index: 2 },
        ),
        refused(
            "an authority without key usage",
            |kit| {
                kit.chain[3].extensions.as_mut().unwrap().retain(|extension| extension.id != KEY_USAGE);
            },
            ChainError::KeyUsage { index: 3 },
        ),
        refused(
            "a leaf that may sign certificates",
            |kit| *kit.extension(4, KEY_USAGE) = key_usage(0x84),
            ChainError::LeafKeyUsage,
        ),
        refused("a leaf that may not sign", |kit| *kit.extension(4, KEY_USAGE) = key_usage(0x40), ChainError::LeafKeyUsage),
        refused(
            "a leaf without key usage",
            |kit| {
                kit.chain[4].extensions.as_mut().unwrap().retain(|extension| extension.id != KEY_USAGE);
            },
            ChainError::LeafKeyUsage,
        ),
        refused(
            "an instance's certificate signed by the zone's issuer",
            |kit| kit.chain[3].signer = Some(key(2)),
            ChainError::Signature { index: 3 },
        ),
        refused(
            "a key that is not on the curve",
            |kit| {
                let mut point = kit.chain[3].key.verifying_key().to_sec1_point(false).as_bytes().to_vec();
                point[96] ^= 1;
                kit.chain[3].public_key = Some(public_key(&point));
            },
            ChainError::Signature { index: 4 },
        ),
        refused(
            "a key of zeros",
            |kit| kit.chain[3].public_key = Some(public_key(&[&[4], [0; 96].as_slice()].concat())),
            ChainError::Signature { index: 4 },
        ),
        refused(
            "a signature in BER, its length in two bytes",
            |kit| kit.chain[3].rewrite_signature = |der| [&[0x30, 0x81], &der[1..]].concat(),
            ChainError::Signature { index: 3 },
        ),
        refused(
            "a signature in BER, of indefinite length",
            |kit| kit.chain[3].rewrite_signature = |der| [&[0x30, 0x80], &der[2..], &[0, 0]].concat(),
            ChainError::Signature { index: 3 },
        ),
        refused(
            "a signature and a byte more",
            |kit| kit.chain[3].rewrite_signature = |der| [&der[..], &[0]].concat(),
            ChainError::Signature { index: 3 },
        ),
        refused(
            "a signature as r and s alone",
            |kit| kit.chain[3].rewrite_signature = |der| Signature::from_der(&der).unwrap().to_bytes().to_vec(),
            ChainError::Signature { index: 3 },
        ),
        trial(
            "AWS's root",
            |trial| trial.anchor = TrustAnchor::aws_nitro_enclaves_g1(),
            Outcome::NotAuthentic(ChainError::WrongRoot.into()),
        ),
    ];
    cases.extend(signed_by_nobody());
    cases
}

#[test]
fn t4_refuses_a_chain_that_does_not_lead_from_the_root_to_the_key() {
    check(cases());
}
