//! Certificates that Nitro does not issue.

#![expect(clippy::too_many_lines, reason = "a table of cases is long")]

use attestation_verifier::CertificateError as E;

use crate::case::{Case, check, refused_certificate};
use crate::kit::der::{element, name, sequence, time};
use crate::kit::{self, BASIC_CONSTRAINTS, CRITICAL, ECDSA_SHA256, Extension, KEY_USAGE, Kit, NOW, public_key};

fn push(kit: &mut Kit, id: &[u8], critical: &[u8]) {
    let extension = Extension { id: id.to_vec(), critical: critical.to_vec(), value: vec![5, 0] };
    kit.chain[3].extensions.as_mut().unwrap().push(extension);
}

fn point(kit: &mut Kit, change: impl FnOnce(&mut Vec<u8>)) {
    let mut point = kit.chain[3].key.verifying_key().to_sec1_point(false).as_bytes().to_vec();
    change(&mut point);
    kit.chain[3].public_key = Some(public_key(&point));
}

/// A name of one attribute.
fn named(kit: &mut Kit, attribute: &[Vec<u8>]) {
    kit.chain[3].subject = sequence(&[element(0x31, &sequence(attribute))]);
}

const COMMON_NAME: &[u8] = &[0x55, 4, 3];
const NULL: &[u8] = &[5, 0];

pub(crate) fn cases() -> Vec<Case> {
    [fields(), behind()].into_iter().flatten().collect()
}

/// One element more inside each structure. The issuer signed it.
fn behind() -> Vec<Case> {
    vec![
        refused_certificate("a null behind the signature", |kit| kit.chain[3].behind.signature = NULL.to_vec(), E::Der),
        refused_certificate("a null behind the extensions", |kit| kit.chain[3].behind.extensions = NULL.to_vec(), E::Der),
        refused_certificate("a null behind the list of extensions", |kit| kit.chain[3].behind.list = NULL.to_vec(), E::Der),
        refused_certificate("a null behind an extension's value", |kit| kit.chain[3].behind.value = NULL.to_vec(), E::Der),
        refused_certificate("a third date", |kit| kit.chain[3].behind.dates = time(NOW), E::Validity),
        refused_certificate(
            "a null behind the common name",
            |kit| named(kit, &[element(6, COMMON_NAME), element(0x0c, b"i-0"), NULL.to_vec()]),
            E::Der,
        ),
        refused_certificate(
            "a null behind the path length",
            |kit| {
                kit.extension(3, BASIC_CONSTRAINTS).value = sequence(&[CRITICAL.to_vec(), vec![2, 1, 0], NULL.to_vec()]);
            },
            E::BasicConstraints,
        ),
        refused_certificate("a null behind the key usage", |kit| kit.extension(3, KEY_USAGE).value.extend(NULL), E::KeyUsage),
    ]
}

fn fields() -> Vec<Case> {
    vec![
        refused_certificate("version 1", |kit| kit.chain[3].version = Vec::new(), E::Version),
        refused_certificate("version 2", |kit| kit.chain[3].version = vec![0xa0, 3, 2, 1, 1], E::Version),
        refused_certificate("serial 0", |kit| kit.chain[3].serial = vec![0], E::Serial),
        refused_certificate("a negative serial", |kit| kit.chain[3].serial = vec![0x80], E::Serial),
        refused_certificate("a padded serial", |kit| kit.chain[3].serial = vec![0, 1], E::Serial),
        refused_certificate("an empty serial", |kit| kit.chain[3].serial = Vec::new(), E::Serial),
        refused_certificate("a serial of 21 bytes without a sign", |kit| kit.chain[3].serial = vec![1; 21], E::Serial),
        refused_certificate(
            "a serial of 21 bytes and its sign",
            |kit| kit.chain[3].serial = [vec![0], vec![0xff; 21]].concat(),
            E::Serial,
        ),
        refused_certificate("SHA-256 inside", |kit| kit.chain[3].inner_algorithm = ECDSA_SHA256.to_vec(), E::SignatureAlgorithm),
        refused_certificate("SHA-256 outside", |kit| kit.chain[3].outer_algorithm = ECDSA_SHA256.to_vec(), E::SignatureAlgorithm),
        refused_certificate(
            "SHA-256 both",
            |kit| {
                kit.chain[3].inner_algorithm = ECDSA_SHA256.to_vec();
                kit.chain[3].outer_algorithm = ECDSA_SHA256.to_vec();
            },
            E::SignatureAlgorithm,
        ),
        refused_certificate(
            "algorithm parameters",
            |kit| {
                let algorithm = sequence(&[kit::ECDSA_SHA384[2..].to_vec(), vec![5, 0]]);
                kit.chain[3].outer_algorithm = algorithm;
            },
            E::SignatureAlgorithm,
        ),
        refused_certificate("no common name", |kit| kit.chain[3].subject = sequence(&[]), E::CommonName),
        refused_certificate(
            "two common names",
            |kit| {
                let one = name("a")[2..].to_vec();
                kit.chain[3].subject = sequence(&[one.clone(), one]);
            },
            E::CommonName,
        ),
        refused_certificate("an escape in the name", |kit| kit.chain[3].subject = name("i-0\x1b[2J"), E::CommonName),
        refused_certificate(
            "a common name of another string type",
            |kit| named(kit, &[element(6, COMMON_NAME), element(0x16, b"i-0")]),
            E::CommonName,
        ),
        refused_certificate(
            "a common name of bytes",
            |kit| named(kit, &[element(6, COMMON_NAME), element(4, b"i-0")]),
            E::CommonName,
        ),
        refused_certificate(
            "ends before it starts",
            |kit| (kit.chain[3].not_before, kit.chain[3].not_after) = (NOW + 1, NOW),
            E::Validity,
        ),
        refused_certificate(
            "a compressed key",
            |kit| {
                let point = kit.chain[3].key.verifying_key().to_sec1_point(true).as_bytes().to_vec();
                kit.chain[3].public_key = Some(public_key(&point));
            },
            E::Key,
        ),
        refused_certificate("a hybrid key", |kit| point(kit, |point| point[0] = 6), E::Key),
        refused_certificate("a short key", |kit| point(kit, |point| point.truncate(96)), E::Key),
        refused_certificate(
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
        refused_certificate("a unique id", |kit| kit.chain[3].unique_ids = vec![0x82, 2, 0, 1], E::NoExtensions),
        refused_certificate("no extensions", |kit| kit.chain[3].extensions = None, E::NoExtensions),
        refused_certificate(
            "no extensions and no common name",
            |kit| (kit.chain[3].extensions, kit.chain[3].subject) = (None, sequence(&[])),
            E::NoExtensions,
        ),
        refused_certificate(
            "malformed constraints before an extension that stands there twice",
            |kit| {
                kit.extension(3, BASIC_CONSTRAINTS).value = NULL.to_vec();
                push(kit, KEY_USAGE, b"");
            },
            E::BasicConstraints,
        ),
        refused_certificate(
            "an unknown critical extension before name constraints",
            |kit| {
                push(kit, &[0x2a, 3], CRITICAL);
                push(kit, &[0x55, 0x1d, 0x1e], CRITICAL);
            },
            E::CriticalExtension,
        ),
        refused_certificate("an extension twice", |kit| push(kit, KEY_USAGE, b""), E::DuplicateExtension),
        refused_certificate("an unknown critical extension", |kit| push(kit, &[0x2a, 3], CRITICAL), E::CriticalExtension),
        refused_certificate("name constraints", |kit| push(kit, &[0x55, 0x1d, 0x1e], CRITICAL), E::Restriction),
        refused_certificate("name constraints that are not critical", |kit| push(kit, &[0x55, 0x1d, 0x1e], b""), E::Restriction),
        refused_certificate("policy mappings", |kit| push(kit, &[0x55, 0x1d, 0x21], b""), E::Restriction),
        refused_certificate("policy constraints", |kit| push(kit, &[0x55, 0x1d, 0x24], b""), E::Restriction),
        refused_certificate("an inhibited policy", |kit| push(kit, &[0x55, 0x1d, 0x36], b""), E::Restriction),
        refused_certificate("an extended key usage", |kit| push(kit, &[0x55, 0x1d, 0x25], b""), E::Restriction),
        refused_certificate("critical written as false", |kit| push(kit, &[0x2a, 3], &[1, 1, 0]), E::Der),
        refused_certificate("critical written as 1", |kit| push(kit, &[0x2a, 3], &[1, 1, 1]), E::Der),
        refused_certificate(
            "constraints that are not critical",
            |kit| kit.extension(3, BASIC_CONSTRAINTS).critical = Vec::new(),
            E::BasicConstraints,
        ),
        refused_certificate(
            "constraints that are no sequence",
            |kit| kit.extension(3, BASIC_CONSTRAINTS).value = vec![5, 0],
            E::BasicConstraints,
        ),
        refused_certificate(
            "constraints with trailing bytes",
            |kit| kit.extension(3, BASIC_CONSTRAINTS).value.push(0),
            E::BasicConstraints,
        ),
        refused_certificate(
            "a negative path length",
            |kit| {
                kit.extension(3, BASIC_CONSTRAINTS).value = sequence(&[CRITICAL.to_vec(), vec![2, 1, 0xff]]);
            },
            E::BasicConstraints,
        ),
        refused_certificate(
            "a path length without authority",
            |kit| {
                kit.extension(3, BASIC_CONSTRAINTS).value = sequence(&[vec![2, 1, 0]]);
            },
            E::BasicConstraints,
        ),
        refused_certificate(
            "authority written as false",
            |kit| {
                kit.extension(3, BASIC_CONSTRAINTS).value = sequence(&[vec![1, 1, 0]]);
            },
            E::BasicConstraints,
        ),
        refused_certificate("an empty key usage", |kit| kit.extension(3, KEY_USAGE).value = vec![3, 1, 0], E::KeyUsage),
        refused_certificate("a key usage of no bits", |kit| kit.extension(3, KEY_USAGE).value = vec![3, 2, 0, 0], E::KeyUsage),
        refused_certificate(
            "a key usage with a wrong count",
            |kit| kit.extension(3, KEY_USAGE).value = vec![3, 2, 0, 4],
            E::KeyUsage,
        ),
        refused_certificate(
            "a key usage of three bytes",
            |kit| kit.extension(3, KEY_USAGE).value = vec![3, 4, 0, 4, 0, 1],
            E::KeyUsage,
        ),
        refused_certificate("unused bits in the signature", |kit| kit.chain[3].unused_signature_bits = 1, E::Der),
        refused_certificate("trailing bytes", |kit| kit.chain[3].trailing = vec![0], E::Der),
    ]
}

#[test]
fn t4_refuses_a_certificate_that_nitro_does_not_issue() {
    check(cases());
}
