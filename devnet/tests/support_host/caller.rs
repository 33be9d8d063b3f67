//! A caller's side: signed and sealed requests, opened answers.

use alloy_primitives::B256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use devnet::chain::Account;
use devnet::storefront::DEMO_TOKEN;
use protocol::attested::UserData;
use protocol::call::{self, CallFields};
use protocol::http::{Request, Response};
use protocol::ledger::{Body, Ending, Receipt};
use protocol::message::{Answer, HostRequest};
use protocol::ohttp::{ClientSetup, KeyConfig, ResponseOpener};
use protocol::provision::{self, Provision, ProvisionRequest, What, digest, secret_hash};
use protocol::{cbor, limits};
use rand_core::Rng as _;
use serde_json::{Value, json};

use super::{Lie, SALT, SHOP, Talk, World};

/// Who knows the vault's attested key.
pub(crate) struct Caller {
    key: KeyConfig,
}

/// A sealed request and what opens its answer.
pub(crate) struct Sealed {
    pub(crate) message: Vec<u8>,
    opener: ResponseOpener,
}

/// An opened answer.
#[derive(Debug)]
pub(crate) struct Read {
    /// `upstream`, `vault`, `refused` or `failed`.
    pub(crate) outcome: String,
    pub(crate) status: u16,
    /// The name of the refusal, if it is one.
    pub(crate) refusal: String,
    /// Its rule.
    pub(crate) rule: String,
    /// How the use ended, if the receipt says so.
    pub(crate) ending: Option<Ending>,
    /// All of it.
    pub(crate) response: Response,
}

impl Sealed {
    pub(crate) fn request(&self) -> HostRequest {
        HostRequest::Call { message: self.message.clone() }
    }

    pub(crate) fn read(&self, answer: &Answer) -> Read {
        let Answer::Response(bytes) = answer else { panic!("no sealed answer: {answer:?}") };
        let response = Response::decode(&self.opener.open(bytes).unwrap()).unwrap();
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let receipt: Vec<u8> = response
            .headers
            .iter()
            .filter(|(name, _)| name == "pst-vault-receipt")
            .flat_map(|(_, value)| value.clone())
            .collect();
        let ending = (!receipt.is_empty()).then(|| {
            let receipt: Receipt = cbor::decode(&STANDARD.decode(receipt).unwrap(), 512 << 10).unwrap();
            receipt.entries.iter().find_map(|entry| match cbor::decode(&entry.salted.body, limits::LEDGER_BODY).unwrap() {
                Body::Outcome(outcome) => Some(outcome.ending),
                _ => None,
            })
        });
        Read {
            outcome: String::from_utf8(response.header("pst-vault-outcome").unwrap().to_vec()).unwrap(),
            status: response.status,
            refusal: text("type").trim_start_matches("urn:pst-vault:").to_owned(),
            rule: text("rule"),
            ending: ending.flatten(),
            response,
        }
    }
}

impl Caller {
    /// Reads the vault's key from its attestation.
    pub(crate) fn of(world: &mut World) -> Self {
        match world.attest() {
            (UserData::Serving(_), key) => Self { key: KeyConfig::decode(&key).unwrap() },
            other => panic!("{other:?}"),
        }
    }

    /// Signs and seals a request, sends it by an honest host, and opens the answer.
    pub(crate) fn ask(&self, world: &mut World, key: &Account, salt: B256, request: Request) -> Read {
        let sealed = self.seal(world, key, salt, request);
        let talk = world.run(sealed.request(), &mut super::honest);
        sealed.read(talk.done().unwrap())
    }

    /// Signs and seals a request.
    pub(crate) fn seal(&self, world: &mut World, key: &Account, salt: B256, request: Request) -> Sealed {
        self.seal_for(world, key, salt, request, B256::ZERO)
    }

    /// The same, naming the recipient of what is released.
    pub(crate) fn seal_for(&self, world: &mut World, key: &Account, salt: B256, mut request: Request, recipient: B256) -> Sealed {
        let mut rng = world.rng();
        let setup = ClientSetup::new(&self.key, &mut rng).unwrap();
        let mut nonce = [0; 32];
        rng.fill_bytes(&mut nonce);
        let seconds = world.now / 1_000;
        let fields = CallFields {
            caller: key.address,
            origin: 1,
            salt,
            role: B256::ZERO,
            recipient,
            evidence: Vec::new(),
            issued_at: seconds,
            expires_at: seconds + 200,
            nonce: B256::from(nonce),
            min_finalized_slot: 0,
        };
        fields.write(&mut request);
        let unsigned = call::unsigned(&request, setup.enc(), self.key.digest()).unwrap();
        let signature = key.sign(call::digest(&unsigned, &world.domain())).unwrap();
        call::set_signature(&mut request, &signature);
        let (message, opener) = setup.seal(&request.encode_padded().unwrap()).unwrap();
        Sealed { message, opener }
    }

    /// A call of the first store with a document.
    pub(crate) fn query(&self, world: &mut World, document: &str) -> Sealed {
        let request = Request {
            method: "POST".to_owned(),
            scheme: "https".to_owned(),
            authority: SHOP.to_owned(),
            path: "/admin/api/2026-10/graphql.json".to_owned(),
            headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
            body: json!({ "query": document }).to_string().into_bytes(),
        };
        let caller = world.chain.accounts().caller;
        self.seal(world, &caller, SALT, request)
    }

    /// A hand-over of the demo token for a store, whose owner says that it is `account`'s.
    pub(crate) fn hand_over(&self, world: &mut World, salt: B256, account: &str) -> Sealed {
        let fields = [("access_token", true, DEMO_TOKEN.as_bytes())];
        let connection = world.store_id(salt);
        let handed = HandedOver {
            what: What::Store,
            salt,
            preset: "shopify-admin",
            host: SHOP,
            account,
            app: "",
            connection,
            selector: "",
            fields: &fields,
        };
        self.hand(world, &handed)
    }

    /// A hand-over of anything.
    pub(crate) fn hand(&self, world: &mut World, handed: &HandedOver<'_>) -> Sealed {
        self.hand_to(world, provision::PATH, 1, handed)
    }

    /// The same, of a generation.
    pub(crate) fn hand_to(&self, world: &mut World, path: &str, generation: u64, handed: &HandedOver<'_>) -> Sealed {
        let HandedOver { what, salt, preset, host, account, app, connection, selector, fields } = *handed;
        let accounts = world.chain.accounts();
        let contracts = world.chain.contracts();
        let mut secret_salt = [0; 32];
        world.rng().fill_bytes(&mut secret_salt);
        let encoded = if fields.is_empty() { Vec::new() } else { provision::fields(fields).unwrap().to_vec() };
        let hash = if fields.is_empty() { B256::ZERO } else { B256::from(secret_hash(&secret_salt, &encoded)) };
        let statement = Provision {
            owner: accounts.owner.address,
            portfolio: world.home,
            store: world.store_id(salt),
            policy: contracts.policy,
            policyCodeHash: alloy_primitives::keccak256(world.chain.code(contracts.policy)),
            kind: what.name().to_owned(),
            preset: preset.to_owned(),
            host: host.to_owned(),
            account: account.to_owned(),
            app: app.to_owned(),
            connection,
            selector: selector.to_owned(),
            generation,
            secretHash: hash,
            expiresAt: world.now / 1_000 + 300,
            enclave: B256::from(self.key.digest()),
        };
        let signature = accounts.owner.sign(digest(&statement, &world.domain())).unwrap();
        let request = Request {
            method: "POST".to_owned(),
            scheme: "https".to_owned(),
            authority: provision::HOST.to_owned(),
            path: path.to_owned(),
            headers: vec![("content-type".to_owned(), b"application/cbor".to_vec())],
            body: ProvisionRequest::new(&statement, signature, secret_salt, &encoded).to_bytes().to_vec(),
        };
        self.seal(world, &accounts.operator, salt, request)
    }
}

/// What an owner hands over.
#[derive(Clone, Copy)]
pub(crate) struct HandedOver<'a> {
    pub(crate) what: What,
    pub(crate) salt: B256,
    pub(crate) preset: &'a str,
    pub(crate) host: &'a str,
    pub(crate) account: &'a str,
    pub(crate) app: &'a str,
    pub(crate) connection: B256,
    pub(crate) selector: &'a str,
    /// None: the connection is there.
    pub(crate) fields: &'a [(&'a str, bool, &'a [u8])],
}

impl World {
    fn domain(&self) -> alloy_sol_types::Eip712Domain {
        call::domain(self.chain.config().chain_id, self.chain.contracts().store_registry, self.vault_id())
    }

    pub(crate) fn store_id(&self, salt: B256) -> B256 {
        contracts_bindings::store_id(self.chain.config().chain_id, self.chain.contracts().store_registry, 1, salt)
    }

    /// Provisions a store.
    pub(crate) fn provision(&mut self, caller: &Caller, salt: B256, account: &str, lie: Lie<'_>) -> (Talk, Read) {
        let sealed = caller.hand_over(self, salt, account);
        let talk = self.run(sealed.request(), lie);
        let read = sealed.read(talk.done().unwrap());
        (talk, read)
    }

    /// A call that has to be answered by the platform, and sent once.
    pub(crate) fn honest_call(&mut self, caller: &Caller) -> Talk {
        let sealed = caller.query(self, super::ORDERS);
        let before = self.sent.len();
        let talk = self.run(sealed.request(), &mut super::honest);
        let read = sealed.read(talk.done().unwrap());
        assert_eq!(read.outcome, "upstream", "{read:?}");
        assert_eq!(self.sent.len(), before + 1);
        talk.check_order();
        talk
    }
}
