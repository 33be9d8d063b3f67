//! What of answers is handed back.

use alloy_primitives::{B256, keccak256};
use contracts_bindings::Class;
use policy::Operation;
use protocol::http::Response;

use super::super::AnswerError;
use super::table;

fn answer(content_type: &str, body: &str) -> Response {
    let headers =
        vec![("content-type".to_owned(), content_type.as_bytes().to_vec()), ("link".to_owned(), b"</x>; rel=next".to_vec())];
    Response { status: 200, headers, body: body.as_bytes().to_vec() }
}

fn operation(class: Class) -> Operation {
    Operation { name: "made.orders.get".to_owned(), class, params: Vec::new() }
}

fn absorbed(body: &str) -> String {
    let response = table().absorb(&[operation(Class::Read)], answer("application/json", body)).unwrap();
    String::from_utf8(response.body).unwrap()
}

#[test]
fn a_view_shows_what_it_names_and_nothing_else() {
    let table = table();
    let view = table.view(keccak256("orders.no-buyer"), &["made.orders.list"]).unwrap();
    let shown = view.apply(answer("application/json", r#"{"orders":[{"id":1.50,"buyer":"b"}],"next":"n"}"#)).unwrap();
    assert_eq!(shown.body, br#"{"orders":[{"id":1.50}]}"#);
    assert_eq!(shown.headers.len(), 1, "no link");
    let mut failed = answer("application/json", r#"{"orders":[{"id":1}]}"#);
    failed.status = 404;
    assert_eq!(view.apply(failed).unwrap().body, b"");
    for body in ["", "<html>", r#"{"orders":[],"orders":[{"id":1}]}"#] {
        assert_eq!(view.apply(answer("application/json", body)).unwrap_err(), AnswerError::View, "{body}");
    }
}

#[test]
fn a_view_is_of_all_operations_or_none() {
    let table = table();
    assert!(table.view(keccak256("orders.no-buyer"), &["made.orders.list", "made.orders.get"]).is_some());
    assert!(table.view(keccak256("orders.no-buyer"), &["made.orders.list", "made.refund"]).is_none());
    assert!(table.view(keccak256("orders.all"), &["made.orders.list"]).is_none());
}

#[test]
fn t42_a_credential_that_the_platform_just_made_is_absorbed() {
    for (body, rest) in [
        (r#"{"access_token":"abc","n":1.50}"#, r#"{"access_token":"[absorbed]","n":1.50}"#),
        (r#"{"data":[{"AccessToken":"abc"}]}"#, r#"{"data":[{"AccessToken":"[absorbed]"}]}"#),
        (r#"{"acces\u0073-token":123}"#, r#"{"access-token":"[absorbed]"}"#),
        (r#"{"access_token":{"access_token":"x","y":1}}"#, r#"{"access_token":{"access_token":"[absorbed]","y":1}}"#),
        (r#"{"access_token":{"id":"t","value":"x"},"value":2}"#, r#"{"access_token":{"id":"t","value":"[absorbed]"},"value":2}"#),
        (r#"{"access_token":["a",{"b":"c"}]}"#, r#"{"access_token":["[absorbed]",{"b":"c"}]}"#),
        // What holds none goes out byte for byte.
        (r#"{ "a" : 1.50, "access_token": null }"#, r#"{ "a" : 1.50, "access_token": null }"#),
    ] {
        assert_eq!(absorbed(body), rest);
    }
    let read = [operation(Class::Read)];
    let refused = table().absorb(&read, answer("application/json", r#"{"access_token":"a","access_token":"b"}"#)).unwrap_err();
    assert_eq!(refused, AnswerError::Json);
    let mut untyped = answer("", r#"{"access_token":"a","#);
    untyped.headers.clear();
    assert_eq!(table().absorb(&read, untyped).unwrap_err(), AnswerError::Json);
    // A label or a report is no JSON, and a MINT that was let through hands out what it made.
    assert_eq!(table().absorb(&read, answer("text/csv", "access_token\n1")).unwrap().body, b"access_token\n1");
    let minted = table().absorb(&[operation(Class::Mint)], answer("application/json", r#"{"access_token":"abc"}"#)).unwrap();
    assert_eq!(minted.body, br#"{"access_token":"abc"}"#);
}

#[test]
fn an_answer_is_absorbed_first_and_then_viewed() {
    let operations = [Operation { name: "made.orders.list".to_owned(), class: Class::Read, params: Vec::new() }];
    let body = r#"{"orders":[{"id":1,"x":2}],"access_token":"a"}"#;
    let under = |projection| table().answer(&operations, projection, answer("application/json", body)).map(|answer| answer.body);
    assert_eq!(under(B256::ZERO).unwrap(), br#"{"orders":[{"id":1,"x":2}],"access_token":"[absorbed]"}"#);
    assert_eq!(under(keccak256("orders.no-buyer")).unwrap(), br#"{"orders":[{"id":1}]}"#);
    assert_eq!(under(keccak256("orders.all")).unwrap_err(), AnswerError::View);
}

#[test]
fn what_is_watched_is_one_text() {
    let table = table();
    let facts = |body| table.watch().unwrap().facts(&answer("application/json", body));
    assert_eq!(facts(r#"{"a":"1234","b":2}"#).as_deref(), Some(r#"{"a":"1234"}"#));
    assert_eq!(facts(r#"{"b":2}"#), None);
    assert_eq!(facts("x"), None);
}

#[test]
fn the_order_of_what_is_watched_is_no_change() {
    let stripe = super::super::of("stripe").unwrap().watch().unwrap();
    let facts = |body: &str| stripe.facts(&answer("application/json", body)).unwrap();
    let (one, other) = (r#"{"id":"ba_1","last4":"0001"}"#, r#"{"last4":"0002","id":"ba_2"}"#);
    let listed = |items: &str| facts(&format!(r#"{{"data":[{items}]}}"#));
    assert_eq!(listed(&format!("{one},{other}")), listed(&format!(r#"{other},{{"last4":"0001","id":"ba_1"}}"#)));
    assert_ne!(listed(&format!("{one},{other}")), listed(one));
    assert_ne!(listed(one), listed(&one.replace("0001", "0003")));
}

#[test]
fn what_is_not_all_of_an_answer_and_what_is_null_says_nothing_of_where_money_goes() {
    let tiktok = super::super::of("tiktok-shop").unwrap().watch().unwrap();
    let paid = |code: i64, payments: &str| {
        tiktok.facts(&answer("application/json", &format!(r#"{{"code":{code},"data":{{"payments":[{payments}]}}}}"#)))
    };
    let (one, other) = (r#"{"id":"1","bank_account":"***1"}"#, r#"{"id":"2","bank_account":"***2"}"#);
    let first = paid(0, one).unwrap();
    // The newest that was paid out is what counts: neither one that was not yet, nor how many there are.
    for payments in [
        format!("{one},{other}"),
        format!(r#"{{"id":"3"}},{{"id":"4","bank_account":null}},{{"id":"5","bank_account":""}},{one}"#),
        format!("{one},{one},{one}"),
    ] {
        assert_eq!(paid(0, &payments).as_ref(), Some(&first), "{payments}");
    }
    assert_ne!(paid(0, &format!("{other},{one}")).unwrap(), first);
    for none in ["", r#"{"id":"4","bank_account":null}"#, r#"{"id":"4"}"#] {
        assert_eq!(paid(0, none), None, "{none}");
    }
    assert_eq!(paid(36_009_003, one), None);
    let stripe = super::super::of("stripe").unwrap().watch().unwrap();
    let facts = |body: &str| stripe.facts(&answer("application/json", body));
    let listed = facts(r#"{"data":[{"id":"ba_1","bank_name":null}]}"#);
    assert!(listed.is_some());
    assert_eq!(facts(r#"{"data":[{"id":"ba_1"}],"errors":[]}"#), listed, "null is as good as absent");
    for errors in [r#"[{"message":"x"}]"#, r#""x""#, r#"{"x":1}"#] {
        assert_eq!(facts(&format!(r#"{{"data":[{{"id":"ba_1"}}],"errors":{errors}}}"#)), None, "{errors}");
    }
    assert_eq!(facts(r#"{"data":[{"id":null}]}"#), None);
}
