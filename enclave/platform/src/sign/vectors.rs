//! The vectors of platforms' documents and SDKs. They stand beside the repository and not in it.

mod standards;

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use credential::{Field, Fields, Secret};
use protocol::http::Request;
use serde_json::Value;
use zeroize::Zeroizing;

use super::crypto::{Algorithm, sha256};
use super::payload::Encoding;
use super::{Component, HttpSignature, Scheme, oauth1, unwrap_secret_key};
use crate::materials::Context;
use crate::request::{Body, Draft};
use crate::template::{FieldRef, Scope};
use crate::{Materials, Preset, Totp};

/// One file's vectors. `None`, said aloud, when there are none here; in CI that is a failure.
fn vectors(file: &str) -> Option<Vec<Value>> {
    let folder = std::env::var_os("PST_VAULT_VECTORS")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors")), PathBuf::from);
    if !folder.is_dir() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs the vectors in {}", folder.display());
        eprintln!("skipped: no vectors in {}", folder.display());
        return None;
    }
    let text = std::fs::read(folder.join("platforms").join(file)).unwrap();
    let mut value: Value = serde_json::from_slice(&text).unwrap();
    let vectors = value["vectors"].take();
    Some(vectors.as_array().unwrap().clone())
}

fn text<'a>(vector: &'a Value, name: &str) -> &'a str {
    vector[name].as_str().unwrap_or_else(|| panic!("{name} in {vector}"))
}

fn by_id<'a>(vectors: &'a [Value], id: &str) -> &'a Value {
    vectors.iter().find(|vector| vector["id"] == id).unwrap()
}

/// Secrets shorter than the vault keeps are what documents print.
fn fields(values: &[(&str, &str, bool)]) -> Fields {
    let value = |value: &str, secret: bool| {
        if secret { Field::Secret(Secret::new(value.as_bytes()).unwrap()) } else { Field::Public(value.to_owned()) }
    };
    Fields::new(values.iter().map(|(name, text, secret)| ((*name).to_owned(), value(text, *secret))).collect()).unwrap()
}

fn request(method: &str, host: &str, path: &str, body: &str) -> Request {
    let headers = if body.is_empty() { Vec::new() } else { vec![("content-type".to_owned(), b"application/json".to_vec())] };
    Request {
        method: method.to_owned(),
        scheme: "https".to_owned(),
        authority: host.to_owned(),
        path: path.to_owned(),
        headers,
        body: body.as_bytes().to_vec(),
    }
}

/// What goes out, and the string that the preset's signer signed.
struct Sent {
    request: Request,
    signed: Option<String>,
}

impl Sent {
    fn query(&self, name: &str) -> String {
        let query = self.request.path.split_once('?').unwrap().1;
        let found = query.split('&').filter_map(|pair| pair.split_once('=')).find(|(other, _)| *other == name);
        crate::request::decode(found.unwrap().1).unwrap()
    }

    fn header(&self, name: &str) -> String {
        String::from_utf8(self.request.header(name).unwrap().to_vec()).unwrap()
    }
}

fn send(id: &str, request: &Request, materials: &Materials<'_>, now_ms: u64) -> Sent {
    let preset = Preset::of_id(id).unwrap();
    let path = request.path.split('?').next().unwrap();
    let mut context = Context::new(*materials, now_ms, &[7; 32], &request.method, path);
    let recipe = preset.recipe();
    let mut draft = Draft::of(request, materials.host).unwrap();
    for selector in &recipe.selectors {
        selector.put(&mut draft, &context).unwrap();
    }
    for put in &recipe.put {
        if put.when.holds(&context, &draft) {
            put.apply(&mut draft, &context).unwrap();
        }
    }
    let signer = recipe.sign.iter().find(|signer| signer.when.holds(&context, &draft)).unwrap();
    let string = match &signer.scheme {
        Scheme::Template { payload, .. } => Some(String::from_utf8(payload.text(&draft, &context).unwrap().to_vec()).unwrap()),
        Scheme::HttpSignature(_) | Scheme::Oauth1(_) => None,
    };
    signer.sign(&mut draft, &mut context).unwrap();
    Sent { request: draft.finish().unwrap(), signed: string }
}

/// A key and a string to sign, where a document prints no more than these.
fn plain(vector: &Value, algorithm: Algorithm, encoding: Encoding) {
    let code = algorithm.code(text(vector, "secret").as_bytes(), text(vector, "string_to_sign").as_bytes());
    assert_eq!(encoding.write(&code).as_slice(), text(vector, "expected").as_bytes(), "{}", vector["id"]);
}

#[test]
fn lazada_signs_as_its_documents() {
    let Some(vectors) = vectors("lazada.json") else { return };
    let vector = by_id(&vectors, "lazada-official-order-get");
    let app = fields(&[("app_key", "123456", false), ("app_secret", "helloworld", true)]);
    // The document's access token has four letters: fewer than a secret here may have, so it is a public field of this test.
    let connection = fields(&[("access_token", "test", false)]);
    let host = "api.lazada.sg";
    let materials = Materials { app: Some(&app), connection: &connection, selector: &[], host };
    let sent = send("lazada", &request("GET", host, "/rest/order/get?order_id=1234", ""), &materials, 1_517_820_392_000);
    assert_eq!(sent.signed.as_deref(), vector["string_to_sign"].as_str());
    assert_eq!(sent.query("sign"), text(vector, "expected"));
    plain(by_id(&vectors, "lazada-sdk-snapshot"), Algorithm::HmacSha256, Encoding::UpperHex);
    assert_eq!(vectors.len(), 2);
}

#[test]
fn tiktok_shop_signs_as_its_sdk() {
    let Some(vectors) = vectors("tiktok_shop.json") else { return };
    let vector = by_id(&vectors, "post-json");
    let app = fields(&[("app_key", "123abc", false), ("app_secret", "s3cret", false)]);
    let connection = fields(&[("access_token", "TTP_token_of_a_test", true)]);
    let selector = [("shop_cipher".to_owned(), "ROW_test_cipher".to_owned())];
    let host = "open-api.tiktokglobalshop.com";
    let materials = Materials { app: Some(&app), connection: &connection, selector: &selector, host };
    let sent =
        send("tiktok-shop", &request("POST", host, text(vector, "path"), text(vector, "body")), &materials, 1_700_000_000_000);
    assert_eq!(sent.signed.as_deref(), vector["string_to_sign"].as_str());
    assert_eq!(sent.query("sign"), text(vector, "expected"));
    assert_eq!(sent.header("x-tts-access-token"), "TTP_token_of_a_test");
    for id in ["sdk-get", "webhook"] {
        plain(by_id(&vectors, id), Algorithm::HmacSha256, Encoding::Hex);
    }
    assert_eq!(vectors.len(), 3);
}

#[test]
fn shopee_signs_calls_and_token_requests() {
    let Some(vectors) = vectors("shopee.json") else { return };
    let vector = by_id(&vectors, "shop-level");
    let app = fields(&[("partner_id", "2000000", false), ("partner_key", "testpartnerkey", true)]);
    let token = "ACCESSTOKEN00000000000000000000";
    let connection = fields(&[
        ("access_token", token, true),
        ("refresh_token", "REFRESHTOKEN", true),
        ("refresh_shop_id", "123456789", false),
    ]);
    let selector = [("shop_id".to_owned(), "123456789".to_owned())];
    let host = "partner.shopeemobile.com";
    let materials = Materials { app: Some(&app), connection: &connection, selector: &selector, host };
    let sent = send("shopee", &request("GET", host, "/api/v2/order/get_order_list", ""), &materials, 1_700_000_000_000);
    assert_eq!(sent.signed.as_deref(), vector["string_to_sign"].as_str());
    assert_eq!(sent.query("sign"), text(vector, "expected"));
    let grant = Preset::of_id("shopee").unwrap().grant(&connection).unwrap();
    let refresh = grant.request(&Materials { selector: &[], ..materials }, 1_700_000_000_000, &[7; 32]).unwrap();
    let sent = Sent { request: refresh, signed: None };
    assert_eq!(sent.query("sign"), text(by_id(&vectors, "public-refresh"), "expected"));
    assert_eq!(sent.request.body, br#"{"refresh_token":"REFRESHTOKEN","partner_id":2000000,"shop_id":123456789}"#);
    plain(by_id(&vectors, "sdk-concat"), Algorithm::HmacSha256, Encoding::Hex);
    assert_eq!(vectors.len(), 3);
}

#[test]
fn temu_signs_the_body_s_members() {
    let Some(vectors) = vectors("temu.json") else { return };
    let host = "openapi-b-us.temu.com";
    let official = by_id(&vectors, "official-shipment-confirm");
    let secret = text(official, "secret");
    let app = fields(&[("app_key", "f9d5cc9313893a20d5aa85c654e8f503", false), ("app_secret", secret, true)]);
    let connection = fields(&[("access_token", "2nifvmpyymvypwmcms5ct4uqqudrwgpmzbcnmkt1jzjkuaf3x56iixym", true)]);
    let materials = Materials { app: Some(&app), connection: &connection, selector: &[], host };
    let signed = text(official, "string_to_sign");
    let list = signed.split_once("sendRequestList").unwrap().1.split_once("sendType").unwrap().0;
    // Spaces and another order, which the platform does not see: what is signed is what is sent.
    let body = format!(
        r#"{{ "sendType": 0, "type": "bg.logistics.shipment.confirm", "sendRequestList": {} }}"#,
        list.replace(',', " , ")
    );
    let sent = send("temu", &request("POST", host, "/openapi/router", &body), &materials, 1_711_009_072_000);
    assert_eq!(sent.signed.as_deref(), Some(signed));
    let body: Value = serde_json::from_slice(&sent.request.body).unwrap();
    assert_eq!(body["sign"], official["expected"]);
    assert!(String::from_utf8_lossy(&sent.request.body).contains(&format!(r#""sendRequestList":{list}"#)));

    let synthetic = by_id(&vectors, "synthetic");
    let app = fields(&[("app_key", "key", false), ("app_secret", "topsecret", true)]);
    let connection = fields(&[("access_token", "tok", false)]);
    let materials = Materials { app: Some(&app), connection: &connection, selector: &[], host };
    let body = r#"{"type":"bg.order.list.v2.get","pageNumber":1}"#;
    let sent = send("temu", &request("POST", host, "/openapi/router", body), &materials, 1_700_000_000_000);
    assert_eq!(sent.signed.as_deref(), synthetic["string_to_sign"].as_str());
    let body: Value = serde_json::from_slice(&sent.request.body).unwrap();
    assert_eq!(body["sign"], synthetic["expected"]);
    assert_eq!(vectors.len(), 2);
}

#[test]
fn shein_signs_and_opens_as_its_documents() {
    let Some(vectors) = vectors("shein.json") else { return };
    let vector = by_id(&vectors, "official");
    let hex = Algorithm::HmacSha256.code(text(vector, "hmac_key").as_bytes(), text(vector, "string_to_sign").as_bytes());
    let signature = Encoding::Base64OfHex.write(&hex);
    let expected = text(vector, "expected").strip_prefix(text(vector, "random_key")).unwrap();
    assert_eq!(signature.as_slice(), expected.as_bytes());

    // The preset's own, with a random key of its own.
    let connection = fields(&[("open_key_id", text(vector, "openKeyId"), false), ("secret_key", text(vector, "secret"), true)]);
    let host = "openapi.sheincorp.com";
    let materials = Materials { app: None, connection: &connection, selector: &[], host };
    let sent = send("shein", &request("POST", host, text(vector, "path"), "{}"), &materials, 1_740_709_414_000);
    assert_eq!(sent.signed.as_deref(), vector["string_to_sign"].as_str());
    let signature = sent.header("x-lt-signature");
    let (random, code) = signature.split_at(5);
    assert!(random.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let key = format!("{}{random}", text(vector, "secret"));
    let again = Algorithm::HmacSha256.code(key.as_bytes(), text(vector, "string_to_sign").as_bytes());
    assert_eq!(code.as_bytes(), Encoding::Base64OfHex.write(&again).as_slice());

    let vector = by_id(&vectors, "official-secretkey-decrypt");
    let opened = unwrap_secret_key(text(vector, "appSecretKey").as_bytes(), text(vector, "ciphertext_b64")).unwrap();
    assert_eq!(opened.as_slice(), text(vector, "expected").as_bytes());
    assert!(unwrap_secret_key(b"698E4F20DFBA4B85", "Um6W8uVjabRyt5zJI3hw").is_err());
    assert_eq!(vectors.len(), 2);
}

#[test]
fn coupang_signs_its_header() {
    let Some(vectors) = vectors("coupang.json") else { return };
    let vector = &vectors[0];
    let connection = fields(&[("access_key", "AK", false), ("secret_key", "testsecret", true)]);
    let selector = [("vendor_id".to_owned(), "A00012345".to_owned())];
    let host = "api-gateway.coupang.com";
    let materials = Materials { app: None, connection: &connection, selector: &selector, host };
    let path = "/v2/providers/seller_api/apis/api/v1/marketplace/seller-products?vendorId=A00012345&maxPerPage=1";
    let sent = send("coupang", &request("GET", host, path, ""), &materials, 1_700_000_000_000);
    assert_eq!(sent.signed.as_deref(), vector["string_to_sign"].as_str());
    let header =
        format!("CEA algorithm=HmacSHA256, access-key=AK, signed-date=231114T221320Z, signature={}", text(vector, "expected"));
    assert_eq!(sent.header("authorization"), header);
    assert_eq!(vectors.len(), 1);
}

#[test]
fn aliexpress_signs_both_its_gateways_ways_and_the_older_one_s() {
    let Some(vectors) = vectors("aliexpress.json") else { return };
    let host = "api-sg.aliexpress.com";
    let app = fields(&[("app_key", "123456", false), ("app_secret", "testsecret", true)]);
    let connection = fields(&[("access_token", "TESTTOKEN", true), ("refresh_token", "REFRESHTOKEN", true)]);
    let materials = Materials { app: Some(&app), connection: &connection, selector: &[], host };
    let vector = by_id(&vectors, "iop-business-sync");
    let path = "/sync?method=aliexpress.solution.order.get&page_size=20&format=json&v=2.0";
    let sent = send("aliexpress", &request("GET", host, path, ""), &materials, 1_700_000_000_000);
    assert_eq!(sent.signed.as_deref(), vector["string_to_sign"].as_str());
    assert_eq!(sent.query("sign"), text(vector, "expected"));

    // The refresh is signed as the creation of a token is, but for its path and parameter.
    plain(by_id(&vectors, "iop-system-token-create"), Algorithm::HmacSha256, Encoding::UpperHex);
    let grant = Preset::of_id("aliexpress").unwrap().grant(&connection).unwrap();
    let refresh = Sent { request: grant.request(&materials, 1_700_000_000_000, &[7; 32]).unwrap(), signed: None };
    let signed = "/auth/token/refreshapp_key123456refresh_tokenREFRESHTOKENsign_methodsha256timestamp1700000000000";
    let code = Algorithm::HmacSha256.code(b"testsecret", signed.as_bytes());
    assert_eq!(refresh.query("sign").as_bytes(), Encoding::UpperHex.write(&code).as_slice());

    for id in ["top-doc-md5", "top-sdk-md5"] {
        plain(by_id(&vectors, id), Algorithm::Md5, Encoding::UpperHex);
    }
    plain(by_id(&vectors, "top-sdk-hmac-md5"), Algorithm::HmacMd5, Encoding::UpperHex);
    assert_eq!(vectors.len(), 5);
}

#[test]
fn pingpong_hashes_its_base_string() {
    let Some(vectors) = vectors("pingpong.json") else { return };
    plain_hash(&vectors[0]);
    assert_eq!(vectors.len(), 1);
}

fn plain_hash(vector: &Value) {
    let code = Algorithm::Sha256.code(&[], text(vector, "string_to_sign").as_bytes());
    assert_eq!(Encoding::Hex.write(&code).as_slice(), text(vector, "expected").as_bytes());
}

#[test]
fn ebay_signs_messages_as_its_sdk() {
    let Some(vectors) = vectors("ebay_rfc9421.json") else { return };
    let vector = by_id(&vectors, "ebay-sdk-ed25519");
    let pem = text(vector, "private_key_pem");
    let key: String = pem.lines().filter(|line| !line.starts_with("--")).collect();
    let header = |name: &str| text(&vector["headers"], name);
    let connection = fields(&[("signing_key", &key, true)]);
    let materials = Materials { app: None, connection: &connection, selector: &[], host: "localhost:8080" };
    let context = Context::new(materials, 1_663_459_378_000, &[7; 32], "POST", "/test");
    let body = text(by_id(&vectors, "content-digest"), "body");
    let mut draft = Draft::new("POST", "localhost:8080", "/test", Body::Raw(body.as_bytes().to_vec()));
    draft.headers.push(("x-ebay-signature-key".to_owned(), header("x-ebay-signature-key").as_bytes().to_vec().into()));
    let names = ["content-digest", "x-ebay-signature-key", "@method", "@path", "@authority"];
    let signing_key = FieldRef { scope: Scope::Connection, name: "signing_key".to_owned(), secret: true };
    let scheme = HttpSignature { components: names.map(Component::parse).to_vec(), key: signing_key };
    scheme.sign(&mut draft, &context).unwrap();
    let (base, _) = scheme.base(&draft, 1_663_459_378);
    assert_eq!(String::from_utf8(base).unwrap(), text(vector, "signature_base"));
    for name in ["content-digest", "signature-input"] {
        assert_eq!(draft.header(name).unwrap(), header(name).as_bytes());
    }
    assert_eq!(draft.header("signature").unwrap(), text(vector, "expected").as_bytes());
    assert_eq!(draft.header("content-digest").unwrap(), text(by_id(&vectors, "content-digest"), "expected").as_bytes());
    assert_eq!(vectors.len(), 2);
}
