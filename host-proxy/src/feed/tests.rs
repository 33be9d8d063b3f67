use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use alloy_primitives::B256;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use minicbor::bytes::{ByteArray, ByteVec};
use protocol::limits;
use protocol::message::AccountQuery;
use serde_json::{Value, json};

use super::*;

const SSZ: [(&str, &str); 1] = [("content-type", "application/octet-stream")];

async fn serve(router: Router) -> Url {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/key", listener.local_addr().unwrap()).parse().unwrap();
    tokio::spawn(async move { axum::serve(listener, Router::new().nest("/key", router)).await });
    url
}

fn nowhere() -> Url {
    "http://127.0.0.1:1/".parse().unwrap()
}

fn beacon_node() -> Router {
    const BASE: &str = "/eth/v1/beacon/light_client";
    let updates = |RawQuery(query): RawQuery| async move {
        assert_eq!(query.as_deref(), Some("start_period=7&count=2"));
        let one = [&7_u64.to_le_bytes()[..], b"forkone"].concat();
        (SSZ, [one.clone(), one].concat())
    };
    Router::new()
        .route(&format!("{BASE}/bootstrap/{{root}}"), get(|Path(root): Path<String>| async { (SSZ, root) }))
        .route(&format!("{BASE}/updates"), get(updates))
        .route(&format!("{BASE}/finality_update"), get(|| async { (SSZ, "finality") }))
        .route(&format!("{BASE}/optimistic_update"), get(|| async { (SSZ, "optimistic") }))
}

#[tokio::test]
async fn reads_light_client_objects_as_ssz() {
    let beacon = Beacon::new(vec![serve(beacon_node()).await]).unwrap();
    assert_eq!(beacon.bootstrap(&[0xab; 32]).await.unwrap(), format!("0x{}", "ab".repeat(32)).into_bytes());
    assert_eq!(beacon.updates(7, 2).await.unwrap(), vec![b"one".to_vec(); 2]);
    assert_eq!(beacon.finality_update().await.unwrap(), b"finality");
    assert_eq!(beacon.optimistic_update().await.unwrap(), b"optimistic");
}

#[tokio::test]
async fn goes_on_to_the_next_node() {
    let broken = serve(Router::new().fallback(|| async { StatusCode::BAD_GATEWAY })).await;
    let json = serve(Router::new().fallback(|| async { axum::Json(json!({})) })).await;
    let large = serve(Router::new().fallback(|| async { (SSZ, vec![0; limits::LIGHT_CLIENT_OBJECT + 1]) })).await;
    let good = serve(beacon_node()).await;
    let beacon = Beacon::new(vec![nowhere(), broken, json, large, good]).unwrap();
    assert_eq!(beacon.finality_update().await.unwrap(), b"finality");
}

#[tokio::test]
async fn tries_again_after_a_while() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let node = Router::new().fallback(move || {
        let first = counted.fetch_add(1, Ordering::Relaxed) == 0;
        async move { if first { StatusCode::SERVICE_UNAVAILABLE.into_response() } else { (SSZ, "x").into_response() } }
    });
    let beacon = Beacon::new(vec![serve(node).await]).unwrap();
    assert_eq!(beacon.finality_update().await.unwrap(), b"x");
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn names_why_no_node_answered() {
    let beacon = async |router: Router| Beacon::new(vec![serve(router).await]).unwrap().finality_update().await;
    assert_eq!(beacon(Router::new()).await, Err(FetchError::Absent));
    let status = Router::new().fallback(|| async { StatusCode::TOO_MANY_REQUESTS });
    assert_eq!(beacon(status).await, Err(FetchError::Status(429)));
    let redirect = Router::new().fallback(|| async { axum::response::Redirect::temporary("/elsewhere") });
    assert_eq!(beacon(redirect).await, Err(FetchError::Status(307)));
    let large = Router::new().fallback(|| async { (SSZ, vec![0; limits::LIGHT_CLIENT_OBJECT + 1]) });
    assert_eq!(beacon(large).await, Err(FetchError::TooLarge));
    assert_eq!(beacon(Router::new().fallback(|| async { "text" })).await, Err(FetchError::Format));
    assert_eq!(Beacon::new(vec![nowhere()]).unwrap().finality_update().await, Err(FetchError::Unreachable));
}

/// Answers with proofs that name what was asked.
async fn execution_node(body: Bytes) -> axum::Json<Value> {
    let request: Value = serde_json::from_slice(&body).unwrap();
    let params = &request["params"];
    let result = match request["method"].as_str().unwrap() {
        "eth_getCode" => {
            assert_eq!(params[1], "0x1f4");
            json!(params[0])
        }
        "eth_getProof" => {
            assert_eq!(params[2], "0x1f4");
            let slots: Vec<_> = params[1].as_array().unwrap().iter().map(|key| json!({ "key": key, "proof": [key] })).collect();
            json!({ "address": params[0], "accountProof": [params[0], "0x"], "storageProof": slots })
        }
        method => panic!("{method}"),
    };
    axum::Json(json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }))
}

fn query(address: u8, slots: u32, code: bool) -> AccountQuery {
    let slot = |n: u32| {
        let mut slot = [0; 32];
        slot[28..].copy_from_slice(&n.to_be_bytes());
        ByteArray::from(slot)
    };
    AccountQuery { address: ByteArray::from([address; 20]), slots: (0..slots).map(slot).collect(), code }
}

#[tokio::test]
async fn proves_accounts_in_order_with_slots_and_code() {
    let execution = Execution::new(vec![serve(Router::new().route("/", post(execution_node))).await]).unwrap();
    // More slots than one request may hold, none, and many accounts at once.
    let queries: Vec<_> = [(1, 1_100, true), (2, 0, false)].into_iter().chain((3..40).map(|n| (n, 1, true))).collect();
    let queries: Vec<_> = queries.into_iter().map(|(address, slots, code)| query(address, slots, code)).collect();
    let proofs = execution.prove(500, &queries).await.unwrap();
    assert_eq!(proofs.len(), queries.len());
    for (proof, query) in proofs.iter().zip(&queries) {
        assert_eq!(proof.address, query.address);
        assert_eq!(proof.nodes, vec![ByteVec::from(query.address.to_vec()), ByteVec::from(vec![])]);
        assert_eq!(proof.code, query.code.then(|| ByteVec::from(query.address.to_vec())));
        let slots: Vec<_> = proof.slots.iter().map(|slot| slot.slot).collect();
        assert_eq!(slots, query.slots);
        assert!(proof.slots.iter().all(|slot| slot.nodes == vec![ByteVec::from(slot.slot.to_vec())]));
    }
    assert_eq!(execution.prove(500, &[]).await, Ok(vec![]));
}

#[tokio::test]
async fn names_why_a_proof_is_not_to_be_had() {
    let prove = async |answer: Value| {
        let node = serve(Router::new().route("/", post(move || async move { axum::Json(answer) }))).await;
        Execution::new(vec![node]).unwrap().prove(500, &[query(1, 1, false)]).await
    };
    let error = json!({ "id": 1, "error": { "code": -32_000, "message": "missing trie node" } });
    assert_eq!(prove(error).await, Err(FetchError::Rpc(-32_000)));
    for answer in [
        json!({}),
        json!([]),
        json!({ "result": { "accountProof": ["0x"], "storageProof": [] } }),
        json!({ "result": { "accountProof": ["00"], "storageProof": [{ "proof": [] }] } }),
        json!({ "result": { "accountProof": ["0x0"], "storageProof": [{ "proof": [] }] } }),
        json!({ "result": { "accountProof": [7], "storageProof": [{ "proof": [] }] } }),
    ] {
        assert_eq!(prove(answer.clone()).await, Err(FetchError::Format), "{answer}");
    }
    let execution = Execution::new(vec![nowhere()]).unwrap();
    assert_eq!(execution.prove(500, &vec![query(1, 0, false); 257]).await, Err(FetchError::TooMuch));
    assert_eq!(execution.prove(500, &[query(1, 8_193, false)]).await, Err(FetchError::TooMuch));
}

/// A block as a node answers it, and its hash by another implementation.
fn block() -> (Value, [u8; 32]) {
    let zeros = |bytes: usize| format!("0x{}", "00".repeat(bytes));
    let hash = |byte: &str| format!("0x{}", byte.repeat(32));
    let block = json!({
        "parentHash": hash("01"), "sha3Uncles": hash("02"), "miner": zeros(20), "stateRoot": hash("03"),
        "transactionsRoot": hash("04"), "receiptsRoot": hash("05"), "logsBloom": zeros(256), "difficulty": "0x0",
        "number": "0x1564976", "gasLimit": "0x1c9c380", "gasUsed": "0x5208", "timestamp": "0x6732f000", "extraData": "0x6f6b",
        "mixHash": hash("06"), "nonce": zeros(8), "baseFeePerGas": "0x7", "withdrawalsRoot": hash("07"), "blobGasUsed": "0x0",
        "excessBlobGas": "0x20000", "parentBeaconBlockRoot": hash("08"), "requestsHash": hash("09"), "size": "0x300",
        "transactions": [], "uncles": [],
    });
    let header = alloy_consensus::Header {
        parent_hash: B256::repeat_byte(1),
        ommers_hash: B256::repeat_byte(2),
        state_root: B256::repeat_byte(3),
        transactions_root: B256::repeat_byte(4),
        receipts_root: B256::repeat_byte(5),
        number: 0x156_4976,
        gas_limit: 30_000_000,
        gas_used: 21_000,
        timestamp: 0x6732_f000,
        extra_data: b"ok".as_slice().into(),
        mix_hash: B256::repeat_byte(6),
        base_fee_per_gas: Some(7),
        withdrawals_root: Some(B256::repeat_byte(7)),
        blob_gas_used: Some(0),
        excess_blob_gas: Some(0x20000),
        parent_beacon_block_root: Some(B256::repeat_byte(8)),
        requests_hash: Some(B256::repeat_byte(9)),
        ..alloy_consensus::Header::default()
    };
    (block, header.hash_slow().0)
}

#[tokio::test]
async fn encodes_headers_that_have_the_hash_asked_for() {
    let headers = async |block: Value, hash: [u8; 32]| {
        let answer = json!({ "id": 1, "result": block });
        let node = serve(Router::new().route("/", post(move || async move { axum::Json(answer) }))).await;
        Execution::new(vec![node]).unwrap().headers(&[ByteArray::from(hash)]).await
    };
    let (block, hash) = block();
    let encoded = headers(block.clone(), hash).await.unwrap();
    assert_eq!(alloy_primitives::keccak256(&encoded[0]).0, hash);
    // Another block, and a node that changes a field or leaves one out.
    assert_eq!(headers(block.clone(), [1; 32]).await, Err(FetchError::Format));
    for field in ["stateRoot", "requestsHash", "baseFeePerGas"] {
        let mut other = block.clone();
        other.as_object_mut().unwrap().remove(field);
        assert_eq!(headers(other, hash).await, Err(FetchError::Format), "{field}");
    }
    let mut other = block;
    other["stateRoot"] = json!(format!("0x{}", "0a".repeat(32)));
    assert_eq!(headers(other, hash).await, Err(FetchError::Format));
    let many = vec![ByteArray::from(hash); limits::EXECUTION_HEADERS + 1];
    assert_eq!(Execution::new(vec![nowhere()]).unwrap().headers(&many).await, Err(FetchError::TooMuch));
}
