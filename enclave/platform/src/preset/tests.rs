use proptest::prelude::*;
use serde_json::{Value, json};

use credential::Field;

use super::compile::parse;
use super::*;
use crate::request::place::{Name, Place};

const ED25519: &str = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF";

/// A value of the rule's form; `seed` varies it.
fn value(rule: &FieldRule, seed: u64) -> String {
    match rule.form {
        field::Form::Digits => (seed % 1_000_000 + 1).to_string(),
        field::Form::Choice => rule.choices[usize::try_from(seed).unwrap() % rule.choices.len()].clone(),
        field::Form::HeaderName => "x-generic-key".to_owned(),
        field::Form::Path => "/v1/me".to_owned(),
        field::Form::Ed25519 => ED25519.to_owned(),
        field::Form::List => "ATVPDKIKX0DER,A1PA6795UKMFR9".to_owned(),
        field::Form::Text => format!("some text {seed}"),
        // Every other form takes letters and digits; visible ones get what has to be escaped.
        field::Form::Visible => format!("v\"\\&=%+/:{{}}~{seed:08}"),
        field::Form::User | field::Form::Label | field::Form::Word | field::Form::QueryName => format!("user{seed:08}"),
    }
}

fn record(rules: &[FieldRule], seed: u64, chosen: impl Fn(usize, &FieldRule) -> bool) -> Fields {
    let values = rules.iter().enumerate().filter(|(at, rule)| chosen(*at, rule)).map(|(at, rule)| {
        let text = value(rule, seed.wrapping_add(u64::try_from(at).unwrap()));
        let field = match rule.kind {
            Kind::Public => Field::Public(text),
            Kind::Secret => Field::Secret(Secret::new(format!("{text:8}").replace(' ', "0").as_bytes()).unwrap()),
        };
        (rule.name.clone(), field)
    });
    Fields::new(values.collect()).unwrap()
}

fn selector(preset: Preset, seed: u64) -> Vec<(String, String)> {
    preset.selector_fields().iter().map(|rule| (rule.name.clone(), value(rule, seed))).collect()
}

fn host(preset: Preset) -> String {
    match &preset.0.hosts {
        Hosts::Fixed { regions } => regions[0].host.clone(),
        Hosts::Label { suffix } => format!("a-shop{suffix}"),
        Hosts::Any => "store.example.com".to_owned(),
    }
}

fn call(host: &str, body: &str) -> Request {
    Request {
        method: "POST".to_owned(),
        scheme: "https".to_owned(),
        authority: host.to_owned(),
        path: "/some/path".to_owned(),
        headers: vec![("content-type".to_owned(), b"application/json".to_vec())],
        body: body.as_bytes().to_vec(),
    }
}

/// The request with a value in a place.
fn with(request: &Request, place: &Place, value: &str) -> Option<Request> {
    let mut request = request.clone();
    match place {
        Place::Header(Name::Fixed(name)) => request.headers.push((name.clone(), value.as_bytes().to_vec())),
        Place::Query(Name::Fixed(name)) => request.path = format!("{}?{name}={value}", request.path),
        Place::Form(name) => {
            request.headers = vec![("content-type".to_owned(), b"application/x-www-form-urlencoded".to_vec())];
            request.body = format!("{name}={value}").into_bytes();
        }
        Place::Json(steps) => {
            let inner = steps.iter().rev().fold(json!(value), |inner, step| json!({ step: inner }));
            request.body = inner.to_string().into_bytes();
        }
        Place::PathAfter(segment) => request.path = format!("/v1/{segment}/{value}/x"),
        Place::Header(Name::Field(_)) | Place::Query(Name::Field(_)) => return None,
    }
    Some(request)
}

/// A preset, and records that have every field.
fn full(preset: Preset, seed: u64) -> (Option<Fields>, Fields, Vec<(String, String)>, String) {
    let app = (preset.app_use() != AppUse::Never).then(|| record(preset.app_fields(), seed, |_, _| true));
    (app, record(preset.connection_fields(), seed, |_, _| true), selector(preset, seed), host(preset))
}

#[test]
fn every_data_file_is_sound_and_says_where_its_facts_are_from() {
    check().unwrap();
    let ids: Vec<&str> = Preset::all().map(Preset::id).collect();
    assert_eq!(ids.len(), 20);
    assert!(ids.is_sorted());
    for preset in Preset::all() {
        assert!(preset.sources().iter().any(|source| source.verified), "{preset:?}");
        assert_eq!(Preset::of_id(preset.id()), Some(preset));
    }
}

#[test]
fn no_host_is_of_two_presets() {
    for preset in Preset::all() {
        let others = || Preset::all().filter(|other| *other != preset);
        if let Hosts::Fixed { regions } = &preset.0.hosts {
            for region in regions {
                assert_eq!(Preset::of_host(&region.host), Some(preset));
                assert!(others().all(|other| !other.host_allowed(&region.host)), "{}", region.host);
            }
        }
        for token in preset.egress_hosts(&host(preset)).iter().skip(1) {
            assert!(others().all(|other| !other.host_allowed(token)), "{token}");
        }
    }
    assert_eq!(Preset::of_host("store.example.com"), None);
}

#[test]
fn t71_no_app_and_no_host_of_another_preset_is_in_reach_of_generic() {
    let generic = Preset::of_id("generic").unwrap();
    assert_eq!(generic.app_use(), AppUse::Never);
    let hosts =
        ["api.ebay.com", "api.amazon.com", "auth.tiktok-shops.com", "a-shop.myshopify.com", "myshopify.com", "a.b.myshopify.com"];
    for host in hosts {
        assert!(!generic.host_allowed(host), "{host}");
        assert!(!Preset::of_id("woocommerce").unwrap().host_allowed(host), "{host}");
    }
    for host in ["localhost", "127.0.0.1", "STORE.example.com", "store.example.com.", "a@b.example.com", "store.example.com:443"]
    {
        assert!(!generic.host_allowed(host), "{host}");
    }
    let ebay = Preset::of_id("ebay").unwrap();
    let (app, connection, ..) = full(ebay, 1);
    let own = record(generic.connection_fields(), 1, |_, _| true);
    let materials = Materials { app: app.as_ref(), connection: &own, selector: &[], host: "store.example.com" };
    let request = call("store.example.com", "{}");
    assert_eq!(generic.prepare(&request, &materials, 0, &[0; 32]).unwrap_err(), PrepareError::App);
    // An eBay app's secret goes to no other host, whatever binding asks.
    let materials = Materials { app: app.as_ref(), connection: &connection, selector: &[], host: "store.example.com" };
    assert_eq!(ebay.prepare(&request, &materials, 0, &[0; 32]).unwrap_err(), PrepareError::Host);
    assert_eq!(generic.check_fields(Part::App, &connection).unwrap_err(), CheckError::App);
}

#[test]
fn t44_a_caller_puts_nothing_where_the_credential_goes() {
    let mut tried = 0;
    for preset in Preset::all() {
        let (app, connection, selector, host) = full(preset, 1);
        let materials = Materials { app: app.as_ref(), connection: &connection, selector: &selector, host: &host };
        let recipe = preset.recipe();
        let places = recipe.put.iter().map(|put| &put.place).chain(&recipe.reserved);
        for place in places.chain(recipe.sign.iter().flat_map(crate::sign::Signer::places)) {
            for value in ["x", "{access_token}"] {
                let Some(request) = with(&call(&host, "{}"), place, value) else { continue };
                let error = preset.prepare(&request, &materials, 0, &[0; 32]).unwrap_err();
                assert!(matches!(error, PrepareError::AuthSlot | PrepareError::Header), "{preset:?} {place}: {error}");
                tried += 1;
            }
            if let Place::Query(Name::Fixed(name)) = place {
                for other in [name.to_uppercase(), format!("{name}[]"), format!("%{:02x}{}", name.as_bytes()[0], &name[1..])] {
                    let request = with(&call(&host, "{}"), &Place::Query(Name::Fixed(other)), "x").unwrap();
                    assert_eq!(preset.prepare(&request, &materials, 0, &[0; 32]).unwrap_err(), PrepareError::AuthSlot);
                }
            }
        }
        let mut cookie = call(&host, "{}");
        cookie.headers.push(("cookie".to_owned(), b"a=b".to_vec()));
        assert_eq!(preset.prepare(&cookie, &materials, 0, &[0; 32]).unwrap_err(), PrepareError::Header);
    }
    assert!(tried > 150, "{tried}");
}

#[test]
fn t70_a_caller_names_no_tenant_but_the_binding_s() {
    let mut tried = 0;
    for preset in Preset::all() {
        let (app, connection, selector, host) = full(preset, 1);
        for rule in &preset.recipe().selectors {
            let own = &selector.iter().find(|(name, _)| *name == rule.name).unwrap().1;
            let first = own.split(',').next().unwrap();
            for place in rule.put.iter().chain(&rule.guards) {
                let none: Vec<(String, String)> = selector.iter().filter(|(name, _)| *name != rule.name).cloned().collect();
                let ask = |selector: &[(String, String)], value: &str| {
                    let materials = Materials { app: app.as_ref(), connection: &connection, selector, host: &host };
                    let encoded = String::from_utf8(crate::request::encode(value.as_bytes()).to_vec()).unwrap();
                    let written = if matches!(place, Place::Json(_) | Place::Header(_)) { value } else { &encoded };
                    let request = with(&call(&host, "{}"), place, written).unwrap();
                    preset.prepare(&request, &materials, 0, &[0; 32]).map(drop)
                };
                let refused =
                    |result: Result<(), PrepareError>| matches!(result, Err(PrepareError::Selector | PrepareError::Header));
                for other in ["777777", "", &format!("{first}0"), &format!("{first},777777"), "ME"] {
                    assert!(refused(ask(&selector, other)), "{preset:?} {place} {other}");
                }
                // Without a binding's value there is none that a caller may name.
                assert!(refused(ask(&none, first)), "{preset:?} {place}");
                if !matches!(place, Place::Header(_)) {
                    assert_eq!(ask(&selector, first), Ok(()), "{preset:?} {place}");
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 20, "{tried}");
}

#[test]
fn t70_a_body_that_is_not_looked_into_is_not_sent_where_it_could_name_a_tenant() {
    let preset = Preset::of_id("shopee").unwrap();
    let (app, connection, selector, host) = full(preset, 1);
    let materials = Materials { app: app.as_ref(), connection: &connection, selector: &selector, host: &host };
    let mut request = call(&host, r#"{"shop_id":777777}"#);
    assert_eq!(preset.prepare(&request, &materials, 0, &[0; 32]).unwrap_err(), PrepareError::Selector);
    request.headers = vec![("content-type".to_owned(), b"text/plain".to_vec())];
    assert_eq!(preset.prepare(&request, &materials, 0, &[0; 32]).unwrap_err(), PrepareError::Body);
    request.headers.clear();
    assert_eq!(preset.prepare(&request, &materials, 0, &[0; 32]).unwrap_err(), PrepareError::Body);
}

#[test]
fn what_is_put_stands_where_the_platform_reads_it() {
    let preset = Preset::of_id("stripe").unwrap();
    let connection = Fields::new(vec![("api_key".to_owned(), Field::Secret(Secret::new(b"rk_live_12345678").unwrap()))]).unwrap();
    let selector = [("stripe_account".to_owned(), "acct_1".to_owned())];
    let materials = Materials { app: None, connection: &connection, selector: &selector, host: "api.stripe.com" };
    let mut request = call("api.stripe.com", "");
    request.headers.clear();
    request.path = "/v1/charges?limit=3&x=a%20b".to_owned();
    let sent = preset.prepare(&request, &materials, 0, &[0; 32]).unwrap().request;
    assert_eq!(sent.path, request.path);
    assert_eq!(sent.header("authorization"), Some(&b"Bearer rk_live_12345678"[..]));
    assert_eq!(sent.header("stripe-account"), Some(&b"acct_1"[..]));
    assert_eq!(sent.header("host"), Some(&b"api.stripe.com"[..]));
    assert_eq!(sent.header("accept-encoding"), Some(&b"identity"[..]));
}

#[test]
fn a_call_without_a_credential_is_not_sent() {
    let preset = Preset::of_id("shopify-admin").unwrap();
    let connection = Fields::new(vec![("refresh_token".to_owned(), Field::Secret(Secret::new(b"12345678").unwrap()))]).unwrap();
    assert_eq!(preset.check_fields(Part::Connection, &connection), Ok(()));
    let materials = Materials { app: None, connection: &connection, selector: &[], host: "a.myshopify.com" };
    let request = call("a.myshopify.com", "{}");
    assert_eq!(preset.prepare(&request, &materials, 0, &[0; 32]).unwrap_err(), PrepareError::Field);
}

#[test]
fn records_are_checked_field_by_field() {
    let preset = Preset::of_id("shopee").unwrap();
    let base = || {
        vec![
            ("refresh_shop_id".to_owned(), Field::Public("123".to_owned())),
            ("refresh_token".to_owned(), Field::Secret(Secret::new(b"12345678").unwrap())),
        ]
    };
    let check = |values: Vec<(String, Field)>| preset.check_fields(Part::Connection, &Fields::new(values).unwrap());
    assert_eq!(check(base()), Ok(()));
    assert_eq!(check(base().into_iter().skip(1).collect()), Err(CheckError::Incomplete));
    assert_eq!(check(base().into_iter().take(1).collect()), Err(CheckError::Missing("refresh_token")));
    let changed = |name: &str, field: Field| {
        let mut values = base();
        values.retain(|(other, _)| other != name);
        values.push((name.to_owned(), field));
        check(values)
    };
    assert_eq!(changed("refresh_shop_id", Field::Public("0123".into())), Err(CheckError::Form("refresh_shop_id")));
    assert_eq!(
        changed("refresh_shop_id", Field::Secret(Secret::new(b"12345678").unwrap())),
        Err(CheckError::Kind("refresh_shop_id"))
    );
    assert_eq!(changed("refresh_token", Field::Public("12345678".into())), Err(CheckError::Kind("refresh_token")));
    assert_eq!(
        changed("refresh_token", Field::Secret(Secret::new(b"1234 5678").unwrap())),
        Err(CheckError::Form("refresh_token"))
    );
    assert_eq!(changed("other", Field::Public("x".into())), Err(CheckError::Unknown));
    let select = |values: &[(&str, &str)]| {
        let values: Vec<(String, String)> =
            values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        preset.check_selector(&values)
    };
    assert_eq!(select(&[("shop_id", "123")]), Ok(()));
    assert_eq!(select(&[]), Err(CheckError::Missing("shop_id")));
    assert_eq!(select(&[("shop_id", "x")]), Err(CheckError::Form("shop_id")));
    assert_eq!(select(&[("shop_id", "1"), ("merchant_id", "2")]), Err(CheckError::Unknown));
    let generic = Preset::of_id("generic").unwrap();
    let sealed = |scheme: &str| {
        let values = vec![
            ("scheme".to_owned(), Field::Public(scheme.to_owned())),
            ("probe_path".to_owned(), Field::Public("/me".to_owned())),
            ("value".to_owned(), Field::Secret(Secret::new(b"12345678").unwrap())),
        ];
        generic.check_fields(Part::Connection, &Fields::new(values).unwrap())
    };
    assert_eq!(sealed("bearer"), Ok(()));
    assert_eq!(sealed("header"), Err(CheckError::Missing("header_name")));
    assert_eq!(sealed("basic"), Err(CheckError::Missing("username")));
    assert_eq!(sealed("ntlm"), Err(CheckError::Form("scheme")));
}

/// A file that is sound, from which each case below changes one thing.
fn sound() -> Value {
    json!({
        "id": "test", "name": "Test", "app": "always", "sharing": "one",
        "hosts": {"kind": "fixed", "regions": [{"region": "main", "host": "api.test.example"}]},
        "app_fields": [
            {"name": "client_id", "kind": "public", "form": "user", "required": true, "about": "x"},
            {"name": "client_secret", "kind": "secret", "form": "visible", "required": true, "about": "x"},
        ],
        "connection_fields": [
            {"name": "mode", "kind": "public", "form": "choice", "choices": ["a", "b"], "required": true, "about": "x"},
            {"name": "refresh_token", "kind": "secret", "form": "visible", "required": true, "about": "x"},
            {"name": "extra", "kind": "secret", "form": "visible", "about": "x"},
            {"name": "access_token", "kind": "secret", "form": "visible", "issued": true, "about": "x"},
        ],
        "selectors": [{"field": {"name": "shop", "kind": "public", "form": "digits", "required": true, "about": "x"},
            "compare": "equal", "put": [{"query": "shop"}]}],
        "put": [{"at": {"header": "authorization"}, "value": "Bearer {access_token}"}],
        "sign": [{"template": {"algorithm": "hmac-sha256", "key": "{client_secret}", "payload": [{"text": "{shop}"}],
            "encoding": "hex", "put": {"at": {"header": "x-sign"}, "value": "{signature}"}}}],
        "grants": [{"kind": "refresh_token", "method": "POST", "host": "login.test.example", "path": "/token", "rotation": "never",
            "put": [{"at": {"form": "refresh_token"}, "value": "{refresh_token}"}, {"basic": ["{client_id}", "{client_secret}"]}],
            "answer": {"access": "/access_token", "refresh": "/refresh_token", "access_lifetime_s": 60,
                "invalid_grant": [{"pointer": "/error", "is": ["invalid_grant"]}]},
            "early_s": 1, "bucket": {"per": "app", "requests": 1, "seconds": 1}}],
        "probe": {"method": "GET", "path": "/me/{shop}", "account": {"pointer": "/id"}},
        "sources": [{"fact": "x", "from": "y", "verified": true}],
    })
}

#[test]
fn refuses_a_data_file_with_one_thing_wrong() {
    parse(&sound().to_string()).unwrap();
    let cases: &[(&str, Value, Wrong)] = &[
        ("/surprise", json!(1), Wrong::Format),
        ("/put/0/surprise", json!(1), Wrong::Format),
        ("/grants/0/answer/surprise", json!(1), Wrong::Format),
        ("/id", json!("Test"), Wrong::Format),
        ("/sources", json!([]), Wrong::Format),
        ("/put/0/value", json!("Bearer {acces_token}"), Wrong::Template),
        ("/put/0/value", json!("Bearer {access_token"), Wrong::Template),
        ("/put/0/value", json!("Bearer {extra}"), Wrong::MayBeAbsent),
        ("/put/0/value", json!("{signature}{access_token}"), Wrong::Put),
        ("/put/0/at", json!({"header": "Authorization"}), Wrong::Place),
        ("/put/0/at", json!({"header": "content-length"}), Wrong::Place),
        ("/put/0/at", json!({"header": "pst-vault-x"}), Wrong::Place),
        ("/put/0/at", json!({"header_of": "mode"}), Wrong::Place),
        ("/put/0/at", json!({"path_after": "shops"}), Wrong::Place),
        ("/put/0/at", json!({"query": "token"}), Wrong::SecretInUrl),
        ("/put/0/secret_in_url", json!("why"), Wrong::SecretInUrl),
        ("/put/0/at", json!({"json": "token"}), Wrong::Pointer),
        ("/put/0/number", json!(true), Wrong::Place),
        ("/put/0", json!({"at": {"json": "/a"}, "value": "{shop}0", "number": true}), Wrong::Number),
        ("/put/0", json!({"at": {"json": "/a"}, "value": "{client_id}", "number": true}), Wrong::Number),
        ("/put/0", json!({"basic": ["{access_token}", "x"]}), Wrong::Basic),
        ("/put/0", json!({"basic": ["a:b", "{extra?}"], "value": "x"}), Wrong::Put),
        ("/put/0/when", json!({"is": {"mode": "c"}}), Wrong::Condition),
        ("/put/0/when", json!({"is": {"client_id": "c"}}), Wrong::Condition),
        ("/put/0/when", json!({"has": ["nothing"]}), Wrong::Unknown),
        ("/sign/0/template/key", json!("x"), Wrong::Key),
        ("/sign/0/template/key", json!("{client_id}"), Wrong::Key),
        ("/sign/0/template/algorithm", json!("md5"), Wrong::Key),
        ("/sign/0/template/payload", json!([{"text": "{extra}"}]), Wrong::MayBeAbsent),
        ("/sign/0/template/payload", json!([{"text": "{signature}"}]), Wrong::Template),
        ("/sign/0/template/put/value", json!("x"), Wrong::Sign),
        ("/sign/0", json!({}), Wrong::Sign),
        ("/sign/0", json!({"http_signature": {"components": ["@method"], "key": "client_secret"}}), Wrong::Key),
        (
            "/sign/0",
            json!({"oauth1": {"algorithm": "md5", "consumer_key": "{client_id}", "consumer_secret": "{client_secret}", "carrier": "header"}}),
            Wrong::Algorithm,
        ),
        ("/selectors/0/field/kind", json!("secret"), Wrong::Field),
        ("/selectors/0/field/name", json!("client_id"), Wrong::Twice),
        ("/selectors/0/compare", json!("within"), Wrong::Selector),
        ("/selectors/0/put", json!([]), Wrong::Selector),
        ("/selectors/0/put", json!([{"path_after": "shops"}]), Wrong::Selector),
        ("/connection_fields/2/form", json!("text"), Wrong::Field),
        ("/connection_fields/2/name", json!("Extra"), Wrong::Field),
        ("/connection_fields/0/choices", json!([]), Wrong::Field),
        ("/app", json!("never"), Wrong::App),
        ("/hosts", json!({"kind": "any"}), Wrong::App),
        ("/hosts/regions/0/host", json!("10.0.0.1"), Wrong::Host),
        ("/hosts/regions", json!([]), Wrong::Host),
        ("/grants/0/host", json!("10.0.0.1"), Wrong::Host),
        ("/grants/0/path", json!("/token?x"), Wrong::Grant),
        ("/grants/0/method", json!("PUT"), Wrong::Grant),
        ("/grants/0/answer/invalid_grant", json!([]), Wrong::Grant),
        ("/grants/0/answer/invalid_grant", json!([{}]), Wrong::Case),
        ("/grants/0/answer/access", json!("access_token"), Wrong::Pointer),
        ("/grants/0/answer/access", json!("/a/*"), Wrong::Pointer),
        ("/grants/0/put/0/value", json!("{access_token}"), Wrong::MayBeAbsent),
        ("/probe/path", json!("/me/{client_secret}"), Wrong::Probe),
        ("/probe/path", json!("/me/{access_token}"), Wrong::Probe),
        ("/probe/account", json!({"host": {}}), Wrong::Probe),
        ("/probe/account", json!({"field": "client_secret"}), Wrong::Probe),
    ];
    for (pointer, value, wrong) in cases {
        let mut file = sound();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        match file.pointer_mut(parent).unwrap() {
            Value::Object(members) => drop(members.insert(name.to_owned(), value.clone())),
            Value::Array(items) => items[name.parse::<usize>().unwrap()] = value.clone(),
            _ => panic!("{pointer}"),
        }
        assert_eq!(parse(&file.to_string()).map(drop).unwrap_err(), *wrong, "{pointer} {value}");
    }
}

#[test]
fn t71_a_file_whose_host_is_the_connection_s_can_name_no_app_s_field() {
    let mut file = sound();
    file["hosts"] = json!({"kind": "any"});
    file["app"] = json!("never");
    file["app_fields"] = json!([]);
    file["grants"] = json!([]);
    // The templates still name them.
    assert_eq!(parse(&file.to_string()).map(drop).unwrap_err(), Wrong::Template);
}

#[test]
fn a_file_whose_host_another_has_is_refused() {
    let text: &'static str = Box::leak(sound().to_string().into_boxed_str());
    let mut other = sound();
    other["id"] = json!("test2");
    other["hosts"]["regions"][0]["host"] = json!("login.test.example");
    other["grants"] = json!([]);
    let other: &'static str = Box::leak(other.to_string().into_boxed_str());
    let files: &'static [(&'static str, &'static str)] = Box::leak(Box::new([("test", text), ("test2", other)]));
    assert_eq!(table::read(files).map(drop).unwrap_err(), PresetsError { preset: "test2", wrong: Wrong::Host });
    assert!(table::read(&files[..1]).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Total: with records that were checked, only the request can be the reason that it is not sent.
    #[test]
    fn what_was_checked_never_fails_later(seed in any::<u64>(), chosen in any::<u32>(), now in 0_u64..4_000_000_000_000, nonce in any::<[u8; 32]>()) {
        for preset in Preset::all() {
            let pick = |at: usize, rule: &FieldRule| rule.required || chosen >> (at % 32) & 1 == 1;
            let connection = record(preset.connection_fields(), seed, pick);
            if preset.check_fields(Part::Connection, &connection).is_err() {
                continue;
            }
            let given = (preset.app_use() != AppUse::Never).then(|| record(preset.app_fields(), seed, pick));
            if let Some(app) = &given {
                prop_assert_eq!(preset.check_fields(Part::App, app), Ok(()));
            }
            let selector = selector(preset, seed);
            prop_assert_eq!(preset.check_selector(&selector), Ok(()));
            let host = host(preset);
            let materials = Materials { app: given.as_ref(), connection: &connection, selector: &selector, host: &host };
            let issued = preset.connection_fields().iter().filter(|rule| rule.issued).all(|rule| connection.names().any(|name| name == rule.name));
            for path in ["/some/path", "/rest/order/get?a=%20b&c", "/sync?method=x"] {
                let mut request = call(&host, r#"{"a":[1.50,{"b":"\u00e9"}],"c":"x"}"#);
                request.path = path.to_owned();
                match preset.prepare(&request, &materials, now, &nonce) {
                    Ok(prepared) => {
                        prop_assert!(issued);
                        prop_assert!(prepared.request.encode().is_ok());
                    }
                    Err(error) => prop_assert!(!issued && error == PrepareError::Field, "{:?}: {}", preset, error),
                }
            }
            prop_assert!(given.is_some() || !preset.needs_app(&connection));
            if let Some(grant) = preset.grant(&connection) {
                let asked = grant.request(&materials, now, &nonce);
                prop_assert!(asked.is_ok(), "{:?}: {:?}", preset, asked.err());
                let asked = asked.unwrap();
                prop_assert!(preset.egress_hosts(&host).contains(&asked.authority));
                prop_assert!(asked.encode().is_ok());
            }
            prop_assert!(preset.probe_request(&materials).is_some());
        }
    }
}
