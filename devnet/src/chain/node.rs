//! Makes blocks.

use std::collections::HashMap;

use alloy_consensus::constants::EMPTY_WITHDRAWALS;
use alloy_consensus::{Eip658Value, Header, Receipt as ConsensusReceipt, ReceiptEnvelope, proofs};
use alloy_primitives::{Address, B256, Bytes, U256, b256, logs_bloom};
use alloy_trie::root::ordered_trie_root_encoded;
use anyhow::{Context, Result, bail, ensure};

use super::beacon::{BeaconBlock, Payload, Proven, SLOTS_PER_PERIOD};
use super::committee::{Committee, SyncAggregate};
use super::contracts::Contracts;
use super::evm::{self, Call, Ran};
use super::ssz::{self, Root};
use super::transaction::{Accounts, Sent};
use super::world::{View, World};
use super::{Config, Faults, Head, Receipt};

/// SHA-256 of nothing: `requests_hash` of a block without requests (EIP-7685).
const NO_REQUESTS: B256 = b256!("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
const BENEFICIARY: Address = Address::repeat_byte(0xbe);

pub(super) struct Node {
    pub(super) config: Config,
    pub(super) faults: Faults,
    pub(super) accounts: Accounts,
    pub(super) contracts: Contracts,
    pub(super) blocks: Vec<Block>,
    by_root: HashMap<B256, usize>,
    /// Block and place in it.
    pub(super) placed: HashMap<B256, (usize, usize)>,
    /// The block that carries a period's best update's signature, and whether it needs no better one.
    pub(super) best: HashMap<u64, (usize, bool)>,
    pub(super) pool: Vec<Sent>,
    /// Of even and of odd periods.
    pub(super) committees: [Committee; 2],
}

pub(super) struct Block {
    pub(super) beacon: BeaconBlock,
    pub(super) transactions: Vec<Included>,
    /// `None` once it is pruned.
    pub(super) world: Option<World>,
}

pub(super) struct Included {
    pub(super) sent: Sent,
    pub(super) receipt: Receipt,
    pub(super) cumulative_gas: u64,
}

impl Node {
    pub(super) fn new(config: Config, now: u64) -> Result<Self> {
        ensure!(config.seconds_per_slot > 0 && config.finality > 0 && config.history > 0, "a configured value is zero");
        let committees = [Committee::new(&config.seed, 0)?, Committee::new(&config.seed, 1)?];
        let accounts = Accounts::derive(&config.seed)?;
        let present = config.slot_at(now).context("now is before genesis")?;
        let first = present.checked_sub(config.finality + 3).filter(|slot| *slot > 0);
        let first = first.context("genesis must be some slots longer ago, so that finality is reached")?;
        let mut node = Self {
            config,
            faults: Faults::default(),
            contracts: Contracts::none(),
            blocks: Vec::new(),
            by_root: HashMap::new(),
            placed: HashMap::new(),
            best: HashMap::new(),
            pool: Vec::new(),
            committees,
            accounts,
        };
        let mut world = World::default();
        for (_, account) in node.accounts.all() {
            world.fund(account.address, U256::from(1_000_000) * U256::from(10).pow(U256::from(18)));
        }
        node.make(first, world)?;
        node.deploy()?;
        for slot in first + 1..=present {
            node.extend(slot)?;
        }
        node.deployed()?;
        Ok(node)
    }

    pub(super) fn newest(&self) -> usize {
        self.blocks.len() - 1
    }

    pub(super) fn attested(&self) -> usize {
        self.newest() - 1
    }

    /// The block that the newest attested one calls finalized.
    pub(super) fn finalized(&self) -> usize {
        self.blocks[self.attested()].beacon.finalized.unwrap_or_default()
    }

    /// The newest block as of the time that the beacon API pretends it is.
    pub(super) fn served(&self) -> usize {
        let until = self.slot(self.newest()).saturating_sub(self.faults.stale_slots);
        let index = self.blocks.partition_point(|block| block.beacon.header.slot <= until).saturating_sub(1);
        index.max(self.first_with_finality())
    }

    /// The first block that signs one whose state calls another finalized.
    fn first_with_finality(&self) -> usize {
        2.min(self.newest())
    }

    pub(super) fn slot(&self, index: usize) -> u64 {
        self.blocks[index].beacon.header.slot
    }

    pub(super) fn header(&self, index: usize) -> &Header {
        &self.blocks[index].beacon.payload.header
    }

    pub(super) fn hash(&self, index: usize) -> B256 {
        self.blocks[index].beacon.payload.hash
    }

    pub(super) fn head_of(&self, index: usize) -> Head {
        let header = self.header(index);
        Head {
            slot: self.slot(index),
            root: self.blocks[index].beacon.root.into(),
            number: header.number,
            hash: self.hash(index),
            state_root: header.state_root,
            timestamp: header.timestamp,
        }
    }

    pub(super) fn by_root(&self, root: B256) -> Option<usize> {
        self.by_root.get(&root).copied()
    }

    pub(super) fn by_number(&self, number: u64) -> Option<usize> {
        let index = usize::try_from(number.checked_sub(1)?).ok()?;
        (index < self.blocks.len()).then_some(index)
    }

    /// The newest state.
    pub(super) fn world(&self) -> World {
        self.blocks[self.newest()].world.clone().unwrap_or_default()
    }

    pub(super) fn tick(&mut self, now: u64) -> Result<Option<Head>> {
        let slot = self.config.slot_at(now).context("now is before genesis")?;
        if self.faults.frozen || slot <= self.slot(self.newest()) {
            return Ok(None);
        }
        let periods = self.slot(self.newest()) / SLOTS_PER_PERIOD..slot / SLOTS_PER_PERIOD;
        for period in periods {
            self.complete(period)?;
        }
        self.extend(slot)?;
        Ok(Some(self.head_of(self.newest())))
    }

    pub(super) fn step(&mut self) -> Result<Head> {
        ensure!(!self.faults.frozen, "the chain is frozen");
        let next = self.slot(self.newest()) + 1;
        self.extend(next)?;
        Ok(self.head_of(self.newest()))
    }

    /// A period without one update that brings both its finality and the next committee can't be followed by anybody.
    /// Three blocks are enough: one to finalize, one to attest, one to sign.
    fn complete(&mut self, period: u64) -> Result<()> {
        if self.best.get(&period).is_some_and(|(_, complete)| *complete) {
            return Ok(());
        }
        let base = (self.slot(self.newest()) + 1).max(period * SLOTS_PER_PERIOD);
        for slot in [base, base + self.config.finality, base + self.config.finality + 1] {
            if slot / SLOTS_PER_PERIOD == period {
                self.extend(slot)?;
            }
        }
        Ok(())
    }

    fn extend(&mut self, slot: u64) -> Result<()> {
        let world = self.world();
        self.make(slot, world)
    }

    fn make(&mut self, slot: u64, mut world: World) -> Result<()> {
        let parent = self.blocks.len().checked_sub(1);
        let parent_root = parent.map_or([0; 32], |index| self.blocks[index].beacon.root);
        let aggregate = match parent {
            Some(_) => {
                let committee = &self.committees[usize::from((slot / SLOTS_PER_PERIOD) % 2 == 1)];
                committee.sign(&self.signing_root(&parent_root), self.faults.participants, slot)?
            }
            None => SyncAggregate::nobody(),
        };
        let mut header = Header {
            parent_hash: parent.map_or(B256::ZERO, |index| self.hash(index)),
            beneficiary: BENEFICIARY,
            number: self.blocks.len() as u64 + 1,
            gas_limit: evm::BLOCK_GAS,
            timestamp: self.config.time_of(slot),
            extra_data: Bytes::from_static(b"pst-vault devnet"),
            mix_hash: evm::randao(&self.config.seed, slot),
            base_fee_per_gas: Some(evm::BASE_FEE),
            withdrawals_root: Some(EMPTY_WITHDRAWALS),
            blob_gas_used: Some(0),
            excess_blob_gas: Some(0),
            parent_beacon_block_root: Some(parent_root.into()),
            requests_hash: Some(NO_REQUESTS),
            ..Header::default()
        };
        let transactions = self.run_pool(&header, &mut world);
        let raw: Vec<&Bytes> = transactions.iter().map(|included| &included.sent.raw).collect();
        let receipts: Vec<ReceiptEnvelope> = transactions.iter().map(envelope).collect();
        header.gas_used = transactions.last().map_or(0, |included| included.cumulative_gas);
        header.transactions_root = ordered_trie_root_encoded(&raw);
        header.receipts_root = proofs::calculate_receipt_root(&receipts);
        header.logs_bloom = logs_bloom(transactions.iter().flat_map(|included| &included.receipt.logs));
        header.state_root = world.root();
        let payload = Payload {
            hash: header.hash_slow(),
            header,
            transactions_root: ssz_transactions(&raw),
            withdrawals_root: ssz::mix_in_length(&ssz::merkleize(&[], 4), 0),
        };
        let beacon = self.beacon(slot, parent_root, aggregate, payload);
        self.append(beacon, transactions, world);
        Ok(())
    }

    /// The beacon block around a payload.
    fn beacon(&self, slot: u64, parent: Root, aggregate: SyncAggregate, payload: Payload) -> BeaconBlock {
        let odd = (slot / SLOTS_PER_PERIOD) % 2 == 1;
        // Until some block is old enough, the first one is finalized: a light client must be able to start at once.
        let finality = self.config.finality + self.faults.finality_lag;
        let old = self.blocks.partition_point(|block| block.beacon.header.slot + finality <= slot);
        let finalized = if self.blocks.is_empty() { None } else { Some(old.saturating_sub(1)) };
        let state = Proven {
            noise: ssz::sha256(&[b"noise", &self.config.seed, &slot.to_be_bytes()]),
            genesis_time: self.config.genesis_time,
            genesis_validators_root: self.config.genesis_validators_root,
            finalized_root: finalized.map_or([0; 32], |index| self.blocks[index].beacon.root),
            finalized_slot: finalized.map_or(0, |index| self.slot(index)),
            current_committee: self.committees[usize::from(odd)].root(),
            next_committee: self.committees[usize::from(!odd)].root(),
        };
        let mut beacon = BeaconBlock::assemble(slot, parent, state, aggregate, payload);
        beacon.finalized = finalized;
        beacon
    }

    fn append(&mut self, beacon: BeaconBlock, transactions: Vec<Included>, world: World) {
        let index = self.blocks.len();
        self.by_root.insert(beacon.root.into(), index);
        for (place, included) in transactions.iter().enumerate() {
            self.placed.insert(included.sent.hash, (index, place));
        }
        self.blocks.push(Block { beacon, transactions, world: Some(world) });
        if let Some(pruned) = index.checked_sub(self.config.history) {
            self.blocks[pruned].world = None;
        }
        self.rank(index);
    }

    /// Remembers a block's signature as its parent's period's update, if that period has no complete one.
    fn rank(&mut self, signer: usize) {
        let Some(attested) = signer.checked_sub(1) else { return };
        let Some(finalized) = self.blocks[attested].beacon.finalized else { return };
        let period = self.slot(attested) / SLOTS_PER_PERIOD;
        let same = |index| self.slot(index) / SLOTS_PER_PERIOD == period;
        let enough = self.blocks[signer].beacon.aggregate.signers() * 3 >= 1024;
        let complete = enough && same(signer) && same(finalized);
        if self.best.get(&period).is_none_or(|(_, complete)| !complete) {
            self.best.insert(period, (signer, complete));
        }
    }

    /// What the committee signs: the parent's root in the sync committee's domain.
    fn signing_root(&self, root: &Root) -> Root {
        let mut domain = self.fork_data_root();
        domain.copy_within(0..28, 4);
        domain[..4].copy_from_slice(&[7, 0, 0, 0]);
        ssz::hash(root, &domain)
    }

    pub(super) fn fork_data_root(&self) -> Root {
        ssz::hash(&ssz::leaf(&self.config.fork_version), &self.config.genesis_validators_root)
    }

    pub(super) fn hash_of(&self, number: u64) -> B256 {
        self.by_number(number).map_or(B256::ZERO, |index| self.hash(index))
    }

    /// Runs a call on a block's state.
    pub(super) fn call(&self, index: usize, call: &Call) -> Result<Ran> {
        let Some(world) = self.world_at(index) else { bail!("{}", self.pruned(index)) };
        let hashes = |number| self.hash_of(number);
        let view = View { world, hashes: &hashes };
        Ok(evm::call(view, self.header(index), self.config.chain_id, call)?)
    }

    /// The state of a block, as far as the node still answers for it.
    pub(super) fn world_at(&self, index: usize) -> Option<&World> {
        let served = self.faults.pruned.is_none_or(|blocks| index + blocks > self.newest());
        self.blocks[index].world.as_ref().filter(|_| served)
    }

    pub(super) fn pruned(&self, index: usize) -> String {
        format!("state of block {} is pruned", self.header(index).number)
    }
}

fn envelope(included: &Included) -> ReceiptEnvelope {
    let receipt = ConsensusReceipt {
        status: Eip658Value::Eip658(included.receipt.success),
        cumulative_gas_used: included.cumulative_gas,
        logs: included.receipt.logs.clone(),
    };
    match included.sent.kind {
        2 => ReceiptEnvelope::Eip1559(receipt.with_bloom()),
        _ => ReceiptEnvelope::Legacy(receipt.with_bloom()),
    }
}

/// `List[ByteList[2^30], 2^20]`.
fn ssz_transactions(raw: &[&Bytes]) -> Root {
    let roots: Vec<Root> = raw.iter().map(|transaction| ssz::byte_list(transaction, 25)).collect();
    ssz::mix_in_length(&ssz::merkleize(&roots, 20), raw.len())
}
