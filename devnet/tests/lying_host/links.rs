//! Files on other hosts that answers name.

use protocol::http::{Request, Response};
use protocol::ledger::Ending;
use serde_json::json;

use super::amazon::{DOCUMENT, Selling};
use crate::support_host::{Read, SALT, SALT_2};
use alloy_primitives::B256;

const URL: &str = "https://tortuga-prod-na.s3.amazonaws.com/doc%2F1?X-Amz-Credential=AKIA%2F20261126%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=ab";

fn selling() -> Selling {
    let mut selling = Selling::new(&[SALT, SALT_2]);
    let caller = selling.world.chain.accounts().caller;
    selling.world.grant(&caller, DOCUMENT);
    selling
}

impl Selling {
    /// The platform's answer names this.
    fn named(&mut self, url: &str) {
        self.amazon().document = json!({ "reportDocumentId": "doc-1", "url": url }).to_string();
        let read = self.document(SALT);
        assert_eq!((read.outcome.as_str(), read.status), ("upstream", 200), "{read:?}");
    }

    fn fetch(&mut self, body: &serde_json::Value, salt: B256, stranger: bool) -> Read {
        let request = Request {
            method: "POST".to_owned(),
            scheme: "https".to_owned(),
            authority: "vault.internal".to_owned(),
            path: "/v1/link".to_owned(),
            headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
            body: body.to_string().into_bytes(),
        };
        let accounts = self.world.chain.accounts();
        let key = if stranger { accounts.guardian } else { accounts.caller };
        self.caller.ask(&mut self.world, &key, salt, request)
    }

    fn link(&mut self, url: &str) -> Read {
        self.fetch(&json!({ "url": url }), SALT, false)
    }
}

fn rule(read: &Read) -> (&str, &str) {
    (read.refusal.as_str(), read.rule.as_str())
}

#[test]
fn a_link_that_an_answer_named_is_fetched_with_nothing_of_the_stores() {
    let mut selling = selling();
    selling.named(URL);
    let file = vec![0x1f, 0x8b, 8, 0, 1];
    let headers = [("content-encoding", "gzip"), ("set-cookie", "a=b"), ("x-amz-meta-a", "b"), ("etag", "\"1\"")];
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    selling.amazon().file = Response { status: 200, headers, body: file.clone() };
    let read = selling.link(URL);
    assert_eq!((read.outcome.as_str(), read.status, &read.response.body), ("upstream", 200, &file), "{read:?}");
    assert_eq!(read.ending, Some(Ending::Upstream { status: 200 }));
    assert_eq!((read.response.header("content-encoding"), read.response.header("set-cookie")), (Some(&b"gzip"[..]), None));

    let part = selling.fetch(&json!({ "url": URL, "first": 5, "last": 9 }), SALT, false);
    assert_eq!(part.outcome, "upstream");
    let amazon = selling.amazon();
    let sent: Vec<Vec<&str>> =
        amazon.fetched.iter().map(|sent| sent.headers.iter().map(|(name, _)| name.as_str()).collect()).collect();
    assert_eq!(sent, [vec!["host", "accept-encoding"], vec!["host", "accept-encoding", "range"]]);
    assert!(amazon.fetched.iter().all(|sent| sent.url() == URL && sent.method == "GET" && sent.body.is_empty()));
}

#[test]
fn a_later_part_says_which_it_is_and_one_that_is_answered_whole_says_so() {
    let mut selling = selling();
    selling.named(URL);
    let whole = b"0123456789".to_vec();
    let asked = json!({ "url": URL, "first": 5, "last": 9 });
    // A host that hands out parts, and then one that knows none: whoever asked can tell them apart, and the receipt is of what was answered.
    for (status, range, body) in [(206, Some("bytes 5-9/10"), &whole[5..]), (200, None, &whole[..])] {
        let headers = range.map(|range| ("Content-Range".to_owned(), range.as_bytes().to_vec()));
        selling.amazon().file = Response { status, headers: headers.into_iter().collect(), body: body.to_vec() };
        let part = selling.fetch(&asked, SALT, false);
        assert_eq!((part.outcome.as_str(), part.status, part.response.body.as_slice()), ("upstream", status, body), "{part:?}");
        assert_eq!(part.ending, Some(Ending::Upstream { status }));
        assert_eq!(part.response.header("content-range"), range.map(str::as_bytes));
    }
    let amazon = selling.amazon();
    assert_eq!(amazon.fetched.len(), 2, "asked once each");
    assert!(amazon.fetched.iter().all(|sent| sent.header("range") == Some(b"bytes=5-9")), "{:?}", amazon.fetched);
}

#[test]
fn t70_a_link_is_for_whom_and_what_it_was_named_to_and_for_no_longer_than_that_is_permitted() {
    let mut selling = selling();
    let unknown = ("not_permitted", "link.unknown");
    assert_eq!(rule(&selling.link(URL)), unknown, "before any answer named it");
    selling.named(URL);
    assert_eq!(rule(&selling.fetch(&json!({ "url": URL }), SALT_2, false)), unknown, "another store");
    assert_eq!(rule(&selling.fetch(&json!({ "url": URL }), SALT, true)), unknown, "another caller");
    for altered in [&URL[..URL.len() - 1], &format!("{URL}c"), &URL.replace("%2F", "/"), &URL.replace("https", "http")] {
        assert_eq!(rule(&selling.link(altered)), unknown, "{altered}");
    }
    for body in [json!({}), json!({ "url": 1 }), json!({ "url": URL, "first": 1 }), json!({ "url": URL, "method": "PUT" })] {
        assert_eq!(rule(&selling.fetch(&body, SALT, false)), ("malformed", "link.form"), "{body}");
    }
    assert!(selling.amazon().fetched.is_empty());

    // What named it is permitted no more.
    selling.world.revoke(DOCUMENT);
    selling.world.steps(8);
    selling.world.tick();
    let read = selling.link(URL);
    assert_eq!((read.refusal.as_str(), selling.amazon().fetched.len()), ("not_permitted", 0), "{read:?}");

    // A new process remembers none.
    let caller = selling.world.chain.accounts().caller;
    selling.world.grant(&caller, DOCUMENT);
    assert_eq!(selling.link(URL).outcome, "upstream");
    selling.world.now += 3_600_000;
    selling.world.catch_up();
    assert_eq!(rule(&selling.link(URL)), unknown, "it has its time");
}

#[test]
fn t45_a_link_leads_to_no_host_but_those_of_the_table() {
    let mut selling = selling();
    for url in [
        "https://169.254.169.254/latest/meta-data/iam/",
        "https://[fd00:ec2::254]/latest/",
        "https://2852039166/latest/",
        "https://0xa9fea9fe/latest/",
        "https://metadata.google.internal/computeMetadata/v1/",
        "https://localhost/x",
        "https://10.0.0.1/x",
        "https://vault.internal/v1/provision",
        "https://sellingpartnerapi-na.amazon.com/orders/v0/orders",
        "https://evilamazonaws.com/x",
        "https://amazonaws.com/x",
        "https://b.s3.amazonaws.com.evil.example/x",
        "https://b.s3.amazonaws.com@evil.example/x",
        "https://a:b@b.s3.amazonaws.com/x",
        "https://b.s3.amazonaws.com:8443/x",
        "https://b.s3.amazonaws.com\\@evil.example/x",
        "http://b.s3.amazonaws.com/x",
        "//b.s3.amazonaws.com/x",
        "file:///etc/passwd",
    ] {
        selling.named(url);
        assert_eq!(rule(&selling.link(url)), ("not_permitted", "link.unknown"), "{url}");
    }
    assert!(selling.amazon().fetched.is_empty());
}

#[test]
fn t42_a_file_host_that_reflects_or_redirects_learns_and_leads_to_nothing() {
    let mut selling = selling();
    selling.named(URL);
    for status in [301, 302, 303, 307, 308] {
        let headers = vec![("location".to_owned(), b"https://169.254.169.254/".to_vec())];
        selling.amazon().file = Response { status, headers, body: Vec::new() };
        let read = selling.link(URL);
        assert_eq!(rule(&read), ("upstream_error", "response.redirect"));
        assert_eq!(read.ending, Some(Ending::Upstream { status }));
    }
    // All that it can reflect is what it was sent.
    let amazon = selling.amazon();
    assert_eq!(amazon.fetched.len(), 5);
    for sent in &amazon.fetched {
        let all = format!("{}{:?}{:?}", sent.url(), sent.headers, sent.body);
        assert!(!all.contains("access-") && !all.contains("refresh-token") && !all.contains("pst-vault"), "{all}");
    }
}
