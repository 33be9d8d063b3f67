//! SSZ to the API's JSON, as a node writes it. It shares nothing with the code under test: every position is a number from the
//! specification, and it reads from the front to the back.

use beacon_api::Kind;
use serde_json::{Map, Value, json};

struct Reader<'a> {
    whole: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn new(whole: &'a [u8]) -> Self {
        Self { whole, at: 0 }
    }

    fn take(&mut self, count: usize) -> &'a [u8] {
        self.at += count;
        &self.whole[self.at - count..self.at]
    }

    fn hex(&mut self, count: usize) -> Value {
        json!(format!("0x{}", hex::encode(self.take(count))))
    }

    fn uint(&mut self) -> Value {
        json!(u64::from_le_bytes(self.take(8).try_into().unwrap()).to_string())
    }

    fn hexes(&mut self, count: usize, width: usize) -> Value {
        (0..count).map(|_| self.hex(width)).collect()
    }

    fn offset(&mut self) -> usize {
        u32::from_le_bytes(self.take(4).try_into().unwrap()) as usize
    }
}

/// `data` of the answer.
pub(crate) fn render(kind: Kind, fork: &str, members: usize, ssz: &[u8]) -> Value {
    let (committee_branch, finality_branch, variable) = match fork {
        "altair" | "bellatrix" => (5, 6, false),
        "capella" | "deneb" => (5, 6, true),
        "electra" | "fulu" => (6, 7, true),
        _ => (11, 9, false),
    };
    let fixed = match fork {
        "altair" | "bellatrix" => 112,
        _ => 496,
    };
    let mut reader = Reader::new(ssz);
    let mut map = Map::new();
    let mut offsets = Vec::new();
    let mut header = |reader: &mut Reader<'_>, map: &mut Map<String, Value>, name: &'static str| {
        if variable {
            offsets.push((name, reader.offset()));
        } else {
            map.insert(name.into(), light_header(fork, reader.take(fixed)));
        }
    };
    let committee = |reader: &mut Reader<'_>| json!({"pubkeys": reader.hexes(members, 48), "aggregate_pubkey": reader.hex(48)});
    if kind == Kind::Bootstrap {
        header(&mut reader, &mut map, "header");
        map.insert("current_sync_committee".into(), committee(&mut reader));
        map.insert("current_sync_committee_branch".into(), reader.hexes(committee_branch, 32));
    } else {
        header(&mut reader, &mut map, "attested_header");
        if kind == Kind::Update {
            map.insert("next_sync_committee".into(), committee(&mut reader));
            map.insert("next_sync_committee_branch".into(), reader.hexes(committee_branch, 32));
        }
        if kind != Kind::OptimisticUpdate {
            header(&mut reader, &mut map, "finalized_header");
            map.insert("finality_branch".into(), reader.hexes(finality_branch, 32));
        }
        let aggregate = json!({"sync_committee_bits": reader.hex(members / 8), "sync_committee_signature": reader.hex(96)});
        map.insert("sync_aggregate".into(), aggregate);
        map.insert("signature_slot".into(), reader.uint());
    }
    for (index, (name, start)) in offsets.iter().enumerate() {
        let end = offsets.get(index + 1).map_or(ssz.len(), |(_, end)| *end);
        map.insert((*name).into(), light_header(fork, &ssz[*start..end]));
    }
    Value::Object(map)
}

fn light_header(fork: &str, ssz: &[u8]) -> Value {
    let mut reader = Reader::new(ssz);
    let beacon = json!({
        "slot": reader.uint(), "proposer_index": reader.uint(), "parent_root": reader.hex(32),
        "state_root": reader.hex(32), "body_root": reader.hex(32),
    });
    match fork {
        "altair" | "bellatrix" => json!({"beacon": beacon}),
        "capella" | "deneb" | "electra" | "fulu" => {
            assert_eq!(reader.offset(), 244);
            let branch = reader.hexes(4, 32);
            json!({"beacon": beacon, "execution": execution(fork != "capella", &ssz[244..]), "execution_branch": branch})
        }
        _ => json!({
            "beacon": beacon, "execution_block_hash": reader.hex(32), "execution_branch": reader.hexes(11, 32),
        }),
    }
}

fn execution(blobs: bool, ssz: &[u8]) -> Value {
    let mut reader = Reader::new(ssz);
    let mut value = json!({
        "parent_hash": reader.hex(32), "fee_recipient": reader.hex(20), "state_root": reader.hex(32),
        "receipts_root": reader.hex(32), "logs_bloom": reader.hex(256), "prev_randao": reader.hex(32),
        "block_number": reader.uint(), "gas_limit": reader.uint(), "gas_used": reader.uint(), "timestamp": reader.uint(),
    });
    let extra = reader.offset();
    value["base_fee_per_gas"] = json!(decimal(reader.take(32)));
    for name in ["block_hash", "transactions_root", "withdrawals_root"] {
        value[name] = reader.hex(32);
    }
    if blobs {
        value["blob_gas_used"] = reader.uint();
        value["excess_blob_gas"] = reader.uint();
    }
    value["extra_data"] = json!(format!("0x{}", hex::encode(&ssz[extra..])));
    value
}

/// A little-endian number in decimal, digit by digit from the last.
fn decimal(bytes: &[u8]) -> String {
    let mut rest = bytes.to_vec();
    let mut digits = Vec::new();
    loop {
        let mut remainder = 0_u16;
        for byte in rest.iter_mut().rev() {
            let value = remainder * 256 + u16::from(*byte);
            *byte = u8::try_from(value / 10).unwrap();
            remainder = value % 10;
        }
        digits.push(char::from(b'0' + u8::try_from(remainder).unwrap()));
        if rest.iter().all(|byte| *byte == 0) {
            return digits.into_iter().rev().collect();
        }
    }
}
