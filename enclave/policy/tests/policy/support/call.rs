//! Calls, signed by a key of the tests.

use alloy_primitives::{Address, B256};
use policy::{
    AuthenticateError, Authenticated, Authentication, Identity, Incoming, Operation, ReplayCache, Unverified, authenticate,
};
use protocol::call::{self, CallFields};
use protocol::http::Request;
use secp256k1::{Message, Secp256k1, SecretKey};

use super::world::SALT;

pub(crate) const ENC: [u8; 65] = [4; 65];
pub(crate) const CALLER_KEY: [u8; 32] = [7; 32];

/// Who calls.
pub(crate) fn caller() -> Address {
    address_of(&CALLER_KEY)
}

pub(crate) fn address_of(key: &[u8; 32]) -> Address {
    let key = SecretKey::from_byte_array(*key).unwrap().public_key(&Secp256k1::new());
    Address::from_raw_public_key(&key.serialize_uncompressed()[1..])
}

pub(crate) fn sign(key: &[u8; 32], digest: &B256) -> [u8; 65] {
    let key = SecretKey::from_byte_array(*key).unwrap();
    let signature = Secp256k1::new().sign_ecdsa_recoverable(Message::from_digest(digest.0), &key);
    let (id, compact) = signature.serialize_compact();
    let mut bytes = [0; 65];
    bytes[..64].copy_from_slice(&compact);
    bytes[64] = 27 + u8::try_from(i32::from(id)).unwrap();
    bytes
}

/// A valid call of portfolio 1 at `now`, before it is signed.
pub(crate) fn fields(now: u64) -> CallFields {
    CallFields {
        caller: caller(),
        origin: 1,
        salt: SALT,
        role: B256::ZERO,
        recipient: B256::ZERO,
        evidence: Vec::new(),
        issued_at: now,
        expires_at: now + 60,
        nonce: B256::repeat_byte(0x11),
        min_finalized_slot: 0,
    }
}

pub(crate) fn request() -> Request {
    Request {
        method: "POST".to_owned(),
        scheme: "https".to_owned(),
        authority: "tests.myshopify.com".to_owned(),
        path: "/admin/api/2026-10/graphql.json".to_owned(),
        headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
        body: br#"{"query":"{orders(first:1){nodes{id}}}"}"#.to_vec(),
    }
}

/// Signs for this identity and for [`ENC`].
pub(crate) fn signed(identity: &Identity, fields: &CallFields) -> Incoming {
    let mut request = request();
    fields.write(&mut request);
    let call = call::unsigned(&request, &ENC, identity.enclave).unwrap();
    let domain = call::domain(identity.chain_id, identity.registry, identity.vault_id);
    call::set_signature(&mut request, &sign(&CALLER_KEY, &call::digest(&call, &domain)));
    Incoming { request, enc: ENC }
}

/// A valid call, authenticated.
pub(crate) fn authenticated(identity: &Identity, fields: &CallFields, now: u64) -> Authenticated {
    let incoming = Unverified::new(signed(identity, fields));
    match authenticate(incoming, identity, now * 1_000, &mut ReplayCache::new(10)).unwrap() {
        Authentication::Authenticated(authenticated) => authenticated,
        Authentication::Claimed(_) => panic!("a key signed"),
    }
}

/// Why a call is not taken.
pub(crate) fn authenticated_error(identity: &Identity, incoming: Incoming, now: u64) -> AuthenticateError {
    authenticate(Unverified::new(incoming), identity, now * 1_000, &mut ReplayCache::new(10)).unwrap_err()
}

pub(crate) fn operation(name: &str, class: contracts_bindings::Class) -> Operation {
    Operation { name: name.to_owned(), class, params: Vec::new() }
}
