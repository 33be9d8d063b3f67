//! Execution headers: real ones, and those that another implementation encodes.
use alloy_consensus::Header;
use alloy_primitives::{Address, B64, B256, Bloom, Bytes, U256, keccak256};
use chain::{ExecutionHeader, HeaderError, MAX_HEADER, RlpError};
use proptest::prelude::*;
use serde_json::Value;

use crate::synthetic::{Block, client_at};
use crate::vectors;

fn expected(header: &Header) -> ExecutionHeader {
    ExecutionHeader {
        state_root: header.state_root.0,
        number: header.number,
        gas_limit: header.gas_limit,
        timestamp: header.timestamp,
        prev_randao: header.mix_hash.0,
        base_fee: U256::from(header.base_fee_per_gas.unwrap()).to_be_bytes(),
    }
}

/// Headers from Shanghai on; `forks` says how many of the later fields are there.
fn headers() -> impl Strategy<Value = Header> {
    let hash = || any::<[u8; 32]>().prop_map(B256::from);
    let number = || prop_oneof![any::<u64>(), 0..300_u64];
    let hashes = (hash(), hash(), hash(), hash(), hash(), hash(), hash());
    let numbers = (number(), number(), number(), number(), number(), number());
    let rest =
        (any::<[u8; 20]>(), any::<u8>(), any::<u128>(), prop::collection::vec(any::<u8>(), 0..=32), any::<[u8; 8]>(), 0..=4_u8);
    (hashes, numbers, rest).prop_map(|(hashes, numbers, (beneficiary, bloom, difficulty, extra_data, nonce, forks))| Header {
        parent_hash: hashes.0,
        ommers_hash: hashes.1,
        beneficiary: Address::from(beneficiary),
        state_root: hashes.2,
        transactions_root: hashes.3,
        receipts_root: hashes.4,
        logs_bloom: Bloom::repeat_byte(bloom),
        difficulty: U256::from(difficulty),
        number: numbers.0,
        gas_limit: numbers.1,
        gas_used: numbers.2,
        timestamp: numbers.3,
        extra_data: Bytes::from(extra_data),
        mix_hash: hashes.5,
        nonce: B64::from(nonce),
        base_fee_per_gas: Some(numbers.4),
        withdrawals_root: Some(hashes.6),
        blob_gas_used: (forks >= 1).then_some(numbers.5),
        excess_blob_gas: (forks >= 1).then_some(numbers.5),
        parent_beacon_block_root: (forks >= 1).then_some(hashes.0),
        requests_hash: (forks >= 2).then_some(hashes.1),
        // Amsterdam: EIP-7928, EIP-7843.
        block_access_list_hash: (forks >= 3).then_some(hashes.2),
        slot_number: (forks >= 4).then_some(numbers.0),
    })
}

/// Fields of an encoded header, each encoded.
fn fields(rlp: &[u8]) -> Vec<Vec<u8>> {
    let mut rest = rlp;
    let mut payload = alloy_rlp::Header::decode_bytes(&mut rest, true).unwrap();
    let mut fields = vec![];
    while !payload.is_empty() {
        let before = payload;
        let header = alloy_rlp::Header::decode(&mut payload).unwrap();
        payload = &payload[header.payload_length..];
        fields.push(before[..before.len() - payload.len()].to_vec());
    }
    fields
}

fn encode(fields: &[Vec<u8>]) -> Vec<u8> {
    let payload = fields.concat();
    let mut rlp = vec![];
    alloy_rlp::Header { list: true, payload_length: payload.len() }.encode(&mut rlp);
    rlp.extend(payload);
    rlp
}

proptest! {
    #[test]
    fn agrees_with_alloy_on_headers_of_every_fork(header in headers()) {
        let rlp = alloy_rlp::encode(&header);
        prop_assert_eq!(keccak256(&rlp), header.hash_slow());
        prop_assert_eq!(ExecutionHeader::decode(&rlp), Ok(expected(&header)));
        prop_assert_eq!(encode(&fields(&rlp)), rlp);
    }

    #[test]
    fn fields_of_forks_to_come_change_nothing(header in headers(), more in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..6)) {
        let rlp = alloy_rlp::encode(&header);
        let mut fields = fields(&rlp);
        fields.extend(more.into_iter().map(|field| alloy_rlp::encode(Bytes::from(field))));
        fields.push(vec![0xc2, 0x01, 0x80]);
        prop_assert_eq!(ExecutionHeader::decode(&encode(&fields)), Ok(expected(&header)));
    }

    #[test]
    fn a_cut_header_is_none(header in headers(), cut: prop::sample::Index) {
        let rlp = alloy_rlp::encode(&header);
        prop_assert_eq!(ExecutionHeader::decode(&rlp[..cut.index(rlp.len())]), Err(HeaderError::Malformed(RlpError::Short)));
        let fields = fields(&rlp);
        for count in 0..17 {
            prop_assert_eq!(ExecutionHeader::decode(&encode(&fields[..count])), Err(HeaderError::Malformed(RlpError::Short)));
        }
    }

    /// Whatever is read from changed bytes, alloy reads the same from them.
    #[test]
    fn agrees_with_alloy_on_changed_headers_or_is_stricter(header in headers(), place: prop::sample::Index, value: u8) {
        use alloy_rlp::Decodable;
        let mut rlp = alloy_rlp::encode(&header);
        let place = place.index(rlp.len());
        rlp[place] = value;
        let ours = ExecutionHeader::decode(&rlp);
        if let (Ok(ours), Ok(theirs)) = (ours, Header::decode(&mut rlp.as_slice())) {
            prop_assert_eq!(ours, expected(&theirs));
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..900)) {
        prop_assert!(ExecutionHeader::decode(&bytes).is_err());
    }
}

#[test]
fn refuses_each_field_that_is_not_what_it_is() {
    let valid = fields(&Block::new(64).execution_header());
    assert_eq!(valid.len(), 21);
    assert!(ExecutionHeader::decode(&encode(&valid)).is_ok());
    let string = |length: usize| alloy_rlp::encode(Bytes::from(vec![1; length]));
    let padded = vec![0x82, 0x00, 0x01];
    let mut cases = vec![];
    for hash in [0, 1, 3, 4, 5, 13, 16] {
        cases.extend([(hash, string(31), RlpError::Length), (hash, string(33), RlpError::Length)]);
    }
    cases.extend([(2, string(19), RlpError::Length), (6, string(255), RlpError::Length), (14, string(7), RlpError::Length)]);
    cases.push((12, string(33), RlpError::Length));
    for integer in [7, 8, 9, 10, 11, 15] {
        cases.extend([
            (integer, padded.clone(), RlpError::Integer),
            (integer, vec![0x00], RlpError::Integer),
            (integer, vec![0x81, 0x05], RlpError::NotCanonical),
            (integer, string(33), RlpError::Integer),
        ]);
    }
    for integer in [8, 9, 10, 11] {
        cases.push((integer, string(9), RlpError::Integer));
    }
    cases.extend((0..17).map(|field| (field, vec![0xc0], RlpError::Kind)));
    // Even what is not kept has to be RLP.
    cases.push((20, vec![0x81, 0x05], RlpError::NotCanonical));
    for (field, bytes, error) in cases {
        let mut changed = valid.clone();
        changed[field] = bytes;
        assert_eq!(ExecutionHeader::decode(&encode(&changed)), Err(HeaderError::Malformed(error)), "{field}");
    }
    let long = [valid.as_slice(), &[string(MAX_HEADER)]].concat();
    assert_eq!(ExecutionHeader::decode(&encode(&long)), Err(HeaderError::TooLong));
    let trailing = [encode(&valid), vec![0]].concat();
    assert_eq!(ExecutionHeader::decode(&trailing), Err(HeaderError::Malformed(RlpError::Trailing)));
}

#[test]
fn t33_refuses_a_header_of_another_block() {
    let block = Block::new(64);
    let client = client_at(&block);
    let head = client.finalized().unwrap();
    assert_eq!(head.connect(&block.execution_header()).unwrap().state_root(), block.execution_state);
    for other in
        [Block::new(63), Block { execution_state: [0x5f; 32], ..block.clone() }, Block { extra_data: vec![], ..block.clone() }]
    {
        assert_eq!(head.connect(&other.execution_header()).unwrap_err(), HeaderError::Hash);
    }
    assert_eq!(head.connect(&[]).unwrap_err(), HeaderError::Hash);
    assert_eq!(head.connect(&[0; MAX_HEADER + 1]).unwrap_err(), HeaderError::TooLong);
}

#[test]
fn reads_real_headers_of_mainnet() {
    for case in ["eth_call_electra", "eth_getStorageAt_electra"] {
        let Some(json) = vectors::json(&format!("light-client/mainnet/raw/{case}/e2e.json")) else { return };
        let block = &json["blocks"][0];
        let rlp = vectors::bytes(&block["execution_header_rlp"]);
        assert_eq!(keccak256(&rlp).to_vec(), vectors::bytes(&block["execution_block_hash"]));
        let header = ExecutionHeader::decode(&rlp).unwrap();
        assert_eq!(header.state_root.to_vec(), vectors::bytes(&block["execution_state_root"]));
        assert_eq!(header.number, block["execution_block_number"].as_u64().unwrap());
    }
}

#[test]
fn reads_a_real_header_of_a_development_node() {
    for name in ["latest", "0x2"] {
        let Some(json) = vectors::json(&format!("light-client/local/anvil/eth_getProof_{name}.json")) else { return };
        let block = &json["block"];
        let header = development_header(block);
        assert_eq!(header.hash_slow().to_vec(), vectors::bytes(&block["hash"]));
        assert_eq!(ExecutionHeader::decode(&alloy_rlp::encode(&header)), Ok(expected(&header)));
        assert_eq!(header.state_root.to_vec(), vectors::bytes(&json["state_root"]));
    }
}

fn development_header(block: &Value) -> Header {
    let hash = |name: &str| B256::from_slice(&vectors::bytes(&block[name]));
    let number = |name: &str| u64::from_str_radix(block[name].as_str().unwrap().trim_start_matches("0x"), 16).unwrap();
    Header {
        parent_hash: hash("parentHash"),
        ommers_hash: hash("sha3Uncles"),
        beneficiary: Address::from_slice(&vectors::bytes(&block["miner"])),
        state_root: hash("stateRoot"),
        transactions_root: hash("transactionsRoot"),
        receipts_root: hash("receiptsRoot"),
        logs_bloom: Bloom::from_slice(&vectors::bytes(&block["logsBloom"])),
        difficulty: U256::ZERO,
        number: number("number"),
        gas_limit: number("gasLimit"),
        gas_used: number("gasUsed"),
        timestamp: number("timestamp"),
        extra_data: Bytes::from(vectors::bytes(&block["extraData"])),
        mix_hash: hash("mixHash"),
        nonce: B64::from_slice(&vectors::bytes(&block["nonce"])),
        base_fee_per_gas: Some(number("baseFeePerGas")),
        withdrawals_root: Some(hash("withdrawalsRoot")),
        blob_gas_used: Some(number("blobGasUsed")),
        excess_blob_gas: Some(number("excessBlobGas")),
        parent_beacon_block_root: Some(hash("parentBeaconBlockRoot")),
        requests_hash: Some(hash("requestsHash")),
        ..Header::default()
    }
}
