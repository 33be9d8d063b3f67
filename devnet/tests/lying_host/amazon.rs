//! A platform with tokens that do not rotate, reports, and files elsewhere: as much of it as the vault needs to see.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use alloy_primitives::B256;
use protocol::http::{Request, Response};
use protocol::provision::What;
use vault::Egressed;

use crate::support_host::{Caller, HandedOver, Read, World, honest};

pub(crate) const HOST: &str = "sellingpartnerapi-na.amazon.com";
pub(crate) const ACCOUNT: &str = "A Store";
pub(crate) const FIRST: &str = "first-refresh-token";
pub(crate) const DOCUMENT: &str = "amazon-sp.reports.document";

/// What the platform knows.
pub(crate) struct Amazon {
    /// Refresh tokens that it takes, each with its account.
    pub(crate) sellers: HashMap<String, &'static str>,
    /// Access tokens that it takes, each with its account.
    issued: HashMap<String, &'static str>,
    /// How often its token endpoint was asked.
    pub(crate) asked: usize,
    /// The body of a report document's answer.
    pub(crate) document: String,
    /// What another host answers, and how often it was asked.
    pub(crate) file: Response,
    pub(crate) fetched: Vec<Request>,
    /// It answers nobody who asks who they are.
    pub(crate) broken: bool,
}

pub(crate) fn json(status: u16, body: &str) -> Response {
    let headers = vec![("content-type".to_owned(), b"application/json".to_vec())];
    Response { status, headers, body: body.as_bytes().to_vec() }
}

impl Amazon {
    /// Stands in a world's place of all platforms.
    pub(crate) fn of(world: &mut World) -> Arc<Mutex<Self>> {
        let amazon = Arc::new(Mutex::new(Self {
            sellers: HashMap::from([(FIRST.to_owned(), ACCOUNT)]),
            issued: HashMap::new(),
            asked: 0,
            document: "{}".to_owned(),
            file: json(200, "{}"),
            fetched: Vec::new(),
            broken: false,
        }));
        let shared = Arc::clone(&amazon);
        world.provider = Some(Box::new(move |request: &Request, _| Egressed::Response(shared.lock().unwrap().answer(request))));
        amazon
    }

    fn answer(&mut self, request: &Request) -> Response {
        match (request.authority.as_str(), request.path.as_str()) {
            ("api.amazon.com", _) => self.token(request),
            (HOST, path) => {
                let token = request.header("x-amz-access-token").unwrap_or_default();
                let Some(account) = self.issued.get(core::str::from_utf8(token).unwrap()) else {
                    return json(403, r#"{"errors":[{"code":"Unauthorized","details":"expired"}]}"#);
                };
                if path.starts_with("/sellers/") && self.broken {
                    json(500, "{}")
                } else if path.starts_with("/sellers/") {
                    json(200, &format!(r#"{{"payload":[{{"storeName":"{account}"}}]}}"#))
                } else {
                    json(200, &self.document)
                }
            }
            _ => {
                self.fetched.push(request.clone());
                self.file.clone()
            }
        }
    }

    fn token(&mut self, request: &Request) -> Response {
        self.asked += 1;
        let form = String::from_utf8(request.body.clone()).unwrap();
        let token = form.split('&').find_map(|pair| pair.strip_prefix("refresh_token=")).unwrap().to_owned();
        let Some(account) = self.sellers.get(&token) else { return json(400, r#"{"error":"invalid_grant"}"#) };
        let access = format!("access-{}-{token}", self.asked);
        self.issued.insert(access.clone(), account);
        json(200, &format!(r#"{{"access_token":"{access}","refresh_token":"{token}","token_type":"bearer","expires_in":3600}}"#))
    }

    /// Takes an authorisation back, with all that came of it.
    pub(crate) fn end(&mut self, token: &str) {
        self.sellers.remove(token);
        self.issued.retain(|access, _| !access.ends_with(token));
    }
}

/// A world with an app and stores of this platform, each with a connection of its own.
pub(crate) struct Selling {
    pub(crate) world: World,
    pub(crate) amazon: Arc<Mutex<Amazon>>,
    pub(crate) caller: Caller,
}

impl Selling {
    pub(crate) fn new(stores: &[B256]) -> Self {
        let mut world = World::granted();
        let amazon = Amazon::of(&mut world);
        let caller = Caller::of(&mut world);
        let mut selling = Self { world, amazon, caller };
        let app = HandedOver {
            what: What::App,
            salt: B256::ZERO,
            preset: "amazon-sp",
            host: "",
            account: "",
            app: "client-1",
            connection: B256::ZERO,
            selector: "",
            fields: &[("client_id", false, b"client-1"), ("client_secret", true, b"client-secret-1")],
        };
        selling.done(&app);
        for salt in stores {
            selling.done(&handed(*salt, &[("refresh_token", true, FIRST.as_bytes())]));
        }
        selling
    }

    pub(crate) fn amazon(&self) -> MutexGuard<'_, Amazon> {
        self.amazon.lock().unwrap()
    }

    fn done(&mut self, handed: &HandedOver<'_>) {
        let sealed = self.caller.hand(&mut self.world, handed);
        let talk = self.world.run(sealed.request(), &mut honest);
        let read = sealed.read(talk.done().unwrap());
        assert_eq!((read.outcome.as_str(), read.status), ("vault", 201), "{read:?}");
    }

    /// A call of a store's report document by the caller that the world has granted it to.
    pub(crate) fn document(&mut self, salt: B256) -> Read {
        let request = Request {
            method: "GET".to_owned(),
            scheme: "https".to_owned(),
            authority: HOST.to_owned(),
            path: "/reports/2021-06-30/documents/doc-1".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let key = self.world.chain.accounts().caller;
        self.caller.ask(&mut self.world, &key, salt, request)
    }
}

/// A hand-over of a store of this platform.
pub(crate) fn handed<'a>(salt: B256, fields: &'a [(&'a str, bool, &'a [u8])]) -> HandedOver<'a> {
    HandedOver {
        what: What::Store,
        salt,
        preset: "amazon-sp",
        host: HOST,
        account: ACCOUNT,
        app: "client-1",
        connection: salt,
        selector: "",
        fields,
    }
}
