//! One function per route.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use protocol::message::{Answer, HostRequest};
use protocol::{cbor, limits};
use tokio::time::timeout;

use super::App;
use super::problem::ApiProblem;
use crate::status::{self, Snapshot};
use crate::store::{Store, StoreError, Tile};

/// A body that is too large is read up to here, so that its sender gets the answer.
const DISCARDED: usize = 8 << 20;
/// And no longer than this.
const DISCARDING: Duration = Duration::from_secs(2);
/// For a body to arrive.
const BODY: Duration = Duration::from_secs(20);
/// A share message or a signed checkpoint: a few keys and signatures.
const OPERATOR_BODY: usize = 64 << 10;
const OHTTP_REQUEST: &str = "message/ohttp-req";
const OHTTP_RESPONSE: &str = "message/ohttp-res";
const CBOR: &str = "application/cbor";
const DOCUMENT: &str = "application/cose; cose-type=\"cose-sign1\"";
const OPENAPI: &str = include_str!("../../openapi.json");

type Shared = State<Arc<App>>;
type Handled = Result<Response, ApiProblem>;

pub(super) async fn request(State(app): Shared, request: Request) -> Handled {
    let message = body(request, OHTTP_REQUEST, limits::OHTTP_REQUEST).await?;
    match app.enclave.serve(HostRequest::Call { message }).await? {
        Answer::Response(response) => Ok(bytes(OHTTP_RESPONSE, response.into())),
        other => Err(instead(&other)),
    }
}

pub(super) async fn attestation(State(app): Shared, request: Request) -> Handled {
    let nonce = nonce(request.uri().query()).ok_or(ApiProblem::NONCE)?;
    match app.enclave.serve(HostRequest::Attest { nonce }).await? {
        Answer::Document(document) => Ok(bytes(DOCUMENT, document.into())),
        other => Err(instead(&other)),
    }
}

pub(super) async fn status(State(app): Shared) -> Handled {
    match app.enclave.serve(HostRequest::Status).await? {
        Answer::Status(status) => {
            let snapshot = Snapshot { status, at: Instant::now() };
            let readiness = app.judged(Some(&snapshot), snapshot.at);
            let json = status::json(&snapshot.status, &readiness).to_string();
            Ok(bytes("application/json", json.into_bytes()))
        }
        other => Err(instead(&other)),
    }
}

pub(super) async fn genesis(State(app): Shared) -> Handled {
    match app.enclave.serve(HostRequest::Genesis).await? {
        Answer::Genesis(output) => Ok(bytes(CBOR, cbor::encode(&output))),
        other => Err(instead(&other)),
    }
}

pub(super) async fn unlock(State(app): Shared, request: Request) -> Handled {
    let share = body(request, CBOR, OPERATOR_BODY).await?;
    done(app.enclave.serve(HostRequest::Unlock { share }).await?)
}

pub(super) async fn checkpoint(State(app): Shared, request: Request) -> Handled {
    let signed = body(request, CBOR, OPERATOR_BODY).await?;
    done(app.enclave.serve(HostRequest::Checkpoint { signed }).await?)
}

pub(super) async fn anchor(State(app): Shared) -> Handled {
    match app.enclave.serve(HostRequest::Anchor).await? {
        Answer::Anchor(statement) => Ok(bytes(CBOR, cbor::encode(&statement))),
        other => Err(instead(&other)),
    }
}

pub(super) async fn ledger_checkpoint(State(app): Shared) -> Handled {
    let text = read(&app, Store::checkpoint).await?.ok_or(ApiProblem::NOT_FOUND)?;
    Ok(bytes("text/plain; charset=utf-8", text))
}

pub(super) async fn ledger_tile(State(app): Shared, Path(path): Path<String>) -> Handled {
    let tile = Tile::parse(&path).map_err(|_| ApiProblem::TILE)?;
    let bytes = read(&app, move |store| store.tile(&tile)).await?.ok_or(ApiProblem::TILE)?;
    // What is in a log stays as it is.
    let headers = [(CONTENT_TYPE, "application/octet-stream"), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, bytes).into_response())
}

pub(super) async fn healthz() -> Response {
    bytes("text/plain; charset=utf-8", b"ok\n".to_vec())
}

/// For people in one line of text; for programs in JSON, if they ask for it.
pub(super) async fn readyz(State(app): Shared, headers: HeaderMap) -> Handled {
    let readiness = app.readiness();
    let json = headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"application/json"));
    if !readiness.ready {
        Err(ApiProblem::not_ready(&readiness))
    } else if json {
        Ok(bytes("application/json", readiness.json().to_string().into_bytes()))
    } else {
        Ok(bytes("text/plain; charset=utf-8", format!("{}\n", readiness.words).into_bytes()))
    }
}

pub(super) async fn metrics(State(app): Shared) -> Handled {
    let size = read(&app, Store::size).await?;
    let frozen = app.status.borrow().as_ref().is_some_and(|last| last.status.conflict.is_some());
    let gauges = [
        ("pst_vault_host_ready", "Whether the vault serves calls.", u64::from(app.readiness().ready)),
        ("pst_vault_host_head_conflict", "Whether two conflicting heads are signed and the vault is frozen.", u64::from(frozen)),
        ("pst_vault_host_ledger_entries", "Entries stored.", size),
    ];
    Ok(bytes("text/plain; version=0.0.4; charset=utf-8", app.metrics.text(&gauges).into_bytes()))
}

pub(super) async fn openapi() -> Response {
    bytes("application/json", OPENAPI.as_bytes().to_vec())
}

/// Without a cache: all but tiles is only true now.
fn bytes(kind: &'static str, body: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-store")], body).into_response()
}

fn done(answer: Answer) -> Handled {
    match answer {
        Answer::Done => Ok(StatusCode::NO_CONTENT.into_response()),
        other => Err(instead(&other)),
    }
}

fn instead(answer: &Answer) -> ApiProblem {
    match answer {
        Answer::Problem(problem) => (*problem).into(),
        _ => ApiProblem::UNEXPECTED,
    }
}

async fn read<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, ApiProblem> {
    let store = Arc::clone(&app.store);
    let result = tokio::task::spawn_blocking(move || work(&store)).await.map_err(|_| ApiProblem::UNEXPECTED)?;
    Ok(result?)
}

/// The body, if it is of this media type and no larger than `most`.
async fn body(request: Request, kind: &str, most: usize) -> Result<Vec<u8>, ApiProblem> {
    let (parts, body) = request.into_parts();
    if !is_of(&parts.headers, kind) {
        return Err(ApiProblem::MEDIA_TYPE);
    }
    let announced = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if let Some(length) = announced.filter(|length| *length > most) {
        if length <= DISCARDED {
            discard(body).await;
        }
        return Err(ApiProblem::TOO_LARGE);
    }
    collect(body, most).await
}

/// Reads a body that is a little too large and forgets it: a connection that is closed on bytes unread is reset, and the client would see
/// that instead of the answer.
async fn discard(body: Body) {
    let mut body = Limited::new(body, DISCARDED);
    let _ = timeout(DISCARDING, async { while let Some(Ok(_)) = body.frame().await {} }).await;
}

async fn collect(body: Body, most: usize) -> Result<Vec<u8>, ApiProblem> {
    match timeout(BODY, Limited::new(body, most).collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes().into()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(ApiProblem::TOO_LARGE),
        Ok(Err(_)) => Err(ApiProblem::BROKEN),
        Err(_) => Err(ApiProblem::SLOW),
    }
}

fn is_of(headers: &HeaderMap, kind: &str) -> bool {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
        let essence = value.split_once(';').map_or(value, |(essence, _)| essence);
        essence.trim().eq_ignore_ascii_case(kind)
    })
}

fn nonce(query: Option<&str>) -> Option<Vec<u8>> {
    let digits = query?.strip_prefix("nonce=")?;
    let nonce = hex::decode(digits.strip_prefix("0x").unwrap_or(digits)).ok()?;
    (1..=limits::NONCE).contains(&nonce.len()).then_some(nonce)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_nonce_and_nothing_else() {
        assert_eq!(nonce(Some("nonce=00fF")), Some(vec![0, 255]));
        assert_eq!(nonce(Some("nonce=0x07")), Some(vec![7]));
        let long = format!("nonce={}", "00".repeat(65));
        for query in [None, Some(""), Some("nonce="), Some("nonce=0"), Some("nonce=0g"), Some("nonce=00&a=b"), Some(&long)] {
            assert_eq!(nonce(query), None, "{query:?}");
        }
    }
}
