//! What a frozen vault does: it writes down why, and stays frozen.

use chain::{AnyLightClient, Conflict, Evidence};
use protocol::head_conflict::{Claim, ConflictStatus, Disputed, HeadConflict, SignedClaim};
use protocol::ledger::{self, Body};
use protocol::message::Problem;

use crate::append::{append, settle};
use crate::conversation::{Io, Stop};
use crate::ledger::Proposal;
use crate::state::{Shared, State};

/// Ends a tick of a vault whose light client has seen a conflict. If its ledger is open, both messages are in it before.
///
/// # Errors
/// [`Problem::HeadConflict`], or that the ledger can't be written to.
pub(crate) async fn check(io: &Io, shared: &Shared) -> Result<(), Stop> {
    let open = {
        let mut state = shared.state();
        let Some(conflict) = seen(&state).map(status) else { return Ok(()) };
        state.conflict = Some(conflict);
        state.serving.as_ref().is_some_and(|serving| serving.ready)
    };
    if open {
        // What is pending may be this very entry, from a tick that did not end.
        settle(io, shared).await?;
        if let Some(proposal) = unwritten(io, shared)? {
            append(io, shared, proposal, || {}).await?;
        }
        let mut state = shared.state();
        let written = state.serving()?.ledger.fold.conflict_of(&shared.boot_id);
        state.conflict = written.or(state.conflict);
    }
    Err(Stop(Problem::HeadConflict))
}

/// The entry about it, if the ledger has none of this boot.
fn unwritten(io: &Io, shared: &Shared) -> Result<Option<Proposal>, Stop> {
    let mut state = shared.state();
    if state.serving()?.ledger.fold.conflict_of(&shared.boot_id).is_some() {
        return Ok(None);
    }
    let time = state.time(io.now());
    Ok(seen(&state).map(|conflict| {
        let body = HeadConflict {
            version: ledger::VERSION,
            boot_id: shared.boot_id.into(),
            time,
            about: about(conflict.about),
            ours: signed(&conflict.ours),
            theirs: signed(&conflict.theirs),
        };
        Proposal { body: Body::HeadConflict(body), time, records: Vec::new(), reserved: false }
    }))
}

impl State {
    /// Whether this boot starts from before a conflict that the ledger has: then whoever signed its checkpoint has not said which side is
    /// right, and a restart would let a host choose.
    pub(crate) fn starts_before_a_conflict(&mut self) -> Result<bool, Stop> {
        let started = crate::boot::started_from(self.checkpoint.as_ref())?;
        let conflict = self.serving()?.ledger.fold.conflict();
        let before = conflict.filter(|conflict| started.slot <= conflict.slot());
        self.conflict = before.or(self.conflict);
        Ok(before.is_some())
    }
}

fn seen(state: &State) -> Option<&Conflict> {
    state.light.as_ref().and_then(AnyLightClient::conflict)
}

fn status(conflict: &Conflict) -> ConflictStatus {
    let Conflict { about: disputed, ours, theirs } = conflict;
    ConflictStatus { about: about(*disputed), ours: claim(ours), theirs: claim(theirs), entry: None }
}

const fn about(disputed: chain::Disputed) -> Disputed {
    match disputed {
        chain::Disputed::Finality => Disputed::Finality,
        chain::Disputed::NextCommittee => Disputed::NextCommittee,
    }
}

fn claim(evidence: &Evidence) -> Claim {
    Claim { slot: evidence.slot.0, root: evidence.root.into() }
}

fn signed(evidence: &Evidence) -> SignedClaim {
    SignedClaim { claim: claim(evidence), signed: evidence.signed.as_ref().map(|ssz| ssz.to_vec().into()) }
}
