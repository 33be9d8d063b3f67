use alloy_primitives::keccak256;
use axum::body::Bytes;
use axum::routing::post;
use minicbor::bytes::{ByteArray, ByteVec};
use protocol::limits;
use serde_json::{Value, json};

use super::trie::{SLOTS, answer, code_of, header, query, slot};
use super::*;

/// Changes an honest answer.
type Lie = fn(&mut Value);

/// A node that changes what an honest one says.
fn node(change: impl Fn(&Value, &mut Value) + Clone + Send + Sync + 'static) -> Router {
    let handler = async move |body: Bytes| {
        let request: Value = serde_json::from_slice(&body).unwrap();
        // Real tries in a debug build take their time.
        let answer = tokio::task::spawn_blocking(move || {
            let mut value = answer(&request);
            change(&request, &mut value);
            value
        });
        axum::Json(answer.await.unwrap())
    };
    Router::new().route("/", post(handler))
}

fn honest() -> Router {
    node(|_, _| {})
}

fn execution(urls: Vec<Url>) -> Execution {
    Execution::new(urls, PATIENT).unwrap()
}

#[tokio::test]
async fn proves_accounts_in_order_with_slots_and_code() {
    let execution = execution(vec![serve(honest()).await]);
    let block = header(|_| {}).1;
    assert_eq!(execution.block(block.hash).await, Ok(block));
    // More slots than one request may hold, none, absent ones, an absent account, and many accounts at once.
    let queries: Vec<_> = [query(1, 600..SLOTS + 2, true), query(2, 0..0, false), query(99, 0..2, true)]
        .into_iter()
        .chain((10..20).map(|address| query(address, 0..1, true)))
        .collect();
    let proofs = execution.prove(&block, &queries).await.unwrap();
    assert_eq!(proofs.len(), queries.len());
    for (proof, query) in proofs.iter().zip(&queries) {
        assert_eq!(proof.address, query.address);
        assert_eq!(proof.nodes.first().map(|root| keccak256(&**root)), Some(block.state_root));
        assert_eq!(proof.code, query.code.then(|| code_of(query.address[0])));
        let slots: Vec<_> = proof.slots.iter().map(|slot| slot.slot).collect();
        assert_eq!(slots, query.slots);
    }
    assert!(proofs[0].slots.iter().all(|slot| !slot.nodes.is_empty()));
    assert_eq!(execution.prove(&block, &[]).await, Ok(vec![]));
}

#[tokio::test]
async fn t33_a_node_that_proves_something_else_is_left_for_another() {
    let block = header(|_| {}).1;
    let queries = [query(1, 3..4, true)];
    let truth = execution(vec![serve(honest()).await]).prove(&block, &queries).await.unwrap();
    let lies: [(&str, Lie); 8] = [
        ("eth_getProof", |result| result["storageProof"][0]["value"] = json!("0x5")),
        ("eth_getProof", |result| result["storageProof"][0]["value"] = json!("0x0")),
        ("eth_getProof", |result| result["nonce"] = json!("0x2")),
        ("eth_getProof", |result| {
            result["accountProof"].as_array_mut().unwrap().pop();
        }),
        ("eth_getProof", |result| {
            result["storageProof"][0]["proof"].as_array_mut().unwrap().pop();
        }),
        // A truncated proof passed off as absence.
        ("eth_getProof", |result| {
            result["accountProof"].as_array_mut().unwrap().pop();
            result["nonce"] = json!("0x0");
            result["balance"] = json!("0x0");
        }),
        ("eth_getProof", |result| result["storageProof"] = json!([])),
        ("eth_getCode", |result| *result = json!("0x6001")),
    ];
    for (index, (method, lie)) in lies.into_iter().enumerate() {
        let liar = node(move |request, answer| {
            if request["method"] == method {
                lie(&mut answer["result"]);
            }
        });
        let liar = serve(liar).await;
        let alone = execution(vec![liar.clone()]).prove(&block, &queries).await;
        assert!(matches!(alone, Err(FetchError::Wrong | FetchError::Format)), "{index} {alone:?}");
        let both = execution(vec![liar, serve(honest()).await]);
        assert_eq!(both.prove(&block, &queries).await.as_ref(), Ok(&truth), "{index}");
    }
    // The proof of another block's state.
    let other = Block { state_root: keccak256("other"), ..block };
    assert_eq!(execution(vec![serve(honest()).await]).prove(&other, &queries).await, Err(FetchError::Wrong));
}

#[tokio::test]
async fn t76_execution_nodes_that_are_gone_or_slow_or_flood_stop_no_other() {
    let block = header(|_| {}).1;
    let urls = vec![nowhere(), silent().await, endless("application/json").await, serve(honest()).await];
    let execution = execution(urls);
    let since = Instant::now();
    assert_eq!(execution.prove(&block, &[query(2, 0..1, false)]).await.map(|proofs| proofs.len()), Ok(1));
    assert!(since.elapsed() < PATIENT, "{:?}", since.elapsed());
}

#[tokio::test]
async fn names_why_a_proof_is_not_to_be_had() {
    let block = header(|_| {}).1;
    let prove =
        async |answer: Value| execution(vec![always(axum::Json(answer)).await]).prove(&block, &[query(1, 0..1, false)]).await;
    let error = json!({ "id": 1, "error": { "code": -32_000, "message": "missing trie node" } });
    assert_eq!(prove(error).await, Err(FetchError::Rpc(-32_000)));
    assert_eq!(prove(json!({ "result": null })).await, Err(FetchError::Absent));
    for answer in [
        json!({}),
        json!([]),
        json!({ "result": {} }),
        json!({ "result": { "accountProof": ["0x"], "storageProof": [] } }),
        json!({ "result": 7 }),
        json!({ "error": 7 }),
    ] {
        assert_eq!(prove(answer.clone()).await, Err(FetchError::Format), "{answer}");
    }
    let execution = execution(vec![nowhere()]);
    assert_eq!(execution.prove(&block, &vec![query(1, 0..0, false); 257]).await, Err(FetchError::TooMuch));
    assert_eq!(execution.prove(&block, &[query(1, 0..32_769, false)]).await, Err(FetchError::TooMuch));
    // One that has pruned it and one that is gone: it is pruned.
    let pruned = always(axum::Json(json!({ "id": 1, "error": { "code": -32_000 } }))).await;
    let both = Execution::new(vec![pruned, nowhere()], PATIENT).unwrap();
    let why = both.prove(&block, &[query(1, 0..1, false)]).await.unwrap_err();
    assert!(why.is_answer(), "{why}");
}

#[tokio::test]
async fn encodes_headers_of_every_fork_that_have_the_hash_asked_for() {
    let headers = async |answers: Vec<Value>, hash: [u8; 32]| {
        let handler = async move |body: Bytes| {
            let request: Value = serde_json::from_slice(&body).unwrap();
            let raw = request["method"] == "debug_getRawHeader";
            axum::Json(answers[usize::from(raw)].clone())
        };
        let node = serve(Router::new().route("/", post(handler))).await;
        execution(vec![node]).headers(&[ByteArray::from(hash)]).await
    };
    let no_raw = json!({ "error": { "code": -32_601, "message": "no such method" } });
    let forks: [fn(&mut alloy_consensus::Header); 5] = [
        |_| {},
        |header| header.requests_hash = None,
        |header| {
            header.requests_hash = None;
            header.parent_beacon_block_root = None;
            header.blob_gas_used = None;
            header.excess_blob_gas = None;
        },
        |header| {
            header.requests_hash = None;
            header.parent_beacon_block_root = None;
            header.blob_gas_used = None;
            header.excess_blob_gas = None;
            header.withdrawals_root = None;
        },
        |header| {
            header.gas_used = 21_000;
            header.extra_data = b"ok".as_slice().into();
            header.beneficiary = alloy_primitives::Address::repeat_byte(3);
        },
    ];
    for fork in forks {
        let (json, block) = header(fork);
        let encoded = headers(vec![json!({ "result": json }), no_raw.clone()], block.hash.0).await.unwrap();
        assert_eq!(keccak256(&encoded[0]), block.hash);
    }
    let (json, block) = header(|_| {});
    let good = headers(vec![json!({ "result": json }), no_raw.clone()], block.hash.0).await.unwrap().remove(0);
    // Another block, and a node that changes a field or leaves one out.
    let refused = headers(vec![json!({ "result": json }), no_raw.clone()], [1; 32]).await;
    assert_eq!(refused, Err(FetchError::Wrong));
    for field in ["stateRoot", "requestsHash", "baseFeePerGas", "gasLimit"] {
        let mut other = json.clone();
        other.as_object_mut().unwrap().remove(field);
        let refused = headers(vec![json!({ "result": other }), no_raw.clone()], block.hash.0).await;
        assert!(matches!(refused, Err(FetchError::Wrong | FetchError::Format)), "{field}");
        // Unless it has the header itself.
        let raw = json!({ "result": format!("0x{}", hex::encode(&good)) });
        assert_eq!(headers(vec![json!({ "result": other }), raw], block.hash.0).await, Ok(vec![good.clone()]));
    }
    let wrong = json!({ "result": "0xc0" });
    assert_eq!(headers(vec![json!({ "result": null }), wrong], block.hash.0).await, Err(FetchError::Absent));
    let many = vec![ByteArray::from(block.hash.0); limits::EXECUTION_HEADERS + 1];
    assert_eq!(execution(vec![nowhere()]).headers(&many).await, Err(FetchError::TooMuch));
}

/// Amsterdam appends the hash of the block access list (EIP-7928) and the slot number (EIP-7843).
#[tokio::test]
async fn encodes_amsterdams_longer_header() {
    let (mut json, block) = header(|_| {});
    let node = serve(node(|_, _| {})).await;
    let short = execution(vec![node]).headers(&[ByteArray::from(block.hash.0)]).await.unwrap().remove(0);
    let mut fields = alloy_rlp::Header::decode_bytes(&mut short.as_slice(), true).unwrap().to_vec();
    fields.push(0xa0);
    fields.extend([0x0a; 32]);
    fields.extend([0x82, 0x03, 0xe8]);
    let mut long = Vec::new();
    alloy_rlp::Header { list: true, payload_length: fields.len() }.encode(&mut long);
    long.extend(fields);
    json["blockAccessListHash"] = json!(format!("0x{}", "0a".repeat(32)));
    json["slotNumber"] = json!("0x3e8");
    let node = always(axum::Json(json!({ "result": json }))).await;
    let encoded = execution(vec![node]).headers(&[ByteArray::from(keccak256(&long).0)]).await;
    assert_eq!(encoded, Ok(vec![long]));
}

#[test]
fn the_tests_own_slots_are_what_nodes_call_them() {
    assert_eq!(slot(258).as_slice()[30..], [1, 2]);
    assert_eq!(code_of(1), ByteVec::from(vec![1; 60]));
}
