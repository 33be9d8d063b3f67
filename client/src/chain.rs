//! Sending transactions for administration: JSON-RPC, EIP-1559, nothing else.

use std::time::Duration;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use alloy_rlp::{Encodable, Header};
use alloy_sol_types::SolCall;
use anyhow::{Context, Result, anyhow, bail, ensure};
use contracts_bindings::{Transaction, revert_reason};
use serde_json::{Value, json};

use crate::keys::AccountKey;

/// How long a receipt is waited for.
const PATIENCE: Duration = Duration::from_mins(3);
const TIP: u64 = 1_000_000_000;
/// Gas of a transaction, at most (EIP-7825).
const GAS: u64 = 1 << 24;

/// A block's header as JSON-RPC names its fields, in their order in RLP; and whether each is a number.
const HEADER: [(&str, bool); 23] = [
    ("parentHash", false),
    ("sha3Uncles", false),
    ("miner", false),
    ("stateRoot", false),
    ("transactionsRoot", false),
    ("receiptsRoot", false),
    ("logsBloom", false),
    ("difficulty", true),
    ("number", true),
    ("gasLimit", true),
    ("gasUsed", true),
    ("timestamp", true),
    ("extraData", false),
    ("mixHash", false),
    ("nonce", false),
    ("baseFeePerGas", true),
    ("withdrawalsRoot", false),
    ("blobGasUsed", true),
    ("excessBlobGas", true),
    ("parentBeaconBlockRoot", false),
    ("requestsHash", false),
    ("blockAccessListHash", false),
    ("slotNumber", true),
];

/// An execution node.
#[derive(Clone, Debug)]
pub struct Node {
    url: String,
    http: reqwest::Client,
}

impl Node {
    /// A node at a URL.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self { url: url.to_owned(), http: reqwest::Client::new() }
    }

    pub(crate) async fn ask(&self, method: &str, params: Value) -> Result<Value> {
        let answer = self.post(method, &params).await?;
        if let Some(error) = answer.get("error") {
            let data = error.get("data").and_then(Value::as_str).and_then(|data| data.parse::<Bytes>().ok());
            if let Some(reason) = data.and_then(|data| revert_reason(&data)) {
                bail!("the contract says {reason}");
            }
            bail!("the execution node refuses {method}: {error}");
        }
        answer.get("result").cloned().context("the execution node's answer has no result")
    }

    async fn post(&self, method: &str, params: &Value) -> Result<Value> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        Ok(self
            .http
            .post(&self.url)
            .json(&body)
            .send()
            .await
            .with_context(|| format!("can't reach the execution node at {}", self.url))?
            .json()
            .await?)
    }

    async fn number(&self, method: &str, params: Value) -> Result<u64> {
        let value = self.ask(method, params).await?;
        let text = value.as_str().context("not a number")?;
        Ok(u64::from_str_radix(text.trim_start_matches("0x"), 16)?)
    }

    /// Calls a view.
    ///
    /// # Errors
    /// The node refuses.
    pub async fn view(&self, to: Address, data: &[u8]) -> Result<Bytes> {
        let call = json!({ "to": to, "data": Bytes::copy_from_slice(data) });
        Ok(serde_json::from_value(self.ask("eth_call", json!([call, "latest"])).await?)?)
    }

    /// Calls a view and reads what it returns.
    ///
    /// # Errors
    /// The node refuses, or there is no such contract.
    pub async fn read<C: SolCall>(&self, to: Address, call: &C) -> Result<C::Return> {
        let returned = self.view(to, &call.abi_encode()).await?;
        C::abi_decode_returns_validate(&returned).map_err(|_| anyhow!("what is at {to} does not answer {}", C::SIGNATURE))
    }

    /// When a block was made, in unix seconds. By a number in hex or a tag.
    ///
    /// # Errors
    /// The node refuses.
    pub async fn time_of(&self, block: &str) -> Result<u64> {
        let block = self.ask("eth_getBlockByNumber", json!([block, false])).await?;
        let time = block.get("timestamp").and_then(Value::as_str).context("no such block")?;
        Ok(u64::from_str_radix(time.trim_start_matches("0x"), 16)?)
    }

    /// Hash and state root of the block that this node has at a height; `None` if it has none.
    ///
    /// # Errors
    /// The node refuses.
    pub async fn block_at(&self, number: u64) -> Result<Option<(B256, B256)>> {
        let body = json!([format!("{number:#x}"), false]);
        let block = self.ask("eth_getBlockByNumber", body).await?;
        if block.is_null() {
            return Ok(None);
        }
        let word = |name: &str| -> Result<B256> { Ok(serde_json::from_value(block.get(name).cloned().unwrap_or_default())?) };
        Ok(Some((word("hash")?, word("stateRoot")?)))
    }

    /// `eth_call` from the zero address at a block; `None` if it gave no output, by a revert or for want of gas.
    ///
    /// # Errors
    /// The node can't be reached or has no state of that block.
    pub async fn call_at(&self, number: u64, to: Address, data: &[u8], gas: u64) -> Result<Option<Bytes>> {
        let call = json!({
            "from": Address::ZERO, "to": to, "data": Bytes::copy_from_slice(data), "gas": format!("{gas:#x}"),
        });
        let params = json!([call, format!("{number:#x}")]);
        let answer = self.post("eth_call", &params).await?;
        if let Some(error) = answer.get("error") {
            // By the convention that all nodes follow, 3 is a revert; a halt says so in words.
            let text = error.get("message").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
            let ended = ["revert", "out of gas", "outofgas", "invalid opcode", "invalid jump", "evm error", "stack"];
            ensure!(ended.iter().any(|word| text.contains(word)), "the execution node refuses eth_call: {error}");
            return Ok(None);
        }
        Ok(Some(serde_json::from_value(answer.get("result").cloned().unwrap_or_default())?))
    }

    /// RLP header of a block, by its hash.
    ///
    /// # Errors
    /// The node does not have it, or has another.
    pub async fn header(&self, hash: B256) -> Result<Bytes> {
        let block = self.ask("eth_getBlockByHash", json!([hash, false])).await?;
        ensure!(!block.is_null(), "the node does not have block {hash}");
        let mut fields = Vec::new();
        // What a fork added is there from that fork on, and in this order.
        for (name, is_number) in HEADER {
            let Some(text) = block.get(name).and_then(Value::as_str) else { break };
            if is_number {
                text.parse::<U256>()?.encode(&mut fields);
            } else {
                text.parse::<Bytes>()?.encode(&mut fields);
            }
        }
        let mut header = Vec::new();
        Header { list: true, payload_length: fields.len() }.encode(&mut header);
        header.extend(fields);
        ensure!(keccak256(&header) == hash, "the node's block {hash} has another hash");
        Ok(header.into())
    }

    /// keccak256 of the code that runs for an account at a block, its delegate's if it names one (EIP-7702); that of nothing if it has none.
    ///
    /// # Errors
    /// The node refuses.
    pub async fn code_hash_at(&self, number: u64, address: Address) -> Result<B256> {
        let code = self.code_at(number, address).await?;
        match code.strip_prefix(&[0xef, 0x01, 0x00]) {
            Some(delegate) if delegate.len() == Address::len_bytes() => {
                Ok(keccak256(self.code_at(number, Address::from_slice(delegate)).await?))
            }
            _ => Ok(keccak256(code)),
        }
    }

    async fn code_at(&self, number: u64, address: Address) -> Result<Bytes> {
        Ok(serde_json::from_value(self.ask("eth_getCode", json!([address, format!("{number:#x}")])).await?)?)
    }

    /// keccak256 of an account's code.
    ///
    /// # Errors
    /// The node refuses, or there is no code.
    pub async fn code_hash(&self, address: Address) -> Result<B256> {
        let code: Bytes = serde_json::from_value(self.ask("eth_getCode", json!([address, "latest"])).await?)?;
        ensure!(!code.is_empty(), "there is no contract at {address}");
        Ok(keccak256(code))
    }

    /// Number of the block of a tag (`latest`, `finalized`).
    ///
    /// # Errors
    /// The node refuses.
    pub async fn block(&self, tag: &str) -> Result<u64> {
        let block = self.ask("eth_getBlockByNumber", json!([tag, false])).await?;
        let number = block.get("number").and_then(Value::as_str).context("no such block")?;
        Ok(u64::from_str_radix(number.trim_start_matches("0x"), 16)?)
    }

    /// Sends a transaction to a contract and waits until it is in a block.
    ///
    /// # Errors
    /// The node refuses it, or it reverts; or it is the creation of a contract.
    pub async fn send(&self, chain_id: u64, key: &AccountKey, transaction: &Transaction) -> Result<Mined> {
        let to = transaction.to.context("only a call of a contract is sent here")?;
        self.transact(chain_id, key, to, transaction.data.to_vec()).await
    }

    /// Sends a transaction and waits until it is in a block. Returns that block's number and the logs.
    ///
    /// # Errors
    /// The node refuses it, or it reverts.
    pub async fn transact(&self, chain_id: u64, key: &AccountKey, to: Address, data: Vec<u8>) -> Result<Mined> {
        let from = key.address();
        let actual = self.number("eth_chainId", json!([])).await?;
        ensure!(actual == chain_id, "the execution node is on chain {actual}, the vault on {chain_id}");
        let nonce = self.number("eth_getTransactionCount", json!([from, "pending"])).await?;
        let price = self.number("eth_gasPrice", json!([])).await?;
        let call = json!({ "from": from, "to": to, "data": Bytes::from(data.clone()) });
        let gas = self.number("eth_estimateGas", json!([call])).await.context("the transaction would fail")?;
        let fields = Unsigned {
            chain_id,
            nonce,
            fee: price.saturating_mul(2).saturating_add(TIP),
            gas: gas.saturating_add(gas / 4).min(GAS),
            to,
            data,
        };
        let signature = key.sign(&fields.digest());
        let raw = Bytes::from(fields.signed(&signature));
        let hash = self.ask("eth_sendRawTransaction", json!([raw])).await?;
        let since = std::time::Instant::now();
        loop {
            let receipt = self.ask("eth_getTransactionReceipt", json!([hash])).await?;
            if let Some(status) = receipt.get("status").and_then(Value::as_str) {
                ensure!(status == "0x1", "the transaction {hash} reverted");
                let number = receipt.get("blockNumber").and_then(Value::as_str).context("no block number")?;
                let block = u64::from_str_radix(number.trim_start_matches("0x"), 16)?;
                return Ok(Mined { block, logs: receipt.get("logs").cloned().unwrap_or_default() });
            }
            ensure!(since.elapsed() < PATIENCE, "the transaction {hash} is in no block yet; look again later");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
}

/// A transaction in a block.
#[derive(Clone, Debug)]
pub struct Mined {
    /// Block number.
    pub block: u64,
    /// Logs as the node tells them.
    pub logs: Value,
}

struct Unsigned {
    chain_id: u64,
    nonce: u64,
    fee: u64,
    gas: u64,
    to: Address,
    data: Vec<u8>,
}

impl Unsigned {
    /// EIP-1559: 0x02 || rlp([chain id, nonce, tip, fee, gas, to, value, data, access list]).
    fn encode(&self, signature: Option<(u8, U256, U256)>) -> Vec<u8> {
        let mut payload = Vec::new();
        self.chain_id.encode(&mut payload);
        self.nonce.encode(&mut payload);
        TIP.encode(&mut payload);
        self.fee.encode(&mut payload);
        self.gas.encode(&mut payload);
        self.to.encode(&mut payload);
        0_u64.encode(&mut payload);
        self.data.as_slice().encode(&mut payload);
        Header { list: true, payload_length: 0 }.encode(&mut payload);
        if let Some((parity, r, s)) = signature {
            parity.encode(&mut payload);
            r.encode(&mut payload);
            s.encode(&mut payload);
        }
        let mut out = vec![2];
        Header { list: true, payload_length: payload.len() }.encode(&mut out);
        out.extend(payload);
        out
    }

    fn digest(&self) -> B256 {
        keccak256(self.encode(None))
    }

    fn signed(&self, signature: &[u8; 65]) -> Vec<u8> {
        let (r, rest) = signature.split_at(32);
        let (s, v) = rest.split_at(32);
        let parity = v.first().map_or(0, |v| v.saturating_sub(27));
        self.encode(Some((parity, U256::from_be_slice(r), U256::from_be_slice(s))))
    }
}
