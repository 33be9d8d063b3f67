//! A client that can do everything wrong, and a host that can: calls, shares and frames of any shape, and a clock of its own.

#![allow(dead_code, reason = "each test program uses a part of it")]

use std::future::Future;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use alloy_primitives::B256;
use attestation_verifier::{Expectations, Expected, UnixSeconds, verify};
use client::keys::{AccountKey, load_member};
use client::verify::{now, random};
use client::{CallRequest, Connection, VaultFile};
use devnet::storefront::DEMO_SHOP;
use devnet::world::{SALT, Site, World};
use minicbor::bytes::ByteVec;
use protocol::attested::{Setup, UserData};
use protocol::call::{self, CallFields};
use protocol::custody::{ShareContext, ShareMessage, open_as_member, seal_share};
use protocol::http::{Request, Response};
use protocol::message::{Answer, HostRequest, Reply, Status};
use protocol::ohttp::{ClientSetup, KeyConfig, ResponseOpener};
use protocol::{cbor, frame, limits};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::runtime::Runtime;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_devnet");
pub(crate) const ORDERS: &str = r#"{"query":"{ orders { edges { node { id name } } } }"}"#;
/// Seconds that a test's grants last: longer than any clock here is moved.
pub(crate) const LONG: &str = "31536000";

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

/// All tests of a program share one runtime, and with it the servers of shared worlds.
pub(crate) fn run<T>(work: impl Future<Output = T>) -> T {
    RUNTIME.block_on(work)
}

/// Ends processes when this one is gone: a world in a static is never dropped. Dropped, it forgets them.
pub(crate) struct Watch(Child);

impl Drop for Watch {
    fn drop(&mut self) {
        if let Some(mut stdin) = self.0.stdin.take() {
            let _ = stdin.write_all(b"forget\n");
        }
        let _ = self.0.wait();
    }
}

/// Watches a vault's processes and its directory.
pub(crate) fn outlived_by_nobody(site: &Site) -> Watch {
    let mut command = Command::new("sh");
    command.args(["-c", "read _ && exit; d=$1; shift; kill -9 \"$@\"; rm -rf \"$d\"", "sh"]).arg(&site.dir);
    command.args([site.enclave_pid(), site.host_pid()].iter().flatten().map(ToString::to_string));
    Watch(command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
}

/// A directory of its own.
pub(crate) fn directory() -> std::path::PathBuf {
    tempfile::Builder::new().prefix("pst-vault-test").tempdir().unwrap().keep()
}

/// One vault, from a caller's side.
pub(crate) struct Vault {
    pub(crate) connection: Connection,
    /// Seconds that the caller's clock is ahead.
    pub(crate) clock: i64,
}

impl Vault {
    pub(crate) fn new(world: &World) -> Self {
        let file = VaultFile::load(&world.dir.join("vault.json")).unwrap();
        Self { connection: Connection::new(file).unwrap(), clock: world.clock }
    }

    pub(crate) fn now(&self) -> u64 {
        now().unwrap().checked_add_signed(self.clock).unwrap()
    }

    /// The document that the host shows, verified at this caller's time, and its public key.
    pub(crate) async fn document(&self) -> anyhow::Result<(UserData, Vec<u8>)> {
        let nonce: [u8; 32] = random()?;
        let bytes = self.connection.get(&format!("/v1/attestation?nonce={}", hex::encode(nonce))).await?;
        let file = self.connection.file();
        let expectations = Expectations {
            image: file.release.image()?,
            more: Vec::new(),
            nonce: Expected::Is(nonce.to_vec()),
            user_data: Expected::NotAsked,
            public_key: Expected::NotAsked,
            max_age_seconds: 120,
        };
        let document = verify(&bytes, &file.trust_anchor()?, UnixSeconds(self.now()), &expectations)?;
        let data = cbor::decode(document.user_data().unwrap(), 512)?;
        Ok((data, document.public_key().unwrap().to_vec()))
    }

    pub(crate) async fn key(&self) -> anyhow::Result<KeyConfig> {
        match self.document().await? {
            (UserData::Serving(_), key) => Ok(KeyConfig::decode(&key)?),
            _ => anyhow::bail!("the vault does not serve"),
        }
    }

    pub(crate) async fn setup(&self) -> (Setup, Vec<u8>) {
        match self.document().await.unwrap() {
            (UserData::Setup(setup), key) => (setup, key),
            other => panic!("the vault is not in its setup: {other:?}"),
        }
    }

    /// A call of the demo store's orders that is right in all parts.
    pub(crate) async fn orders(&self, key: [u8; 32]) -> Forged {
        Forged::new(self, self.key().await.unwrap(), key, orders())
    }

    pub(crate) async fn post(&self, sealed: &Sealed) -> anyhow::Result<Told> {
        let bytes = self.connection.post("/v1/request", "message/ohttp-req", sealed.message.clone()).await?;
        Ok(sealed.open(&bytes))
    }

    pub(crate) async fn call(&self, forged: Forged) -> anyhow::Result<Told> {
        self.post(&forged.seal()).await
    }

    /// Calls until the platform answers: a grant takes its time to be final, a chain to be followed.
    pub(crate) async fn until_answered(&self, key: [u8; 32]) -> Told {
        let since = Instant::now();
        loop {
            let told = match self.key().await {
                Ok(config) => self.call(Forged::new(self, config, key, orders())).await,
                Err(error) => Err(error),
            };
            match told {
                Ok(told) if told.outcome == "upstream" && told.status == 200 => return told,
                other => assert!(since.elapsed() < Duration::from_secs(90), "not answered: {other:?}"),
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    }

    pub(crate) async fn phase(&self) -> String {
        let status = self.connection.status().await.unwrap();
        status.get("phase").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    pub(crate) async fn wait_for(&self, phase: &str) {
        let since = Instant::now();
        loop {
            let status = self.connection.status().await;
            if status.as_ref().is_ok_and(|status| status.get("phase").and_then(Value::as_str) == Some(phase)) {
                return;
            }
            assert!(since.elapsed() < Duration::from_secs(90), "not {phase}: {status:?}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub(crate) async fn give_share(&self, share: &ShareMessage) -> anyhow::Result<()> {
        self.connection.post("/v1/unlock", "application/cbor", cbor::encode(share)).await.map(|_| ())
    }

    /// The world's own share, sealed in the context that `change` leaves.
    pub(crate) async fn share(&self, world: &World, change: impl FnOnce(&mut ShareContext)) -> ShareMessage {
        let member = load_member(&world.dir.join("member.key")).unwrap();
        let text = std::fs::read_to_string(world.dir.join("shares/share-0.hex")).unwrap();
        let sealed = client::custody::read_share(&text).unwrap();
        let share = open_as_member(&member, &sealed, &self.connection.vault_id()).unwrap();
        let (context, key) = self.share_context().await;
        let mut context = context;
        change(&mut context);
        seal_share(&key, &member, &context, &share, &mut rng()).unwrap()
    }

    pub(crate) async fn share_context(&self) -> (ShareContext, Vec<u8>) {
        let (setup, key) = self.setup().await;
        let context = ShareContext {
            vault_id: self.connection.vault_id(),
            settings: B256::from(*setup.settings),
            image: self.connection.image_id().unwrap(),
            epoch: setup.custody_epoch,
            index: 0,
            boot_id: *setup.boot_id,
        };
        (context, key)
    }
}

pub(crate) fn rng() -> ChaCha20Rng {
    ChaCha20Rng::from_seed(random().unwrap())
}

pub(crate) fn secret(world: &World, name: &str) -> [u8; 32] {
    world.chain.accounts().all().into_iter().find(|(known, _)| *known == name).unwrap().1.secret
}

pub(crate) fn post(url: &str, body: &str) -> Request {
    request("POST", url, &[("content-type", "application/json")], body)
}

pub(crate) fn request(method: &str, url: &str, headers: &[(&str, &str)], body: &str) -> Request {
    CallRequest {
        method: method.to_owned(),
        url: url.to_owned(),
        headers: headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        body: body.as_bytes().to_vec(),
        origin: 1,
        salt: SALT,
        role: B256::ZERO,
        evidence: Vec::new(),
        min_finalized_slot: 0,
    }
    .request()
    .unwrap()
}

pub(crate) fn orders() -> Request {
    post(&format!("https://{DEMO_SHOP}/admin/api/2026-10/graphql.json"), ORDERS)
}

/// A call before it is sealed. What a test changes is what is wrong with it.
pub(crate) struct Forged {
    pub(crate) request: Request,
    pub(crate) fields: CallFields,
    pub(crate) chain_id: u64,
    pub(crate) vault_id: B256,
    pub(crate) registry: alloy_primitives::Address,
    /// Added after the signature.
    pub(crate) late: Vec<(String, Vec<u8>)>,
    /// Signed in place of the encapsulated key that it is sealed with.
    pub(crate) signed_enc: Option<[u8; 65]>,
    /// Signed in place of the digest of the key configuration that it is sealed to.
    pub(crate) signed_key: Option<[u8; 32]>,
    pub(crate) sealed_to: KeyConfig,
    key: AccountKey,
}

impl Forged {
    pub(crate) fn new(vault: &Vault, sealed_to: KeyConfig, key: [u8; 32], request: Request) -> Self {
        let key = AccountKey::from_bytes(&key).unwrap();
        let constitution = vault.connection.constitution();
        let issued_at = vault.now();
        Self {
            request,
            fields: CallFields {
                caller: key.address(),
                origin: 1,
                salt: SALT,
                role: B256::ZERO,
                recipient: B256::ZERO,
                evidence: Vec::new(),
                issued_at,
                expires_at: issued_at + 120,
                nonce: B256::from(random().unwrap()),
                min_finalized_slot: 0,
            },
            chain_id: constitution.network.chain_id(),
            vault_id: vault.connection.vault_id(),
            registry: constitution.store_registry.address.into(),
            late: Vec::new(),
            signed_enc: None,
            signed_key: None,
            sealed_to,
            key,
        }
    }

    pub(crate) fn seal(mut self) -> Sealed {
        let setup = ClientSetup::new(&self.sealed_to, &mut rng()).unwrap();
        self.fields.write(&mut self.request);
        let enc = self.signed_enc.unwrap_or(*setup.enc());
        let digest = self.signed_key.unwrap_or_else(|| self.sealed_to.digest());
        let unsigned = call::unsigned(&self.request, &enc, digest).unwrap();
        let digest = call::digest(&unsigned, &call::domain(self.chain_id, self.registry, self.vault_id));
        call::set_signature(&mut self.request, &self.key.sign(&digest));
        self.request.headers.extend(self.late);
        self.request.headers.sort();
        let (message, opener) = setup.seal(&self.request.encode_padded().unwrap()).unwrap();
        Sealed { message, opener }
    }
}

/// An encapsulated call, which can be sent as often as one likes.
pub(crate) struct Sealed {
    pub(crate) message: Vec<u8>,
    opener: ResponseOpener,
}

impl Sealed {
    pub(crate) fn open(&self, bytes: &[u8]) -> Told {
        let response = Response::decode(&self.opener.open(bytes).unwrap()).unwrap();
        let text = |name: &str| String::from_utf8_lossy(response.header(name).unwrap_or_default()).into_owned();
        let problem: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let member = |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Told {
            outcome: text("pst-vault-outcome"),
            status: response.status,
            refusal: member("title"),
            rule: member("rule"),
            receipt: !text("pst-vault-receipt").is_empty(),
        }
    }
}

/// What a caller was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) outcome: String,
    pub(crate) status: u16,
    pub(crate) refusal: String,
    pub(crate) rule: String,
    pub(crate) receipt: bool,
}

impl Told {
    #[track_caller]
    pub(crate) fn is(&self, outcome: &str, refusal: &str, rule: &str) {
        assert_eq!((self.outcome.as_str(), self.refusal.as_str(), self.rule.as_str()), (outcome, refusal, rule), "{self:?}");
    }
}

/// A connection to the enclave, as the host makes one.
pub(crate) async fn dial(world: &World) -> UnixStream {
    let mut stream = UnixStream::connect(world.socket()).await.unwrap();
    stream.write_all(b"CONNECT 5000\n").await.unwrap();
    let mut line = [0; 8];
    stream.read_exact(&mut line).await.unwrap();
    assert_eq!(&line, b"OK 5000\n");
    stream
}

/// What comes back; `None` if the enclave hung up.
pub(crate) async fn reply(stream: &mut UnixStream) -> Option<Reply> {
    let mut header = [0; 4];
    stream.read_exact(&mut header).await.ok()?;
    let mut body = vec![0; frame::length(header, limits::ENCLAVE_FRAME).unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    Some(frame::decode_message(&body, limits::ENCLAVE_FRAME).unwrap())
}

pub(crate) async fn say(stream: &mut UnixStream, message: impl minicbor::Encode<()>) -> Option<Reply> {
    stream.write_all(&frame::encode_message(message, limits::HOST_FRAME).unwrap()).await.ok()?;
    reply(stream).await
}

/// Sends these bytes after the handshake, and nothing more.
pub(crate) async fn raw(world: &World, bytes: &[u8]) -> Option<Reply> {
    let mut stream = dial(world).await;
    // The enclave may hang up before it read all of it.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    reply(&mut stream).await
}

/// The enclave's own status.
pub(crate) async fn status(world: &World) -> Status {
    match say(&mut dial(world).await, HostRequest::Status).await {
        Some(Reply::Answer(Answer::Status(status))) => status,
        other => panic!("no status: {other:?}"),
    }
}

/// A frame of these bytes.
pub(crate) fn framed(body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len()).unwrap().to_be_bytes(), body].concat()
}

pub(crate) fn bytes(of: &[u8]) -> ByteVec {
    ByteVec::from(of.to_vec())
}

/// Grants the caller orders without a limit, and the guardian two calls for ever; provisions the store; ends when a call is answered.
pub(crate) async fn furnish(world: &World) {
    world.portfolio().await.unwrap();
    world.grant("operator", &["--operation", "vault.provision", "--seconds", LONG]).await.unwrap();
    world.add_store().await.unwrap();
    let orders = ["--operation", "shopify.query.orders", "--seconds", LONG];
    world.grant("caller", &orders).await.unwrap();
    world.grant("guardian", &[orders.as_slice(), &["--capacity", "2"]].concat()).await.unwrap();
    Vault::new(world).until_answered(secret(world, "caller")).await;
}
