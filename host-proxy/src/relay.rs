//! The egress relay: the enclave asks for `host:port` by HTTP CONNECT and gets a pipe. TLS ends in the enclave.
//!
//! The enclave has its own allow-list; this is the second fence, so that no bug there makes the vault a way into the network that
//! the host stands in.

mod address;
mod connect;
mod pipe;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::config::Mapping;
use crate::hooks::{Hooks, relay as points};
use crate::metrics::Metrics;
use crate::transport::Listener;
use connect::Target;

/// Connections at once.
const CONNECTIONS: usize = 256;
/// For the CONNECT request to arrive.
const REQUEST: Duration = Duration::from_secs(5);
/// To resolve, and to connect to one address.
const CONNECT: Duration = Duration::from_secs(5);
/// After a failed accept (no file descriptors), before the next.
const PAUSE: Duration = Duration::from_millis(100);

/// Why a connection is not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Refused {
    /// Not a CONNECT request in its one form.
    #[error("not a CONNECT request")]
    Malformed,
    /// Another port than 443, an IP address, a name without a dot.
    #[error("destination is not a public name at port 443")]
    Name,
    /// The name resolves, but to no public address.
    #[error("destination has no public address")]
    Address,
    /// The name does not resolve.
    #[error("destination does not resolve")]
    Unresolved,
    /// Nobody answers there.
    #[error("destination can't be reached")]
    Unreachable,
    /// Took too long.
    #[error("took too long")]
    Timeout,
}

impl Refused {
    const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::Name => "name_refused",
            Self::Address => "address_refused",
            Self::Unresolved => "unresolved",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
        }
    }

    const fn response(self) -> &'static [u8] {
        match self {
            Self::Malformed => b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n",
            Self::Name | Self::Address => b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n",
            Self::Unresolved | Self::Unreachable => b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n",
            Self::Timeout => b"HTTP/1.1 504 Gateway Timeout\r\ncontent-length: 0\r\n\r\n",
        }
    }
}

/// The relay and what it needs for each connection.
#[derive(Debug)]
pub(crate) struct Relay {
    map: Vec<Mapping>,
    hooks: Hooks,
    metrics: Arc<Metrics>,
    bounds: pipe::Bounds,
}

impl Relay {
    pub(crate) fn new(map: Vec<Mapping>, hooks: Hooks, metrics: Arc<Metrics>) -> Self {
        Self { map, hooks, metrics, bounds: pipe::Bounds::DEFAULT }
    }

    /// Serves until dropped.
    pub(crate) async fn serve(self: Arc<Self>, listener: Listener) {
        let slots = Arc::new(Semaphore::new(CONNECTIONS));
        // Held here, so that the connections end with the relay.
        let mut connections = tokio::task::JoinSet::new();
        loop {
            let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
            match listener.accept().await {
                Ok(stream) => {
                    let relay = Arc::clone(&self);
                    connections.spawn(async move {
                        relay.connection(stream).await;
                        drop(slot);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "relay can't accept");
                    tokio::time::sleep(PAUSE).await;
                }
            }
            while connections.try_join_next().is_some() {}
        }
    }

    async fn connection(&self, mut enclave: impl AsyncRead + AsyncWrite + Unpin) {
        self.hooks.at(points::ACCEPTED);
        let platform = match self.open(&mut enclave).await {
            Ok(platform) => platform,
            Err(refused) => {
                tracing::info!(reason = %refused, "relay refused a connection");
                self.metrics.relay(refused.name());
                // Whether it reads why does not matter here.
                let _ = timeout(REQUEST, enclave.write_all(refused.response())).await;
                let _ = timeout(REQUEST, enclave.shutdown()).await;
                return;
            }
        };
        let piped = pipe::pipe(enclave, platform, self.bounds, &self.hooks).await;
        self.hooks.at(points::CLOSED);
        self.metrics.relay(piped.end);
        self.metrics.relay_bytes("out", piped.out);
        self.metrics.relay_bytes("in", piped.into);
    }

    async fn open(&self, enclave: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> Result<TcpStream, Refused> {
        let target = timeout(REQUEST, connect::read(enclave)).await.map_err(|_| Refused::Timeout)??;
        self.hooks.at(points::ASKED);
        let addresses = self.resolve(&target).await?;
        self.hooks.at(points::RESOLVED);
        let platform = dial(&addresses).await?;
        self.hooks.at(points::DIALLED);
        timeout(REQUEST, enclave.write_all(b"HTTP/1.1 200 OK\r\n\r\n"))
            .await
            .map_err(|_| Refused::Timeout)?
            .map_err(|_| Refused::Malformed)?;
        self.hooks.at(points::OPENED);
        Ok(platform)
    }

    async fn resolve(&self, target: &Target) -> Result<Vec<SocketAddr>, Refused> {
        if let Some(mapping) = self.map.iter().find(|m| m.host == target.host && m.port == target.port) {
            return Ok(vec![mapping.address]);
        }
        if target.port != 443 || !connect::is_public_name(&target.host) {
            return Err(Refused::Name);
        }
        let found = timeout(CONNECT, lookup_host((target.host.as_str(), target.port)))
            .await
            .map_err(|_| Refused::Timeout)?
            .map_err(|_| Refused::Unresolved)?;
        screen(found)
    }
}

/// The public ones of the addresses that a name resolved to. They are what is dialled: a second look-up could answer otherwise.
fn screen(found: impl Iterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, Refused> {
    let mut any = false;
    let public: Vec<_> = found.inspect(|_| any = true).filter(|found| address::is_public(found.ip())).collect();
    match (public.is_empty(), any) {
        (false, _) => Ok(public),
        (true, true) => Err(Refused::Address),
        (true, false) => Err(Refused::Unresolved),
    }
}

async fn dial(addresses: &[SocketAddr]) -> Result<TcpStream, Refused> {
    let mut last = Refused::Unreachable;
    // Names with many addresses are not worth more than a few attempts.
    for address in addresses.iter().take(4) {
        match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Only latency is lost without it.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(_)) => last = Refused::Unreachable,
            Err(_) => last = Refused::Timeout,
        }
    }
    Err(last)
}

#[cfg(test)]
mod tests;
