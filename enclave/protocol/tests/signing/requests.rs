//! Which URLs and headers a call may have, and what is signed of them.

use protocol::call;
use serde_json::{Value, json};

use super::{ENC, fields, merge, request, text};

pub(super) fn urls() -> Vec<Value> {
    let long = format!("/{}", "a".repeat(4_096));
    let https = |path| ["https", "shop.example", path];
    let mut cases: Vec<[&str; 3]> = [
        "/",
        "/admin/api/2026-10/graphql.json",
        "/a/b.c/~d_e-f",
        "/a!$&'()*+,=:@b",
        "/a?b=c&d&e=",
        "/?b=/x?y:z@w,1!2$3'4(5)6*7+8=9",
        "/a%20b/%C3%A9?q=%E2%82%AC%26%3D%2B%3B%25",
        "/a?b%5B%5D=1&b%5B0%5D=2",
        "/...",
        "",
        "a",
        "https://evil.example/",
        "?a=b",
        "//evil.example/",
        "/a//b",
        "/a/",
        "/.",
        "/a/../b",
        "/%2e%2e/b",
        "/%2E%2E/b",
        "/%61",
        "/a%2Fb",
        "/a%2fb",
        "/a%5Cb",
        "/a%00b",
        "/a%0D%0AHost:%20x",
        "/a%252Fb",
        "/a?b=%2F",
        "/%C0%AF",
        "/%FF",
        "/%4",
        "/%c3%a9",
        "/a;b=c",
        "/a?b=c;d=e",
        "/a\\b",
        "/a[0]",
        "/a b",
        "/a\r\nHost: x",
        "/\u{e9}",
        "/a#b",
        "/a?",
        "/a?b=c&",
        "/a?=b",
        "/a?b=1&b=2",
        "/a?b%20c=1&b+c=2",
        "/a?%24b=1&$b=2",
        long.as_str(),
    ]
    .map(https)
    .to_vec();
    for authority in [
        "a.b",
        "xn--bcher-kva.example",
        "1.example",
        "vault.internal",
        "user@shop.example",
        "shop.example:443",
        "Shop.example",
        "shop.example.",
        "",
        "localhost",
        "shop..example",
        "-shop.example",
        "sh_op.example",
        "b\u{fc}cher.example",
        "127.0.0.1",
        "0x7f.1",
        "[::1]",
        "shop.example/x",
    ] {
        cases.push(["https", authority, "/"]);
    }
    cases.push(["http", "shop.example", "/"]);
    cases.push(["HTTPS", "shop.example", "/"]);
    let outcome = |url: [&str; 3]| {
        let mut request = request("GET", url, &[], &[]);
        fields().write(&mut request);
        let [scheme, authority, path] = url;
        let outcome = match call::unsigned(&request, &ENC, [0; 32]) {
            Ok(call) => json!({"url": call.url}),
            Err(call::CallError::Url(error)) => json!({"refused": format!("{error:?}")}),
            Err(other) => panic!("{other}"),
        };
        merge(json!({"scheme": scheme, "authority": authority, "path": path}), outcome)
    };
    cases.into_iter().map(outcome).collect()
}

pub(super) fn headers() -> Vec<Value> {
    let cases: Vec<Vec<(&str, &str)>> = vec![
        vec![],
        vec![("accept", "*/*")],
        vec![
            ("accept", "application/json, text/plain;q=0.5"),
            ("content-type", "application/json"),
            ("idempotency-key", "7"),
            ("if-none-match", "\"x\""),
            ("prefer", "return=minimal"),
            ("user-agent", "a b (c)"),
            ("x-request-id", "~"),
        ],
        vec![("accept", "a:b")],
        vec![("prefer", "x"), ("accept", "y")],
        vec![("accept", "a"), ("accept", "b")],
        vec![("Accept", "x")],
        vec![("accept ", "x")],
        vec![("", "x")],
        vec![("accept", "")],
        vec![("accept", " a")],
        vec![("accept", "a ")],
        vec![("accept", "a\tb")],
        vec![("accept", "a\r\nhost: evil")],
        vec![("accept", "\u{e9}")],
        vec![("host", "evil.example")],
        vec![("authorization", "x")],
        vec![("cookie", "x")],
        vec![("te", "trailers")],
        vec![("content-length", "1")],
        vec![("transfer-encoding", "chunked")],
        vec![("connection", "x")],
        vec![("forwarded", "x")],
        vec![("x-http-method-override", "DELETE")],
        vec![("accept", "x"); 65],
    ];
    let outcome = |pairs: Vec<(&str, &str)>| {
        let mut request = request("GET", ["https", "shop.example", "/"], &pairs, &[]);
        // A refusal of these comes before anything of ours is looked at.
        let mut complete = request.clone();
        fields().write(&mut complete);
        let ordered = complete.headers.iter().filter(|(name, _)| !name.starts_with("pst-vault-")).eq(&request.headers);
        if ordered {
            request = complete;
        }
        let outcome = match call::unsigned(&request, &ENC, [0; 32]) {
            Ok(call) => json!({"headersHash": text(call.headersHash)}),
            Err(call::CallError::Headers(error)) => json!({"refused": format!("{error:?}")}),
            Err(other) => panic!("{other}"),
        };
        merge(json!({"headers": pairs}), outcome)
    };
    cases.into_iter().map(outcome).collect()
}
