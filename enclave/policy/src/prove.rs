//! Runs the registry for every operation of a call, at both heads.

use core::fmt;

use alloy_primitives::{Address, B256};
use chain::{ProvenState, VerifiedHead};
use contracts_bindings::store_id;
use protocol::ledger::{Evaluation, Evidence, Head};

use crate::account::AccountError;
use crate::asked::{Answered, Asked};
use crate::authenticate::Authenticated;
use crate::evm::RunError;
use crate::identity::Identity;
use crate::likely;
use crate::machine::Machine;
use crate::operation::Operation;
use crate::request::Question;
use crate::wanted::{Lacks, Wanted};
use crate::work::{At, Exceeded, Work};

/// Operations in one call, at most. Each runs the EVM twice.
const OPERATIONS: usize = 16;

/// Why the registry's answer is not known. Nothing is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProveError {
    /// A call without an operation: nothing would have to be allowed.
    #[error("call has no operation")]
    NoOperation,
    /// More operations than are evaluated for one call.
    #[error("call has too many operations")]
    TooManyOperations,
    /// Parameters are not sorted by name.
    #[error("parameters are not sorted by name")]
    Params,
    /// The finalized head is older than the caller asks for.
    #[error("finalized head is older than the call demands")]
    StaleChain,
    /// The finalized head is newer than the attested one.
    #[error("finalized head is newer than the attested one")]
    HeadOrder,
    /// The caller is a contract that does not accept the signature.
    #[error("caller: {0}")]
    Account(#[from] AccountError),
    /// More round trips than the bound.
    #[error("decision took more round trips than the bound")]
    Rounds,
    /// More gas than the bound, all runs together.
    #[error("decision took more gas than the bound")]
    Work,
    /// The run gave no output.
    #[error("registry gave no answer: {0}")]
    Run(#[from] RunError),
    /// The output is not the one ABI encoding of a decision and a subject.
    #[error("registry's answer is malformed")]
    Output,
    /// More limits than a decision may have.
    #[error("decision has more than four limits")]
    TooManyLimits,
    /// The answer is about another store.
    #[error("registry answered for another store")]
    Store,
}

impl ProveError {
    /// A rule for the refusal, short ASCII.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::NoOperation => "operation.none",
            Self::TooManyOperations => "operation.too_many",
            Self::Params => "operation.params",
            Self::StaleChain => "chain.finalized_too_old",
            Self::HeadOrder => "chain.head_order",
            Self::Account(error) => error.rule(),
            Self::Rounds => "evm.rounds",
            Self::Work => "evm.work",
            Self::Run(error) => error.rule(),
            Self::Output => "registry.output",
            Self::TooManyLimits => "registry.limits",
            Self::Store => "registry.store",
        }
    }
}

impl From<Exceeded> for ProveError {
    fn from(exceeded: Exceeded) -> Self {
        match exceeded {
            Exceeded::Rounds => Self::Rounds,
            Exceeded::Gas => Self::Work,
            Exceeded::Slots => Self::Run(RunError::Slots),
            Exceeded::Accounts => Self::Run(RunError::Accounts),
        }
    }
}

/// What the registry answered about one operation.
pub(crate) struct Judged {
    pub(crate) finalized: Answered,
    pub(crate) attested: Answered,
}

/// A call with the registry's answers at two verified heads. Made only by [`prove`].
///
/// ```compile_fail,E0451
/// fn forge(proven: policy::Proven) -> policy::Proven {
///     policy::Proven { ..proven }
/// }
/// ```
#[must_use]
pub struct Proven {
    pub(crate) authenticated: Authenticated,
    pub(crate) operations: Vec<Operation>,
    pub(crate) store: B256,
    pub(crate) judged: Vec<Judged>,
    pub(crate) evidence: Evidence,
    pub(crate) touched: Wanted,
    pub(crate) called: Vec<(Address, B256)>,
    pub(crate) asked_at_ms: u64,
    gas: (u64, u64),
}

impl Proven {
    /// What the runs read.
    #[must_use]
    pub const fn touched(&self) -> &Wanted {
        &self.touched
    }

    /// What the registry was asked, what it answered, and where.
    #[must_use]
    pub const fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// Gas of all runs, at the finalized and at the attested head.
    #[must_use]
    pub const fn gas(&self) -> (u64, u64) {
        self.gas
    }
}

impl fmt::Debug for Proven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Proven(..)")
    }
}

/// How far [`prove`] came.
#[derive(Debug)]
#[must_use]
pub enum Proving {
    /// This has to be proven first, at each head; then again.
    Missing {
        /// The call.
        authenticated: Authenticated,
        /// What is missing at the finalized head.
        finalized: Lacks,
        /// What is missing at the attested head.
        attested: Lacks,
    },
    /// The registry answered.
    Proven(Box<Proven>),
    /// The registry's answer can't be known.
    Failed {
        /// The call.
        authenticated: Authenticated,
        /// Why.
        error: ProveError,
    },
}

/// Asks the registry about every operation, at the finalized and at the attested head; and a caller that is a contract, whether it signed.
pub fn prove(
    mut authenticated: Authenticated,
    operations: Vec<Operation>,
    identity: &Identity,
    finalized: &ProvenState,
    attested: &ProvenState,
    machine: &Machine,
    now_ms: u64,
) -> Proving {
    if let Err(error) = check(&authenticated, &operations, finalized.head(), attested.head()) {
        return Proving::Failed { authenticated, error };
    }
    let mut work = core::mem::take(authenticated.work());
    let asked = ask_all(&authenticated, &operations, identity, [finalized, attested], machine, &mut work, now_ms);
    let Answers { judged, evaluations, at_finalized, at_attested } = match asked {
        Ok(asked) => asked,
        Err(error) => return Proving::Failed { authenticated, error },
    };
    if !at_finalized.missing.is_empty() || !at_attested.missing.is_empty() {
        if let Err(exceeded) = work.asks() {
            return Proving::Failed { authenticated, error: exceeded.into() };
        }
        *authenticated.work() = work;
        let lacks = |needed: Wanted, state| {
            // A head that lacks nothing is not asked about.
            if needed.is_empty() {
                return Lacks::default();
            }
            let likely = likely::of_call(state, &authenticated, &operations, identity);
            Lacks { needed, likely }
        };
        let (finalized, attested) = (lacks(at_finalized.missing, finalized), lacks(at_attested.missing, attested));
        return Proving::Missing { authenticated, finalized, attested };
    }
    let gas = (at_finalized.gas, at_attested.gas);
    let mut touched = at_finalized.touched;
    touched.merge(&at_attested.touched);
    let mut called = at_finalized.called;
    called.extend(at_attested.called);
    called.sort_unstable();
    called.dedup();
    let evidence = Evidence {
        evaluations,
        finalized: ledger_head(finalized.head()),
        attested: ledger_head(attested.head()),
        code: called.iter().map(|code| code_entry(code).into()).collect(),
    };
    let call = authenticated.call();
    let store = store_id(identity.chain_id, identity.registry, call.origin, call.salt);
    let asked_at_ms = now_ms;
    Proving::Proven(Box::new(Proven { authenticated, operations, store, judged, evidence, touched, called, asked_at_ms, gas }))
}

/// What all questions came to.
struct Answers<'s> {
    judged: Vec<Judged>,
    evaluations: Vec<Evaluation>,
    at_finalized: Asked<'s>,
    at_attested: Asked<'s>,
}

/// Every question at both heads. All are asked even if the first lacks something, so that one round trip brings what all of them lack.
fn ask_all<'s>(
    authenticated: &Authenticated,
    operations: &[Operation],
    identity: &'s Identity,
    heads: [&'s ProvenState; 2],
    machine: &'s Machine,
    work: &mut Work,
    now_ms: u64,
) -> Result<Answers<'s>, ProveError> {
    let call = authenticated.call();
    let store = store_id(identity.chain_id, identity.registry, call.origin, call.salt);
    let [finalized, attested] = heads;
    let mut at_finalized = Asked::new(At::Finalized, finalized, identity, machine);
    let mut at_attested = Asked::new(At::Attested, attested, identity, machine);
    if let Some(claim) = authenticated.claim() {
        at_finalized.account(claim, work)?;
        at_attested.account(claim, work)?;
    }
    let (mut judged, mut evaluations) = (Vec::new(), Vec::new());
    for (operation, number) in operations.iter().zip(1..) {
        let question = Question::new(authenticated, operation, identity, now_ms);
        let finalized = at_finalized.ask(number, &question, store, work)?;
        let attested = at_attested.ask(number, &question, store, work)?;
        if let (Some((finalized, finalized_abi)), Some((attested, attested_abi))) = (finalized, attested) {
            let evaluation = Evaluation {
                operation: operation.name.clone(),
                request: question.request().to_vec().into(),
                finalized: finalized_abi.to_vec().into(),
                attested: attested_abi.to_vec().into(),
            };
            judged.push(Judged { finalized, attested });
            evaluations.push(evaluation);
        }
    }
    Ok(Answers { judged, evaluations, at_finalized, at_attested })
}

fn check(
    authenticated: &Authenticated,
    operations: &[Operation],
    finalized: &VerifiedHead,
    attested: &VerifiedHead,
) -> Result<(), ProveError> {
    if operations.is_empty() {
        return Err(ProveError::NoOperation);
    }
    if operations.len() > OPERATIONS {
        return Err(ProveError::TooManyOperations);
    }
    if !operations.iter().all(|operation| operation.params.is_sorted_by(|a, b| a.name <= b.name)) {
        return Err(ProveError::Params);
    }
    if authenticated.call().minFinalizedSlot > finalized.slot().0 {
        return Err(ProveError::StaleChain);
    }
    if finalized.slot() > attested.slot() {
        return Err(ProveError::HeadOrder);
    }
    Ok(())
}

pub(crate) fn ledger_head(head: &VerifiedHead) -> Head {
    Head {
        slot: head.slot().0,
        root: head.root().into(),
        block_number: head.block_number(),
        block_hash: head.block_hash().into(),
        state_root: head.state_root().into(),
    }
}

fn code_entry((address, code_hash): &(Address, B256)) -> [u8; 52] {
    let mut entry = [0; 52];
    let (left, right) = entry.split_at_mut(Address::len_bytes());
    left.copy_from_slice(address.as_slice());
    right.copy_from_slice(code_hash.as_slice());
    entry
}
