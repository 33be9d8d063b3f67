//! The execution side of the devnet chain: transactions, calls and proofs over JSON-RPC.

use alloy_consensus::TrieAccount;
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use alloy_trie::Nibbles;
use alloy_trie::proof::verify_proof;
use devnet::chain::{Config, Devnet, ProofFault};
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use serde_json::{Value, json};

const NOW: u64 = 1_800_000_000;
/// Runtime: with no input returns slot 0; otherwise stores the first word in slot 0 and logs it.
const COUNTER: &str = "3615610016576000358060005560005260206000a0005b60005460005260206000f3";

fn chain() -> Devnet {
    Devnet::new(Config::new(NOW), NOW).unwrap()
}

fn creation(runtime: &str) -> Bytes {
    let runtime = hex::decode(runtime).unwrap();
    let length = u8::try_from(runtime.len()).unwrap();
    // PUSH1 length, DUP1, PUSH1 11, PUSH1 0, CODECOPY, PUSH1 0, RETURN: eleven bytes
    let mut code = vec![0x60, length, 0x80, 0x60, 11, 0x60, 0, 0x39, 0x60, 0, 0xf3];
    code.extend(runtime);
    code.into()
}

fn word(value: u64) -> B256 {
    B256::from(U256::from(value))
}

fn result(chain: &Devnet, method: &str, params: Value) -> Value {
    let answer = chain.rpc(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}));
    assert!(answer.get("error").is_none(), "{answer}");
    answer["result"].clone()
}

fn error(chain: &Devnet, method: &str, params: Value) -> String {
    let answer = chain.rpc(&json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}));
    answer["error"]["message"].as_str().unwrap().to_owned()
}

fn nodes(proof: &Value) -> Vec<Bytes> {
    proof.as_array().unwrap().iter().map(|node| node.as_str().unwrap().parse().unwrap()).collect()
}

fn quantity(value: &Value) -> u64 {
    U256::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap().to()
}

/// A counter at 42, with its block.
fn counter(chain: &Devnet) -> Address {
    let owner = chain.accounts().owner;
    let counter = chain.execute(&owner, None, creation(COUNTER)).unwrap().created.unwrap();
    chain.execute(&owner, Some(counter), word(42)).unwrap();
    counter
}

/// Checks an EIP-1186 answer against a state root, as a client would.
fn verify(state_root: B256, proof: &Value) -> Result<(), String> {
    let address: Address = proof["address"].as_str().unwrap().parse().unwrap();
    let account = TrieAccount {
        nonce: quantity(&proof["nonce"]),
        balance: proof["balance"].as_str().unwrap().parse().unwrap(),
        storage_root: proof["storageHash"].as_str().unwrap().parse().unwrap(),
        code_hash: proof["codeHash"].as_str().unwrap().parse().unwrap(),
    };
    let expected = (account != TrieAccount::default()).then(|| alloy_rlp::encode(account));
    let account_nodes = nodes(&proof["accountProof"]);
    verify_proof(state_root, Nibbles::unpack(keccak256(address)), expected, &account_nodes).map_err(|e| e.to_string())?;
    for slot in proof["storageProof"].as_array().unwrap() {
        let key: B256 = word(U256::from_str_radix(&slot["key"].as_str().unwrap()[2..], 16).unwrap().to());
        let value: U256 = slot["value"].as_str().unwrap().parse().unwrap();
        let expected = (!value.is_zero()).then(|| alloy_rlp::encode(value));
        let key = Nibbles::unpack(keccak256(key));
        verify_proof(account.storage_root, key, expected, &nodes(&slot["proof"])).map_err(|e| e.to_string())?;
    }
    Ok(())
}

#[tokio::test]
async fn a_raw_transaction_deploys_a_contract_that_answers_over_http() {
    let chain = chain();
    let any = "127.0.0.1:0".parse().unwrap();
    let config = chain.config();
    let ahead = i64::try_from(NOW).unwrap()
        - i64::try_from(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()).unwrap();
    let served = chain.serve(any, any, ahead).await.unwrap();
    let client = reqwest::Client::new();
    let rpc = async |batch: Value| -> Value {
        client.post(&served.execution_url).json(&batch).send().await.unwrap().json().await.unwrap()
    };
    let owner = chain.accounts().owner;
    let deploy = owner.transaction(config.chain_id, 0, None, U256::ZERO, creation(COUNTER)).unwrap();
    let contract = owner.address.create(0);
    let store = owner.transaction(config.chain_id, 1, Some(contract), U256::ZERO, word(7).to_vec().into()).unwrap();
    let sent = rpc(json!([
        {"jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": [deploy.to_string()]},
        {"jsonrpc": "2.0", "id": 2, "method": "eth_sendRawTransaction", "params": [store.to_string()]},
    ]))
    .await;
    let hash: B256 = sent[1]["result"].as_str().unwrap().parse().unwrap();
    assert_eq!(hash, keccak256(&store));
    let mut receipt = Value::Null;
    for _ in 0..50 {
        let answer = rpc(json!({"jsonrpc": "2.0", "id": 3, "method": "eth_getTransactionReceipt", "params": [hash]})).await;
        receipt = answer["result"].clone();
        if !receipt.is_null() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(receipt["status"], "0x1");
    assert_eq!(receipt["logs"][0]["data"], word(7).to_string());
    let call = json!({"jsonrpc": "2.0", "id": 4, "method": "eth_call", "params": [{"to": contract, "data": "0x"}, "latest"]});
    assert_eq!(rpc(call).await["result"], word(7).to_string());
    let logs = result(&chain, "eth_getLogs", json!([{"fromBlock": "earliest", "address": contract}]));
    assert_eq!(logs.as_array().unwrap().len(), 1);
}

#[test]
fn a_proof_shows_what_is_there_and_what_is_not() {
    let chain = chain();
    let counter = counter(&chain);
    let root = chain.head().state_root;
    let proof = result(&chain, "eth_getProof", json!([counter, ["0x0", "0x1", "0xffff"], "latest"]));
    assert_eq!(proof["storageProof"][0]["value"], "0x2a");
    assert_eq!(proof["storageProof"][1]["value"], "0x0");
    verify(root, &proof).unwrap();
    let absent = result(&chain, "eth_getProof", json!([Address::repeat_byte(0x77), ["0x0"], "latest"]));
    assert!(!absent["accountProof"].as_array().unwrap().is_empty());
    verify(root, &absent).unwrap();
    verify(chain.block(1).unwrap().state_root, &proof).unwrap_err();
}

#[test]
fn a_proof_of_an_older_block_stands_under_that_block() {
    let chain = chain();
    let counter = counter(&chain);
    let before = chain.head();
    chain.execute(&chain.accounts().owner, Some(counter), word(43)).unwrap();
    let old = result(&chain, "eth_getProof", json!([counter, ["0x0"], format!("{:#x}", before.number)]));
    assert_eq!(old["storageProof"][0]["value"], "0x2a");
    verify(before.state_root, &old).unwrap();
    let by_hash = result(&chain, "eth_getProof", json!([counter, ["0x0"], {"blockHash": before.hash}]));
    assert_eq!(by_hash, old);
    let new = result(&chain, "eth_getProof", json!([counter, ["0x0"], "latest"]));
    assert_eq!(new["storageProof"][0]["value"], "0x2b");
    verify(chain.head().state_root, &new).unwrap();
}

#[test]
fn a_value_that_returns_to_zero_leaves_the_trie() {
    let chain = chain();
    let counter = counter(&chain);
    let owner = chain.accounts().owner;
    chain.execute(&owner, Some(counter), word(0)).unwrap();
    let proof = result(&chain, "eth_getProof", json!([counter, ["0x0"], "latest"]));
    assert_eq!(proof["storageHash"], alloy_trie::EMPTY_ROOT_HASH.to_string());
    assert_eq!(proof["storageProof"][0]["proof"], json!([]));
}

#[test]
fn the_faults_make_proofs_that_do_not_verify() {
    let chain = chain();
    let counter = counter(&chain);
    let root = chain.head().state_root;
    for fault in [ProofFault::StorageValue, ProofFault::Truncated, ProofFault::WrongBlock] {
        chain.faults(|faults| faults.proof = fault);
        let proof = result(&chain, "eth_getProof", json!([counter, ["0x0"], "latest"]));
        assert!(verify(root, &proof).is_err(), "{fault:?}");
    }
}

#[test]
fn a_state_beyond_the_history_is_pruned() {
    let chain = Devnet::new(Config { history: 16, ..Config::new(NOW) }, NOW).unwrap();
    let old = chain.head();
    chain.steps(16).unwrap();
    let number = format!("{:#x}", old.number);
    let message = error(&chain, "eth_getProof", json!([Address::ZERO, [], number]));
    assert_eq!(message, format!("state of block {} is pruned", old.number));
    assert!(error(&chain, "eth_call", json!([{"to": Address::ZERO}, number])).ends_with("is pruned"));
    assert_eq!(result(&chain, "eth_getBlockByNumber", json!([number, false]))["hash"], json!(old.hash));
    result(&chain, "eth_getProof", json!([Address::ZERO, [], format!("{:#x}", old.number + 1)]));
}

#[test]
fn refuses_a_transaction_with_the_wrong_nonce_or_chain() {
    let chain = chain();
    let owner = chain.accounts().owner;
    let raw = |chain_id, nonce| owner.transaction(chain_id, nonce, None, U256::ZERO, Bytes::new()).unwrap().to_string();
    let id = chain.config().chain_id;
    assert!(error(&chain, "eth_sendRawTransaction", json!([raw(id, 1)])).starts_with("nonce too high"));
    assert_eq!(error(&chain, "eth_sendRawTransaction", json!([raw(1, 0)])), "transaction is for another chain");
    result(&chain, "eth_sendRawTransaction", json!([raw(id, 0)]));
    assert_eq!(error(&chain, "eth_sendRawTransaction", json!([raw(id, 0)])), "already known");
    chain.step().unwrap();
    let other = owner.transaction(id, 0, Some(Address::ZERO), U256::ZERO, Bytes::new()).unwrap();
    assert!(error(&chain, "eth_sendRawTransaction", json!([other.to_string()])).starts_with("nonce too low"));
    assert_eq!(result(&chain, "eth_getTransactionCount", json!([owner.address, "latest"])), "0x1");
}

#[test]
fn a_revert_gives_its_data_and_an_estimate_is_enough() {
    let chain = chain();
    // MSTORE8(0, 0xee), REVERT(0, 1)
    let reverts = chain.execute(&chain.accounts().owner, None, creation("60ee60005360016000fd")).unwrap().created.unwrap();
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [{"to": reverts}, "latest"]});
    let answer = chain.rpc(&call);
    assert_eq!((&answer["error"]["code"], &answer["error"]["data"]), (&json!(3), &json!("0xee")));
    let counter = counter(&chain);
    let call = json!({"to": counter, "data": word(9), "from": chain.accounts().owner.address});
    let gas = quantity(&result(&chain, "eth_estimateGas", json!([call])));
    assert!((21_000..60_000).contains(&gas), "{gas}");
    let read = result(&chain, "eth_createAccessList", json!([{"to": counter}, "latest"]));
    assert_eq!(read["accessList"][0]["storageKeys"], json!([word(0)]));
}

#[test]
fn p256verify_is_there() {
    let chain = chain();
    let key = SigningKey::from_slice(&[7; 32]).unwrap();
    let digest = [9; 32];
    let signature: p256::ecdsa::Signature = key.sign_prehash(&digest).unwrap();
    let point = key.verifying_key().to_sec1_point(false);
    let input = [digest.as_slice(), &signature.to_bytes(), &point.as_bytes()[1..]].concat();
    let precompile = Address::with_last_byte(0).create(0);
    assert!(chain.call(precompile, input.clone()).unwrap().is_empty(), "an account without code answers nothing");
    let verifier: Address = "0x0000000000000000000000000000000000000100".parse().unwrap();
    assert_eq!(chain.call(verifier, input).unwrap(), Bytes::from(word(1).to_vec()));
}

#[test]
#[ignore = "measures; run with --ignored --nocapture"]
fn measure() {
    let begin = std::time::Instant::now();
    let chain = chain();
    println!("new: {:?}", begin.elapsed());
    let counter = counter(&chain);
    let begin = std::time::Instant::now();
    chain.steps(100).unwrap();
    println!("empty block: {:?}", begin.elapsed() / 100);
    let owner = chain.accounts().owner;
    let begin = std::time::Instant::now();
    for value in 0..100 {
        chain.execute(&owner, Some(counter), word(value)).unwrap();
    }
    println!("block with a transaction: {:?}", begin.elapsed() / 100);
    let begin = std::time::Instant::now();
    for _ in 0..100 {
        result(&chain, "eth_getProof", json!([counter, ["0x0", "0x1", "0x2"], "latest"]));
    }
    println!("proof of three slots: {:?}", begin.elapsed() / 100);
    let begin = std::time::Instant::now();
    for _ in 0..100 {
        assert!(!chain.finality_update().is_empty());
    }
    println!("finality update: {:?}", begin.elapsed() / 100);
}
