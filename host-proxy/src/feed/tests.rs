use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

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
