//! How platforms say no.

use serde_json::{Value, json};

use super::answer::Answer;

/// Why a platform says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No credential, or one that it does not know.
    Unknown,
    /// An access token whose time is over.
    Expired,
    /// The merchant took the authorisation back.
    Revoked,
    /// A signature that is not the request's.
    Signature,
    /// A time that is too far off.
    Clock,
    /// A client id or secret that is not the app's.
    Client,
    /// A refresh token that is not taken.
    Grant,
    /// Too many requests.
    Limited,
    /// No such thing.
    NotFound,
}

impl Fault {
    const fn text(self) -> &'static str {
        match self {
            Self::Unknown => "invalid access_token",
            Self::Expired => "access_token expired",
            Self::Revoked => "access has been revoked by the seller",
            Self::Signature => "signature is invalid",
            Self::Clock => "timestamp is out of range",
            Self::Client => "client is invalid",
            Self::Grant => "refresh_token is invalid",
            Self::Limited => "too many requests",
            Self::NotFound => "not found",
        }
    }

    const fn status(self) -> u16 {
        match self {
            Self::Unknown | Self::Expired | Self::Revoked | Self::Signature | Self::Clock | Self::Client => 401,
            Self::Grant => 400,
            Self::Limited => 429,
            Self::NotFound => 404,
        }
    }
}

/// RFC 6749 section 5.2, at token endpoints.
pub(super) fn oauth(fault: Fault) -> Answer {
    let error = match fault {
        Fault::Client => "invalid_client",
        Fault::Limited => "local_rate_limited",
        _ => "invalid_grant",
    };
    let status = if fault == Fault::Client { 401 } else { fault.status() };
    Answer::json(status, &json!({"error": error, "error_description": fault.text()}))
}

/// A status, and words.
pub(super) fn plain(fault: Fault) -> Answer {
    Answer::json(fault.status(), &json!({"message": fault.text(), "error": "error", "status": fault.status()}))
}

/// developer-docs.amazon.com: 403 with `errors`.
pub(super) fn amazon(fault: Fault) -> Answer {
    let (status, code) = match fault {
        Fault::Limited => (429, "QuotaExceeded"),
        Fault::NotFound => (404, "NotFound"),
        _ => (403, "Unauthorized"),
    };
    let details = match fault {
        Fault::Expired => "The access token you provided has expired.",
        Fault::Revoked => "The access token you provided is revoked, malformed or invalid.",
        other => other.text(),
    };
    let message = "Access to requested resource is denied.";
    Answer::json(status, &json!({"errors": [{"code": code, "message": message, "details": details}]}))
}

pub(super) fn ebay(fault: Fault) -> Answer {
    let id = match fault {
        Fault::Signature => 215_120,
        Fault::Clock => 215_114,
        Fault::Limited => 2_001,
        Fault::NotFound => 11_001,
        _ => 1_001,
    };
    let status = if matches!(fault, Fault::Signature | Fault::Clock) { 403 } else { fault.status() };
    Answer::json(status, &json!({"errors": [{"errorId": id, "domain": "ACCESS", "message": fault.text()}]}))
}

pub(super) fn shopify(fault: Fault) -> Answer {
    let errors = match fault {
        Fault::Limited => json!([{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]),
        Fault::NotFound => json!("Not Found"),
        _ => json!("[API] Invalid API key or access token (unrecognized login or wrong password)"),
    };
    Answer::json(fault.status(), &json!({"errors": errors}))
}

/// A dead refresh token is an invalid request here: community.shopify.dev, topic 35182.
pub(super) fn shopify_token(fault: Fault) -> Answer {
    if fault != Fault::Grant {
        return oauth(fault);
    }
    Answer::json(401, &json!({"error": "invalid_request", "error_description": "This request requires an active refresh_token"}))
}

pub(super) fn tiktok(fault: Fault) -> Answer {
    let code = match fault {
        Fault::Expired => 105_002,
        Fault::Unknown | Fault::Revoked => 105_001,
        Fault::Signature => 106_001,
        Fault::Clock => 36_009_004,
        Fault::Limited => 36_009_002,
        Fault::Client | Fault::Grant | Fault::NotFound => 36_004_004,
    };
    let status = if fault == Fault::Limited { 429 } else { 200 };
    Answer::json(status, &json!({"code": code, "message": fault.text(), "request_id": "r-1"}))
}

pub(super) fn shopee(fault: Fault) -> Answer {
    let (error, message) = match fault {
        Fault::Unknown | Fault::Expired => ("invalid_acceess_token", "Invalid access_token, please have a check."),
        Fault::Revoked => ("shop_no_linked", "Partner and shop has no linked."),
        Fault::Signature => ("error_sign", "Wrong sign."),
        Fault::Clock => ("error_param", "Timestamp is expired."),
        Fault::Client => ("invalid_partner_id", "Invalid partner_id, please have a check."),
        Fault::Grant => ("error_auth", "Invalid refresh_token."),
        Fault::Limited => ("error_rate_limit", "Too many requests."),
        Fault::NotFound => ("error_not_exists", "Not found."),
    };
    let status = if fault == Fault::Limited { 429 } else { 403 };
    Answer::json(status, &json!({"error": error, "message": message, "request_id": "r-1"}))
}

fn iop_code(fault: Fault) -> &'static str {
    match fault {
        Fault::Unknown | Fault::Expired | Fault::Revoked => "IllegalAccessToken",
        Fault::Signature => "IncompleteSignature",
        Fault::Clock => "InvalidTimestamp",
        Fault::Client => "InvalidAppKey",
        Fault::Grant => "IllegalRefreshToken",
        Fault::Limited => "ApiCallLimit",
        Fault::NotFound => "InvalidApiPath",
    }
}

/// The gateway of `lazada`, `aliexpress` and `alibaba` says everything with status 200.
pub(super) fn iop(fault: Fault) -> Answer {
    Answer::json(200, &json!({"type": "ISV", "code": iop_code(fault), "message": fault.text(), "request_id": "r-1"}))
}

/// The business API of `aliexpress`.
pub(super) fn sync(fault: Fault) -> Answer {
    let error = json!({"type": "ISV", "code": iop_code(fault), "msg": fault.text(), "request_id": "r-1"});
    Answer::json(200, &json!({"error_response": error}))
}

pub(super) fn temu(fault: Fault) -> Answer {
    let code = match fault {
        Fault::Limited => 4_000_004,
        Fault::Signature => 3_000_001,
        Fault::Clock => 3_000_012,
        Fault::Expired => 3_000_034,
        Fault::Unknown | Fault::Revoked => 3_000_031,
        Fault::Client => 3_000_026,
        Fault::Grant | Fault::NotFound => 3_000_003,
    };
    let text = fault.text();
    Answer::json(200, &json!({"success": false, "requestId": "r-1", "errorCode": code, "errorMsg": text, "result": Value::Null}))
}

/// The platform's own questions and answers: 401, and a text that tells a signature from its time.
pub(super) fn coupang(fault: Fault) -> Answer {
    let text = match fault {
        Fault::Signature => "Invalid signature.",
        Fault::Clock => "Specified signature is expired.",
        other => other.text(),
    };
    Answer::json(fault.status(), &json!({"code": "ERROR", "message": text, "transactionId": "t-1"}))
}

pub(super) fn shein(fault: Fault) -> Answer {
    let status = if fault == Fault::Revoked { 401 } else { 200 };
    Answer::json(status, &json!({"code": "openapi00001", "msg": fault.text(), "info": Value::Null}))
}

pub(super) fn stripe(fault: Fault) -> Answer {
    Answer::json(fault.status(), &json!({"error": {"message": fault.text(), "type": "invalid_request_error"}}))
}
