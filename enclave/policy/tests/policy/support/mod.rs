//! A world with real contracts, a real state trie, and heads that a real light client has verified.

pub(crate) mod account;
pub(crate) mod beacon;
pub(crate) mod call;
pub(crate) mod state;
pub(crate) mod world;

use alloy_primitives::{Address, B256};
use chain::{Layout, ProvenState};
use contracts_bindings::Class;
use policy::{Authenticated, Identity, Machine, Operation, Permit, ProveError, Proven, Proving, Refused, Wanted, decide, prove};

use self::beacon::{Block, heads};
use self::call::{authenticated, fields, operation};
use self::state::State;

const FINALIZED_SLOT: u64 = 1_000;
const ATTESTED_SLOT: u64 = 1_080;
/// A contract that calls.
pub(crate) const ACCOUNT: Address = Address::repeat_byte(0xca);
/// Milliseconds.
pub(crate) const LIFE: u64 = 15_000;

/// A finalized and an attested state under verified heads, nothing of them proven yet.
pub(crate) struct Pair {
    pub(crate) finalized: ProvenState,
    pub(crate) attested: ProvenState,
    pub(crate) finalized_state: State,
    pub(crate) attested_state: State,
    pub(crate) machine: Machine,
    /// Unix seconds.
    pub(crate) now: u64,
    /// Round trips that the last [`Pair::prove`] took.
    pub(crate) rounds: usize,
}

impl Pair {
    pub(crate) fn new(finalized: State, attested: State) -> Self {
        Self::in_layout(Layout::Fulu, finalized, attested)
    }

    pub(crate) fn in_layout(layout: Layout, finalized: State, attested: State) -> Self {
        let older = Block { slot: FINALIZED_SLOT, state_root: finalized.root() };
        let newer = Block { slot: ATTESTED_SLOT, state_root: attested.root() };
        let (finalized_head, attested_head) = heads(layout, older, newer);
        Self {
            finalized: ProvenState::new(finalized_head),
            attested: ProvenState::new(attested_head),
            finalized_state: finalized,
            attested_state: attested,
            machine: Machine::default(),
            now: newer.time() + 12,
            rounds: 0,
        }
    }

    /// A valid call by the caller.
    pub(crate) fn call(&self, identity: &Identity) -> Authenticated {
        authenticated(identity, &fields(self.now), self.now)
    }

    /// Proves, and supplies what is missing, until there is an answer.
    pub(crate) fn prove(
        &mut self,
        mut call: Authenticated,
        operations: &[Operation],
        identity: &Identity,
    ) -> Result<Box<Proven>, ProveError> {
        self.rounds = 0;
        loop {
            let now_ms = self.now * 1_000;
            match prove(call, operations.to_vec(), identity, &self.finalized, &self.attested, &self.machine, now_ms) {
                Proving::Missing { authenticated, finalized, attested } => {
                    call = authenticated;
                    self.supply(&finalized.all(), &attested.all(), |_, _| false);
                }
                Proving::Proven(proven) => return Ok(proven),
                Proving::Failed { error, .. } => return Err(error),
            }
            self.rounds += 1;
            assert!(self.rounds < 100);
        }
    }

    pub(crate) fn supply(&mut self, finalized: &Wanted, attested: &Wanted, withhold: impl Fn(&Address, &B256) -> bool) {
        self.finalized_state.supply(&mut self.finalized, finalized, &withhold);
        self.attested_state.supply(&mut self.attested, attested, &withhold);
    }

    /// Proves and decides a READ of orders.
    pub(crate) fn read_orders(&mut self, identity: &Identity) -> Result<Permit, Refused> {
        let call = self.call(identity);
        self.decide(call, &[orders()], identity)
    }

    pub(crate) fn decide(
        &mut self,
        call: Authenticated,
        operations: &[Operation],
        identity: &Identity,
    ) -> Result<Permit, Refused> {
        let proven = self.prove(call, operations, identity).unwrap();
        decide(*proven, LIFE, self.now * 1_000)
    }
}

pub(crate) fn orders() -> Operation {
    operation("shopify.query.orders", Class::Read)
}
