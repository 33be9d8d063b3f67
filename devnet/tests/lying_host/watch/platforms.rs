//! Every preset that has a watch, against the mock of its platform: signed and with a token as its documents have it.

use std::collections::BTreeSet;

use alloy_primitives::{B256, keccak256};
use devnet::platforms::{Asked, Field, Platform, Platforms, Reply, all};
use platform::Preset;
use protocol::http::{Request, Response};
use protocol::ledger::{Body, Seen};
use protocol::message::HostRequest;
use protocol::provision::What;
use vault::Egressed;

use super::{DAY, HOUR};
use crate::support_host::{Caller, HandedOver, Read, World, honest};

pub(super) struct Stage {
    pub(super) world: World,
    platforms: Platforms,
}

fn watched() -> Vec<&'static Platform> {
    all().iter().copied().filter(|of| Preset::of_id(of.preset).unwrap().watch().is_some()).collect()
}

impl Stage {
    pub(super) fn new() -> Self {
        let mut world = World::granted();
        let platforms = Platforms::default();
        let replying = platforms.clone();
        world.provider = Some(Box::new(move |request: &Request, now: u64| -> Egressed {
            match replying.reply(&Asked::of(request, now)) {
                Reply::Answer(answer) => {
                    let headers = answer.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect();
                    Egressed::Response(Response { status: answer.status, headers, body: answer.body })
                }
                _ => Egressed::Unknown,
            }
        }));
        let operator = world.chain.accounts().operator;
        world.grant(&operator, "vault.provision");
        Self { world, platforms }
    }

    fn hand(&mut self, handed: &HandedOver<'_>) -> Read {
        let caller = Caller::of(&mut self.world);
        let sealed = caller.hand(&mut self.world, handed);
        let talk = self.world.run(sealed.request(), &mut honest);
        sealed.read(talk.done().unwrap())
    }

    /// App and store of a platform.
    pub(super) fn provision(&mut self, of: &Platform) {
        let fields = |fields: &'static [Field]| -> Vec<(&str, bool, &[u8])> {
            fields.iter().map(|field| (field.name, field.secret, field.value.as_bytes())).collect()
        };
        let (app, connection) = (of.app.map(|(id, of_it)| (id, fields(of_it))), fields(of.connection));
        if let Some((id, fields)) = &app {
            let handed = HandedOver {
                what: What::App,
                salt: B256::ZERO,
                preset: of.preset,
                host: "",
                account: "",
                app: id,
                connection: B256::ZERO,
                selector: "",
                fields,
            };
            assert_eq!(self.hand(&handed).status, 201, "{}", of.name);
        }
        let handed = HandedOver {
            what: What::Store,
            salt: keccak256(of.name),
            preset: of.preset,
            host: of.host,
            account: of.account,
            app: app.as_ref().map_or("", |(id, _)| id),
            connection: keccak256([of.name, "connection"].concat()),
            selector: of.selector,
            fields: &connection,
        };
        let read = self.hand(&handed);
        assert_eq!((read.outcome.as_str(), read.status), ("vault", 201), "{}: {read:?}", of.name);
    }

    /// Looks at whatever is due, as a host does that asks too often.
    fn watch(&mut self, times: usize) {
        for _ in 0..times {
            self.world.run(HostRequest::Watch, &mut honest);
            self.world.now += 500;
        }
    }

    fn seen(&self, which: fn(&Seen) -> bool) -> BTreeSet<String> {
        let bodies = self.world.bodies();
        let operation = |body: &Body| match body {
            Body::Watched(watched) if which(&watched.seen) => Some(watched.operation.clone()),
            _ => None,
        };
        bodies.iter().filter_map(operation).collect()
    }
}

#[test]
fn every_preset_s_watch_is_answered_by_its_platform_and_a_new_destination_is_a_change() {
    let mut stage = Stage::new();
    let platforms = watched();
    for of in &platforms {
        // The tokens outlive the test: no call is made here.
        stage.platforms.live(of.name, Some(5 * 86_400));
        stage.provision(of);
        stage.platforms.forget(of.name);
    }
    let operations: BTreeSet<String> =
        platforms.iter().map(|of| Preset::of_id(of.preset).unwrap().watch().unwrap().operation().to_owned()).collect();
    assert_eq!(operations.len(), 9);
    stage.world.now += HOUR;
    stage.world.catch_up();
    stage.watch(2 * platforms.len());
    assert_eq!(stage.seen(|seen| matches!(seen, Seen::First { .. })), operations);
    for of in &platforms {
        let seen = stage.platforms.seen(of.name);
        assert_eq!((seen.calls.len(), seen.refused.len()), (1, 0), "{}: {:?}", of.name, seen.refused);
        stage.platforms.reroute(of.name, "0002");
    }
    stage.world.now += DAY + HOUR;
    stage.world.catch_up();
    stage.watch(2 * platforms.len());
    assert_eq!(stage.seen(|seen| matches!(seen, Seen::Changed { .. })), operations);
    assert!(stage.seen(|seen| matches!(seen, Seen::Unread { .. })).is_empty());
}

#[test]
fn no_token_is_made_for_a_look_and_an_idle_store_s_turn_comes_with_its_next_call() {
    let mut stage = Stage::new();
    let of = *watched().iter().find(|of| of.name == "shopify-admin").unwrap();
    let caller = stage.world.chain.accounts().caller;
    stage.world.grant(&caller, "shopify.query.orders");
    stage.provision(of);
    stage.world.now += 2 * HOUR;
    stage.world.catch_up();
    let issued = stage.platforms.seen(of.name).issued;
    stage.watch(10);
    let seen = stage.platforms.seen(of.name);
    assert_eq!((seen.calls.len(), seen.issued), (1, issued), "the probe alone");
    // The call has a token made, and the look takes place while it is good.
    let request = Request {
        method: of.read.method.to_owned(),
        scheme: "https".to_owned(),
        authority: of.host.to_owned(),
        path: of.read.path.to_owned(),
        headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
        body: of.read.body.as_bytes().to_vec(),
    };
    let asking = Caller::of(&mut stage.world);
    assert_eq!(asking.ask(&mut stage.world, &caller, keccak256(of.name), request).outcome, "upstream");
    stage.watch(10);
    let seen = stage.platforms.seen(of.name);
    assert_eq!((seen.calls.len(), seen.issued, seen.refused.len()), (3, issued + 1, 0), "{:?}", seen.refused);
    assert_eq!(stage.seen(|seen| matches!(seen, Seen::First { .. })).len(), 1);
}
