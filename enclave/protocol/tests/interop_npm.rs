//! Both directions against another implementation of HPKE and binary HTTP: npm `@hpke/core` and `bhttp-js`, in `interop/`.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use alloy_primitives::B256;
use protocol::custody::{self, MemberKey, SetupKey, ShareContext, ShareMessage};
use protocol::http::{Request, Response};
use protocol::ohttp::{ClientSetup, KeyConfig, ServerKey};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::{Value, json};

struct Peer {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Peer {
    /// The peer, or nothing (with the reason printed) if it is not installed. Under CI it must be.
    fn start() -> Option<Self> {
        let folder: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop");
        let missing = if folder.join("node_modules").is_dir() {
            Command::new("node").arg("--version").output().err().map(|_| "node is not there")
        } else {
            Some("enclave/protocol/interop/node_modules is not there: run npm ci in that folder")
        };
        if let Some(reason) = missing {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{reason}");
            println!("skipped: {reason}");
            return None;
        }
        let mut child = Command::new("node")
            .arg("interop.mjs")
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node starts");
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().expect("piped"));
        Some(Self { child, input, output })
    }

    fn ask(&mut self, command: &Value) -> Value {
        let input = self.input.as_mut().expect("open");
        writeln!(input, "{command}").expect("written");
        let mut line = String::new();
        self.output.read_line(&mut line).expect("read");
        let answer: Value = serde_json::from_str(&line).expect("json");
        assert!(answer.get("error").is_none(), "{answer}");
        answer
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.input.take();
        let _ = self.child.wait();
    }
}

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(9_458)
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().expect("text")).expect("hex")
}

fn header(headers: &Value, name: &str) -> String {
    let pairs = headers.as_array().expect("pairs");
    let pair = pairs.iter().find(|pair| pair[0] == name).expect("there");
    pair[1].as_str().expect("text").to_owned()
}

#[test]
fn their_client_is_understood_by_our_server() {
    let Some(mut peer) = Peer::start() else { return };
    let server = ServerKey::generate(&mut rng());
    let sealed = peer.ask(&json!({
        "command": "seal",
        "config": hex::encode(server.config().encode()),
        "request": {
            "method": "POST", "url": "https://shop.example/admin/api/2026-10/graphql.json",
            "headers": {"content-type": "application/json", "x-request-id": "1"}, "body": hex::encode("{\"query\":\"{shop{id}}\"}"),
        },
    }));
    let opened = server.open(&bytes(&sealed["message"])).expect("opens");
    assert_eq!(opened.enc.as_slice(), bytes(&sealed["enc"]));
    let request = Request::decode(&opened.plaintext).expect("decodes");
    assert_eq!(request.method, "POST");
    assert_eq!(request.url(), "https://shop.example/admin/api/2026-10/graphql.json");
    assert_eq!(request.header("content-type"), Some(b"application/json".as_slice()));
    assert_eq!(request.body, b"{\"query\":\"{shop{id}}\"}");

    let response =
        Response { status: 429, headers: vec![("retry-after".to_owned(), b"2".to_vec())], body: b"slow down".to_vec() };
    let message = opened.response.seal(&response.encode_padded().expect("encodes"), &mut rng()).expect("seals");
    assert_eq!(message.len(), 1 << 10);
    let answer = peer.ask(&json!({"command": "open_response", "message": hex::encode(message)}));
    assert_eq!(answer["status"], 429);
    assert_eq!(header(&answer["headers"], "retry-after"), "2");
    assert_eq!(bytes(&answer["body"]), b"slow down");
}

#[test]
fn our_client_is_understood_by_their_server() {
    let Some(mut peer) = Peer::start() else { return };
    let config = KeyConfig::decode(&bytes(&peer.ask(&json!({"command": "key"}))["config"])).expect("a key");
    let request = Request {
        method: "PUT".to_owned(),
        scheme: "https".to_owned(),
        authority: "shop.example".to_owned(),
        path: "/orders/7?fields=id%2Cname".to_owned(),
        headers: vec![("content-type".to_owned(), b"text/plain".to_vec()), ("prefer".to_owned(), b"minimal".to_vec())],
        body: vec![7; 70_000],
    };
    let setup = ClientSetup::new(&config, &mut rng()).expect("encapsulates");
    let (message, exchange) = setup.seal(&request.encode_padded().expect("encodes")).expect("seals");
    assert_eq!(message.len(), 256 << 10);
    let opened = peer.ask(&json!({"command": "open", "message": hex::encode(message)}));
    assert_eq!(opened["method"], "PUT");
    assert_eq!(opened["url"], request.url());
    assert_eq!(header(&opened["headers"], "prefer"), "minimal");
    assert_eq!(bytes(&opened["body"]), request.body);

    let answer = json!({
        "command": "seal_response", "status": 201, "headers": {"content-type": "application/json"}, "body": hex::encode("{}"),
    });
    let sealed = peer.ask(&answer);
    let response = Response::decode(&exchange.open(&bytes(&sealed["message"])).expect("opens")).expect("decodes");
    assert_eq!(response.status, 201);
    assert_eq!(response.header("content-type"), Some(b"application/json".as_slice()));
    assert_eq!(response.body, b"{}");
}

#[test]
fn a_member_can_take_its_share_from_genesis_to_a_boot_with_their_code() {
    let Some(mut peer) = Peer::start() else { return };
    let mut rng = rng();
    let (member, boot) = (MemberKey::generate(&mut rng), SetupKey::generate(&mut rng));
    let (vault_id, root) = (B256::repeat_byte(1), [42; 32]);
    let sealed = custody::seal_to_member(&member.public(), &vault_id, 1, 0, 1, &root, &mut rng).expect("seals");
    let context = ShareContext {
        vault_id,
        settings: B256::repeat_byte(2),
        image: B256::repeat_byte(3),
        epoch: 1,
        index: 0,
        boot_id: [4; 16],
    };
    // The documented layout, written out here on purpose.
    let genesis_info = [b"pst-vault/genesis-share/v1".as_slice(), &[1; 32], &1_u64.to_be_bytes(), &[0]].concat();
    let share_info =
        [b"pst-vault/share/v1".as_slice(), &[1; 32], &[2; 32], &[3; 32], &1_u64.to_be_bytes(), &[0], &[4; 16]].concat();
    let answer = peer.ask(&json!({
        "command": "reseal",
        "member": {"secret": hex::encode(member.secret().as_slice()), "public": hex::encode(member.public())},
        "genesis": {
            "enc": hex::encode(sealed.enc.as_slice()), "ciphertext": hex::encode(sealed.ciphertext.as_slice()),
            "info": hex::encode(genesis_info), "aad": "01",
        },
        "share": {"setup_key": hex::encode(boot.public()), "info": hex::encode(share_info)},
    }));
    let message = ShareMessage {
        version: custody::VERSION,
        index: 0,
        epoch: 1,
        enc: bytes(&answer["enc"]).into(),
        ciphertext: bytes(&answer["ciphertext"]).into(),
    };
    assert_eq!(*boot.open_share(&message, &context, &member.public()).expect("opens"), root);
}
