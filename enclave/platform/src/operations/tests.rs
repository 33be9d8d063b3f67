//! The mechanism, on a table made for the purpose; and what holds of every preset's.

mod answers;
mod asked;
mod document;
mod files;
mod hostile;
mod links;
mod rules;

use protocol::http::Request;

use super::{Named, Table};
use crate::name::NameError;

const HOST: &str = "api.shop.example";

/// A table that has one of everything.
const TABLE: &str = r#"{
  "preset": "made",
  "prefix": "made",
  "sources": { "s": { "what": "made for the test", "verified": true } },
  "operations": [
    { "name": "made.orders.list", "class": "READ", "method": "GET", "path": "/v1/orders", "source": "s",
      "params": [{ "name": "marketplace", "from": "query:ids", "as": "text", "separator": "," }] },
    { "name": "made.orders.get", "class": "READ", "method": "GET", "path": "/v1/orders/{order:digits}", "source": "s",
      "params": [{ "name": "order", "from": "path:order", "as": "text" }] },
    { "name": "made.refund", "class": "VALUE", "repeat": "keyed", "method": "POST", "path": "/v1/orders/{order:digits}/refund", "source": "s",
      "params": [{ "name": "amount", "from": "json:/amount/value", "as": "millionths" },
                 { "name": "currency", "from": "json:/amount/currency", "as": "ascii" },
                 { "name": "line", "from": "json:/lines/*/id", "as": "text" }] },
    { "name": "made.pay", "class": "ROUTING", "method": "POST", "path": ["/v1/payouts", "/v1/payouts/**"], "body": "form", "source": "s",
      "params": [{ "name": "amount", "from": "form:amount", "as": "millionths" }] },
    { "name": "made.rpc.read", "class": "READ", "method": ["GET", "POST"], "path": "/rpc", "body": "form", "query": ["*"],
      "when": { "either:method": "read" }, "source": "s" },
    { "name": "made.rpc.write", "class": "WRITE", "method": ["GET", "POST"], "path": "/rpc", "body": "form", "query": ["*"],
      "when": { "either:method": ["write", "save"] }, "source": "s" },
    { "name": "made.json.read", "class": "READ", "method": "POST", "path": "/router", "when": { "json:/type": "read" }, "source": "s" },
    { "name": "made.json.write", "class": "WRITE", "method": "POST", "path": "/router", "when": { "json:/type": "write" }, "source": "s" },
    { "name": "made.header", "class": "READ", "method": "POST", "path": "/dll", "when": { "header:prefer": "GetAccount" }, "body": "none", "source": "s" },
    { "name": "made.app", "class": "CREDENTIAL", "scope": "app", "method": "POST", "path": "/v1/app/secret", "body": "json?", "source": "s" },
    { "name": "made.report", "class": "READ", "method": "GET", "path": "/v1/reports/{report}", "query": ["a"], "source": "s" }
  ],
  "containers": [{ "method": "POST", "path": "/v1/batch", "why": "batch" }],
  "tokens": [{ "method": "POST", "host": "login.shop.example", "path": "/token", "answer": { "access_token": "placeholder" } },
             { "method": "POST", "path": "/oauth", "answer": { "access_token": "placeholder" } }],
  "projections": { "orders.no-buyer": { "operations": ["made.orders.list", "made.orders.get"], "keep": ["/orders/*/id"] } },
  "watch": { "operation": "made.orders.get", "keep": ["/a"], "unasked": "in a test" },
  "links": [{ "operation": "made.report", "at": "/url", "hosts": ["files.example", "*.s3.example"] }],
  "minted": ["access_token"]
}"#;

fn table() -> Table {
    Table::parse(TABLE).unwrap()
}

fn get(path: &str) -> Request {
    Request {
        method: "GET".to_owned(),
        scheme: "https".to_owned(),
        authority: HOST.to_owned(),
        path: path.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    }
}

fn post(path: &str, content_type: &str, body: &str) -> Request {
    let mut request = get(path);
    request.method = "POST".to_owned();
    request.headers = vec![("content-type".to_owned(), content_type.as_bytes().to_vec())];
    request.body = body.as_bytes().to_vec();
    request
}

fn json(path: &str, body: &str) -> Request {
    post(path, "application/json", body)
}

fn form(path: &str, body: &str) -> Request {
    post(path, "application/x-www-form-urlencoded", body)
}

/// The names of a request's operations.
fn names(request: &Request) -> Result<Vec<String>, NameError> {
    match table().name(request, HOST)? {
        Named::Operations(operations) => Ok(operations.into_iter().map(|operation| operation.name).collect()),
        Named::OwnTokenEndpoint(_) => Ok(vec!["token".to_owned()]),
    }
}

fn named(request: &Request) -> String {
    names(request).unwrap().join(" ")
}

fn refused(request: &Request) -> NameError {
    names(request).unwrap_err()
}
