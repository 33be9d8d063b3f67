//! A node of another team: npm `@foundry-rs/anvil`, asked over JSON-RPC.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use alloy_primitives::{Address, B256, Bytes, U256};
use chain::{AccountProof, ProvenState};
use policy::Wanted;
use serde_json::{Value, json};

/// Address, code, storage.
pub(crate) type Account = (Address, Bytes, Vec<(B256, B256)>);

/// A running node, stopped when dropped.
pub(crate) struct Node {
    child: Child,
    connection: BufReader<TcpStream>,
}

impl Node {
    /// The node, or nothing (with the reason printed) if it is not installed. Under CI it must be.
    #[expect(clippy::print_stdout, reason = "says why nothing was compared")]
    pub(crate) fn start(genesis_time: u64) -> Option<Self> {
        let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("anvil/node_modules/@foundry-rs");
        let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
        let program = modules.join(format!("anvil-linux-{arch}/bin/anvil"));
        if !program.is_file() {
            let reason = "enclave/policy/anvil/node_modules is not there: run npm ci in that folder";
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{reason}");
            println!("skipped: {reason}");
            return None;
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(program)
            .args(["--host", "127.0.0.1", "--silent", "--no-mining", "--hardfork", "osaka", "--chain-id", "7777"])
            .args(["--port", &port.to_string(), "--timestamp", &genesis_time.to_string(), "--accounts", "1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let connection = (0..600).find_map(|_| {
            sleep(Duration::from_millis(50));
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Some(Self { child, connection: BufReader::new(connection.expect("the node listens")) })
    }

    /// Sends a batch, and returns each answer or its error.
    fn send(&mut self, requests: &[(&str, Value)]) -> Vec<Result<Value, Value>> {
        let numbered = |(id, (method, params)): (usize, &(&str, Value))| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
        let body = Value::Array(requests.iter().enumerate().map(numbered).collect()).to_string();
        let head = format!(
            "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.connection.get_mut().write_all([head.as_bytes(), body.as_bytes()].concat().as_slice()).unwrap();
        let mut length = 0;
        loop {
            let mut line = String::new();
            self.connection.read_line(&mut line).unwrap();
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut bytes = vec![0; length];
        self.connection.read_exact(&mut bytes).unwrap();
        let mut answers: Vec<Value> = serde_json::from_slice(&bytes).unwrap();
        answers.sort_by_key(|answer| answer["id"].as_u64());
        answers
            .into_iter()
            .map(|mut answer| if answer["error"].is_null() { Ok(answer["result"].take()) } else { Err(answer["error"].take()) })
            .collect()
    }

    fn ask(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        self.send(&[(method, params)]).remove(0)
    }

    fn must(&mut self, method: &str, params: Value) -> Value {
        self.ask(method, params).unwrap()
    }

    /// A point to go back to.
    pub(crate) fn snapshot(&mut self) -> Value {
        self.must("evm_snapshot", json!([]))
    }

    pub(crate) fn revert(&mut self, snapshot: Value) {
        assert_eq!(self.must("evm_revert", json!([snapshot])), json!(true));
    }

    /// Puts code and storage at addresses.
    pub(crate) fn put(&mut self, accounts: &[Account]) {
        let mut requests = Vec::new();
        for (address, code, storage) in accounts {
            requests.push(("anvil_setCode", json!([address, code])));
            requests.push(("anvil_setNonce", json!([address, "0x1"])));
            for (slot, value) in storage {
                requests.push(("anvil_setStorageAt", json!([address, slot, value])));
            }
        }
        for answer in self.send(&requests) {
            answer.unwrap();
        }
    }

    /// Mines so many blocks, the first at this time.
    pub(crate) fn mine(&mut self, blocks: u64, time: u64) {
        self.must("evm_setNextBlockTimestamp", json!([time]));
        self.must("anvil_mine", json!([format!("{blocks:#x}"), "0xc"]));
    }

    /// Number, time and state root of the newest block.
    pub(crate) fn newest(&mut self) -> (u64, u64, B256) {
        let block = self.must("eth_getBlockByNumber", json!(["latest", false]));
        let number = |name: &str| u64::from_str_radix(block[name].as_str().unwrap().trim_start_matches("0x"), 16).unwrap();
        (number("number"), number("timestamp"), serde_json::from_value(block["stateRoot"].clone()).unwrap())
    }

    /// `eth_call` from the zero address; `None` if it gives no output.
    pub(crate) fn call(&mut self, block: u64, to: Address, data: &[u8], gas: u64) -> Option<Bytes> {
        let call = json!({
            "from": Address::ZERO, "to": to, "data": Bytes::copy_from_slice(data), "gas": format!("{gas:#x}"),
        });
        let answer = self.ask("eth_call", json!([call, format!("{block:#x}")]));
        answer.ok().map(|value| serde_json::from_value(value).unwrap())
    }

    /// Supplies what is missing, by `eth_getProof` and `eth_getCode`.
    pub(crate) fn supply(&mut self, state: &mut ProvenState, block: u64, wanted: &Wanted) {
        let block = format!("{block:#x}");
        for (address, account) in &wanted.accounts {
            let proof = self.must("eth_getProof", json!([address, account.slots, block]));
            let code: Option<Bytes> =
                account.code.then(|| serde_json::from_value(self.must("eth_getCode", json!([address, block]))).unwrap());
            let nodes: Vec<Bytes> = serde_json::from_value(proof["accountProof"].clone()).unwrap();
            let slots: Vec<(U256, Vec<Bytes>)> = proof["storageProof"]
                .as_array()
                .unwrap()
                .iter()
                .map(|slot| {
                    let key: U256 = serde_json::from_value(slot["key"].clone()).unwrap();
                    (key, serde_json::from_value(slot["proof"].clone()).unwrap())
                })
                .collect();
            state
                .add(&AccountProof {
                    address: address.into_array(),
                    nodes: nodes.iter().map(AsRef::as_ref).collect(),
                    slots: slots
                        .iter()
                        .map(|(key, nodes)| (key.to_be_bytes(), nodes.iter().map(AsRef::as_ref).collect()))
                        .collect(),
                    code: code.as_ref().map(AsRef::as_ref),
                })
                .unwrap();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
