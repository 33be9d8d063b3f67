//! Runs transactions and calls (Osaka rules, so that P256VERIFY is there).

use alloy_consensus::Header;
use alloy_primitives::{Address, B256, Bytes, Log, TxKind, U256};
use revm::context::result::{EVMError, ExecutionResult, InvalidTransaction, Output};
use revm::context::{BlockEnv, CfgEnv, TxEnv};
use revm::context_interface::block::BlobExcessGasAndPrice;
use revm::database_interface::WrapDatabaseRef;
use revm::primitives::hardfork::SpecId;
use revm::state::EvmState;
use revm::{Context, ExecuteEvm, MainBuilder, MainContext};
use std::convert::Infallible;

use super::transaction::Sent;
use super::world::View;

/// Wei. It stays the same, so that tests can count.
pub(super) const BASE_FEE: u64 = 1_000_000_000;
/// Gas of a block.
pub(super) const BLOCK_GAS: u64 = 60_000_000;
/// EIP-7825: gas of one transaction, at most.
pub(super) const TRANSACTION_GAS: u64 = 1 << 24;
/// Gas of a call that names none.
const CALL_GAS: u64 = 50_000_000;

/// What a run returned.
pub(super) struct Ran {
    pub(super) success: bool,
    /// What was returned, or reverted with.
    pub(super) output: Bytes,
    /// Why it stopped, when it did neither.
    pub(super) halt: Option<String>,
    pub(super) created: Option<Address>,
    pub(super) gas_used: u64,
    pub(super) gas_spent: u64,
    pub(super) logs: Vec<Log>,
    pub(super) changes: EvmState,
}

/// A call without a signature.
#[derive(Clone, Default)]
pub(super) struct Call {
    pub(super) from: Address,
    pub(super) to: Option<Address>,
    pub(super) data: Bytes,
    pub(super) value: U256,
    pub(super) gas: Option<u64>,
}

type Refused = EVMError<Infallible, InvalidTransaction>;

/// Runs a transaction by every rule. An error means that it can't stand in a block.
pub(super) fn transact(view: View<'_>, header: &Header, chain_id: u64, sent: &Sent) -> Result<Ran, Refused> {
    let transaction = TxEnv {
        tx_type: sent.kind,
        caller: sent.from,
        gas_limit: sent.gas_limit,
        gas_price: sent.gas_price,
        kind: sent.to,
        value: sent.value,
        data: sent.data.clone(),
        nonce: sent.nonce,
        chain_id: Some(chain_id),
        access_list: sent.access_list.clone(),
        gas_priority_fee: sent.priority,
        ..TxEnv::default()
    };
    run(view, header, CfgEnv::new_with_spec(SpecId::OSAKA).with_chain_id(chain_id), transaction)
}

/// Runs a call as `eth_call` does: nonce, balance and fees don't matter, and nothing is kept.
pub(super) fn call(view: View<'_>, header: &Header, chain_id: u64, call: &Call) -> Result<Ran, Refused> {
    let gas = call.gas.unwrap_or(CALL_GAS).min(CALL_GAS);
    let mut rules = CfgEnv::new_with_spec(SpecId::OSAKA).with_chain_id(chain_id);
    rules.disable_nonce_check = true;
    rules.disable_balance_check = true;
    rules.disable_base_fee = true;
    rules.disable_eip3607 = true;
    rules.disable_block_gas_limit = true;
    rules.disable_fee_charge = true;
    rules.tx_gas_limit_cap = Some(CALL_GAS);
    let transaction = TxEnv {
        caller: call.from,
        gas_limit: gas,
        kind: call.to.map_or(TxKind::Create, TxKind::Call),
        value: call.value,
        data: call.data.clone(),
        chain_id: Some(chain_id),
        ..TxEnv::default()
    };
    run(view, header, rules, transaction)
}

fn run(view: View<'_>, header: &Header, rules: CfgEnv, transaction: TxEnv) -> Result<Ran, Refused> {
    let block = BlockEnv {
        number: U256::from(header.number),
        beneficiary: header.beneficiary,
        timestamp: U256::from(header.timestamp),
        gas_limit: header.gas_limit,
        basefee: header.base_fee_per_gas.unwrap_or_default(),
        difficulty: U256::ZERO,
        prevrandao: Some(header.mix_hash),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice { excess_blob_gas: 0, blob_gasprice: 1 }),
        slot_num: 0,
    };
    let context = Context::mainnet().with_db(WrapDatabaseRef(view)).with_block(block).with_cfg(rules);
    let done = context.build_mainnet().transact(transaction)?;
    let changes = done.state;
    Ok(match done.result {
        ExecutionResult::Success { gas, logs, output, .. } => {
            let (output, created) = match output {
                Output::Call(output) => (output, None),
                Output::Create(output, created) => (output, created),
            };
            Ran {
                success: true,
                output,
                halt: None,
                created,
                gas_used: gas.tx_gas_used(),
                gas_spent: gas.total_gas_spent(),
                logs,
                changes,
            }
        }
        ExecutionResult::Revert { gas, output, .. } => Ran {
            success: false,
            output,
            halt: None,
            created: None,
            gas_used: gas.tx_gas_used(),
            gas_spent: gas.total_gas_spent(),
            logs: Vec::new(),
            changes,
        },
        ExecutionResult::Halt { gas, reason, .. } => Ran {
            success: false,
            output: Bytes::new(),
            halt: Some(format!("{reason:?}")),
            created: None,
            gas_used: gas.tx_gas_used(),
            gas_spent: gas.total_gas_spent(),
            logs: Vec::new(),
            changes,
        },
    })
}

/// The randomness of a slot's block.
pub(super) fn randao(seed: &[u8; 32], slot: u64) -> B256 {
    super::ssz::sha256(&[b"randao", seed, &slot.to_be_bytes()]).into()
}
