//! Headers, proofs and code from execution nodes (`eth_getBlockByHash`, `eth_getProof` of EIP-1186, `eth_getCode`), each checked
//! against the hash it was asked by.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alloy_primitives::{B256, Bytes, KECCAK256_EMPTY, keccak256};
use minicbor::bytes::{ByteArray, ByteVec};
use protocol::limits;
use protocol::message::{AccountProof, AccountQuery};
use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::header::{self, Header};
use super::nodes::{Ask, Body};
use super::proof::Proof;
use super::{FetchError, Nodes};

/// Accounts in one need.
const ACCOUNTS: usize = 256;
/// Slots in one `eth_getProof`: nodes refuse more than 1,024.
const SLOTS: usize = 512;
/// Slots in one need.
const ALL_SLOTS: usize = 32_768;
/// Requests to the nodes at once.
const AT_ONCE: usize = 16;
/// Bytes of one answer: hex of what a frame holds, and names around it.
const ANSWER: usize = 3 * limits::HOST_FRAME;
/// Blocks whose number and state root are remembered.
const BLOCKS: usize = 1_024;

/// An execution block whose header has its hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) hash: B256,
    pub(crate) number: u64,
    pub(crate) state_root: B256,
}

/// Execution nodes.
#[derive(Clone, Debug)]
pub(crate) struct Execution {
    nodes: Nodes,
    slots: Arc<Semaphore>,
    blocks: Arc<Mutex<VecDeque<Block>>>,
}

#[derive(Deserialize)]
struct RpcError {
    code: i64,
}

impl Execution {
    /// # Errors
    /// If the TLS back end can't be set up.
    pub(crate) fn new(urls: Vec<Url>, patience: Duration) -> Result<Self, reqwest::Error> {
        let nodes = Nodes::new("execution", urls, patience)?;
        Ok(Self { nodes, slots: Arc::new(Semaphore::new(AT_ONCE)), blocks: Arc::default() })
    }

    /// RLP headers of the blocks with these hashes, in the same order.
    pub(crate) async fn headers(&self, hashes: &[ByteArray<32>]) -> Result<Vec<Vec<u8>>, FetchError> {
        if hashes.len() > limits::EXECUTION_HEADERS {
            return Err(FetchError::TooMuch);
        }
        let mut headers = Vec::with_capacity(hashes.len());
        for hash in hashes {
            headers.push(self.header(B256::from(**hash)).await?);
        }
        Ok(headers)
    }

    /// The block with this hash.
    pub(crate) async fn block(&self, hash: B256) -> Result<Block, FetchError> {
        let known = |blocks: &VecDeque<Block>| blocks.iter().find(|block| block.hash == hash).copied();
        if let Some(block) = known(&self.blocks.lock().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(block);
        }
        let rlp = self.header(hash).await?;
        header::block(hash, &rlp).ok_or(FetchError::Format)
    }

    /// Nodes that do not know a new fork's fields leave them out of their JSON; they may still have the header itself.
    async fn header(&self, hash: B256) -> Result<Vec<u8>, FetchError> {
        let json =
            self.call("eth_getBlockByHash", json!([hash, false]), |header: Header| header.encode(hash).ok_or(FetchError::Wrong));
        let rlp = match json.await {
            Ok(rlp) => rlp,
            Err(error) => {
                let raw = self.call("debug_getRawHeader", json!([hash]), |raw: Bytes| {
                    (keccak256(&raw) == hash).then(|| raw.to_vec()).ok_or(FetchError::Wrong)
                });
                raw.await.map_err(|_| error)?
            }
        };
        if let Some(block) = header::block(hash, &rlp) {
            let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
            blocks.push_back(block);
            if blocks.len() > BLOCKS {
                blocks.pop_front();
            }
        }
        Ok(rlp)
    }

    /// Proofs of `accounts` at a block, in the same order.
    pub(crate) async fn prove(&self, block: &Block, accounts: &[AccountQuery]) -> Result<Vec<AccountProof>, FetchError> {
        if accounts.len() > ACCOUNTS || accounts.iter().map(|account| account.slots.len()).sum::<usize>() > ALL_SLOTS {
            return Err(FetchError::TooMuch);
        }
        let mut tasks = JoinSet::new();
        for (index, query) in accounts.iter().enumerate() {
            let (this, block, query) = (self.clone(), *block, query.clone());
            tasks.spawn(async move { (index, this.account(&block, query).await) });
        }
        let mut proofs: Vec<Option<AccountProof>> = accounts.iter().map(|_| None).collect();
        // Dropping the set on the first error stops the rest.
        while let Some(joined) = tasks.join_next().await {
            let (index, proof) = joined.map_err(|_| FetchError::Unreachable)?;
            if let Some(place) = proofs.get_mut(index) {
                *place = Some(proof?);
            }
        }
        Ok(proofs.into_iter().flatten().collect())
    }

    async fn account(&self, block: &Block, query: AccountQuery) -> Result<AccountProof, FetchError> {
        let AccountQuery { address, slots, code } = query;
        let (account, number) = (format!("0x{}", hex::encode(*address)), format!("0x{:x}", block.number));
        let mut parts = slots.chunks(SLOTS);
        let mut part = parts.next().unwrap_or_default();
        let mut proof: Option<AccountProof> = None;
        let mut code_hash = None;
        loop {
            let keys: Vec<_> = part.iter().map(|slot| format!("0x{}", hex::encode(**slot))).collect();
            let ask = self.call("eth_getProof", json!([account, keys, number]), |proof: Proof| {
                proof.check(block.state_root, &address, part)
            });
            let mut checked = ask.await?;
            code_hash.get_or_insert(checked.code_hash);
            proof
                .get_or_insert(AccountProof { address, nodes: checked.nodes, slots: Vec::new(), code: None })
                .slots
                .append(&mut checked.slots);
            match parts.next() {
                Some(next) => part = next,
                None => break,
            }
        }
        let (mut proof, code_hash) = proof.zip(code_hash).ok_or(FetchError::Format)?;
        if code && code_hash == KECCAK256_EMPTY {
            proof.code = Some(ByteVec::from(Vec::new()));
        } else if code {
            let ask = self.call("eth_getCode", json!([account, number]), |code: Bytes| {
                (keccak256(&code) == code_hash).then(|| code.to_vec()).ok_or(FetchError::Wrong)
            });
            proof.code = Some(ByteVec::from(ask.await?));
        }
        Ok(proof)
    }

    /// The first node's result that `check` takes.
    async fn call<R: DeserializeOwned, T>(
        &self,
        method: &str,
        params: Value,
        check: impl Fn(R) -> Result<T, FetchError>,
    ) -> Result<T, FetchError> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let _slot = self.slots.acquire().await.map_err(|_| FetchError::Unreachable)?;
        let read = |body: &Body| check(result(&body.bytes)?);
        self.nodes.first(Ask::Rpc { body, max: ANSWER }, None, read).await.map(|(_, value)| value)
    }
}

fn result<R: DeserializeOwned>(bytes: &[u8]) -> Result<R, FetchError> {
    let mut answer: Value = serde_json::from_slice(bytes).map_err(|_| FetchError::Format)?;
    if let Some(error) = answer.get_mut("error").filter(|error| !error.is_null()) {
        let RpcError { code } = serde_json::from_value(error.take()).map_err(|_| FetchError::Format)?;
        return Err(FetchError::Rpc(code));
    }
    match answer.get_mut("result") {
        Some(Value::Null) => Err(FetchError::Absent),
        Some(result) => serde_json::from_value(result.take()).map_err(|_| FetchError::Format),
        None => Err(FetchError::Format),
    }
}
