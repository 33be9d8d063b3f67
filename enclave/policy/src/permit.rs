//! Leave to do what one call asks, once, for a few seconds.

use core::fmt;

use alloy_primitives::{Address, B256};
use contracts_bindings::registry::{Limit, Subject};
use protocol::call::Call;
use protocol::ledger::{Evidence, Head};

use crate::authenticate::Authenticated;
use crate::operation::Operation;
use crate::wanted::Wanted;

/// Leave to use the credential of one store for one call. Made only by [`crate::decide`], and used up by whoever performs the call.
///
/// ```compile_fail,E0451
/// fn forge(permit: policy::Permit) -> policy::Permit {
///     policy::Permit { deadline_ms: u64::MAX, ..permit }
/// }
/// ```
/// ```compile_fail,E0599
/// fn copy(permit: &policy::Permit) -> policy::Permit {
///     permit.clone()
/// }
/// ```
#[must_use]
pub struct Permit {
    pub(crate) authenticated: Authenticated,
    pub(crate) operations: Vec<Operation>,
    pub(crate) store: B256,
    pub(crate) subject: Subject,
    pub(crate) projection: B256,
    pub(crate) limits: Vec<(Subject, Limit)>,
    pub(crate) evidence: Evidence,
    pub(crate) touched: Wanted,
    pub(crate) called: Vec<(Address, B256)>,
    pub(crate) deadline_ms: u64,
}

impl Permit {
    /// What the caller signed.
    #[must_use]
    pub const fn call(&self) -> &Call {
        self.authenticated.call()
    }

    /// The call.
    pub const fn authenticated(&self) -> &Authenticated {
        &self.authenticated
    }

    /// The store whose credential may be used.
    #[must_use]
    pub const fn store(&self) -> B256 {
        self.store
    }

    /// What the registry knows of the store at the attested head.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// What may be done.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// Which view of the response the caller gets; zero for all of it.
    #[must_use]
    pub const fn projection(&self) -> B256 {
        self.projection
    }

    /// Every limit to reserve, with the subject whose portfolio and tenure name its bucket.
    #[must_use]
    pub fn limits(&self) -> &[(Subject, Limit)] {
        &self.limits
    }

    /// The finalized and the attested head.
    #[must_use]
    pub const fn heads(&self) -> (&Head, &Head) {
        (&self.evidence.finalized, &self.evidence.attested)
    }

    /// All that is needed to run the decision again.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        self.evidence.clone()
    }

    /// Unix milliseconds from which on it is void.
    #[must_use]
    pub const fn deadline_ms(&self) -> u64 {
        self.deadline_ms
    }

    /// Whether it may still be used.
    #[must_use]
    pub const fn live(&self, now_ms: u64) -> bool {
        now_ms < self.deadline_ms
    }

    /// What the runs read, at both heads.
    #[must_use]
    pub const fn touched(&self) -> &Wanted {
        &self.touched
    }

    /// Code that ran at either head, with its hash, ascending.
    #[must_use]
    pub fn called(&self) -> &[(Address, B256)] {
        &self.called
    }

    /// Gives the permit up for its call.
    pub fn into_authenticated(self) -> Authenticated {
        self.authenticated.rested()
    }
}

impl fmt::Debug for Permit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Permit(..)")
    }
}
