use alloy_primitives::B256;
use protocol::release::{About, Release, ReleaseError, open, recipient_of, seal};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

const SECRET: [u8; 32] = [7; 32];

fn sealed(plain: &[u8]) -> Release {
    let about =
        About { vault: B256::repeat_byte(1), store: B256::repeat_byte(2), operation: "vault.export", call: B256::repeat_byte(3) };
    let key = recipient_of(&SECRET).unwrap();
    seal(&key, &about, plain, &mut ChaCha20Rng::from_seed([5; 32])).unwrap()
}

#[test]
fn a_release_opens_for_its_recipient_alone() {
    let release = sealed(br#"{"code":"123456"}"#);
    assert_eq!(open(&SECRET, &release).unwrap().as_slice(), br#"{"code":"123456"}"#);
    assert_eq!(open(&[8; 32], &release).unwrap_err(), ReleaseError::Open);
    assert_eq!(open(&[0; 32], &release).unwrap_err(), ReleaseError::Key);
}

#[test]
fn t48_a_release_is_of_its_vault_store_operation_and_call() {
    let release = sealed(b"{}");
    let changes: [fn(&mut Release); 6] = [
        |release| release.vault[0] ^= 1,
        |release| release.store[0] ^= 1,
        |release| release.call[0] ^= 1,
        |release| release.operation = "vault.otp".to_owned(),
        |release| release.sealed[0] ^= 1,
        |release| release.enc = recipient_of(&[9; 32]).unwrap().into(),
    ];
    for change in changes {
        let mut other = release.clone();
        change(&mut other);
        assert_eq!(open(&SECRET, &other).unwrap_err(), ReleaseError::Open);
    }
    assert_eq!(open(&SECRET, &Release { version: 2, ..release }).unwrap_err(), ReleaseError::Version);
}

#[test]
fn t53_the_length_of_a_password_does_not_show() {
    assert_eq!(sealed(b"{}").sealed.len(), sealed(&[b'a'; 256]).sealed.len());
    assert_eq!(open(&SECRET, &sealed(b"")).unwrap().len(), 0);
}

#[test]
fn t57_a_recipient_is_a_point_of_the_curve() {
    let about = About { vault: B256::ZERO, store: B256::ZERO, operation: "", call: B256::ZERO };
    for key in [&[][..], &[4; 65], &[0; 65], &recipient_of(&SECRET).unwrap()[..64]] {
        let error = seal(key, &about, b"", &mut ChaCha20Rng::from_seed([5; 32])).unwrap_err();
        assert_eq!(error, ReleaseError::Key);
    }
}
