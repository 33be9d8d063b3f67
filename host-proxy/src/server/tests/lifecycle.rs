//! From an empty enclave to ready, over restarts, to an orderly end.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use protocol::constitution::Settings;
use protocol::ledger::SealedEntry;
use protocol::message::{Answer, Batch, HostRequest, Need, Phase, Problem};
use tokio::sync::Notify;

use super::super::*;
use super::fake::{self, Host, Peer, act, client, constitution, enclave, status};

/// An enclave that has to be configured, and given the checkpoint `good`.
fn booting(socket: &Path, ticks: &Arc<AtomicUsize>) -> tokio::task::JoinHandle<()> {
    let phase = Arc::new(Mutex::new(Phase::WaitingForConstitution));
    let ticks = Arc::clone(ticks);
    enclave(socket, move |request, mut peer: Peer| {
        let (phase, ticks) = (Arc::clone(&phase), Arc::clone(&ticks));
        act(async move {
            let now = *phase.lock().unwrap();
            let answer = match (request, now) {
                (HostRequest::Status, _) => Answer::Status(status(now)),
                (HostRequest::Configure { constitution: bytes, settings }, Phase::WaitingForConstitution) => {
                    assert_eq!((bytes, settings), (constitution().to_bytes(), Settings::widest().to_bytes()));
                    *phase.lock().unwrap() = Phase::WaitingForCheckpoint;
                    Answer::Done
                }
                (HostRequest::Checkpoint { signed }, Phase::WaitingForCheckpoint) if signed == b"good" => {
                    *phase.lock().unwrap() = Phase::WaitingForShares;
                    Answer::Done
                }
                (HostRequest::Checkpoint { .. }, _) => Answer::Problem(Problem::Checkpoint),
                (HostRequest::Unlock { .. }, Phase::WaitingForShares) => {
                    *phase.lock().unwrap() = Phase::Serving;
                    Answer::Done
                }
                (HostRequest::Tick, _) => {
                    ticks.fetch_add(1, Ordering::Relaxed);
                    Answer::Done
                }
                _ => Answer::Problem(Problem::Phase),
            };
            peer.answer(answer).await;
        })
    })
}

#[tokio::test]
async fn leads_an_enclave_to_ready_and_a_restarted_one_again() {
    let host = Host::start_with(|config| config.checkpoint = Some(config.data_dir.with_file_name("checkpoint"))).await;
    let file = host.directory.path().join("checkpoint");
    host.until_ready_says("enclave can't be reached").await;
    let ticks = Arc::new(AtomicUsize::new(0));
    std::fs::write(&file, b"old").unwrap();
    let running = booting(&host.socket(), &ticks);
    host.until_ready_says("waiting for checkpoint").await;
    // The operator replaces the file.
    std::fs::write(&file, b"good").unwrap();
    host.until_ready_says("waiting for shares 0 of 1").await;
    assert_eq!(host.post("/v1/unlock", "application/cbor", "share").await.status, 204);
    host.until_ready_says("ready").await;
    let before = ticks.load(Ordering::Relaxed);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(ticks.load(Ordering::Relaxed) > before);
    running.abort();
    let _ = running.await;
    let running = booting(&host.socket(), &ticks);
    host.until_ready_says("waiting for shares 0 of 1").await;
    running.abort();
}

#[tokio::test]
async fn a_serving_enclave_is_let_keep_up_and_watch_at_once_while_something_is_due() {
    let host = Host::start().await;
    let (kept, watched) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (keeping, watching) = (Arc::clone(&kept), Arc::clone(&watched));
    let running = enclave(&host.socket(), move |request, mut peer: Peer| {
        let (keeping, watching) = (Arc::clone(&keeping), Arc::clone(&watching));
        act(async move {
            match request {
                HostRequest::Status => peer.answer(Answer::Status(status(Phase::Serving))).await,
                HostRequest::Upkeep => {
                    let due = u64::from(keeping.fetch_add(1, Ordering::Relaxed) < 3);
                    peer.answer(Answer::Kept { due }).await;
                }
                // A platform that takes its time.
                HostRequest::Watch => {
                    watching.fetch_add(1, Ordering::Relaxed);
                    peer.hung_up().await;
                }
                _ => peer.answer(Answer::Done).await,
            }
        })
    });
    let began = Instant::now();
    while kept.load(Ordering::Relaxed) < 4 || watched.load(Ordering::Relaxed) == 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "{kept:?} {watched:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(watched.load(Ordering::Relaxed), 1, "one after the other");
    running.abort();
}

#[tokio::test]
async fn a_refused_checkpoint_is_not_offered_again() {
    let host = Host::start_with(|config| config.checkpoint = Some(config.constitution.clone())).await;
    let offers = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&offers);
    enclave(&host.socket(), move |request, mut peer: Peer| {
        let answer = match request {
            HostRequest::Status => Answer::Status(status(Phase::WaitingForCheckpoint)),
            HostRequest::Checkpoint { .. } => {
                counted.fetch_add(1, Ordering::Relaxed);
                Answer::Problem(Problem::Checkpoint)
            }
            _ => Answer::Done,
        };
        act(async move { peer.answer(answer).await })
    });
    host.until_ready_says("waiting for checkpoint").await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(offers.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn refuses_to_start_with_a_wrong_file() {
    let directory = tempfile::tempdir().unwrap();
    let error = async |change: fn(&mut Config)| {
        let mut config = fake::config(directory.path());
        change(&mut config);
        Server::bind(config, Hooks::default()).await.unwrap_err()
    };
    assert!(matches!(error(|config| config.constitution = "/nowhere".into()).await, RunError::File { .. }));
    assert!(matches!(error(|config| config.settings = Some(config.constitution.clone())).await, RunError::Settings(_)));
    let bad = |config: &mut Config| std::fs::write(&config.constitution, b"x").unwrap();
    assert!(matches!(error(bad).await, RunError::Constitution(_)));
}

/// An enclave whose calls start, commit, and wait to be let go.
fn waiting(socket: &Path, started: &Arc<Notify>, go: &Arc<Notify>) {
    let (started, go) = (Arc::clone(started), Arc::clone(go));
    enclave(socket, move |request, mut peer: Peer| {
        let (started, go) = (Arc::clone(&started), Arc::clone(&go));
        act(async move {
            match request {
                HostRequest::Call { .. } => {
                    started.notify_one();
                    go.notified().await;
                    let entry = SealedEntry { leaf: vec![1].into(), sealed: vec![2; 30].into() };
                    let batch =
                        Batch { size: 0, entries: vec![entry], checkpoint: "note".to_owned(), records: vec![], ended: vec![] };
                    peer.need(Need::Commit(batch)).await;
                    peer.answer(Answer::Response(b"late".to_vec().into())).await;
                }
                HostRequest::Status => peer.answer(Answer::Status(status(Phase::Serving))).await,
                _ => peer.answer(Answer::Done).await,
            }
        })
    });
}

#[tokio::test]
async fn finishes_what_is_under_way_and_takes_nothing_new() {
    let mut host = Host::start().await;
    let (started, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    waiting(&host.socket(), &started, &go);
    let url = format!("{}/v1/request", host.url);
    let call = tokio::spawn(client().post(url).header("content-type", "message/ohttp-req").body("x").send());
    started.notified().await;
    host.stop();
    for _ in 0..100 {
        if client().get(format!("{}/healthz", host.url)).send().await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(client().get(format!("{}/healthz", host.url)).send().await.unwrap_err().is_connect());
    go.notify_one();
    assert_eq!(call.await.unwrap().unwrap().bytes().await.unwrap().as_ref(), b"late");
    timeout(Duration::from_secs(2), host.stopped()).await.unwrap();
    // The store is free again, with what was acknowledged in it.
    assert_eq!(Store::open(&host.directory.path().join("data")).unwrap().size().unwrap(), 1);
}

#[tokio::test]
async fn a_conversation_outlives_its_caller() {
    let host = Host::start().await;
    let (started, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    waiting(&host.socket(), &started, &go);
    let url = format!("{}/v1/request", host.url);
    let call = tokio::spawn(client().post(url).header("content-type", "message/ohttp-req").body("x").send());
    started.notified().await;
    call.abort();
    let _ = call.await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    go.notify_one();
    for _ in 0..100 {
        if host.get("/v1/ledger/checkpoint").await.status == 200 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the commit never came");
}

#[tokio::test]
async fn names_every_point_of_a_conversation_in_order() {
    let host = Host::start().await;
    let (started, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    waiting(&host.socket(), &started, &go);
    go.notify_one();
    assert_eq!(host.call().await.status, 200);
    let seen: Vec<_> = host.points.lock().unwrap().iter().copied().filter(|point| point.starts_with("call.")).collect();
    let expected = [
        "call.connect",
        "call.connected",
        "call.sent",
        "call.commit.before",
        "call.commit.after",
        "call.supplied",
        "call.answered",
    ];
    assert_eq!(seen, expected);
    assert!(expected.iter().all(|point| crate::points("call").any(|named| named == *point)));
}
