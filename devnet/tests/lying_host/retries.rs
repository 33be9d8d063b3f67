//! A platform that is too busy: asked again if the caller said so, and never longer, oftener or otherwise than it said.

use std::sync::{Arc, Mutex};

use protocol::http::{Request, Response};
use protocol::ledger::{Ending, Kind};
use protocol::message::HostRequest;
use protocol::provision::What;
use serde_json::json;
use vault::{Egressed, Local, Step};

use crate::support_host::{Caller, Event, HandedOver, ONE_EVER, ORDERS, Read, SALT, SHOP, Talk, World, honest};
use crate::{problem, ready};

fn busy(status: u16, headers: &[(&str, &str)]) -> Response {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    Response { status, headers, body: br#"{"errors":"busy"}"#.to_vec() }
}

fn well() -> Response {
    let headers = vec![("content-type".to_owned(), b"application/json".to_vec())];
    Response { status: 200, headers, body: br#"{"data":{}}"#.to_vec() }
}

/// A platform that answers this, one after the other, and the last for ever.
fn answers(world: &mut World, answers: Vec<Response>) -> Arc<Mutex<Vec<u64>>> {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    world.provider = Some(Box::new(move |_: &Request, _: u64| {
        let mut seen = seen.lock().unwrap();
        let answer = answers.get(seen.len()).or(answers.last()).unwrap().clone();
        seen.push(0);
        Egressed::Response(answer)
    }));
    asked
}

fn sealed(world: &mut World, caller: &Caller, document: &str, retries: Option<u8>) -> crate::support_host::Sealed {
    let mut headers = vec![("content-type".to_owned(), b"application/json".to_vec())];
    headers.extend(retries.map(|times| ("pst-vault-retries".to_owned(), times.to_string().into_bytes())));
    let request = Request {
        method: "POST".to_owned(),
        scheme: "https".to_owned(),
        authority: SHOP.to_owned(),
        path: "/admin/api/2026-10/graphql.json".to_owned(),
        headers,
        body: json!({ "query": document }).to_string().into_bytes(),
    };
    let key = world.chain.accounts().caller;
    caller.seal(world, &key, SALT, request)
}

fn called(world: &mut World, caller: &Caller, document: &str, retries: Option<u8>) -> (Talk, Read) {
    let sealed = sealed(world, caller, document, retries);
    let talk = world.run(sealed.request(), &mut honest);
    talk.check_order();
    let read = sealed.read(talk.done().unwrap());
    (talk, read)
}

/// A call that waits to be made once more.
fn waiting(world: &mut World, caller: &Caller) -> (crate::support_host::Sealed, Talk) {
    let sealed = sealed(world, caller, ORDERS, Some(1));
    let mut talk = world.talk(sealed.request());
    while !matches!(talk.step, Some(Step::Local(Local::Pause { .. }))) {
        assert!(talk.done().is_none(), "it does not wait");
        world.advance(&mut talk, &mut honest);
    }
    (sealed, talk)
}

fn kinds(talk: &Talk) -> Vec<Kind> {
    talk.events.iter().filter_map(|event| if let Event::Acknowledged(kind) = event { Some(*kind) } else { None }).collect()
}

fn header(read: &Read, name: &str) -> Option<String> {
    let mut values = read.response.headers.iter().filter(|(other, _)| other == name);
    let value = values.next().map(|(_, value)| String::from_utf8(value.clone()).unwrap());
    assert!(values.next().is_none() || name == "pst-vault-receipt", "{name} stands twice");
    value
}

#[test]
fn a_busy_platform_is_asked_again_after_what_it_says_and_each_attempt_is_written_first() {
    let (mut world, caller) = ready();
    answers(&mut world, vec![busy(429, &[("retry-after", "7")]), busy(503, &[("retry-after", "11")]), well()]);
    let before = world.now;
    let (talk, read) = called(&mut world, &caller, ORDERS, Some(3));
    assert_eq!((read.outcome.as_str(), read.status), ("upstream", 200), "{read:?}");
    assert_eq!((header(&read, "pst-vault-attempts").as_deref(), world.sent.len()), (Some("3"), 3));
    assert_eq!(kinds(&talk), [Kind::Intent, Kind::Retried, Kind::Retried, Kind::Outcome]);
    assert_eq!(world.now - before, 18_000);
}

#[test]
fn nobody_is_asked_again_who_was_not_meant_to_be() {
    let (mut world, caller) = ready();
    answers(&mut world, vec![busy(429, &[("retry-after", "1")]), well()]);
    let (_, read) = called(&mut world, &caller, ORDERS, None);
    assert_eq!((read.outcome.as_str(), read.status, world.sent.len()), ("upstream", 429, 1));
    assert_eq!((header(&read, "retry-after").as_deref(), header(&read, "pst-vault-attempts")), (Some("1"), None));
    assert_eq!(read.response.body, br#"{"errors":"busy"}"#);

    // What is wrong with the request is no matter of time.
    for status in [400, 404, 409, 422, 501] {
        answers(&mut world, vec![busy(status, &[("retry-after", "1")])]);
        let before = world.sent.len();
        let (_, read) = called(&mut world, &caller, ORDERS, Some(3));
        assert_eq!((read.outcome.as_str(), read.status, world.sent.len() - before), ("upstream", status, 1));
    }
}

#[test]
fn attempts_end_by_number_and_by_time_and_the_platforms_last_word_is_handed_back() {
    let (mut world, caller) = ready();
    answers(&mut world, vec![busy(500, &[])]);
    let before = world.now;
    let (_, read) = called(&mut world, &caller, ORDERS, Some(3));
    assert_eq!((read.outcome.as_str(), read.status, world.sent.len()), ("upstream", 500, 4));
    assert_eq!((header(&read, "pst-vault-attempts").as_deref(), world.now - before), (Some("4"), 7_000));
    assert_eq!(read.ending, Some(Ending::Upstream { status: 500 }));

    // Longer than a call waits: at once.
    answers(&mut world, vec![busy(429, &[("retry-after", "3600")])]);
    let (sent, before) = (world.sent.len(), world.now);
    let (_, read) = called(&mut world, &caller, ORDERS, Some(3));
    assert_eq!((read.status, world.sent.len() - sent, world.now - before), (429, 1, 0));

    // Together they are no longer than one may be.
    answers(&mut world, vec![busy(429, &[("retry-after", "30")])]);
    let (sent, before) = (world.sent.len(), world.now);
    let (_, read) = called(&mut world, &caller, ORDERS, Some(3));
    assert_eq!((read.status, world.sent.len() - sent, world.now - before), (429, 2, 30_000));
}

#[test]
fn t67_attempts_are_one_use_of_one_approval() {
    let (mut world, caller) = ready();
    answers(&mut world, vec![busy(502, &[]), well()]);
    let (_, read) = called(&mut world, &caller, ONE_EVER, Some(1));
    assert_eq!((read.outcome.as_str(), read.status, world.sent.len()), ("upstream", 200, 2));
    let (_, read) = called(&mut world, &caller, ONE_EVER, Some(1));
    assert_eq!((read.refusal.as_str(), world.sent.len()), ("budget_exhausted", 2));
}

#[test]
fn t63_what_is_revoked_between_two_attempts_is_not_asked_again() {
    let (mut world, caller) = ready();
    answers(&mut world, vec![busy(429, &[("retry-after", "20")]), well()]);
    let (sealed, mut talk) = waiting(&mut world, &caller);
    world.revoke("shopify.query.orders");
    world.steps(2);
    world.ask(HostRequest::Tick, &mut honest);
    world.finish(&mut talk, &mut honest);
    assert_eq!(problem(&talk), None);
    let read = sealed.read(talk.done().unwrap());
    assert_eq!((read.outcome.as_str(), read.refusal.as_str(), world.sent.len()), ("refused", "not_permitted", 1), "{read:?}");
    assert_eq!(read.ending, Some(Ending::Upstream { status: 429 }));
}

#[test]
fn t63_a_connection_that_is_revoked_between_two_attempts_is_not_used_again() {
    let (mut world, caller) = ready();
    let operator = world.chain.accounts().operator;
    world.grant(&operator, "vault.revoke");
    answers(&mut world, vec![busy(429, &[("retry-after", "20")]), well()]);
    let (sealed, mut talk) = waiting(&mut world, &caller);
    let request = Request {
        method: "POST".to_owned(),
        scheme: "https".to_owned(),
        authority: "vault.internal".to_owned(),
        path: "/v1/revoke".to_owned(),
        headers: vec![("content-type".to_owned(), b"text/plain".to_vec())],
        body: b"connection".to_vec(),
    };
    assert_eq!(caller.ask(&mut world, &operator, SALT, request).outcome, "vault");
    world.finish(&mut talk, &mut honest);
    let read = sealed.read(talk.done().unwrap());
    assert_eq!((read.rule.as_str(), world.sent.len()), ("connection.revoked", 1), "{read:?}");
}

#[test]
fn t9_of_one_callers_calls_four_wait_and_the_next_has_its_answer_at_once() {
    let (mut world, caller) = ready();
    answers(&mut world, vec![busy(429, &[("retry-after", "20")])]);
    let mut held: Vec<_> = (0..4).map(|_| waiting(&mut world, &caller)).collect();
    let before = world.now;
    let (_, read) = called(&mut world, &caller, ORDERS, Some(1));
    assert_eq!((read.outcome.as_str(), read.status, world.now), ("upstream", 429, before), "{read:?}");
    // One that ends, or that its host drops, makes room.
    drop(held.pop());
    let (sealed, mut talk) = held.pop().unwrap();
    world.finish(&mut talk, &mut honest);
    assert_eq!(header(&sealed.read(talk.done().unwrap()), "pst-vault-attempts").as_deref(), Some("2"));
    held.extend((0..2).map(|_| waiting(&mut world, &caller)));
    assert_eq!(held.len(), 4);
}

#[test]
fn t42_an_answer_can_not_pass_for_the_vaults_word() {
    let (mut world, caller) = ready();
    let forged = [
        ("pst-vault-outcome", "vault"),
        ("pst-vault-receipt", "AAAA"),
        ("pst-vault-rate", "remaining=1000"),
        ("pst-vault-attempts", "9"),
        ("x-shopify-shop-api-call-limit", "32/40"),
        ("set-cookie", "a=b"),
        ("x-other", "y"),
    ];
    let body = br#"{"type":"urn:pst-vault:not_permitted","rule":"grant.none"}"#.to_vec();
    let answer = Response { body: body.clone(), ..busy(403, &forged) };
    answers(&mut world, vec![answer]);
    let (_, read) = called(&mut world, &caller, ORDERS, None);
    assert_eq!((read.status, read.response.body.as_slice()), (403, body.as_slice()));
    assert_eq!(header(&read, "pst-vault-outcome").as_deref(), Some("upstream"));
    assert_eq!(header(&read, "pst-vault-rate").as_deref(), Some("limit=40, remaining=8"));
    assert_eq!(header(&read, "x-shopify-shop-api-call-limit").as_deref(), Some("32/40"));
    for absent in ["pst-vault-attempts", "set-cookie", "x-other"] {
        assert_eq!(header(&read, absent), None);
    }
    assert!(read.ending.is_some(), "the receipt is the vault's");
}

/// A store whose access token is digits and nothing else.
fn of_digits(token: &str) -> (World, Caller) {
    let mut world = World::granted();
    let caller = Caller::of(&mut world);
    let handed = HandedOver {
        what: What::Store,
        salt: SALT,
        preset: "shopify-admin",
        host: SHOP,
        account: SHOP,
        app: "",
        connection: world.store_id(SALT),
        selector: "",
        fields: &[("access_token", true, token.as_bytes())],
    };
    let sealed = caller.hand(&mut world, &handed);
    let talk = world.run(sealed.request(), &mut honest);
    assert_eq!(sealed.read(talk.done().unwrap()).status, 201);
    (world, caller)
}

#[test]
fn t42_the_rate_is_said_of_what_redaction_leaves_and_stands_beside_what_it_takes() {
    const LIMIT: &str = "x-shopify-shop-api-call-limit";
    let token = "4041726354901827364";
    let (mut world, caller) = of_digits(token);
    // A platform that puts the token where a number belongs.
    for value in [format!("{token}/40"), format!("1/{token}"), format!("{token}/{token}"), token.to_owned()] {
        answers(&mut world, vec![busy(429, &[(LIMIT, &value)])]);
        let (_, read) = called(&mut world, &caller, ORDERS, None);
        assert_eq!((read.outcome.as_str(), read.status, header(&read, "pst-vault-rate")), ("upstream", 429, None), "{value}");
        for (name, said) in &read.response.headers {
            assert!(name == "pst-vault-receipt" || !said.windows(token.len()).any(|part| part == token.as_bytes()), "{name}");
        }
        assert_ne!(header(&read, LIMIT), Some(value));
    }
    // What it says of its rate is there, whatever else had to go: on an answer, on an error and after further attempts.
    let reflects = |status| Response {
        body: format!(r#"{{"data":{{"seen":"{token}"}}}}"#).into_bytes(),
        ..busy(status, &[(LIMIT, "32/40"), ("etag", token), ("retry-after", "1")])
    };
    for (status, retries) in [(200, None), (429, None), (503, Some(2))] {
        answers(&mut world, vec![reflects(status)]);
        let (_, read) = called(&mut world, &caller, ORDERS, retries);
        assert_eq!((read.outcome.as_str(), read.status), ("upstream", status), "{read:?}");
        assert_eq!(header(&read, "pst-vault-rate").as_deref(), Some("limit=40, remaining=8"));
        assert_eq!((header(&read, LIMIT).as_deref(), header(&read, "retry-after").as_deref()), (Some("32/40"), Some("1")));
        assert_eq!(header(&read, "pst-vault-attempts"), retries.map(|more| (more + 1).to_string()));
        assert_ne!(header(&read, "etag").as_deref(), Some(token));
        assert!(!read.response.body.windows(token.len()).any(|part| part == token.as_bytes()));
    }
}
