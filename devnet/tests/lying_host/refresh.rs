//! Tokens that rotate: what may refresh them, and when.

#[path = "refresh/provider.rs"]
pub(crate) mod provider;
#[path = "refresh/rules.rs"]
mod rules;

use std::sync::{Arc, Mutex, MutexGuard};

use alloy_primitives::B256;
use protocol::http::Request;
use protocol::message::{Answer, HostRequest};
use protocol::provision::What;
use vault::Egressed;

use crate::support_host::{Caller, HandedOver, Read, SALT, SALT_2, SHOP, Talk, World, honest};
use provider::{FIRST, Provider, Rule};

/// A preset, and how its provider treats refresh tokens.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    pub(crate) preset: &'static str,
    pub(crate) rule: Rule,
    host: &'static str,
    account: &'static str,
    selector: &'static str,
}

pub(crate) const NEVER: Case =
    Case { preset: "amazon-sp", rule: Rule::Stays, host: "sellingpartnerapi-na.amazon.com", account: "A Store", selector: "" };
pub(crate) const GRACED: Case = Case { preset: "shopify-admin", rule: Rule::Graced, host: SHOP, account: SHOP, selector: "" };
pub(crate) const ALWAYS: Case = Case {
    preset: "mercado-libre",
    rule: Rule::Rotates,
    host: "api.mercadolibre.com",
    account: "4711",
    selector: "user_id=4711",
};
/// A vault, a platform, and a store whose token was refreshed once, before its probe.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) provider: Arc<Mutex<Provider>>,
    pub(crate) case: Case,
}

impl Stage {
    /// With an app, and no store.
    pub(crate) fn with_app(case: Case) -> Self {
        let mut world = World::granted();
        let provider = Arc::new(Mutex::new(Provider::new(case.rule, case.account)));
        let shared = Arc::clone(&provider);
        world.provider = Some(Box::new(move |request: &Request| -> Egressed { shared.lock().unwrap().answer(request) }));
        let mut stage = Self { world, provider, case };
        let read = stage.app();
        assert_eq!((read.outcome.as_str(), read.status), ("vault", 201), "{read:?}");
        stage
    }

    /// With a store that serves.
    pub(crate) fn new(case: Case) -> Self {
        let mut stage = Self::with_app(case);
        let read = stage.store(SALT, B256::repeat_byte(7), Some(FIRST)).1;
        assert_eq!((read.outcome.as_str(), read.status), ("vault", 201), "{read:?}");
        assert_eq!(stage.provider().issued, 1);
        stage
    }

    pub(crate) fn provider(&self) -> MutexGuard<'_, Provider> {
        self.provider.lock().unwrap()
    }

    pub(crate) fn app(&mut self) -> Read {
        let fields = [("client_id", false, &b"client-1"[..]), ("client_secret", true, b"client-secret-1")];
        let handed = HandedOver {
            what: What::App,
            salt: B256::ZERO,
            preset: self.case.preset,
            host: "",
            account: "",
            app: "client-1",
            connection: B256::ZERO,
            selector: "",
            fields: &fields,
        };
        let caller = Caller::of(&mut self.world);
        let sealed = caller.hand(&mut self.world, &handed);
        let talk = self.world.run(sealed.request(), &mut honest);
        sealed.read(talk.done().unwrap())
    }

    pub(crate) fn store(&mut self, salt: B256, connection: B256, token: Option<&str>) -> (Talk, Read) {
        let Case { preset, host, account, selector, .. } = self.case;
        let fields: Vec<(&str, bool, &[u8])> = token.iter().map(|token| ("refresh_token", true, token.as_bytes())).collect();
        let app = if token.is_some() { "client-1" } else { "" };
        let what = What::Store;
        let handed = HandedOver { what, salt, preset, host, account, app, connection, selector, fields: &fields };
        let caller = Caller::of(&mut self.world);
        let sealed = caller.hand(&mut self.world, &handed);
        let talk = self.world.run(sealed.request(), &mut honest);
        let read = sealed.read(talk.done().unwrap());
        (talk, read)
    }

    /// Lets the access token run out, and the heads go on to then.
    pub(crate) fn expire(&mut self) {
        self.world.now += provider::LIFE * 1_000;
        self.world.catch_up();
    }

    /// Refreshes whatever is due, now and after every pause that a failure asks for. Returns how often the provider was asked.
    pub(crate) fn keep_up(&mut self) -> usize {
        let before = self.provider().asked;
        for _ in 0..6 {
            // More than one conversation may be due, and a host that asks again and again changes nothing.
            for _ in 0..3 {
                let answer = self.world.ask(HostRequest::Upkeep, &mut honest);
                assert!(matches!(answer, Answer::Kept { .. }), "{answer:?}");
            }
            self.world.now += 301_000;
        }
        self.provider().asked - before
    }
}

pub(crate) const OTHER: B256 = SALT_2;
