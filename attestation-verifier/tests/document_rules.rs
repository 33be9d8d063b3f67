//! One valid document, one thing changed at a time, and for each the rule that it breaks.

mod kit;
#[path = "kit/webpki.rs"]
mod second_opinion;

use attestation_verifier::{AuthenticateError, DocumentError, Expectations, Expected, Field, authenticate, verify};
use kit::der::name;
use kit::{
    BASIC_CONSTRAINTS, Change, Extension, Kit, MODULE_ID, NOW, TIME, cbor_bundle, cbor_bytes, cbor_number, cbor_pcrs, cbor_text,
    each_is_refused, expectations, pcrs,
};
use p384::ecdsa::Signature;

fn each_is_accepted(cases: impl IntoIterator<Item = (&'static str, Change)>) {
    let anchor = Kit::new().anchor();
    let expectations = Expectations { public_key: Expected::NotAsked, ..expectations() };
    for (what, change) in cases {
        let kit = Kit::with(change);
        let refused = verify(&kit.build(), &anchor, TIME, &expectations).err();
        assert!(refused.is_none(), "{what}: {refused:?}");
        assert!(second_opinion::accepts(&kit.certificates(), NOW), "{what}: webpki does not agree");
    }
}

#[test]
fn accepts_each_form_that_real_documents_have() {
    each_is_accepted([
        ("as it is", (|_| ()) as Change),
        ("tagged", |kit| kit.tag = vec![0xd2]),
        ("a definite payload map", |kit| kit.indefinite = false),
        ("an indefinite bundle", |kit| {
            let authorities = kit.certificates()[..4].iter().flat_map(|der| cbor_bytes(der)).collect();
            kit.set("cabundle", [vec![0x9f], authorities, vec![0xff]].concat());
        }),
        ("keys in another order", |kit| kit.entries.reverse()),
        ("an unset field left out", |kit| kit.remove("public_key")),
        ("an unset field null", |kit| kit.set("public_key", kit::NULL.to_vec())),
        ("an empty field", |kit| kit.set("public_key", cbor_bytes(b""))),
        ("a field of 1,024 bytes", |kit| kit.set("public_key", cbor_bytes(&[7; 1024]))),
        ("a locked register more", |kit| kit.set("pcrs", cbor_pcrs(&[pcrs(), vec![(16, vec![9; 48])]].concat()))),
        ("no key identifiers, an unknown extension that is not critical", |kit| {
            let extension = Extension { id: vec![0x2a, 3], critical: Vec::new(), value: vec![5, 0] };
            kit.chain[4].extensions.as_mut().unwrap().push(extension);
        }),
        ("a leaf without basic constraints", |kit| {
            kit.chain[4].extensions.as_mut().unwrap().retain(|extension| extension.id != BASIC_CONSTRAINTS);
        }),
    ]);
}

#[test]
fn accepts_a_high_s_and_gives_it_the_same_identity() {
    let kit = Kit::new();
    let payload = kit.payload();
    let signature = kit.signature(&payload);
    let other = Signature::from_scalars(signature.r().to_bytes(), (-*signature.s()).to_bytes()).unwrap();
    assert_ne!(signature, other);
    let [one, two] = [signature, other].map(|signature| {
        authenticate(&kit.wrap(&payload, &signature.to_bytes()), &kit.anchor(), TIME).unwrap().payload_digest().to_owned()
    });
    assert_eq!(one, two);
}

#[test]
fn t5_refuses_every_other_envelope() {
    each_is_refused([
        ("tag 17", (|kit| kit.tag = vec![0xd1]) as Change, DocumentError::Tag),
        ("two tags", |kit| kit.tag = vec![0xd2, 0xd2], DocumentError::Tag),
        ("a long tag", |kit| kit.tag = vec![0xd8, 18], DocumentError::NotShortest),
        ("three items", |kit| kit.envelope = vec![0x83], DocumentError::Envelope),
        ("five items", |kit| kit.envelope = vec![0x85], DocumentError::Envelope),
        ("an indefinite envelope", |kit| (kit.envelope, kit.trailing) = (vec![0x9f], vec![0xff]), DocumentError::Envelope),
        ("a long array head", |kit| kit.envelope = vec![0x98, 4], DocumentError::NotShortest),
        ("a map", |kit| kit.envelope = vec![0xa2], DocumentError::Type),
        ("ES256", |kit| kit.protected = vec![0xa1, 1, 0x26], DocumentError::Protected),
        ("ES512", |kit| kit.protected = vec![0xa1, 1, 0x38, 0x23], DocumentError::Protected),
        ("a long algorithm", |kit| kit.protected = vec![0xa1, 1, 0x39, 0, 0x22], DocumentError::Protected),
        ("an algorithm in text", |kit| kit.protected = b"\xa1\x01\x65ES384".to_vec(), DocumentError::Protected),
        ("no protected header", |kit| kit.protected = Vec::new(), DocumentError::Protected),
        ("a crit header", |kit| kit.protected = vec![0xa2, 1, 0x38, 0x22, 2, 0x81, 1], DocumentError::Protected),
        ("the algorithm unprotected", |kit| kit.unprotected = vec![0xa1, 1, 0x38, 0x22], DocumentError::Unprotected),
        ("an indefinite header", |kit| kit.unprotected = vec![0xbf, 0xff], DocumentError::Unprotected),
        ("a long map head", |kit| kit.unprotected = vec![0xb8, 0], DocumentError::NotShortest),
        ("a null header", |kit| kit.unprotected = vec![0xf6], DocumentError::Type),
        ("trailing bytes", |kit| kit.trailing = vec![0], DocumentError::Trailing),
        ("too long", |kit| kit.trailing = vec![0; 16_384], DocumentError::TooLong),
        ("bytes behind the payload", |kit| kit.payload_trailing = vec![0xf6], DocumentError::PayloadTrailing),
    ]);
}

#[test]
fn t5_refuses_a_signature_of_another_length_and_a_payload_in_pieces() {
    let kit = Kit::new();
    let payload = kit.payload();
    let signature = kit.signature(&payload).to_bytes();
    let refused = |document: &[u8]| authenticate(document, &kit.anchor(), TIME).unwrap_err();
    let error = AuthenticateError::Document(DocumentError::SignatureLength);
    assert_eq!(refused(&kit.wrap(&payload, &signature[..95])), error);
    assert_eq!(refused(&kit.wrap(&payload, &[signature.as_slice(), &[0]].concat())), error);
    assert_eq!(refused(&kit.wrap(&payload, kit.signature(&payload).to_der().as_bytes())), error);
    let pieces = [&[0x84][..], &cbor_bytes(&kit.protected), &[0xa0, 0x5f], &cbor_bytes(&payload), &[0xff]].concat();
    let document = [pieces, cbor_bytes(&signature)].concat();
    assert_eq!(refused(&document), AuthenticateError::Document(DocumentError::Pieces));
}

#[test]
fn t5_refuses_a_hostile_input_at_its_first_bytes() {
    let anchor = Kit::new().anchor();
    let mut length = vec![0x84, 0x5b];
    length.extend((1_u64 << 63).to_be_bytes());
    for (document, error) in [
        (vec![0x81; 16_000], DocumentError::Envelope),
        (vec![0x81; 100_000], DocumentError::TooLong),
        (vec![0; 16 << 20], DocumentError::TooLong),
        (length, DocumentError::Truncated),
        (Vec::new(), DocumentError::Truncated),
    ] {
        assert_eq!(authenticate(&document, &anchor, TIME).unwrap_err(), AuthenticateError::Document(error));
    }
}

#[test]
fn t5_refuses_a_payload_that_the_specification_does_not_have() {
    fn set_pcr(kit: &mut Kit, index: usize, pcr: (u64, Vec<u8>)) {
        let mut all = pcrs();
        all[index] = pcr;
        kit.set("pcrs", cbor_pcrs(&all));
    }
    fn without(kit: &mut Kit, index: u64) {
        let all: Vec<_> = pcrs().into_iter().filter(|(other, _)| *other != index).collect();
        kit.set("pcrs", cbor_pcrs(&all));
    }
    each_is_refused([
        ("an empty key", (|kit| kit.entries.insert(0, (String::new(), Vec::new()))) as Change, DocumentError::UnknownKey),
        ("an unknown key", |kit| kit.entries.push(("more".into(), cbor_text(""))), DocumentError::UnknownKey),
        ("a NitroTPM", |kit| kit.entries[3].0 = "nitrotpm_pcrs".into(), DocumentError::NitroTpm),
        ("a NitroTPM in disguise", |kit| kit.entries.push(("nitrotpm_pcrs".into(), vec![0xa0])), DocumentError::NitroTpm),
        ("module_id twice", |kit| kit.entries.push(kit.entries[0].clone()), DocumentError::DuplicateKey(Field::ModuleId)),
        ("digest twice", |kit| kit.entries.push(kit.entries[1].clone()), DocumentError::DuplicateKey(Field::Digest)),
        ("timestamp twice", |kit| kit.entries.push(kit.entries[2].clone()), DocumentError::DuplicateKey(Field::Timestamp)),
        ("pcrs twice", |kit| kit.entries.push(kit.entries[3].clone()), DocumentError::DuplicateKey(Field::Pcrs)),
        ("certificate twice", |kit| kit.entries.push(kit.entries[4].clone()), DocumentError::DuplicateKey(Field::Certificate)),
        ("cabundle twice", |kit| kit.entries.push(kit.entries[5].clone()), DocumentError::DuplicateKey(Field::Authorities)),
        ("public_key twice", |kit| kit.entries.push(kit.entries[6].clone()), DocumentError::DuplicateKey(Field::PublicKey)),
        ("user_data twice", |kit| kit.entries.push(kit.entries[7].clone()), DocumentError::DuplicateKey(Field::UserData)),
        ("nonce twice", |kit| kit.entries.push(("nonce".into(), kit::NULL.to_vec())), DocumentError::DuplicateKey(Field::Nonce)),
        ("no module_id", |kit| kit.remove("module_id"), DocumentError::MissingKey(Field::ModuleId)),
        ("no digest", |kit| kit.remove("digest"), DocumentError::MissingKey(Field::Digest)),
        ("no timestamp", |kit| kit.remove("timestamp"), DocumentError::MissingKey(Field::Timestamp)),
        ("no pcrs", |kit| kit.remove("pcrs"), DocumentError::MissingKey(Field::Pcrs)),
        ("no certificate", |kit| kit.remove("certificate"), DocumentError::MissingKey(Field::Certificate)),
        ("no cabundle", |kit| kit.remove("cabundle"), DocumentError::MissingKey(Field::Authorities)),
        ("an empty module_id", |kit| kit.set("module_id", cbor_text("")), DocumentError::ModuleId),
        ("no instance", |kit| kit.set("module_id", cbor_text("enc0")), DocumentError::ModuleId),
        ("an empty instance", |kit| kit.set("module_id", cbor_text("-enc0")), DocumentError::ModuleId),
        ("an escape in it", |kit| kit.set("module_id", cbor_text("i-0\x1b[2J-enc0")), DocumentError::ModuleId),
        ("a dot in it", |kit| kit.set("module_id", cbor_text("i-0.x-enc0")), DocumentError::ModuleId),
        ("a long one", |kit| kit.set("module_id", cbor_text(&"i-0".repeat(43))), DocumentError::ModuleId),
        ("SHA512", |kit| kit.set("digest", cbor_text("SHA512")), DocumentError::Digest),
        ("sha384", |kit| kit.set("digest", cbor_text("sha384")), DocumentError::Digest),
        ("timestamp 0", |kit| kit.set("timestamp", cbor_number(0)), DocumentError::Timestamp),
        ("timestamp -1", |kit| kit.set("timestamp", vec![0x20]), DocumentError::Type),
        ("timestamp 1.0", |kit| kit.set("timestamp", vec![0xf9, 0x3c, 0]), DocumentError::Type),
        ("a tagged timestamp", |kit| kit.set("timestamp", [vec![0xc1], cbor_number(NOW)].concat()), DocumentError::Tag),
        (
            "a long timestamp",
            |kit| kit.set("timestamp", [vec![0x1b, 0, 0, 0, 0], vec![1; 4]].concat()),
            DocumentError::NotShortest,
        ),
        ("no registers", |kit| kit.set("pcrs", vec![0xa0]), DocumentError::PcrCount),
        ("register 32", |kit| set_pcr(kit, 15, (32, vec![0; 48])), DocumentError::PcrIndex),
        ("register 256", |kit| set_pcr(kit, 15, (256, vec![0; 48])), DocumentError::PcrIndex),
        ("register 14 twice", |kit| set_pcr(kit, 15, (14, vec![0; 48])), DocumentError::DuplicatePcr(14)),
        ("a register of 32 bytes", |kit| set_pcr(kit, 15, (15, vec![0; 32])), DocumentError::PcrLength(15)),
        ("a register of 64 bytes", |kit| set_pcr(kit, 15, (15, vec![0; 64])), DocumentError::PcrLength(15)),
        ("an empty register", |kit| set_pcr(kit, 15, (15, Vec::new())), DocumentError::PcrLength(15)),
        ("no PCR0", |kit| without(kit, 0), DocumentError::MissingPcr(0)),
        ("no PCR1", |kit| without(kit, 1), DocumentError::MissingPcr(1)),
        ("no PCR2", |kit| without(kit, 2), DocumentError::MissingPcr(2)),
        ("no PCR4", |kit| without(kit, 4), DocumentError::MissingPcr(4)),
        ("an empty certificate", |kit| kit.set("certificate", cbor_bytes(b"")), DocumentError::CertificateLength),
        ("a long certificate", |kit| kit.set("certificate", cbor_bytes(&[0; 1025])), DocumentError::CertificateLength),
        ("an empty bundle", |kit| kit.set("cabundle", vec![0x80]), DocumentError::AuthorityCount),
        ("nine authorities", |kit| kit.set("cabundle", cbor_bundle(&vec![vec![0]; 9])), DocumentError::AuthorityCount),
        ("an empty authority", |kit| kit.set("cabundle", cbor_bundle(&[Vec::new()])), DocumentError::CertificateLength),
        ("a long public_key", |kit| kit.set("public_key", cbor_bytes(&[0; 1025])), DocumentError::FieldLength(Field::PublicKey)),
        ("a long user_data", |kit| kit.set("user_data", cbor_bytes(&[0; 1025])), DocumentError::FieldLength(Field::UserData)),
        ("a long nonce", |kit| kit.set("nonce", cbor_bytes(&[0; 1025])), DocumentError::FieldLength(Field::Nonce)),
        ("nonce in text", |kit| kit.set("nonce", cbor_text("asked")), DocumentError::Type),
        ("nonce undefined", |kit| kit.set("nonce", vec![0xf7]), DocumentError::Type),
        ("nonce in pieces", |kit| kit.set("nonce", b"\x5f\x45asked\xff".to_vec()), DocumentError::Pieces),
    ]);
}

#[test]
fn t5_refuses_a_document_that_contradicts_itself() {
    each_is_refused([
        (
            "another module",
            (|kit| kit.set("module_id", cbor_text("i-0123456789abcdef0-enc1"))) as Change,
            AuthenticateError::ModuleId,
        ),
        ("another leaf", |kit| kit.chain[4].subject = name("i-0-enc0.kit-1.aws"), AuthenticateError::ModuleId),
        ("a leaf of no enclave", |kit| kit.chain[4].subject = name(MODULE_ID), AuthenticateError::ModuleId),
        (
            "another PCR4",
            |kit| {
                let mut all = pcrs();
                all[4].1[0] ^= 1;
                kit.set("pcrs", cbor_pcrs(&all));
            },
            AuthenticateError::Instance,
        ),
    ]);
}

#[test]
fn t6_refuses_a_key_that_was_swapped_after_signing() {
    let kit = Kit::new();
    let signature = kit.signature(&kit.payload()).to_bytes();
    let swapped = Kit::with(|kit| kit.set("public_key", cbor_bytes(b"eky"))).payload();
    let error = authenticate(&kit.wrap(&swapped, &signature), &kit.anchor(), TIME).unwrap_err();
    assert_eq!(error, AuthenticateError::Signature);
    let verified = verify(&kit.build(), &kit.anchor(), TIME, &expectations()).unwrap();
    assert_eq!(verified.public_key(), Some(b"key".as_slice()));
}
