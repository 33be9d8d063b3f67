//! The HTTP API. Its contract is openapi.json.

mod handlers;
mod problem;

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::sync::watch;

use crate::forks::Forks;
use crate::link::Enclave;
use crate::metrics::Metrics;
use crate::status::{Bounds, Readiness, Snapshot, readiness};
use crate::store::Store;
use crate::witness::Witness;
use problem::ApiProblem;

/// What handlers share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) enclave: Arc<Enclave>,
    pub(crate) store: Arc<Store>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) status: watch::Receiver<Option<Snapshot>>,
    pub(crate) witness: Arc<Witness>,
    pub(crate) forks: Arc<Forks>,
    pub(crate) bounds: Bounds,
}

impl App {
    fn readiness(&self) -> Readiness {
        self.judged(self.status.borrow().as_ref(), Instant::now())
    }

    fn judged(&self, snapshot: Option<&Snapshot>, now: Instant) -> Readiness {
        readiness(snapshot, self.witness.coverage().as_ref(), &self.forks.announced(), &self.bounds, now)
    }
}

/// The API over `app`.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/v1/request", post(handlers::request))
        .route("/v1/attestation", get(handlers::attestation))
        .route("/v1/status", get(handlers::status))
        .route("/v1/ledger/checkpoint", get(handlers::ledger_checkpoint))
        .route("/v1/ledger/tile/{*tile}", get(handlers::ledger_tile))
        .route("/v1/genesis", post(handlers::genesis))
        .route("/v1/unlock", post(handlers::unlock))
        .route("/v1/checkpoint", post(handlers::checkpoint))
        .route("/v1/anchor", get(handlers::anchor))
        .route("/healthz", get(handlers::healthz))
        .route("/readyz", get(handlers::readyz))
        .route("/metrics", get(handlers::metrics))
        .route("/openapi.json", get(handlers::openapi))
        .fallback(|| async { ApiProblem::NOT_FOUND.into_response() })
        .method_not_allowed_fallback(|| async { ApiProblem::METHOD_NOT_ALLOWED.into_response() })
        .layer(middleware::from_fn_with_state(Arc::clone(&app), observe))
        .with_state(app)
}

/// Counts and logs each request: its route and what came of it, never its query or its body.
async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let route = known(request.uri().path());
    let method = request.method().clone();
    let started = Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    app.metrics.request(route, status);
    tracing::debug!(%method, route, status, ms = started.elapsed().as_millis(), "request");
    response
}

/// The route in this program's own words.
fn known(path: &str) -> &'static str {
    const ROUTES: [&str; 12] = [
        "/v1/request",
        "/v1/attestation",
        "/v1/status",
        "/v1/ledger/checkpoint",
        "/v1/genesis",
        "/v1/unlock",
        "/v1/checkpoint",
        "/v1/anchor",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
    ];
    if path.starts_with("/v1/ledger/tile/") {
        return "/v1/ledger/tile";
    }
    ROUTES.into_iter().find(|route| *route == path).unwrap_or("other")
}
