//! The statement's fields.

use attestation_verifier::{DocumentError as E, Field};

use crate::case::{Case, check, refused};
use crate::kit::{Kit, NOW, NULL, cbor_bundle, cbor_bytes, cbor_number, cbor_pcrs, cbor_text, pcrs};

pub(crate) fn cases() -> Vec<Case> {
    [keys(), values(), registers(), certificates(), optional(), collections()].into_iter().flatten().collect()
}

fn twice(kit: &mut Kit, key: &str) {
    let entry = kit.entries.iter().find(|entry| entry.0 == key).unwrap().clone();
    kit.entries.push(entry);
}

fn keys() -> Vec<Case> {
    vec![
        refused("an empty key", |kit| kit.entries.insert(0, (String::new(), Vec::new())), E::UnknownKey),
        refused("an unknown key", |kit| kit.entries.push(("more".into(), cbor_text(""))), E::UnknownKey),
        refused("a key in capitals", |kit| kit.entries[8].0 = "NONCE".into(), E::UnknownKey),
        refused("a NitroTPM", |kit| kit.entries[3].0 = "nitrotpm_pcrs".into(), E::NitroTpm),
        refused("a NitroTPM in disguise", |kit| kit.entries.push(("nitrotpm_pcrs".into(), vec![0xa0])), E::NitroTpm),
        refused("module_id twice", |kit| twice(kit, "module_id"), E::DuplicateKey(Field::ModuleId)),
        refused("digest twice", |kit| twice(kit, "digest"), E::DuplicateKey(Field::Digest)),
        refused("timestamp twice", |kit| twice(kit, "timestamp"), E::DuplicateKey(Field::Timestamp)),
        refused("pcrs twice", |kit| twice(kit, "pcrs"), E::DuplicateKey(Field::Pcrs)),
        refused("certificate twice", |kit| twice(kit, "certificate"), E::DuplicateKey(Field::Certificate)),
        refused("cabundle twice", |kit| twice(kit, "cabundle"), E::DuplicateKey(Field::Authorities)),
        refused("public_key twice", |kit| twice(kit, "public_key"), E::DuplicateKey(Field::PublicKey)),
        refused("user_data twice", |kit| twice(kit, "user_data"), E::DuplicateKey(Field::UserData)),
        refused("nonce, and null again", |kit| kit.entries.push(("nonce".into(), NULL.to_vec())), E::DuplicateKey(Field::Nonce)),
        refused(
            "nonce, and something else again",
            |kit| kit.entries.push(("nonce".into(), vec![0])),
            E::DuplicateKey(Field::Nonce),
        ),
        refused(
            "null, and nonce again",
            |kit| kit.entries.insert(0, ("nonce".into(), NULL.to_vec())),
            E::DuplicateKey(Field::Nonce),
        ),
        refused("no module_id", |kit| kit.remove("module_id"), E::MissingKey(Field::ModuleId)),
        refused("no digest", |kit| kit.remove("digest"), E::MissingKey(Field::Digest)),
        refused("no timestamp", |kit| kit.remove("timestamp"), E::MissingKey(Field::Timestamp)),
        refused("no pcrs", |kit| kit.remove("pcrs"), E::MissingKey(Field::Pcrs)),
        refused("no certificate", |kit| kit.remove("certificate"), E::MissingKey(Field::Certificate)),
        refused("no cabundle", |kit| kit.remove("cabundle"), E::MissingKey(Field::Authorities)),
    ]
}

fn values() -> Vec<Case> {
    vec![
        refused("module_id empty", |kit| kit.set("module_id", cbor_text("")), E::ModuleId),
        refused("module_id without an instance", |kit| kit.set("module_id", cbor_text("enc0")), E::ModuleId),
        refused("module_id with an empty instance", |kit| kit.set("module_id", cbor_text("-enc0")), E::ModuleId),
        refused("module_id with an escape", |kit| kit.set("module_id", cbor_text("i-0\x1b[2J-enc0")), E::ModuleId),
        refused("module_id with a dot", |kit| kit.set("module_id", cbor_text("i-0.x-enc0")), E::ModuleId),
        refused("module_id beyond ASCII", |kit| kit.set("module_id", cbor_text("i-ä-enc0")), E::ModuleId),
        refused("module_id of 129 characters", |kit| kit.set("module_id", cbor_text(&"i-0".repeat(43))), E::ModuleId),
        refused("module_id in bytes", |kit| kit.set("module_id", cbor_bytes(b"i-0-enc0")), E::Type),
        refused("module_id null", |kit| kit.set("module_id", NULL.to_vec()), E::Type),
        refused("module_id in pieces", |kit| kit.set("module_id", b"\x7f\x68i-0-enc0\xff".to_vec()), E::Pieces),
        refused("module_id not UTF-8", |kit| kit.set("module_id", b"\x64i-0\xff".to_vec()), E::Utf8),
        refused("digest SHA512", |kit| kit.set("digest", cbor_text("SHA512")), E::Digest),
        refused("digest SHA256", |kit| kit.set("digest", cbor_text("SHA256")), E::Digest),
        refused("digest in small letters", |kit| kit.set("digest", cbor_text("sha384")), E::Digest),
        refused("digest empty", |kit| kit.set("digest", cbor_text("")), E::Digest),
        refused("digest null", |kit| kit.set("digest", NULL.to_vec()), E::Type),
        refused("timestamp 0", |kit| kit.set("timestamp", cbor_number(0)), E::Timestamp),
        refused("timestamp -1", |kit| kit.set("timestamp", vec![0x20]), E::Type),
        refused("timestamp 1.0", |kit| kit.set("timestamp", vec![0xf9, 0x3c, 0]), E::Type),
        refused("timestamp in text", |kit| kit.set("timestamp", cbor_text("1795000000000")), E::Type),
        refused("timestamp null", |kit| kit.set("timestamp", NULL.to_vec()), E::Type),
        refused("timestamp as a tagged time", |kit| kit.set("timestamp", [vec![0xc1], cbor_number(NOW)].concat()), E::Tag),
        refused("timestamp as a big number", |kit| kit.set("timestamp", b"\xc2\x41\x01".to_vec()), E::Tag),
        refused("timestamp not shortest", |kit| kit.set("timestamp", vec![0x1b, 0, 0, 0, 0, 1, 1, 1, 1]), E::NotShortest),
    ]
}

fn registers() -> Vec<Case> {
    fn set(kit: &mut Kit, index: usize, pcr: (u64, Vec<u8>)) {
        let mut all = pcrs();
        all[index] = pcr;
        kit.set("pcrs", cbor_pcrs(&all));
    }
    fn without(kit: &mut Kit, index: u64) {
        let all: Vec<_> = pcrs().into_iter().filter(|(other, _)| *other != index).collect();
        kit.set("pcrs", cbor_pcrs(&all));
    }
    fn thirty_three(kit: &mut Kit) {
        let more = (16..33).map(|index| (index, vec![0; 48]));
        kit.set("pcrs", cbor_pcrs(&pcrs().into_iter().chain(more).collect::<Vec<_>>()));
    }
    vec![
        refused("no registers", |kit| kit.set("pcrs", vec![0xa0]), E::PcrCount),
        refused("no registers, indefinite", |kit| kit.set("pcrs", vec![0xbf, 0xff]), E::PcrCount),
        refused("registers as an array", |kit| kit.set("pcrs", vec![0x80]), E::Type),
        refused("registers null", |kit| kit.set("pcrs", NULL.to_vec()), E::Type),
        refused("33 registers", thirty_three, E::PcrIndex),
        refused("register 32", |kit| set(kit, 15, (32, vec![0; 48])), E::PcrIndex),
        refused("register 256", |kit| set(kit, 15, (256, vec![0; 48])), E::PcrIndex),
        refused("register 2^32", |kit| set(kit, 15, (1 << 32, vec![0; 48])), E::PcrIndex),
        refused("register 14 twice", |kit| set(kit, 15, (14, vec![0; 48])), E::DuplicatePcr(14)),
        refused("register 0 twice, not the same", |kit| set(kit, 15, (0, vec![9; 48])), E::DuplicatePcr(0)),
        refused("a register of 47 bytes", |kit| set(kit, 15, (15, vec![0; 47])), E::PcrLength(15)),
        refused("a register of 32 bytes", |kit| set(kit, 15, (15, vec![0; 32])), E::PcrLength(15)),
        refused("a register of 64 bytes", |kit| set(kit, 15, (15, vec![0; 64])), E::PcrLength(15)),
        refused("register 14 twice, of 47 bytes", |kit| set(kit, 15, (14, vec![0; 47])), E::PcrLength(14)),
        refused("register 32 of 47 bytes", |kit| set(kit, 15, (32, vec![0; 47])), E::PcrIndex),
        refused("an empty register", |kit| set(kit, 15, (15, Vec::new())), E::PcrLength(15)),
        refused("no PCR0", |kit| without(kit, 0), E::MissingPcr(0)),
        refused("no PCR1", |kit| without(kit, 1), E::MissingPcr(1)),
        refused("no PCR2", |kit| without(kit, 2), E::MissingPcr(2)),
        refused("no PCR4", |kit| without(kit, 4), E::MissingPcr(4)),
        refused(
            "a register's number in text",
            |kit| kit.set("pcrs", [&[0xa1], cbor_text("0").as_slice(), &cbor_bytes(&[0; 48])].concat()),
            E::Type,
        ),
        refused(
            "a register's number negative",
            |kit| kit.set("pcrs", [&[0xa1, 0x20], cbor_bytes(&[0; 48]).as_slice()].concat()),
            E::Type,
        ),
        refused(
            "a register's number not shortest",
            |kit| kit.set("pcrs", [&[0xa1, 0x18, 0], cbor_bytes(&[0; 48]).as_slice()].concat()),
            E::NotShortest,
        ),
    ]
}

fn certificates() -> Vec<Case> {
    vec![
        refused("an empty certificate", |kit| kit.set("certificate", cbor_bytes(b"")), E::CertificateLength),
        refused("a certificate of 1,025 bytes", |kit| kit.set("certificate", cbor_bytes(&[0; 1025])), E::CertificateLength),
        refused("a certificate null", |kit| kit.set("certificate", NULL.to_vec()), E::Type),
        refused("a certificate in text", |kit| kit.set("certificate", cbor_text("-----BEGIN CERTIFICATE-----")), E::Type),
        refused("an empty bundle", |kit| kit.set("cabundle", vec![0x80]), E::AuthorityCount),
        refused("an empty bundle, indefinite", |kit| kit.set("cabundle", vec![0x9f, 0xff]), E::AuthorityCount),
        refused("nine authorities", |kit| kit.set("cabundle", cbor_bundle(&vec![vec![0]; 9])), E::AuthorityCount),
        refused("a bundle null", |kit| kit.set("cabundle", NULL.to_vec()), E::Type),
        refused("a bundle of one byte string", |kit| kit.set("cabundle", cbor_bytes(b"root")), E::Type),
        refused("an empty authority", |kit| kit.set("cabundle", cbor_bundle(&[Vec::new()])), E::CertificateLength),
        refused("an authority of 1,025 bytes", |kit| kit.set("cabundle", cbor_bundle(&[vec![0; 1025]])), E::CertificateLength),
        refused("a tagged authority", |kit| kit.set("cabundle", vec![0x81, 0xd8, 24, 0x41, 0]), E::Tag),
    ]
}

fn optional() -> Vec<Case> {
    vec![
        refused(
            "public_key of 1,025 bytes",
            |kit| kit.set("public_key", cbor_bytes(&[0; 1025])),
            E::FieldLength(Field::PublicKey),
        ),
        refused("user_data of 1,025 bytes", |kit| kit.set("user_data", cbor_bytes(&[0; 1025])), E::FieldLength(Field::UserData)),
        refused("nonce of 1,025 bytes", |kit| kit.set("nonce", cbor_bytes(&[0; 1025])), E::FieldLength(Field::Nonce)),
        refused("nonce in text", |kit| kit.set("nonce", cbor_text("asked")), E::Type),
        refused("nonce undefined", |kit| kit.set("nonce", vec![0xf7]), E::Type),
        refused("nonce null in two bytes", |kit| kit.set("nonce", vec![0xf8, 22]), E::Type),
        refused("nonce false", |kit| kit.set("nonce", vec![0xf4]), E::Type),
        refused("nonce as numbers", |kit| kit.set("nonce", vec![0x82, 1, 2]), E::Type),
        refused("nonce in pieces", |kit| kit.set("nonce", b"\x5f\x45asked\xff".to_vec()), E::Pieces),
        refused("nonce not shortest", |kit| kit.set("nonce", b"\x58\x05asked".to_vec()), E::NotShortest),
        refused("nonce tagged", |kit| kit.set("nonce", b"\xd8\x18\x45asked".to_vec()), E::Tag),
    ]
}

fn collections() -> Vec<Case> {
    vec![
        refused("bytes behind the map", |kit| kit.payload_trailing = vec![0xf6], E::PayloadTrailing),
        refused(
            "bytes behind a map without a digest",
            |kit| {
                kit.remove("digest");
                kit.payload_trailing = vec![0xf6];
            },
            E::PayloadTrailing,
        ),
        refused("a break behind the map", |kit| kit.payload_trailing = vec![0xff], E::PayloadTrailing),
        refused("a definite map that says ten", |kit| (kit.indefinite, kit.map_head) = (false, Some(vec![0xaa])), E::Truncated),
        refused(
            "a definite map that says eight",
            |kit| (kit.indefinite, kit.map_head) = (false, Some(vec![0xa8])),
            E::PayloadTrailing,
        ),
        refused("a map head of two bytes", |kit| (kit.indefinite, kit.map_head) = (false, Some(vec![0xb8, 9])), E::NotShortest),
        refused(
            "an indefinite map without its break",
            |kit| (kit.indefinite, kit.map_head) = (false, Some(vec![0xbf])),
            E::Truncated,
        ),
        refused("an array for the map", |kit| (kit.indefinite, kit.map_head) = (false, Some(vec![0x89])), E::Type),
        refused(
            "a tag before the map",
            |kit| (kit.indefinite, kit.map_head) = (false, Some(vec![0xd9, 0xd9, 0xf7, 0xa9])),
            E::Tag,
        ),
        refused(
            "a key in bytes",
            |kit| kit.set("nonce", [cbor_bytes(b"asked"), cbor_bytes(b"more"), NULL.to_vec()].concat()),
            E::Type,
        ),
        refused(
            "a key not shortest",
            |kit| kit.set("nonce", [cbor_bytes(b"asked"), b"\x78\x04more".to_vec()].concat()),
            E::NotShortest,
        ),
    ]
}

#[test]
fn t5_refuses_a_payload_that_the_specification_does_not_have() {
    check(cases());
}
