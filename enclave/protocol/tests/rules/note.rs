use alloy_primitives::B256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use protocol::anchor::public_key;
use protocol::note::{Checkpoint, MAX, NoteError, key_id, parse_unverified, sign, verify};
use sha2::{Digest, Sha256};

const ROOT: [u8; 32] = [7; 32];

fn key(byte: u8) -> SigningKey {
    SigningKey::from_slice(&[byte; 32]).unwrap()
}

fn vault() -> B256 {
    B256::repeat_byte(0xab)
}

fn note() -> String {
    sign(&vault(), 12, &ROOT, &key(1))
}

fn read(note: &str) -> Result<Checkpoint, NoteError> {
    verify(note, &vault(), &public_key(&key(1)))
}

/// The note with its signature replaced.
fn resigned(change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> String {
    let note = note();
    let (head, signed) = note.trim_end().rsplit_once(' ').unwrap();
    format!("{head} {}\n", STANDARD.encode(change(STANDARD.decode(signed).unwrap())))
}

#[test]
fn a_checkpoint_comes_back() {
    assert_eq!(read(&note()), Ok(Checkpoint { size: 12, root: ROOT }));
    let unverified = parse_unverified(&note()).unwrap();
    assert_eq!((unverified.vault_id, unverified.checkpoint), (vault(), Checkpoint { size: 12, root: ROOT }));
    assert_eq!(note(), note(), "deterministic");
    let text = format!("pst-vault/{}\n12\n{}\n\n— pst-vault/{0} ", "ab".repeat(32), STANDARD.encode(ROOT));
    assert!(note().starts_with(&text) && note().ends_with('\n'));
}

#[test]
fn the_key_id_is_that_of_the_der_key() {
    use p256::pkcs8::EncodePublicKey;
    let key = key(1);
    let der = p256::PublicKey::from(key.verifying_key()).to_public_key_der().unwrap();
    assert_eq!(key_id(&public_key(&key)), Sha256::digest(der.as_bytes())[..4]);
}

#[test]
fn t55_another_size_root_vault_or_key_is_refused() {
    let good = note();
    assert_eq!(read(&good.replacen("\n12\n", "\n13\n", 1)), Err(NoteError::Mismatch));
    let other = STANDARD.encode([8; 32]);
    assert_eq!(read(&good.replacen(&STANDARD.encode(ROOT), &other, 1)), Err(NoteError::Mismatch));
    assert_eq!(read(&good.replace(&"ab".repeat(32), &"cd".repeat(32))), Err(NoteError::Origin));
    assert_eq!(verify(&good, &B256::ZERO, &public_key(&key(1))), Err(NoteError::Origin));
    assert_eq!(verify(&good, &vault(), &public_key(&key(2))), Err(NoteError::Unsigned));
    assert_eq!(verify(&good, &vault(), &[1; 64]), Err(NoteError::Key));
}

#[test]
fn t56_a_checkpoint_of_another_vault_under_the_same_key_is_refused() {
    let moved = sign(&B256::repeat_byte(0xcd), 12, &ROOT, &key(1)).replace(&"cd".repeat(32), &"ab".repeat(32));
    assert_eq!(read(&moved), Err(NoteError::Mismatch));
}

#[test]
fn every_changed_byte_is_refused() {
    let good = note();
    for place in 0..good.len() {
        let mut bytes = good.clone().into_bytes();
        bytes[place] ^= 1;
        if let Ok(changed) = String::from_utf8(bytes) {
            assert!(read(&changed).is_err(), "{changed}");
        }
        if good.is_char_boundary(place) {
            assert!(read(&good[..place]).is_err());
        }
    }
}

#[test]
fn other_forms_are_refused() {
    let good = note();
    let cases = [
        good.replacen("\n12\n", "\n012\n", 1),
        good.replacen("\n12\n", "\n+12\n", 1),
        good.replacen("\n12\n", "\n\n", 1),
        good.replacen("\n12\n", "\n12\r\n", 1),
        good.replacen("\n12\n", "\n18446744073709551616\n", 1),
        good.replacen("abab", "ABAB", 1),
        good.replacen("pst-vault/", "other/", 1),
        good.replacen(&STANDARD.encode(ROOT), "AAAA", 1),
        good.replacen("=\n\n", "\n\n", 1),
        good.replacen("\n\n", "\nextension\n\n", 1),
        good.replacen("\n\n— ", "\n\n- ", 1),
        good.replacen("\n\n— ", "\n\n", 1),
        good.trim_end().to_owned(),
        format!("{good}\n"),
        format!("{good}x\n"),
        format!("\n{good}"),
        String::new(),
    ];
    for text in cases {
        assert_eq!(read(&text), Err(NoteError::Syntax), "{text}");
    }
    assert_eq!(read(&good.repeat(20)), Err(NoteError::Size));
    assert!(good.len() * 20 > MAX);
}

#[test]
fn a_witness_may_add_its_signature_and_nobody_may_sign_twice() {
    let line = format!("— witness.example/1 {}\n", STANDARD.encode([5; 76]));
    assert_eq!(read(&format!("{}{line}", note())), Ok(Checkpoint { size: 12, root: ROOT }));
    let good = note();
    let ours = good.lines().last().unwrap();
    assert_eq!(read(&format!("{good}{ours}\n")), Err(NoteError::Unsigned));
    let only_witness = good.replace(&format!("{ours}\n"), &line);
    assert_eq!(read(&only_witness), Err(NoteError::Unsigned));
}

#[test]
fn t57_high_s_zero_r_or_s_and_loose_der_are_refused() {
    let good = note();
    let text = &good[..=good.find("\n\n").unwrap()];
    let signature: Signature = key(1).sign(text.as_bytes());
    let low = signature.normalize_s();
    let high = Signature::from_scalars(low.r().to_bytes(), (-*low.s()).to_bytes()).unwrap();
    let with = |der: &[u8]| resigned(|signed| [&signed[..4], der].concat());
    assert_eq!(read(&with(low.to_der().as_bytes())), Ok(Checkpoint { size: 12, root: ROOT }));
    assert_eq!(read(&with(high.to_der().as_bytes())), Err(NoteError::Signature));
    assert_eq!(read(&with(&[0x30, 6, 2, 1, 0, 2, 1, 1])), Err(NoteError::Signature));
    assert_eq!(read(&with(&[0x30, 6, 2, 1, 1, 2, 1, 0])), Err(NoteError::Signature));
    assert_eq!(read(&with(&low.to_bytes())), Err(NoteError::Signature));
    let trailing = [low.to_der().as_bytes(), &[0]].concat();
    assert_eq!(read(&with(&trailing)), Err(NoteError::Signature));
}
