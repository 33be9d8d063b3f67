//! What an account sends to change something on chain.

use alloy_primitives::{Address, Bytes};
use alloy_sol_types::SolCall;

/// A transaction without value: where it goes and what it carries. Nothing in it is signed; it is as good for a key as for a Safe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// The contract, or `None` for the creation of one.
    pub to: Option<Address>,
    /// Calldata, or creation code with its arguments.
    pub data: Bytes,
}

impl Transaction {
    pub(crate) fn call(to: Address, call: &impl SolCall) -> Self {
        Self { to: Some(to), data: call.abi_encode().into() }
    }

    pub(crate) fn creation(code: &[u8], arguments: &[u8]) -> Self {
        Self { to: None, data: [code, arguments].concat().into() }
    }
}
