//! What each route answers.

use minicbor::bytes::{ByteArray, ByteVec};
use protocol::custody::GenesisOutput;
use protocol::ledger::SealedEntry;
use protocol::message::{AnchorStatement, Answer, Batch, HostRequest, Need, Phase, Problem, Supply};
use protocol::{cbor, limits};
use serde_json::Value;

use super::fake::{Host, Peer, act, enclave, status};

fn genesis() -> GenesisOutput {
    GenesisOutput { version: 1, document: ByteVec::from(vec![1, 2]), shares: vec![] }
}

fn anchor() -> AnchorStatement {
    AnchorStatement {
        epoch: 1,
        writer: ByteArray::from([1; 64]),
        claim_size: 2,
        claim_root: ByteArray::from([2; 32]),
        claim_signature: ByteArray::from([3; 64]),
        size: 4,
        root: ByteArray::from([4; 32]),
        signature: ByteArray::from([5; 64]),
    }
}

/// Answers everything as it should be.
fn obliging(request: HostRequest) -> Answer {
    match request {
        HostRequest::Call { message } => Answer::Response([b"re:", message.as_slice()].concat().into()),
        HostRequest::Attest { nonce } => Answer::Document(nonce.into()),
        HostRequest::Status => Answer::Status(status(Phase::Serving)),
        HostRequest::Genesis => Answer::Genesis(genesis()),
        HostRequest::Anchor => Answer::Anchor(anchor()),
        HostRequest::Unlock { share } if share == b"bad" => Answer::Problem(Problem::Share),
        HostRequest::Checkpoint { signed } if signed == b"bad" => Answer::Problem(Problem::Checkpoint),
        _ => Answer::Done,
    }
}

async fn obliging_host() -> Host {
    let host = Host::start().await;
    enclave(&host.socket(), |request, mut peer: Peer| act(async move { peer.answer(obliging(request)).await }));
    host
}

#[tokio::test]
async fn relays_every_kind_of_conversation() {
    let host = obliging_host().await;
    let got = host.call().await;
    assert_eq!((got.status, got.kind.as_str(), got.body.as_slice()), (200, "message/ohttp-res", &b"re:sealed"[..]));
    let got = host.get("/v1/attestation?nonce=0a0b").await;
    assert_eq!((got.status, got.body.as_slice()), (200, &[10, 11][..]));
    assert_eq!(got.kind, "application/cose; cose-type=\"cose-sign1\"");
    let got = host.post("/v1/genesis", "", "").await;
    assert_eq!((got.status, got.kind.as_str(), got.body), (200, "application/cbor", cbor::encode(&genesis())));
    let got = host.get("/v1/anchor").await;
    assert_eq!((got.status, got.kind.as_str(), got.body), (200, "application/cbor", cbor::encode(&anchor())));
    for path in ["/v1/unlock", "/v1/checkpoint"] {
        let got = host.post(path, "application/cbor", "good").await;
        assert_eq!((got.status, got.body.as_slice()), (204, &b""[..]));
    }
    let got = host.get("/v1/status").await;
    let json: Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!((got.status, json["phase"].as_str(), json["attested"]["age"].as_u64()), (200, Some("serving"), Some(3)));
    assert_eq!((json["ready"].as_bool(), json["words"].as_str()), (Some(true), Some("ready")));
}

#[tokio::test]
async fn every_error_is_a_problem() {
    let host = obliging_host().await;
    host.get("/").await.problem(404, "not_found");
    host.get("/v1/ledger/tile/0/0").await.problem(404, "not_found");
    host.get("/v1/ledger/tile/0/000").await.problem(404, "not_found");
    host.get("/v1/ledger/checkpoint").await.problem(404, "not_found");
    host.get("/v1/request").await.problem(405, "method_not_allowed");
    host.post("/v1/attestation", "", "").await.problem(405, "method_not_allowed");
    for query in ["", "?nonce=", "?nonce=xy", "?nonce=00&x=1"] {
        host.get(&format!("/v1/attestation{query}")).await.problem(400, "malformed");
    }
    host.post("/v1/request", "application/json", "{}").await.problem(415, "unsupported_media_type");
    host.post("/v1/unlock", "message/ohttp-req", "x").await.problem(415, "unsupported_media_type");
    host.post("/v1/request", "message/ohttp-req", vec![0; limits::OHTTP_REQUEST + 1]).await.problem(413, "too_large");
    host.post("/v1/unlock", "application/cbor", vec![0; 65_537]).await.problem(413, "too_large");
    host.post("/v1/unlock", "application/cbor", "bad").await.problem(422, "share");
    host.post("/v1/checkpoint", "application/cbor", "bad").await.problem(422, "checkpoint");
}

#[tokio::test]
async fn a_body_of_unknown_length_is_bounded_too() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    let host = obliging_host().await;
    let mut stream = tokio::net::TcpStream::connect(host.url.strip_prefix("http://").unwrap()).await.unwrap();
    let head = "POST /v1/unlock HTTP/1.1\r\nhost: x\r\ncontent-type: application/cbor\r\ntransfer-encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = [b"4000\r\n", &[0; 0x4000][..], b"\r\n"].concat();
    for _ in 0..5 {
        if stream.write_all(&chunk).await.is_err() {
            break;
        }
    }
    let mut got = [0; 12];
    stream.read_exact(&mut got).await.unwrap();
    assert_eq!(&got, b"HTTP/1.1 413");
}

#[tokio::test]
async fn each_problem_of_the_enclave_has_its_status() {
    for (problem, status, code) in [
        (Problem::Malformed, 400, "malformed"),
        (Problem::Phase, 409, "phase"),
        (Problem::Busy, 503, "busy"),
        (Problem::UnknownKey, 400, "unknown_key"),
        (Problem::Sealed, 400, "sealed"),
        (Problem::Constitution, 503, "constitution"),
        (Problem::Checkpoint, 422, "checkpoint"),
        (Problem::Share, 422, "share"),
        (Problem::RootCommitment, 422, "root_commitment"),
        (Problem::Supply, 503, "supply"),
        (Problem::Ledger, 503, "ledger"),
        (Problem::StaleChain, 503, "stale_chain"),
        (Problem::Unproven, 503, "unproven"),
        (Problem::HeadConflict, 503, "head_conflict"),
        (Problem::Nsm, 503, "nsm"),
    ] {
        let host = Host::start().await;
        enclave(&host.socket(), move |_, mut peer: Peer| act(async move { peer.answer(Answer::Problem(problem)).await }));
        let body = host.call().await.problem(status, code);
        assert_eq!(body["detail"], problem.to_string());
        let ohttp_key = body["type"] == "https://iana.org/assignments/http-problem-types#ohttp-key";
        assert_eq!(ohttp_key, problem == Problem::UnknownKey);
    }
}

#[tokio::test]
async fn serves_the_ledger_that_the_enclave_wrote() {
    let host = Host::start().await;
    enclave(&host.socket(), |request, mut peer: Peer| {
        act(async move {
            if let HostRequest::Call { .. } = request {
                let entry = |n: u8| SealedEntry { leaf: vec![n].into(), sealed: vec![n; 30].into() };
                let batch = Batch {
                    size: 0,
                    entries: vec![entry(1), entry(2)],
                    checkpoint: "note".to_owned(),
                    records: vec![],
                    ended: vec![],
                };
                assert_eq!(peer.need(Need::Commit(batch)).await, Supply::Committed);
                assert_eq!(peer.need(Need::Ledger { from: 1 }).await, Supply::Ledger(vec![entry(2)]));
                assert_eq!(peer.need(Need::Ledger { from: 2 }).await, Supply::Ledger(vec![]));
                assert_eq!(peer.need(Need::Record { id: ByteArray::from([9; 32]), generation: 1 }).await, Supply::Record(None));
            }
            peer.answer(obliging(request)).await;
        })
    });
    assert_eq!(host.call().await.status, 200);
    let got = host.get("/v1/ledger/checkpoint").await;
    assert_eq!((got.status, got.kind.as_str(), got.body.as_slice()), (200, "text/plain; charset=utf-8", &b"note"[..]));
    assert_eq!(host.get("/v1/ledger/tile/0/000.p/2").await.body.len(), 64);
    assert_eq!(host.get("/v1/ledger/tile/entries/000.p/2").await.body, [0, 1, 1, 0, 1, 2]);
    let metrics = String::from_utf8(host.get("/metrics").await.body).unwrap();
    for line in [
        "pst_vault_host_ledger_entries 2",
        "pst_vault_host_needs_total{need=\"commit\",supplied=\"true\"} 1",
        "pst_vault_host_requests_total{route=\"/v1/ledger/tile\",status=\"200\"} 2",
        "pst_vault_host_conversations_total{kind=\"call\",outcome=\"ok\"} 1",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} in {metrics}");
    }
}

#[tokio::test]
async fn describes_every_route() {
    let host = obliging_host().await;
    let description: Value = serde_json::from_slice(&host.get("/openapi.json").await.body).unwrap();
    let paths = description["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 14);
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().unwrap() {
            let path = path.replace("{level}", "0").replace("{tile}", "000");
            let got = match method.as_str() {
                "get" => host.get(&path).await,
                _ => host.post(&path, "", "").await,
            };
            assert!(operation["responses"][got.status.to_string()].is_object(), "{method} {path} answers {}", got.status);
            assert_ne!(got.status, 405, "{method} {path}");
        }
    }
}
