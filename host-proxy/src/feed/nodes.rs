//! Nodes of one kind: asked one after the other or all at once, within bounds of time and size.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use beacon_api::{ACCEPT, Encoding};
use reqwest::header::{self, CONTENT_TYPE};
use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::health::{Health, jittered};

/// To connect to a node.
const CONNECT: Duration = Duration::from_secs(3);
/// Times that all nodes are tried.
const ROUNDS: u32 = 3;
/// Before the second round; doubled before the third.
const BACK_OFF: Duration = Duration::from_millis(200);
/// A node that has not answered for so long is not waited for alone.
const HEDGE: Duration = Duration::from_millis(1_500);

/// Why nodes gave nothing useful.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FetchError {
    /// No connection, or it broke or took too long.
    #[error("can't be reached")]
    Unreachable,
    /// HTTP 404, or `null`: the node does not have it.
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
    /// Not what was asked for: its hash or its proof says so.
    #[error("answered with something else than was asked for")]
    Wrong,
    /// More was asked than one answer may hold.
    #[error("too much was asked")]
    TooMuch,
}

impl FetchError {
    /// Whether the node is all right and has just not got it.
    pub(crate) const fn is_answer(self) -> bool {
        matches!(self, Self::Absent | Self::Rpc(_))
    }
}

/// What to ask a node, relative to its base URL.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    /// `GET` of SSZ, or of JSON from a node that has no SSZ.
    Get {
        /// Segments.
        path: Vec<String>,
        /// Names and values.
        query: Vec<(&'static str, String)>,
        /// Bytes of the answer in SSZ, at most.
        ssz: usize,
        /// Bytes of the answer in JSON, at most.
        json: usize,
    },
    /// `POST` of a JSON-RPC request.
    Rpc {
        /// The request.
        body: Value,
        /// Bytes of the answer, at most.
        max: usize,
    },
}

/// An answer within its bound, not read yet.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) encoding: Encoding,
    pub(crate) bytes: Vec<u8>,
}

#[derive(Debug)]
struct Node {
    url: Url,
    health: Mutex<Health>,
}

/// Nodes of one kind. A clone is the same nodes.
#[derive(Clone, Debug)]
pub(crate) struct Nodes {
    client: Client,
    kind: &'static str,
    all: Arc<[Node]>,
}

type Answers = JoinSet<(usize, Result<Body, FetchError>)>;

impl Nodes {
    /// `patience` is for one request to one node.
    ///
    /// # Errors
    /// If the TLS back end can't be set up.
    pub(crate) fn new(kind: &'static str, urls: Vec<Url>, patience: Duration) -> Result<Self, reqwest::Error> {
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .connect_timeout(CONNECT.min(patience))
            .timeout(patience)
            .user_agent(concat!("pst-vault-host/", env!("CARGO_PKG_VERSION")))
            .build()?;
        let all = urls.into_iter().map(|url| Node { url, health: Mutex::default() }).collect();
        Ok(Self { client, kind, all })
    }

    /// The first answer that `read` takes, and which node gave it. Nodes are asked in the order of the command line, those that
    /// failed lately last, and the one named by `after` last of all; the next one is asked when one fails or is slow.
    pub(crate) async fn first<T>(
        &self,
        ask: Ask,
        after: Option<usize>,
        read: impl Fn(&Body) -> Result<T, FetchError>,
    ) -> Result<(usize, T), FetchError> {
        let ask = Arc::new(ask);
        let mut rounds = Rounds(1);
        loop {
            match self.race(&ask, after, &read).await {
                Ok(value) => return Ok(value),
                Err(error) => rounds.again(error).await?,
            }
        }
    }

    /// What the nodes that are well answer within `wait`, in the order of the command line; longer only if none has answered by then. Whoever
    /// can tell right from wrong is to choose: a lie takes nobody's place, however fast it is.
    pub(crate) async fn every<T>(
        &self,
        ask: Ask,
        wait: Duration,
        read: impl Fn(&Body) -> Result<T, FetchError>,
    ) -> Result<Vec<T>, FetchError> {
        let ask = Arc::new(ask);
        let mut rounds = Rounds(1);
        loop {
            match self.gather(&ask, wait, &read).await {
                Ok(value) => return Ok(value),
                Err(error) => rounds.again(error).await?,
            }
        }
    }

    async fn race<T>(
        &self,
        ask: &Arc<Ask>,
        after: Option<usize>,
        read: &impl Fn(&Body) -> Result<T, FetchError>,
    ) -> Result<(usize, T), FetchError> {
        let (mut order, cooling) = self.order();
        order.extend(cooling);
        if let Some(place) = order.iter().position(|index| Some(*index) == after) {
            let last = order.remove(place);
            order.push(last);
        }
        let mut order = order.into_iter();
        let mut running = Answers::new();
        let mut why = None;
        loop {
            if running.is_empty() {
                match order.next() {
                    Some(index) => self.start(&mut running, index, ask),
                    None => return Err(why.unwrap_or(FetchError::Unreachable)),
                }
            }
            tokio::select! {
                Some(joined) = running.join_next() => {
                    let Ok((index, answer)) = joined else { continue };
                    match self.judged(index, answer.and_then(|body| read(&body))) {
                        Ok(value) => return Ok((index, value)),
                        Err(error) => why = Some(telling(why, error)),
                    }
                }
                () = sleep(HEDGE) => {
                    if let Some(index) = order.next() {
                        self.start(&mut running, index, ask);
                    }
                }
            }
        }
    }

    async fn gather<T>(
        &self,
        ask: &Arc<Ask>,
        wait: Duration,
        read: &impl Fn(&Body) -> Result<T, FetchError>,
    ) -> Result<Vec<T>, FetchError> {
        let (well, cooling) = self.order();
        let order = if well.is_empty() { cooling } else { well };
        let mut running = Answers::new();
        let mut asked: BTreeSet<usize> = order.iter().copied().collect();
        for index in order {
            self.start(&mut running, index, ask);
        }
        let mut good = Vec::new();
        let mut why = None;
        let until = Instant::now() + wait;
        loop {
            let patience = if good.is_empty() { Duration::MAX } else { until.saturating_duration_since(Instant::now()) };
            let Ok(Some(joined)) = timeout(patience, running.join_next()).await else { break };
            let Ok((index, answer)) = joined else { continue };
            asked.remove(&index);
            match self.judged(index, answer.and_then(|body| read(&body))) {
                Ok(value) => good.push((index, value)),
                Err(error) => why = Some(telling(why, error)),
            }
        }
        if good.is_empty() {
            return Err(why.unwrap_or(FetchError::Unreachable));
        }
        for slow in asked {
            self.health(slow, |health| health.was_slow(Instant::now()));
        }
        good.sort_by_key(|(index, _)| *index);
        Ok(good.into_iter().map(|(_, value)| value).collect())
    }

    /// Those that are well, in the order of the command line, and the others, the soonest to be asked again first.
    fn order(&self) -> (Vec<usize>, Vec<usize>) {
        let now = Instant::now();
        let mut cooling = Vec::new();
        let mut well = Vec::new();
        for index in 0..self.all.len() {
            match self.health(index, |health| health.cools_until(now)).flatten() {
                Some(until) => cooling.push((until, index)),
                None => well.push(index),
            }
        }
        cooling.sort_unstable();
        (well, cooling.into_iter().map(|(_, index)| index).collect())
    }

    fn health<T>(&self, index: usize, with: impl FnOnce(&mut Health) -> T) -> Option<T> {
        let node = self.all.get(index)?;
        Some(with(&mut node.health.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    fn judged<T>(&self, index: usize, result: Result<T, FetchError>) -> Result<T, FetchError> {
        self.health(index, |health| match &result {
            Err(error) if !error.is_answer() => health.failed(Instant::now()),
            _ => health.succeeded(),
        });
        if let Err(error) = &result {
            // A URL may hold an API key: the node is named by its place on the command line.
            tracing::debug!(kind = self.kind, node = index, %error, "chain node failed");
        }
        result
    }

    fn start(&self, running: &mut Answers, index: usize, ask: &Arc<Ask>) {
        let (this, ask) = (self.clone(), Arc::clone(ask));
        running.spawn(async move {
            let answer = match this.all.get(index) {
                Some(node) => this.once(&node.url, &ask).await,
                None => Err(FetchError::Unreachable),
            };
            (index, answer)
        });
    }

    async fn once(&self, base: &Url, ask: &Ask) -> Result<Body, FetchError> {
        let mut url = base.clone();
        let request = match ask {
            Ask::Get { path, query, .. } => {
                url.path_segments_mut().map_err(|()| FetchError::Unreachable)?.pop_if_empty().extend(path);
                if !query.is_empty() {
                    url.query_pairs_mut().extend_pairs(query);
                }
                self.client.get(url).header(header::ACCEPT, ACCEPT)
            }
            Ask::Rpc { body, .. } => self
                .client
                .post(url)
                .header(CONTENT_TYPE, "application/json")
                .header(header::ACCEPT, "application/json")
                .body(body.to_string()),
        };
        let mut response = request.send().await.map_err(|_| FetchError::Unreachable)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_FOUND => return Err(FetchError::Absent),
            status => return Err(FetchError::Status(status.as_u16())),
        }
        let kind = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).and_then(Encoding::of);
        let (encoding, max) = match (ask, kind) {
            (Ask::Get { ssz, .. }, Some(Encoding::Ssz)) => (Encoding::Ssz, *ssz),
            (Ask::Get { json, .. }, Some(Encoding::Json)) => (Encoding::Json, *json),
            (Ask::Get { .. }, None) => return Err(FetchError::Format),
            // Whatever a node calls it, JSON-RPC is JSON or nothing.
            (Ask::Rpc { max, .. }, _) => (Encoding::Json, *max),
        };
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|_| FetchError::Unreachable)? {
            if bytes.len() + chunk.len() > max {
                return Err(FetchError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(Body { encoding, bytes })
    }
}

/// Of two failures the one that says more: that a node is well and has not got it.
fn telling(before: Option<FetchError>, now: FetchError) -> FetchError {
    before.filter(|before| before.is_answer()).unwrap_or(now)
}

/// Rounds over all nodes that were begun.
struct Rounds(u32);

impl Rounds {
    /// Waits before the next round, or gives the last error back: after the last round, and if the nodes are well and have not got
    /// it. What none has now, none has in half a second; whoever asked will ask again.
    async fn again(&mut self, error: FetchError) -> Result<(), FetchError> {
        if self.0 == ROUNDS || error.is_answer() {
            return Err(error);
        }
        sleep(jittered(BACK_OFF * (1 << (self.0 - 1)))).await;
        self.0 += 1;
        Ok(())
    }
}
