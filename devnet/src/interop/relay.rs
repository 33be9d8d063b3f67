//! Between a host and the chain's nodes: a relay that passes everything on, or lies.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::world::Nodes;

/// Bytes of a request's body, at most.
const BODY: usize = 4 << 20;

/// What the relay does with answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lie {
    /// None: they pass as they are.
    #[default]
    None,
    /// None, but beacon objects come as JSON, whatever was asked for.
    Json,
    /// One bit of every sync aggregate is flipped.
    SyncBit,
    /// The last byte of the last node of every storage proof, which is the value's, is another.
    StorageValue,
}

/// How execution blocks are named to the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocks {
    /// As the asker does.
    AsAsked,
    /// By number where the asker names a block by its hash (EIP-1898), which this execution client does not understand.
    ByNumber,
}

/// A running relay.
#[derive(Debug)]
pub struct Relay {
    nodes: Nodes,
    lie: Arc<Mutex<Lie>>,
    tasks: Vec<JoinHandle<()>>,
}

#[derive(Clone)]
struct Upstream {
    url: String,
    http: reqwest::Client,
    lie: Arc<Mutex<Lie>>,
    blocks: Blocks,
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Relay {
    /// One before each of these nodes, honest at first.
    ///
    /// # Errors
    /// No address can be bound.
    pub async fn start(nodes: &Nodes, blocks: Blocks) -> Result<Self> {
        let lie = Arc::<Mutex<Lie>>::default();
        let upstream = |url: &str| Upstream { url: url.to_owned(), http: reqwest::Client::new(), lie: Arc::clone(&lie), blocks };
        let beacon = Router::new().fallback(beacon).with_state(upstream(&nodes.beacon));
        let execution = Router::new().fallback(execution).with_state(upstream(&nodes.execution));
        let (beacon_url, beacon) = listen(beacon).await?;
        let (execution_url, execution) = listen(execution).await?;
        Ok(Self { nodes: Nodes { beacon: beacon_url, execution: execution_url }, lie, tasks: vec![beacon, execution] })
    }

    /// Where it listens.
    #[must_use]
    pub fn nodes(&self) -> Nodes {
        self.nodes.clone()
    }

    /// What it does from here on.
    pub fn lie(&self, lie: Lie) {
        *self.lie.lock().unwrap_or_else(PoisonError::into_inner) = lie;
    }
}

async fn listen(router: Router) -> Result<(String, JoinHandle<()>)> {
    let any: SocketAddr = "127.0.0.1:0".parse()?;
    let listener = TcpListener::bind(any).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let task = tokio::spawn(async move {
        let _ = axum::serve(listener, router).await;
    });
    Ok((url, task))
}

impl Upstream {
    fn lie(&self) -> Lie {
        *self.lie.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Status, headers that matter, and body.
    async fn ask(&self, request: Request, accept: Option<HeaderValue>) -> Result<(StatusCode, HeaderMap, Bytes)> {
        let (parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let mut body = Vec::from(axum::body::to_bytes(body, BODY).await?);
        if self.blocks == Blocks::ByNumber
            && let Ok(mut request) = serde_json::from_slice(&body)
        {
            self.by_number(&mut request).await?;
            body = request.to_string().into_bytes();
        }
        let mut headers = HeaderMap::new();
        for name in [ACCEPT, CONTENT_TYPE] {
            if let Some(value) = parts.headers.get(&name) {
                headers.insert(name, value.clone());
            }
        }
        if let Some(accept) = accept {
            headers.insert(ACCEPT, accept);
        }
        let answer = self.http.request(parts.method, format!("{}{path}", self.url)).headers(headers).body(body).send().await?;
        let mut headers = HeaderMap::new();
        for name in [CONTENT_TYPE, HeaderName::from_static("eth-consensus-version")] {
            if let Some(value) = answer.headers().get(&name) {
                headers.insert(name, value.clone());
            }
        }
        Ok((answer.status(), headers, answer.bytes().await?))
    }
}

impl Upstream {
    /// Replaces the block hashes in the parameters of a request.
    async fn by_number(&self, request: &mut Value) -> Result<()> {
        for parameter in request.get_mut("params").and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(hash) = parameter.get("blockHash") else { continue };
            let ask = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_getBlockByHash", "params": [hash, false] });
            let answer: Value = self.http.post(&self.url).json(&ask).send().await?.json().await?;
            *parameter = answer.pointer("/result/number").context("no such block")?.clone();
        }
        Ok(())
    }
}

async fn beacon(State(upstream): State<Upstream>, request: Request) -> Response {
    let lie = upstream.lie();
    let (framed, signed) = (request.uri().path().ends_with("/updates"), !request.uri().path().contains("/bootstrap/"));
    let accept = (lie == Lie::Json).then(|| HeaderValue::from_static("application/json"));
    passed(upstream.ask(request, accept).await, |mut bytes| match serde_json::from_slice(&bytes) {
        // A bootstrap has no sync aggregate.
        _ if lie != Lie::SyncBit || !signed => bytes,
        Ok(mut answer) => {
            flip_named(&mut answer);
            answer.to_string().into_bytes()
        }
        Err(_) => {
            let flip: fn(&mut [u8]) = if framed { flip_each } else { flip_sync_bit };
            flip(&mut bytes);
            bytes
        }
    })
}

async fn execution(State(upstream): State<Upstream>, request: Request) -> Response {
    let lie = upstream.lie();
    passed(upstream.ask(request, None).await, |bytes| match serde_json::from_slice(&bytes) {
        Ok(mut answer) if lie == Lie::StorageValue => {
            change_values(&mut answer);
            answer.to_string().into_bytes()
        }
        _ => bytes,
    })
}

fn passed(answer: Result<(StatusCode, HeaderMap, Bytes)>, change: impl FnOnce(Vec<u8>) -> Vec<u8>) -> Response {
    match answer {
        Ok((status, headers, bytes)) => (status, headers, change(bytes.into())).into_response(),
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}

/// Flips a bit of the sync aggregate of an update of any kind. The first offset says where the part of fixed length ends, and that part
/// ends with bits, signature (96 bytes) and signature slot (8).
fn flip_sync_bit(update: &mut [u8]) {
    let end = update.first_chunk().map_or(0, |offset| u32::from_le_bytes(*offset) as usize);
    if let Some(byte) = end.checked_sub(1 + 96 + 8).and_then(|at| update.get_mut(at)) {
        *byte ^= 1;
    }
}

/// The same for each in an answer in JSON.
fn flip_named(answer: &mut Value) {
    match answer {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(bits) if name == "sync_committee_bits" => *bits = changed(bits, bits.len() - 1),
                    other => flip_named(other),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(flip_named),
        _ => {}
    }
}

/// The same for each that is framed: [length of the rest, little-endian u64][fork digest][update].
fn flip_each(mut frames: &mut [u8]) {
    while let Some((length, rest)) = frames.split_first_chunk_mut::<8>() {
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let Some((frame, rest)) = rest.split_at_mut_checked(length) else { return };
        if let Some(update) = frame.get_mut(4..) {
            flip_sync_bit(update);
        }
        frames = rest;
    }
}

/// Changes the last byte of the last node of every storage proof.
fn change_values(answer: &mut Value) {
    if let Value::Array(answers) = answer {
        return answers.iter_mut().for_each(change_values);
    }
    let slots = answer.pointer_mut("/result/storageProof").and_then(Value::as_array_mut);
    for slot in slots.into_iter().flatten() {
        if let Some(Value::String(node)) = slot.get_mut("proof").and_then(Value::as_array_mut).and_then(|nodes| nodes.last_mut())
        {
            *node = changed(node, node.len() - 1);
        }
    }
}

/// Hex digits, with one bit of the one at `at` flipped.
fn changed(digits: &str, at: usize) -> String {
    let change = |(index, digit): (usize, char)| match digit.to_digit(16) {
        Some(value) if index == at => char::from_digit(value ^ 1, 16).unwrap_or(digit),
        _ => digit,
    };
    digits.char_indices().map(change).collect()
}
