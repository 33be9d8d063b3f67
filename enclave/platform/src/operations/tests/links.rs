//! Files elsewhere that answers name.

use policy::Operation;
use protocol::http::{Request, Response};

use super::super::Links;
use super::{get, table};
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

fn request(url: &str) -> Request {
    let (host, path) = url.strip_prefix("https://").unwrap().split_at(url.find(".example/").unwrap());
    let mut request = get(path);
    host.clone_into(&mut request.authority);
    request
}

fn remembered(links: &mut Links, caller: [u8; 20], store: [u8; 32], url: &str, now: u64) {
    let named = table().links(&[report()], &answer(&format!(r#"{{"url":"{url}"}}"#)));
    assert_eq!(named.len(), 1, "{url}");
    links.remember(caller, store, named, now);
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
fn t70_a_link_is_its_caller_s_and_its_store_s() {
    let mut links = Links::new(8, 2, 1_000);
    remembered(&mut links, CALLER, STORE, URL, 0);
    let asked = request(URL);
    assert_eq!(asked.url(), URL);
    let link = links.find(&CALLER, &STORE, &asked, 999).unwrap();
    let sent = link.request().unwrap();
    assert_eq!((sent.url().as_str(), sent.method.as_str(), sent.headers.len()), (URL, "GET", 2));
    assert_eq!(format!("{link:?}"), "Link(..)");
    assert!(links.find(&[9; 20], &STORE, &asked, 0).is_none());
    assert!(links.find(&CALLER, &[9; 32], &asked, 0).is_none());
    assert!(links.find(&CALLER, &STORE, &request("https://eu.s3.example/reports/2?X-Signature=abc%2F"), 0).is_none());
    let mut posted = asked.clone();
    posted.method = "POST".to_owned();
    assert!(links.find(&CALLER, &STORE, &posted, 0).is_none());
    let mut bodied = asked.clone();
    bodied.body = b"x".to_vec();
    assert!(links.find(&CALLER, &STORE, &bodied, 0).is_none());
    assert!(links.find(&CALLER, &STORE, &asked, 1_000).is_none(), "it has its time");
}

#[test]
fn t46_the_memory_of_links_is_bounded_in_all_and_for_each() {
    let url = |n: u8| format!("https://eu.s3.example/{n}");
    let mut links = Links::new(4, 2, 1_000);
    for n in 0..3 {
        remembered(&mut links, CALLER, STORE, &url(n), 0);
    }
    let has = |links: &mut Links, caller, n| links.find(&caller, &STORE, &request(&url(n)), 0).is_some();
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
