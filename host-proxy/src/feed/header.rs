//! Execution block headers: a node's JSON back to the RLP whose hash names the block.

use alloy_primitives::{B64, B256, Bloom, Bytes, U64, U256, keccak256};
use alloy_rlp::Encodable;
use serde::Deserialize;

use super::Block;

/// A block as `eth_getBlockByHash` answers it. What a fork added is there from that fork on, and in this order.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Header {
    parent_hash: B256,
    sha3_uncles: B256,
    miner: alloy_primitives::Address,
    state_root: B256,
    transactions_root: B256,
    receipts_root: B256,
    logs_bloom: Bloom,
    difficulty: U256,
    number: U64,
    gas_limit: U64,
    gas_used: U64,
    timestamp: U64,
    extra_data: Bytes,
    mix_hash: B256,
    nonce: B64,
    base_fee_per_gas: Option<U256>,
    withdrawals_root: Option<B256>,
    blob_gas_used: Option<U64>,
    excess_blob_gas: Option<U64>,
    parent_beacon_block_root: Option<B256>,
    requests_hash: Option<B256>,
    block_access_list_hash: Option<B256>,
    slot_number: Option<U64>,
}

impl Header {
    /// The RLP header, if it has this hash.
    pub(super) fn encode(&self, hash: B256) -> Option<Vec<u8>> {
        let always: [&dyn Encodable; 15] = [
            &self.parent_hash,
            &self.sha3_uncles,
            &self.miner,
            &self.state_root,
            &self.transactions_root,
            &self.receipts_root,
            &self.logs_bloom,
            &self.difficulty,
            &self.number,
            &self.gas_limit,
            &self.gas_used,
            &self.timestamp,
            &self.extra_data,
            &self.mix_hash,
            &self.nonce,
        ];
        let added = [
            encoded(self.base_fee_per_gas.as_ref()),
            encoded(self.withdrawals_root.as_ref()),
            encoded(self.blob_gas_used.as_ref()),
            encoded(self.excess_blob_gas.as_ref()),
            encoded(self.parent_beacon_block_root.as_ref()),
            encoded(self.requests_hash.as_ref()),
            encoded(self.block_access_list_hash.as_ref()),
            encoded(self.slot_number.as_ref()),
        ];
        let mut fields = Vec::new();
        for field in always {
            field.encode(&mut fields);
        }
        for field in added.into_iter().map_while(|field| field) {
            fields.extend(field);
        }
        let mut header = Vec::with_capacity(fields.len() + 4);
        alloy_rlp::Header { list: true, payload_length: fields.len() }.encode(&mut header);
        header.extend(fields);
        (keccak256(&header) == hash).then_some(header)
    }
}

fn encoded(field: Option<&impl Encodable>) -> Option<Vec<u8>> {
    field.map(alloy_rlp::encode)
}

/// Number and state root of a block, from its RLP header.
pub(super) fn block(hash: B256, mut rlp: &[u8]) -> Option<Block> {
    let mut fields = alloy_rlp::Header::decode_bytes(&mut rlp, true).ok()?;
    let mut field = || alloy_rlp::Header::decode_bytes(&mut fields, false).ok();
    // parentHash, sha3Uncles, miner
    for _ in 0..3 {
        field()?;
    }
    let state_root = B256::try_from(field()?).ok()?;
    // transactionsRoot, receiptsRoot, logsBloom, difficulty
    for _ in 0..4 {
        field()?;
    }
    let number = U64::try_from_be_slice(field()?)?.to();
    Some(Block { hash, number, state_root })
}
