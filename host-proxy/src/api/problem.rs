//! Every error as `application/problem+json` (RFC 9457).

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use protocol::message::Problem;
use serde_json::{Value, json};

use crate::link::ConverseError;
use crate::status::{self, Readiness};
use crate::store::StoreError;

/// RFC 9458, section 5.3: the client's key configuration is not this gateway's.
const OHTTP_KEY: &str = "https://iana.org/assignments/http-problem-types#ohttp-key";

/// One problem of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiProblem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: Option<String>,
    /// What is missing, each with a code.
    reasons: Option<Value>,
}

impl ApiProblem {
    pub(crate) const NOT_FOUND: Self = Self::new(StatusCode::NOT_FOUND, "not_found", "there is nothing here");
    pub(crate) const METHOD_NOT_ALLOWED: Self =
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "the method is not allowed here");
    pub(crate) const TOO_LARGE: Self = Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is larger than its limit");
    pub(crate) const SLOW: Self = Self::new(StatusCode::REQUEST_TIMEOUT, "slow", "the body took too long to arrive");
    pub(crate) const BROKEN: Self = Self::new(StatusCode::BAD_REQUEST, "malformed", "the body did not arrive whole");
    pub(crate) const MEDIA_TYPE: Self = Self::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "the body is not of the media type of this route",
    );
    pub(crate) const NONCE: Self =
        Self::new(StatusCode::BAD_REQUEST, "malformed", "the query must be exactly nonce=<1 to 64 bytes in hex>");
    pub(crate) const TILE: Self = Self::new(StatusCode::NOT_FOUND, "not_found", "there is no such tile");
    pub(crate) const UNEXPECTED: Self =
        Self::new(StatusCode::BAD_GATEWAY, "enclave_protocol", "the enclave answered something else");

    const fn new(status: StatusCode, code: &'static str, title: &'static str) -> Self {
        Self { status, code, title, detail: None, reasons: None }
    }

    /// Calls are not served yet; `words` say why.
    pub(crate) fn not_ready(readiness: &Readiness) -> Self {
        let mut problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", "the vault does not serve calls");
        problem.detail = Some(readiness.words.clone());
        problem.reasons = Some(status::list(&readiness.reasons));
        problem
    }
}

impl From<Problem> for ApiProblem {
    fn from(problem: Problem) -> Self {
        const UNAVAILABLE: StatusCode = StatusCode::SERVICE_UNAVAILABLE;
        let (status, code, title) = match problem {
            Problem::Malformed => (StatusCode::BAD_REQUEST, "malformed", "the message could not be read"),
            Problem::Phase => (StatusCode::CONFLICT, "phase", "not possible in this phase"),
            Problem::Busy => (UNAVAILABLE, "busy", "too much at once"),
            Problem::UnknownKey => (StatusCode::BAD_REQUEST, "unknown_key", "unknown key configuration"),
            Problem::Sealed => (StatusCode::BAD_REQUEST, "sealed", "the request does not open"),
            Problem::Constitution => (UNAVAILABLE, "constitution", "the enclave refuses the constitution or the settings"),
            Problem::Checkpoint => (StatusCode::UNPROCESSABLE_ENTITY, "checkpoint", "the checkpoint is refused"),
            Problem::Share => (StatusCode::UNPROCESSABLE_ENTITY, "share", "the share is refused"),
            Problem::RootCommitment => {
                (StatusCode::UNPROCESSABLE_ENTITY, "root_commitment", "the chain has no final root commitment that matches")
            }
            Problem::Supply => (UNAVAILABLE, "supply", "this host could not supply what the enclave needs"),
            Problem::Ledger => (UNAVAILABLE, "ledger", "the enclave refuses the ledger"),
            Problem::StaleChain => (UNAVAILABLE, "stale_chain", "the chain head is stale"),
            Problem::Unproven => (UNAVAILABLE, "unproven", "no chain node proves the vault's state at the finalized block"),
            Problem::HeadConflict => (UNAVAILABLE, "head_conflict", "two conflicting finalized heads are signed"),
            Problem::Nsm => (UNAVAILABLE, "nsm", "the security module failed"),
        };
        Self { detail: Some(problem.to_string()), ..Self::new(status, code, title) }
    }
}

impl From<ConverseError> for ApiProblem {
    fn from(error: ConverseError) -> Self {
        let (status, code, title) = match &error {
            ConverseError::Connect(_) => (StatusCode::SERVICE_UNAVAILABLE, "enclave_unreachable", "the enclave can't be reached"),
            ConverseError::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy", "too much at once"),
            ConverseError::Timeout => (StatusCode::GATEWAY_TIMEOUT, "timeout", "the enclave took too long"),
            ConverseError::TooLarge => return Self::TOO_LARGE,
            ConverseError::Broken(_) | ConverseError::Frame(_) | ConverseError::Rounds => {
                (StatusCode::BAD_GATEWAY, "enclave_protocol", "the conversation with the enclave broke")
            }
        };
        // The causes are in the log: an operating system's words may name paths.
        Self::new(status, code, title)
    }
}

impl From<StoreError> for ApiProblem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "store failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "store", "the store failed")
    }
}

impl IntoResponse for ApiProblem {
    fn into_response(self) -> Response {
        let Self { status, code, title, detail, reasons } = self;
        let kind = match code {
            "unknown_key" => OHTTP_KEY.to_owned(),
            _ => format!("urn:pst-vault:problem:{code}"),
        };
        let mut body = json!({ "type": kind, "title": title, "status": status.as_u16(), "code": code });
        if let Some(detail) = detail {
            body["detail"] = detail.into();
        }
        if let Some(reasons) = reasons {
            body["reasons"] = reasons;
        }
        let headers = [(CONTENT_TYPE, "application/problem+json"), (CACHE_CONTROL, "no-store")];
        let mut response = (status, headers, body.to_string()).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}
