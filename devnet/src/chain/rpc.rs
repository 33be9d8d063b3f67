//! JSON-RPC of an execution client, as far as a vault, its host and a wallet ask for it.

use alloy_primitives::ruint::UintTryFrom;
use alloy_primitives::{Address, B256, Bytes, U256, hex};
use serde_json::{Value, json};

use super::evm::{self, Call, Ran};
use super::node::Node;

/// EIP-1474 and what clients made of it.
const SERVER_ERROR: i64 = -32_000;
const INVALID_PARAMS: i64 = -32_602;
const METHOD_NOT_FOUND: i64 = -32_601;
const REVERTED: i64 = 3;

pub(super) struct RpcError {
    code: i64,
    message: String,
    data: Option<Bytes>,
}

impl RpcError {
    pub(super) fn server(message: impl Into<String>) -> Self {
        Self { code: SERVER_ERROR, message: message.into(), data: None }
    }

    pub(super) fn params(message: impl Into<String>) -> Self {
        Self { code: INVALID_PARAMS, message: message.into(), data: None }
    }
}

impl From<anyhow::Error> for RpcError {
    fn from(error: anyhow::Error) -> Self {
        Self::server(format!("{error:#}"))
    }
}

pub(super) type Answer = Result<Value, RpcError>;

/// Answers a request or a batch.
pub(super) fn answer(node: &mut Node, request: &Value) -> Value {
    match request {
        Value::Array(batch) if !batch.is_empty() => batch.iter().map(|one| single(node, one)).collect(),
        _ => single(node, request),
    }
}

fn single(node: &mut Node, request: &Value) -> Value {
    let id = request.get("id").cloned().unwrap_or(Value::Null);
    let Some(method) = request.get("method").and_then(Value::as_str) else {
        return json!({"jsonrpc": "2.0", "id": id, "error": {"code": -32_600, "message": "not a request"}});
    };
    let params = Params(request.get("params").and_then(Value::as_array).map_or(&[], Vec::as_slice));
    match dispatch(node, method, params) {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(RpcError { code, message, data }) => {
            let mut error = json!({"code": code, "message": message});
            if let Some(data) = data {
                error["data"] = json!(data.to_string());
            }
            json!({"jsonrpc": "2.0", "id": id, "error": error})
        }
    }
}

fn dispatch(node: &mut Node, method: &str, params: Params<'_>) -> Answer {
    Ok(match method {
        "web3_clientVersion" => json!("pst-vault-devnet"),
        "net_version" => json!(node.config.chain_id.to_string()),
        "eth_syncing" => json!(false),
        "eth_accounts" => json!([]),
        "eth_chainId" => quantity(node.config.chain_id),
        "eth_blockNumber" => quantity(node.header(node.newest()).number),
        "eth_gasPrice" => quantity(evm::BASE_FEE + 1),
        "eth_maxPriorityFeePerGas" => quantity(1_u64),
        "eth_feeHistory" => fee_history(node, params)?,
        "eth_getBalance" => quantity(node.state(params.at(node, 1)?)?.balance(params.address(0)?)),
        "eth_getCode" => {
            let mut code = node.state(params.at(node, 1)?)?.code(params.address(0)?).to_vec();
            if let Some(last) = code.last_mut().filter(|_| node.faults.wrong_code) {
                *last ^= 1;
            }
            json!(hex::encode_prefixed(code))
        }
        "eth_getStorageAt" => {
            let slot = params.slot(1)?;
            json!(B256::from(node.state(params.at(node, 2)?)?.slot(params.address(0)?, slot)))
        }
        "eth_getTransactionCount" => {
            let address = params.address(0)?;
            if params.0.get(1).and_then(Value::as_str) == Some("pending") {
                quantity(node.next_nonce(address))
            } else {
                quantity(node.state(params.at(node, 1)?)?.nonce(address))
            }
        }
        "eth_getProof" => node.proof(params)?,
        "eth_call" => {
            let ran = node.call(params.at(node, 1)?, &params.call(0)?)?;
            json!(succeeded(ran)?.output.to_string())
        }
        "eth_estimateGas" => quantity(estimate(node, params)?),
        "eth_createAccessList" => node.access_list(params)?,
        "eth_sendRawTransaction" => json!(node.send(&params.bytes(0)?)?),
        "eth_getTransactionReceipt" => node.receipt_json(params.hash(0)?),
        "eth_getTransactionByHash" => node.transaction_json(params.hash(0)?),
        "eth_getBlockByNumber" => match params.at(node, 0) {
            Ok(index) => node.block_json(index, params.0.get(1) == Some(&Value::Bool(true))),
            Err(_) => Value::Null,
        },
        "eth_getBlockByHash" => match node.by_hash(params.hash(0)?) {
            Some(index) => node.block_json(index, params.0.get(1) == Some(&Value::Bool(true))),
            None => Value::Null,
        },
        "eth_getLogs" => node.logs(params)?,
        _ => {
            let message = format!("the method {method} does not exist");
            return Err(RpcError { code: METHOD_NOT_FOUND, message, data: None });
        }
    })
}

fn succeeded(ran: Ran) -> Result<Ran, RpcError> {
    if ran.success {
        return Ok(ran);
    }
    Err(match ran.halt {
        Some(reason) => RpcError::server(format!("execution halted: {reason}")),
        None => RpcError { code: REVERTED, message: "execution reverted".into(), data: Some(ran.output) },
    })
}

/// What a first run spends, refunds not counted, plus a 64th for EIP-150; more if that isn't enough.
fn estimate(node: &Node, params: Params<'_>) -> Result<u64, RpcError> {
    let index = if params.0.len() > 1 { params.at(node, 1)? } else { node.newest() };
    let mut call = params.call(0)?;
    call.gas = Some(evm::TRANSACTION_GAS);
    let mut gas = succeeded(node.call(index, &call)?)?.gas_spent;
    while gas < evm::TRANSACTION_GAS {
        call.gas = Some(gas);
        if node.call(index, &call)?.success {
            return Ok(gas);
        }
        gas += gas / 64 + 2_300;
    }
    Ok(evm::TRANSACTION_GAS)
}

fn fee_history(node: &Node, params: Params<'_>) -> Answer {
    let count = params.number(0)?.clamp(1, 1024);
    let newest = node.header(params.at(node, 1)?).number;
    let count = count.min(newest);
    let fees: Vec<Value> = (0..=count).map(|_| quantity(evm::BASE_FEE)).collect();
    let percentiles = params.0.get(2).and_then(Value::as_array).map_or(0, Vec::len);
    let reward: Vec<Value> = (0..count).map(|_| json!(vec![quantity(1_u64); percentiles])).collect();
    Ok(json!({
        "oldestBlock": quantity(newest + 1 - count), "baseFeePerGas": fees, "gasUsedRatio": vec![0.5; reward.len()],
        "reward": reward,
    }))
}

pub(super) fn quantity<T>(value: T) -> Value
where
    U256: UintTryFrom<T>,
{
    json!(format!("{:#x}", U256::from(value)))
}

/// The parameters of a request.
#[derive(Clone, Copy)]
pub(super) struct Params<'a>(pub(super) &'a [Value]);

impl Params<'_> {
    fn text(&self, index: usize) -> Result<&str, RpcError> {
        let value = self.0.get(index).and_then(Value::as_str);
        value.ok_or_else(|| RpcError::params(format!("parameter {index} must be a string")))
    }

    pub(super) fn address(&self, index: usize) -> Result<Address, RpcError> {
        self.text(index)?.parse().map_err(|_| RpcError::params(format!("parameter {index} must be an address")))
    }

    fn hash(&self, index: usize) -> Result<B256, RpcError> {
        self.text(index)?.parse().map_err(|_| RpcError::params(format!("parameter {index} must be 32 bytes")))
    }

    fn slot(&self, index: usize) -> Result<B256, RpcError> {
        slot(self.text(index)?)
    }

    fn bytes(&self, index: usize) -> Result<Vec<u8>, RpcError> {
        hex::decode(self.text(index)?).map_err(|_| RpcError::params(format!("parameter {index} must be bytes")))
    }

    fn number(&self, index: usize) -> Result<u64, RpcError> {
        match self.0.get(index) {
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(text)) => number(text),
            _ => None,
        }
        .ok_or_else(|| RpcError::params(format!("parameter {index} must be a number")))
    }

    /// The block that a parameter names; the newest one if it is absent.
    pub(super) fn at(&self, node: &Node, index: usize) -> Result<usize, RpcError> {
        node.select(self.0.get(index))
    }

    pub(super) fn call(&self, index: usize) -> Result<Call, RpcError> {
        let Some(fields) = self.0.get(index).and_then(Value::as_object) else {
            return Err(RpcError::params(format!("parameter {index} must be a call")));
        };
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let bad = |name: &'static str| move || RpcError::params(format!("call has a bad {name}"));
        let address = |name: &'static str| text(name).map(|t| t.parse::<Address>().map_err(|_| bad(name)())).transpose();
        let data = text("input").or_else(|| text("data")).unwrap_or("0x");
        Ok(Call {
            from: address("from")?.unwrap_or_default(),
            to: address("to")?,
            data: hex::decode(data).map_err(|_| bad("data")())?.into(),
            value: text("value").map_or(Some(U256::ZERO), |t| t.parse().ok()).ok_or_else(bad("value"))?,
            gas: text("gas").map(|t| number(t).ok_or_else(bad("gas"))).transpose()?,
        })
    }
}

fn number(text: &str) -> Option<u64> {
    u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

/// A storage slot, as 32 bytes or as a quantity.
pub(super) fn slot(text: &str) -> Result<B256, RpcError> {
    let digits = text.strip_prefix("0x").filter(|digits| !digits.is_empty() && digits.len() <= 64);
    let value = digits.and_then(|digits| U256::from_str_radix(digits, 16).ok());
    value.map(B256::from).ok_or_else(|| RpcError::params("a slot must be up to 32 bytes in hex"))
}

impl Node {
    pub(super) fn by_hash(&self, hash: B256) -> Option<usize> {
        (0..self.blocks.len()).rev().find(|index| self.hash(*index) == hash)
    }

    /// A block by number, tag or EIP-1898 object.
    pub(super) fn select(&self, block: Option<&Value>) -> Result<usize, RpcError> {
        let text = match block {
            None | Some(Value::Null) => "latest",
            Some(Value::String(text)) => text,
            Some(Value::Object(object)) => {
                if let Some(hash) = object.get("blockHash").and_then(Value::as_str) {
                    let hash = hash.parse().map_err(|_| RpcError::params("blockHash must be 32 bytes"))?;
                    return self.by_hash(hash).ok_or_else(|| RpcError::server("header not found"));
                }
                object.get("blockNumber").and_then(Value::as_str).unwrap_or_default()
            }
            Some(_) => "",
        };
        match text {
            "latest" | "pending" => Ok(self.newest()),
            "finalized" => Ok(self.finalized()),
            "safe" => Ok(self.attested()),
            "earliest" => Ok(0),
            text => {
                let number = number(text).ok_or_else(|| RpcError::params("not a block number or tag"))?;
                self.by_number(number).ok_or_else(|| RpcError::server("header not found"))
            }
        }
    }

    pub(super) fn state(&self, index: usize) -> Result<&super::world::World, RpcError> {
        self.world_at(index).ok_or_else(|| RpcError::server(self.pruned(index)))
    }
}
