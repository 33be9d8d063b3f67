//! One valid chain, one thing changed at a time, and for each the rule that it breaks.

#![expect(clippy::too_many_lines, reason = "a table of cases is long")]

mod kit;

use attestation_verifier::{
    AuthenticateError, CertificateError, ChainError, TrustAnchor, TrustAnchorError, UnixSeconds, authenticate,
};
use kit::der::{element, name, sequence};
use kit::{
    BASIC_CONSTRAINTS, CRITICAL, Change, ECDSA_SHA256, Extension, KEY_USAGE, Kit, NOW, TIME, basic_constraints, cbor_bundle,
    each_is_refused, key, key_usage, public_key,
};

fn certificate(index: usize, error: CertificateError) -> ChainError {
    ChainError::Certificate { index, error }
}
#[test]
fn t4_refuses_a_chain_that_does_not_lead_from_the_root_to_the_key() {
    fn path_len(kit: &mut Kit, index: usize, limit: u8) {
        *kit.extension(index, BASIC_CONSTRAINTS) = basic_constraints(true, Some(limit));
    }
    each_is_refused([
        ("signed by another key", (|kit| kit.signer = Some(key(9))) as Change, AuthenticateError::Signature),
        ("another root of that name", |kit| kit.chain[0].serial = vec![7], ChainError::WrongRoot.into()),
        ("another root's key", |kit| kit.chain[0].key = key(9), ChainError::WrongRoot.into()),
        ("no root", |kit| kit.set("cabundle", cbor_bundle(&kit.certificates()[1..4])), ChainError::WrongRoot.into()),
        (
            "the root last",
            |kit| {
                let mut bundle = kit.certificates()[..4].to_vec();
                bundle.rotate_left(1);
                kit.set("cabundle", cbor_bundle(&bundle));
            },
            ChainError::WrongRoot.into(),
        ),
        (
            "swapped intermediates",
            |kit| {
                for index in [1, 2] {
                    *kit.extension(index, BASIC_CONSTRAINTS) = basic_constraints(true, None);
                }
                let mut bundle = kit.certificates()[..4].to_vec();
                bundle.swap(1, 2);
                kit.set("cabundle", cbor_bundle(&bundle));
            },
            ChainError::Issuer { index: 1 }.into(),
        ),
        (
            "one left out",
            |kit| {
                let mut bundle = kit.certificates()[..4].to_vec();
                bundle.remove(2);
                kit.set("cabundle", cbor_bundle(&bundle));
            },
            ChainError::Issuer { index: 2 }.into(),
        ),
        (
            "the root twice",
            |kit| {
                let all = kit.certificates();
                let mut bundle = all[..4].to_vec();
                bundle.insert(1, all[0].clone());
                kit.set("cabundle", cbor_bundle(&bundle));
            },
            ChainError::SelfIssued { index: 1 }.into(),
        ),
    ] as [(&str, Change, AuthenticateError); 8]);
    each_is_refused((1..5).map(|index| {
        let change: Change = match index {
            1 => |kit| kit.chain[1].signer = Some(key(9)),
            2 => |kit| kit.chain[2].signer = Some(key(9)),
            3 => |kit| kit.chain[3].signer = Some(key(9)),
            _ => |kit| kit.chain[4].signer = Some(key(9)),
        };
        ("signed by another key", change, ChainError::Signature { index })
    }));
    each_is_refused([
        ("another issuer's name", (|kit| kit.chain[3].issuer = Some(name("x"))) as Change, ChainError::Issuer { index: 3 }),
        (
            "a leaf that is an authority",
            |kit| {
                *kit.extension(4, BASIC_CONSTRAINTS) = basic_constraints(true, None);
            },
            ChainError::LeafIsAnAuthority,
        ),
        ("path length 1 with two below", |kit| path_len(kit, 1, 1), ChainError::PathLength { index: 1 }),
        ("path length 0 with one below", |kit| path_len(kit, 2, 0), ChainError::PathLength { index: 2 }),
        (
            "an authority that is none",
            |kit| {
                *kit.extension(2, BASIC_CONSTRAINTS) = basic_constraints(false, None);
            },
            ChainError::NotAnAuthority { index: 2 },
        ),
        (
            "an authority without constraints",
            |kit| {
                kit.chain[2].extensions.as_mut().unwrap().retain(|extension| extension.id != BASIC_CONSTRAINTS);
            },
            ChainError::NotAnAuthority { index: 2 },
        ),
        (
            "an authority that may not sign certificates",
            |kit| *kit.extension(2, KEY_USAGE) = key_usage(0x82),
            ChainError::KeyUsage { index: 2 },
        ),
        (
            "an authority without key usage",
            |kit| {
                kit.chain[3].extensions.as_mut().unwrap().retain(|extension| extension.id != KEY_USAGE);
            },
            ChainError::KeyUsage { index: 3 },
        ),
        ("a leaf that may sign certificates", |kit| *kit.extension(4, KEY_USAGE) = key_usage(0x84), ChainError::LeafKeyUsage),
        ("a leaf that may not sign", |kit| *kit.extension(4, KEY_USAGE) = key_usage(0x40), ChainError::LeafKeyUsage),
        (
            "a leaf without key usage",
            |kit| {
                kit.chain[4].extensions.as_mut().unwrap().retain(|extension| extension.id != KEY_USAGE);
            },
            ChainError::LeafKeyUsage,
        ),
    ]);
}

#[test]
fn t4_a_self_made_chain_under_the_real_roots_name_is_refused() {
    let document = Kit::new().build();
    let error = authenticate(&document, &TrustAnchor::aws_nitro_enclaves_g1(), TIME).unwrap_err();
    assert_eq!(error, AuthenticateError::Chain(ChainError::WrongRoot));
}

#[test]
fn t4_refuses_a_certificate_that_nitro_does_not_issue() {
    use CertificateError as E;
    fn push(kit: &mut Kit, id: &[u8], critical: &[u8]) {
        let extension = Extension { id: id.to_vec(), critical: critical.to_vec(), value: vec![5, 0] };
        kit.chain[3].extensions.as_mut().unwrap().push(extension);
    }
    fn point(kit: &mut Kit, change: impl FnOnce(&mut Vec<u8>)) {
        let mut point = kit.chain[3].key.verifying_key().to_sec1_point(false).as_bytes().to_vec();
        change(&mut point);
        kit.chain[3].public_key = Some(public_key(&point));
    }
    each_is_refused(
        [
            ("version 1", (|kit| kit.chain[3].version = Vec::new()) as Change, E::Version),
            ("version 2", |kit| kit.chain[3].version = vec![0xa0, 3, 2, 1, 1], E::Version),
            ("serial 0", |kit| kit.chain[3].serial = vec![0], E::Serial),
            ("a negative serial", |kit| kit.chain[3].serial = vec![0x80], E::Serial),
            ("a padded serial", |kit| kit.chain[3].serial = vec![0, 1], E::Serial),
            ("an empty serial", |kit| kit.chain[3].serial = Vec::new(), E::Serial),
            ("a long serial", |kit| kit.chain[3].serial = vec![1; 22], E::Serial),
            ("SHA-256 inside", |kit| kit.chain[3].inner_algorithm = ECDSA_SHA256.to_vec(), E::SignatureAlgorithm),
            ("SHA-256 outside", |kit| kit.chain[3].outer_algorithm = ECDSA_SHA256.to_vec(), E::SignatureAlgorithm),
            (
                "SHA-256 both",
                |kit| {
                    kit.chain[3].inner_algorithm = ECDSA_SHA256.to_vec();
                    kit.chain[3].outer_algorithm = ECDSA_SHA256.to_vec();
                },
                E::SignatureAlgorithm,
            ),
            (
                "algorithm parameters",
                |kit| {
                    let algorithm = sequence(&[kit::ECDSA_SHA384[2..].to_vec(), vec![5, 0]]);
                    kit.chain[3].outer_algorithm = algorithm;
                },
                E::SignatureAlgorithm,
            ),
            ("no common name", |kit| kit.chain[3].subject = sequence(&[]), E::CommonName),
            (
                "two common names",
                |kit| {
                    let one = name("a")[2..].to_vec();
                    kit.chain[3].subject = sequence(&[one.clone(), one]);
                },
                E::CommonName,
            ),
            ("an escape in the name", |kit| kit.chain[3].subject = name("i-0\x1b[2J"), E::CommonName),
            ("ends before it starts", |kit| (kit.chain[3].not_before, kit.chain[3].not_after) = (NOW + 1, NOW), E::Validity),
            (
                "a compressed key",
                |kit| {
                    let point = kit.chain[3].key.verifying_key().to_sec1_point(true).as_bytes().to_vec();
                    kit.chain[3].public_key = Some(public_key(&point));
                },
                E::Key,
            ),
            ("a hybrid key", |kit| point(kit, |point| point[0] = 6), E::Key),
            ("a short key", |kit| point(kit, |point| point.truncate(96)), E::Key),
            (
                "a key on P-256",
                |kit| {
                    let ids = sequence(&[
                        element(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]),
                        element(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]),
                    ]);
                    kit.chain[3].public_key = Some(sequence(&[ids, element(3, &[0; 66])]));
                },
                E::Key,
            ),
            ("a unique id", |kit| kit.chain[3].unique_ids = vec![0x82, 2, 0, 1], E::NoExtensions),
            ("no extensions", |kit| kit.chain[3].extensions = None, E::NoExtensions),
            ("an extension twice", |kit| push(kit, KEY_USAGE, b""), E::DuplicateExtension),
            ("an unknown critical extension", |kit| push(kit, &[0x2a, 3], CRITICAL), E::CriticalExtension),
            ("name constraints", |kit| push(kit, &[0x55, 0x1d, 0x1e], CRITICAL), E::Restriction),
            ("an extended key usage", |kit| push(kit, &[0x55, 0x1d, 0x25], b""), E::Restriction),
            ("critical written as false", |kit| push(kit, &[0x2a, 3], &[1, 1, 0]), E::Der),
            ("critical written as 1", |kit| push(kit, &[0x2a, 3], &[1, 1, 1]), E::Der),
            (
                "constraints that are not critical",
                |kit| kit.extension(3, BASIC_CONSTRAINTS).critical = Vec::new(),
                E::BasicConstraints,
            ),
            (
                "constraints that are no sequence",
                |kit| kit.extension(3, BASIC_CONSTRAINTS).value = vec![5, 0],
                E::BasicConstraints,
            ),
            ("constraints with trailing bytes", |kit| kit.extension(3, BASIC_CONSTRAINTS).value.push(0), E::BasicConstraints),
            (
                "a negative path length",
                |kit| {
                    kit.extension(3, BASIC_CONSTRAINTS).value = sequence(&[CRITICAL.to_vec(), vec![2, 1, 0xff]]);
                },
                E::BasicConstraints,
            ),
            (
                "a path length without authority",
                |kit| {
                    kit.extension(3, BASIC_CONSTRAINTS).value = sequence(&[vec![2, 1, 0]]);
                },
                E::BasicConstraints,
            ),
            (
                "authority written as false",
                |kit| {
                    kit.extension(3, BASIC_CONSTRAINTS).value = sequence(&[vec![1, 1, 0]]);
                },
                E::BasicConstraints,
            ),
            ("an empty key usage", |kit| kit.extension(3, KEY_USAGE).value = vec![3, 1, 0], E::KeyUsage),
            ("a key usage of no bits", |kit| kit.extension(3, KEY_USAGE).value = vec![3, 2, 0, 0], E::KeyUsage),
            ("a key usage with a wrong count", |kit| kit.extension(3, KEY_USAGE).value = vec![3, 2, 0, 4], E::KeyUsage),
            ("a key usage of three bytes", |kit| kit.extension(3, KEY_USAGE).value = vec![3, 4, 0, 4, 0, 1], E::KeyUsage),
            ("unused bits in the signature", |kit| kit.chain[3].unused_signature_bits = 1, E::Der),
            ("trailing bytes", |kit| kit.chain[3].trailing = vec![0], E::Der),
        ]
        .into_iter()
        .map(|(what, change, error)| (what, change, certificate(3, error))),
    );
}

#[test]
fn t4_a_key_that_is_not_on_the_curve_verifies_nothing() {
    each_is_refused([(
        "off the curve",
        (|kit| {
            let mut point = kit.chain[3].key.verifying_key().to_sec1_point(false).as_bytes().to_vec();
            point[96] ^= 1;
            kit.chain[3].public_key = Some(public_key(&point));
        }) as Change,
        ChainError::Signature { index: 4 },
    )]);
}

#[test]
fn t3_a_certificates_window_is_inclusive_at_both_ends() {
    for index in 0..5 {
        let kit = Kit::with(|kit| {
            kit.chain[index].not_before = NOW - 10;
            kit.chain[index].not_after = NOW + 10;
        });
        let (document, anchor) = (kit.build(), kit.anchor());
        let at = |time| authenticate(&document, &anchor, UnixSeconds(time)).map(|_| ());
        assert_eq!((at(NOW - 10), at(NOW + 10)), (Ok(()), Ok(())), "{index}");
        assert_eq!(at(NOW - 11), Err(ChainError::NotYetValid { index }.into()), "{index}");
        assert_eq!(at(NOW + 11), Err(ChainError::Expired { index }.into()), "{index}");
    }
}

#[test]
fn a_custom_root_must_be_one() {
    let certificates = Kit::new().certificates();
    assert!(TrustAnchor::custom(&certificates[0]).is_ok());
    assert!(!TrustAnchor::custom(&certificates[0]).unwrap().is_aws());
    assert_eq!(TrustAnchor::custom(&certificates[1]), Err(TrustAnchorError::NotARoot));
    assert_eq!(TrustAnchor::custom(&certificates[4]), Err(TrustAnchorError::NotARoot));
    for bits in [0x80, 0x82] {
        let root = Kit::with(|kit| *kit.extension(0, KEY_USAGE) = key_usage(bits)).certificates().remove(0);
        assert_eq!(TrustAnchor::custom(&root), Err(TrustAnchorError::NotARoot));
    }
}
