use protocol::call::{CallError, HeaderError, UPSTREAM_HEADERS, UrlError, check_host, unsigned};
use protocol::http::Request;
use protocol::limits;

use crate::call::fields;
use crate::request;

fn url(change: impl FnOnce(&mut Request)) -> Result<String, CallError> {
    let mut request = request("/");
    change(&mut request);
    fields().write(&mut request);
    unsigned(&request, &[0; 65], [0; 32]).map(|call| call.url)
}

fn path(path: &str) -> Result<String, CallError> {
    url(|request| path.clone_into(&mut request.path))
}

fn headers(pairs: &[(&str, &str)]) -> Result<(), CallError> {
    let mut request = request("/");
    fields().write(&mut request);
    for (name, value) in pairs {
        request.headers.push(((*name).to_owned(), value.as_bytes().to_vec()));
    }
    // A stable sort, so that two of one name stand side by side.
    request.headers.sort_by(|(a, _), (b, _)| a.cmp(b));
    unsigned(&request, &[0; 65], [0; 32]).map(|_| ())
}

#[test]
fn accepts_what_is_in_normal_form() {
    for good in [
        "/",
        "/admin/api/2026-10/graphql.json",
        "/a/b.c/~d_e-f",
        "/a?b=c",
        "/a?b",
        "/a?b=",
        "/a?b=c&d=e&f",
        "/?b=/x?y:z@w,1!2$3'4(5)6*7+8=9",
        "/a%20b/%C3%A9?q=%E2%82%AC%26%3D%2B%3B%25",
        "/a!$&'()*+,=:@b",
        "/...",
        "/.well-known",
        "/a?b%5B%5D=1&b%5B0%5D=2",
    ] {
        assert_eq!(path(good), Ok(format!("https://shop.example{good}")), "{good}");
    }
    for good in ["a.b", "x1-y.shop.example", "xn--bcher-kva.example", "vault.internal", "1.example"] {
        assert_eq!(check_host(good), Ok(()), "{good}");
    }
}

#[test]
fn t43_a_url_that_two_parsers_could_read_differently_is_refused() {
    let cases = [
        ("", UrlError::NotAPath),
        ("a", UrlError::NotAPath),
        ("https://evil.example/", UrlError::NotAPath), // absolute form against the authority
        ("*", UrlError::NotAPath),
        ("?a=b", UrlError::NotAPath),
        ("//evil.example/", UrlError::EmptySegment),
        ("/a//b", UrlError::EmptySegment),
        ("/a/", UrlError::EmptySegment),
        ("/a/?b=c", UrlError::EmptySegment),
        ("/.", UrlError::DotSegment),
        ("/a/../b", UrlError::DotSegment),
        ("/a/./b", UrlError::DotSegment),
        ("/..", UrlError::DotSegment),
        ("/%2e%2e/b", UrlError::Encoding),
        ("/%2E%2E/b", UrlError::NeedlessEncoding),
        ("/%61", UrlError::NeedlessEncoding),
        ("/%7E", UrlError::NeedlessEncoding),
        ("/a%2Fb", UrlError::ForbiddenEncoding),
        ("/a%2fb", UrlError::Encoding),
        ("/a%5Cb", UrlError::ForbiddenEncoding),
        ("/a%00b", UrlError::ForbiddenEncoding),
        ("/a%0D%0AHost:%20x", UrlError::ForbiddenEncoding),
        ("/a%7Fb", UrlError::ForbiddenEncoding),
        ("/a%252Fb", UrlError::ForbiddenEncoding), // encoded twice
        ("/a?b=%2F", UrlError::ForbiddenEncoding),
        ("/a?b=%5C", UrlError::ForbiddenEncoding),
        ("/a?b=%00", UrlError::ForbiddenEncoding),
        ("/%C0%AF", UrlError::Encoding), // an overlong slash
        ("/%FF", UrlError::Encoding),
        ("/%", UrlError::Encoding),
        ("/%4", UrlError::Encoding),
        ("/%G0", UrlError::Encoding),
        ("/%c3%a9", UrlError::Encoding),
        ("/a;b=c", UrlError::Character),
        ("/a?b=c;d=e", UrlError::Character),
        ("/a\\b", UrlError::Character),
        ("/a[0]", UrlError::Character),
        ("/a?b[]=1", UrlError::Character),
        ("/a\"b", UrlError::Character),
        ("/a b", UrlError::Character),
        ("/a\r\nHost: x", UrlError::Character),
        ("/a\tb", UrlError::Character),
        ("/a\0", UrlError::Character),
        ("/\u{e9}", UrlError::Character),
        ("/a#b", UrlError::Fragment),
        ("/a?b#c", UrlError::Fragment),
        ("/a?", UrlError::EmptyQuery),
        ("/a?b=c&", UrlError::EmptyQuery),
        ("/a?&b=c", UrlError::EmptyQuery),
        ("/a?=b", UrlError::EmptyQuery),
        ("/a?b=1&b=2", UrlError::DuplicateKey),
        ("/a?b=1&c&b", UrlError::DuplicateKey),
        ("/a?b%20c=1&b+c=2", UrlError::DuplicateKey),
        ("/a?%24b=1&$b=2", UrlError::DuplicateKey),
    ];
    for (text, expected) in cases {
        assert_eq!(path(text), Err(CallError::Url(expected)), "{text}");
    }
    assert_eq!(path(&format!("/{}", "a".repeat(limits::URL))), Err(CallError::Url(UrlError::TooLong)));
}

#[test]
fn t43_a_scheme_or_host_in_another_form_is_refused() {
    for scheme in ["http", "HTTPS", "", "ftp", "https:"] {
        assert_eq!(url(|r| scheme.clone_into(&mut r.scheme)), Err(CallError::Url(UrlError::Scheme)), "{scheme}");
    }
    let label = "a".repeat(64);
    let long = format!("{}.example", "a.".repeat(130));
    let cases = [
        ("user@shop.example", UrlError::UserInfo),
        ("shop.example@evil.example", UrlError::UserInfo),
        ("user:pass@shop.example", UrlError::UserInfo),
        ("shop.example:443", UrlError::Port),
        ("shop.example:", UrlError::Port),
        ("shop.example:8443", UrlError::Port),
        ("Shop.example", UrlError::HostCase),
        ("shop.examplE", UrlError::HostCase),
        ("shop.example.", UrlError::TrailingDot),
        (".", UrlError::TrailingDot),
        ("", UrlError::Host),
        ("localhost", UrlError::Host),
        (".shop.example", UrlError::Host),
        ("shop..example", UrlError::Host),
        ("-shop.example", UrlError::Host),
        ("shop-.example", UrlError::Host),
        ("sh_op.example", UrlError::Host),
        ("sh%6fp.example", UrlError::Host),
        ("shop.example/x", UrlError::Host),
        ("shop.example?x", UrlError::Host),
        ("shop.example#", UrlError::Host),
        ("shop.example\\x", UrlError::Host),
        ("shop.example\r\nx.y", UrlError::Host),
        ("sh op.example", UrlError::Host),
        ("b\u{fc}cher.example", UrlError::Host),
        ("shop\u{3002}example", UrlError::Host),
        ("\u{440}aypal.example", UrlError::Host),
        ("127.0.0.1", UrlError::Host),
        ("2130706433", UrlError::Host),
        ("0x7f.1", UrlError::Host),
        ("[::1]", UrlError::Host),
        ("*.example", UrlError::Host),
        (label.as_str(), UrlError::Host),
        (long.as_str(), UrlError::Host),
    ];
    for (host, expected) in cases {
        assert_eq!(url(|r| host.clone_into(&mut r.authority)), Err(CallError::Url(expected)), "{host}");
        assert_eq!(check_host(host), Err(expected), "{host}");
    }
}

#[test]
fn t43_a_method_that_is_none_of_six_is_refused() {
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] {
        assert!(url(|r| method.clone_into(&mut r.method)).is_ok());
    }
    for method in ["get", "", "CONNECT", "TRACE", "OPTIONS", "PROPFIND", "GET ", "GET /\r\n"] {
        assert_eq!(url(|r| method.clone_into(&mut r.method)), Err(CallError::Method), "{method}");
    }
}

#[test]
fn t43_t44_a_header_that_is_not_sent_upstream_is_refused() {
    for name in UPSTREAM_HEADERS {
        assert_eq!(headers(&[(name, "x")]), Ok(()), "{name}");
    }
    for name in [
        "host",
        "authorization",
        "proxy-authorization",
        "cookie",
        "x-shopify-access-token",
        "content-length",
        "transfer-encoding",
        "te",
        "trailer",
        "connection",
        "keep-alive",
        "upgrade",
        "expect",
        "accept-encoding",
        "content-encoding",
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-original-url",
        "x-rewrite-url",
        "x-http-method",
        "x-http-method-override",
        "x-method-override",
        "range",
        "via",
        "origin",
    ] {
        assert_eq!(headers(&[(name, "x")]), Err(CallError::Headers(HeaderError::NotAllowed)), "{name}");
    }
}

#[test]
fn t43_a_header_in_another_form_is_refused() {
    let long = "a".repeat(limits::HEADER_VALUE + 1);
    let cases = [
        (vec![("Accept", "x")], HeaderError::Name),
        (vec![("", "x")], HeaderError::Name),
        (vec![("accept ", "x")], HeaderError::Name),
        (vec![("accept:", "x")], HeaderError::Name),
        (vec![("acc\r\nept", "x")], HeaderError::Name),
        (vec![(":authority", "x")], HeaderError::Name),
        (vec![("\u{e9}", "x")], HeaderError::Name),
        (vec![("accept", "a\r\nhost: evil")], HeaderError::Value),
        (vec![("accept", "a\n b")], HeaderError::Value),
        (vec![("accept", "a\0")], HeaderError::Value),
        (vec![("accept", "a\tb")], HeaderError::Value),
        (vec![("accept", " a")], HeaderError::Value),
        (vec![("accept", "a ")], HeaderError::Value),
        (vec![("accept", "")], HeaderError::Value),
        (vec![("accept", "\u{e9}")], HeaderError::Value),
        (vec![("accept", long.as_str())], HeaderError::Value),
        (vec![("accept", "a"), ("accept", "b")], HeaderError::Duplicate),
        (vec![("content-length", "1"), ("content-length", "2")], HeaderError::NotAllowed),
        (vec![("accept", "x"); limits::HEADERS], HeaderError::TooMany),
    ];
    for (pairs, expected) in cases {
        assert_eq!(headers(&pairs), Err(CallError::Headers(expected)), "{pairs:?}");
    }
}

#[test]
fn headers_stand_in_order() {
    let mut request = request("/");
    request.headers = vec![("prefer".to_owned(), b"x".to_vec()), ("accept".to_owned(), b"y".to_vec())];
    fields().write(&mut request);
    assert!(unsigned(&request, &[0; 65], [0; 32]).is_ok());
    request.headers.swap(0, 1);
    assert_eq!(unsigned(&request, &[0; 65], [0; 32]), Err(CallError::Headers(HeaderError::Order)));
}
