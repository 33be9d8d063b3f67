//! One call in revm over proven state: deterministic, bounded, and nothing read that was not proven.

use std::rc::Rc;

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256};
use chain::{Account, Layout, ProvenState, StateUnder, VerifiedHead};
use revm::bytecode::opcode;
use revm::context::result::{EVMError, ExecutionResult, Output};
use revm::context::{BlockEnv, CfgEnv, ContextTr, Evm, Journal, JournalTr, LocalContext, TxEnv};
use revm::context_interface::context::ContextError;
use revm::handler::instructions::EthInstructions;
use revm::handler::{EthPrecompiles, PrecompileProvider};
use revm::interpreter::interpreter::EthInterpreter;
use revm::interpreter::interpreter_types::RuntimeFlag;
use revm::interpreter::{
    CallInputs, Instruction, InstructionContext, InstructionExecResult, InstructionResult, InterpreterResult,
};
use revm::primitives::hardfork::SpecId;
use revm::primitives::{AddressSet, TxKind};
use revm::{Context, ExecuteEvm, MainContext};

use crate::bounds::Bounds;
use crate::hashes;
use crate::machine::Machine;
use crate::scratch::Scratch;
use crate::state::{Reader, Stop};
use crate::wanted::Wanted;

/// Rules of the EVM, by the fork of the head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvmFork {
    /// Under Electra.
    Prague,
    /// Under Fulu: has P256VERIFY.
    Osaka,
}

impl EvmFork {
    /// The rules at a head; `None` for a fork whose rules are not known here.
    #[must_use]
    pub const fn at(head: &VerifiedHead) -> Option<Self> {
        Self::of(head.layout())
    }

    /// The rules of a fork. Those of Gloas (Amsterdam) are not final: revm has a draft of them, which changes from release to release. A
    /// decision by rules that the chain may not come to have is none, so the next image brings them.
    #[must_use]
    pub const fn of(layout: Layout) -> Option<Self> {
        match layout {
            Layout::Electra => Some(Self::Prague),
            Layout::Fulu => Some(Self::Osaka),
            Layout::Altair | Layout::Bellatrix | Layout::Capella | Layout::Deneb | Layout::Gloas => None,
        }
    }

    const fn spec(self) -> SpecId {
        match self {
            Self::Prague => SpecId::PRAGUE,
            Self::Osaka => SpecId::OSAKA,
        }
    }
}

/// Why a run gives no output. Missing state is none of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// The head's fork has rules that are not known here.
    #[error("rules of this fork are not known")]
    Fork,
    /// There is no code at the address.
    #[error("no code at the address")]
    NoCode,
    /// The code is not the pinned one.
    #[error("code is not the pinned one")]
    CodeHash,
    /// It read what a light client can't prove, or an auditor can't repeat.
    #[error("opcode {opcode:#04x} has no provable value")]
    NotDeterministic {
        /// The opcode.
        opcode: u8,
    },
    /// It would change state.
    #[error("opcode {opcode:#04x} changes state")]
    NotAView {
        /// The opcode.
        opcode: u8,
    },
    /// More gas than the bound.
    #[error("more gas than the bound")]
    Gas,
    /// Deeper calls than the bound.
    #[error("calls are deeper than the bound")]
    Depth,
    /// More accounts than the bound.
    #[error("more accounts than the bound")]
    Accounts,
    /// More slots than the bound.
    #[error("more slots than the bound")]
    Slots,
    /// A longer answer than the bound.
    #[error("answer is longer than the bound")]
    Output,
    /// Proven code that is no EVM code.
    #[error("code is malformed")]
    Code,
    /// It reverted.
    #[error("reverted")]
    Reverted,
    /// Out of gas, out of memory, an invalid opcode, or the like.
    #[error("halted")]
    Halted,
}

impl RunError {
    /// A rule for the refusal, short ASCII.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Fork => "evm.fork",
            Self::NoCode => "evm.no_code",
            Self::CodeHash => "evm.code_hash",
            Self::NotDeterministic { .. } => "policy_not_deterministic",
            Self::NotAView { .. } => "policy_not_a_view",
            Self::Gas => "evm.gas",
            Self::Depth => "evm.depth",
            Self::Accounts => "evm.accounts",
            Self::Slots => "evm.slots",
            Self::Output => "evm.output",
            Self::Code => "evm.code",
            Self::Reverted => "evm.reverted",
            Self::Halted => "evm.halted",
        }
    }

    fn from_stop(stop: Stop) -> Self {
        match stop {
            Stop::Forbidden(opcode) => Self::NotDeterministic { opcode },
            Stop::StateChange(opcode) => Self::NotAView { opcode },
            Stop::Depth => Self::Depth,
            Stop::Accounts => Self::Accounts,
            Stop::Slots => Self::Slots,
            Stop::Code => Self::Code,
        }
    }
}

/// What a run is told of its block: this, and nothing that a block hash does not commit to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its number.
    pub number: u64,
    /// Its time, in unix seconds.
    pub timestamp: u64,
    /// Layout of the fork at its slot, which names the rules of the EVM.
    pub layout: Layout,
}

impl Block {
    const fn of(head: &VerifiedHead) -> Self {
        Self { number: head.block_number(), timestamp: head.timestamp(), layout: head.layout() }
    }
}

/// A call to run.
pub(crate) struct Run<'c> {
    pub(crate) from: Address,
    pub(crate) to: Address,
    pub(crate) data: &'c Bytes,
    pub(crate) gas: u64,
    pub(crate) chain_id: u64,
    pub(crate) code_hash: Option<B256>,
}

/// What came of it.
pub(crate) struct Ran {
    /// Gas that it took, also if it came to nothing.
    pub(crate) gas: u64,
    pub(crate) ended: Ended,
}

/// How it went.
pub(crate) enum Ended {
    Missing { missing: Wanted, touched: Wanted },
    Returned { data: Bytes, touched: Wanted, called: Vec<(Address, B256)> },
    Failed(RunError),
}

pub(crate) type Ctx<'a> = Context<BlockEnv, TxEnv, CfgEnv, Reader<'a>, Journal<Reader<'a>>, ()>;

/// Runs a call at the state's head.
pub(crate) fn run(state: &ProvenState, run: &Run<'_>, machine: &Machine) -> Ran {
    run_at(&Block::of(state.head()), state.under(), run, machine)
}

/// Runs a call in a block, on the state that hangs under its root.
pub(crate) fn run_at(block: &Block, state: &StateUnder, run: &Run<'_>, machine: &Machine) -> Ran {
    let mut reader = Reader::new(state, machine);
    let not_run = |ended| Ran { gas: 0, ended };
    let ready = ready(&mut reader, run);
    if !reader.missing.is_empty() {
        return not_run(Ended::Missing { missing: reader.missing, touched: reader.touched });
    }
    if let Err(error) = ready {
        return not_run(Ended::Failed(error));
    }
    let Some(fork) = EvmFork::of(block.layout) else { return not_run(Ended::Failed(RunError::Fork)) };
    let spec = fork.spec();
    let bounds = machine.bounds();
    let context = Context::mainnet().with_db(reader).with_block(environment(block)).with_cfg(config(spec, run.chain_id, bounds));
    let precompiles = Bounded(EthPrecompiles::new(spec));
    let Scratch { frames: frame_stack, memory } = Scratch::take();
    let local = LocalContext { shared_memory_buffer: Rc::clone(&memory), precompile_error_message: None };
    let mut evm =
        Evm { ctx: context.with_local(local), inspector: (), instruction: instructions(spec), precompiles, frame_stack };
    let ended = evm.transact_one(TxEnv {
        caller: run.from,
        kind: TxKind::Call(run.to),
        data: run.data.clone(),
        gas_limit: run.gas,
        chain_id: Some(run.chain_id),
        ..TxEnv::default()
    });
    let Evm { ctx, frame_stack: frames, .. } = evm;
    let Reader { touched, missing, called, stopped, .. } = ctx.journaled_state.database;
    Scratch { frames, memory }.give_back();
    // What a bound or an opcode stopped counts whole: it may have taken all but that.
    let gas = ended.as_ref().map_or(run.gas, ExecutionResult::tx_gas_used);
    // Whatever the run came to, it came to it with nothing in place of what is missing.
    if !missing.is_empty() {
        return Ran { gas, ended: Ended::Missing { missing, touched } };
    }
    let failed = |error| Ended::Failed(error);
    let ended = match ended {
        Ok(ExecutionResult::Success { output: Output::Call(data), .. }) if data.len() > Bounds::OUTPUT => {
            failed(RunError::Output)
        }
        Ok(ExecutionResult::Success { output: Output::Call(data), .. }) => {
            Ended::Returned { data, touched, called: called.into_iter().collect() }
        }
        Ok(ExecutionResult::Revert { .. }) => failed(RunError::Reverted),
        Err(EVMError::Database(stop)) => failed(RunError::from_stop(stop)),
        Err(EVMError::Custom(_)) => failed(stopped.map_or(RunError::Halted, RunError::from_stop)),
        Ok(ExecutionResult::Success { output: Output::Create(..), .. } | ExecutionResult::Halt { .. })
        | Err(EVMError::Transaction(_) | EVMError::Header(_) | EVMError::CustomAny(_)) => failed(RunError::Halted),
    };
    Ran { gas, ended }
}

/// Sender and target are proven, and the target has code, the pinned code. A call to no code would be a success.
fn ready(reader: &mut Reader<'_>, run: &Run<'_>) -> Result<(), RunError> {
    if run.gas > reader.bounds().gas() {
        return Err(RunError::Gas);
    }
    reader.account(run.from).map_err(RunError::from_stop)?;
    match reader.account(run.to).map_err(RunError::from_stop)? {
        None | Some(Account::Absent) => Err(RunError::NoCode),
        Some(Account::Present { code_hash, .. }) if code_hash == KECCAK256_EMPTY.0 => Err(RunError::NoCode),
        Some(Account::Present { code_hash, .. }) if run.code_hash.is_some_and(|pin| pin.0 != code_hash) => {
            Err(RunError::CodeHash)
        }
        Some(Account::Present { .. }) => Ok(()),
    }
}

/// The environment: nothing but what the block says. What else the EVM has a field for can't be read.
fn environment(block: &Block) -> BlockEnv {
    BlockEnv {
        number: U256::from(block.number),
        timestamp: U256::from(block.timestamp),
        gas_limit: Bounds::GAS,
        prevrandao: Some(B256::ZERO),
        ..BlockEnv::default()
    }
}

fn config(spec: SpecId, chain_id: u64, bounds: &Bounds) -> CfgEnv {
    let mut config = CfgEnv::new_with_spec(spec).with_chain_id(chain_id);
    config.disable_nonce_check = true;
    config.disable_balance_check = true;
    config.disable_base_fee = true;
    config.disable_eip3607 = true;
    config.disable_block_gas_limit = true;
    config.disable_fee_charge = true;
    config.tx_gas_limit_cap = Some(bounds.gas());
    config.memory_limit = bounds.memory();
    config
}

/// Gas of KECCAK256 beside its words' (yellow paper, appendix G).
const KECCAK256_GAS: u16 = 30;

/// The fork's instructions, with those replaced that end the whole run: a contract can't catch that as it can a failed call. KECCAK256 does
/// what it always does, with a memory.
fn instructions<'a>(spec: SpecId) -> EthInstructions<EthInterpreter, Ctx<'a>> {
    let mut table = EthInstructions::new_mainnet_with_spec(spec);
    macro_rules! replace {
        ($instruction:ident: $($op:ident)*) => {
            $(table.insert_instruction(opcode::$op, Instruction::new($instruction::<{ opcode::$op }>), 0);)*
        };
    }
    replace!(forbidden: BLOCKHASH COINBASE DIFFICULTY BASEFEE BLOBHASH BLOBBASEFEE GASPRICE ORIGIN GASLIMIT);
    replace!(state_change: SSTORE TSTORE LOG0 LOG1 LOG2 LOG3 LOG4 CREATE CREATE2 SELFDESTRUCT);
    table.insert_instruction(opcode::KECCAK256, Instruction::new(hashes::instruction), KECCAK256_GAS);
    table
}

fn forbidden<const OP: u8>(context: InstructionContext<'_, Ctx<'_>, EthInterpreter>) -> InstructionExecResult {
    *context.host.error() = Err(ContextError::Db(Stop::Forbidden(OP)));
    Err(InstructionResult::FatalExternalError)
}

/// In a static frame these fail as they do on any node, and the caller may go on. Elsewhere they would succeed and not be kept.
fn state_change<const OP: u8>(context: InstructionContext<'_, Ctx<'_>, EthInterpreter>) -> InstructionExecResult {
    if context.interpreter.runtime_flag.is_static() {
        return Err(InstructionResult::StateChangeDuringStaticCall);
    }
    *context.host.error() = Err(ContextError::Db(Stop::StateChange(OP)));
    Err(InstructionResult::FatalExternalError)
}

/// The fork's precompiles. Every call passes here, so this is where depth is bounded and called code is noted.
struct Bounded(EthPrecompiles);

impl<'a> PrecompileProvider<Ctx<'a>> for Bounded {
    type Output = InterpreterResult;

    fn set_spec(&mut self, spec: SpecId) -> bool {
        PrecompileProvider::<Ctx<'a>>::set_spec(&mut self.0, spec)
    }

    fn run(&mut self, context: &mut Ctx<'a>, inputs: &CallInputs) -> Result<Option<InterpreterResult>, String> {
        let depth = context.journal().depth();
        let reader = context.db_mut();
        if depth > reader.bounds().depth() {
            reader.stopped = Some(Stop::Depth);
            return Err(String::new());
        }
        let (code_hash, code) = &inputs.known_bytecode;
        if !code.is_empty() {
            reader.called.insert((inputs.bytecode_address, *code_hash));
        }
        PrecompileProvider::<Ctx<'a>>::run(&mut self.0, context, inputs)
    }

    fn warm_addresses(&self) -> &AddressSet {
        self.0.warm_addresses()
    }
}
