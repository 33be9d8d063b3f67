//! Nodes that serve, lie, stall, flood, and are gone.

mod beacon;
mod execution;
mod trie;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use reqwest::Url;

use super::*;

const SSZ: [(&str, &str); 1] = [("content-type", "application/octet-stream")];
/// For tests in which no node is meant to be slow.
const PATIENT: Duration = Duration::from_secs(10);

async fn serve(router: Router) -> Url {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/key", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().nest("/key", router)).await });
    url
}

fn nowhere() -> Url {
    "http://127.0.0.1:1/".parse().unwrap()
}

/// A node that says the same to everything.
async fn always<R: IntoResponse + Clone + Send + Sync + 'static>(answer: R) -> Url {
    serve(Router::new().fallback(async move || answer)).await
}

/// A node that accepts and never answers.
async fn silent() -> Url {
    serve(Router::new().fallback(async || std::future::pending::<StatusCode>().await)).await
}

/// A node whose bodies never end.
async fn endless(kind: &'static str) -> Url {
    let handler = async move || {
        let stream = Body::new(Endless);
        Response::builder().header("content-type", kind).body(stream).unwrap()
    };
    serve(Router::new().fallback(handler)).await
}

/// 64 KiB of spaces, for ever.
struct Endless;

impl hyper::body::Body for Endless {
    type Data = axum::body::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        std::task::Poll::Ready(Some(Ok(hyper::body::Frame::data(vec![b' '; 64 << 10].into()))))
    }
}

/// A node, and how often it was asked.
async fn counted(router: Router) -> (Url, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&calls);
    let count = axum::middleware::from_fn(move |request: Request, next: axum::middleware::Next| {
        counter.fetch_add(1, Ordering::Relaxed);
        next.run(request)
    });
    (serve(router.layer(count)).await, calls)
}
