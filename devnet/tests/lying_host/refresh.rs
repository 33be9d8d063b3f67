//! Tokens that rotate, and processes that end in the middle: no store is lost, and no token is handed in twice that need not be.

#[path = "refresh/cases.rs"]
pub(crate) mod cases;
#[path = "refresh/failing.rs"]
mod failing;
#[path = "refresh/lost.rs"]
mod lost;
#[path = "refresh/provider.rs"]
pub(crate) mod provider;
#[path = "refresh/rules.rs"]
mod rules;
#[path = "refresh/sweep.rs"]
mod sweep;
#[path = "refresh/unheard.rs"]
mod unheard;

use std::sync::{Arc, Mutex, MutexGuard};

use alloy_primitives::B256;
use protocol::http::Request;
use protocol::ledger::{Body, Result as Ended};
use protocol::message::{Answer, HostRequest};
use protocol::provision::What;
use vault::Egressed;

use crate::support_host::{Caller, HandedOver, Read, SALT, SALT_2, Sealed, Talk, World, honest};
use cases::{Case, Second};
use provider::{FIRST, Provider};

/// A vault, a platform, and a store whose token was refreshed once, before its probe.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) provider: Arc<Mutex<Provider>>,
    pub(crate) case: Case,
    caller: Option<Caller>,
}

/// The first store's connection.
pub(crate) const CONNECTION: B256 = B256::repeat_byte(7);
/// The second store.
pub(crate) const OTHER: B256 = SALT_2;

impl Stage {
    /// With an app, and no store.
    pub(crate) fn with_app(case: Case) -> Self {
        let mut world = World::granted();
        let provider = Arc::new(Mutex::new(Provider::new(case.rule, case.account)));
        let shared = Arc::clone(&provider);
        world.provider =
            Some(Box::new(move |request: &Request, now: u64| -> Egressed { shared.lock().unwrap().answer(request, now) }));
        let mut stage = Self { world, provider, case, caller: None };
        let read = stage.app();
        assert_eq!((read.outcome.as_str(), read.status), ("vault", 201), "{read:?}");
        stage
    }

    /// With a store that serves, and with a second one if tokens are shared or split.
    pub(crate) fn new(case: Case) -> Self {
        let mut stage = Self::with_app(case);
        stage.made(SALT, CONNECTION, Some(FIRST));
        let (other, connection, token) = match case.second {
            None => return stage,
            Some(Second::Shares(other)) => (other, CONNECTION, None),
            Some(Second::Splits(other)) => (other, B256::repeat_byte(8), Some(FIRST)),
        };
        stage.case = Case { account: other, ..case };
        stage.made(OTHER, connection, token);
        stage.case = case;
        stage
    }

    fn made(&mut self, salt: B256, connection: B256, token: Option<&str>) {
        let read = self.store(salt, connection, token).1;
        assert_eq!((read.outcome.as_str(), read.status), ("vault", 201), "{read:?}");
        // Each is refreshed once, and the provider takes one request in a second.
        self.world.now += 1_000;
    }

    pub(crate) fn provider(&self) -> MutexGuard<'_, Provider> {
        self.provider.lock().unwrap()
    }

    /// Requests to the token endpoint.
    pub(crate) fn asked(&self) -> usize {
        self.provider().asked_at.len()
    }

    /// How many of them brought tokens.
    pub(crate) fn issued(&self) -> usize {
        self.provider().chains.values().map(|chain| chain.issued).sum()
    }

    /// How many handed in a token that was spent.
    pub(crate) fn double_uses(&self) -> usize {
        self.provider().double_uses
    }

    pub(crate) fn app(&mut self) -> Read {
        let [(id, value), (secret, of_it)] = self.case.app;
        let fields = [(id, false, value.as_bytes()), (secret, true, of_it.as_bytes())];
        let handed = HandedOver {
            what: What::App,
            salt: B256::ZERO,
            preset: self.case.preset,
            host: "",
            account: "",
            app: "app-1",
            connection: B256::ZERO,
            selector: "",
            fields: &fields,
        };
        let caller = Caller::of(&mut self.world);
        let sealed = caller.hand(&mut self.world, &handed);
        let talk = self.world.run(sealed.request(), &mut honest);
        sealed.read(talk.done().unwrap())
    }

    /// A store handed over, with a refresh token or to a connection that is there.
    pub(crate) fn hand(&mut self, salt: B256, connection: B256, token: Option<&str>) -> Sealed {
        let Case { preset, host, account, selector, shop, .. } = self.case;
        let mut fields: Vec<(&str, bool, &[u8])> = Vec::new();
        if let Some(token) = token {
            fields.extend(shop.map(|shop| (shop, false, account.as_bytes())));
            fields.push(("refresh_token", true, token.as_bytes()));
        }
        let selector = selector.map(|name| format!("{name}={account}")).unwrap_or_default();
        let app = if token.is_some() { "app-1" } else { "" };
        let what = What::Store;
        let handed = HandedOver { what, salt, preset, host, account, app, connection, selector: &selector, fields: &fields };
        let caller = Caller::of(&mut self.world);
        caller.hand(&mut self.world, &handed)
    }

    pub(crate) fn store(&mut self, salt: B256, connection: B256, token: Option<&str>) -> (Talk, Read) {
        let sealed = self.hand(salt, connection, token);
        let talk = self.world.run(sealed.request(), &mut honest);
        let read = sealed.read(talk.done().unwrap());
        (talk, read)
    }

    /// A call that reads something of a store.
    pub(crate) fn call(&mut self, salt: B256) -> Sealed {
        let Case { host, read, .. } = self.case;
        let (method, path, body) = read;
        let headers = if body.is_empty() { Vec::new() } else { vec![("content-type".to_owned(), b"application/json".to_vec())] };
        let request = Request {
            method: method.to_owned(),
            scheme: "https".to_owned(),
            authority: host.to_owned(),
            path: path.to_owned(),
            headers,
            body: body.as_bytes().to_vec(),
        };
        let key = self.world.chain.accounts().caller;
        let world = &mut self.world;
        self.caller.get_or_insert_with(|| Caller::of(world)).seal(world, &key, salt, request)
    }

    /// The same, made by an honest host.
    pub(crate) fn called(&mut self, salt: B256) -> Read {
        let sealed = self.call(salt);
        let talk = self.world.run(sealed.request(), &mut honest);
        talk.check_order();
        sealed.read(talk.done().unwrap())
    }

    /// A new process. Whoever calls asks it for its key.
    pub(crate) fn restart(&mut self) {
        self.caller = None;
        self.world.boot();
        assert_eq!(self.world.open(&mut honest), Answer::Done);
    }

    /// Lets the access token run out, and the heads go on to then.
    pub(crate) fn expire(&mut self) {
        self.world.now += provider::LIFE * 1_000;
        self.world.catch_up();
    }

    /// Refreshes whatever is due, now and after every pause that a failure asks for. Returns how often the provider was asked.
    pub(crate) fn keep_up(&mut self) -> usize {
        let before = self.asked();
        for _ in 0..6 {
            // More than one connection may be due, and a host that asks again and again changes nothing.
            for _ in 0..3 {
                self.upkeep();
            }
            self.world.now += 301_000;
        }
        self.asked() - before
    }

    /// Asks for upkeep once. Says how many are due after it.
    pub(crate) fn upkeep(&mut self) -> u64 {
        match self.world.ask(HostRequest::Upkeep, &mut honest) {
            Answer::Kept { due } => due,
            other => panic!("{other:?}"),
        }
    }

    /// How often the ledger says that a merchant has to authorise anew.
    pub(crate) fn alerts(&self) -> usize {
        let bodies = self.world.bodies();
        let told = |body: &&Body| matches!(body, Body::Refreshed(refreshed) if refreshed.result == Ended::Reauthorize);
        bodies.iter().filter(told).count()
    }
}
