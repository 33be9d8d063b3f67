//! An in-process chain: a beacon chain with real sync committees over an execution chain with real state.
//!
//! It is the second implementation of everything that the `chain` crate checks, written without it: SSZ, Merkle branches,
//! BLS aggregates, tries and block hashes. What it leaves out is what no light client sees: validators, attestations, fork
//! choice, and the parts of the beacon state beside the leaves that a light client proves.

mod beacon;
mod beacon_api;
mod committee;
mod contracts;
mod evm;
mod light;
mod node;
mod pool;
mod proof_rpc;
mod rpc;
mod serve;
mod ssz;
mod transaction;
mod world;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy_primitives::{Address, B256, Bytes, Log};
use anyhow::{Result, bail};
use serde_json::Value;

pub use beacon::SLOTS_PER_PERIOD;
pub use committee::SIZE as COMMITTEE_SIZE;
pub use contracts::Contracts;
pub use serve::Served;
pub use transaction::{Account, Accounts};

use node::Node;

/// What a chain is.
#[derive(Clone, Debug)]
pub struct Config {
    /// Every key of the chain is derived from it.
    pub seed: [u8; 32],
    /// EIP-155 chain id.
    pub chain_id: u64,
    /// Root of the genesis validators.
    pub genesis_validators_root: [u8; 32],
    /// `current_version` of the one fork, Fulu.
    pub fork_version: [u8; 4],
    /// Unix seconds of slot 0.
    pub genesis_time: u64,
    /// Seconds per slot.
    pub seconds_per_slot: u64,
    /// A block is finalized when it is at least this many slots behind.
    pub finality: u64,
    /// Blocks whose state is kept for proofs and calls.
    pub history: usize,
}

impl Config {
    /// A chain with slots of one second, whose present is `now` (Unix seconds).
    #[must_use]
    pub fn new(now: u64) -> Self {
        Self {
            seed: [0x5e; 32],
            chain_id: 1_337,
            genesis_validators_root: ssz::sha256(&[b"genesis validators of the devnet"]),
            fork_version: [0x07, 0xde, 0x7e, 0x70],
            genesis_time: now.saturating_sub(64),
            seconds_per_slot: 1,
            finality: 4,
            history: 512,
        }
    }

    /// The slot in progress at a time, or `None` before genesis.
    #[must_use]
    pub fn slot_at(&self, now: u64) -> Option<u64> {
        now.checked_sub(self.genesis_time)?.checked_div(self.seconds_per_slot)
    }

    /// When a slot begins, in Unix seconds.
    #[must_use]
    pub fn time_of(&self, slot: u64) -> u64 {
        self.genesis_time + slot * self.seconds_per_slot
    }
}

/// What the chain or its servers do wrong on purpose.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, set by name")]
pub struct Faults {
    /// Members of the sync committee who sign new blocks, 0 to 512.
    pub participants: usize,
    /// No new blocks.
    pub frozen: bool,
    /// The beacon API answers as of this many slots ago.
    pub stale_slots: u64,
    /// Seconds that the served chain's clock is off the real one.
    pub clock_offset: i64,
    /// What is wrong in `eth_getProof`.
    pub proof: ProofFault,
    /// The last byte of every answer to `eth_getCode` is flipped.
    pub wrong_code: bool,
    /// The beacon API answers 503.
    pub beacon_down: bool,
    /// The JSON-RPC endpoint answers 503.
    pub execution_down: bool,
    /// Proofs, code and calls are answered at this many of the newest blocks, as a node answers that has pruned the state of the others.
    pub pruned: Option<usize>,
    /// Slots that finality comes later than the configuration says.
    pub finality_lag: u64,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            participants: COMMITTEE_SIZE,
            frozen: false,
            stale_slots: 0,
            clock_offset: 0,
            proof: ProofFault::None,
            wrong_code: false,
            beacon_down: false,
            execution_down: false,
            pruned: None,
            finality_lag: 0,
        }
    }
}

/// What is wrong in an `eth_getProof` answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProofFault {
    /// Nothing.
    #[default]
    None,
    /// Every storage value, in the JSON and in the storage trie, is one higher.
    StorageValue,
    /// The last node of every proof is missing: absence, to a lenient verifier.
    Truncated,
    /// The proof is of the parent block's state.
    WrongBlock,
}

/// A block, by both its names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Beacon slot.
    pub slot: u64,
    /// Beacon block root.
    pub root: B256,
    /// Execution block number.
    pub number: u64,
    /// Execution block hash.
    pub hash: B256,
    /// Execution state root.
    pub state_root: B256,
    /// Unix seconds.
    pub timestamp: u64,
}

/// What became of a transaction.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// Its hash.
    pub transaction: B256,
    /// Whether it succeeded.
    pub success: bool,
    /// Gas used.
    pub gas_used: u64,
    /// The contract that it created.
    pub created: Option<Address>,
    /// What it returned or reverted with.
    pub output: Bytes,
    /// The events that it emitted.
    pub logs: Vec<Log>,
    /// Block number.
    pub block: u64,
}

/// The chain. A clone is the same chain.
#[derive(Clone)]
pub struct Devnet(Arc<Mutex<Node>>);

impl fmt::Debug for Devnet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Devnet({:?})", self.head())
    }
}

impl Devnet {
    /// Makes the chain up to the slot of `now`: contracts deployed, finality reached.
    ///
    /// # Errors
    /// The genesis is too near to `now`, or a contract can't be deployed.
    pub fn new(config: Config, now: u64) -> Result<Self> {
        Ok(Self(Arc::new(Mutex::new(Node::new(config, now)?))))
    }

    fn node(&self) -> MutexGuard<'_, Node> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the block of the slot in progress at `now` (Unix seconds), if there is none yet and the chain isn't frozen.
    /// Slots between stay empty, but a period that passed gets the few blocks that a light client needs to follow.
    ///
    /// # Errors
    /// A block can't be signed.
    pub fn tick(&self, now: u64) -> Result<Option<Head>> {
        self.node().tick(now)
    }

    /// Makes the block of the slot after the newest block's.
    ///
    /// # Errors
    /// The chain is frozen, or the block can't be signed.
    pub fn step(&self) -> Result<Head> {
        self.node().step()
    }

    /// Steps `count` times.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub fn steps(&self, count: u64) -> Result<Head> {
        for _ in 0..count {
            self.step()?;
        }
        Ok(self.head())
    }

    /// What the chain is.
    #[must_use]
    pub fn config(&self) -> Config {
        self.node().config.clone()
    }

    /// The newest block.
    #[must_use]
    pub fn head(&self) -> Head {
        let node = self.node();
        node.head_of(node.newest())
    }

    /// The block that the newest optimistic update attests: the newest block's parent.
    #[must_use]
    pub fn attested(&self) -> Head {
        let node = self.node();
        node.head_of(node.attested())
    }

    /// The block that the newest finality update finalizes.
    #[must_use]
    pub fn finalized(&self) -> Head {
        let node = self.node();
        node.head_of(node.finalized())
    }

    /// Any block by its number.
    #[must_use]
    pub fn block(&self, number: u64) -> Option<Head> {
        let node = self.node();
        node.by_number(number).map(|index| node.head_of(index))
    }

    /// RLP header of an execution block, by its hash.
    #[must_use]
    pub fn execution_header(&self, hash: B256) -> Option<Vec<u8>> {
        let node = self.node();
        Some(alloy_rlp::encode(node.header(node.by_hash(hash)?)))
    }

    /// `LightClientBootstrap` of a block, in SSZ.
    #[must_use]
    pub fn bootstrap(&self, root: B256) -> Option<Vec<u8>> {
        let node = self.node();
        let index = node.by_root(root)?;
        Some(node.bootstrap(index).ssz())
    }

    /// `LightClientUpdate`s from a period on, in SSZ.
    #[must_use]
    pub fn updates(&self, start_period: u64, count: u64) -> Vec<Vec<u8>> {
        self.node().updates(start_period, count).iter().map(light::Object::ssz).collect()
    }

    /// The newest `LightClientFinalityUpdate`, in SSZ.
    #[must_use]
    pub fn finality_update(&self) -> Vec<u8> {
        let node = self.node();
        node.finality_update(node.served()).ssz()
    }

    /// The newest `LightClientOptimisticUpdate`, in SSZ.
    #[must_use]
    pub fn optimistic_update(&self) -> Vec<u8> {
        let node = self.node();
        node.optimistic_update(node.served()).ssz()
    }

    /// The funded accounts.
    #[must_use]
    pub fn accounts(&self) -> Accounts {
        self.node().accounts.clone()
    }

    /// The deployed contracts.
    #[must_use]
    pub fn contracts(&self) -> Contracts {
        self.node().contracts
    }

    /// Puts a signed transaction in the pool and names it. The next block holds it.
    ///
    /// # Errors
    /// The pool refuses it.
    pub fn transact(&self, from: &Account, to: Option<Address>, data: impl Into<Bytes>) -> Result<B256> {
        self.node().transact(from, to, data.into())
    }

    /// Like [`Self::transact`], then makes the next block.
    ///
    /// # Errors
    /// The transaction is refused, or reverts.
    pub fn execute(&self, from: &Account, to: Option<Address>, data: impl Into<Bytes>) -> Result<Receipt> {
        let mut node = self.node();
        let hash = node.transact(from, to, data.into())?;
        node.step()?;
        match node.receipt(hash) {
            Some(receipt) if receipt.success => Ok(receipt),
            Some(receipt) => bail!("transaction {hash} failed with {}", receipt.output),
            None => bail!("transaction {hash} is in no block"),
        }
    }

    /// Puts a raw signed transaction in the pool.
    ///
    /// # Errors
    /// It can't be read, is for another chain, or has the wrong nonce.
    pub fn send_raw(&self, raw: &[u8]) -> Result<B256> {
        self.node().send(raw)
    }

    /// What became of a transaction, once it is in a block.
    #[must_use]
    pub fn receipt(&self, transaction: B256) -> Option<Receipt> {
        self.node().receipt(transaction)
    }

    /// `eth_call` on the newest block's state.
    ///
    /// # Errors
    /// The call reverts or halts.
    pub fn call(&self, to: Address, data: impl Into<Bytes>) -> Result<Bytes> {
        let node = self.node();
        let call = evm::Call { to: Some(to), data: data.into(), ..evm::Call::default() };
        let ran = node.call(node.newest(), &call)?;
        if ran.success {
            return Ok(ran.output);
        }
        bail!("call failed with {} {}", ran.output, ran.halt.unwrap_or_default())
    }

    /// Runtime code at the newest block.
    #[must_use]
    pub fn code(&self, address: Address) -> Bytes {
        self.node().world().code(address)
    }

    /// Changes what goes wrong.
    pub fn faults(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.node().faults);
    }

    /// Answers one JSON-RPC request or batch in process.
    #[must_use]
    pub fn rpc(&self, request: &Value) -> Value {
        rpc::answer(&mut self.node(), request)
    }
}
