//! Beacon blocks, and the light-client objects that are cut from them (Electra layout, which Fulu keeps).

use alloy_primitives::B256;
use serde_json::{Value, json};

use super::committee::SyncAggregate;
use super::ssz::{self, Root, Tree};

/// 32 slots in an epoch, 256 epochs in a sync committee period.
pub const SLOTS_PER_PERIOD: u64 = 8192;
const CURRENT_SYNC_COMMITTEE: usize = 86;
const NEXT_SYNC_COMMITTEE: usize = 87;
const FINALIZED_CHECKPOINT: usize = 84;
const EXECUTION_PAYLOAD: usize = 25;
/// Fields of the Fulu `BeaconState`.
const STATE_FIELDS: usize = 38;
/// Fields of the Electra `BeaconBlockBody`.
const BODY_FIELDS: usize = 13;

/// `BeaconBlockHeader`.
#[derive(Clone)]
pub(super) struct BeaconHeader {
    pub(super) slot: u64,
    pub(super) proposer: u64,
    pub(super) parent: Root,
    pub(super) state: Root,
    pub(super) body: Root,
}

impl BeaconHeader {
    fn ssz(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(112);
        out.extend(self.slot.to_le_bytes());
        out.extend(self.proposer.to_le_bytes());
        for root in [&self.parent, &self.state, &self.body] {
            out.extend(root);
        }
        out
    }

    pub(super) fn root(&self) -> Root {
        ssz::merkleize(&[ssz::uint(self.slot), ssz::uint(self.proposer), self.parent, self.state, self.body], 3)
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "slot": self.slot.to_string(), "proposer_index": self.proposer.to_string(),
            "parent_root": hex(&self.parent), "state_root": hex(&self.state), "body_root": hex(&self.body),
        })
    }
}

/// `ExecutionPayloadHeader` (Deneb to Fulu). The transactions' and withdrawals' roots are SSZ roots.
#[derive(Clone)]
pub(super) struct Payload {
    pub(super) header: alloy_consensus::Header,
    pub(super) hash: B256,
    pub(super) transactions_root: Root,
    pub(super) withdrawals_root: Root,
}

impl Payload {
    fn base_fee(&self) -> Root {
        ssz::uint(self.header.base_fee_per_gas.unwrap_or_default())
    }

    fn ssz(&self) -> Vec<u8> {
        let header = &self.header;
        let mut out = Vec::with_capacity(584 + 32);
        out.extend(header.parent_hash);
        out.extend(header.beneficiary);
        out.extend(header.state_root);
        out.extend(header.receipts_root);
        out.extend(header.logs_bloom);
        out.extend(header.mix_hash);
        for value in [header.number, header.gas_limit, header.gas_used, header.timestamp] {
            out.extend(value.to_le_bytes());
        }
        out.extend(584_u32.to_le_bytes());
        out.extend(self.base_fee());
        out.extend(self.hash);
        out.extend(self.transactions_root);
        out.extend(self.withdrawals_root);
        out.extend(header.blob_gas_used.unwrap_or_default().to_le_bytes());
        out.extend(header.excess_blob_gas.unwrap_or_default().to_le_bytes());
        out.extend(&header.extra_data);
        out
    }

    fn root(&self) -> Root {
        let header = &self.header;
        let leaves = [
            header.parent_hash.0,
            ssz::leaf(header.beneficiary.as_slice()),
            header.state_root.0,
            header.receipts_root.0,
            ssz::merkleize(&ssz::chunks(header.logs_bloom.as_slice()), 3),
            header.mix_hash.0,
            ssz::uint(header.number),
            ssz::uint(header.gas_limit),
            ssz::uint(header.gas_used),
            ssz::uint(header.timestamp),
            ssz::byte_list(&header.extra_data, 0),
            self.base_fee(),
            self.hash.0,
            self.transactions_root,
            self.withdrawals_root,
            ssz::uint(header.blob_gas_used.unwrap_or_default()),
            ssz::uint(header.excess_blob_gas.unwrap_or_default()),
        ];
        ssz::merkleize(&leaves, 5)
    }

    fn json(&self) -> Value {
        let header = &self.header;
        json!({
            "parent_hash": header.parent_hash, "fee_recipient": hex(header.beneficiary.as_slice()),
            "state_root": header.state_root, "receipts_root": header.receipts_root,
            "logs_bloom": hex(header.logs_bloom.as_slice()), "prev_randao": header.mix_hash,
            "block_number": header.number.to_string(), "gas_limit": header.gas_limit.to_string(),
            "gas_used": header.gas_used.to_string(), "timestamp": header.timestamp.to_string(),
            "extra_data": hex(&header.extra_data),
            "base_fee_per_gas": header.base_fee_per_gas.unwrap_or_default().to_string(),
            "block_hash": self.hash, "transactions_root": hex(&self.transactions_root),
            "withdrawals_root": hex(&self.withdrawals_root),
            "blob_gas_used": header.blob_gas_used.unwrap_or_default().to_string(),
            "excess_blob_gas": header.excess_blob_gas.unwrap_or_default().to_string(),
        })
    }
}

/// The parts of a beacon state that a light client is shown. What else the state holds is noise of the right shape.
#[derive(Clone)]
pub(super) struct Proven {
    pub(super) noise: Root,
    pub(super) genesis_time: u64,
    pub(super) genesis_validators_root: Root,
    pub(super) finalized_root: Root,
    pub(super) finalized_slot: u64,
    pub(super) current_committee: Root,
    pub(super) next_committee: Root,
}

impl Proven {
    /// Every slot has a finalized block of its own here, so that nothing waits for 32 of them; an epoch has one checkpoint, so each
    /// slot is called an epoch.
    fn finalized_epoch(&self) -> Root {
        ssz::uint(self.finalized_slot)
    }

    pub(super) fn tree(&self, slot: u64) -> Tree {
        let mut leaves = noise(&self.noise, b"state", STATE_FIELDS);
        leaves.resize(64, [0; 32]);
        leaves[0] = ssz::uint(self.genesis_time);
        leaves[1] = self.genesis_validators_root;
        leaves[2] = ssz::uint(slot);
        leaves[FINALIZED_CHECKPOINT - 64] = ssz::hash(&self.finalized_epoch(), &self.finalized_root);
        leaves[CURRENT_SYNC_COMMITTEE - 64] = self.current_committee;
        leaves[NEXT_SYNC_COMMITTEE - 64] = self.next_committee;
        Tree::new(&leaves)
    }
}

/// The body of a block; its root has the payload at generalized index 25.
pub(super) fn body(noise_seed: &Root, aggregate: &SyncAggregate, payload: &Payload) -> Tree {
    let mut leaves = noise(noise_seed, b"body", BODY_FIELDS);
    leaves[8] = aggregate.root();
    leaves[9] = payload.root();
    Tree::new(&leaves)
}

fn noise(seed: &Root, label: &[u8], count: usize) -> Vec<Root> {
    (0..count as u64).map(|index| ssz::sha256(&[label, seed, &index.to_be_bytes()])).collect()
}

/// A beacon block as far as it is remembered.
#[derive(Clone)]
pub(super) struct BeaconBlock {
    pub(super) header: BeaconHeader,
    pub(super) root: Root,
    pub(super) payload: Payload,
    pub(super) execution_branch: Vec<Root>,
    pub(super) state: Proven,
    /// The block that its state calls finalized.
    pub(super) finalized: Option<usize>,
    /// Signs the parent.
    pub(super) aggregate: SyncAggregate,
}

impl BeaconBlock {
    pub(super) fn assemble(slot: u64, parent: Root, state: Proven, aggregate: SyncAggregate, payload: Payload) -> Self {
        let body = body(&state.noise, &aggregate, &payload);
        let header = BeaconHeader { slot, proposer: slot % 1024, parent, state: state.tree(slot).root(), body: body.root() };
        let root = header.root();
        let execution_branch = body.branch(EXECUTION_PAYLOAD);
        Self { header, root, payload, execution_branch, state, finalized: None, aggregate }
    }

    pub(super) fn current_committee_branch(&self) -> Vec<Root> {
        self.state.tree(self.header.slot).branch(CURRENT_SYNC_COMMITTEE)
    }

    pub(super) fn next_committee_branch(&self) -> Vec<Root> {
        self.state.tree(self.header.slot).branch(NEXT_SYNC_COMMITTEE)
    }

    pub(super) fn finality_branch(&self) -> Vec<Root> {
        let mut branch = vec![self.state.finalized_epoch()];
        branch.extend(self.state.tree(self.header.slot).branch(FINALIZED_CHECKPOINT));
        branch
    }

    /// `LightClientHeader` in SSZ.
    pub(super) fn light_header(&self) -> Vec<u8> {
        let mut out = self.header.ssz();
        out.extend(244_u32.to_le_bytes());
        out.extend(self.execution_branch.concat());
        out.extend(self.payload.ssz());
        out
    }

    pub(super) fn light_header_json(&self) -> Value {
        json!({
            "beacon": self.header.json(), "execution": self.payload.json(),
            "execution_branch": branch_json(&self.execution_branch),
        })
    }
}

pub(super) fn branch_json(branch: &[Root]) -> Value {
    branch.iter().map(|node| hex(node)).collect()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// A container of fixed parts and two or fewer variable ones, in SSZ: offsets first, then the variable parts in order.
pub(super) enum Part {
    Fixed(Vec<u8>),
    Variable(Vec<u8>),
}

pub(super) fn container(parts: &[Part]) -> Vec<u8> {
    let fixed: usize = parts
        .iter()
        .map(|part| match part {
            Part::Fixed(bytes) => bytes.len(),
            Part::Variable(_) => 4,
        })
        .sum();
    let (mut head, mut tail): (Vec<u8>, Vec<u8>) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            Part::Fixed(bytes) => head.extend(bytes),
            Part::Variable(bytes) => {
                let offset = u32::try_from(fixed + tail.len()).unwrap_or(u32::MAX);
                head.extend(offset.to_le_bytes());
                tail.extend(bytes);
            }
        }
    }
    head.extend(tail);
    head
}
