//! The platforms behind TLS, at their real names.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{Answer, Asked, Platforms, Reply};
use crate::tls::{Authority, TlsListener};

/// Bytes of a request's body, at most.
const BODY: usize = 4 << 20;

/// Platforms that are being served, until this is dropped.
#[derive(Debug)]
pub struct Served {
    /// Where TLS is spoken, for all of them.
    pub https: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Platforms {
    /// Listens on any port of this machine, with certificates for all names of the authority whose files are in `directory`.
    ///
    /// # Errors
    /// The authority can't be read or written, or there is no port.
    pub async fn serve(&self, directory: &std::path::Path) -> Result<Served> {
        let names: Vec<String> = self.hosts().into_iter().map(str::to_owned).collect();
        let authority = Authority::open(directory, &names)?;
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for the platforms")?;
        let https = listener.local_addr()?;
        let good = authority.good();
        let tls = TlsListener::new(listener, move |_| Some(good.clone()))?;
        let router = Router::new().fallback(answer).layer(DefaultBodyLimit::max(BODY)).with_state(self.clone());
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(tls, router).await {
                tracing::error!(%error, "platforms ended");
            }
        });
        Ok(Served { https, task })
    }
}

async fn answer(State(platforms): State<Platforms>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
    let host = headers.get("host").map(|host| text(host.as_bytes())).unwrap_or_default();
    let asked = Asked {
        at_ms: platforms.now_ms(),
        method: method.to_string(),
        host,
        path: uri.path().to_owned(),
        raw_query: uri.query().unwrap_or_default().to_owned(),
        headers: headers.iter().map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect(),
        body: body.to_vec(),
    };
    match platforms.reply(&asked) {
        Reply::Answer(answer) => response(&answer, false),
        Reply::HangUp => Body::new(Torn(None)).into_response(),
        Reply::Torn(answer) => response(&answer, true),
        Reply::Late { millis, answer } => {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            response(&answer, false)
        }
    }
}

fn response(answer: &Answer, torn: bool) -> Response {
    let half = answer.body.get(..answer.body.len() / 2).unwrap_or_default();
    let body = if torn { Body::new(Torn(Some(Bytes::copy_from_slice(half)))) } else { Body::from(answer.body.clone()) };
    let mut response = Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    if torn {
        response = response.header("content-length", answer.body.len());
    }
    response.body(body).unwrap_or_default()
}

/// A body that ends the connection: after a part of it, or before its first byte.
struct Torn(Option<Bytes>);

impl axum::body::HttpBody for Torn {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        Poll::Ready(Some(
            self.0.take().map_or_else(|| Err(io::ErrorKind::ConnectionAborted.into()), |part| Ok(Frame::data(part))),
        ))
    }
}
