//! The runs at one head, and how their answers are read.

use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::SolCall;
use chain::ProvenState;
use contracts_bindings::StoreRegistry::{authorizeCall, authorizeReturn};
use contracts_bindings::registry::{Decision, Subject};
use contracts_bindings::{AUTHORIZE_GAS, Status};

use crate::account::{AccountError, Claim, Said};
use crate::evm::{Ended, Ran, Run, run};
use crate::identity::Identity;
use crate::machine::Machine;
use crate::prove::ProveError;
use crate::request::Question;
use crate::wanted::Wanted;
use crate::work::{At, Work};

/// Limits in one decision, at most (`Interfaces.sol`).
const LIMITS: usize = 4;

/// What the registry answered at one head.
pub(crate) struct Answered {
    pub(crate) decision: Decision,
    pub(crate) subject: Subject,
}

/// The runs at one head, and what came together in them.
pub(crate) struct Asked<'s> {
    at: At,
    state: &'s ProvenState,
    identity: &'s Identity,
    machine: &'s Machine,
    /// Lacked by any of them.
    pub(crate) missing: Wanted,
    pub(crate) touched: Wanted,
    pub(crate) called: Vec<(Address, B256)>,
    pub(crate) gas: u64,
}

impl<'s> Asked<'s> {
    pub(crate) fn new(at: At, state: &'s ProvenState, identity: &'s Identity, machine: &'s Machine) -> Self {
        let (missing, touched, called) = (Wanted::default(), Wanted::default(), Vec::new());
        Self { at, state, identity, machine, missing, touched, called, gas: 0 }
    }

    /// One `isValidSignature`.
    pub(crate) fn account(&mut self, claim: &Claim, work: &mut Work) -> Result<(), AccountError> {
        match claim.ask(self.at, self.state, self.identity, self.machine, work)? {
            Said::Missing(missing) => self.missing.merge(&missing),
            Said::Accepted { touched, called } => self.ran(touched, called),
        }
        Ok(())
    }

    /// One `authorize`, the `number`th from 1 on; `None` if state is missing.
    pub(crate) fn ask(
        &mut self,
        number: usize,
        question: &Question,
        store: B256,
        work: &mut Work,
    ) -> Result<Option<(Answered, Bytes)>, ProveError> {
        let call = Run {
            from: Address::ZERO,
            to: self.identity.registry,
            data: &question.data,
            gas: AUTHORIZE_GAS,
            chain_id: self.identity.chain_id,
            code_hash: Some(self.identity.registry_code_hash),
        };
        let Ran { gas, ended } = run(self.state, &call, self.machine);
        work.ran(gas)?;
        self.gas = self.gas.saturating_add(gas);
        match ended {
            Ended::Missing { missing, touched } => {
                work.discarded((self.at, number), &touched, self.machine.bounds())?;
                self.missing.merge(&missing);
                Ok(None)
            }
            Ended::Returned { data, touched, called } => {
                work.returned((self.at, number), &touched, self.machine.bounds())?;
                self.ran(touched, called);
                Ok(Some((read(&data, store)?, data)))
            }
            Ended::Failed(error) => Err(error.into()),
        }
    }

    fn ran(&mut self, touched: Wanted, called: Vec<(Address, B256)>) {
        if self.touched.is_empty() {
            self.touched = touched;
        } else {
            self.touched.merge(&touched);
        }
        self.called.extend(called);
    }
}

/// Reads an answer that has exactly one encoding: no dirty bit, no short data, no trailing word, no gap.
fn read(data: &[u8], store: B256) -> Result<Answered, ProveError> {
    let answer = authorizeCall::abi_decode_returns_validate(data).map_err(|_| ProveError::Output)?;
    if authorizeCall::abi_encode_returns(&answer) != data {
        return Err(ProveError::Output);
    }
    let authorizeReturn { decision, subject } = answer;
    if Status::try_from(subject.status).is_err() {
        return Err(ProveError::Output);
    }
    if decision.limits.len() > LIMITS {
        return Err(ProveError::TooManyLimits);
    }
    if subject.store != store {
        return Err(ProveError::Store);
    }
    Ok(Answered { decision, subject })
}
