//! Chain data from nodes: several of each kind, tried in order, with bounded answers.

mod beacon;
mod execution;
mod header;

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};

pub(crate) use beacon::Beacon;
pub(crate) use execution::Execution;

/// For one request to one node.
const REQUEST: Duration = Duration::from_secs(10);
/// To connect to a node.
const CONNECT: Duration = Duration::from_secs(3);
/// Times that all nodes are tried.
const ROUNDS: u32 = 3;
/// Before the second round; doubled before the third.
const BACK_OFF: Duration = Duration::from_millis(200);

/// Why nodes gave nothing useful.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    /// No connection, or it broke or took too long.
    #[error("can't be reached")]
    Unreachable,
    /// HTTP 404: the node does not have it.
    #[error("does not have it")]
    Absent,
    /// Any other HTTP status than 200.
    #[error("answered with status {0}")]
    Status(u16),
    /// A JSON-RPC error.
    #[error("answered with JSON-RPC error {0}")]
    Rpc(i64),
    /// Larger than such an answer may be.
    #[error("answered with more than its limit")]
    TooLarge,
    /// Not in the format asked for.
    #[error("answered in another format")]
    Format,
    /// More was asked than one answer may hold.
    #[error("too much was asked")]
    TooMuch,
}

/// What to ask a node, relative to its base URL.
pub(crate) enum Ask<'a> {
    /// `GET` of SSZ.
    Ssz { path: &'a [&'a str], query: &'a [(&'a str, String)] },
    /// `POST` of a JSON-RPC request.
    Rpc(&'a serde_json::Value),
}

/// Nodes of one kind.
#[derive(Clone, Debug)]
pub(crate) struct Nodes {
    client: Client,
    kind: &'static str,
    urls: Vec<Url>,
}

impl Nodes {
    /// # Errors
    /// If the TLS back end can't be set up.
    pub(crate) fn new(kind: &'static str, urls: Vec<Url>) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .connect_timeout(CONNECT)
            .timeout(REQUEST)
            .user_agent(concat!("pst-vault-host/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, kind, urls })
    }

    /// Asks one node after the other, until one answers with at most `max` bytes that `read` understands.
    pub(crate) async fn ask<T>(
        &self,
        ask: Ask<'_>,
        max: usize,
        read: impl Fn(&[u8]) -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        let mut last = FetchError::Unreachable;
        for round in 0..ROUNDS {
            if round > 0 {
                tokio::time::sleep(BACK_OFF * (1 << (round - 1))).await;
            }
            for (index, url) in self.urls.iter().enumerate() {
                match self.once(url, &ask, max).await.and_then(|bytes| read(&bytes)) {
                    Ok(value) => return Ok(value),
                    // A URL may hold an API key: the node is named by its place on the command line.
                    Err(error) => {
                        tracing::debug!(kind = self.kind, node = index, %error, "chain node failed");
                        last = error;
                    }
                }
            }
            // What no node has now, none has in half a second; whoever asked will ask again.
            if last == FetchError::Absent {
                break;
            }
        }
        Err(last)
    }

    async fn once(&self, base: &Url, ask: &Ask<'_>, max: usize) -> Result<Vec<u8>, FetchError> {
        let mut url = base.clone();
        let request = match ask {
            Ask::Ssz { path, query } => {
                url.path_segments_mut().map_err(|()| FetchError::Unreachable)?.pop_if_empty().extend(*path);
                if !query.is_empty() {
                    url.query_pairs_mut().extend_pairs(*query);
                }
                self.client.get(url).header(ACCEPT, "application/octet-stream")
            }
            Ask::Rpc(body) => self
                .client
                .post(url)
                .header(CONTENT_TYPE, "application/json")
                .header(ACCEPT, "application/json")
                .body(body.to_string()),
        };
        let mut response = request.send().await.map_err(|_| FetchError::Unreachable)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(FetchError::Absent),
            status => return Err(FetchError::Status(status.as_u16())),
        }
        if let Ask::Ssz { .. } = ask {
            let ssz = response
                .headers()
                .get(CONTENT_TYPE)
                .is_some_and(|value| value.as_bytes().starts_with(b"application/octet-stream"));
            if !ssz {
                return Err(FetchError::Format);
            }
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| FetchError::Unreachable)? {
            if bytes.len() + chunk.len() > max {
                return Err(FetchError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests;
