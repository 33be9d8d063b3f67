//! The signers of the presets against published SDKs (npm, pinned in `sdks/package-lock.json`), on 1,000 random requests each:
//! `@congminh1254/shopee-sdk` 2.7.0, `lazada-open-platform-sdk` 2.0.0-0, `ae_sdk` 0.6.0 (`AliExpress`), `digital-signature-nodejs-sdk` 3.0.1
//! (eBay's own), `oauth-1.0a` 2.2.6, `otpauth` 9.4.1.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use credential::{Field, Fields, Secret};
use platform::{Materials, Preset, Totp};
use protocol::http::Request;
use serde_json::{Map, Value, json};

const CASES: usize = 1_000;

/// Repeatable: splitmix64.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    fn of(&mut self, letters: &str, least: usize, most: usize) -> String {
        let letters: Vec<char> = letters.chars().collect();
        let length = least + self.below(most - least + 1);
        (0..length).map(|_| letters[self.below(letters.len())]).collect()
    }

    fn secret(&mut self) -> String {
        self.of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_+/=.~", 8, 64)
    }

    fn digits(&mut self) -> String {
        (1 + self.next() % 9_000_000_000).to_string()
    }

    fn now_ms(&mut self) -> u64 {
        1_600_000_000_000 + self.next() % 400_000_000_000
    }

    fn nonce(&mut self) -> [u8; 32] {
        let mut nonce = [0; 32];
        for byte in &mut nonce {
            *byte = u8::try_from(self.next() % 256).unwrap();
        }
        nonce
    }

    fn path(&mut self) -> String {
        let segments = 1 + self.below(4);
        (0..segments).fold(String::new(), |path, _| format!("{path}/{}", self.of("abcdefghijklmnopqrstuvwxyz_0123456789", 1, 12)))
    }

    /// Parameters, each name once; none is one that a platform has for itself.
    fn params(&mut self) -> Vec<(String, String)> {
        let mut params: Vec<(String, String)> = Vec::new();
        for _ in 0..self.below(8) {
            let name = format!("x{}", self.of("abcdefghijklmnopqrstuvwxyz_", 1, 8));
            let value = self.of("abcXYZ019 -_.~+&=%/?:;,!*'()\"{}[]é商品😀", 1, 24);
            if params.iter().all(|(other, _)| *other != name) {
                params.push((name, value));
            }
        }
        params
    }
}

/// What the SDK signs, or nothing (with the reason printed) if it is not installed. Under CI it must be.
fn ask(sdk: &str, cases: &[Value]) -> Option<Vec<String>> {
    let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("sdks");
    let missing = if folder.join("node_modules").is_dir() {
        Command::new("node").arg("--version").output().err().map(|_| "node is not there")
    } else {
        Some("enclave/platform/sdks/node_modules is not there: run npm ci in that folder")
    };
    if let Some(reason) = missing {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "{reason}");
        println!("skipped: {reason}");
        return None;
    }
    let mut child =
        Command::new("node").arg("sdks.mjs").current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let input = json!({ "sdk": sdk, "cases": cases }).to_string();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{sdk}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn compare(sdk: &str, cases: &[Value], ours: &[String]) {
    assert_eq!((cases.len(), ours.len()), (CASES, CASES));
    let Some(theirs) = ask(sdk, cases) else { return };
    assert_eq!(theirs.len(), CASES);
    for ((case, ours), theirs) in cases.iter().zip(ours).zip(&theirs) {
        assert_eq!(ours, theirs, "{sdk}: {case}");
    }
}

fn fields(public: &[(&str, &str)], secret: &[(&str, &str)]) -> Fields {
    let public = public.iter().map(|(name, value)| ((*name).to_owned(), Field::Public((*value).to_owned())));
    let secret = secret.iter().map(|(name, value)| ((*name).to_owned(), Field::Secret(Secret::new(value.as_bytes()).unwrap())));
    Fields::new(public.chain(secret).collect()).unwrap()
}

/// Percent-encoded, all but letters and digits.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn query(params: &[(String, String)]) -> String {
    let pairs: Vec<String> = params.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

fn get(host: &str, path: &str) -> Request {
    Request {
        method: "GET".to_owned(),
        scheme: "https".to_owned(),
        authority: host.to_owned(),
        path: path.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    }
}

fn sent(preset: &str, request: &Request, materials: &Materials<'_>, now_ms: u64, nonce: &[u8; 32]) -> Request {
    let preset = Preset::of_id(preset).unwrap();
    preset.prepare(request, materials, now_ms, nonce).unwrap().request
}

fn param(request: &Request, name: &str) -> String {
    let query = request.path.split_once('?').unwrap().1;
    let value = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(other, _)| *other == name);
    value.unwrap().1.to_owned()
}

fn header<'a>(request: &'a Request, name: &str) -> &'a str {
    std::str::from_utf8(request.header(name).unwrap()).unwrap()
}

#[test]
fn shopee_as_congminh1254_shopee_sdk() {
    let mut random = Random(1);
    let (mut cases, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..CASES {
        let (partner_id, partner_key, token, shop_id) = (random.digits(), random.secret(), random.secret(), random.digits());
        let app = fields(&[("partner_id", &partner_id)], &[("partner_key", &partner_key)]);
        let connection = fields(&[("refresh_shop_id", &shop_id)], &[("access_token", &token), ("refresh_token", "12345678")]);
        let selector = [("shop_id".to_owned(), shop_id.clone())];
        let host = "partner.shopeemobile.com";
        let (path, params, now_ms) = (format!("/api/v2{}", random.path()), random.params(), random.now_ms());
        let materials = Materials { app: Some(&app), connection: &connection, selector: &selector, host };
        let request = get(host, &format!("{path}{}", query(&params)));
        ours.push(param(&sent("shopee", &request, &materials, now_ms, &random.nonce()), "sign"));
        let params: Map<String, Value> = params.into_iter().map(|(name, value)| (name, value.into())).collect();
        cases.push(json!({
            "partner_id": partner_id, "partner_key": partner_key, "access_token": token, "shop_id": shop_id,
            "path": path, "params": params, "now_ms": now_ms,
        }));
    }
    compare("shopee", &cases, &ours);
}

/// The parameters that both gateways' SDKs are given: the caller's and the preset's.
fn gateway_params(params: &[(String, String)], app_key: &str, token: &str, now_ms: u64) -> Map<String, Value> {
    let own = [("app_key", app_key.to_owned()), ("timestamp", now_ms.to_string()), ("sign_method", "sha256".to_owned())];
    let own = own.into_iter().chain([("access_token", token.to_owned())]).map(|(name, value)| (name.to_owned(), value));
    own.chain(params.iter().cloned()).map(|(name, value)| (name, value.into())).collect()
}

#[test]
fn lazada_as_lazada_open_platform_sdk() {
    let mut random = Random(2);
    let (mut cases, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..CASES {
        let (app_key, app_secret, token) = (random.digits(), random.secret(), random.secret());
        let app = fields(&[("app_key", &app_key)], &[("app_secret", &app_secret)]);
        let connection = fields(&[], &[("access_token", &token), ("refresh_token", "12345678")]);
        let host = "api.lazada.co.th";
        let (api_path, params, now_ms) = (random.path(), random.params(), random.now_ms());
        let materials = Materials { app: Some(&app), connection: &connection, selector: &[], host };
        let request = get(host, &format!("/rest{api_path}{}", query(&params)));
        ours.push(param(&sent("lazada", &request, &materials, now_ms, &random.nonce()), "sign"));
        let params = gateway_params(&params, &app_key, &token, now_ms);
        cases.push(json!({ "app_secret": app_secret, "api_path": api_path, "params": params }));
    }
    compare("lazada", &cases, &ours);
}

#[test]
fn aliexpress_as_ae_sdk_at_both_gateways() {
    let mut random = Random(3);
    let (mut cases, mut ours) = (Vec::new(), Vec::new());
    for case in 0..CASES {
        let (app_key, app_secret, token) = (random.digits(), random.secret(), random.secret());
        let app = fields(&[("app_key", &app_key)], &[("app_secret", &app_secret)]);
        let connection = fields(&[], &[("access_token", &token), ("refresh_token", "12345678")]);
        let host = "api-sg.aliexpress.com";
        let (api_path, mut params, now_ms) = (random.path(), random.params(), random.now_ms());
        // The SDK tells the gateways apart by the slash in the method.
        let (path, method) = if case % 2 == 0 {
            let method = format!("aliexpress.{}", random.of("abcdefghijklmnopqrstuvwxyz.", 1, 20));
            params.push(("method".to_owned(), method.clone()));
            ("/sync".to_owned(), method)
        } else {
            (format!("/rest{api_path}"), api_path)
        };
        let materials = Materials { app: Some(&app), connection: &connection, selector: &[], host };
        let request = get(host, &format!("{path}{}", query(&params)));
        ours.push(param(&sent("aliexpress", &request, &materials, now_ms, &random.nonce()), "sign"));
        let mut params = gateway_params(&params, &app_key, &token, now_ms);
        params.insert("method".to_owned(), method.into());
        cases.push(json!({ "app_key": app_key, "app_secret": app_secret, "params": params }));
    }
    compare("aliexpress", &cases, &ours);
}

#[test]
fn ebay_as_its_own_digital_signature_sdk() {
    // RFC 9421 appendix B.1.4.
    const KEY: &str = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF";
    let mut random = Random(4);
    let (mut cases, mut ours) = (Vec::new(), Vec::new());
    for case in 0..CASES {
        let (jwe, token) = (random.secret(), random.secret());
        let app =
            fields(&[("client_id", "client"), ("signing_jwe", &jwe)], &[("client_secret", "12345678"), ("signing_key", KEY)]);
        let connection = fields(&[], &[("access_token", &token), ("refresh_token", "12345678")]);
        let host = if case % 2 == 0 { "api.ebay.com" } else { "apiz.ebay.com" };
        let materials = Materials { app: Some(&app), connection: &connection, selector: &[], host };
        let (path, now_ms) = (random.path(), random.now_ms());
        let mut request = get(host, &format!("{path}{}", query(&random.params())));
        if case % 3 > 0 {
            request.method = "POST".to_owned();
            request.headers = vec![("content-type".to_owned(), b"application/json".to_vec())];
            request.body = json!({ "text": random.of("aé商😀\"\\ ", 0, 40) }).to_string().into_bytes();
        }
        let out = sent("ebay", &request, &materials, now_ms, &random.nonce());
        ours.push(header(&out, "signature").to_owned());
        let mut components = vec!["x-ebay-signature-key", "@method", "@path", "@authority"];
        let mut headers = json!({ "x-ebay-signature-key": jwe });
        if !request.body.is_empty() {
            components.insert(0, "content-digest");
            headers["content-digest"] = header(&out, "content-digest").into();
        }
        cases.push(json!({
            "key": KEY, "headers": headers, "components": components, "now_ms": now_ms,
            "signatureComponents": { "method": request.method, "path": path, "authority": host },
        }));
    }
    compare("ebay", &cases, &ours);
}

#[test]
fn oauth1_as_oauth_1_0a() {
    let mut random = Random(5);
    let (mut cases, mut ours) = (Vec::new(), Vec::new());
    for case in 0..CASES {
        let (key, secret, token, token_secret) = (random.digits(), random.secret(), random.secret(), random.secret());
        let (mut public, mut hidden) =
            (vec![("scheme", "oauth1"), ("username", &key), ("probe_path", "/me")], vec![("value", secret.as_str())]);
        if case % 2 == 0 {
            public.push(("oauth_token", &token));
            hidden.push(("oauth_token_secret", &token_secret));
        }
        let connection = fields(&public, &hidden);
        let host = "store.example.com";
        let materials = Materials { app: None, connection: &connection, selector: &[], host };
        let (path, now_ms) = (format!("{}{}", random.path(), query(&random.params())), random.now_ms());
        let request = get(host, &path);
        let out = sent("generic", &request, &materials, now_ms, &random.nonce());
        let parameters: Vec<(&str, &str)> = header(&out, "authorization")
            .strip_prefix("OAuth ")
            .unwrap()
            .split(", ")
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name, value.trim_matches('"')))
            .collect();
        let find = |name: &str| parameters.iter().find(|(other, _)| *other == name).unwrap().1.to_owned();
        ours.push(find("oauth_signature"));
        let mut sdk = json!({
            "consumer": { "key": key, "secret": secret }, "url": format!("https://{host}{path}"), "method": "GET",
            "nonce": find("oauth_nonce"), "timestamp": now_ms / 1_000,
        });
        if case % 2 == 0 {
            sdk["token"] = json!({ "key": token, "secret": token_secret });
        }
        cases.push(sdk);
    }
    // Ours stands encoded in its header.
    let Some(theirs) = ask("oauth1", &cases) else { return };
    for ((case, ours), theirs) in cases.iter().zip(&ours).zip(&theirs) {
        assert_eq!(*ours, encoded(theirs), "{case}");
    }
    assert_eq!(theirs.len(), CASES);
}

#[test]
fn totp_as_otpauth() {
    let mut random = Random(6);
    let (mut cases, mut ours) = (Vec::new(), Vec::new());
    for case in 0..CASES {
        let secret = random.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 2, 10).repeat(8);
        let algorithm = ["SHA1", "SHA256", "SHA512"][case % 3];
        let (digits, period, now_ms) = (6 + random.below(3), 15 + random.below(106), random.now_ms());
        let address = format!("otpauth://totp/a?secret={secret}&algorithm={algorithm}&digits={digits}&period={period}");
        ours.push(Totp::parse(&address).unwrap().code(now_ms / 1_000).to_string());
        cases.push(json!({ "secret": secret, "algorithm": algorithm, "digits": digits, "period": period, "now_ms": now_ms }));
    }
    compare("totp", &cases, &ours);
}
