//! The execution header of a block without transactions, withdrawals and requests, from what the beacon block says of it.
use alloy_primitives::{B64, B256, Bytes, U64, U256, b256};
use alloy_rlp::Encodable;
use serde_json::Value;

use crate::vectors;

/// Keccak-256 of the RLP of an empty list: no uncles.
const NO_UNCLES: B256 = b256!("1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347");
/// Root of an empty trie.
const EMPTY: B256 = b256!("56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
/// SHA-256 of nothing: no requests (EIP-7685).
const NO_REQUESTS: B256 = b256!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");

/// RLP of the header; `header` is a `LightClientHeader` in the Beacon API's JSON.
pub(crate) fn execution_header(header: &Value) -> Vec<u8> {
    let payload = &header["execution"];
    let bytes = |name: &str| Bytes::from(vectors::bytes(&payload[name]));
    let number = |name: &str| U64::from(payload[name].as_str().unwrap().parse::<u64>().unwrap());
    let parent_beacon_root = Bytes::from(vectors::bytes(&header["beacon"]["parent_root"]));
    let base_fee: U256 = payload["base_fee_per_gas"].as_str().unwrap().parse().unwrap();
    let fields: [&dyn Encodable; 21] = [
        &bytes("parent_hash"),
        &NO_UNCLES,
        &bytes("fee_recipient"),
        &bytes("state_root"),
        &EMPTY,
        &bytes("receipts_root"),
        &bytes("logs_bloom"),
        &U64::ZERO,
        &number("block_number"),
        &number("gas_limit"),
        &number("gas_used"),
        &number("timestamp"),
        &bytes("extra_data"),
        &bytes("prev_randao"),
        &B64::ZERO,
        &base_fee,
        &EMPTY,
        &number("blob_gas_used"),
        &number("excess_blob_gas"),
        &parent_beacon_root,
        &NO_REQUESTS,
    ];
    let mut encoded = vec![];
    for field in fields {
        field.encode(&mut encoded);
    }
    let mut rlp = vec![];
    alloy_rlp::Header { list: true, payload_length: encoded.len() }.encode(&mut rlp);
    rlp.extend(encoded);
    rlp
}
