use alloy_primitives::{Address, B256};
use alloy_sol_types::SolValue;
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use protocol::call::domain;
use protocol::cbor::{CborError, decode, encode};
use protocol::limits;
use protocol::provision::{Provision, ProvisionError, ProvisionRequest, Selector, What, digest, fields, secret_hash};

const SALT: [u8; 32] = [6; 32];
const SECRET: &[u8] = b"shpat_0123456789";

fn provision() -> Provision {
    Provision {
        owner: Address::repeat_byte(1),
        portfolio: 7,
        store: B256::repeat_byte(2),
        policy: Address::repeat_byte(3),
        policyCodeHash: B256::repeat_byte(4),
        kind: "store".to_owned(),
        preset: "shopify-admin".to_owned(),
        host: "one.myshopify.com".to_owned(),
        account: "one.myshopify.com".to_owned(),
        app: "app-1".to_owned(),
        connection: B256::repeat_byte(3),
        selector: "shop_id=1".to_owned(),
        generation: 1,
        secretHash: secret_hash(&SALT, SECRET).into(),
        expiresAt: 1_795_000_000,
        enclave: B256::repeat_byte(5),
    }
}

/// The same bytes, written down a second time.
#[derive(Encode, Decode)]
struct Raw {
    #[n(0)]
    version: u16,
    #[n(1)]
    provision: ByteVec,
    #[n(2)]
    signature: ByteArray<65>,
    #[n(3)]
    salt: ByteArray<32>,
    #[n(4)]
    secret: ByteVec,
}

fn raw() -> Raw {
    let bytes = ProvisionRequest::new(&provision(), [9; 65], SALT, SECRET).to_bytes();
    decode(&bytes, limits::PROVISION).unwrap()
}

fn read(raw: &Raw) -> Result<(), ProvisionError> {
    ProvisionRequest::read(&encode(raw)).map(|_| ())
}

#[test]
fn a_request_comes_back() {
    let bytes = ProvisionRequest::new(&provision(), [9; 65], SALT, SECRET).to_bytes();
    let (request, signed, what) = ProvisionRequest::read(&bytes).unwrap();
    assert_eq!(what, What::Store);
    assert_eq!(signed, provision());
    assert_eq!(request.signature(), &[9; 65]);
    assert_eq!(request.provision_abi(), provision().abi_encode());
    assert!(request.with_secret(|secret| secret == SECRET));
    assert_eq!(format!("{request:?}"), "ProvisionRequest(..)");
}

#[test]
fn each_other_form_has_its_error() {
    type Change = fn(&mut Raw);
    let cases: [(Change, ProvisionError); 8] = [
        (|raw| raw.version = 1, ProvisionError::Version),
        (|raw| raw.secret = Vec::new().into(), ProvisionError::Secret),
        (|raw| raw.secret = vec![1; limits::SECRET + 1].into(), ProvisionError::Secret),
        (|raw| raw.secret = b"another".to_vec().into(), ProvisionError::SecretHash),
        (|raw| raw.salt = [0; 32].into(), ProvisionError::SecretHash),
        (|raw| raw.provision.extend_from_slice(&[0; 32]), ProvisionError::Abi),
        (|raw| raw.provision.truncate(64), ProvisionError::Abi),
        // The address's unused bytes.
        (|raw| raw.provision[32] = 1, ProvisionError::Abi),
    ];
    assert_eq!(read(&raw()), Ok(()));
    for (change, expected) in cases {
        let mut changed = raw();
        change(&mut changed);
        assert_eq!(read(&changed), Err(expected), "{expected}");
    }
    let over = vec![0; limits::PROVISION + 1];
    assert_eq!(ProvisionRequest::read(&over).map(|_| ()), Err(ProvisionError::Cbor(CborError::Size)));
}

#[test]
fn t48_another_chain_registry_vault_or_field_is_another_digest() {
    let base = domain(1, Address::repeat_byte(9), B256::repeat_byte(8));
    let good = digest(&provision(), &base);
    for other in [
        domain(2, Address::repeat_byte(9), B256::repeat_byte(8)),
        domain(1, Address::repeat_byte(7), B256::repeat_byte(8)),
        domain(1, Address::repeat_byte(9), B256::repeat_byte(7)),
    ] {
        assert_ne!(digest(&provision(), &other), good);
    }
    let cases: [fn(&mut Provision); 16] = [
        |p| p.kind = "app".to_owned(),
        |p| p.app = String::new(),
        |p| p.connection = B256::ZERO,
        |p| p.selector = String::new(),
        |p| p.owner = Address::ZERO,
        |p| p.portfolio = 8,
        |p| p.store = B256::ZERO,
        |p| p.policy = Address::ZERO,
        |p| p.policyCodeHash = B256::ZERO,
        |p| p.preset = "other".to_owned(),
        |p| p.host = "two.myshopify.com".to_owned(),
        |p| p.account = "two.myshopify.com".to_owned(),
        |p| p.generation = 2,
        |p| p.secretHash = B256::ZERO,
        |p| p.expiresAt = 0,
        |p| p.enclave = B256::ZERO,
    ];
    for change in cases {
        let mut other = provision();
        change(&mut other);
        assert_ne!(digest(&other, &base), good);
    }
}

#[test]
fn an_unknown_kind_is_refused_and_no_fields_need_no_hash() {
    let read = |provision: &Provision, fields: &[u8]| {
        let request = ProvisionRequest::new(provision, [9; 65], SALT, fields).to_bytes();
        ProvisionRequest::read(&request).map(|(_, _, what)| what)
    };
    let kind = |kind: &str| read(&Provision { kind: kind.to_owned(), ..provision() }, SECRET);
    for unknown in ["", "App", "logins", "seller"] {
        assert_eq!(kind(unknown), Err(ProvisionError::Kind), "{unknown}");
    }
    assert_eq!([kind("app"), kind("login")], [Ok(What::App), Ok(What::Login)]);
    let none = Provision { secretHash: B256::ZERO, ..provision() };
    assert_eq!(read(&none, &[]), Ok(What::Store));
    assert_eq!(read(&none, SECRET), Err(ProvisionError::Secret));
    assert_eq!(read(&provision(), &[]), Err(ProvisionError::Secret));
}

#[test]
fn t70_a_selector_has_one_form() {
    let parts = |text: &str| Selector::read(text).map(Selector::into_parts);
    assert_eq!(parts(""), Some(Vec::new()));
    let two = vec![("shop_cipher".to_owned(), "GCP_x=".to_owned()), ("shop_id".to_owned(), "1".to_owned())];
    assert_eq!(parts("shop_cipher=GCP_x=&shop_id=1"), Some(two));
    for other in ["shop_id=1&shop_cipher=x", "a=1&a=2", "a", "a=", "=1", "A=1", "a=1&", "&a=1", "a=1 2", "a=\u{e9}"] {
        assert_eq!(parts(other), None, "{other}");
    }
}

#[test]
fn fields_are_written_by_name() {
    let written = fields(&[("b", true, b"12345678"), ("a", false, b"x")]).unwrap();
    let by_hand = [&[2, 1, 1, b'a', 0, 1, b'x'][..], &[2, 1, b'b', 0, 8], b"12345678"].concat();
    assert_eq!(*written, by_hand);
    assert!(fields(&[("a", true, &vec![0; 65_536])]).is_none());
}
