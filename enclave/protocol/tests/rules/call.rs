use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::SolStruct;
use protocol::call::{
    self, Call, CallError, CallFields, Field, HeaderError, UnverifiedCall, digest, domain, read, set_signature, unsigned,
};
use protocol::http::Request;
use protocol::limits;
use protocol::signatures::{self, Agent, AgentKey, CallerSignature, Curve, Terms};

use crate::request;

pub(crate) fn fields() -> CallFields {
    CallFields {
        caller: Address::repeat_byte(0xa1),
        origin: 7,
        salt: B256::repeat_byte(2),
        role: B256::repeat_byte(3),
        recipient: B256::repeat_byte(4),
        evidence: b"evidence".to_vec(),
        issued_at: 1_795_000_000,
        expires_at: 1_795_000_060,
        nonce: B256::repeat_byte(5),
        min_finalized_slot: 12_345_678,
    }
}

/// A signed request: the body, one header for the platform, all of ours.
fn signed() -> Request {
    let mut request = request("/a?b=c");
    "POST".clone_into(&mut request.method);
    request.body = b"{}".to_vec();
    request.headers = vec![("content-type".to_owned(), b"application/json".to_vec())];
    fields().write(&mut request);
    set_signature(&mut request, &[0x1b; 65]);
    request
}

fn parse(request: &Request) -> Result<UnverifiedCall, CallError> {
    read(request, &[9; 65], [8; 32])
}

#[test]
fn every_field_comes_back() {
    let UnverifiedCall { call, evidence, signature, agent } = parse(&signed()).unwrap();
    let expected = Call {
        caller: fields().caller,
        origin: 7,
        salt: fields().salt,
        role: fields().role,
        method: "POST".to_owned(),
        url: "https://shop.example/a?b=c".to_owned(),
        headersHash: keccak256("content-type:application/json\n"),
        bodyHash: keccak256("{}"),
        recipient: fields().recipient,
        evidenceHash: keccak256("evidence"),
        issuedAt: fields().issued_at,
        expiresAt: fields().expires_at,
        nonce: fields().nonce,
        minFinalizedSlot: fields().min_finalized_slot,
        enclave: B256::repeat_byte(8),
        enc: keccak256([9; 65]),
    };
    assert_eq!(
        (call, evidence.as_slice(), signature),
        (expected, b"evidence".as_slice(), CallerSignature::Key([0x1b; 65].into()))
    );
    assert_eq!(agent, None);
    assert_eq!(
        Call::eip712_encode_type(),
        "Call(address caller,uint64 origin,bytes32 salt,bytes32 role,string method,string url,bytes32 headersHash,bytes32 bodyHash,\
         bytes32 recipient,bytes32 evidenceHash,uint64 issuedAt,uint64 expiresAt,bytes32 nonce,uint64 minFinalizedSlot,bytes32 enclave,bytes32 enc)"
    );
}

#[test]
fn a_value_that_equals_its_default_is_absent() {
    let mut request = request("/");
    let bare = CallFields {
        role: B256::ZERO,
        recipient: B256::ZERO,
        evidence: Vec::new(),
        min_finalized_slot: 0,
        salt: B256::ZERO,
        ..fields()
    };
    bare.write(&mut request);
    assert_eq!(request.headers.len(), 5);
    let call = unsigned(&request, &[9; 65], [8; 32]).unwrap();
    assert_eq!((call.role, call.recipient, call.minFinalizedSlot), (B256::ZERO, B256::ZERO, 0));
    assert_eq!((call.evidenceHash, call.headersHash), (keccak256([]), keccak256([])));
    // Writing again replaces, and takes an old signature away.
    set_signature(&mut request, &[1; 65]);
    fields().write(&mut request);
    assert_eq!(parse(&request), Err(CallError::Missing(Field::Signature)));
}

#[test]
fn what_the_client_signs_is_what_the_enclave_reads() {
    let request = signed();
    assert_eq!(unsigned(&request, &[9; 65], [8; 32]), parse(&request).map(|read| read.call));
}

#[test]
fn each_missing_header_is_named() {
    for field in [Field::Caller, Field::Store, Field::IssuedAt, Field::ExpiresAt, Field::Nonce, Field::Signature] {
        let mut request = signed();
        request.headers.retain(|(name, _)| name != field.name());
        assert_eq!(parse(&request), Err(CallError::Missing(field)));
    }
}

#[test]
fn each_other_form_of_a_header_is_refused() {
    let word = format!("0x{}", "ab".repeat(32));
    let zero = format!("0x{}", "00".repeat(32));
    let upper = format!("0x{}", "AB".repeat(32));
    let cases: Vec<(Field, Vec<String>)> = vec![
        (Field::Caller, vec![word.clone(), format!("0x{}", "AB".repeat(20)), "ab".repeat(20), format!("0X{}", "ab".repeat(20))]),
        (
            Field::Store,
            vec![
                word.clone(),
                format!("7:{upper}"),
                format!("07:{word}"),
                format!("+7:{word}"),
                format!(":{word}"),
                format!("7:{word}:"),
                format!("18446744073709551616:{word}"),
                format!("7: {word}"),
            ],
        ),
        (Field::Role, vec![zero.clone(), upper.clone(), "0x".to_owned(), word[..64].to_owned()]),
        (Field::Recipient, vec![zero, upper, format!("{word}ab")]),
        (
            Field::Evidence,
            vec!["ZXZpZGVuY2U".to_owned(), "ZXZpZGVuY2V=".to_owned(), "_-==".to_owned(), "AAAA".repeat(limits::EVIDENCE / 3 + 1)],
        ),
        (
            Field::IssuedAt,
            vec!["01".to_owned(), "-1".to_owned(), "1.0".to_owned(), "18446744073709551616".to_owned(), "0x1".to_owned()],
        ),
        (Field::ExpiresAt, vec!["+1".to_owned(), "1e3".to_owned(), "1 0".to_owned()]),
        (Field::Nonce, vec!["0x01".to_owned(), "ab".repeat(32)]),
        (Field::MinFinalizedSlot, vec!["0".to_owned(), "00".to_owned(), "1_0".to_owned()]),
        (Field::Signature, vec![word, format!("0x{}", "ab".repeat(66)), format!("0x{}", "AB".repeat(65))]),
    ];
    for (field, values) in cases {
        for value in values {
            let mut request = signed();
            let (_, slot) = request.headers.iter_mut().find(|(name, _)| name == field.name()).unwrap();
            *slot = value.clone().into_bytes();
            assert_eq!(parse(&request), Err(CallError::Malformed(field)), "{value}");
        }
    }
}

#[test]
fn the_most_evidence_fits() {
    let mut request = signed();
    CallFields { evidence: vec![1; limits::EVIDENCE], ..fields() }.write(&mut request);
    set_signature(&mut request, &[1; 65]);
    assert_eq!(parse(&request).unwrap().evidence.len(), limits::EVIDENCE);
}

#[test]
fn an_unknown_or_repeated_header_of_ours_is_refused() {
    let mut request = signed();
    request.headers.push(("pst-vault-zzz".to_owned(), b"x".to_vec()));
    assert_eq!(parse(&request), Err(CallError::UnknownField));
    let mut request = signed();
    let last = request.headers.last().unwrap().clone();
    request.headers.push(last);
    assert_eq!(parse(&request), Err(CallError::Headers(HeaderError::Duplicate)));
}

#[test]
fn t66_a_call_that_is_resealed_or_sent_elsewhere_has_another_digest() {
    let domain = domain(1, Address::repeat_byte(1), B256::repeat_byte(2));
    let of = |enc: &[u8; 65], enclave| digest(&read(&signed(), enc, enclave).unwrap().call, &domain);
    let good = of(&[9; 65], [8; 32]);
    assert_eq!(of(&[9; 65], [8; 32]), good);
    // Another encapsulation to the same key; another key: another enclave, or the same after a reboot.
    let mut other = [9; 65];
    other[64] ^= 1;
    assert_ne!(of(&other, [8; 32]), good);
    assert_ne!(of(&[9; 65], [7; 32]), good);
}

#[test]
fn the_digest_is_eip_712s() {
    use alloy_sol_types::SolStruct as _;

    let place = domain(1, Address::repeat_byte(1), B256::repeat_byte(2));
    let call = parse(&signed()).unwrap().call;
    assert_eq!(digest(&call, &place), call.eip712_signing_hash(&place));
    let other = Call { method: String::new(), url: "x".repeat(500), ..call };
    assert_eq!(digest(&other, &place), other.eip712_signing_hash(&place));
}

#[test]
fn t48_another_chain_registry_or_vault_is_another_digest() {
    let call = parse(&signed()).unwrap().call;
    let of = |chain, registry, vault| digest(&call, &domain(chain, Address::repeat_byte(registry), B256::repeat_byte(vault)));
    let digests = [of(1, 1, 2), of(11_155_111, 1, 2), of(1, 2, 2), of(1, 1, 3)];
    for (place, first) in digests.iter().enumerate() {
        assert!(digests[place + 1..].iter().all(|second| second != first));
    }
}

#[test]
fn t48_the_same_nonce_with_anything_else_changed_is_another_digest() {
    type Change = fn(&mut Request);
    let cases: [Change; 7] = [
        |r| r.body = b"{ }".to_vec(),
        |r| r.method = "PUT".to_owned(),
        |r| r.path = "/a?b=d".to_owned(),
        |r| r.authority = "shop2.example".to_owned(),
        |r| r.headers[0].1 = b"text/plain".to_vec(),
        |r| r.headers.retain(|(name, _)| name != "content-type"),
        |r| {
            let mut other = fields();
            other.expires_at += 1;
            other.write(r);
            set_signature(r, &[0x1b; 65]);
        },
    ];
    let place = domain(1, Address::repeat_byte(1), B256::repeat_byte(2));
    let good = digest(&parse(&signed()).unwrap().call, &place);
    for change in cases {
        let mut other = signed();
        change(&mut other);
        let call = parse(&other).unwrap().call;
        assert_eq!(call.nonce, fields().nonce);
        assert_ne!(digest(&call, &place), good);
    }
}

fn agent() -> Agent {
    Agent {
        key: AgentKey { curve: Curve::P256, point: [0x77; 64].into() },
        signature: [0x66; 64].into(),
        terms: Terms { portfolio: 3, scope: [0x55; 32].into(), from: 10, until: 20 },
    }
}

fn signed_by(signature: &CallerSignature, agent: Option<&Agent>) -> Request {
    let mut request = signed();
    signatures::set(&mut request, signature, agent);
    request
}

#[test]
fn each_kind_of_signature_comes_back() {
    let (key, contract) = (CallerSignature::Key([1; 65].into()), CallerSignature::Contract(vec![2; 4_096].into()));
    for signature in [key, contract] {
        for agent in [None, Some(agent())] {
            let read = parse(&signed_by(&signature, agent.as_ref())).unwrap();
            assert_eq!((read.signature, read.agent), (signature.clone(), agent));
        }
    }
}

#[test]
fn signatures_have_one_form() {
    type Change = fn(&mut Request);
    fn put(request: &mut Request, field: Field, value: &str) {
        request.headers.retain(|(name, _)| name != field.name());
        request.headers.push((field.name().to_owned(), value.as_bytes().to_vec()));
        request.headers.sort();
    }
    fn drop_field(request: &mut Request, field: Field) {
        request.headers.retain(|(name, _)| name != field.name());
    }
    let word = format!("0x{}", "55".repeat(32));
    let long = format!("0x{}", "00".repeat(4_097));
    let contract = CallerSignature::Contract(vec![2].into());
    let malformed = |field, request| assert_eq!(parse(&request), Err(CallError::Malformed(field)));
    // Both forms of the caller's signature at once, an empty one, a long one, upper case, half a byte.
    for value in ["0x02", "0x", long.as_str(), "0xAA", "0x0", "02"] {
        let mut request = signed_by(&contract, None);
        put(&mut request, Field::ContractSignature, value);
        if value == "0x02" {
            put(&mut request, Field::Signature, &format!("0x{}", "1b".repeat(65)));
        }
        malformed(Field::ContractSignature, request);
    }
    // A part of an agent is no agent.
    let parts: [(Field, Change); 3] = [
        (Field::Agent, |request| drop_field(request, Field::Agent)),
        (Field::AgentSignature, |request| drop_field(request, Field::AgentSignature)),
        (Field::Delegation, |request| drop_field(request, Field::Delegation)),
    ];
    for (field, drop) in parts {
        let mut request = signed_by(&contract, Some(&agent()));
        drop(&mut request);
        assert_eq!(parse(&request), Err(CallError::Missing(field)));
    }
    for curve in ["00", "03", "ff"] {
        let mut request = signed_by(&contract, Some(&agent()));
        put(&mut request, Field::Agent, &format!("0x{curve}{}", "77".repeat(64)));
        malformed(Field::Agent, request);
    }
    for terms in [
        format!("3:{word}:10"),
        format!("3:{word}:10:20:"),
        format!("03:{word}:10:20"),
        format!("3:{word}:+1:20"),
        "3:0x55:1:2".to_owned(),
    ] {
        let mut request = signed_by(&contract, Some(&agent()));
        put(&mut request, Field::Delegation, &terms);
        malformed(Field::Delegation, request);
    }
}

#[test]
fn an_agents_id_covers_its_curve_and_the_delegation_its_id() {
    let one = agent();
    let other = Agent { key: AgentKey { curve: Curve::Secp256k1, ..one.key }, ..one };
    assert_eq!(one.key.id(), keccak256([[2].as_slice(), &[0x77; 64]].concat()));
    assert_ne!(one.key.id(), other.key.id());
    assert_eq!(AgentKey::from_bytes(&one.key.to_bytes()), Some(one.key));
    let delegation = one.delegation(fields().caller);
    assert_eq!((delegation.caller, delegation.agent, delegation.portfolio), (fields().caller, one.key.id(), 3));
    assert_eq!(
        signatures::Delegation::eip712_encode_type(),
        "Delegation(address caller,bytes32 agent,uint64 portfolio,bytes32 scope,uint64 from,uint64 until)"
    );
}

#[test]
fn retries_are_signed_and_have_one_form() {
    let with = |value: &str| {
        let mut request = signed();
        request.headers.push(("pst-vault-retries".to_owned(), value.as_bytes().to_vec()));
        fields().write(&mut request);
        set_signature(&mut request, &[0x1b; 65]);
        request
    };
    assert_eq!(call::retries(&signed()), Ok(0));
    for times in 1..=call::MOST_RETRIES {
        let request = with(&times.to_string());
        assert_eq!(call::retries(&request), Ok(times));
        let lines = format!("content-type:application/json\npst-vault-retries:{times}\n");
        assert_eq!(parse(&request).unwrap().call.headersHash, keccak256(lines));
    }
    for other in ["0", "4", "01", "-1", "1 ", "one", "18446744073709551617"] {
        let error = parse(&with(other)).unwrap_err();
        let known = [CallError::Malformed(Field::Retries), CallError::Headers(HeaderError::Value)];
        assert!(known.contains(&error), "{other}: {error}");
    }
}
