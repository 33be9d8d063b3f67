//! What a file must be to be a table.

use super::super::{Repeat, Scope, Table, TableError};
use super::TABLE;

/// The table with one thing replaced.
fn changed(from: &str, to: &str) -> TableError {
    assert!(TABLE.contains(from), "{from}");
    Table::parse(&TABLE.replacen(from, to, 1)).map(|_| ()).expect_err(to)
}

fn what(error: TableError) -> &'static str {
    match error {
        TableError::Row { what, .. } => what,
        TableError::Shape(text) => panic!("{text}"),
        TableError::Conflict(one, another) => panic!("{one} {another}"),
    }
}

#[test]
fn reads_the_table() {
    let table = super::table();
    assert_eq!((table.preset(), table.operations().len()), ("made", 11));
    let known = |name| table.operation(name).unwrap();
    assert_eq!((known("made.refund").repeat(), known("made.pay").repeat()), (Repeat::Keyed, Repeat::Never));
    assert_eq!((known("made.app").scope(), known("made.report").scope()), (Scope::App, Scope::Store));
    assert_eq!(known("made.rpc.write").asked(), "GET|POST /rpc param:method=write|save");
    assert!(table.evidence(known("made.app")).unwrap().verified());
    assert_eq!(table.watch().unwrap().operation(), "made.orders.get");
}

#[test]
fn refuses_another_shape() {
    for (from, to) in [
        (r#""preset": "made","#, r#""preset": "made", "extra": 1,"#),
        (r#""preset": "made","#, r#""preset": "made", "preset": "made","#),
        (r#""class": "READ", "#, ""),
        (r#""class": "READ","#, r#""class": "READ", "clas": "READ","#),
        (r#""verified": true"#, r#""verified": "yes""#),
        (r#""as": "text""#, r#""as": "text", "of": 1"#),
    ] {
        assert!(matches!(changed(from, to), TableError::Shape(_)), "{to}");
    }
    assert!(matches!(Table::parse("").unwrap_err(), TableError::Shape(_)));
}

#[test]
fn refuses_a_row_that_can_t_be() {
    for (from, to, rule) in [
        (r#""class": "READ""#, r#""class": "read""#, "no such class"),
        (r#""preset": "made""#, r#""preset": "Made""#, "id or prefix is not [a-z0-9-]"),
        (r#""scope": "app""#, r#""scope": "all""#, "no such scope"),
        (r#""repeat": "keyed""#, r#""repeat": "often""#, "no such repeat"),
        (r#""method": "GET""#, r#""method": "get""#, "no such method"),
        (r#""method": "GET""#, r#""method": []"#, "no such method"),
        (r#""/v1/orders""#, r#""v1/orders""#, "path is no template"),
        (r#""path": "/v1/orders""#, r#""path": []"#, "path is no template"),
        (r#""path:order""#, r#""path:other""#, "a parameter names no variable of the path"),
        (r#""as": "text""#, r#""as": "number""#, "no such encoding"),
        (r#""query:ids""#, r#""cookie:ids""#, "no such place"),
        (r#""body": "form""#, r#""body": "xml""#, "no such body"),
        (r#""json:/type": "read""#, r#""json:/*": "read""#, "a condition is on one place and has values"),
        (r#""json:/type": "read""#, r#""json:/type": []"#, "a condition is on one place and has values"),
        (r#""json:/type": "read""#, r#""type": "read""#, "no such place"),
        (r#""class": "ROUTING""#, r#""class": "WRITE""#, "everything below a path is VALUE, ROUTING, AUTHZ or MINT"),
        (r#""name": "made.pay""#, r#""name": "other.pay""#, "a name is the prefix and labels"),
        (r#""name": "made.pay""#, r#""name": "made.""#, "a name is the prefix and labels"),
        (r#""name": "made.pay""#, r#""name": "made.refund""#, "name twice"),
        (r#""source": "s""#, r#""source": "t""#, "no such source"),
        (r#""operations": ["made.orders.list""#, r#""operations": ["made.orders""#, "no such operation"),
        (r#""watch": { "operation": "made.orders.get""#, r#""watch": { "operation": "made.refund""#, "what is watched is read"),
        (r#", "unasked": "in a test""#, "", "either how the vault asks or why it does not"),
        (r#""unasked": "in a test""#, r#""ask": { "path": "/a/{b" }"#, "what is asked is no path with names in it"),
        (r#""keep": ["/orders/*/id"]"#, r#""keep": ["orders"]"#, "no json pointer"),
        (r#""keep": ["/orders/*/id"]"#, r#""keep": []"#, "no json pointer"),
        (
            r#""method": "GET", "path": "/v1/orders""#,
            r#""graphql": "query orders""#,
            "a root field has a class and a source, and the endpoint all else",
        ),
        (r#""method": "GET", "path": "/v1/orders""#, r#""method": "GET""#, "either a graphql field or method and path"),
        (r#""form:amount", "as": "millionths""#, r#""form:amount", "as": "text""#, "a parameter has two encodings"),
    ] {
        assert_eq!(what(changed(from, to)), rule, "{to}");
    }
}

#[test]
fn t72_refuses_two_rows_that_could_name_the_same_request() {
    for (from, to, one, another) in [
        (r#""path": "/v1/orders", "#, r#""path": "/v1/orders/7", "#, "made.orders.list", "made.orders.get"),
        (r#"["write", "save"]"#, r#"["write", "read"]"#, "made.rpc.read", "made.rpc.write"),
        (r#""either:method": ["write", "save"]"#, r#""query:method": ["write", "save"]"#, "made.rpc.read", "made.rpc.write"),
        (r#""path": "/router", "when": { "json:/type": "write" }"#, r#""path": "/router""#, "made.json.read", "made.json.write"),
        (r#""json:/type": "write""#, r#""json:/kind": "write""#, "made.json.read", "made.json.write"),
        (r#""path": "/v1/batch""#, r#""path": "/v1/payouts/{x}""#, "made.pay", "batch"),
        (r#""path": "/oauth""#, r#""path": "/v1/payouts""#, "made.pay", "token endpoint"),
    ] {
        assert_eq!(changed(from, to), TableError::Conflict(one.to_owned(), another.to_owned()), "{to}");
    }
}
