//! Requests and records of every preset.

use super::*;

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
