//! Requests, and what hides in them.

use alloy_primitives::{B256, U256, keccak256};
use contracts_bindings::Class;
use proptest::prelude::*;

use super::super::Named;
use super::{HOST, form, get, json, named, post, refused, table};
use crate::json::JsonError;
use crate::name::NameError;

const REFUND: &str = "/v1/orders/7/refund";

#[test]
fn names_by_method_path_query_header_body_and_form() {
    for (request, name) in [
        (get("/v1/orders"), "made.orders.list"),
        (get("/v1/orders?ids=a%2Cb&x=1"), "made.orders.list"),
        (get("/v1/orders/7"), "made.orders.get"),
        (json(REFUND, r#"{"amount":{"value":"1.50","currency":"EUR"}}"#), "made.refund"),
        (form("/v1/payouts/po_1/cancel", "amount=1"), "made.pay"),
        (get("/rpc?method=read&x=y"), "made.rpc.read"),
        (form("/rpc", "method=save&x=y"), "made.rpc.write"),
        (form("/rpc?method=write", "x=y"), "made.rpc.write"),
        (json("/router", r#"{"type":"read","n":1.50}"#), "made.json.read"),
        (json("/router", r#"{"n":1,"type":"\u0077rite"}"#), "made.json.write"),
        (get("/v1/reports/a?a=1"), "made.report"),
    ] {
        assert_eq!(named(&request), name, "{} {}", request.method, request.path);
    }
    let mut headed = post("/dll", "application/json", "");
    headed.headers.push(("prefer".to_owned(), b"GetAccount".to_vec()));
    assert_eq!(named(&headed), "made.header");
    headed.headers[1].1 = b"IssueRefund".to_vec();
    assert_eq!(refused(&headed), NameError::Unknown);
}

#[test]
fn unnamed_is_refused() {
    for (request, error) in [
        (get("/v1/orders/x"), NameError::Path),
        (get("/v1/orders/7/"), NameError::Url(protocol::call::UrlError::EmptySegment)),
        (get("/v1/orders/7/refund"), NameError::Unknown),
        (get("/V1/orders"), NameError::Path),
        (get("/v1/reports/a?b=1"), NameError::Query),
        (json("/v1/orders", "{}"), NameError::Unknown),
        (get("/rpc"), NameError::Unknown),
        (get("/rpc?method=delete"), NameError::Unknown),
        (json("/router", r#"{"type":["read"]}"#), NameError::Unknown),
        (json("/router", r#"{"type":null,"Type":"read"}"#), NameError::Unknown),
        (json("/router", r#"[{"type":"read"}]"#), NameError::Unknown),
        (json("/router?type=read", r#"{"type":"read"}"#), NameError::Query),
        (json(REFUND, "1"), NameError::ContentType),
        (post(REFUND, "application/json", ""), NameError::ContentType),
        (form(REFUND, "amount=1"), NameError::ContentType),
        (post("/router", "text/plain", r#"{"type":"read"}"#), NameError::ContentType),
        (post("/router", "application/json; charset=utf-7", r#"{"type":"read"}"#), NameError::ContentType),
        (json("/rpc?method=read", "{}"), NameError::ContentType),
    ] {
        assert_eq!(refused(&request), error, "{} {}", request.method, request.path);
    }
    let mut with_body = get("/v1/orders");
    with_body.headers = vec![("content-type".to_owned(), b"application/json".to_vec())];
    with_body.body = b"{}".to_vec();
    assert_eq!(refused(&with_body), NameError::Body);
}

#[test]
fn parameters_have_their_encodings_and_are_sorted() {
    let request = json(REFUND, r#"{"lines":[{"id":"b"},{"id":2}],"amount":{"value":12.5,"currency":"EUR"}}"#);
    let Named::Operations(operations) = table().name(&request, HOST).unwrap() else { panic!() };
    let [operation] = operations.as_slice() else { panic!() };
    assert_eq!(operation.class, Class::Value);
    let params: Vec<(B256, B256)> = operation.params.iter().map(|param| (param.name, param.value)).collect();
    let mut expected = vec![
        (keccak256("amount"), B256::from(U256::from(12_500_000))),
        (keccak256("currency"), B256::right_padding_from(b"EUR")),
        (keccak256("line"), keccak256("b")),
        (keccak256("line"), keccak256("2")),
    ];
    expected.sort_unstable();
    assert_eq!(params, expected);
    // Absent is absent.
    let Named::Operations(operations) = table().name(&json(REFUND, "{}"), HOST).unwrap() else { panic!() };
    assert!(operations[0].params.is_empty());
    let Named::Operations(operations) = table().name(&get("/v1/orders?ids=a,b"), HOST).unwrap() else { panic!() };
    assert_eq!(operations[0].params.len(), 2);
}

#[test]
fn refuses_a_parameter_that_is_no_value() {
    for body in [
        r#"{"amount":{"value":"1e3"}}"#,
        r#"{"amount":{"value":-1}}"#,
        r#"{"amount":{"value":1.0000001}}"#,
        r#"{"amount":{"value":null}}"#,
        r#"{"amount":{"value":["1"]}}"#,
        r#"{"amount":{"currency":"E U R"}}"#,
        r#"{"lines":[{"id":{}}]}"#,
    ] {
        assert_eq!(refused(&json(REFUND, body)), NameError::Parameter, "{body}");
    }
    assert_eq!(refused(&form("/v1/payouts", "amount=1,000")), NameError::Parameter);
}

#[test]
fn t43_refuses_paths_and_queries_that_servers_read_differently() {
    for path in [
        "/v1//orders",
        "/v1/./orders",
        "/v1/x/../orders",
        "/v1/%2e%2e/orders",
        "/v1%2Forders",
        "/v1/orders%2F7",
        "/v1/orders/7%252Frefund",
        "/v1/orders;x=1",
        "/v1/orders\\7",
        "/v1/orders%5C7",
        "/v1/orders#x",
        "/v1/orders?",
        "/v1/orders?ids=1&ids=2",
        "/v1/orders?ids=1&%69ds=2",
        "/v1/orders?ids=1&i%64s=2",
        "/v1/orders?ids=1;ids=2",
        "/v1/orders?=1",
        "/v1/orders?ids=%00",
        "/v1/orders?ids=%0D%0Ax",
        "/v1/orders%0D%0A",
        "/v1/orders%C0%AF7",
        "https://api.shop.example/v1/orders",
        "v1/orders",
        "*",
    ] {
        assert!(matches!(refused(&get(path)), NameError::Url(_)), "{path} {:?}", refused(&get(path)));
    }
    // Names that differ in case only, or as a value and as a list, are one name to some.
    assert_eq!(refused(&get("/v1/orders?ids=1&IDS=2")), NameError::Query);
    assert_eq!(refused(&get("/v1/orders?ids=1&ids%5B0%5D=2")), NameError::Query);
    assert_eq!(refused(&form("/v1/payouts", "amount=1&Amount=2")), NameError::Form);
    assert_eq!(refused(&form("/v1/payouts", "amount=1&amount[]=2")), NameError::Form);
    assert_eq!(refused(&form("/rpc?method=read", "method=write")), NameError::Query);
    for body in
        ["amount=1&amount=2", "amount=1&%61mount=2", "amount=%4", "amount=%zz", "=1", "amount=1&", "amount=%00", "amount=\u{1}"]
    {
        assert_eq!(refused(&form("/v1/payouts", body)), NameError::Form, "{body}");
    }
    for body in
        [r#"{"type":"read","type":"write"}"#, r#"{"type":"read","typ\u0065":"write"}"#, r#"{"type":"read"} {"type":"write"}"#]
    {
        assert_eq!(refused(&json("/router", body)), NameError::Json(JsonError), "{body}");
    }
}

#[test]
fn t43_refuses_hosts_in_another_form() {
    for host in [
        "API.shop.example",
        "api.shop.example.",
        "api.shop.example:443",
        "user@api.shop.example",
        "api.shop.example@evil.example",
        "xn--.example",
        "ápi.shop.example",
        "api。shop.example",
        "api.shop.example\0",
        "evil.example",
        "1.2.3.4",
        "[::1]",
        "",
    ] {
        let mut request = get("/v1/orders");
        request.authority = host.to_owned();
        assert!(matches!(refused(&request), NameError::Url(_) | NameError::Host), "{host}");
    }
    let mut request = get("/v1/orders");
    request.scheme = "http".to_owned();
    assert_eq!(refused(&request), NameError::Scheme);
}

#[test]
fn t43_refuses_method_and_route_overrides() {
    for path in [
        "/v1/orders?_method=DELETE",
        "/v1/orders?rest_route=%3Fx",
        "/v1/orders?_METHOD=PUT",
        "/v1/orders?X-HTTP-Method-Override=PUT",
    ] {
        assert!(matches!(refused(&get(path)), NameError::Override | NameError::Url(_)), "{path}");
    }
    assert_eq!(refused(&get("/v1/orders?_method=DELETE")), NameError::Override);
    assert_eq!(refused(&get("/v1/orders?rest_route=x")), NameError::Override);
    assert_eq!(refused(&form("/v1/payouts", "amount=1&_method=GET")), NameError::Override);
    assert_eq!(refused(&json("/router", r#"{"type":"read","_method":"DELETE"}"#)), NameError::Override);
    for name in
        ["x-http-method-override", "x-method-override", "x-http-method", "x-original-url", "x-rewrite-url", "x-forwarded-host"]
    {
        let mut request = get("/v1/orders");
        request.headers.push((name.to_owned(), b"DELETE".to_vec()));
        assert_eq!(refused(&request), NameError::Header, "{name}");
    }
}

#[test]
fn t72_refuses_containers() {
    assert_eq!(refused(&json("/v1/batch", r#"[{"method":"GET","path":"/v1/orders"}]"#)), NameError::Container);
}

#[test]
fn refuses_what_is_the_app_s_under_a_store() {
    assert_eq!(refused(&post("/v1/app/secret", "application/json", "")), NameError::AppScope);
}

#[test]
fn an_sdk_that_asks_for_a_token_gets_a_placeholder() {
    let mut request = form("/token", "grant_type=refresh_token&refresh_token=placeholder");
    request.authority = "login.shop.example".to_owned();
    let Named::OwnTokenEndpoint(answer) = table().name(&request, HOST).unwrap() else { panic!() };
    assert_eq!((answer.status, answer.body.as_slice()), (200, br#"{"access_token":"placeholder"}"#.as_slice()));
    // On the store's own host too; and nothing else is asked there.
    assert_eq!(named(&form("/oauth", "grant_type=client_credentials")), "token");
    request.path = "/v1/orders".to_owned();
    assert_eq!(refused(&request), NameError::Host);
    request.path = "/token".to_owned();
    request.authority = "login.evil.example".to_owned();
    assert_eq!(refused(&request), NameError::Host);
    assert_eq!(refused(&get("/oauth")), NameError::Path);
}

proptest! {
    #[test]
    fn never_panics(path in "/[ -~]{0,40}", query in "[ -~]{0,30}", body in any::<Vec<u8>>(), kind in 0u8..3) {
        let content_type = ["application/json", "application/x-www-form-urlencoded", "text/plain"][usize::from(kind)];
        let mut request = post(&format!("{path}?{query}"), content_type, "");
        request.body = body;
        let _ = super::names(&request);
        request.method = "GET".to_owned();
        request.body.clear();
        let _ = super::names(&request);
    }

    /// Whatever a variable is, it is one segment and the operation is the one of its form.
    #[test]
    fn a_variable_never_reaches_another_operation(text in "[ -~]{1,12}") {
        if let Ok(names) = super::names(&get(&format!("/v1/reports/{text}"))) {
            prop_assert_eq!(names, ["made.report"]);
        }
    }
}
