use credential::{Field, Fields, Secret};
use proptest::prelude::*;
use protocol::http::Response;

use super::*;
use crate::{Diagnosis, Preset};

const NOW: u64 = 1_700_000_000_000;

fn grant(id: &str) -> &'static Grant {
    &Preset::of_id(id).unwrap().grants()[0]
}

fn response(status: u16, body: &str) -> Response {
    Response { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
}

fn tokens(id: &str, body: &str) -> (String, Option<String>, u64, Option<u64>) {
    match grant(id).read(&response(200, body), NOW) {
        GrantAnswer::Tokens(Tokens { access, refresh, access_expires_at, refresh_expires_at }) => {
            let text = |secret: Secret| secret.with_secret(|secret| String::from_utf8(secret.to_vec()).unwrap());
            (text(access), refresh.map(text), access_expires_at, refresh_expires_at)
        }
        other => panic!("{id}: {other:?}"),
    }
}

#[test]
fn reads_each_form_of_expiry() {
    let got =
        tokens("etsy", r#"{"access_token":"access-1","refresh_token":"refresh-1","expires_in":3600,"token_type":"Bearer"}"#);
    assert_eq!(got, ("access-1".into(), Some("refresh-1".into()), NOW + 3_600_000, Some(NOW + 90 * 86_400_000)));
    let got = tokens(
        "tiktok-shop",
        r#"{"code":0,"message":"success","data":{"access_token":"access-1","access_token_expire_in":1700604800,"refresh_token":"refresh-1","refresh_token_expire_in":1731536000}}"#,
    );
    assert_eq!(got, ("access-1".into(), Some("refresh-1".into()), 1_700_604_800_000, Some(1_731_536_000_000)));
    let got = tokens(
        "aliexpress",
        r#"{"access_token":"access-1","refresh_token":"refresh-1","expire_time":1700086400000,"refresh_token_valid_time":1700172800000,"code":"0"}"#,
    );
    assert_eq!(got, ("access-1".into(), Some("refresh-1".into()), 1_700_086_400_000, Some(1_700_172_800_000)));
    let got = tokens("airwallex", r#"{"token":"access-1","expires_at":"2023-11-14T22:43:20+0000"}"#);
    assert_eq!(got, ("access-1".into(), None, NOW + 1_800_000, None));
}

#[test]
fn t47_no_refresh_token_in_the_answer_is_no_new_one() {
    for body in [
        r#"{"access_token":"access-1","expires_in":60}"#,
        r#"{"access_token":"access-1","expires_in":60,"refresh_token":null}"#,
        r#"{"access_token":"access-1","expires_in":60,"refresh_token":""}"#,
    ] {
        assert_eq!(tokens("mercado-libre", body), ("access-1".into(), None, NOW + 60_000, None));
    }
}

#[test]
fn a_platform_that_does_not_rotate_brings_no_new_one() {
    let body = r#"{"access_token":"access-1","refresh_token":"refresh-1","expires_in":3600}"#;
    assert_eq!(tokens("amazon-sp", body).1, None);
}

#[test]
fn a_rotated_token_is_not_lost_to_an_expiry_that_can_t_be_read() {
    for expiry in ["\"soon\"", "null", "-1", "[]", "99999999999999999999", "\"3600x\""] {
        let body = format!(r#"{{"access_token":"access-1","refresh_token":"refresh-1","expires_in":{expiry}}}"#);
        let (_, refresh, access_expires_at, _) = tokens("etsy", &body);
        assert_eq!(refresh.as_deref(), Some("refresh-1"));
        assert_eq!(access_expires_at, NOW + 3_600_000, "{expiry}");
    }
    assert_eq!(tokens("etsy", r#"{"access_token":"access-1","expires_in":"7200"}"#).2, NOW + 7_200_000);
}

#[test]
fn t47_an_answer_that_is_not_clear_is_unclear() {
    let grant = grant("etsy");
    for (status, body) in [
        (200, ""),
        (200, "{}"),
        (200, "access_token=access-1"),
        (200, r#"{"access_token":"access-1","access_token":"access-2"}"#),
        (200, r#"{"access_token":"short"}"#),
        (200, r#"{"access_token":"with space"}"#),
        (200, r#"{"access_token":"line\r\nx-y: z"}"#),
        (200, r#"{"access_token":"access-1","refresh_token":7}"#),
        (200, r#"{"access_token":"access-1","refresh_token":"new line\n"}"#),
        (302, r#"{"access_token":"access-1"}"#),
        (500, r#"{"access_token":"access-1"}"#),
        (503, "busy"),
        (400, r#"{"error":"something_else","error_description":"invalid_grant"}"#),
        (401, ""),
    ] {
        assert!(matches!(grant.read(&response(status, body), NOW), GrantAnswer::Unclear), "{status} {body}");
    }
    let long = format!(r#"{{"access_token":"access-1","x":"{}"}}"#, "x".repeat(64 << 10));
    assert!(matches!(grant.read(&response(200, &long), NOW), GrantAnswer::Unclear));
}

#[test]
fn refusals_are_told_apart() {
    let read = |id: &str, status, body: &str| grant(id).read(&response(status, body), NOW);
    for (id, body) in [
        ("amazon-sp", r#"{"error":"invalid_grant","error_description":"expired"}"#),
        ("shopify-admin", r#"{"error":"invalid_grant"}"#),
        ("lazada", r#"{"code":"IllegalRefreshToken","message":"x"}"#),
        ("tiktok-shop", r#"{"code":36004004,"message":"Refresh token is invalid","data":null}"#),
        ("shopee", r#"{"error":"error_auth","message":"Invalid refresh_token."}"#),
        ("shopee", r#"{"error":"shop_no_linked","message":"Partner and shop has no linked."}"#),
        ("paypal", r#"{"error":"invalid_client"}"#),
        ("mercado-libre", r#"{"error":"unauthorized_client","message":"x"}"#),
    ] {
        assert!(matches!(read(id, 400, body), GrantAnswer::InvalidGrant), "{id}");
    }
    let dead = r#"{"error":"invalid_request","error_description":"This request requires an active refresh_token"}"#;
    assert!(matches!(read("shopify-admin", 401, dead), GrantAnswer::InvalidGrant));
    assert!(matches!(read("shopify-admin", 400, r#"{"error":"invalid_request"}"#), GrantAnswer::Unclear));
    // The shop may come back: it is suspended.
    let banned = r#"{"error":"shop_banned","message":"The shop account has been banned."}"#;
    assert!(matches!(read("shopee", 403, banned), GrantAnswer::Unclear));
    assert!(matches!(read("amazon-sp", 401, r#"{"error":"invalid_client"}"#), GrantAnswer::InvalidClient));
    // Of the app, whatever the store's token is worth.
    let unsupported = r#"{"code":"AUTH_TYPE_UNSUPPORTED","message":"x"}"#;
    assert!(matches!(read("lazada", 200, unsupported), GrantAnswer::InvalidClient));
    assert!(matches!(read("lazada", 200, r#"{"code":"ApiCallLimit"}"#), GrantAnswer::RateLimited { retry_after_s: None }));
    let mut limited = response(429, "");
    limited.headers.push(("retry-after".to_owned(), b"17".to_vec()));
    assert!(matches!(grant("etsy").read(&limited, NOW), GrantAnswer::RateLimited { retry_after_s: Some(17) }));
}

#[test]
fn t47_no_answer_shows_what_the_platform_wrote() {
    let body = r#"{"error":"invalid_client","error_description":"client_secret swordfish is wrong"}"#;
    let shown = format!("{:?}", grant("amazon-sp").read(&response(401, body), NOW));
    assert_eq!(shown, "InvalidClient");
    let shown = format!("{:?}", grant("amazon-sp").read(&response(200, r#"{"access_token":"swordfish"}"#), NOW));
    assert_eq!(shown, "Tokens(Tokens(..))");
}

#[test]
fn calls_refusals_say_what_they_mean_for_the_connection() {
    let diagnose = |id: &str, status, body: &str| Preset::of_id(id).unwrap().diagnose(&response(status, body));
    let expired = r#"{"errors":[{"code":"Unauthorized","details":"The access token you provided has expired."}]}"#;
    assert_eq!(diagnose("amazon-sp", 403, expired), Some(Diagnosis::Expired));
    let revoked = r#"{"errors":[{"code":"Unauthorized","details":"Access token was revoked."}]}"#;
    assert_eq!(diagnose("amazon-sp", 403, revoked), Some(Diagnosis::Revoked));
    let signed = |id: u32| format!(r#"{{"errors":[{{"errorId":{id},"domain":"ACCESS"}}]}}"#);
    assert_eq!(diagnose("ebay", 403, &signed(215_122)), Some(Diagnosis::BadSignature));
    assert_eq!(diagnose("ebay", 403, &signed(215_114)), Some(Diagnosis::Clock));
    assert_eq!(diagnose("ebay", 401, &signed(1_001)), Some(Diagnosis::Expired));
    assert_eq!(diagnose("tiktok-shop", 401, r#"{"code":105002,"message":"x"}"#), Some(Diagnosis::Expired));
    assert_eq!(diagnose("tiktok-shop", 401, r#"{"code":106001,"message":"x"}"#), Some(Diagnosis::BadSignature));
    // A scope that was not granted: another access token would cost a refresh token, and be refused as this one was.
    assert_eq!(diagnose("tiktok-shop", 401, r#"{"code":105005,"message":"x"}"#), Some(Diagnosis::Denied));
    assert_eq!(diagnose("shopee", 403, r#"{"error":"error_auth","message":"No permission to current api."}"#), None);
    assert_eq!(diagnose("shopee", 403, r#"{"error":"error_auth","message":"Invalid access_token."}"#), Some(Diagnosis::Expired));
    assert_eq!(diagnose("shopee", 403, r#"{"error":"error_param","message":"Timestamp is expired."}"#), Some(Diagnosis::Clock));
    assert_eq!(
        diagnose("temu", 200, r#"{"success":false,"errorCode":4000004}"#),
        Some(Diagnosis::RateLimited { retry_after_s: None })
    );
    let temu = |code: u32| format!(r#"{{"success":false,"errorCode":{code},"errorMsg":"access_token"}}"#);
    assert_eq!(diagnose("temu", 200, &temu(3_000_034)), Some(Diagnosis::Expired));
    assert_eq!(diagnose("temu", 200, &temu(3_000_031)), Some(Diagnosis::Revoked));
    assert_eq!(diagnose("temu", 200, &temu(3_000_032)), Some(Diagnosis::Denied));
    let coupang = |text: &str| format!(r#"{{"code":"ERROR","message":"{text}"}}"#);
    assert_eq!(diagnose("coupang", 401, &coupang("Specified signature is expired.")), Some(Diagnosis::Clock));
    assert_eq!(diagnose("coupang", 401, &coupang("Invalid signature.")), Some(Diagnosis::BadSignature));
    let reads =
        r#"{"code":"woocommerce_rest_authentication_error","message":"The API key provided does not have write permissions."}"#;
    assert_eq!(diagnose("woocommerce", 401, reads), Some(Diagnosis::Denied));
    assert_eq!(diagnose("woocommerce", 401, "{}"), Some(Diagnosis::Revoked));
    assert_eq!(diagnose("stripe", 401, "{}"), Some(Diagnosis::Revoked));
    assert_eq!(diagnose("stripe", 404, "{}"), None);
    assert_eq!(diagnose("temu", 200, r#"{"success":true}"#), None);
}

#[test]
fn what_is_known_of_each_rotation() {
    for (id, rotation) in [
        ("amazon-sp", Rotation::Never),
        ("ebay", Rotation::Never),
        ("shopify-admin", Rotation::Always),
        ("shopee", Rotation::Always),
        ("mercado-libre", Rotation::Always),
        ("etsy", Rotation::Always),
        ("tiktok-shop", Rotation::Always),
        ("walmart", Rotation::IfPresent),
        ("lazada", Rotation::IfPresent),
        ("aliexpress", Rotation::IfPresent),
        ("payoneer", Rotation::IfPresent),
    ] {
        assert_eq!(grant(id).rotation(), rotation, "{id}");
        assert_eq!(grant(id).grace().is_some(), id == "shopify-admin", "{id}");
    }
}

#[test]
fn the_request_is_the_documented_one() {
    let secret = |text: &str| Field::Secret(Secret::new(text.as_bytes()).unwrap());
    let app = Fields::new(vec![
        ("client_id".to_owned(), Field::Public("client".to_owned())),
        ("client_secret".to_owned(), secret("s&cret+value")),
    ])
    .unwrap();
    let connection = Fields::new(vec![("refresh_token".to_owned(), secret("Atzr|refresh"))]).unwrap();
    let materials =
        Materials { app: Some(&app), connection: &connection, selector: &[], host: "sellingpartnerapi-eu.amazon.com" };
    let request = grant("amazon-sp").request(&materials, NOW, &[0; 32]).unwrap();
    assert_eq!(request.url(), "https://api.amazon.com/auth/o2/token");
    assert_eq!(request.method, "POST");
    assert_eq!(request.header("content-type"), Some(&b"application/x-www-form-urlencoded"[..]));
    let body = "grant_type=refresh_token&refresh_token=Atzr%7Crefresh&client_id=client&client_secret=s%26cret%2Bvalue";
    assert_eq!(String::from_utf8_lossy(&request.body), body);

    let materials = Materials { host: "api.ebay.com", ..materials };
    let request = grant("ebay").request(&materials, NOW, &[0; 32]).unwrap();
    assert_eq!(request.header("authorization"), Some(&b"Basic Y2xpZW50OnMmY3JldCt2YWx1ZQ=="[..]));
    assert_eq!(String::from_utf8_lossy(&request.body), "grant_type=refresh_token&refresh_token=Atzr%7Crefresh");

    let materials = Materials { app: None, ..materials };
    assert_eq!(grant("ebay").request(&materials, NOW, &[0; 32]).unwrap_err(), PrepareError::Field);
}

#[test]
fn a_connection_is_refreshed_the_way_its_fields_say() {
    let walmart = Preset::of_id("walmart").unwrap();
    let secret = |name: &str| (name.to_owned(), Field::Secret(Secret::new(b"12345678").unwrap()));
    let own = Fields::new(vec![("client_id".to_owned(), Field::Public("a".into())), secret("client_secret")]).unwrap();
    assert_eq!(walmart.grant(&own).unwrap().kind(), GrantKind::ClientCredentials);
    let provider = Fields::new(vec![secret("refresh_token")]).unwrap();
    assert_eq!(walmart.grant(&provider).unwrap().kind(), GrantKind::RefreshToken);
    let fixed = Fields::new(vec![secret("access_token")]).unwrap();
    assert!(Preset::of_id("shopify-admin").unwrap().grant(&fixed).is_none());
}

proptest! {
    #[test]
    fn reading_never_panics(status in 100_u16..700, body in any::<Vec<u8>>(), text in "[{}\\[\\]\":,a-z_0-9]{0,64}") {
        for preset in Preset::all() {
            for grant in preset.grants() {
                for body in [body.clone(), text.clone().into_bytes()] {
                    let response = Response { status, headers: Vec::new(), body };
                    let _ = grant.read(&response, NOW);
                    let _ = preset.diagnose(&response);
                }
            }
        }
    }
}
