//! The Beacon API, as far as a light client asks for it.

use alloy_primitives::B256;
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Devnet;
use super::beacon::hex;
use super::light::Object;
use super::node::Node;
use super::ssz::{self, Root};

const FORK: &str = "fulu";
const CONSENSUS_VERSION: &str = "eth-consensus-version";
const OCTETS: &str = "application/octet-stream";
/// `MAX_BLOBS_PER_BLOCK_ELECTRA`, which a Fulu fork digest mixes in.
const MAX_BLOBS: u64 = 9;

pub(super) fn router(devnet: Devnet) -> Router {
    Router::new()
        .route("/eth/v1/beacon/genesis", get(genesis))
        .route("/eth/v1/beacon/headers/{block}", get(block_header))
        .route("/eth/v1/beacon/light_client/bootstrap/{root}", get(bootstrap))
        .route("/eth/v1/beacon/light_client/updates", get(updates))
        .route("/eth/v1/beacon/light_client/finality_update", get(finality_update))
        .route("/eth/v1/beacon/light_client/optimistic_update", get(optimistic_update))
        .route("/eth/v1/config/spec", get(spec))
        .route("/eth/v1/config/fork_schedule", get(fork_schedule))
        .route("/eth/v1/node/health", get(|| async {}))
        .route("/eth/v1/node/version", get(|| async { axum::Json(json!({"data": {"version": "pst-vault-devnet"}})) }))
        .with_state(devnet)
}

type Shared = State<Devnet>;

async fn genesis(State(devnet): Shared) -> Response {
    let node = devnet.node();
    json_response(&json!({"data": {
        "genesis_time": node.config.genesis_time.to_string(),
        "genesis_validators_root": hex(&node.config.genesis_validators_root),
        "genesis_fork_version": hex(&node.config.fork_version),
    }}))
}

async fn spec(State(devnet): Shared) -> Response {
    let config = devnet.config();
    json_response(&json!({"data": {
        "PRESET_BASE": "mainnet", "SECONDS_PER_SLOT": config.seconds_per_slot.to_string(), "SLOTS_PER_EPOCH": "32",
        "FULU_FORK_VERSION": hex(&config.fork_version), "FULU_FORK_EPOCH": "0",
        "DEPOSIT_CHAIN_ID": config.chain_id.to_string(), "SYNC_COMMITTEE_SIZE": "512",
    }}))
}

async fn fork_schedule(State(devnet): Shared) -> Response {
    let version = hex(&devnet.config().fork_version);
    json_response(&json!({"data": [{"previous_version": version, "current_version": version, "epoch": "0"}]}))
}

async fn block_header(State(devnet): Shared, Path(name): Path<String>) -> Response {
    let node = devnet.node();
    let Some(index) = find(&node, &name) else { return problem(StatusCode::NOT_FOUND, "block not found") };
    let block = &node.blocks[index].beacon;
    json_response(&json!({
        "execution_optimistic": false, "finalized": index <= node.finalized(),
        "data": {
            "root": hex(&block.root), "canonical": true,
            "header": {"message": block.header.json(), "signature": hex(&[0; 96])},
        },
    }))
}

fn find(node: &Node, name: &str) -> Option<usize> {
    let served = node.served();
    match name {
        "head" => Some(served),
        "finalized" => node.blocks[served.saturating_sub(1)].beacon.finalized,
        "genesis" => None,
        root if root.starts_with("0x") => node.by_root(root.parse().ok()?),
        slot => {
            let slot: u64 = slot.parse().ok()?;
            let index = node.blocks.partition_point(|block| block.beacon.header.slot < slot);
            (index < node.blocks.len() && node.slot(index) == slot).then_some(index)
        }
    }
}

async fn bootstrap(State(devnet): Shared, Path(root): Path<String>, headers: HeaderMap) -> Response {
    let Ok(root) = root.parse::<B256>() else { return problem(StatusCode::BAD_REQUEST, "not a block root") };
    let node = devnet.node();
    match node.by_root(root) {
        Some(index) => object(&headers, &node.bootstrap(index)),
        None => problem(StatusCode::NOT_FOUND, "no bootstrap for this root"),
    }
}

async fn finality_update(State(devnet): Shared, headers: HeaderMap) -> Response {
    let node = devnet.node();
    object(&headers, &node.finality_update(node.served()))
}

async fn optimistic_update(State(devnet): Shared, headers: HeaderMap) -> Response {
    let node = devnet.node();
    object(&headers, &node.optimistic_update(node.served()))
}

#[derive(Deserialize)]
struct Range {
    start_period: u64,
    count: u64,
}

/// In SSZ each update is preceded by its length (the fork digest counted) and its fork digest.
async fn updates(State(devnet): Shared, Query(range): Query<Range>, headers: HeaderMap) -> Response {
    let node = devnet.node();
    let updates = node.updates(range.start_period, range.count);
    if wants_ssz(&headers) {
        let digest = fork_digest(&node);
        let mut out = Vec::new();
        for update in &updates {
            let ssz = update.ssz();
            out.extend((ssz.len() as u64 + 4).to_le_bytes());
            out.extend(digest);
            out.extend(ssz);
        }
        return octets(out);
    }
    let list: Vec<Value> = updates.into_iter().map(|update| json!({"version": FORK, "data": update.json})).collect();
    versioned_json(&Value::Array(list))
}

/// `compute_fork_digest` of Fulu: the blob parameters are mixed in (EIP-7892).
fn fork_digest(node: &Node) -> [u8; 4] {
    let base: Root = node.fork_data_root();
    let mask = ssz::sha256(&[&0_u64.to_le_bytes(), &MAX_BLOBS.to_le_bytes()]);
    std::array::from_fn(|index| base[index] ^ mask[index])
}

fn wants_ssz(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let position = |kind: &str| accept.find(kind);
    match (position(OCTETS), position("application/json")) {
        (Some(octets), Some(json)) => octets < json || accept.contains("json;q=0."),
        (octets, _) => octets.is_some(),
    }
}

fn object(headers: &HeaderMap, object: &Object) -> Response {
    if wants_ssz(headers) {
        return octets(object.ssz());
    }
    versioned_json(&json!({"version": FORK, "data": object.json}))
}

fn octets(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE.as_str(), OCTETS), (CONSENSUS_VERSION, FORK)], Body::from(bytes)).into_response()
}

fn versioned_json(value: &Value) -> Response {
    ([(CONSENSUS_VERSION, FORK)], axum::Json(value)).into_response()
}

fn json_response(value: &Value) -> Response {
    axum::Json(value).into_response()
}

fn problem(status: StatusCode, message: &str) -> Response {
    (status, axum::Json(json!({"code": status.as_u16(), "message": message}))).into_response()
}
