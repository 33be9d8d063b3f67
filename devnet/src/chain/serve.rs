//! Listeners and the clock.

use std::net::SocketAddr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::{Devnet, beacon_api};

/// Bytes of a JSON-RPC request, at most.
const REQUEST: usize = 4 << 20;

/// A chain that is being served, until this is dropped.
#[derive(Debug)]
pub struct Served {
    /// Beacon API.
    pub beacon_url: String,
    /// JSON-RPC.
    pub execution_url: String,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Devnet {
    /// Serves both APIs (port 0 is any) and makes a block in each slot of the real clock, `clock` seconds shifted,
    /// until the value is dropped.
    ///
    /// # Errors
    /// An address can't be bound.
    pub async fn serve(&self, beacon: SocketAddr, execution: SocketAddr, clock: i64) -> Result<Served> {
        self.faults(|faults| faults.clock_offset = clock);
        let beacon_down = middleware::from_fn_with_state(self.clone(), beacon_gate);
        let execution_down = middleware::from_fn_with_state(self.clone(), execution_gate);
        let rpc = Router::new().route("/", post(rpc)).layer(DefaultBodyLimit::max(REQUEST)).with_state(self.clone());
        let (beacon_url, beacon) = listen(beacon, beacon_api::router(self.clone()).layer(beacon_down)).await?;
        let (execution_url, execution) = listen(execution, rpc.layer(execution_down)).await?;
        let ticker = tokio::spawn(tick(self.clone()));
        Ok(Served { beacon_url, execution_url, tasks: vec![beacon, execution, ticker] })
    }

    fn clock(&self) -> Duration {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let offset = self.node().faults.clock_offset;
        let shift = Duration::from_secs(offset.unsigned_abs());
        if offset < 0 { real.saturating_sub(shift) } else { real + shift }
    }
}

async fn listen(address: SocketAddr, router: Router) -> Result<(String, JoinHandle<()>)> {
    let listener = TcpListener::bind(address).await.with_context(|| format!("bind {address}"))?;
    let url = format!("http://{}", listener.local_addr()?);
    let task = tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!(%error, "server ended");
        }
    });
    Ok((url, task))
}

/// A block soon after the beginning of each slot.
async fn tick(devnet: Devnet) {
    loop {
        let now = devnet.clock();
        if let Err(error) = devnet.tick(now.as_secs()) {
            tracing::warn!(%error, "no block");
        }
        let config = devnet.config();
        let past = now.saturating_sub(Duration::from_secs(config.genesis_time));
        let slot = Duration::from_secs(config.seconds_per_slot);
        let into = Duration::from_nanos(u64::try_from(past.as_nanos() % slot.as_nanos()).unwrap_or_default());
        tokio::time::sleep(slot.saturating_sub(into)).await;
    }
}

async fn rpc(State(devnet): State<Devnet>, Json(request): Json<Value>) -> Json<Value> {
    Json(devnet.rpc(&request))
}

async fn beacon_gate(State(devnet): State<Devnet>, request: Request, next: Next) -> Response {
    let down = devnet.node().faults.beacon_down;
    if down { StatusCode::SERVICE_UNAVAILABLE.into_response() } else { next.run(request).await }
}

async fn execution_gate(State(devnet): State<Devnet>, request: Request, next: Next) -> Response {
    let down = devnet.node().faults.execution_down;
    if down { StatusCode::SERVICE_UNAVAILABLE.into_response() } else { next.run(request).await }
}
