//! Files elsewhere that answers name.

use policy::Operation;
use protocol::http::Response;
use protocol::limits;

use super::super::{Links, NamedBy, file};
use super::table;
use crate::redact::RedactError;
use contracts_bindings::Class;

const URL: &str = "https://eu.s3.example/reports/1?X-Signature=abc%2F";
const CALLER: [u8; 20] = [1; 20];
const STORE: [u8; 32] = [2; 32];

fn report() -> Operation {
    Operation { name: "made.report".to_owned(), class: Class::Read, params: Vec::new() }
}

fn answer(body: &str) -> Response {
    Response { status: 200, headers: Vec::new(), body: body.as_bytes().to_vec() }
}

fn named(body: &str) -> usize {
    table().links(&[report()], &answer(body)).len()
}

fn by() -> NamedBy {
    NamedBy { preset: "made", operations: vec![report()].into() }
}

fn remembered(links: &mut Links, caller: [u8; 20], store: [u8; 32], url: &str, now: u64) {
    let named = table().links(&[report()], &answer(&format!(r#"{{"url":"{url}"}}"#)));
    assert_eq!(named.len(), 1, "{url}");
    links.remember(caller, store, &named, &by(), now);
}

#[test]
fn t45_a_link_is_named_by_its_operation_s_answer_on_a_known_host() {
    assert_eq!(named(&format!(r#"{{"url":"{URL}"}}"#)), 1);
    assert_eq!(named(r#"{"url":"https://files.example/x"}"#), 1);
    for url in [
        "https://s3.example/x",
        "https://.s3.example/x",
        "https://evils3.example/x",
        "https://eu.s3.example.evil.example/x",
        "https://eu.s3.example@evil.example/x",
        "https://a@eu.s3.example/x",
        "https://eu.s3.example:8443/x",
        "https://EU.s3.example/x",
        "http://eu.s3.example/x",
        "https://169.254.169.254/x",
        "https://eu.s3.example",
        "https://eu.s3.example/x#y",
        "https://eu.s3.example/x y",
        "https://eu.s3.example\\\\@evil.example/x",
        "//eu.s3.example/x",
    ] {
        assert_eq!(named(&format!(r#"{{"url":"{url}"}}"#)), 0, "{url}");
    }
    assert_eq!(named(&format!(r#"{{"other":"{URL}"}}"#)), 0);
    assert_eq!(named(&format!(r#"{{"url":["{URL}"]}}"#)), 0);
    assert_eq!(named(""), 0);
    let other = Operation { name: "made.orders.get".to_owned(), ..report() };
    assert!(table().links(&[other], &answer(&format!(r#"{{"url":"{URL}"}}"#))).is_empty());
    let failed = Response { status: 404, ..answer(&format!(r#"{{"url":"{URL}"}}"#)) };
    assert!(table().links(&[report()], &failed).is_empty());
}

#[test]
fn t70_a_link_is_its_caller_s_and_its_store_s_to_the_last_byte() {
    let mut links = Links::new(8, 2, 1_000);
    remembered(&mut links, CALLER, STORE, URL, 0);
    let (link, by) = links.find(&CALLER, &STORE, URL, 999).unwrap();
    assert_eq!((by.preset, by.operations[0].name.as_str()), ("made", "made.report"));
    let sent = link.request(None).unwrap();
    assert_eq!((sent.url().as_str(), sent.method.as_str(), sent.headers.len()), (URL, "GET", 2));
    let part = link.request(Some((5, 9))).unwrap();
    assert_eq!(part.header("range"), Some(&b"bytes=5-9"[..]));
    assert_eq!((format!("{link:?}"), link.host()), ("Link(..)".to_owned(), Some("eu.s3.example")));
    assert!(links.find(&[9; 20], &STORE, URL, 0).is_none());
    assert!(links.find(&CALLER, &[9; 32], URL, 0).is_none());
    for other in [&URL[..URL.len() - 1], &format!("{URL}&"), &URL.replace("/1", "/2"), &URL.to_uppercase(), ""] {
        assert!(links.find(&CALLER, &STORE, other, 0).is_none(), "{other}");
    }
    assert!(links.find(&CALLER, &STORE, URL, 1_000).is_none(), "it has its time");
}

#[test]
fn t46_the_memory_of_links_is_bounded_in_all_and_for_each() {
    let url = |n: u8| format!("https://eu.s3.example/{n}");
    let mut links = Links::new(4, 2, 1_000);
    for n in 0..3 {
        remembered(&mut links, CALLER, STORE, &url(n), 0);
    }
    let has = |links: &mut Links, caller, n| links.find(&caller, &STORE, &url(n), 0).is_some();
    assert_eq!([0, 1, 2].map(|n| has(&mut links, CALLER, n)), [false, true, true]);
    // The same again takes no second place.
    remembered(&mut links, CALLER, STORE, &url(2), 0);
    assert!(has(&mut links, CALLER, 1));
    for other in 3..6 {
        remembered(&mut links, [other; 20], STORE, &url(other), 0);
    }
    assert_eq!([1, 2].map(|n| has(&mut links, CALLER, n)), [false, true]);
    assert!([3, 4, 5].into_iter().all(|n| has(&mut links, [n; 20], n)));
}

#[test]
fn t46_a_file_is_handed_back_bounded_and_leads_nowhere_else() {
    let headers = [("Content-Encoding", "gzip"), ("Content-Type", "text/plain"), ("Set-Cookie", "a=b"), ("X-Other", "c")];
    let headers: Vec<(String, Vec<u8>)> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
    let answer = |status, body| Response { status, headers: headers.clone(), body };
    let back = file(answer(206, vec![0x1f, 0x8b, 0])).unwrap();
    let names: Vec<&str> = back.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names.as_slice(), back.body.as_slice()), (&["content-encoding", "content-type"][..], &[0x1f, 0x8b, 0][..]));
    assert_eq!(file(answer(403, Vec::new())).unwrap().status, 403);
    for status in [301, 302, 307, 308, 304] {
        assert_eq!(file(answer(status, Vec::new())).unwrap_err(), RedactError::Redirect);
    }
    assert_eq!(file(answer(101, Vec::new())).unwrap_err(), RedactError::Status);
    assert_eq!(file(answer(200, vec![0; limits::UPSTREAM_BODY + 1])).unwrap_err(), RedactError::Size);
}
