//! Naming of requests to a shop, and its hosts.

mod injection;

use super::*;
use crate::graphql::GraphqlError;
use crate::json::JsonError;
use crate::name::NameError;
use crate::request::searched;
use crate::{InjectError, Preset};
use alloy_primitives::keccak256;
use contracts_bindings::Class;
use credential::Secret;
use protocol::http::{Request, Response};

fn preset() -> Preset {
    Preset::of_id(ID).unwrap()
}

const HOST: &str = "a.myshopify.com";
const PATH: &str = "/admin/api/2026-10/graphql.json";
const TOKEN: &[u8] = b"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";

fn post(body: &str) -> Request {
    Request {
        method: "POST".to_owned(),
        scheme: "https".to_owned(),
        authority: HOST.to_owned(),
        path: PATH.to_owned(),
        headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
        body: body.as_bytes().to_vec(),
    }
}

fn graphql(document: &str) -> Request {
    post(&serde_json::json!({ "query": document }).to_string())
}

fn named(request: &Request) -> Vec<(String, Class)> {
    let operations = preset().name(request, HOST).unwrap();
    operations.into_iter().map(|operation| (operation.name, operation.class)).collect()
}

fn refused(request: &Request) -> NameError {
    preset().name(request, HOST).unwrap_err()
}

fn with(change: impl FnOnce(&mut Request)) -> Request {
    let mut request = graphql("{shop{id}}");
    change(&mut request);
    request
}

fn secret() -> Secret {
    Secret::new(TOKEN).unwrap()
}

#[test]
fn names_every_class_of_the_table() {
    for (document, name, class) in [
        ("{orders(first:1){edges{node{id}}}}", "shopify.query.orders", Class::Read),
        ("{order(id:\"1\"){id}}", "shopify.query.order", Class::Read),
        ("{shop{name}}", "shopify.query.shop", Class::Read),
        ("{products{x}}", "shopify.query.products", Class::Read),
        ("{product{x}}", "shopify.query.product", Class::Read),
        ("{customers{x}}", "shopify.query.customers", Class::Read),
        ("{inventoryItems{x}}", "shopify.query.inventoryItems", Class::Read),
        ("{locations{x}}", "shopify.query.locations", Class::Read),
        ("{shopifyPaymentsAccount{x}}", "shopify.query.shopifyPaymentsAccount", Class::Read),
        ("mutation{orderUpdate{x}}", "shopify.mutation.orderUpdate", Class::Write),
        ("mutation{productUpdate{x}}", "shopify.mutation.productUpdate", Class::Write),
        ("mutation{tagsAdd{x}}", "shopify.mutation.tagsAdd", Class::Write),
        ("mutation{refundCreate{x}}", "shopify.mutation.refundCreate", Class::Value),
        ("mutation{orderCancel{x}}", "shopify.mutation.orderCancel", Class::Value),
        (
            "mutation{shopifyPaymentsPayoutAlternateCurrencyCreate{x}}",
            "shopify.mutation.shopifyPaymentsPayoutAlternateCurrencyCreate",
            Class::Routing,
        ),
        ("mutation{delegateAccessTokenCreate{x}}", "shopify.mutation.delegateAccessTokenCreate", Class::Mint),
        ("mutation{storefrontAccessTokenCreate{x}}", "shopify.mutation.storefrontAccessTokenCreate", Class::Mint),
        ("mutation{webhookSubscriptionCreate{x}}", "shopify.mutation.webhookSubscriptionCreate", Class::Authz),
        ("mutation{appUninstall{x}}", "shopify.mutation.appUninstall", Class::Authz),
        ("mutation{appRevokeAccessScopes{x}}", "shopify.mutation.appRevokeAccessScopes", Class::Authz),
    ] {
        assert_eq!(named(&graphql(document)), [(name.to_owned(), class)]);
    }
}

#[test]
fn names_each_root_field_and_the_version() {
    let request = graphql("mutation { a: orderUpdate { x } shop: refundCreate { x } }");
    let names: Vec<_> = named(&request).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["shopify.mutation.orderUpdate", "shopify.mutation.refundCreate"]);
    let operations = preset().name(&request, HOST).unwrap();
    for operation in operations {
        let [param] = operation.params.as_slice() else { panic!() };
        assert_eq!(param.name, keccak256("api.version"));
        assert_eq!(param.value.as_slice(), b"2026-10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    }
}

#[test]
fn names_the_rest_shop() {
    let get = |change: fn(&mut Request)| {
        with(|request| {
            request.method = "GET".to_owned();
            request.path = "/admin/api/2026-10/shop.json".to_owned();
            request.body.clear();
            change(request);
        })
    };
    assert_eq!(named(&get(|_| ())), [("shopify.rest.shop".to_owned(), Class::Read)]);
    assert_eq!(refused(&get(|request| request.path.push_str("?fields=id"))), NameError::Query);
    assert_eq!(refused(&get(|request| request.body.extend(b"{}"))), NameError::Body);
    assert_eq!(refused(&get(|request| request.path = "/admin/api/2026-10/orders.json".to_owned())), NameError::Path);
    assert_eq!(refused(&get(|request| request.method = "PUT".to_owned())), NameError::Unknown);
}

#[test]
fn accepts_variables_and_operation_name() {
    let body = r#"{"query":"query A($x:Int){orders(first:$x){x}}","variables":{"x":1.0e2,"y":[{"z":null}]},"operationName":"A"}"#;
    let request = post(body);
    assert_eq!(named(&request).len(), 1);
    // Variables go out as they came: byte for byte.
    let sent = preset().inject(&request, HOST, &secret()).unwrap();
    assert_eq!(sent.body, body.as_bytes());
    assert_eq!(named(&post(r#"{"query":"{shop}","variables":null,"operationName":null}"#)).len(), 1);
}

#[test]
fn t72_refuses_containers() {
    for document in [
        "{node(id:\"gid://shopify/StorefrontAccessToken/1\"){id}}",
        "{nodes(ids:[\"gid://shopify/Order/1\" \"gid://shopify/Shop/1\"]){id}}",
        "{node(id:\"gid://shopify/Order/1?x\"){id}}",
        "{node(id:\"gid://other/Order/1\"){id}}",
        "{node(id:\"gid:\\u002f/shopify/Order/1\"){id}}",
        "{node(id:\"gid://shopify/Order/1\" id:\"gid://shopify/Shop/1\"){id}}",
        "{node(id:ORDER){id}}",
        "{node(id:$id){id}}",
        "{node{id}}",
        "{nodes(ids:[]){id}}",
        "{shop:node(id:\"1\"){id}}",
        "{bulkOperation(id:\"1\"){id}}",
        "mutation{bulkOperationRunQuery(query:\"\"){x}}",
        "mutation{bulkOperationRunMutation(mutation:\"\"){x}}",
        "mutation{tagsAdd{x} a:bulkOperationRunMutation{x}}",
        "mutation{metafieldsSetBatch{x}}",
    ] {
        assert_eq!(refused(&graphql(document)), NameError::Container, "{document}");
    }
}

#[test]
fn t72_a_node_is_the_operation_of_its_type() {
    let order = ("shopify.query.order".to_owned(), Class::Read);
    let product = ("shopify.query.product".to_owned(), Class::Read);
    assert_eq!(named(&graphql("{order:node(id:\"gid://shopify/Order/1\"){id}}")), core::slice::from_ref(&order));
    assert_eq!(
        named(&graphql("{nodes(ids:[\"gid://shopify/Product/1\" \"gid://shopify/Order/1\" \"gid://shopify/Order/2\"]){id}}")),
        [order.clone(), product]
    );
    let variable = r#"{"query":"query($a:ID!,$b:[ID!]!){node(id:$a){id} nodes(ids:$b){id}}","variables":{"a":"gid://shopify/Order/1","b":["gid://shopify/Order/2"]}}"#;
    assert_eq!(named(&post(variable)), [order.clone(), order]);
    for variables in [
        "null",
        "{}",
        r#"{"a":null}"#,
        r#"{"a":1}"#,
        r#"{"a":{"b":"gid://shopify/Order/1"}}"#,
        r#"{"a":["gid://shopify/App/1"]}"#,
    ] {
        let body =
            format!(r#"{{"query":"query($a:ID=\"gid://shopify/Order/1\"){{node(id:$a){{id}}}}","variables":{variables}}}"#);
        assert_eq!(refused(&post(&body)), NameError::Container, "{variables}");
    }
}

#[test]
fn t72_refuses_what_is_not_in_the_table() {
    for document in
        ["{refundCreate{x}}", "mutation{orders{x}}", "{Orders{x}}", "mutation{themeFilesUpsert{x}}", "{shop{id} unknown}"]
    {
        assert_eq!(refused(&graphql(document)), NameError::Unknown, "{document}");
    }
}

#[test]
fn t72_refuses_documents_that_hide_a_root_field() {
    let error = |document| match refused(&graphql(document)) {
        NameError::Graphql(error) => error,
        other => panic!("{other}"),
    };
    assert_eq!(error("mutation{...F} fragment F on Mutation{...F}"), GraphqlError::Fragment);
    assert_eq!(error("query A{shop} mutation B{refundCreate{x}}"), GraphqlError::SeveralOperations);
    assert_eq!(error("subscription{orders}"), GraphqlError::Subscription);
    assert_eq!(error("{__schema{types{name}}}"), GraphqlError::Introspection);
    assert_eq!(error("\u{feff}{shop}"), GraphqlError::Character);
    assert_eq!(error("{shop"), GraphqlError::Syntax);
}

#[test]
fn t72_refuses_a_body_that_can_be_read_in_two_ways() {
    for body in [
        r#"{"query":"{shop}","query":"mutation{refundCreate{x}}"}"#,
        r#"{"query":"{shop}","\u0071uery":"mutation{refundCreate{x}}"}"#,
        r#"{"query":"{shop}","variables":{"a":1,"a":2}}"#,
        r#"{"query":"{shop}"}{"query":"mutation{refundCreate{x}}"}"#,
        r"query={shop}",
    ] {
        assert_eq!(refused(&post(body)), NameError::Json(JsonError), "{body}");
    }
    assert_eq!(refused(&post("")), NameError::ContentType);
    for body in [
        r#"[{"query":"{shop}"},{"query":"mutation{refundCreate{x}}"}]"#,
        r#"{"query":"{shop}","extensions":{"persistedQuery":{}}}"#,
        r#"{"query":"{shop}","Query":"mutation{refundCreate{x}}"}"#,
        r#"{"query":"{shop}","variables":"{}"}"#,
        r#"{"query":["{shop}"]}"#,
        r#"{"query":null}"#,
        r#"{"query":"{shop}","operationName":1}"#,
        r#"{"id":"a"}"#,
        "{}",
        "\"{shop}\"",
        "null",
    ] {
        assert_eq!(refused(&post(body)), NameError::GraphqlRequest, "{body}");
    }
    for body in [r#"{"query":"query A{shop}","operationName":"B"}"#, r#"{"query":"{shop}","operationName":""}"#] {
        assert_eq!(refused(&post(body)), NameError::OperationName, "{body}");
    }
}

#[test]
fn t72_refuses_a_query_outside_the_body() {
    assert_eq!(refused(&with(|request| request.path.push_str("?query=shop"))), NameError::Query);
    assert!(matches!(refused(&with(|request| request.path.push('?'))), NameError::Url(_)));
    let get = with(|request| {
        request.method = "GET".to_owned();
        request.body.clear();
    });
    assert_eq!(refused(&get), NameError::Path);
}

#[test]
fn t72_refuses_a_body_that_is_not_declared_as_json() {
    for content_type in [
        "application/graphql",
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/json; charset=utf-7",
        "application/JSON",
        "",
    ] {
        let request = with(|request| request.headers[0].1 = content_type.as_bytes().to_vec());
        assert_eq!(refused(&request), NameError::ContentType, "{content_type}");
    }
    assert_eq!(refused(&with(|request| request.headers.clear())), NameError::ContentType);
    assert_eq!(named(&with(|request| request.headers[0].1 = b"application/json; charset=utf-8".to_vec())).len(), 1);
}

#[test]
fn refuses_other_paths_and_versions() {
    for path in [
        "/admin/api/2026-10/graphql.json/",
        "/admin/api/2026-10/graphql",
        "/admin/api/graphql.json",
        "/admin/api//graphql.json",
        "/api/2026-10/graphql.json",
        "/admin/oauth/access_token",
        "/",
        "",
        "/admin/api/2026-10/../2026-10/graphql.json",
        "/admin/api/2026-10/GraphQL.json",
        "/ADMIN/api/2026-10/graphql.json",
    ] {
        let error = refused(&with(|request| request.path = path.to_owned()));
        assert!(matches!(error, NameError::Path | NameError::Url(_) | NameError::OwnTokenEndpoint), "{path} {error}");
    }
    for version in ["unstable", "2026-11", "2026-1", "202-10", "2026_10", "20260-10", "2026-10 ", "２026-10"] {
        let request = with(|request| request.path = format!("/admin/api/{version}/graphql.json"));
        assert!(matches!(refused(&request), NameError::Path | NameError::Url(_)), "{version}");
    }
}

#[test]
fn t43_refuses_another_spelling_of_the_host() {
    for authority in [
        "A.myshopify.com",
        "a.myshopify.com.",
        "a.myshopify.com:443",
        "user@a.myshopify.com",
        "b.myshopify.com@a.myshopify.com",
        " a.myshopify.com",
        "xn--a.myshopify.com",
        "",
    ] {
        assert_eq!(refused(&with(|request| request.authority = authority.to_owned())), NameError::Host, "{authority}");
    }
    assert_eq!(refused(&with(|request| request.scheme = "http".to_owned())), NameError::Scheme);
}

#[test]
fn t70_refuses_another_store_s_host() {
    let other = with(|request| request.authority = "b.myshopify.com".to_owned());
    assert_eq!(refused(&other), NameError::Host);
    assert_eq!(preset().inject(&other, HOST, &secret()).unwrap_err(), InjectError::Host);
    // Nor does a binding of a host that is no shop help.
    let evil = with(|request| request.authority = "evil.example".to_owned());
    assert_eq!(preset().name(&evil, "evil.example").unwrap_err(), NameError::Host);
    assert_eq!(preset().inject(&evil, "evil.example", &secret()).unwrap_err(), InjectError::Host);
}

#[test]
fn t45_a_host_has_exactly_the_shape_of_a_shop() {
    for host in ["a.myshopify.com", "my-shop-2.myshopify.com", "0.myshopify.com"] {
        assert!(preset().host_allowed(host), "{host}");
        assert_eq!(preset().egress_hosts(host), [host]);
        assert_eq!(Preset::of_host(host), Some(preset()));
    }
    for host in [
        "myshopify.com",
        ".myshopify.com",
        "-a.myshopify.com",
        "a-.myshopify.com",
        "a.b.myshopify.com",
        "A.myshopify.com",
        "a.myshopify.com.",
        "a.myshopify.com:443",
        "a.myshopify.com.evil.example",
        "evil.example/a.myshopify.com",
        "a_b.myshopify.com",
        "é.myshopify.com",
        "a%2e.myshopify.com",
        "a\0.myshopify.com",
        "amyshopify.com",
        "169.254.169.254",
        "localhost",
    ] {
        assert!(!preset().host_allowed(host), "{host}");
        assert!(preset().egress_hosts(host).is_empty());
    }
    assert!(!preset().host_allowed(&format!("{}.myshopify.com", "a".repeat(64))));
}
