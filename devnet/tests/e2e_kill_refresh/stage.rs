//! A vault of real processes with a clock that the test moves, its platform, and what an owner and a caller do with them.

use std::time::{Duration, Instant};

use alloy_primitives::{Address, B256, keccak256};
use anyhow::{Context, Result, bail, ensure};
use client::keys::AccountKey;
use devnet::platforms::Seen;
use devnet::world::World;
use protocol::call;
use protocol::custody::open_as_member;
use protocol::ledger::{Body, Salted};
use protocol::message::Phase;
use protocol::provision::{self, Provision, ProvisionRequest, What, digest, secret_hash};
use protocol::{cbor, limits, tlog};
use tempfile::TempDir;

use crate::cases::Case;
use crate::kill::{self, durable, ready};
use crate::raw::{self, Forged, LONG, Told, Vault, secret};

/// Seconds that an access token lives: it counts as run out ten seconds before that.
const LIFE: u64 = 40;
/// Seconds after which it has run out, and is long due; and after which a first failure is forgiven.
pub(crate) const OVER: u32 = 31;

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) case: Case,
    /// Their salts.
    pub(crate) stores: Vec<B256>,
    vault: Vault,
    serial: u32,
    _dir: TempDir,
}

impl Stage {
    /// A vault that serves the case's stores.
    pub(crate) async fn new(case: Case) -> Result<Self> {
        let dir = tempfile::Builder::new().prefix("pst-vault-kill").tempdir()?;
        let mut world = World::new(dir.path(), &kill::program(dir.path())?).await?;
        world.pass(0)?;
        let vault = Vault::new(&world);
        let mut stage = Self { world, case, stores: Vec::new(), vault, serial: 0, _dir: dir };
        stage.start_enclave().await?;
        kill::start_host(&mut stage.world).await?;
        let world = &stage.world;
        world.genesis().await?;
        world.unlock().await?;
        world.portfolio().await?;
        world.give_grant("operator", &["--operation", "vault.provision", "--seconds", LONG]).await?;
        world.grant("caller", &["--class", "READ", "--seconds", LONG]).await?;
        world.platforms.live(case.name, Some(LIFE));
        world.platforms.rotate(case.name, case.rotation);
        if let Some((app, fields)) = case.platform().app {
            let told = stage.hand(What::App, B256::ZERO, ("", ""), B256::ZERO, app, &plain(fields)).await?;
            ensure!(told.status == 201, "no app: {told:?}");
        }
        stage.furnish().await?;
        Ok(stage)
    }

    async fn start_enclave(&mut self) -> Result<()> {
        let clock = self.world.clock_file().display().to_string();
        kill::start_enclave(&mut self.world, &["--clock-file", &clock]).await
    }

    /// Lets time pass for everybody.
    pub(crate) fn pass(&mut self, seconds: u32) -> Result<()> {
        self.world.pass(seconds)?;
        self.vault.clock = self.world.passed;
        Ok(())
    }

    /// A new process in the place of the enclave that is dead.
    pub(crate) async fn revive_enclave(&mut self) -> Result<()> {
        self.world.kill_enclave();
        self.start_enclave().await?;
        let signer = self.world.chain.accounts().signer;
        let checkpoint = self.world.chain.signed_checkpoint(&signer, self.world.vault_id())?;
        self.until("no checkpoint taken", async |stage: &Self| {
            stage.vault.connection.give_checkpoint(&checkpoint).await.map(drop)
        })
        .await?;
        let share = self.vault.share(&self.world, |_| {}).await;
        self.until("no share taken", async |stage: &Self| stage.vault.give_share(&share).await).await?;
        self.until("not ready", async |stage: &Self| {
            ensure!(raw::status(&stage.world).await.phase == Phase::Serving);
            Ok(())
        })
        .await?;
        ready(&self.world).await
    }

    /// A new process in the place of the host that is dead.
    pub(crate) async fn revive_host(&mut self) -> Result<()> {
        self.world.kill_host();
        kill::start_host(&mut self.world).await?;
        ready(&self.world).await
    }

    /// Tries until it is done.
    async fn until(&self, what: &'static str, done: impl AsyncFn(&Self) -> Result<()>) -> Result<()> {
        let since = Instant::now();
        loop {
            match done(self).await {
                Ok(()) => return Ok(()),
                Err(error) if since.elapsed() > Duration::from_mins(1) => return Err(error).context(what),
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    }

    /// Waits for a head with which calls can be made for a while, however much time was made to pass.
    pub(crate) async fn fresh(&self) -> Result<()> {
        self.until("no fresh head", async |stage: &Self| {
            let attested = raw::status(&stage.world).await.attested.context("no head")?;
            ensure!(attested.age + u64::from(OVER) < 100);
            Ok(())
        })
        .await
    }

    /// What the platform saw since it was told to forget.
    pub(crate) fn seen(&self) -> Seen {
        self.world.platforms.seen(self.case.name)
    }

    /// New stores with a new authorisation; those before are given up.
    pub(crate) async fn furnish(&mut self) -> Result<()> {
        let (of, case) = (self.case.platform(), self.case);
        let first = (of.account, of.selector);
        self.serial += 1;
        let token = format!("{}-refresh-token-{:08}", case.name, self.serial);
        self.world.platforms.authorise(case.name, &token);
        let name = |which: &str| keccak256(format!("{which} {}", self.serial));
        let mut wanted = vec![(name("store"), first, name("connection"), true)];
        if let Some(second) = case.second {
            let connection = if second.shares { name("connection") } else { name("other connection") };
            wanted.push((name("other store"), (second.account, second.selector), connection, !second.shares));
        }
        self.stores.clear();
        for (salt, (account, selector), connection, new) in wanted {
            // Each is refreshed once, and some providers take one request in a second.
            self.pass(2)?;
            let fields: Vec<(&str, bool, &str)> = of
                .connection
                .iter()
                .map(|field| match field.name {
                    "refresh_token" => (field.name, field.secret, token.as_str()),
                    "refresh_shop_id" => (field.name, field.secret, account),
                    name => (name, field.secret, field.value),
                })
                .collect();
            let app = if new { of.app.map_or("", |(app, _)| app) } else { "" };
            let fields = if new { fields } else { Vec::new() };
            let told = self.hand(What::Store, salt, (account, selector), connection, app, &fields).await?;
            ensure!(told.status == 201, "no store: {told:?}");
            self.stores.push(salt);
        }
        Ok(())
    }

    /// Hands something over, at the time that the test's clock shows.
    async fn hand(
        &self,
        what: What,
        salt: B256,
        (account, selector): (&str, &str),
        connection: B256,
        app: &str,
        fields: &[(&str, bool, &str)],
    ) -> Result<Told> {
        let of = self.case.platform();
        let constitution = self.vault.connection.constitution();
        let (registry, chain_id) = (Address::from(constitution.store_registry.address), constitution.network.chain_id());
        let keys = ["owner", "operator"].map(|name| secret(&self.world, name));
        let owner = AccountKey::from_bytes(&keys[0])?;
        let config = self.vault.key().await?;
        let policy = self.world.chain.contracts().policy;
        let fields: Vec<_> = fields.iter().map(|(name, secret, value)| (*name, *secret, value.as_bytes())).collect();
        let fields = if fields.is_empty() { None } else { provision::fields(&fields) };
        let secret_salt = [0x5a; 32];
        let statement = Provision {
            owner: owner.address(),
            portfolio: 1,
            store: contracts_bindings::store_id(chain_id, registry, 1, salt),
            policy,
            policyCodeHash: keccak256(self.world.chain.code(policy)),
            kind: what.name().to_owned(),
            preset: of.preset.to_owned(),
            host: if what == What::App { String::new() } else { of.host.to_owned() },
            account: account.to_owned(),
            app: app.to_owned(),
            connection,
            selector: selector.to_owned(),
            generation: 1,
            secretHash: fields.as_ref().map_or(B256::ZERO, |fields| B256::from(secret_hash(&secret_salt, fields))),
            expiresAt: self.vault.now() + 300,
            enclave: B256::from(config.digest()),
        };
        let signature = owner.sign(&digest(&statement, &call::domain(chain_id, registry, self.vault.connection.vault_id())));
        let fields = fields.as_ref().map_or(&[][..], |fields| fields.as_slice());
        let body = ProvisionRequest::new(&statement, signature, secret_salt, fields).to_bytes();
        let url = format!("https://{}{}", provision::HOST, provision::PATH);
        let mut request = raw::request("POST", &url, &[("content-type", "application/cbor")], "");
        request.body = body.to_vec();
        let mut forged = Forged::new(&self.vault, config, keys[1], request);
        forged.fields.salt = salt;
        self.vault.call(forged).await
    }

    /// A call that reads something of a store.
    pub(crate) async fn call(&self, salt: B256) -> Result<Told> {
        let (of, config) = (self.case.platform(), self.vault.key().await?);
        let kind = of.read.content_type.map(|kind| ("content-type", kind));
        let url = format!("https://{}{}", of.host, of.read.path);
        let request = raw::request(of.read.method, &url, kind.as_slice(), of.read.body);
        let mut forged = Forged::new(&self.vault, config, secret(&self.world, "caller"), request);
        forged.fields.salt = salt;
        self.vault.call(forged).await
    }

    /// Entries that the enclave knows of.
    pub(crate) async fn size(&self) -> Result<u64> {
        raw::status(&self.world).await.ledger_size.context("no ledger")
    }

    /// Connections whose merchant has to authorise anew.
    pub(crate) async fn alerts(&self) -> Result<u64> {
        Ok(raw::status(&self.world).await.connections.context("no connections")?.reauthorize)
    }

    /// What the ledger's entries say. The host must not be running.
    pub(crate) fn bodies(&self) -> Result<Vec<Body>> {
        let member = client::keys::load_member(&self.world.dir.join("member.key"))?;
        let share = client::custody::read_share(&std::fs::read_to_string(self.world.dir.join("shares/share-0.hex"))?)?;
        let vault_id = self.world.vault_id();
        let Ok(share) = open_as_member(&member, &share, &vault_id) else { bail!("the share is not the member's") };
        let keys = credential::Keys::derive(&credential::RootKey::from_share(share), &vault_id).ok().context("no keys")?;
        let (mut log, mut bodies) = (tlog::Frontier::default(), Vec::new());
        for entry in durable(&self.world)? {
            let plain = credential::open_ledger(&keys, log.size(), &log.root(), &entry.sealed).ok().context("not opened")?;
            log.append(tlog::leaf_hash(&entry.leaf), |_, _, _| {});
            let salted: Salted = cbor::decode(&plain, limits::LEDGER_BODY)?;
            bodies.push(cbor::decode(&salted.body, limits::LEDGER_BODY)?);
        }
        Ok(bodies)
    }
}

fn plain(fields: &'static [devnet::platforms::Field]) -> Vec<(&'static str, bool, &'static str)> {
    fields.iter().map(|field| (field.name, field.secret, field.value)).collect()
}
