//! Proofs, code and headers from execution nodes (`eth_getProof`, EIP-1186; `eth_getCode`; `eth_getBlockByHash`).

use std::sync::Arc;

use minicbor::bytes::{ByteArray, ByteVec};
use protocol::limits;
use protocol::message::{AccountProof, AccountQuery, SlotProof};
use reqwest::Url;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::header::Header;
use super::{Ask, FetchError, Nodes};

/// Accounts in one need.
const ACCOUNTS: usize = 256;
/// Slots in one `eth_getProof`: nodes refuse more than 1,024.
const SLOTS: usize = 512;
/// Slots in one need.
const ALL_SLOTS: usize = 8_192;
/// Requests to the nodes at once.
const AT_ONCE: usize = 16;
/// Bytes of one answer: hex of what a frame holds, and names around it.
const ANSWER: usize = 3 * limits::HOST_FRAME;

/// Execution nodes.
#[derive(Clone, Debug)]
pub(crate) struct Execution {
    nodes: Nodes,
    slots: Arc<Semaphore>,
}

#[derive(Deserialize)]
struct Answer<T> {
    result: Option<T>,
    error: Option<RpcError>,
}

#[derive(Deserialize)]
struct RpcError {
    code: i64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Proof {
    account_proof: Vec<String>,
    storage_proof: Vec<StorageProof>,
}

#[derive(Deserialize)]
struct StorageProof {
    proof: Vec<String>,
}

impl Execution {
    /// # Errors
    /// If the TLS back end can't be set up.
    pub(crate) fn new(urls: Vec<Url>) -> Result<Self, reqwest::Error> {
        Ok(Self { nodes: Nodes::new("execution", urls)?, slots: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    /// Proofs of `accounts` at a block, in the same order.
    pub(crate) async fn prove(&self, block: u64, accounts: &[AccountQuery]) -> Result<Vec<AccountProof>, FetchError> {
        if accounts.len() > ACCOUNTS || accounts.iter().map(|account| account.slots.len()).sum::<usize>() > ALL_SLOTS {
            return Err(FetchError::TooMuch);
        }
        let block = format!("0x{block:x}");
        let mut tasks = JoinSet::new();
        for (index, query) in accounts.iter().enumerate() {
            let (this, block, query) = (self.clone(), block.clone(), query.clone());
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

    /// RLP headers of the blocks with these hashes, in the same order.
    pub(crate) async fn headers(&self, hashes: &[ByteArray<32>]) -> Result<Vec<Vec<u8>>, FetchError> {
        if hashes.len() > limits::EXECUTION_HEADERS {
            return Err(FetchError::TooMuch);
        }
        let mut headers = Vec::with_capacity(hashes.len());
        for hash in hashes {
            let name = format!("0x{}", hex::encode(**hash));
            let header: Header = self.call("eth_getBlockByHash", json!([name, false])).await?;
            headers.push(header.encode(hash).ok_or(FetchError::Format)?);
        }
        Ok(headers)
    }

    async fn account(&self, block: &str, query: AccountQuery) -> Result<AccountProof, FetchError> {
        let AccountQuery { address, slots, code } = query;
        let account = format!("0x{}", hex::encode(*address));
        let code = async {
            if !code {
                return Ok(None);
            }
            let code: String = self.call("eth_getCode", json!([account, block])).await?;
            Ok(Some(ByteVec::from(data(&code)?)))
        };
        let proof = async {
            let mut proofs = Vec::with_capacity(slots.len());
            let mut asked = 0;
            loop {
                let part: Vec<_> = slots.iter().skip(asked).take(SLOTS).collect();
                let keys: Vec<_> = part.iter().map(|slot| format!("0x{}", hex::encode(***slot))).collect();
                let proof: Proof = self.call("eth_getProof", json!([account, keys, block])).await?;
                if proof.storage_proof.len() != part.len() {
                    return Err(FetchError::Format);
                }
                let nodes = list(&proof.account_proof)?;
                for (slot, StorageProof { proof }) in part.iter().zip(&proof.storage_proof) {
                    proofs.push(SlotProof { slot: **slot, nodes: list(proof)? });
                }
                asked += part.len();
                if asked >= slots.len() {
                    return Ok((nodes, proofs));
                }
            }
        };
        let (code, (nodes, slots)) = tokio::try_join!(code, proof)?;
        Ok(AccountProof { address, nodes, slots, code })
    }

    async fn call<T: DeserializeOwned>(&self, method: &str, params: Value) -> Result<T, FetchError> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let _slot = self.slots.acquire().await.map_err(|_| FetchError::Unreachable)?;
        self.nodes
            .ask(Ask::Rpc(&body), ANSWER, |bytes| {
                let Answer { result, error } = serde_json::from_slice(bytes).map_err(|_| FetchError::Format)?;
                match (result, error) {
                    (_, Some(RpcError { code })) => Err(FetchError::Rpc(code)),
                    (Some(result), None) => Ok(result),
                    (None, None) => Err(FetchError::Format),
                }
            })
            .await
    }
}

fn list(items: &[String]) -> Result<Vec<ByteVec>, FetchError> {
    items.iter().map(|item| data(item).map(ByteVec::from)).collect()
}

/// Hex data of the execution API: `0x` and whole bytes.
fn data(text: &str) -> Result<Vec<u8>, FetchError> {
    let digits = text.strip_prefix("0x").ok_or(FetchError::Format)?;
    hex::decode(digits).map_err(|_| FetchError::Format)
}
