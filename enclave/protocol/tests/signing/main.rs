//! The published signing vectors: the committed file is what this code makes, and what a second implementation in Python makes again.
//!
//! `WRITE_VECTORS=1 cargo test -p protocol --test signing` writes the file anew.

mod calls;
mod requests;

use std::path::{Path, PathBuf};
use std::process::Command;

use alloy_primitives::{Address, B256};
use alloy_sol_types::{Eip712Domain, SolStruct};
use p256::ecdsa::SigningKey;
use protocol::anchor::{self, Anchor, ClaimWriter, CreateVault};
use protocol::attested::{self, Checkpoint, VaultCheckpoint};
use protocol::call::{self, CallFields};
use protocol::custody;
use protocol::http::Request;
use protocol::note;
use protocol::ohttp::KeyConfig;
use protocol::provision::{Provision, ProvisionRequest, fields as fields_of, secret_hash};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use secp256k1::{Message, Secp256k1, SecretKey};
use serde_json::{Value, json};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors")
}

fn text(bytes: impl AsRef<[u8]>) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// Where a signature counts.
#[derive(Clone, Copy)]
struct Place {
    chain_id: u64,
    registry: Address,
    vault_id: B256,
}

impl Place {
    fn domain(&self) -> Eip712Domain {
        call::domain(self.chain_id, self.registry, self.vault_id)
    }

    fn json(&self) -> Value {
        json!({"chainId": self.chain_id, "registry": text(self.registry), "vaultId": text(self.vault_id)})
    }
}

const MAINNET: Place = Place { chain_id: 1, registry: Address::repeat_byte(0x11), vault_id: B256::repeat_byte(0x22) };

/// A secp256k1 key of the vectors.
struct Signer(SecretKey);

impl Signer {
    fn new(byte: u8) -> Self {
        Self(SecretKey::from_byte_array([byte; 32]).unwrap())
    }

    fn address(&self) -> Address {
        let key = self.0.public_key(&Secp256k1::signing_only()).serialize_uncompressed();
        Address::from_raw_public_key(&key[1..])
    }

    fn sign(&self, digest: B256) -> [u8; 65] {
        let signature = Secp256k1::signing_only().sign_ecdsa_recoverable(Message::from_digest(digest.0), &self.0);
        let (recovery, compact) = signature.serialize_compact();
        let mut out = [0; 65];
        out[..64].copy_from_slice(&compact);
        out[64] = 27 + u8::try_from(i32::from(recovery)).unwrap();
        out
    }
}

/// What every signed thing shows of its hashing.
fn hashes(value: &impl SolStruct, domain: &Eip712Domain) -> Value {
    json!({
        "type": value.eip712_encode_type_text(),
        "domainSeparator": text(domain.separator()),
        "structHash": text(value.eip712_hash_struct()),
        "digest": text(value.eip712_signing_hash(domain)),
    })
}

trait EncodeType {
    fn eip712_encode_type_text(&self) -> String;
}

impl<T: SolStruct> EncodeType for T {
    fn eip712_encode_type_text(&self) -> String {
        T::eip712_encode_type().into_owned()
    }
}

fn merge(mut base: Value, more: Value) -> Value {
    let (Value::Object(to), Value::Object(from)) = (&mut base, more) else { unreachable!("objects") };
    to.extend(from);
    base
}

fn request(method: &str, url: [&str; 3], headers: &[(&str, &str)], body: &[u8]) -> Request {
    let [scheme, authority, path] = url.map(str::to_owned);
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    Request { method: method.to_owned(), scheme, authority, path, headers, body: body.to_vec() }
}

fn request_json(request: &Request) -> Value {
    let headers: Vec<_> = request.headers.iter().map(|(name, value)| json!([name, String::from_utf8_lossy(value)])).collect();
    json!({
        "method": request.method, "scheme": request.scheme, "authority": request.authority, "path": request.path,
        "headers": headers, "body": text(&request.body),
    })
}

fn fields() -> CallFields {
    CallFields {
        caller: Signer::new(1).address(),
        origin: 7,
        salt: B256::repeat_byte(0x33),
        role: B256::ZERO,
        recipient: B256::ZERO,
        evidence: Vec::new(),
        issued_at: 1_795_000_000,
        expires_at: 1_795_000_060,
        nonce: B256::repeat_byte(0x44),
        min_finalized_slot: 0,
    }
}

fn key_config() -> KeyConfig {
    *protocol::ohttp::ServerKey::generate(&mut ChaCha20Rng::seed_from_u64(1)).config()
}

const ENC: [u8; 65] = [0x04; 65];

fn provisions() -> Vec<Value> {
    let signer = Signer::new(2);
    let salt = [0x66; 32];
    let secret = fields_of(&[("access_token", true, b"shpat_00000000000000000000000000000000")]).unwrap();
    let provision = Provision {
        owner: signer.address(),
        portfolio: 7,
        store: B256::repeat_byte(0x77),
        policy: Address::repeat_byte(0x88),
        policyCodeHash: B256::repeat_byte(0x99),
        kind: "store".to_owned(),
        preset: "shopify-admin".to_owned(),
        host: "one.myshopify.com".to_owned(),
        account: "one.myshopify.com".to_owned(),
        app: "app-1".to_owned(),
        connection: B256::repeat_byte(0x78),
        selector: "shop_cipher=GCP_x&shop_id=1".to_owned(),
        generation: 1,
        secretHash: secret_hash(&salt, &secret).into(),
        expiresAt: 1_795_000_060,
        enclave: key_config().digest().into(),
    };
    let signature = signer.sign(protocol::provision::digest(&provision, &MAINNET.domain()));
    let request = ProvisionRequest::new(&provision, signature, salt, &secret);
    let base = json!({
        "domain": MAINNET.json(),
        "provision": {
            "owner": text(provision.owner), "portfolio": provision.portfolio, "store": text(provision.store),
            "policy": text(provision.policy), "policyCodeHash": text(provision.policyCodeHash), "kind": provision.kind, "preset": provision.preset,
            "host": provision.host, "account": provision.account, "app": provision.app,
            "connection": text(provision.connection), "selector": provision.selector, "generation": provision.generation,
            "secretHash": text(provision.secretHash), "expiresAt": provision.expiresAt, "enclave": text(provision.enclave),
        },
        "secretSalt": text(salt), "secret": text(&*secret), "body": text(request.to_bytes()),
        "signature": text(signature), "privateKey": text(signer.0.secret_bytes()),
    });
    vec![merge(base, hashes(&provision, &MAINNET.domain()))]
}

fn checkpoints() -> Vec<Value> {
    let signer = Signer::new(3);
    let checkpoint = Checkpoint { slot: 12_345_664, root: [0xaa; 32].into() };
    let typed = VaultCheckpoint { slot: checkpoint.slot, root: B256::from(*checkpoint.root) };
    let digest = attested::checkpoint_digest(MAINNET.chain_id, MAINNET.registry, MAINNET.vault_id, &checkpoint);
    assert_eq!(digest, typed.eip712_signing_hash(&MAINNET.domain()));
    let base = json!({
        "domain": MAINNET.json(), "checkpoint": {"slot": checkpoint.slot, "root": text(*checkpoint.root)},
        "signer": text(signer.address()), "signature": text(signer.sign(digest)), "privateKey": text(signer.0.secret_bytes()),
    });
    vec![merge(base, hashes(&typed, &MAINNET.domain()))]
}

fn anchors() -> Vec<Value> {
    let (vault_key, writer) = (SigningKey::from_slice(&[5; 32]).unwrap(), SigningKey::from_slice(&[6; 32]).unwrap());
    let Place { chain_id, registry, vault_id } = MAINNET;
    let domain = anchor::domain(chain_id, registry);
    let signed = |message: Value, hashes: Value, digest: B256, key: &SigningKey| {
        assert_eq!(hashes["digest"], text(digest));
        let signature = anchor::sign(key, &digest).unwrap();
        let base = json!({
            "domain": {"chainId": chain_id, "registry": text(registry)}, "message": message,
            "privateKey": text(key.to_bytes()), "publicKey": text(anchor::public_key(key)), "signature": text(signature),
        });
        merge(base, hashes)
    };
    let create = CreateVault {
        vault: vault_id,
        constitution: B256::repeat_byte(0xbb),
        rootCommitment: custody::root_commitment(&[0x42; 32], &vault_id).into(),
    };
    let (xy, root) = (anchor::public_key(&writer), B256::repeat_byte(0xcc));
    let (x, y) = (B256::from_slice(&xy[..32]), B256::from_slice(&xy[32..]));
    let claim = ClaimWriter { vault: vault_id, epoch: 3, x, y, size: 100, root };
    let anchor = Anchor { vault: vault_id, epoch: 3, size: 117, root };
    vec![
        signed(
            json!({"vault": text(vault_id), "constitution": text(create.constitution), "rootCommitment": text(create.rootCommitment)}),
            hashes(&create, &domain),
            anchor::create_vault_digest(chain_id, registry, vault_id, create.constitution, create.rootCommitment),
            &vault_key,
        ),
        signed(
            json!({"vault": text(vault_id), "epoch": 3, "x": text(x), "y": text(y), "size": 100, "root": text(root)}),
            hashes(&claim, &domain),
            anchor::claim_writer_digest(chain_id, registry, vault_id, 3, &xy, 100, root),
            &vault_key,
        ),
        signed(
            json!({"vault": text(vault_id), "epoch": 3, "size": 117, "root": text(root)}),
            hashes(&anchor, &domain),
            anchor::anchor_digest(chain_id, registry, vault_id, 3, 117, root),
            &writer,
        ),
    ]
}

fn vectors() -> Value {
    let writer = SigningKey::from_slice(&[6; 32]).unwrap();
    json!({
        "urls": requests::urls(),
        "headers": requests::headers(),
        "calls": calls::calls(),
        "provisions": provisions(),
        "checkpoints": checkpoints(),
        "anchors": anchors(),
        "rootCommitment": {
            "root": text([0x42; 32]), "vaultId": text(MAINNET.vault_id),
            "commitment": text(custody::root_commitment(&[0x42; 32], &MAINNET.vault_id)),
        },
        "note": {
            "vaultId": text(MAINNET.vault_id), "size": 117, "root": text([0xcc; 32]), "writer": text(anchor::public_key(&writer)),
            "note": note::sign(&MAINNET.vault_id, 117, &[0xcc; 32], &writer),
        },
    })
}

#[test]
fn the_committed_vectors_are_what_this_code_makes() {
    let made = vectors();
    let path = folder().join("signing.json");
    if std::env::var_os("WRITE_VECTORS").is_some() {
        std::fs::write(&path, format!("{}\n", serde_json::to_string_pretty(&made).unwrap())).unwrap();
    }
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    assert!(committed == made, "vectors/signing.json differs: run with WRITE_VECTORS=1 and look at the difference");
}

#[test]
fn a_second_implementation_makes_the_same() {
    let Ok(output) = Command::new("python3").arg(folder().join("check.py")).output() else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "python3 is not there");
        println!("skipped: python3 is not there");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    println!("{}", String::from_utf8_lossy(&output.stdout));
}
