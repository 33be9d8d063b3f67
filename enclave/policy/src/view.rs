//! A read of any contract at one head.

use alloy_primitives::{Address, B256, Bytes};
use chain::{ProvenState, StateUnder};

use crate::evm::{Block, Ended, Ran, Run, RunError, run, run_at};
use crate::machine::Machine;
use crate::wanted::Wanted;

/// A static call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ViewCall {
    /// Sender.
    pub from: Address,
    /// Contract.
    pub to: Address,
    /// Call data.
    pub data: Bytes,
    /// Gas, at most [`crate::Bounds::gas`].
    pub gas: u64,
    /// EIP-155 chain id.
    pub chain_id: u64,
}

/// Why a view gives no output.
pub type ViewError = RunError;

/// How a view went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Viewed {
    /// This has to be proven first.
    Missing(Wanted),
    /// It returned.
    Output {
        /// What it returned, not decoded.
        data: Bytes,
        /// What it read.
        touched: Wanted,
        /// Code that ran, with its hash, ascending.
        called: Vec<(Address, B256)>,
    },
    /// It did not.
    Error(ViewError),
}

/// Runs a call at the state's head. With `code_hash_pin` the contract must have that code.
#[must_use]
pub fn view(state: &ProvenState, call: &ViewCall, code_hash_pin: Option<B256>, machine: &Machine) -> Viewed {
    viewed(run(state, &as_run(call, code_hash_pin), machine))
}

/// Runs a call again on the state of whatever block: for an auditor, who takes the block from a receipt. Nothing that lets a call through takes what
/// comes of it.
#[must_use]
pub fn view_at(block: &Block, state: &StateUnder, call: &ViewCall, machine: &Machine) -> Viewed {
    viewed(run_at(block, state, &as_run(call, None), machine))
}

const fn as_run(call: &ViewCall, code_hash: Option<B256>) -> Run<'_> {
    let ViewCall { from, to, data, gas, chain_id } = call;
    Run { from: *from, to: *to, data, gas: *gas, chain_id: *chain_id, code_hash }
}

fn viewed(ran: Ran) -> Viewed {
    match ran.ended {
        Ended::Missing { missing, touched: _ } => Viewed::Missing(missing),
        Ended::Returned { data, touched, called } => Viewed::Output { data, touched, called },
        Ended::Failed(error) => Viewed::Error(error),
    }
}
