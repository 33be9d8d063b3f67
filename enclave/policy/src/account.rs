//! Contract accounts as callers: what their code says of a signature, at both heads (EIP-1271).
//!
//! A contract's owners, and what counts as their signature, are state like any other: whoever was an owner when the signature was made and
//! is none at the newest head signs nothing any more.

use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::{SolCall, sol};
use chain::ProvenState;
pub use protocol::signatures::SIGNATURE_GAS;

use crate::authenticate::{AuthenticateError, Authenticated, Claimed};
use crate::evm::{Ended, Ran, Run, RunError, run};
use crate::identity::Identity;
use crate::likely;
use crate::machine::Machine;
use crate::replay::ReplayCache;
use crate::wanted::{Lacks, Wanted};
use crate::work::{At, Exceeded, Work};

sol! {
    /// EIP-1271.
    function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
}

/// EIP-1271 `MAGICVALUE`, the function's own selector, as a bytes4 is returned.
const MAGIC_WORD: [u8; 32] = {
    let ([a, b, c, d], mut word) = (isValidSignatureCall::SELECTOR, [0; 32]);
    [word[0], word[1], word[2], word[3]] = [a, b, c, d];
    word
};

/// The account's place among a decision's questions.
const ACCOUNT: usize = 0;

/// Why a contract account did not sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// It answered, and not with the one word that means yes.
    #[error("contract does not accept the signature")]
    NotAccepted,
    /// It gave no answer, or there is no contract.
    #[error("contract gave no answer: {0}")]
    Run(#[from] RunError),
    /// More round trips than the bound.
    #[error("signature took more round trips than the bound")]
    Rounds,
    /// More gas than the bound, all runs together.
    #[error("signature took more gas than the bound")]
    Gas,
}

impl AccountError {
    /// A rule for the refusal, short ASCII.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::NotAccepted => "account.signature",
            Self::Run(error) => error.rule(),
            Self::Rounds => "evm.rounds",
            Self::Gas => "evm.work",
        }
    }
}

impl From<Exceeded> for AccountError {
    fn from(exceeded: Exceeded) -> Self {
        match exceeded {
            Exceeded::Rounds => Self::Rounds,
            Exceeded::Gas => Self::Gas,
            Exceeded::Slots => Self::Run(RunError::Slots),
            Exceeded::Accounts => Self::Run(RunError::Accounts),
        }
    }
}

/// What a contract must accept.
#[derive(Clone, Debug)]
pub(crate) struct Claim {
    pub(crate) account: Address,
    pub(crate) digest: B256,
    pub(crate) signature: Bytes,
}

/// What one head says of a claim.
pub(crate) enum Said {
    Accepted { touched: Wanted, called: Vec<(Address, B256)> },
    Missing(Wanted),
}

impl Claim {
    /// Asks the contract at one head. The magic value, alone in one word, is yes.
    pub(crate) fn ask(
        &self,
        at: At,
        state: &ProvenState,
        identity: &Identity,
        machine: &Machine,
        work: &mut Work,
    ) -> Result<Said, AccountError> {
        let Self { account, digest, signature } = self;
        let data = isValidSignatureCall { hash: *digest, signature: signature.clone() }.abi_encode().into();
        let call = Run {
            from: Address::ZERO,
            to: *account,
            data: &data,
            gas: SIGNATURE_GAS,
            chain_id: identity.chain_id,
            code_hash: None,
        };
        let Ran { gas, ended } = run(state, &call, machine);
        work.ran(gas)?;
        match ended {
            Ended::Missing { missing, touched } => {
                work.discarded((at, ACCOUNT), &touched, machine.bounds())?;
                Ok(Said::Missing(missing))
            }
            Ended::Returned { data, touched, called } if **data == MAGIC_WORD => {
                work.returned((at, ACCOUNT), &touched, machine.bounds())?;
                Ok(Said::Accepted { touched, called })
            }
            Ended::Returned { .. } => Err(AccountError::NotAccepted),
            Ended::Failed(error) => Err(error.into()),
        }
    }
}

/// How far [`confirm`] came.
#[derive(Debug)]
#[must_use]
pub enum Confirming {
    /// This has to be proven first, at each head; then again.
    Missing {
        /// The claim.
        claimed: Claimed,
        /// What is missing at the finalized head.
        finalized: Lacks,
        /// What is missing at the attested head.
        attested: Lacks,
    },
    /// The contract signed, by both heads.
    Confirmed(Confirmed),
    /// It did not.
    Refused(AccountError),
}

/// A call that its caller, a contract, signed. It is taken by [`Confirmed::take`], once.
#[derive(Debug)]
#[must_use]
pub struct Confirmed(Claimed);

impl Confirmed {
    /// Takes the call, if its window is still open and it was not made before.
    ///
    /// # Errors
    /// [`AuthenticateError`] names the rule.
    pub fn take(self, now_ms: u64, seen: &mut ReplayCache) -> Result<Authenticated, AuthenticateError> {
        self.0.taken(now_ms, seen)
    }
}

/// Asks the contract that a call names as its caller whether it signed, at the finalized and at the attested head.
///
/// [`crate::prove`] asks again at the heads that it decides at; here it is so that nothing is remembered, and nothing written down, for whom
/// nobody knows.
pub fn confirm(
    mut claimed: Claimed,
    identity: &Identity,
    finalized: &ProvenState,
    attested: &ProvenState,
    machine: &Machine,
) -> Confirming {
    let mut missing = [Lacks::default(), Lacks::default()];
    let places = [(At::Finalized, finalized), (At::Attested, attested)];
    for ((at, state), missing) in places.into_iter().zip(&mut missing) {
        let claim = claimed.claim().clone();
        match claim.ask(at, state, identity, machine, claimed.work()) {
            Ok(Said::Accepted { .. }) => {}
            Ok(Said::Missing(needed)) => *missing = Lacks { needed, likely: likely::of_account(state, claim.account) },
            Err(error) => return Confirming::Refused(error),
        }
    }
    let [finalized, attested] = missing;
    if finalized.is_empty() && attested.is_empty() {
        return Confirming::Confirmed(Confirmed(claimed));
    }
    match claimed.work().asks() {
        Ok(()) => Confirming::Missing { claimed, finalized, attested },
        Err(exceeded) => Confirming::Refused(exceeded.into()),
    }
}
