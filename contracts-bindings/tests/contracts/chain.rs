//! A chain of one process: transactions at a time that the test sets.

use alloy_primitives::{Address, Bytes, Log, TxKind, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use contracts_bindings::Transaction;
use revm::{
    Context, ExecuteCommitEvm, ExecuteEvm, MainBuilder, MainContext,
    context::{
        BlockEnv, CfgEnv, TxEnv,
        result::{ExecutionResult, Output},
    },
    database::InMemoryDB,
    primitives::hardfork::SpecId,
    state::{AccountInfo, Bytecode},
};

pub(crate) const CHAIN_ID: u64 = 560_048;
/// EIP-7825: gas of one transaction, at most.
pub(crate) const TRANSACTION_GAS: u64 = 1 << 24;

pub(crate) struct Chain {
    pub(crate) db: InMemoryDB,
    /// Unix seconds.
    pub(crate) now: u64,
    pub(crate) spec: SpecId,
}

/// What a run that did not fail gave.
pub(crate) struct Ran {
    pub(crate) output: Bytes,
    pub(crate) created: Option<Address>,
    pub(crate) logs: Vec<Log>,
    pub(crate) gas: u64,
    /// Storage slots read or written, over all accounts.
    pub(crate) slots: usize,
}

/// Why a run failed.
#[derive(Debug, PartialEq)]
pub(crate) enum Failed {
    Revert(Bytes),
    Halt(String),
}

impl Failed {
    /// The custom error, which must be exactly this one.
    #[track_caller]
    pub(crate) fn is<E: SolError + PartialEq + std::fmt::Debug>(&self, expected: E) {
        let Self::Revert(data) = self else {
            panic!("{self:?} instead of {expected:?}");
        };
        assert_eq!(E::abi_decode(data).unwrap_or_else(|_| panic!("{data} instead of {expected:?}")), expected);
    }
}

impl Ran {
    /// The one event of this type.
    #[track_caller]
    pub(crate) fn event<E: SolEvent>(&self) -> E {
        let mut found = self.logs.iter().filter_map(|log| E::decode_log(log).ok());
        let event = found.next().expect("the event").data;
        assert!(found.next().is_none());
        event
    }
}

impl Chain {
    pub(crate) fn new() -> Self {
        Self { db: InMemoryDB::default(), now: 1_800_000_000, spec: SpecId::OSAKA }
    }

    #[track_caller]
    pub(crate) fn deploy(&mut self, from: Address, creation: &[u8], arguments: &[u8]) -> Address {
        let data = [creation, arguments].concat().into();
        self.run(from, TxKind::Create, data, TRANSACTION_GAS, true).unwrap().created.unwrap()
    }

    /// A transaction whose failure is an answer.
    pub(crate) fn send<C: SolCall>(&mut self, from: Address, to: Address, call: &C) -> Result<Ran, Failed> {
        self.run(from, TxKind::Call(to), call.abi_encode().into(), TRANSACTION_GAS, true)
    }

    /// A transaction that must succeed.
    #[track_caller]
    pub(crate) fn must<C: SolCall>(&mut self, from: Address, to: Address, call: &C) -> C::Return {
        let ran = self.send(from, to, call).unwrap();
        C::abi_decode_returns_validate(&ran.output).unwrap()
    }

    /// A transaction as the builders make it.
    pub(crate) fn submit(&mut self, from: Address, transaction: &Transaction) -> Result<Ran, Failed> {
        let kind = transaction.to.map_or(TxKind::Create, TxKind::Call);
        self.run(from, kind, transaction.data.clone(), TRANSACTION_GAS, true)
    }

    /// A call of which nothing is kept.
    pub(crate) fn call<C: SolCall>(&mut self, from: Address, to: Address, call: &C, gas: u64) -> Result<Ran, Failed> {
        self.run(from, TxKind::Call(to), call.abi_encode().into(), gas, false)
    }

    /// Puts code where it was not deployed.
    pub(crate) fn put_code(&mut self, at: Address, code: Vec<u8>) {
        let code = Bytecode::new_raw(code.into());
        let info = AccountInfo { balance: U256::ZERO, nonce: 1, code_hash: code.hash_slow(), account_id: None, code: Some(code) };
        self.db.insert_account_info(at, info);
    }

    fn run(&mut self, from: Address, kind: TxKind, data: Bytes, gas: u64, keep: bool) -> Result<Ran, Failed> {
        let mut cfg = CfgEnv::new_with_spec(self.spec).with_chain_id(CHAIN_ID);
        cfg.disable_nonce_check = true;
        cfg.disable_balance_check = true;
        cfg.disable_base_fee = true;
        cfg.disable_fee_charge = true;
        // A contract may be the sender: so tests ask in its name.
        cfg.disable_eip3607 = true;
        let block =
            BlockEnv { number: U256::from(1), timestamp: U256::from(self.now), gas_limit: 60_000_000, ..BlockEnv::default() };
        let transaction = TxEnv { caller: from, kind, data, gas_limit: gas, chain_id: Some(CHAIN_ID), ..TxEnv::default() };
        let mut evm = Context::mainnet().with_db(&mut self.db).with_block(block).with_cfg(cfg).build_mainnet();
        let done = evm.transact(transaction).unwrap();
        let slots = done.state.values().map(|account| account.storage.len()).sum();
        if keep {
            evm.commit(done.state);
        }
        match done.result {
            ExecutionResult::Success { gas, logs, output, .. } => {
                let (output, created) = match output {
                    Output::Call(output) => (output, None),
                    Output::Create(output, created) => (output, created),
                };
                Ok(Ran { output, created, logs, gas: gas.tx_gas_used(), slots })
            }
            ExecutionResult::Revert { output, .. } => Err(Failed::Revert(output)),
            ExecutionResult::Halt { reason, .. } => Err(Failed::Halt(format!("{reason:?}"))),
        }
    }
}
