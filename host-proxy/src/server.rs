//! Puts the parts together, serves HTTP within bounds, and ends in order.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use protocol::constitution::{Constitution, ConstitutionError, Settings, SettingsError};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::api::{self, App};
use crate::background::Background;
use crate::config::Config;
use crate::forks::Forks;
use crate::hooks::Hooks;
use crate::link::{Enclave, Patience};
use crate::metrics::Metrics;
use crate::relay::Relay;
use crate::status::Bounds;
use crate::store::{Store, StoreError};
use crate::supply::Supplier;
use crate::transport::Listener;

/// HTTP connections at once.
const CONNECTIONS: usize = 1_024;
/// For the head of a request to arrive.
const HEAD: Duration = Duration::from_secs(10);
/// Bytes of a request's head.
const HEAD_BYTES: usize = 32 << 10;
/// For what is under way to end after the signal.
const GRACE: Duration = Duration::from_secs(10);
/// After a failed accept (no file descriptors), before the next.
const PAUSE: Duration = Duration::from_millis(100);

/// Why the host does not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A file of the command line.
    #[error("{path}: {error}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The constitution's rule that is broken.
    #[error("constitution: {0}")]
    Constitution(#[from] ConstitutionError),
    /// The settings' rule that is broken.
    #[error("settings: {0}")]
    Settings(#[from] SettingsError),
    /// The store can't be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The HTTP address is not to be had.
    #[error("can't listen on {address}: {error}")]
    Listen {
        /// Address of the HTTP API.
        address: SocketAddr,
        /// Why.
        error: io::Error,
    },
    /// The relay's address is not to be had.
    #[error("the relay can't listen for the enclave on port {port}: {error}")]
    Relay {
        /// Its port.
        port: u32,
        /// Why.
        error: io::Error,
    },
    /// More nodes of one kind than are asked.
    #[error("at most 8 beacon and 8 execution nodes are asked")]
    Nodes,
    /// TLS to the nodes can't be set up.
    #[error("TLS can't be set up: {0}")]
    Tls(#[from] reqwest::Error),
}

/// Runs the host until `shutdown`, then lets what is under way end, for at most 10 seconds.
///
/// # Errors
/// [`RunError`] if it can't start. Once it runs, failures of peers are answers, not errors.
pub async fn run(config: Config, hooks: Hooks, shutdown: impl Future<Output = ()> + Send) -> Result<(), RunError> {
    Server::bind(config, hooks).await?.run(shutdown).await;
    Ok(())
}

/// A host with its sockets and its store open.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    app: Arc<App>,
    relay: (Arc<Relay>, Listener),
    background: Background,
}

impl Server {
    /// Reads the files and opens sockets and store. The enclave and the nodes need not be there yet.
    ///
    /// # Errors
    /// [`RunError`].
    pub async fn bind(config: Config, hooks: Hooks) -> Result<Self, RunError> {
        Self::bind_with(config, hooks, Patience::DEFAULT).await
    }

    pub(crate) async fn bind_with(config: Config, hooks: Hooks, patience: Patience) -> Result<Self, RunError> {
        let Config {
            listen,
            enclave: address,
            relay_port,
            data_dir,
            beacon,
            execution,
            node_timeout_ms,
            constitution,
            settings,
            checkpoint,
            relay_map,
            tick_ms,
            log: _,
        } = config;
        // Read here as the enclave will read them, so that a wrong file is an error at the start and not a phase that never ends.
        let constitution = read(&constitution)?;
        let settings = settings.as_deref().map_or_else(|| Ok(Settings::widest().to_bytes()), read)?;
        let bounds = Bounds::new(&Constitution::read(&constitution)?, &Settings::read(&settings)?);

        let metrics = Arc::new(Metrics::default());
        let store = Arc::new(Store::open(&data_dir)?);
        let patience_with_nodes = Duration::from_millis(node_timeout_ms);
        let supplier = Supplier::open(beacon, execution, patience_with_nodes, &data_dir, Arc::clone(&store))?;
        let (witness, forks) = (supplier.witness(), Arc::new(Forks::new(supplier.beacon())));
        let relay_listener = Listener::bind(&address, relay_port).map_err(|error| RunError::Relay { port: relay_port, error })?;
        let relay = Arc::new(Relay::new(relay_map, hooks.clone(), Arc::clone(&metrics)));
        let enclave = Arc::new(Enclave::new(address, supplier, hooks, Arc::clone(&metrics), patience));
        let (sender, status) = watch::channel(None);
        let background = Background {
            enclave: Arc::clone(&enclave),
            constitution,
            settings,
            checkpoint,
            tick: Duration::from_millis(tick_ms),
            status: sender,
        };
        let listener = TcpListener::bind(listen).await.map_err(|error| RunError::Listen { address: listen, error })?;
        let address = listener.local_addr().map_err(|error| RunError::Listen { address: listen, error })?;
        let app = Arc::new(App { enclave, store, metrics, status, witness, forks, bounds });
        Ok(Self { listener, address, app, relay: (relay, relay_listener), background })
    }

    /// Where the HTTP API is.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown`, then lets what is under way end, for at most 10 seconds.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let Self { listener, address, app, relay: (relay, relay_listener), background } = self;
        tracing::info!(%address, "serving");
        let mut helpers = JoinSet::new();
        helpers.spawn(relay.serve(relay_listener));
        let background = helpers.spawn(background.run());
        helpers.spawn(Arc::clone(&app.witness).run(app.status.clone()));
        helpers.spawn(Arc::clone(&app.forks).run());
        let graceful = GracefulShutdown::new();
        tokio::select! {
            () = accept(&listener, &app, &graceful) => {}
            () = shutdown => {}
        }
        drop(listener);
        tracing::info!("finishing what is under way");
        // No tick starts a conversation that nobody waits for; the relay stays, because calls under way need it.
        background.abort();
        let all = async {
            tokio::join!(graceful.shutdown(), app.enclave.drain());
        };
        if timeout(GRACE, all).await.is_err() {
            tracing::warn!("some conversations did not end in time");
        }
    }
}

async fn accept(listener: &TcpListener, app: &Arc<App>, graceful: &GracefulShutdown) {
    let service = TowerToHyperService::new(api::router(Arc::clone(app)));
    let slots = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "can't accept");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        // Only latency is lost without it.
        let _ = stream.set_nodelay(true);
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service.clone());
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // What a peer broke is its own loss.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "connection ended early");
            }
            drop(slot);
        });
    }
}

fn read(path: &Path) -> Result<Vec<u8>, RunError> {
    std::fs::read(path).map_err(|error| RunError::File { path: path.to_owned(), error })
}

#[cfg(test)]
mod tests;
