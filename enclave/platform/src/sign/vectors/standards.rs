//! The vectors of published standards.

use super::*;

#[test]
fn oauth1_signs_as_its_rfc_and_as_woocommerce() {
    let Some(vectors) = vectors("oauth1.json") else { return };
    let pairs = |list: &[(&str, &str)]| -> Vec<(String, Zeroizing<Vec<u8>>)> {
        list.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec().into())).collect()
    };
    let rfc = pairs(&[
        ("file", "vacation.jpg"),
        ("size", "original"),
        ("oauth_consumer_key", "dpf43f3p2l4k3l03"),
        ("oauth_token", "nnch734d00sl2jdk"),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", "137131202"),
        ("oauth_nonce", "chapoH"),
    ]);
    let woo = pairs(&[
        ("oauth_consumer_key", "ck_test"),
        ("oauth_timestamp", "1700000000"),
        ("oauth_nonce", "abcdef0123456789"),
        ("oauth_signature_method", "HMAC-SHA256"),
        ("per_page", "10"),
    ]);
    let cases = [
        (
            "rfc5849-1.2-photos",
            Algorithm::HmacSha1,
            "http://photos.example.net/photos",
            rfc,
            ["kd94hf93k423kf44", "pfkkdhi9sl3r4s00"],
        ),
        ("woo-hmac-sha256", Algorithm::HmacSha256, "http://store.example.com/wp-json/wc/v3/orders", woo, ["cs_test", ""]),
    ];
    for (id, algorithm, uri, parameters, [consumer, token]) in cases {
        let vector = by_id(&vectors, id);
        let base = oauth1::base("GET", uri, &parameters);
        assert_eq!(base.as_slice(), text(vector, "string_to_sign").as_bytes());
        let key = oauth1::key(consumer.as_bytes(), token.as_bytes());
        assert_eq!(key.as_slice(), text(vector, "key").as_bytes());
        assert_eq!(STANDARD.encode(algorithm.code(&key, &base)), text(vector, "expected"));
    }
    assert_eq!(vectors.len(), 2);
}

#[test]
fn oauth2_s_challenge_and_basic_are_the_rfcs() {
    let Some(vectors) = vectors("oauth2_misc.json") else { return };
    let vector = by_id(&vectors, "rfc7636-B-S256");
    assert_eq!(URL_SAFE_NO_PAD.encode(sha256(text(vector, "verifier").as_bytes())), text(vector, "expected"));
    let vector = by_id(&vectors, "rfc7617-basic");
    let (user, password) = (text(vector, "user"), text(vector, "password"));
    let connection = fields(&[("scheme", "basic", false), ("username", user, false), ("value", password, true)]);
    let host = "api.example.com";
    let materials = Materials { app: None, connection: &connection, selector: &[], host };
    let mut context = Context::new(materials, 0, &[0; 32], "GET", "/");
    let draft =
        Preset::of_id("generic").unwrap().recipe().complete(Draft::new("GET", host, "/", Body::Empty), &mut context).unwrap();
    assert_eq!(draft.header("authorization").unwrap(), text(vector, "expected").as_bytes());
    assert_eq!(vectors.len(), 2);
}

/// No preset signs this way any more; its chain of keys is the longest use of the code that there is.
#[test]
fn signature_version_4_is_a_chain_of_the_same_code() {
    let Some(vectors) = vectors("sigv4.json") else { return };
    let vector = &vectors[0];
    let canonical = hex::encode(sha256(text(vector, "canonical_request").as_bytes()));
    assert!(text(vector, "string_to_sign").ends_with(&canonical));
    let mut key = format!("AWS4{}", text(vector, "secret")).into_bytes();
    for part in ["20150830", "us-east-1", "service", "aws4_request"] {
        key = Algorithm::HmacSha256.code(&key, part.as_bytes());
    }
    let code = Algorithm::HmacSha256.code(&key, text(vector, "string_to_sign").as_bytes());
    assert_eq!(hex::encode(code), text(vector, "expected"));
}

#[test]
fn one_time_codes_are_the_rfc_s() {
    let Some(vectors) = vectors("totp.json") else { return };
    for vector in &vectors {
        let address = format!(
            "otpauth://totp/a?secret={}&algorithm={}&digits={}",
            text(vector, "secret_b32"),
            text(vector, "algo"),
            vector["digits"]
        );
        let totp = Totp::parse(&address).unwrap();
        assert_eq!(totp.code(vector["time"].as_u64().unwrap()).as_str(), text(vector, "expected"), "{}", vector["id"]);
    }
    assert_eq!(vectors.len(), 10);
}
