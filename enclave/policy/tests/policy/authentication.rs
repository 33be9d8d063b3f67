//! Replays, windows, signatures, and calls that were meant for somebody else.

use alloy_primitives::{Address, B256};
use policy::{
    AuthenticateError, Authenticated, Authentication, Identity, Incoming, ReplayCache, SignatureError, Unverified, authenticate,
};
use protocol::call::{self, CallFields};
use protocol::signatures::CallerSignature;

use crate::support::call::{ENC, caller, fields, signed};

const NOW: u64 = 1_800_000_000;

fn identity() -> Identity {
    Identity {
        chain_id: 7_777,
        registry: Address::repeat_byte(0x51),
        registry_code_hash: B256::repeat_byte(0x52),
        vault_id: B256::repeat_byte(0x53),
        image: B256::repeat_byte(0x54),
        enclave: [0x0e; 32],
    }
}

fn take(incoming: Incoming, cache: &mut ReplayCache) -> Result<Authenticated, AuthenticateError> {
    authenticate(Unverified::new(incoming), &identity(), NOW * 1_000, cache).map(|authentication| match authentication {
        Authentication::Authenticated(authenticated) => authenticated,
        Authentication::Claimed(_) => panic!("a key signed"),
    })
}

fn take_fresh(incoming: Incoming) -> Result<Authenticated, AuthenticateError> {
    take(incoming, &mut ReplayCache::new(10))
}

fn with(change: impl FnOnce(&mut CallFields)) -> Incoming {
    let mut fields = fields(NOW);
    change(&mut fields);
    signed(&identity(), &fields)
}

fn valid() -> Incoming {
    with(|_| {})
}

fn signature(incoming: &Incoming) -> [u8; 65] {
    match call::read(&incoming.request, &ENC, identity().enclave).unwrap().signature {
        CallerSignature::Key(signature) => *signature,
        CallerSignature::Contract(_) => panic!("a key signed"),
    }
}

#[test]
fn takes_a_call_signed_for_this_enclave_and_envelope() {
    let taken = take_fresh(valid()).unwrap();
    assert_eq!((taken.caller(), taken.origin()), (caller(), 1));
    assert_eq!(taken.request().body, valid().request.body);
    assert_eq!(taken.signed().signature, CallerSignature::Key(signature(&valid()).into()));
    assert_eq!(taken.signed().agent, None);
    assert_eq!(taken.call().issuedAt, NOW);
}

#[test]
fn t48_refuses_a_replayed_call() {
    let mut cache = ReplayCache::new(10);
    assert!(take(valid(), &mut cache).is_ok());
    assert_eq!(take(valid(), &mut cache).unwrap_err(), AuthenticateError::Replayed);
}

#[test]
fn t48_refuses_a_used_nonce_under_another_call() {
    let mut cache = ReplayCache::new(10);
    assert!(take(valid(), &mut cache).is_ok());
    let other = with(|fields| fields.expires_at += 1);
    assert_eq!(take(other, &mut cache).unwrap_err(), AuthenticateError::Replayed);
    assert!(take(with(|fields| fields.nonce = B256::repeat_byte(0x12)), &mut cache).is_ok());
}

#[test]
fn t48_refuses_another_body_under_the_signature() {
    let mut incoming = valid();
    incoming.request.body.push(b' ');
    assert_eq!(take_fresh(incoming).unwrap_err(), AuthenticateError::WrongSigner);
}

#[test]
fn t48_refuses_another_url_method_or_header_under_the_signature() {
    let mut other_path = valid();
    other_path.request.path = "/admin/api/2026-10/shop.json".to_owned();
    let mut other_host = valid();
    other_host.request.authority = "other.myshopify.com".to_owned();
    let mut other_method = valid();
    other_method.request.method = "PUT".to_owned();
    let mut other_header = valid();
    other_header.request.headers[0].1 = b"application/graphql".to_vec();
    for incoming in [other_path, other_host, other_method, other_header] {
        assert_eq!(take_fresh(incoming).unwrap_err(), AuthenticateError::WrongSigner);
    }
}

#[test]
fn t48_refuses_another_store_or_caller_under_the_signature() {
    let signature = signature(&valid());
    let changes: [fn(&mut CallFields); 6] = [
        |fields| fields.caller = Address::repeat_byte(1),
        |fields| fields.origin = 2,
        |fields| fields.salt = B256::repeat_byte(0x5b),
        |fields| fields.role = B256::repeat_byte(1),
        |fields| fields.recipient = B256::repeat_byte(1),
        |fields| fields.evidence = vec![1],
    ];
    for change in changes {
        let mut incoming = with(change);
        call::set_signature(&mut incoming.request, &signature);
        assert_eq!(take_fresh(incoming).unwrap_err(), AuthenticateError::WrongSigner);
    }
}

#[test]
fn t48_refuses_a_call_from_the_future_beyond_five_seconds() {
    assert!(take_fresh(with(|fields| fields.issued_at = NOW + 5)).is_ok());
    assert_eq!(take_fresh(with(|fields| fields.issued_at = NOW + 6)).unwrap_err(), AuthenticateError::NotYet);
}

#[test]
fn t48_refuses_an_expired_call() {
    assert!(take_fresh(with(|fields| (fields.issued_at, fields.expires_at) = (NOW - 60, NOW + 1))).is_ok());
    let over = with(|fields| (fields.issued_at, fields.expires_at) = (NOW - 60, NOW));
    assert_eq!(take_fresh(over).unwrap_err(), AuthenticateError::Expired);
}

#[test]
fn t48_refuses_a_window_of_more_than_300_seconds_or_of_none() {
    assert!(take_fresh(with(|fields| fields.expires_at = NOW + 300)).is_ok());
    for (issued_at, expires_at) in [(NOW, NOW + 301), (NOW, NOW), (NOW, NOW - 1), (0, u64::MAX)] {
        let incoming = with(|fields| (fields.issued_at, fields.expires_at) = (issued_at, expires_at));
        assert_eq!(take_fresh(incoming).unwrap_err(), AuthenticateError::Window);
    }
}

#[test]
fn t48_refuses_a_call_for_another_chain_registry_or_vault() {
    let others = [
        Identity { chain_id: 1, ..identity() },
        Identity { registry: Address::repeat_byte(1), ..identity() },
        Identity { vault_id: B256::repeat_byte(1), ..identity() },
    ];
    for other in others {
        let incoming = signed(&other, &fields(NOW));
        assert_eq!(take_fresh(incoming).unwrap_err(), AuthenticateError::WrongSigner);
    }
}

#[test]
fn t66_refuses_a_call_that_was_sealed_again() {
    let mut incoming = valid();
    incoming.enc[1] ^= 1;
    assert_eq!(take_fresh(incoming).unwrap_err(), AuthenticateError::WrongSigner);
}

#[test]
fn t66_refuses_a_call_for_another_enclave_or_boot() {
    let other = Identity { enclave: [0x0f; 32], ..identity() };
    let incoming = signed(&other, &fields(NOW));
    assert_eq!(take_fresh(incoming).unwrap_err(), AuthenticateError::WrongSigner);
}

#[test]
fn refuses_a_signature_in_another_form() {
    let mut incoming = valid();
    let mut bytes = signature(&incoming);
    bytes[64] -= 27;
    call::set_signature(&mut incoming.request, &bytes);
    assert_eq!(take_fresh(incoming).unwrap_err(), AuthenticateError::Signature(SignatureError::V));

    let mut incoming = valid();
    let mut bytes = signature(&incoming);
    // n - s, which verifies too.
    let order = alloy_primitives::uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);
    let s = alloy_primitives::U256::from_be_slice(&bytes[32..64]);
    bytes[32..64].copy_from_slice(&(order - s).to_be_bytes::<32>());
    bytes[64] = 55 - bytes[64];
    call::set_signature(&mut incoming.request, &bytes);
    assert_eq!(take_fresh(incoming).unwrap_err(), AuthenticateError::Signature(SignatureError::HighS));
}

#[test]
fn a_full_cache_is_busy() {
    let mut cache = ReplayCache::new(1);
    assert!(take(valid(), &mut cache).is_ok());
    let next = with(|fields| fields.nonce = B256::repeat_byte(0x12));
    assert_eq!(take(next, &mut cache).unwrap_err(), AuthenticateError::Busy);
}

#[test]
fn t30_a_nonce_is_used_up_by_its_caller_only() {
    let mut cache = ReplayCache::new(10);
    let mut forged = valid();
    forged.request.body.push(b' ');
    assert_eq!(take(forged, &mut cache).unwrap_err(), AuthenticateError::WrongSigner);
    assert!(cache.is_empty());
    assert!(take(valid(), &mut cache).is_ok());
}
