//! Seeds of the target `beacon_api`: the objects of the chain's targets, in JSON, as a stream, and as they are.
use beacon_api::Kind;
use serde_json::{Value, json};

use crate::chain_seeds::{SLOTS, objects};
use crate::render::render;
use crate::world::layout_at;

const KINDS: [Kind; 4] = [Kind::Bootstrap, Kind::Update, Kind::FinalityUpdate, Kind::OptimisticUpdate];

pub fn answers() -> Vec<Vec<u8>> {
    let (mut seeds, mut updates, mut stream) = (vec![], vec![], vec![]);
    let forks = SLOTS.iter().flat_map(|slot| [*slot; 4]);
    for (slot, seed) in forks.zip(objects()) {
        let (number, ssz) = seed.split_first().expect("a seed begins with its kind");
        let kind = KINDS[usize::from(*number)];
        let version = format!("{:?}", layout_at(slot)).to_lowercase();
        let answer = json!({ "version": version, "data": render(kind, &version, 32, ssz) });
        seeds.push([&[0, *number], answer.to_string().as_bytes()].concat());
        seeds.push([&[3, *number], ssz].concat());
        if kind == Kind::Update {
            updates.push(answer);
            let length = u64::try_from(ssz.len() + 4).expect("64 bits").to_le_bytes();
            stream.push([length.as_slice(), &[0xd1; 4], ssz].concat());
        }
    }
    for pair in updates.chunks(2) {
        seeds.push([&[1, 1], Value::from(pair).to_string().as_bytes()].concat());
    }
    seeds.extend(stream.chunks(2).map(|pair| [&[2, 1], pair.concat().as_slice()].concat()));
    seeds
}
