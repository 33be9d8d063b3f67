//! What is put into a request, and what a probe tells.

use super::*;

#[test]
fn injects_the_token_and_what_the_vault_decides() {
    let request = with(|request| {
        request.headers = [
            ("accept", "application/json"),
            ("content-type", "application/json"),
            ("pst-vault-caller", "0x00"),
            ("pst-vault-signature", "0x00"),
            ("user-agent", "x"),
        ]
        .map(|(name, value)| (name.to_owned(), value.as_bytes().to_vec()))
        .to_vec();
    });
    let sent = preset().inject(&request, HOST, &secret()).unwrap();
    assert_eq!(sent.url(), request.url());
    assert_eq!((sent.method.as_str(), sent.authority.as_str(), sent.path.as_str()), ("POST", HOST, PATH));
    let headers: Vec<(&str, &[u8])> = sent.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
    let expected: [(&str, &[u8]); 6] = [
        ("host", HOST.as_bytes()),
        ("accept-encoding", b"identity"),
        ("accept", b"application/json"),
        ("content-type", b"application/json"),
        ("user-agent", b"x"),
        ("x-shopify-access-token", TOKEN),
    ];
    assert_eq!(headers, expected);
    assert_eq!(sent.body, request.body);
    assert!(!format!("{sent:?}").contains("shpat"));
}

#[test]
fn t44_refuses_headers_that_a_caller_may_not_set() {
    for name in [
        "x-shopify-access-token",
        "X-Shopify-Access-Token",
        "authorization",
        "cookie",
        "host",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "proxy-authorization",
        "proxy-connection",
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-http-method-override",
        "x-method-override",
        "content-length",
        "accept-encoding",
        "content-encoding",
        "expect",
        "x-original-url",
        ":authority",
        "",
        "Accept",
    ] {
        let request = with(|request| request.headers.push((name.to_owned(), b"x".to_vec())));
        assert_eq!(refused(&request), NameError::Header, "{name}");
        assert_eq!(preset().inject(&request, HOST, &secret()).unwrap_err(), InjectError::Header, "{name}");
    }
    let twice = with(|request| request.headers.push(("content-type".to_owned(), b"application/graphql".to_vec())));
    assert_eq!(refused(&twice), NameError::Header);
}

#[test]
fn t43_refuses_header_values_that_could_end_the_header() {
    for value in ["a\r\nx-shopify-access-token: b", "a\nb", "a\0b", "a\tb", "é"] {
        let request = with(|request| request.headers.push(("user-agent".to_owned(), value.as_bytes().to_vec())));
        assert_eq!(preset().inject(&request, HOST, &secret()).unwrap_err(), InjectError::Header);
    }
    for value in [b"12345678\r\nx: y".as_slice(), b"1234 5678", b"1234567\xff", b"12345678\0"] {
        let secret = Secret::new(value).unwrap();
        assert_eq!(preset().inject(&graphql("{shop}"), HOST, &secret).unwrap_err(), InjectError::Secret);
    }
}

#[test]
fn the_probe_is_a_read_of_the_table_and_takes_the_secret() {
    let probe = preset().probe(HOST).unwrap();
    assert_eq!(named(&probe), [("shopify.query.shop".to_owned(), Class::Read)]);
    assert!(preset().inject(&probe, HOST, &secret()).is_ok());
    assert!(preset().probe("evil.example").is_none());
}

#[test]
fn the_probe_s_answer_names_the_account() {
    let account =
        |status, body: &str| preset().probe_account(&Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() });
    let valid = r#"{"data":{"shop":{"myshopifyDomain":"a.myshopify.com"}},"extensions":{"cost":{"requestedQueryCost":1}}}"#;
    assert_eq!(account(200, valid).as_deref(), Some(HOST));
    assert_eq!(account(401, valid), None);
    for body in [
        r#"{"data":{"shop":{"myshopifyDomain":"evil.example"}}}"#,
        r#"{"data":{"shop":{"myshopifyDomain":"b.myshopify.com","myshopifyDomain":"a.myshopify.com"}}}"#,
        r#"{"data":{"shop":{"myshopifyDomain":null}}}"#,
        r#"{"data":{"shop":null},"errors":[]}"#,
        r#"{"errors":"[API] Invalid API key or access token","data":{"shop":{"myshopifyDomain":"a.myshopify.com"}}}"#,
        "{}",
        "",
    ] {
        assert_eq!(account(200, body), None, "{body}");
    }
}

#[test]
fn t42_the_token_without_its_mark_is_searched_too() {
    let redactor = preset().redactor(HOST, &secret()).unwrap();
    let hidden = |text: &str| String::from_utf8(redactor.scrub(text.as_bytes()).unwrap()).unwrap();
    assert_eq!(hidden("token ...00112233445566778899aabbccddeeff."), "token ...[redacted].");
    assert_eq!(hidden("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"), "[redacted]");
    assert_eq!(hidden("shpat_"), "shpat_");
    assert_eq!(searched(b"shpat_short").collect::<Vec<_>>(), [b"shpat_short"]);
}

#[test]
fn presets_are_found_by_id() {
    assert_eq!(Preset::of_id("shopify-admin").map(Preset::id), Some(ID));
    assert_eq!(Preset::of_id("Shopify-Admin"), None);
}
