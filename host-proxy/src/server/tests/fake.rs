//! A fake enclave that speaks frames, and a host in front of it.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use protocol::constitution::{CheckpointSigners, Constitution, Contract, Custody, Fork, NetworkSpec};
use protocol::message::{Answer, HeadStatus, HostRequest, Need, Phase, Reply, Status, Supply};
use protocol::{frame, limits};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::super::*;
use crate::config::EnclaveAddress;

pub(super) type Act = Pin<Box<dyn Future<Output = ()> + Send>>;
type Behaviour = Arc<dyn Fn(HostRequest, Peer) -> Act + Send + Sync>;

/// The host, as the fake enclave sees it.
pub(super) struct Peer(UnixStream);

impl Peer {
    pub(super) async fn raw(&mut self, bytes: &[u8]) {
        // The host may have hung up: that is for the test to judge.
        let _ = self.0.write_all(bytes).await;
    }

    pub(super) async fn answer(&mut self, answer: Answer) {
        let message = frame::encode_message(Reply::Answer(answer), limits::ENCLAVE_FRAME).unwrap();
        self.raw(&message).await;
    }

    pub(super) async fn need(&mut self, need: Need) -> Supply {
        let message = frame::encode_message(Reply::Need(need), limits::ENCLAVE_FRAME).unwrap();
        self.raw(&message).await;
        self.supplied().await.unwrap()
    }

    /// The next supply, or nothing if the host hung up.
    pub(super) async fn supplied(&mut self) -> Option<Supply> {
        receive(&mut self.0).await
    }

    /// Waits until the host hangs up.
    pub(super) async fn hung_up(&mut self) {
        let mut rest = Vec::new();
        let _ = self.0.read_to_end(&mut rest).await;
    }
}

async fn receive<T>(stream: &mut UnixStream) -> Option<T>
where
    T: for<'b> minicbor::Decode<'b, ()> + minicbor::Encode<()>,
{
    let mut header = [0; 4];
    stream.read_exact(&mut header).await.ok()?;
    let mut body = vec![0; frame::length(header, limits::HOST_FRAME).unwrap()];
    stream.read_exact(&mut body).await.ok()?;
    Some(frame::decode_message(&body, limits::HOST_FRAME).unwrap())
}

/// Boxes what a fake does.
pub(super) fn act(future: impl Future<Output = ()> + Send + 'static) -> Act {
    Box::pin(future)
}

/// Listens at `path` and behaves; stops when the handle is aborted.
pub(super) fn enclave(path: &Path, behaviour: impl Fn(HostRequest, Peer) -> Act + Send + Sync + 'static) -> JoinHandle<()> {
    let _ = std::fs::remove_file(path);
    let listener = UnixListener::bind(path).unwrap();
    let behaviour: Behaviour = Arc::new(behaviour);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let behaviour = Arc::clone(&behaviour);
            tokio::spawn(async move {
                let mut hello = [0; 13];
                if stream.read_exact(&mut hello).await.is_err() || &hello != b"CONNECT 5000\n" {
                    return;
                }
                stream.write_all(b"OK 1073741824\n").await.unwrap();
                if let Some(request) = receive(&mut stream).await {
                    behaviour(request, Peer(stream)).await;
                }
            });
        }
    })
}

/// A status of this phase with fresh heads.
pub(super) fn status(phase: Phase) -> Status {
    let head = Some(HeadStatus { slot: 64, block_number: 60, age: 3, block_hash: [7; 32].into() });
    Status {
        phase,
        vault_id: None,
        finalized: head,
        attested: head,
        ledger_size: None,
        anchored_size: None,
        problem: None,
        touched: vec![],
        schedule_left: None,
        conflict: None,
        schedule: None,
        connections: None,
    }
}

/// A constitution that passes every check.
pub(super) fn constitution() -> Constitution {
    let contract = |n| Contract { address: [n; 20], code_hash: [n; 32] };
    Constitution {
        version: protocol::constitution::VERSION,
        network: NetworkSpec::Custom {
            chain_id: 1_337,
            genesis_validators_root: [7; 32],
            genesis_time: 1,
            seconds_per_slot: 1,
            forks: vec![Fork { layout: 5, version: [1; 4], epoch: 0 }],
            preset: 0,
        },
        store_registry: contract(1),
        vault_registry: contract(2),
        admin: [3; 20],
        custody: Custody::Quorum { threshold: 1, members: vec![vec![4; 65].into()] },
        checkpoint_signers: CheckpointSigners { threshold: 1, signers: vec![vec![5; 20].into()] },
    }
}

/// A host over a directory of its own.
pub(super) struct Host {
    pub(super) url: String,
    pub(super) directory: TempDir,
    pub(super) points: Arc<Mutex<Vec<&'static str>>>,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

/// Impatient, so that tests of silence are short.
pub(super) const PATIENCE: Patience = Patience {
    step: Duration::from_secs(3),
    reply: Duration::from_millis(1_500),
    conversation: Duration::from_secs(6),
    tick: Duration::from_secs(6),
};

pub(super) fn config(directory: &Path) -> Config {
    let constitution_file = directory.join("constitution.cbor");
    std::fs::write(&constitution_file, constitution().to_bytes()).unwrap();
    Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        enclave: EnclaveAddress::Unix { path: directory.join("e.sock"), port: 5000 },
        relay_port: 5001,
        data_dir: directory.join("data"),
        beacon: vec!["http://127.0.0.1:1".parse().unwrap()],
        execution: vec!["http://127.0.0.1:1".parse().unwrap()],
        node_timeout_ms: 10_000,
        constitution: constitution_file,
        settings: None,
        checkpoint: None,
        relay_map: vec![],
        tick_ms: 50,
        log: "off".to_owned(),
    }
}

impl Host {
    pub(super) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(super) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut config = config(directory.path());
        change(&mut config);
        let points = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&points);
        let hooks = Hooks::new(move |point| seen.lock().unwrap().push(point));
        let server = Server::bind_with(config, hooks, PATIENCE).await.unwrap();
        let url = format!("http://{}", server.address());
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(server.run(async move {
            let _ = stopped.await;
        }));
        Self { url, directory, points, stop: Some(stop), running }
    }

    /// Where its enclave listens.
    pub(super) fn socket(&self) -> PathBuf {
        self.directory.path().join("e.sock")
    }

    /// As SIGTERM would.
    pub(super) fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    pub(super) async fn stopped(&mut self) {
        (&mut self.running).await.unwrap();
    }

    pub(super) async fn get(&self, path: &str) -> Got {
        Got::of(client().get(format!("{}{path}", self.url)).send().await.unwrap()).await
    }

    pub(super) async fn post(&self, path: &str, kind: &str, body: impl Into<Vec<u8>>) -> Got {
        let request = client().post(format!("{}{path}", self.url)).header("content-type", kind).body(body.into());
        Got::of(request.send().await.unwrap()).await
    }

    pub(super) async fn call(&self) -> Got {
        self.post("/v1/request", "message/ohttp-req", b"sealed").await
    }

    /// The words of /readyz, once they are `expected`.
    pub(super) async fn until_ready_says(&self, expected: &str) {
        let mut last = String::new();
        for _ in 0..200 {
            let got = self.get("/readyz").await;
            last = if got.status == 200 {
                String::from_utf8(got.body).unwrap().trim().to_owned()
            } else {
                got.problem(503, "not_ready")["detail"].as_str().unwrap().to_owned()
            };
            if last == expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("/readyz says {last}, not {expected}");
    }
}

pub(super) fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// A response.
#[derive(Debug)]
pub(super) struct Got {
    pub(super) status: u16,
    pub(super) kind: String,
    pub(super) body: Vec<u8>,
}

impl Got {
    async fn of(response: reqwest::Response) -> Self {
        let kind = response.headers().get("content-type").map_or("", |kind| kind.to_str().unwrap()).to_owned();
        Self { status: response.status().as_u16(), kind, body: response.bytes().await.unwrap().into() }
    }

    /// Checks that this is the problem with this status and code, whole.
    pub(super) fn problem(&self, status: u16, code: &str) -> Value {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{self:?}"));
        assert_eq!((self.status, self.kind.as_str()), (status, "application/problem+json"), "{body}");
        assert_eq!((body["status"].as_u64(), body["code"].as_str()), (Some(status.into()), Some(code)), "{body}");
        assert!(body["type"].is_string() && body["title"].is_string(), "{body}");
        body
    }
}
