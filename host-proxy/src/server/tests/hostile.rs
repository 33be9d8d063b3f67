//! An enclave that misbehaves costs one conversation; two that race get one success.

use std::sync::Arc;

use protocol::cbor;
use protocol::ledger::SealedEntry;
use protocol::message::{Answer, Batch, HostRequest, Need, Phase, Supply, Versioned};
use tokio::sync::Barrier;

use super::fake::{Act, Host, Peer, act, enclave, status};

fn framed(body: &[u8]) -> Vec<u8> {
    [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], body].concat()
}

/// Calls are met by `first`, everything else by a good answer.
async fn host_with(first: impl Fn(Peer) -> Act + Clone + Send + Sync + 'static) -> Host {
    let host = Host::start().await;
    enclave(&host.socket(), move |request, mut peer: Peer| match request {
        HostRequest::Call { .. } => first(peer),
        HostRequest::Status => act(async move { peer.answer(Answer::Status(status(Phase::Serving))).await }),
        _ => act(async move { peer.answer(Answer::Document(vec![7].into())).await }),
    });
    host
}

async fn still_works(host: &Host) {
    assert_eq!(host.get("/v1/attestation?nonce=00").await.status, 200);
    assert_eq!(host.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn t9_a_frame_that_is_not_a_message_costs_one_conversation() {
    let good = cbor::encode(&Versioned { version: 1, message: protocol::message::Reply::Answer(Answer::Done) });
    let unknown_version = cbor::encode(&Versioned { version: 2, message: protocol::message::Reply::Answer(Answer::Done) });
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("a length of 4 GiB", vec![0xff; 4]),
        ("a length over the limit", 0x0040_0001_u32.to_be_bytes().to_vec()),
        ("an empty frame", vec![0; 4]),
        ("not CBOR", framed(b"\xff\xff\xff")),
        ("a CBOR bomb", framed(&[0x81; 100_000])),
        ("an array of 2^64 - 1", framed(&[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])),
        ("an unknown version", framed(&unknown_version)),
        ("trailing bytes", framed(&[good.as_slice(), &[0]].concat())),
        ("another message", framed(&cbor::encode(&Versioned { version: 1, message: HostRequest::Genesis }))),
        ("half a header", vec![0, 0]),
        ("half a frame", [&100_u32.to_be_bytes()[..], &[1; 10]].concat()),
        ("nothing", vec![]),
    ];
    for (name, bytes) in cases {
        let host = host_with(move |mut peer| {
            let bytes = bytes.clone();
            act(async move { peer.raw(&bytes).await })
        })
        .await;
        println!("{name}");
        host.call().await.problem(502, "enclave_protocol");
        still_works(&host).await;
    }
}

#[tokio::test]
async fn t9_a_half_open_enclave_costs_one_conversation() {
    for bytes in [&[][..], &[0, 0], &[0, 0, 0, 100, 1, 2]] {
        let host = host_with(move |mut peer| {
            act(async move {
                peer.raw(bytes).await;
                peer.hung_up().await;
            })
        })
        .await;
        let (call, ()) = tokio::join!(host.call(), still_works(&host));
        call.problem(504, "timeout");
        still_works(&host).await;
    }
}

#[tokio::test]
async fn t9_an_enclave_without_end_is_ended() {
    // More rounds than a conversation has.
    let host = host_with(|mut peer| {
        act(async move {
            loop {
                let message = protocol::message::Reply::Need(Need::Ledger { from: 0 });
                peer.raw(&protocol::frame::encode_message(message, 1 << 20).unwrap()).await;
                if peer.supplied().await.is_none() {
                    return;
                }
            }
        })
    })
    .await;
    host.call().await.problem(502, "enclave_protocol");
    still_works(&host).await;
    // A flood: the largest frames, one after the other, unread supplies piling up.
    let host = host_with(|mut peer| {
        act(async move {
            let message = protocol::message::Reply::Need(Need::Heads);
            let flood = protocol::frame::encode_message(message, 1 << 20).unwrap().repeat(10_000);
            peer.raw(&flood).await;
            peer.hung_up().await;
        })
    })
    .await;
    let got = host.call().await;
    assert!(got.status == 502 || got.status == 504, "{got:?}");
    still_works(&host).await;
}

#[tokio::test]
async fn t9_without_an_enclave_every_route_answers() {
    let host = Host::start().await;
    host.call().await.problem(503, "enclave_unreachable");
    host.get("/v1/status").await.problem(503, "enclave_unreachable");
    let body = host.get("/readyz").await.problem(503, "not_ready");
    assert_eq!(body["detail"], "enclave can't be reached");
    assert_eq!(host.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn another_answer_than_asked_for_is_a_problem() {
    let host = host_with(|mut peer| act(async move { peer.answer(Answer::Done).await })).await;
    host.call().await.problem(502, "enclave_protocol");
}

#[tokio::test]
async fn a_need_that_can_not_be_met_is_unavailable() {
    let host = host_with(|mut peer| {
        act(async move {
            let supply = peer.need(Need::Heads).await;
            assert_eq!(supply, Supply::Unavailable);
            let state = Need::State { block_number: 1, block_hash: [0; 32].into(), accounts: vec![] };
            assert_eq!(peer.need(state).await, Supply::State(vec![]));
            peer.answer(Answer::Response(vec![1].into())).await;
        })
    })
    .await;
    assert_eq!(host.call().await.status, 200);
}

#[tokio::test]
async fn t11_of_two_conversations_that_write_at_one_size_one_is_refused() {
    let both = Arc::new(Barrier::new(2));
    let host = host_with(move |mut peer| {
        let both = Arc::clone(&both);
        act(async move {
            // Each has its own idea of what comes next: two writers of one vault.
            let leaf = format!("{:?}", std::ptr::from_ref(&peer)).into_bytes();
            let entry = SealedEntry { leaf: leaf.into(), sealed: vec![0; 30].into() };
            let batch = Batch { size: 0, entries: vec![entry], checkpoint: "note".to_owned(), records: vec![], ended: vec![] };
            both.wait().await;
            let first = peer.need(Need::Commit(batch.clone())).await;
            // Lost acknowledgement: the same again is as before.
            assert_eq!(peer.need(Need::Commit(batch)).await, first);
            let said = if first == Supply::Committed { "committed" } else { "refused" };
            peer.answer(Answer::Response(said.as_bytes().to_vec().into())).await;
        })
    })
    .await;
    let (a, b) = tokio::join!(host.call(), host.call());
    let mut said = [a.body, b.body];
    said.sort();
    assert_eq!(said, [b"committed".to_vec(), b"refused".to_vec()]);
}
