//! One vault for all platforms, and what an owner and a caller do with it.

use alloy_primitives::{Address, B256, keccak256};
use client::chain::Node;
use client::keys::AccountKey;
use client::provision::StoreToken;
use client::{Answered, CallRequest, Connection, Serving, VaultFile};
use devnet::platforms::{Ask, Field, Platform, all};
use devnet::world::World;
use protocol::provision::What;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::raw::{LONG, PROGRAM, Watch, directory, outlived_by_nobody, secret};

/// A vault that serves. The operator may provision; the caller may do whatever is READ, with every store of portfolio 1.
pub(crate) struct Stage {
    pub(crate) world: World,
    connection: Connection,
    serving: Serving,
    policy: (Address, B256),
    _watch: Watch,
}

static FIRST: OnceCell<Stage> = OnceCell::const_new();
static SECOND: OnceCell<Stage> = OnceCell::const_new();

/// The vault in which every platform lives its life, to its end.
pub(crate) async fn first_stage() -> &'static Stage {
    FIRST.get_or_init(Stage::new).await
}

/// Another, whose platforms stay as they are.
pub(crate) async fn second_stage() -> &'static Stage {
    SECOND.get_or_init(Stage::new).await
}

/// What came back, as a test looks at it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) outcome: String,
    pub(crate) status: u16,
    pub(crate) body: String,
    refusal: String,
    rule: String,
}

impl Told {
    fn of(answered: &Answered) -> Self {
        let body = String::from_utf8_lossy(&answered.response.body).into_owned();
        let problem: Value = serde_json::from_str(&body).unwrap_or_default();
        let text = |name: &str| problem.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (refusal, rule) = (text("title"), text("rule"));
        Self { outcome: answered.outcome.clone(), status: answered.response.status, refusal, rule, body }
    }

    #[track_caller]
    pub(crate) fn answered(&self) {
        assert_eq!((self.outcome.as_str(), self.status), ("upstream", 200), "{self:?}");
    }

    #[track_caller]
    pub(crate) fn is(&self, outcome: &str, refusal: &str, rule: &str) {
        assert_eq!((self.outcome.as_str(), self.refusal.as_str(), self.rule.as_str()), (outcome, refusal, rule), "{self:?}");
    }
}

/// What a store is named by.
pub(crate) fn salt(name: &str) -> B256 {
    keccak256(name)
}

pub(crate) fn platform(name: &str) -> &'static Platform {
    all().iter().find(|platform| platform.name == name).unwrap()
}

impl Stage {
    async fn new() -> Self {
        Self::started(|_| Vec::new()).await
    }

    /// One whose clocks a test can move.
    pub(crate) async fn with_a_clock() -> Self {
        let ahead = |world: &mut World| {
            world.pass(0).unwrap();
            vec!["--clock-file".to_owned(), world.clock_file().display().to_string()]
        };
        Self::started(ahead).await
    }

    async fn started(flags: impl FnOnce(&mut World) -> Vec<String>) -> Self {
        let mut world = World::new(&directory(), PROGRAM.as_ref()).await.unwrap();
        let flags = flags(&mut world);
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        world.start_enclave(&flags).await.unwrap();
        world.start_host(&[]).await.unwrap();
        let watch = outlived_by_nobody(&world);
        world.genesis().await.unwrap();
        world.unlock().await.unwrap();
        world.portfolio().await.unwrap();
        world.grant("operator", &["--operation", "vault.provision", "--seconds", LONG]).await.unwrap();
        world.grant("caller", &["--class", "READ", "--seconds", LONG]).await.unwrap();
        let file = VaultFile::load(&world.dir.join("vault.json")).unwrap();
        let policy: Address = file.policy.as_ref().unwrap().parse().unwrap();
        let code = Node::new(world.execution_url()).code_hash(policy).await.unwrap();
        let connection = Connection::new(file).unwrap();
        let serving = connection.verify_serving().await.unwrap();
        Self { world, connection, serving, policy: (policy, code), _watch: watch }
    }

    fn key(&self, name: &str) -> AccountKey {
        AccountKey::from_bytes(&secret(&self.world, name)).unwrap()
    }

    fn token(&self, of: &Platform, salt: B256) -> StoreToken {
        StoreToken {
            what: What::Store,
            portfolio: 1,
            salt,
            policy: self.policy.0,
            policy_code_hash: self.policy.1,
            preset: of.preset.to_owned(),
            host: of.host.to_owned(),
            account: of.account.to_owned(),
            app: of.app.map_or_else(String::new, |(id, _)| id.to_owned()),
            connection: None,
            selector: of.selector.to_owned(),
            fields: None,
        }
    }

    async fn hand(&self, token: &StoreToken) -> Told {
        let answered = self.connection.provision(&self.serving, &self.key("owner"), &self.key("operator"), token).await.unwrap();
        Told::of(&answered)
    }

    /// Hands the platform's app over, if it has one and it is not there.
    pub(crate) async fn app(&self, of: &Platform) {
        let Some((_, fields)) = of.app else { return };
        let nothing =
            StoreToken { host: String::new(), account: String::new(), selector: String::new(), ..self.token(of, B256::ZERO) };
        let told = self.hand(&StoreToken { what: What::App, fields: Some(encoded(fields)), ..nothing }).await;
        assert!(told.status == 201 || told.rule == "app.provisioned", "{told:?}");
    }

    /// Hands a store over, with the connection's fields or without, after `change`.
    pub(crate) async fn store(&self, of: &Platform, salt: B256, fields: bool, change: impl FnOnce(&mut StoreToken)) -> Told {
        let mut token = self.token(of, salt);
        token.fields = fields.then(|| encoded(of.connection));
        change(&mut token);
        self.hand(&token).await
    }

    /// What a caller is answered.
    pub(crate) async fn call(&self, who: &str, of: &Platform, salt: B256, ask: &Ask) -> Told {
        let host = ask.host.unwrap_or(of.host);
        let headers = ask.content_type.map(|kind| ("content-type".to_owned(), kind.to_owned()));
        self.request(who, salt, ask.method, &format!("https://{host}{}", ask.path), headers.into_iter().collect(), ask.body).await
    }

    pub(crate) async fn request(
        &self,
        who: &str,
        salt: B256,
        method: &str,
        url: &str,
        headers: Vec<(String, String)>,
        body: &str,
    ) -> Told {
        let call = CallRequest {
            method: method.to_owned(),
            url: url.to_owned(),
            headers,
            body: body.as_bytes().to_vec(),
            origin: 1,
            salt,
            role: B256::ZERO,
            evidence: Vec::new(),
            min_finalized_slot: 0,
        };
        match self.connection.call(&self.serving, &self.key(who), &call).await {
            Ok(answered) => Told::of(&answered),
            // What has no normal form is not even signed; the vault's own refusal of such bytes is tried elsewhere (T43).
            Err(error) if error.to_string().contains("not in the form that is signed") => Told {
                outcome: "refused".to_owned(),
                status: 0,
                body: String::new(),
                refusal: "unsigned".to_owned(),
                rule: String::new(),
            },
            Err(error) => panic!("{error:#}"),
        }
    }
}

pub(crate) fn encoded(fields: &[Field]) -> zeroize::Zeroizing<Vec<u8>> {
    let fields: Vec<_> = fields.iter().map(|field| (field.name, field.secret, field.value.as_bytes())).collect();
    protocol::provision::fields(&fields).unwrap()
}
