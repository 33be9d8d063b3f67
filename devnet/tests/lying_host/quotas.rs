//! What one caller can take from the others.

use alloy_primitives::B256;
use protocol::http::Request;
use protocol::message::Answer;
use serde_json::json;

use crate::support_host::{Caller, ONE_EVER, SALT, SHOP, Sealed, World, honest};
use crate::{read, ready};

/// A call by an account to which nobody granted anything.
fn strangers(world: &mut World, caller: &Caller, salt: B256) -> Sealed {
    let request = Request {
        method: "POST".to_owned(),
        scheme: "https".to_owned(),
        authority: SHOP.to_owned(),
        path: "/admin/api/2026-10/graphql.json".to_owned(),
        headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
        body: json!({ "query": crate::support_host::ORDERS }).to_string().into_bytes(),
    };
    let stranger = world.chain.accounts().guardian;
    caller.seal(world, &stranger, salt, request)
}

#[test]
fn t51_a_limit_that_is_used_up_is_429_and_nothing_is_sent() {
    let (mut world, caller) = ready();
    for (uses, status) in [(1, 200), (0, 429), (0, 429)] {
        let sealed = caller.query(&mut world, ONE_EVER);
        let talk = world.run(sealed.request(), &mut honest);
        let answer = read(&talk, &sealed);
        assert_eq!((talk.egresses(), answer.status), (uses, status), "{answer:?}");
        assert_eq!(answer.refusal, if uses == 1 { "" } else { "budget_exhausted" });
    }
    assert_eq!(world.sent.len(), 1);
}

#[test]
fn t51_refusals_of_strangers_are_written_up_to_a_quota_and_take_nothing_from_who_is_known() {
    let (mut world, caller) = ready();
    world.honest_call(&caller);
    let before = world.entries.len();
    for _ in 0..70 {
        let sealed = strangers(&mut world, &caller, SALT);
        let talk = world.run(sealed.request(), &mut honest);
        assert_eq!((read(&talk, &sealed).rule.as_str(), talk.egresses()), ("grant.none", 0));
    }
    assert_eq!(world.entries.len(), before + 64);
    // Who is known is refused with a proof, and served.
    let sealed = caller.query(&mut world, "{ shop { name } }");
    let talk = world.run(sealed.request(), &mut honest);
    assert_eq!(read(&talk, &sealed).rule, "grant.none");
    assert_eq!(world.entries.len(), before + 65);
    world.honest_call(&caller);
}

#[test]
fn t50_a_stranger_can_not_tell_which_stores_are_there() {
    let (mut world, caller) = ready();
    world.honest_call(&caller);
    // One that the vault serves, one that nobody ever named.
    let [there, none] = [SALT, B256::repeat_byte(0x99)].map(|salt| {
        let sealed = strangers(&mut world, &caller, salt);
        let talk = world.run(sealed.request(), &mut honest);
        let Some(Answer::Response(bytes)) = talk.done() else { panic!("no answer") };
        let answer = read(&talk, &sealed);
        (answer.status, answer.outcome, answer.refusal, answer.rule, bytes.len())
    });
    assert_eq!(there, none);
}
