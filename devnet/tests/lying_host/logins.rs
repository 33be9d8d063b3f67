//! Merchants' logins: what leaves, to whom, how often, and what never does.

use alloy_primitives::{B256, keccak256};
use contracts_bindings::grants::Constraint;
use platform::Totp;
use protocol::cbor;
use protocol::http::Request;
use protocol::ledger::Ending;
use protocol::provision::What;
use protocol::release::{self, Release, recipient_id, recipient_of};
use serde_json::Value;

use crate::support_host::{Caller, HandedOver, Read, SALT, SALT_2, World, honest};

const SEED: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const PASSWORD: &str = "correct horse \"battery\" staple";
const NAME: B256 = B256::repeat_byte(9);
const RECIPIENT: [u8; 32] = [0x52; 32];
type Given<'a> = &'a [(&'a str, bool, &'a [u8])];

const FIELDS: Given<'static> = &[
    ("origins", false, b"https://seller.example https://login.example"),
    ("username", false, b"ann"),
    ("password", true, PASSWORD.as_bytes()),
    ("totp", true, SEED.as_bytes()),
];

struct Stage {
    world: World,
    caller: Caller,
}

impl Stage {
    /// Both releases granted, to one recipient, and opened for the first store.
    fn new(fields: Given<'_>) -> Self {
        let mut stage = Self::closed();
        let read = stage.hand("/v1/provision", SALT, 1, fields);
        assert_eq!((read.outcome.as_str(), read.status), ("vault", 201), "{read:?}");
        stage.unlock(SALT, &["vault.otp", "vault.export"]);
        stage
    }

    fn closed() -> Self {
        let mut world = World::ready();
        let accounts = world.chain.accounts();
        let recipient = recipient_id(&recipient_of(&RECIPIENT).unwrap()).to_string();
        let only = Constraint { param: keccak256("recipient"), test: 0, values: vec![keccak256(recipient)] };
        for operation in ["vault.otp", "vault.export"] {
            world.grant_where(&accounts.caller, operation, vec![only.clone()]);
        }
        world.grant(&accounts.operator, "vault.provision");
        world.grant(&accounts.caller, "shopify.query.orders");
        world.grant(&accounts.operator, "vault.rotate");
        world.grant(&accounts.operator, "vault.revoke");
        world.grant(&accounts.caller, "vault.list");
        let caller = Caller::of(&mut world);
        Self { world, caller }
    }

    /// Two days later the vault has another key.
    fn unlock(&mut self, salt: B256, operations: &[&str]) {
        self.world.unlock_operations(salt, operations);
        self.caller = Caller::of(&mut self.world);
    }

    fn hand(&mut self, path: &str, salt: B256, generation: u64, fields: Given<'_>) -> Read {
        let handed = HandedOver {
            what: What::Login,
            salt,
            preset: "login",
            host: "seller.example",
            account: "ann",
            app: "",
            connection: NAME,
            selector: "",
            fields,
        };
        let sealed = self.caller.hand_to(&mut self.world, path, generation, &handed);
        let talk = self.world.run(sealed.request(), &mut honest);
        sealed.read(talk.done().unwrap())
    }

    fn ask(&mut self, path: &str, salt: B256, secret: &[u8; 32]) -> Read {
        let key = recipient_of(secret).unwrap();
        let request = internal("POST", path, key.to_vec());
        self.send(salt, request, recipient_id(&key))
    }

    fn send(&mut self, salt: B256, request: Request, recipient: B256) -> Read {
        let caller = self.world.chain.accounts().caller;
        let sealed = self.caller.seal_for(&mut self.world, &caller, salt, request, recipient);
        let talk = self.world.run(sealed.request(), &mut honest);
        assert_eq!(talk.egresses(), 0);
        sealed.read(talk.done().unwrap())
    }

    fn otp(&mut self) -> Read {
        self.ask(release::OTP, SALT, &RECIPIENT)
    }

    fn next_step(&mut self) {
        self.world.now = (self.world.now / 30_000 + 1) * 30_000;
        self.world.catch_up();
    }

    fn row(&mut self) -> Value {
        let read = self.send(SALT, internal("GET", "/v1/connections", Vec::new()), B256::ZERO);
        assert_eq!(read.outcome, "vault", "{read:?}");
        let page: Value = serde_json::from_slice(&read.response.body).unwrap();
        page["connections"].as_array().unwrap().iter().find(|row| row["preset"] == "login").unwrap().clone()
    }
}

/// A request to the vault itself.
pub(crate) fn internal(method: &str, path: &str, body: Vec<u8>) -> Request {
    let headers =
        if body.is_empty() { Vec::new() } else { vec![("content-type".to_owned(), b"application/octet-stream".to_vec())] };
    Request {
        method: method.to_owned(),
        scheme: "https".to_owned(),
        authority: "vault.internal".to_owned(),
        path: path.to_owned(),
        headers,
        body,
    }
}

/// What the recipient reads, and that nobody else can.
fn opened(read: &Read) -> Value {
    assert_eq!((read.outcome.as_str(), read.status, read.ending), ("vault", 200, Some(Ending::Done)), "{read:?}");
    let release: Release = cbor::decode(&read.response.body, 64 << 10).unwrap();
    assert!(release::open(&[0x53; 32], &release).is_err());
    serde_json::from_slice(&release::open(&RECIPIENT, &release).unwrap()).unwrap()
}

fn rule(read: &Read) -> (&str, &str) {
    (read.refusal.as_str(), read.rule.as_str())
}

#[test]
fn t67_a_code_goes_to_its_recipient_once_in_a_time_step_whatever_restarts() {
    let mut stage = Stage::new(FIELDS);
    let totp = Totp::parse(SEED).unwrap();
    let code = |stage: &Stage| totp.code(stage.world.now / 1_000).to_string();
    stage.next_step();
    let expected = code(&stage);
    assert_eq!(opened(&stage.otp()), serde_json::json!({ "code": expected }));
    assert_eq!(rule(&stage.otp()), ("not_permitted", "otp.step"));
    stage.world.boot();
    stage.world.open(&mut honest);
    stage.caller = Caller::of(&mut stage.world);
    assert_eq!(rule(&stage.otp()), ("not_permitted", "otp.step"));
    stage.next_step();
    let second = code(&stage);
    assert_ne!(second, expected);
    assert_eq!(opened(&stage.otp()), serde_json::json!({ "code": second }));
}

#[test]
fn t63_a_release_is_closed_until_an_unlock_opens_it_for_this_store_and_recipient() {
    let mut stage = Stage::closed();
    assert_eq!(stage.hand("/v1/provision", SALT, 1, FIELDS).status, 201);
    for path in [release::OTP, release::EXPORT] {
        assert_eq!(rule(&stage.ask(path, SALT, &RECIPIENT)), ("not_permitted", "closed.export"));
    }
    stage.unlock(SALT, &["vault.otp", "vault.export"]);
    for path in [release::OTP, release::EXPORT] {
        assert_eq!(rule(&stage.ask(path, SALT, &[0x53; 32])), ("not_permitted", "grant.where"), "another recipient");
        assert_eq!(rule(&stage.ask(path, SALT_2, &RECIPIENT)), ("not_permitted", "closed.export"), "another store");
        let key = recipient_of(&RECIPIENT).unwrap();
        let other = recipient_id(&recipient_of(&[0x53; 32]).unwrap());
        // The contract is asked about one recipient, and the answer sealed to another.
        let swapped = stage.send(SALT, internal("POST", path, recipient_of(&[0x53; 32]).unwrap().to_vec()), recipient_id(&key));
        assert_eq!(rule(&swapped), ("malformed", "recipient.hash"));
        assert_eq!(rule(&stage.send(SALT, internal("POST", path, key.to_vec()), other)), ("malformed", "recipient.hash"));
        let none = internal("POST", path, key[..64].to_vec());
        assert_eq!(rule(&stage.send(SALT, none, recipient_id(&key))), ("malformed", "recipient.form"));
    }
    assert_eq!(stage.row()["tainted_at"], Value::Null);
}

#[test]
fn t52_an_export_holds_no_seed_goes_to_its_recipient_alone_and_taints_until_the_login_is_rotated() {
    let codes = b"aaaa-1111 bbbb-2222";
    let fields = [FIELDS, &[("recovery_codes", true, codes.as_slice())]].concat();
    let mut stage = Stage::new(&fields);
    let read = stage.ask(release::EXPORT, SALT, &RECIPIENT);
    let expected = serde_json::json!({
        "username": "ann", "password": PASSWORD, "origins": ["https://seller.example", "https://login.example"],
    });
    assert_eq!(opened(&read), expected);
    let row = stage.row();
    assert!(row["tainted_at"].is_u64() && row["generation"] == 1 && row["state"] == "active", "{row}");
    let status = stage.world.status().connections.unwrap();
    assert_eq!((status.tainted, status.connections), (1, 2));
    for secret in [PASSWORD.as_bytes(), SEED.as_bytes(), b"correct horse", b"aaaa-1111"] {
        let shown = |bytes: &[u8]| bytes.windows(secret.len()).any(|part| part == secret);
        assert!(!shown(&read.response.body));
        assert!(stage.world.records.values().all(|record| !shown(record)));
        assert!(stage.world.entries.iter().all(|entry| !shown(&entry.sealed) && !shown(&entry.leaf)));
    }

    let anew: Given<'_> =
        &[("origins", false, b"https://seller.example"), ("username", false, b"ann"), ("password", true, b"another one")];
    assert_eq!(rule(&stage.hand("/v1/rotate", SALT, 3, anew)), ("not_permitted", "rotate.generation"));
    assert_eq!(rule(&stage.hand("/v1/provision", SALT, 1, anew)), ("not_permitted", "login.provisioned"));
    let read = stage.hand("/v1/rotate", SALT, 2, anew);
    assert_eq!((read.outcome.as_str(), read.status), ("vault", 200), "{read:?}");
    let row = stage.row();
    assert!(row["tainted_at"].is_null() && row["generation"] == 2, "{row}");
    assert_eq!(rule(&stage.otp()), ("not_permitted", "otp.none"), "the new one has no seed");
    assert_eq!(opened(&stage.ask(release::EXPORT, SALT, &RECIPIENT))["password"], "another one");
}

#[test]
fn t67_a_recovery_code_is_given_once() {
    let fields = [&FIELDS[..3], &[("recovery_codes", true, b"aaaa-1111 bbbb-2222".as_slice())]].concat();
    let mut stage = Stage::new(&fields);
    assert_eq!(opened(&stage.otp()), serde_json::json!({ "recovery_code": "aaaa-1111" }));
    assert_eq!(rule(&stage.otp()), ("not_permitted", "otp.step"));
    stage.next_step();
    stage.next_step();
    assert_eq!(opened(&stage.otp()), serde_json::json!({ "recovery_code": "bbbb-2222" }));
    stage.next_step();
    stage.next_step();
    assert_eq!(rule(&stage.otp()), ("not_permitted", "otp.used_up"));
}

#[test]
fn t70_a_login_is_its_stores_and_a_revoked_one_is_nobodys() {
    let mut stage = Stage::new(FIELDS);
    stage.unlock(SALT_2, &["vault.otp"]);
    stage.unlock(SALT, &["vault.otp"]);
    assert_eq!(rule(&stage.ask(release::OTP, SALT_2, &RECIPIENT)), ("not_permitted", "store.not_provisioned"));
    // Another store may be bound to it by the same owner.
    assert_eq!(stage.hand("/v1/provision", SALT_2, 1, &[]).status, 201);
    stage.next_step();
    assert!(opened(&stage.ask(release::OTP, SALT_2, &RECIPIENT))["code"].is_string());
    assert_eq!(rule(&stage.otp()), ("not_permitted", "otp.step"), "of both stores there is one code in a step");

    let operator = stage.world.chain.accounts().operator;
    let request = internal("POST", "/v1/revoke", b"login".to_vec());
    assert_eq!(stage.caller.ask(&mut stage.world, &operator, SALT, request).outcome, "vault");
    stage.next_step();
    assert_eq!(rule(&stage.otp()), ("not_permitted", "connection.revoked"));
    assert!(opened(&stage.ask(release::OTP, SALT_2, &RECIPIENT))["code"].is_string());
    // What the store's calls are made with is another thing.
    let caller = Caller::of(&mut stage.world);
    stage.world.honest_call(&caller);
}
