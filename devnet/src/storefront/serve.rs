//! Listeners and routes.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use hyper::body::Frame;
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::answer;
use super::{Behaviour, Call, Storefront};
use crate::tls::TlsListener;

/// Bytes of a call's body, at most.
const BODY: usize = 4 << 20;

/// A storefront that is being served, until this is dropped.
#[derive(Debug)]
pub struct Served {
    /// Where TLS is spoken.
    pub https: SocketAddr,
    /// `GET` and `DELETE /journal`, `GET /ca.pem`, `PUT /shops/{host}` and `PUT /behaviour/{host}`, without TLS.
    pub admin_url: String,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Storefront {
    /// Listens at both addresses (port 0 is any).
    ///
    /// # Errors
    /// An address can't be bound.
    pub async fn serve(&self, https: SocketAddr, admin: SocketAddr) -> Result<Served> {
        let listener = TcpListener::bind(https).await.with_context(|| format!("bind {https}"))?;
        let https = listener.local_addr()?;
        let storefront = self.clone();
        let tls = TlsListener::new(listener, move |host| match storefront.behaviour(host) {
            Behaviour::Down => None,
            Behaviour::BadCertificate => Some(storefront.authority.bad()),
            _ => Some(storefront.authority.good()),
        })?;
        let shops = Router::new().fallback(shop).layer(DefaultBodyLimit::max(BODY)).with_state(self.clone());
        let plain = TcpListener::bind(admin).await.with_context(|| format!("bind {admin}"))?;
        let admin_url = format!("http://{}", plain.local_addr()?);
        let routes = Router::new()
            .route("/journal", get(journal).delete(forget))
            .route("/ca.pem", get(ca))
            .route("/shops/{host}", put(open))
            .route("/behaviour/{host}", put(behave))
            .with_state(self.clone());
        let tasks = vec![
            tokio::spawn(async move { ended(axum::serve(tls, shops).await) }),
            tokio::spawn(async move { ended(axum::serve(plain, routes).await) }),
        ];
        Ok(Served { https, admin_url, tasks })
    }
}

fn ended(result: io::Result<()>) {
    if let Err(error) = result {
        tracing::error!(%error, "server ended");
    }
}

async fn journal(State(storefront): State<Storefront>) -> Response {
    Json(json!({"refused": storefront.refused(), "calls": storefront.journal()})).into_response()
}

async fn forget(State(storefront): State<Storefront>) {
    storefront.forget();
}

async fn ca(State(storefront): State<Storefront>) -> String {
    storefront.ca_pem().into()
}

#[derive(Deserialize)]
struct Opened {
    token: String,
}

async fn open(State(storefront): State<Storefront>, Path(host): Path<String>, Json(opened): Json<Opened>) {
    storefront.set_token(&host, &opened.token);
}

async fn behave(State(storefront): State<Storefront>, Path(host): Path<String>, Json(behaviour): Json<Behaviour>) {
    storefront.behave(&host, behaviour);
}

async fn shop(State(storefront): State<Storefront>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let host = text("host").split(':').next().unwrap_or_default().to_ascii_lowercase();
    let Some(token) = storefront.state().tokens.get(&host).cloned() else {
        return problem(StatusCode::NOT_FOUND, "Not Found");
    };
    if text("x-shopify-access-token") != token {
        storefront.state().refused += 1;
        return problem(StatusCode::UNAUTHORIZED, "[API] Invalid API key or access token (unrecognized login or wrong password)");
    }
    storefront.state().journal.push(Call {
        at: now_ms(),
        host: host.clone(),
        method: method.to_string(),
        path: uri.path_and_query().map(ToString::to_string).unwrap_or_default(),
        idempotency_key: headers.get("idempotency-key").map(|_| text("idempotency-key")),
        body_sha256: hex::encode(Sha256::digest(&body)),
        body: String::from_utf8_lossy(&body).into_owned(),
        headers: headers.keys().map(ToString::to_string).collect(),
    });
    let behaviour = storefront.behaviour(&host);
    let domain = match &behaviour {
        Behaviour::Impostor { domain } => domain,
        _ => &host,
    };
    let normal = || route(&method, uri.path(), domain, &token, &headers, &body);
    match &behaviour {
        Behaviour::Slow { millis } => {
            tokio::time::sleep(Duration::from_millis(*millis)).await;
            normal()
        }
        Behaviour::HangUp => Body::new(Broken).into_response(),
        Behaviour::Huge { bytes } => json_body(answer::huge(*bytes)),
        Behaviour::Redirect { to } => (StatusCode::FOUND, [(header::LOCATION, to.clone())]).into_response(),
        Behaviour::Gzip => {
            let plain = answer::shop(domain, &token, &headers);
            ([(header::CONTENT_ENCODING, "gzip"), (header::CONTENT_TYPE, "application/json")], answer::gzip(&plain))
                .into_response()
        }
        Behaviour::Status { code } => {
            problem(StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), "as configured")
        }
        _ => normal(),
    }
}

fn route(method: &Method, path: &str, domain: &str, token: &str, headers: &HeaderMap, body: &Bytes) -> Response {
    let Some((version, resource)) = path.strip_prefix("/admin/api/").and_then(|rest| rest.split_once('/')) else {
        return problem(StatusCode::NOT_FOUND, "Not Found");
    };
    let dated =
        version.len() == 7 && version.bytes().enumerate().all(|(i, b)| if i == 4 { b == b'-' } else { b.is_ascii_digit() });
    match (method.as_str(), resource) {
        ("POST", "graphql.json") if dated => match answer::graphql(domain, body) {
            Some(answer) => json_body(answer.into_bytes()),
            None => problem(StatusCode::BAD_REQUEST, "Required parameter missing or invalid"),
        },
        ("GET", "shop.json") if dated => {
            let mut response = json_body(answer::shop(domain, token, headers));
            if let Ok(value) = token.parse() {
                response.headers_mut().insert("x-debug-access-token", value);
            }
            response
        }
        _ => problem(StatusCode::NOT_FOUND, "Not Found"),
    }
}

fn json_body(body: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response()
}

fn problem(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"errors": message}))).into_response()
}

/// A body that fails before its first byte, which closes the connection.
struct Broken;

impl axum::body::HttpBody for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())))
    }
}

fn now_ms() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}
