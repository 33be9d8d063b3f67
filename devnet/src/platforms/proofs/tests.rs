//! The platforms' own examples, and each with something else in it.

use super::*;
use crate::platforms::data::all;

fn platform(name: &str) -> &'static Platform {
    all().iter().find(|platform| platform.name == name).unwrap()
}

fn at(seconds: u64, method: &str, host: &str, path: &str, query: &str) -> Asked {
    Asked {
        at_ms: seconds * 1_000,
        method: method.into(),
        host: host.into(),
        path: path.into(),
        raw_query: query.into(),
        ..Asked::default()
    }
}

#[test]
fn a_code_is_the_published_one() {
    // open.lazada.com, docId 108069.
    let text = "/order/getaccess_tokentestapp_key123456order_id1234sign_methodsha256timestamp1517820392000";
    assert_eq!(
        hmac_sha256("helloworld", text.as_bytes()).to_uppercase(),
        "4190D32361CFB9581350222F345CB77F3B19F0E31D162316848A2C1FFD5FAB4A"
    );
}

#[test]
fn a_compact_time_is_read() {
    assert_eq!(compact("231114T221320Z"), Some(1_700_000_000_000));
    assert_eq!((compact("231114T22132Z"), compact("231314T2213200")), (None, None));
}

#[test]
fn members_are_as_they_are_written() {
    let body = br#"{"b": {"z":1.50,"a":[ ]}, "a":"x\ny","c":12345678901234567890123,"d":true}"#;
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected =
        [pair("b", r#"{"z":1.50,"a":[ ]}"#), pair("a", "x\ny"), pair("c", "12345678901234567890123"), pair("d", "true")];
    assert_eq!(members(body).unwrap(), expected);
    assert!(members(b"[]").is_none() && members(b"{\"a\"}").is_none());
}

#[test]
fn lazada_refuses_another_parameter_time_or_secret() {
    let lazada = platform("lazada");
    let signed = |query: &str| {
        let text = format!("/orders/get{}", query.replace(['&', '='], ""));
        let sign = hmac_sha256(lazada.field("app_secret"), text.as_bytes()).to_uppercase();
        format!("{query}&sign={sign}")
    };
    let query = signed("access_token=t&app_key=123456&sign_method=sha256&timestamp=1700000000000");
    let asked = at(1_700_000_000, "GET", lazada.host, "/rest/orders/get", &query);
    assert_eq!(iop(&asked, lazada), Ok(Some("t".to_owned())));
    for (change, fault) in [
        (Asked { raw_query: format!("{query}&limit=1"), ..asked.clone() }, Fault::Signature),
        (Asked { path: "/rest/order/get".into(), ..asked.clone() }, Fault::Signature),
        (Asked { at_ms: asked.at_ms + 7_201_000, ..asked.clone() }, Fault::Clock),
        (Asked { raw_query: query.replace("=t&", "=u&"), ..asked.clone() }, Fault::Signature),
        (Asked { raw_query: query.replace("123456", "123457"), ..asked.clone() }, Fault::Client),
        (Asked { raw_query: format!("{query}&sign=1"), ..asked.clone() }, Fault::Signature),
    ] {
        assert_eq!(iop(&change, lazada), Err(fault), "{change:?}");
    }
}

#[test]
fn tiktok_refuses_another_body() {
    let tiktok_shop = platform("tiktok-shop");
    let secret = tiktok_shop.field("app_secret");
    let text = format!("{secret}/order/202309/orders/searchapp_key6apfnkshop_cipherctimestamp1700000000{{}}{secret}");
    let sign = hmac_sha256(secret, text.as_bytes());
    let query = format!("app_key=6apfnk&timestamp=1700000000&shop_cipher=c&sign={sign}");
    let mut asked = at(1_700_000_000, "POST", tiktok_shop.host, "/order/202309/orders/search", &query);
    asked.headers.push(("x-tts-access-token".into(), "t".into()));
    asked.body = b"{}".to_vec();
    assert_eq!(tiktok(&asked, tiktok_shop), Ok(Some("t".to_owned())));
    asked.body = b"{ }".to_vec();
    assert_eq!(tiktok(&asked, tiktok_shop), Err(Fault::Signature));
    asked.body = b"{}".to_vec();
    asked.headers.clear();
    assert_eq!(tiktok(&asked, tiktok_shop), Err(Fault::Unknown));
}

#[test]
fn ebay_refuses_a_signature_that_does_not_cover_the_body() {
    let ebay_of = platform("ebay");
    let mut asked = at(1_700_000_000, "POST", "apiz.ebay.com", "/sell/x", "");
    asked.headers = vec![
        ("x-ebay-signature-key".into(), ebay_of.field("signing_jwe").into()),
        ("signature-input".into(), r#"sig1=("x-ebay-signature-key" "@method" "@path" "@authority");created=1700000000"#.into()),
        ("signature".into(), "sig1=:AAAA:".into()),
        ("authorization".into(), "Bearer t".into()),
    ];
    assert_eq!(ebay(&asked, ebay_of), Err(Fault::Signature));
    asked.body = b"{}".to_vec();
    assert_eq!(ebay(&asked, ebay_of), Err(Fault::Signature));
}

#[test]
fn every_preset_has_a_platform() {
    let mut presets: Vec<&str> = all().iter().map(|platform| platform.preset).collect();
    presets.sort_unstable();
    presets.dedup();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../enclave/platform/presets");
    let mut there: Vec<String> =
        std::fs::read_dir(folder).unwrap().filter_map(|entry| entry.unwrap().file_name().into_string().ok()).collect();
    there.retain(|name| !name.contains('.'));
    there.sort();
    assert_eq!(there, presets);
    let mut names: Vec<&str> = all().iter().map(|platform| platform.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}
