//! Light-client objects, in SSZ and in the Beacon API's JSON.

use serde_json::{Value, json};

use super::beacon::{Part, branch_json, container, hex};
use super::node::{Block, Node};

/// An object as both encodings want it.
pub(super) struct Object {
    parts: Vec<Part>,
    pub(super) json: Value,
}

impl Object {
    pub(super) fn ssz(&self) -> Vec<u8> {
        container(&self.parts)
    }
}

impl Node {
    /// `LightClientBootstrap`.
    pub(super) fn bootstrap(&self, index: usize) -> Object {
        let block = &self.blocks[index].beacon;
        let committee = self.committee(self.slot(index) / super::SLOTS_PER_PERIOD);
        let branch = block.current_committee_branch();
        Object {
            json: json!({
                "header": block.light_header_json(), "current_sync_committee": committee_json(committee),
                "current_sync_committee_branch": branch_json(&branch),
            }),
            parts: vec![Part::Variable(block.light_header()), Part::Fixed(committee.to_vec()), Part::Fixed(branch.concat())],
        }
    }

    /// `LightClientUpdate`s, one for each period that has any.
    pub(super) fn updates(&self, start: u64, count: u64) -> Vec<Object> {
        let known = (start..start.saturating_add(count.min(128))).map_while(|period| self.best.get(&period));
        known.map(|(signer, _)| self.update(*signer)).collect()
    }

    /// `LightClientUpdate`, signed in a block for its parent.
    fn update(&self, signer: usize) -> Object {
        let (attested, finalized, block) = self.roles(signer);
        let next = self.committee(attested.beacon.header.slot / super::SLOTS_PER_PERIOD + 1);
        let (next_branch, finality) = (attested.beacon.next_committee_branch(), attested.beacon.finality_branch());
        Object {
            json: json!({
                "attested_header": attested.beacon.light_header_json(), "next_sync_committee": committee_json(next),
                "next_sync_committee_branch": branch_json(&next_branch),
                "finalized_header": finalized.beacon.light_header_json(), "finality_branch": branch_json(&finality),
                "sync_aggregate": aggregate_json(block), "signature_slot": block.beacon.header.slot.to_string(),
            }),
            parts: vec![
                Part::Variable(attested.beacon.light_header()),
                Part::Fixed(next.to_vec()),
                Part::Fixed(next_branch.concat()),
                Part::Variable(finalized.beacon.light_header()),
                Part::Fixed(finality.concat()),
                Part::Fixed(block.beacon.aggregate.ssz()),
                Part::Fixed(block.beacon.header.slot.to_le_bytes().to_vec()),
            ],
        }
    }

    /// `LightClientFinalityUpdate`, signed in a block for its parent.
    pub(super) fn finality_update(&self, signer: usize) -> Object {
        let (attested, finalized, block) = self.roles(signer);
        let finality = attested.beacon.finality_branch();
        Object {
            json: json!({
                "attested_header": attested.beacon.light_header_json(),
                "finalized_header": finalized.beacon.light_header_json(), "finality_branch": branch_json(&finality),
                "sync_aggregate": aggregate_json(block), "signature_slot": block.beacon.header.slot.to_string(),
            }),
            parts: vec![
                Part::Variable(attested.beacon.light_header()),
                Part::Variable(finalized.beacon.light_header()),
                Part::Fixed(finality.concat()),
                Part::Fixed(block.beacon.aggregate.ssz()),
                Part::Fixed(block.beacon.header.slot.to_le_bytes().to_vec()),
            ],
        }
    }

    /// `LightClientOptimisticUpdate`, signed in a block for its parent.
    pub(super) fn optimistic_update(&self, signer: usize) -> Object {
        let (attested, _, block) = self.roles(signer);
        Object {
            json: json!({
                "attested_header": attested.beacon.light_header_json(), "sync_aggregate": aggregate_json(block),
                "signature_slot": block.beacon.header.slot.to_string(),
            }),
            parts: vec![
                Part::Variable(attested.beacon.light_header()),
                Part::Fixed(block.beacon.aggregate.ssz()),
                Part::Fixed(block.beacon.header.slot.to_le_bytes().to_vec()),
            ],
        }
    }

    /// Attested, finalized, signing.
    fn roles(&self, signer: usize) -> (&Block, &Block, &Block) {
        let attested = &self.blocks[signer.saturating_sub(1)];
        let finalized = &self.blocks[attested.beacon.finalized.unwrap_or_default()];
        (attested, finalized, &self.blocks[signer])
    }

    fn committee(&self, period: u64) -> &[u8] {
        self.committees[usize::from(period % 2 == 1)].ssz()
    }
}

fn aggregate_json(block: &Block) -> Value {
    let aggregate = &block.beacon.aggregate;
    json!({
        "sync_committee_bits": hex(&aggregate.bits), "sync_committee_signature": hex(&aggregate.signature),
    })
}

fn committee_json(ssz: &[u8]) -> Value {
    let mut keys: Vec<String> = ssz.chunks(48).map(hex).collect();
    let aggregate = keys.pop();
    json!({"pubkeys": keys, "aggregate_pubkey": aggregate})
}
