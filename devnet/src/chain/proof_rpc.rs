//! `eth_getProof` with its faults, `eth_createAccessList`, and blocks, receipts and logs as JSON.

use alloy_primitives::{Address, B256, Bloom, Bytes, TxKind, hex};
use serde_json::{Map, Value, json};

use super::ProofFault;
use super::node::{Included, Node};
use super::rpc::{Answer, Params, RpcError, quantity, slot};

/// The slots of one `eth_getProof`, at most.
const SLOTS: usize = 1_024;

impl Node {
    /// EIP-1186.
    pub(super) fn proof(&self, params: Params<'_>) -> Answer {
        let address = params.address(0)?;
        let Some(keys) = params.0.get(1).and_then(Value::as_array).filter(|keys| keys.len() <= SLOTS) else {
            return Err(RpcError::params("parameter 1 must be a list of slots"));
        };
        let names: Vec<&str> = keys.iter().map(|key| key.as_str().unwrap_or_default()).collect();
        let slots = names.iter().map(|name| slot(name)).collect::<Result<Vec<B256>, RpcError>>()?;
        let mut index = params.at(self, 2)?;
        if self.faults.proof == ProofFault::WrongBlock {
            index = index.saturating_sub(1);
        }
        let proof = self.state(index)?.prove(address, &slots, self.faults.proof == ProofFault::StorageValue);
        let storage = proof.slots.iter().zip(names).map(|(proven, name)| {
            // Clients repeat the key as it was asked for, if it was 32 bytes, and as a quantity otherwise.
            let key = if name.len() == 66 { json!(proven.slot) } else { json!(name) };
            json!({"key": key, "value": quantity(proven.value), "proof": self.nodes(&proven.nodes)})
        });
        Ok(json!({
            "address": address, "balance": quantity(proof.account.balance), "nonce": quantity(proof.account.nonce),
            "codeHash": proof.account.code_hash, "storageHash": proof.account.storage_root,
            "accountProof": self.nodes(&proof.nodes), "storageProof": storage.collect::<Vec<_>>(),
        }))
    }

    fn nodes(&self, nodes: &[Bytes]) -> Vec<String> {
        let cut = usize::from(self.faults.proof == ProofFault::Truncated);
        nodes[..nodes.len().saturating_sub(cut)].iter().map(hex::encode_prefixed).collect()
    }

    /// What a call reads.
    pub(super) fn access_list(&self, params: Params<'_>) -> Answer {
        let call = params.call(0)?;
        let ran = self.call(params.at(self, 1)?, &call)?;
        let mut list: Vec<(Address, Vec<B256>)> = Vec::new();
        for (address, account) in &ran.changes {
            let mut keys: Vec<B256> = account.storage.keys().map(|key| B256::from(*key)).collect();
            keys.sort_unstable();
            if *address != call.from && (!keys.is_empty() || Some(*address) != call.to) {
                list.push((*address, keys));
            }
        }
        list.sort_unstable();
        let list = list.iter().map(|(address, keys)| json!({"address": address, "storageKeys": keys}));
        Ok(json!({"accessList": list.collect::<Vec<_>>(), "gasUsed": quantity(ran.gas_used)}))
    }

    pub(super) fn block_json(&self, index: usize, full: bool) -> Value {
        let header = self.header(index);
        let transactions: Vec<Value> = self.blocks[index]
            .transactions
            .iter()
            .map(|one| if full { self.transaction_json(one.sent.hash) } else { json!(one.sent.hash) })
            .collect();
        json!({
            "number": quantity(header.number), "hash": self.hash(index), "parentHash": header.parent_hash,
            "sha3Uncles": header.ommers_hash, "miner": header.beneficiary, "stateRoot": header.state_root,
            "transactionsRoot": header.transactions_root, "receiptsRoot": header.receipts_root,
            "logsBloom": hex::encode_prefixed(header.logs_bloom), "difficulty": "0x0", "totalDifficulty": "0x0",
            "gasLimit": quantity(header.gas_limit), "gasUsed": quantity(header.gas_used),
            "timestamp": quantity(header.timestamp), "extraData": header.extra_data.to_string(),
            "mixHash": header.mix_hash, "nonce": "0x0000000000000000",
            "baseFeePerGas": quantity(header.base_fee_per_gas.unwrap_or_default()),
            "withdrawalsRoot": header.withdrawals_root, "withdrawals": [], "blobGasUsed": "0x0", "excessBlobGas": "0x0",
            "parentBeaconBlockRoot": header.parent_beacon_block_root, "requestsHash": header.requests_hash,
            "size": quantity(alloy_rlp::Encodable::length(header)), "uncles": [], "transactions": transactions,
        })
    }

    fn placed(&self, transaction: B256) -> Option<(usize, usize, &Included)> {
        let (block, place) = *self.placed.get(&transaction)?;
        Some((block, place, &self.blocks[block].transactions[place]))
    }

    pub(super) fn transaction_json(&self, transaction: B256) -> Value {
        let placed = self.placed(transaction);
        let waiting = || self.pool.iter().find(|sent| sent.hash == transaction);
        let Some(sent) = placed.map(|(_, _, included)| &included.sent).or_else(waiting) else { return Value::Null };
        json!({
            "hash": sent.hash, "type": quantity(sent.kind), "chainId": quantity(self.config.chain_id),
            "nonce": quantity(sent.nonce), "from": sent.from, "to": to(sent.to), "value": quantity(sent.value),
            "input": sent.data.to_string(), "gas": quantity(sent.gas_limit), "gasPrice": quantity(sent.gas_price),
            "blockNumber": placed.map(|(block, _, _)| quantity(self.header(block).number)),
            "blockHash": placed.map(|(block, _, _)| self.hash(block)),
            "transactionIndex": placed.map(|(_, place, _)| quantity(place)),
        })
    }

    pub(super) fn receipt_json(&self, transaction: B256) -> Value {
        let Some((block, place, included)) = self.placed(transaction) else { return Value::Null };
        let Included { sent, receipt, cumulative_gas } = included;
        let bloom: Bloom = receipt.logs.iter().collect();
        json!({
            "transactionHash": sent.hash, "transactionIndex": quantity(place), "type": quantity(sent.kind),
            "blockHash": self.hash(block), "blockNumber": quantity(receipt.block), "from": sent.from, "to": to(sent.to),
            "contractAddress": receipt.created.filter(|_| receipt.success), "gasUsed": quantity(receipt.gas_used),
            "cumulativeGasUsed": quantity(*cumulative_gas), "effectiveGasPrice": quantity(super::evm::BASE_FEE + 1),
            "status": quantity(u8::from(receipt.success)), "logsBloom": hex::encode_prefixed(bloom),
            "logs": self.logs_of(block).into_iter().filter(|log| log["transactionHash"] == json!(sent.hash)).collect::<Vec<_>>(),
        })
    }

    /// Every log of a block.
    fn logs_of(&self, block: usize) -> Vec<Value> {
        let mut logs = Vec::new();
        for (place, included) in self.blocks[block].transactions.iter().enumerate() {
            for log in &included.receipt.logs {
                logs.push(json!({
                    "address": log.address, "topics": log.data.topics(), "data": log.data.data.to_string(),
                    "blockNumber": quantity(self.header(block).number), "blockHash": self.hash(block),
                    "transactionHash": included.sent.hash, "transactionIndex": quantity(place),
                    "logIndex": quantity(logs.len()), "removed": false,
                }));
            }
        }
        logs
    }

    pub(super) fn logs(&self, params: Params<'_>) -> Answer {
        let empty = Map::new();
        let filter = params.0.first().and_then(Value::as_object).unwrap_or(&empty);
        let (from, to) = match filter.get("blockHash") {
            Some(hash) => {
                let index = self.select(Some(&json!({"blockHash": hash})))?;
                (index, index)
            }
            None => (self.select(filter.get("fromBlock"))?, self.select(filter.get("toBlock"))?),
        };
        let topics = filter.get("topics").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let wanted = |log: &Value| {
            matches(filter.get("address"), Some(&log["address"]))
                && topics.iter().enumerate().all(|(place, topic)| matches(Some(topic), log["topics"].get(place)))
        };
        Ok((from..=to).flat_map(|block| self.logs_of(block)).filter(wanted).collect())
    }
}

/// Whether a filter's null, value or list of values admits a value.
fn matches(filter: Option<&Value>, value: Option<&Value>) -> bool {
    let equal = |wanted: &Value| {
        let wanted = wanted.as_str().unwrap_or_default();
        value.and_then(Value::as_str).is_some_and(|value| value.eq_ignore_ascii_case(wanted))
    };
    match filter {
        None | Some(Value::Null) => true,
        Some(Value::Array(any)) => any.is_empty() || any.iter().any(equal),
        Some(one) => equal(one),
    }
}

fn to(kind: TxKind) -> Option<Address> {
    kind.to().copied()
}
