//! A new authorisation in the place of the one that is there, one that is ended, and what is said of them.

use alloy_primitives::B256;
use protocol::http::Request;
use protocol::ledger::Kind;
use protocol::message::{Answer, HostRequest, Need};
use protocol::provision::What;
use serde_json::Value;

use super::amazon::{ACCOUNT, DOCUMENT, FIRST, Selling, handed};
use crate::support_host::{Caller, Event, HandedOver, Read, SALT, SALT_2, SHOP, World, honest};

fn granted(world: &mut World) {
    let accounts = world.chain.accounts();
    for operation in ["vault.rotate", "vault.revoke", "vault.list"] {
        world.grant(&accounts.operator, operation);
    }
    world.grant(&accounts.caller, DOCUMENT);
}

fn rotate(world: &mut World, caller: &Caller, generation: u64, handed: &HandedOver<'_>) -> Read {
    let sealed = caller.hand_to(world, "/v1/rotate", generation, handed);
    let talk = world.run(sealed.request(), &mut honest);
    talk.check_order();
    sealed.read(talk.done().unwrap())
}

fn internal(world: &mut World, caller: &Caller, salt: B256, method: &str, path: &str, body: &[u8]) -> Read {
    let headers = if body.is_empty() { Vec::new() } else { vec![("content-type".to_owned(), b"text/plain".to_vec())] };
    let request = Request {
        method: method.to_owned(),
        scheme: "https".to_owned(),
        authority: "vault.internal".to_owned(),
        path: path.to_owned(),
        headers,
        body: body.to_vec(),
    };
    let operator = world.chain.accounts().operator;
    caller.ask(world, &operator, salt, request)
}

fn rows(world: &mut World, caller: &Caller, salt: B256) -> Vec<Value> {
    let read = internal(world, caller, salt, "GET", "/v1/connections", b"");
    assert_eq!(read.outcome, "vault", "{read:?}");
    let page: Value = serde_json::from_slice(&read.response.body).unwrap();
    page["connections"].as_array().unwrap().clone()
}

fn rule(read: &Read) -> (&str, &str) {
    (read.refusal.as_str(), read.rule.as_str())
}

fn token<'a>(world: &World, fields: &'a [(&'a str, bool, &'a [u8])], account: &'a str) -> HandedOver<'a> {
    let connection = world.store_id(SALT);
    HandedOver {
        what: What::Store,
        salt: SALT,
        preset: "shopify-admin",
        host: SHOP,
        account,
        app: "",
        connection,
        selector: "",
        fields,
    }
}

#[test]
fn a_token_that_is_good_for_good_is_replaced_once_the_new_one_was_probed() {
    let mut world = World::ready();
    granted(&mut world);
    let caller = Caller::of(&mut world);
    let new: &[(&str, bool, &[u8])] = &[("access_token", true, b"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")];
    let sent = |world: &World| world.sent.last().unwrap().header("x-shopify-access-token").unwrap().to_vec();
    world.honest_call(&caller);
    let old = sent(&world);

    let handed = token(&world, new, SHOP);
    for generation in [1, 3, 0] {
        let read = rotate(&mut world, &caller, generation, &handed);
        assert_eq!(read.refusal, "not_permitted", "{generation}: {read:?}");
    }
    let other = token(&world, new, "other.myshopify.com");
    assert_eq!(rule(&rotate(&mut world, &caller, 2, &other)), ("not_permitted", "rotate.binding"));
    world.honest_call(&caller);
    assert_eq!(sent(&world), old, "nothing changed");

    let read = rotate(&mut world, &caller, 2, &handed);
    assert_eq!((read.outcome.as_str(), read.status), ("vault", 200), "{read:?}");
    world.honest_call(&caller);
    assert_eq!(sent(&world), b"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");
    assert_eq!(rows(&mut world, &caller, SALT)[0]["generation"], 2);
    // It is so after a restart.
    world.boot();
    world.open(&mut honest);
    let caller = Caller::of(&mut world);
    world.honest_call(&caller);
    assert_eq!(sent(&world), b"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");
}

#[test]
fn a_merchant_who_authorises_anew_brings_the_store_back_and_another_merchant_does_not() {
    let mut selling = Selling::new(&[SALT]);
    granted(&mut selling.world);
    assert_eq!(selling.document(SALT).status, 200);
    selling.amazon().end(FIRST);
    assert_eq!(rule(&selling.document(SALT)).0, "reauthorization_required");
    let row = &rows(&mut selling.world, &selling.caller, SALT)[0];
    assert_eq!((row["state"].as_str(), row["generation"].as_u64()), (Some("reauthorization_required"), Some(2)));

    selling.amazon().sellers.insert("second-refresh-token".to_owned(), "Another Store");
    let second: &[(&str, bool, &[u8])] = &[("refresh_token", true, b"second-refresh-token")];
    let read = rotate(&mut selling.world, &selling.caller, 3, &handed(SALT, second));
    assert_eq!(rule(&read), ("not_permitted", "provision.other_account"), "{read:?}");
    assert_eq!(rule(&selling.document(SALT)).0, "reauthorization_required");

    selling.amazon().sellers.insert("third-refresh-token".to_owned(), ACCOUNT);
    let third: &[(&str, bool, &[u8])] = &[("refresh_token", true, b"third-refresh-token")];
    // The probe fails, and the same is handed over again: it is gone on with, and no token is spent twice.
    selling.amazon().broken = true;
    let read = rotate(&mut selling.world, &selling.caller, 3, &handed(SALT, third));
    assert_eq!(rule(&read), ("upstream_error", "probe.answer"), "{read:?}");
    selling.amazon().broken = false;
    let asked = selling.amazon().asked;
    let read = rotate(&mut selling.world, &selling.caller, 3, &handed(SALT, third));
    assert_eq!((read.outcome.as_str(), read.status), ("vault", 200), "{read:?}");
    assert_eq!((selling.document(SALT).status, selling.amazon().asked), (200, asked));
    let third_generation = |row: &&Value| row["state"] == "active" && row["generation"] == 3;
    let listed = rows(&mut selling.world, &selling.caller, SALT);
    assert_eq!(listed.iter().filter(third_generation).count(), 1, "{listed:?}");
    assert_eq!(listed.len(), 2, "beside it the other merchant's, which nothing is bound to: {listed:?}");

    // It is refreshed by its new token, and is after a restart what it was.
    selling.world.boot();
    selling.world.open(&mut honest);
    selling.caller = Caller::of(&mut selling.world);
    selling.world.now += 3_600_000;
    selling.world.catch_up();
    assert_eq!(selling.document(SALT).status, 200);
    assert!(rows(&mut selling.world, &selling.caller, SALT).iter().any(|row| row["generation"] == 4));

    // What is revoked is what calls are made with, whatever else was taken in for the store.
    let read = internal(&mut selling.world, &selling.caller, SALT, "POST", "/v1/revoke", b"connection");
    assert_eq!((read.outcome.as_str(), read.status), ("vault", 200), "{read:?}");
    assert_eq!(rule(&selling.document(SALT)), ("not_permitted", "connection.revoked"));
}

#[test]
fn t12_what_its_owner_made_has_no_generation_before_it_and_replaces_one_that_is_lost() {
    let mut selling = Selling::new(&[SALT]);
    granted(&mut selling.world);
    assert_eq!(selling.document(SALT).status, 200);
    let row = rows(&mut selling.world, &selling.caller, SALT)[0].clone();
    let id: [u8; 32] = hex::decode(row["connection"].as_str().unwrap()).unwrap().try_into().unwrap();
    let second = selling.world.records.remove(&(id, 2)).unwrap();
    assert_eq!(rule(&selling.document(SALT)).0, "reauthorization_required");
    assert_eq!(rows(&mut selling.world, &selling.caller, SALT)[0]["state"], "record_missing");
    // The owner gives another.
    selling.amazon().sellers.insert("third-refresh-token".to_owned(), ACCOUNT);
    let third: &[(&str, bool, &[u8])] = &[("refresh_token", true, b"third-refresh-token")];
    let read = rotate(&mut selling.world, &selling.caller, 3, &handed(SALT, third));
    assert_eq!((read.outcome.as_str(), read.status), ("vault", 200), "{read:?}");
    assert_eq!(selling.world.generations(&id), [3], "of what it replaced, and of where it was kept until then, nothing is left");
    assert_eq!(selling.world.records.len(), 3, "its app, its binding and itself");
    // That is lost, and the host brings back what was before it: nobody asks for that.
    let newest = selling.world.records.remove(&(id, 3)).unwrap();
    selling.world.records.insert((id, 2), second);
    let asked = selling.amazon().asked;
    assert_eq!(rule(&selling.document(SALT)).0, "reauthorization_required");
    let needing = selling.world.status().connections.unwrap().reauthorize;
    assert_eq!((selling.amazon().asked, needing), (asked, 1));
    selling.world.records.insert((id, 3), newest);
    assert_eq!(selling.document(SALT).status, 200);
    assert_eq!(rows(&mut selling.world, &selling.caller, SALT)[0]["state"], "active");
    assert_eq!(selling.world.status().connections.unwrap().reauthorize, 0);
}

#[test]
fn t63_a_revoked_connection_is_called_and_kept_up_no_more() {
    let mut selling = Selling::new(&[SALT]);
    granted(&mut selling.world);
    assert_eq!(rule(&internal(&mut selling.world, &selling.caller, SALT, "POST", "/v1/revoke", b"all")).1, "revoke.form");
    let read = internal(&mut selling.world, &selling.caller, SALT_2, "POST", "/v1/revoke", b"connection");
    assert_eq!(rule(&read), ("not_permitted", "connection.unknown"));
    assert_eq!(selling.document(SALT).status, 200);
    let read = internal(&mut selling.world, &selling.caller, SALT, "POST", "/v1/revoke", b"connection");
    assert_eq!((read.outcome.as_str(), read.status), ("vault", 200), "{read:?}");
    for restart in [false, true] {
        if restart {
            selling.world.boot();
            selling.world.open(&mut honest);
            selling.caller = Caller::of(&mut selling.world);
        }
        assert_eq!(rule(&selling.document(SALT)), ("not_permitted", "connection.revoked"));
        let asked = selling.amazon().asked;
        selling.world.now += 3_500_000;
        selling.world.catch_up();
        for _ in 0..3 {
            assert_eq!(selling.world.ask(HostRequest::Upkeep, &mut honest), Answer::Kept { due: 0 });
        }
        assert_eq!(selling.amazon().asked, asked);
    }
    assert!(rows(&mut selling.world, &selling.caller, SALT).is_empty());
    assert_eq!(selling.world.status().connections.unwrap().revoked, 1);
}

/// Whoever stops a host for a while may have a rotation under way when the owner revokes.
#[test]
fn t63_a_revocation_that_comes_while_a_connection_is_authorised_anew_stands() {
    let mut tried = 0;
    for step in 0.. {
        let mut selling = Selling::new(&[SALT]);
        granted(&mut selling.world);
        selling.amazon().sellers.insert("second-refresh-token".to_owned(), ACCOUNT);
        let second: &[(&str, bool, &[u8])] = &[("refresh_token", true, b"second-refresh-token")];
        let generation = rows(&mut selling.world, &selling.caller, SALT)[0]["generation"].as_u64().unwrap() + 1;
        let sealed = selling.caller.hand_to(&mut selling.world, "/v1/rotate", generation, &handed(SALT, second));
        let mut talk = selling.world.talk(sealed.request());
        for _ in 0..step {
            if talk.done().is_none() {
                selling.world.advance(&mut talk, &mut honest);
            }
        }
        if talk.done().is_some() {
            break;
        }
        // While one entry is on its way no other is written; and before its intent, it looks at what has become of the connection.
        let intended = talk.events.contains(&Event::Acknowledged(Kind::Intent));
        if !intended || matches!(talk.needs(), Some(Need::Commit(_))) {
            continue;
        }
        tried += 1;
        let read = internal(&mut selling.world, &selling.caller, SALT, "POST", "/v1/revoke", b"connection");
        assert_eq!((read.outcome.as_str(), read.status), ("vault", 200), "{step}: {read:?}");
        selling.world.finish(&mut talk, &mut honest);
        assert_ne!(sealed.read(talk.done().unwrap()).status, 200, "{step}");
        assert_eq!(rule(&selling.document(SALT)), ("not_permitted", "connection.revoked"), "{step}");
    }
    assert!(tried > 0);
}

#[test]
fn t70_a_listing_is_of_the_store_or_the_portfolio_that_was_asked_about_and_of_no_other() {
    let mut selling = Selling::new(&[SALT, SALT_2]);
    granted(&mut selling.world);
    let stores = |rows: &[Value]| {
        let mut stores: Vec<String> = rows.iter().map(|row| row["stores"][0].as_str().unwrap().to_owned()).collect();
        stores.sort();
        stores
    };
    let (one, two) = (format!("1:{SALT}"), format!("1:{SALT_2}"));
    assert_eq!(selling.document(SALT).status, 200);
    let listed = rows(&mut selling.world, &selling.caller, SALT);
    assert_eq!(stores(&listed), [one.as_str()]);
    let row = &listed[0];
    assert_eq!(
        (row["preset"].as_str(), row["state"].as_str(), row["refreshes"].as_bool()),
        (Some("amazon-sp"), Some("active"), Some(true))
    );
    let (now, expires, due) =
        (selling.world.now, row["access_expires_at"].as_u64().unwrap(), row["refresh_due_at"].as_u64().unwrap());
    assert!(now < due && due < expires && expires <= now + 3_600_000, "{row}");
    assert_eq!(stores(&rows(&mut selling.world, &selling.caller, B256::ZERO)), [one.as_str(), two.as_str()]);
    let after = listed[0]["connection"].as_str().unwrap().to_owned();
    let read = internal(&mut selling.world, &selling.caller, SALT, "GET", &format!("/v1/connections?after={after}"), b"");
    let page: Value = serde_json::from_slice(&read.response.body).unwrap();
    assert!(page["connections"].as_array().unwrap().is_empty() && page["next"].is_null());
    let read = internal(&mut selling.world, &selling.caller, SALT, "GET", "/v1/connections?before=1", b"");
    assert_eq!(rule(&read), ("malformed", "list.form"));
    // Nobody else may.
    let caller = selling.world.chain.accounts().caller;
    let request = Request {
        method: "GET".to_owned(),
        scheme: "https".to_owned(),
        authority: "vault.internal".to_owned(),
        path: "/v1/connections".to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    assert_eq!(selling.caller.ask(&mut selling.world, &caller, SALT, request).refusal, "not_permitted");
}
