//! Token endpoints: where the client's proof and the refresh token stand, and what an answer looks like.

use serde_json::{Value, json};

use super::asked::Asked;
use super::data::Platform;
use super::proofs::{iop_signed, shopee_signed, walmart_headers};
use super::tokens::{HandedIn, Issued};
use super::words::Fault;

/// What was handed in, by a client that is who it says.
pub(super) type Read = Result<Option<HandedIn>, Fault>;

fn handed_in(token: Option<String>) -> Read {
    Ok(Some(HandedIn { token: token.ok_or(Fault::Grant)?, shop: String::new() }))
}

fn is(given: Option<String>, wanted: &str) -> Result<(), Fault> {
    if given.as_deref() == Some(wanted) { Ok(()) } else { Err(Fault::Client) }
}

/// RFC 6749: the client's id and secret in the form, as fields of these names.
pub(super) fn form(asked: &Asked, platform: &Platform) -> Read {
    is(asked.form("client_id"), platform.field("client_id"))?;
    is(asked.form("client_secret"), platform.field("client_secret"))?;
    grant(asked)
}

/// RFC 6749: HTTP Basic, of fields of these names.
pub(super) fn basic(asked: &Asked, platform: &Platform, id: &str, secret: &str) -> Read {
    let (user, password) = asked.basic().ok_or(Fault::Client)?;
    is(Some(user), platform.field(id))?;
    is(Some(password), platform.field(secret))?;
    grant(asked)
}

fn grant(asked: &Asked) -> Read {
    match asked.form("grant_type").as_deref() {
        Some("refresh_token") => handed_in(asked.form("refresh_token")),
        Some("client_credentials") => Ok(None),
        _ => Err(Fault::Grant),
    }
}

/// Walmart: Basic, and the headers of every call.
pub(super) fn walmart(asked: &Asked, platform: &Platform, id: &str, secret: &str) -> Read {
    walmart_headers(asked)?;
    basic(asked, platform, id, secret)
}

/// Etsy: a public client, by its id.
pub(super) fn etsy(asked: &Asked, platform: &Platform) -> Read {
    is(asked.form("client_id"), platform.field("keystring"))?;
    grant(asked)
}

/// `tiktok-shop`: all of it in the query of a GET.
pub(super) fn tiktok(asked: &Asked, platform: &Platform) -> Read {
    is(asked.query("app_key"), platform.field("app_key"))?;
    is(asked.query("app_secret"), platform.field("app_secret"))?;
    if asked.query("grant_type").as_deref() != Some("refresh_token") {
        return Err(Fault::Grant);
    }
    handed_in(asked.query("refresh_token"))
}

/// Shopee: signed, the token and the shop in JSON, numbers as numbers.
pub(super) fn shopee(asked: &Asked, platform: &Platform) -> Read {
    shopee_signed(asked, platform, "")?;
    let body = asked.json();
    let number = |name: &str| body.get(name).and_then(Value::as_u64).map(|number| number.to_string());
    is(number("partner_id"), platform.field("partner_id"))?;
    let token = body.get("refresh_token").and_then(Value::as_str).ok_or(Fault::Grant)?;
    Ok(Some(HandedIn { token: token.to_owned(), shop: number("shop_id").or_else(|| number("merchant_id")).ok_or(Fault::Grant)? }))
}

/// The gateway of `lazada`, `aliexpress` and `alibaba`: signed, the token in the query.
pub(super) fn iop(asked: &Asked, platform: &Platform) -> Read {
    iop_signed(asked, platform)?;
    handed_in(asked.query("refresh_token"))
}

/// Airwallex: the client's id and key in headers.
pub(super) fn airwallex(asked: &Asked, platform: &Platform) -> Read {
    is(asked.header("x-client-id").map(str::to_owned), platform.field("client_id"))?;
    is(asked.header("x-api-key").map(str::to_owned), platform.field("api_key"))?;
    Ok(None)
}

/// RFC 6749 section 5.1.
pub(super) fn oauth(issued: &Issued) -> Value {
    let mut answer = json!({"access_token": issued.access, "token_type": "bearer", "expires_in": issued.life_s});
    if let Some(refresh) = &issued.refresh {
        answer["refresh_token"] = json!(refresh);
        answer["refresh_token_expires_in"] = json!(issued.refresh_life_s);
    }
    answer
}

/// Times are absolute, whatever their names say.
pub(super) fn tiktok_answer(issued: &Issued) -> Value {
    let data = json!({
        "access_token": issued.access, "access_token_expire_in": issued.access_expires_ms() / 1_000,
        "refresh_token": issued.refresh, "refresh_token_expire_in": issued.refresh_expires_ms() / 1_000,
        "open_id": "o-1", "seller_name": "A Seller", "user_type": 0,
    });
    json!({"code": 0, "message": "success", "data": data, "request_id": "r-1"})
}

pub(super) fn shopee_answer(issued: &Issued) -> Value {
    json!({
        "access_token": issued.access, "refresh_token": issued.refresh, "expire_in": issued.life_s,
        "error": "", "message": "", "request_id": "r-1", "partner_id": 2_001_887, "shop_id": 0,
    })
}

pub(super) fn iop_answer(issued: &Issued) -> Value {
    json!({
        "access_token": issued.access, "refresh_token": issued.refresh, "expires_in": issued.life_s,
        "refresh_expires_in": issued.refresh_life_s, "account_platform": "seller_center", "code": "0", "request_id": "r-1",
    })
}

/// `aliexpress` says absolute milliseconds.
pub(super) fn aliexpress_answer(issued: &Issued) -> Value {
    json!({
        "access_token": issued.access, "refresh_token": issued.refresh, "expire_time": issued.access_expires_ms(),
        "refresh_token_valid_time": issued.refresh_expires_ms(), "account_platform": "buyerApp", "code": "0", "request_id": "r-1",
    })
}

pub(super) fn airwallex_answer(issued: &Issued) -> Value {
    json!({"token": issued.access, "expires_at": iso8601(issued.access_expires_ms() / 1_000)})
}

/// As Airwallex writes times, with an offset without a colon.
fn iso8601(seconds: u64) -> String {
    let (mut days, rest) = (seconds / 86_400, seconds % 86_400);
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1_970;
    while days >= if leap(year) { 366 } else { 365 } {
        days -= if leap(year) { 366 } else { 365 };
        year += 1;
    }
    let mut month = 1;
    for length in [31, if leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}T{:02}:{:02}:{:02}+0000", days + 1, rest / 3_600, rest / 60 % 60, rest % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_a_time() {
        assert_eq!(iso8601(1_709_210_096), "2024-02-29T12:34:56+0000");
        assert_eq!(iso8601(1_798_761_599), "2026-12-31T23:59:59+0000");
    }
}
