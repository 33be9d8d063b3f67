//! Where stores' money goes is looked at once a day, by one fixed READ, and what the platform says of it goes nowhere: whatever the host does.

#[path = "watch/earlier.rs"]
mod earlier;
#[path = "watch/platforms.rs"]
mod platforms;
#[path = "watch/rules.rs"]
mod rules;
#[path = "watch/stops.rs"]
mod stops;

use std::sync::{Arc, Mutex, MutexGuard};

use protocol::http::{Request, Response};
use protocol::ledger::{Body, Seen};
use protocol::message::{Answer, HostRequest};
use serde_json::{Value, json};
use vault::Egressed;

use crate::logins::internal;
use crate::support_host::{Caller, SALT, Talk, World, honest, shop};

const DAY: u64 = 86_400_000;
const HOUR: u64 = 3_600_000;
/// A bank account that stands nowhere but in the platform's answers.
const BANK: &str = "CANARY-BANK-98317742";
const OTHER_BANK: &str = "CANARY-BANK-55500011";

/// What the platform does when it is asked where money goes.
#[derive(Clone, Debug, PartialEq)]
enum Says {
    /// It goes there.
    Goes(&'static str),
    /// This status, with this header.
    Fails(u16, Option<(&'static str, &'static str)>),
    /// A 200 that says nothing of it.
    Nothing,
    /// A 200 with the account, an error in the place of where its money goes, and no more.
    Half,
    /// No answer.
    Mute,
}

#[derive(Debug)]
struct Platform {
    says: Says,
    /// Unix milliseconds of each look, and which host it was at.
    looks: Vec<(u64, String)>,
}

struct Stage {
    world: World,
    caller: Caller,
    platform: Arc<Mutex<Platform>>,
}

fn is_look(request: &Request) -> bool {
    request.body.windows(22).any(|part| part == b"shopifyPaymentsAccount")
}

impl Stage {
    /// A vault with one store that its platform was not asked about yet.
    fn new() -> Self {
        let mut world = World::ready();
        let platform = Arc::new(Mutex::new(Platform { says: Says::Goes(BANK), looks: Vec::new() }));
        let shared = Arc::clone(&platform);
        world.provider = Some(Box::new(move |request: &Request, now: u64| -> Egressed {
            if !is_look(request) {
                return shop(request);
            }
            let mut platform = shared.lock().unwrap();
            platform.looks.push((now, request.authority.clone()));
            said(&platform.says)
        }));
        let accounts = world.chain.accounts();
        world.grant(&accounts.caller, "vault.list");
        world.grant(&accounts.caller, "shopify.query.orders");
        world.grant(&accounts.operator, "vault.provision");
        world.grant(&accounts.operator, "vault.revoke");
        let caller = Caller::of(&mut world);
        Self { world, caller, platform }
    }

    /// The same, looked at once.
    fn looked() -> Self {
        let mut stage = Self::new();
        stage.pass(HOUR);
        stage.watch();
        assert_eq!(stage.seen(), ["first"]);
        stage
    }

    fn platform(&self) -> MutexGuard<'_, Platform> {
        self.platform.lock().unwrap()
    }

    fn says(&self, says: Says) {
        self.platform().says = says;
    }

    fn looks(&self) -> usize {
        self.platform().looks.len()
    }

    /// Lets time go by, and the heads with it.
    fn pass(&mut self, ms: u64) {
        self.world.now += ms;
        self.world.catch_up();
    }

    fn watch(&mut self) -> Talk {
        self.world.run(HostRequest::Watch, &mut honest)
    }

    /// A day later, with what a host does that wants more.
    fn day(&mut self) {
        self.pass(DAY + HOUR);
        for _ in 0..5 {
            self.watch();
        }
    }

    /// Makes what was found unchanged be written down.
    fn settle(&mut self) {
        self.pass(HOUR);
        self.watch();
    }

    /// What the ledger says of looks, in order.
    fn seen(&self) -> Vec<String> {
        let bodies = self.world.bodies();
        let said = |body: &Body| match body {
            Body::Watched(watched) => Some(match watched.seen {
                Seen::First { .. } => "first".to_owned(),
                Seen::Changed { .. } => "changed".to_owned(),
                Seen::Unread { why } => why.name().to_owned(),
            }),
            Body::Unchanged(unchanged) => Some(format!("{} unchanged", unchanged.stores.len())),
            _ => None,
        };
        bodies.iter().filter_map(said).collect()
    }

    fn restart(&mut self) {
        self.world.boot();
        assert_eq!(self.world.open(&mut honest), Answer::Done);
        self.caller = Caller::of(&mut self.world);
    }

    /// As its owner sees the store.
    fn row(&mut self) -> Value {
        self.caller = Caller::of(&mut self.world);
        let request = internal("GET", "/v1/connections", Vec::new());
        let key = self.world.chain.accounts().caller;
        let read = self.caller.ask(&mut self.world, &key, SALT, request);
        assert_eq!(read.outcome, "vault", "{read:?}");
        let page: Value = serde_json::from_slice(&read.response.body).unwrap();
        page["connections"][0]["watched"][0].clone()
    }

    fn tally(&mut self) -> (u64, u64, u64) {
        let all = self.world.status().connections.unwrap();
        (all.watched, all.rerouted, all.unread)
    }
}

fn said(says: &Says) -> Egressed {
    let (status, header, body) = match says {
        Says::Mute => return Egressed::Unknown,
        Says::Goes(account) => (200, None, going(account)),
        Says::Nothing => (200, None, json!({ "data": { "shopifyPaymentsAccount": null }, "note": BANK })),
        Says::Half => {
            let half = json!({ "id": "gid://1", "bankAccounts": null });
            (200, None, json!({ "data": { "shopifyPaymentsAccount": half }, "errors": [{ "message": "access denied" }] }))
        }
        Says::Fails(status, header) => (*status, *header, json!({ "errors": BANK })),
    };
    let mut headers = vec![("content-type".to_owned(), b"application/json".to_vec())];
    headers.extend(header.map(|(name, value): (&str, &str)| (name.to_owned(), value.as_bytes().to_vec())));
    Egressed::Response(Response { status, headers, body: body.to_string().into_bytes() })
}

fn going(account: &str) -> Value {
    let node = json!({ "id": "gid://shopify/ShopifyPaymentsBankAccount/1", "accountNumberLastDigits": account });
    json!({ "data": { "shopifyPaymentsAccount": { "id": "gid://1", "bankAccounts": { "nodes": [node] } } } })
}
