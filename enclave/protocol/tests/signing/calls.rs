//! Signed calls, and calls whose signature does not count.

use alloy_primitives::{Address, B256, keccak256};
use protocol::call::{self, Call, CallFields};
use protocol::ohttp::KeyConfig;
use protocol::signatures::CallerSignature;
use serde_json::{Value, json};

use super::{ENC, MAINNET, Place, Signer, fields, hashes, key_config, merge, request, request_json, text};

fn call_json(call: &Call) -> Value {
    json!({
        "caller": text(call.caller), "origin": call.origin, "salt": text(call.salt), "role": text(call.role),
        "method": call.method, "url": call.url, "headersHash": text(call.headersHash), "bodyHash": text(call.bodyHash),
        "recipient": text(call.recipient), "evidenceHash": text(call.evidenceHash), "issuedAt": call.issuedAt,
        "expiresAt": call.expiresAt, "nonce": text(call.nonce), "minFinalizedSlot": call.minFinalizedSlot,
        "enclave": text(call.enclave), "enc": text(call.enc),
    })
}

pub(super) fn calls() -> Vec<Value> {
    let graphql = || {
        request(
            "POST",
            ["https", "one.myshopify.com", "/admin/api/2026-10/graphql.json"],
            &[("accept", "application/json"), ("content-type", "application/json"), ("x-request-id", "1")],
            br#"{"query":"{orders(first:1){nodes{id}}}"}"#,
        )
    };
    let full = CallFields {
        role: keccak256("underwriter"),
        recipient: B256::repeat_byte(0x55),
        evidence: b"\x00evidence\xff".to_vec(),
        min_finalized_slot: 12_345_678,
        ..fields()
    };
    let elsewhere = Place { chain_id: 11_155_111, ..MAINNET };
    let other_registry = Place { registry: Address::repeat_byte(0x12), ..MAINNET };
    let other_vault = Place { vault_id: B256::repeat_byte(0x23), ..MAINNET };
    let whole_portfolio = CallFields { salt: B256::ZERO, origin: u64::MAX, ..fields() };
    let mut resealed = ENC;
    resealed[64] = 5;
    let get = || request("GET", ["https", "one.myshopify.com", "/admin/api/2026-10/shop.json?fields=id%2Cname"], &[], &[]);
    let cases = [
        ("a read without options", MAINNET, get(), fields(), ENC),
        ("a query with everything", MAINNET, graphql(), full.clone(), ENC),
        ("the same on another chain", elsewhere, graphql(), full.clone(), ENC),
        ("the same at another registry", other_registry, graphql(), full.clone(), ENC),
        ("the same at another vault", other_vault, graphql(), full.clone(), ENC),
        ("the same sealed again", MAINNET, graphql(), full, resealed),
        ("a whole portfolio", MAINNET, get(), whole_portfolio, ENC),
    ];
    let signer = Signer::new(1);
    let config = key_config();
    let accepted = cases.into_iter().map(|(name, place, mut request, fields, enc)| {
        fields.write(&mut request);
        let call = call::unsigned(&request, &enc, config.digest()).unwrap();
        let signature = signer.sign(call::digest(&call, &place.domain()));
        call::set_signature(&mut request, &signature);
        let read = call::read(&request, &enc, config.digest()).unwrap();
        assert_eq!((&read.call, &read.signature), (&call, &CallerSignature::Key(signature.into())));
        let base = json!({
            "name": name, "domain": place.json(), "request": request_json(&request), "enc": text(enc),
            "keyConfig": text(config.encode()), "call": call_json(&call), "signature": text(signature),
            "privateKey": text(signer.0.secret_bytes()),
        });
        merge(base, hashes(&call, &place.domain()))
    });
    accepted.chain(refused_calls(&signer, &config)).collect()
}

pub(super) fn refused_calls(signer: &Signer, config: &KeyConfig) -> Vec<Value> {
    let word = format!("0x{}", "ab".repeat(32));
    let zero = format!("0x{}", "00".repeat(32));
    let cases = [
        ("pst-vault-caller", None),
        ("pst-vault-caller", Some(format!("0x{}", "AB".repeat(20)))),
        ("pst-vault-store", Some(format!("07:{word}"))),
        ("pst-vault-role", Some(zero)),
        ("pst-vault-evidence", Some("AAA".to_owned())),
        ("pst-vault-issued-at", Some("01".to_owned())),
        ("pst-vault-expires-at", Some("18446744073709551616".to_owned())),
        ("pst-vault-nonce", Some("0x01".to_owned())),
        ("pst-vault-min-finalized-slot", Some("0".to_owned())),
        ("pst-vault-signature", None),
        ("pst-vault-signature", Some(word)),
        ("pst-vault-zzz", Some("x".to_owned())),
    ];
    let outcome = |(name, value): (&str, Option<String>)| {
        let mut request = request("GET", ["https", "shop.example", "/"], &[], &[]);
        fields().write(&mut request);
        let call = call::unsigned(&request, &ENC, config.digest()).unwrap();
        call::set_signature(&mut request, &signer.sign(call::digest(&call, &MAINNET.domain())));
        request.headers.retain(|(other, _)| other != name);
        if let Some(value) = value {
            request.headers.push((name.to_owned(), value.into_bytes()));
            request.headers.sort();
        }
        let error = call::read(&request, &ENC, config.digest()).unwrap_err();
        json!({"name": format!("{name} in another form"), "request": request_json(&request), "refused": format!("{error:?}")})
    };
    cases.into_iter().map(outcome).collect()
}
