//! How callers prove themselves, written from the platforms' documents.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use md5::{Digest, Md5};
use sha2::Sha256;

use super::asked::Asked;
use super::data::Platform;
use super::words::Fault;

/// The access token that a request proves itself with, if there is one beside its signature.
pub(super) type Proven = Result<Option<String>, Fault>;

fn hmac_sha256(key: &str, message: &[u8]) -> String {
    // Of any length: RFC 2104.
    Hmac::<Sha256>::new_from_slice(key.as_bytes()).map_or_else(
        |_| String::new(),
        |mut mac| {
            mac.update(message);
            hex::encode(mac.finalize().into_bytes())
        },
    )
}

fn is(one: Option<&str>, other: &str, fault: Fault) -> Result<(), Fault> {
    if one == Some(other) { Ok(()) } else { Err(fault) }
}

/// Whether a time, in milliseconds, is within a platform's window.
fn clock(asked: &Asked, stamp: Option<u64>, window_s: u64) -> Result<(), Fault> {
    let stamp = stamp.ok_or(Fault::Clock)?;
    if asked.at_ms.abs_diff(stamp) <= window_s * 1_000 { Ok(()) } else { Err(Fault::Clock) }
}

fn number(text: Option<String>) -> Option<u64> {
    text?.parse().ok()
}

/// `Authorization: Bearer ...`.
pub(super) fn bearer(asked: &Asked, _: &Platform) -> Proven {
    let token = asked.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).ok_or(Fault::Unknown)?;
    Ok(Some(token.to_owned()))
}

/// A header with nothing but the token.
pub(super) fn header(asked: &Asked, name: &str) -> Proven {
    asked.header(name).map(|token| Some(token.to_owned())).ok_or(Fault::Unknown)
}

/// A fixed key at its place, which `found` is.
pub(super) fn fixed(found: Option<&str>, key: &str) -> Proven {
    is(found, key, Fault::Unknown).map(|()| None)
}

/// HTTP Basic with two fields of the connection.
pub(super) fn basic(asked: &Asked, platform: &Platform, user: &str, password: &str) -> Proven {
    let (given, secret) = asked.basic().ok_or(Fault::Unknown)?;
    is(Some(&given), platform.field(user), Fault::Unknown)?;
    fixed(Some(&secret), platform.field(password))
}

/// developers.etsy.com: the token, and `x-api-key` of keystring and shared secret.
pub(super) fn etsy(asked: &Asked, platform: &Platform) -> Proven {
    let key = format!("{}:{}", platform.field("keystring"), platform.field("shared_secret"));
    is(asked.header("x-api-key"), &key, Fault::Client)?;
    bearer(asked, platform)
}

/// developer.walmart.com: three headers.
pub(super) fn walmart(asked: &Asked, _: &Platform) -> Proven {
    walmart_headers(asked)?;
    header(asked, "wm_sec.access_token")
}

pub(super) fn walmart_headers(asked: &Asked) -> Result<(), Fault> {
    let id = asked.header("wm_qos.correlation_id").unwrap_or_default();
    let uuid = id.len() == 36 && id.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
    if uuid && asked.header("wm_svc.name").is_some_and(|name| !name.is_empty()) { Ok(()) } else { Err(Fault::Client) }
}

/// open.lazada.com, docId 108069: api path and sorted parameters, and a body that is no form; upper-case hex of HMAC-SHA256.
/// The business API of `aliexpress` leaves the path out.
pub(super) fn iop(asked: &Asked, platform: &Platform) -> Proven {
    iop_signed(asked, platform)?;
    asked.query("access_token").map(Some).ok_or(Fault::Unknown)
}

pub(super) fn iop_signed(asked: &Asked, platform: &Platform) -> Result<(), Fault> {
    is(asked.query("app_key").as_deref(), platform.field("app_key"), Fault::Client)?;
    is(asked.query("sign_method").as_deref(), "sha256", Fault::Signature)?;
    let window = if asked.host.contains("lazada") { 7_200 } else { 600 };
    clock(asked, number(asked.query("timestamp")), window)?;
    let path = if asked.path == "/sync" { "" } else { asked.path.strip_prefix("/rest").unwrap_or(&asked.path) };
    let mut parameters = asked.queries();
    parameters.extend(asked.forms());
    parameters.retain(|(name, value)| name != "sign" && !value.is_empty());
    parameters.sort();
    let mut text = path.as_bytes().to_vec();
    for (name, value) in parameters {
        text.extend_from_slice(format!("{name}{value}").as_bytes());
    }
    if !asked.is_form() && !path.is_empty() {
        text.extend_from_slice(&asked.body);
    }
    let expected = hmac_sha256(platform.field("app_secret"), &text).to_uppercase();
    is(asked.query("sign").as_deref(), &expected, Fault::Signature)
}

/// open.shopee.com: partner id, path, time, token and shop; lower-case hex. Neither body nor other parameters.
pub(super) fn shopee(asked: &Asked, platform: &Platform) -> Proven {
    let token = asked.query("access_token").ok_or(Fault::Unknown)?;
    let shop = asked.query("shop_id").ok_or(Fault::Unknown)?;
    shopee_signed(asked, platform, &format!("{token}{shop}"))?;
    Ok(Some(token))
}

pub(super) fn shopee_signed(asked: &Asked, platform: &Platform, more: &str) -> Result<(), Fault> {
    let partner = platform.field("partner_id");
    is(asked.query("partner_id").as_deref(), partner, Fault::Client)?;
    let stamp = asked.query("timestamp").unwrap_or_default();
    clock(asked, number(Some(stamp.clone())).map(|s| s * 1_000), 300)?;
    let base = format!("{partner}{}{stamp}{more}", asked.path);
    let expected = hmac_sha256(platform.field("partner_key"), base.as_bytes());
    is(asked.query("sign").as_deref(), &expected, Fault::Signature)
}

/// partner.tiktokshop.com, "Sign your API request": secret, path, sorted query, body, secret.
pub(super) fn tiktok(asked: &Asked, platform: &Platform) -> Proven {
    is(asked.query("app_key").as_deref(), platform.field("app_key"), Fault::Client)?;
    clock(asked, number(asked.query("timestamp")).map(|s| s * 1_000), 300)?;
    let secret = platform.field("app_secret");
    let mut parameters = asked.queries();
    parameters.retain(|(name, _)| !["sign", "access_token", "x-tts-access-token"].contains(&name.as_str()));
    parameters.sort();
    let mut text = format!("{secret}{}", asked.path).into_bytes();
    for (name, value) in parameters {
        text.extend_from_slice(format!("{name}{value}").as_bytes());
    }
    let multipart = asked.header("content-type").is_some_and(|kind| kind.starts_with("multipart/form-data"));
    if asked.method != "GET" && !multipart {
        text.extend_from_slice(&asked.body);
    }
    text.extend_from_slice(secret.as_bytes());
    is(asked.query("sign").as_deref(), &hmac_sha256(secret, &text), Fault::Signature)?;
    header(asked, "x-tts-access-token")
}

/// Temu's integration guide: the members of the body, sorted, between the secret; upper-case hex of MD5.
pub(super) fn temu(asked: &Asked, platform: &Platform) -> Proven {
    let mut members = members(&asked.body).ok_or(Fault::Signature)?;
    members.sort();
    let of = |wanted: &str| members.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    is(of("app_key").as_deref(), platform.field("app_key"), Fault::Client)?;
    clock(asked, number(of("timestamp")).map(|s| s * 1_000), 300)?;
    let secret = platform.field("app_secret");
    let signed = members.iter().filter(|(name, _)| name != "sign").flat_map(|(name, value)| [name.as_str(), value]);
    let text = [secret].into_iter().chain(signed).chain([secret]).collect::<String>();
    is(of("sign").as_deref(), &hex::encode_upper(Md5::digest(text)), Fault::Signature)?;
    of("access_token").map(Some).ok_or(Fault::Unknown)
}

/// The members of an object: strings as they read, everything else as it is written. By hand, because a reader of JSON would write
/// numbers and inner objects anew.
fn members(body: &[u8]) -> Option<Vec<(String, String)>> {
    let text = std::str::from_utf8(body).ok()?.trim();
    let mut rest = text.strip_prefix('{')?.strip_suffix('}')?.trim();
    let mut members = Vec::new();
    while !rest.is_empty() {
        let mut name = serde_json::Deserializer::from_str(rest).into_iter::<String>();
        let key = name.next()?.ok()?;
        rest = rest.get(name.byte_offset()..)?.trim_start().strip_prefix(':')?.trim_start();
        let mut value = serde_json::Deserializer::from_str(rest).into_iter::<serde_json::Value>();
        let read = value.next()?.ok()?;
        let (written, after) = rest.split_at_checked(value.byte_offset())?;
        members.push((key, read.as_str().map_or_else(|| written.to_owned(), str::to_owned)));
        rest = after.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    Some(members)
}

/// open.sheincorp.com, passwdrule: five random characters, then base64 of hex of HMAC-SHA256 under secret and these five.
pub(super) fn shein(asked: &Asked, platform: &Platform) -> Proven {
    let id = platform.field("open_key_id");
    is(asked.header("x-lt-openkeyid"), id, Fault::Unknown)?;
    let stamp = asked.header("x-lt-timestamp").unwrap_or_default();
    clock(asked, stamp.parse().ok(), 600)?;
    let (random, signature) = asked.header("x-lt-signature").and_then(|all| all.split_at_checked(5)).ok_or(Fault::Signature)?;
    let key = format!("{}{random}", platform.field("secret_key"));
    let expected = STANDARD.encode(hmac_sha256(&key, format!("{id}&{stamp}&{}", asked.path).as_bytes()));
    is(Some(signature), &expected, Fault::Signature).map(|()| None)
}

/// developers.coupangcorp.com: time, method, path and query without its question mark.
pub(super) fn coupang(asked: &Asked, platform: &Platform) -> Proven {
    let given = asked.header("authorization").and_then(|value| value.strip_prefix("CEA ")).ok_or(Fault::Unknown)?;
    let of = |wanted: &str| {
        given.split(", ").find_map(|part| part.split_once('=').filter(|(name, _)| *name == wanted)).map(|(_, value)| value)
    };
    is(of("algorithm"), "HmacSHA256", Fault::Signature)?;
    is(of("access-key"), platform.field("access_key"), Fault::Unknown)?;
    let date = of("signed-date").unwrap_or_default();
    clock(asked, compact(date), 300)?;
    let text = format!("{date}{}{}{}", asked.method, asked.path, asked.raw_query);
    is(of("signature"), &hmac_sha256(platform.field("secret_key"), text.as_bytes()), Fault::Signature).map(|()| None)
}

/// `yyMMddTHHmmssZ`, in Unix milliseconds.
fn compact(text: &str) -> Option<u64> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if text.len() != 14 || digits.len() != 12 || !text.ends_with('Z') {
        return None;
    }
    let two = |at: usize| digits.get(at..at + 2)?.parse::<u64>().ok();
    let (year, month, day) = (2_000 + two(0)?, two(2)?, two(4)?);
    // Days since the epoch, by counting: it is a mock.
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let years: u64 = (1_970..year).map(|year| if leap(year) { 366 } else { 365 }).sum();
    let lengths = [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let months: u64 = lengths.iter().take(usize::try_from(month.checked_sub(1)?).ok()?).sum();
    let days = years + months + day.checked_sub(1)?;
    Some((days * 86_400 + two(6)? * 3_600 + two(8)? * 60 + two(10)?) * 1_000)
}

/// eBay for sellers of the EU and the UK: the token, and RFC 9421 with Ed25519 over what eBay wants covered.
pub(super) fn ebay(asked: &Asked, platform: &Platform) -> Proven {
    let missing = Fault::Signature;
    is(asked.header("x-ebay-signature-key"), platform.field("signing_jwe"), missing)?;
    let parameters = asked.header("signature-input").and_then(|value| value.strip_prefix("sig1=")).ok_or(missing)?;
    let given = asked.header("signature").and_then(|value| value.strip_prefix("sig1=:")?.strip_suffix(':')).ok_or(missing)?;
    let created = parameters.split_once(");created=").map(|(_, created)| created.to_owned());
    clock(asked, number(created).map(|s| s * 1_000), 300)?;
    let mut components = vec!["x-ebay-signature-key", "@method", "@path", "@authority"];
    if !asked.body.is_empty() {
        let digest = format!("sha-256=:{}:", STANDARD.encode(Sha256::digest(&asked.body)));
        is(asked.header("content-digest"), &digest, missing)?;
        components.insert(0, "content-digest");
    }
    let list: Vec<String> = components.iter().map(|name| format!("\"{name}\"")).collect();
    if !parameters.starts_with(&format!("({});", list.join(" "))) {
        return Err(missing);
    }
    let mut base = String::new();
    for name in components {
        let value: &str = match name {
            "@method" => &asked.method,
            "@path" => &asked.path,
            "@authority" => &asked.host,
            header => asked.header(header).ok_or(missing)?,
        };
        base.extend(["\"", name, "\": ", value, "\n"]);
    }
    base.extend(["\"@signature-params\": ", parameters]);
    let key = hex::decode(super::data::EBAY_PUBLIC_KEY).map_err(|_| missing)?;
    let signature = STANDARD.decode(given).map_err(|_| missing)?;
    UnparsedPublicKey::new(&ED25519, key).verify(base.as_bytes(), &signature).map_err(|_| missing)?;
    bearer(asked, platform)
}

/// RFC 5849 with HMAC-SHA256, in the header.
pub(super) fn oauth1(asked: &Asked, platform: &Platform) -> Proven {
    let given = asked.header("authorization").and_then(|value| value.strip_prefix("OAuth ")).ok_or(Fault::Unknown)?;
    let mut parameters = Vec::new();
    for part in given.split(", ") {
        let (name, value) = part.split_once('=').ok_or(Fault::Signature)?;
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).ok_or(Fault::Signature)?;
        parameters.push((name.to_owned(), value.to_owned()));
    }
    let of = |wanted: &str| parameters.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone());
    is(of("oauth_consumer_key").as_deref(), platform.field("username"), Fault::Unknown)?;
    is(of("oauth_signature_method").as_deref(), "HMAC-SHA256", Fault::Signature)?;
    clock(asked, number(of("oauth_timestamp")).map(|s| s * 1_000), 300)?;
    let signature = of("oauth_signature").ok_or(Fault::Signature)?;
    // What stands in the header is encoded already.
    let mut pairs: Vec<(String, String)> = parameters.into_iter().filter(|(name, _)| name != "oauth_signature").collect();
    pairs.extend(asked.queries().iter().map(|(name, value)| (encoded(name), encoded(value))));
    pairs.extend(asked.forms().iter().map(|(name, value)| (encoded(name), encoded(value))));
    pairs.sort();
    let joined: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let uri = format!("https://{}{}", asked.host, asked.path);
    let base = format!("{}&{}&{}", asked.method, encoded(&uri), encoded(&joined.join("&")));
    let key = format!("{}&", encoded(platform.field("value")));
    let mac = hex::decode(hmac_sha256(&key, base.as_bytes())).map_err(|_| Fault::Signature)?;
    is(Some(&signature), &encoded(&STANDARD.encode(mac)), Fault::Signature).map(|()| None)
}

/// RFC 5849 section 3.6.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let mut out = String::new();
    for byte in text.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex::encode_upper([byte]));
        }
    }
    out
}

#[cfg(test)]
#[path = "proofs/tests.rs"]
mod tests;
