//! The data files: sound, and refused with one thing wrong.

use super::*;

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
    let named = |host: &str, path: &str| {
        let (host, path) = (host.to_owned(), path.to_owned());
        let request =
            Request { method: "GET".into(), scheme: "https".into(), authority: host, path, headers: vec![], body: vec![] };
        Preset::of_request(&request).map(Preset::id)
    };
    assert_eq!(named("store.example.com", "/wp-json/wc/v3/orders?a=1"), Some("woocommerce"));
    assert_eq!(named("store.example.com", "/wp-json?x=/wp-json/"), Some("generic"));
    assert_eq!(named("store.example.com", "/v1/orders"), Some("generic"));
    assert_eq!(named("api.stripe.com", "/wp-json/wc/v3/orders"), Some("stripe"));
    for host in ["api.amazon.com", "x.y.myshopify.com", "localhost", "127.0.0.1", "STORE.example.com"] {
        assert_eq!(named(host, "/v1/orders"), None, "{host}");
    }
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
