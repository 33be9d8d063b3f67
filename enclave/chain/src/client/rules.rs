//! What a message must be before its signature is looked at, rule by rule (consensus-specs `validate_light_client_update`).
use super::{AdvanceError, LightClient};
use crate::committee::CommitteeBytes;
use crate::header::{ConnectedHeader, Disconnected, Header};
use crate::merkle::{self, Node};
use crate::objects::{Finality, NextCommittee};
use crate::{Preset, Slot};

/// What an update would change.
pub(super) struct Moves {
    pub(super) finalizes: bool,
    pub(super) attests: bool,
    pub(super) supplies: bool,
}

impl Moves {
    pub(super) const fn any(&self) -> bool {
        self.finalizes || self.attests || self.supplies
    }
}

impl<P: Preset> LightClient<P> {
    pub(super) fn check_slots(
        &self,
        attested: &Header<'_>,
        finality: Option<&Finality<'_>>,
        signature_slot: Slot,
        now: u64,
    ) -> Result<(), AdvanceError> {
        let current = self.network.slot_at(now).ok_or(AdvanceError::BeforeGenesis)?;
        if signature_slot > current {
            return Err(AdvanceError::SignatureFromFuture { slot: signature_slot });
        }
        if signature_slot <= attested.slot {
            return Err(AdvanceError::SignatureNotAfterAttested);
        }
        match finality {
            Some(finality) if finality.header.slot > attested.slot => Err(AdvanceError::FinalizedAfterAttested),
            Some(_) | None => Ok(()),
        }
    }

    /// Whether it is the next committee whose members sign in this slot, and not the current one.
    pub(super) fn signs_next(&self, signature_slot: Slot) -> Result<bool, AdvanceError> {
        let period = signature_slot.period::<P>();
        if period == self.finalized.slot().period::<P>() {
            return Ok(false);
        }
        if self.next.is_some() && self.is_next_period(signature_slot) {
            return Ok(true);
        }
        Err(AdvanceError::UnknownPeriod { period })
    }

    /// The specification's rule of relevance. What is relevant and moves nothing is checked all the same.
    pub(super) fn is_relevant(&self, attested: &Header<'_>, has_next: bool) -> bool {
        let same_period = attested.slot.period::<P>() == self.finalized.slot().period::<P>();
        attested.slot > self.finalized.slot() || (has_next && self.next.is_none() && same_period)
    }

    pub(super) fn is_next_period(&self, slot: Slot) -> bool {
        self.finalized.slot().period::<P>().checked_add(1) == Some(slot.period::<P>())
    }

    pub(super) fn moves(&self, attested: &Header<'_>, finality: Option<&Finality<'_>>, has_next: bool) -> Moves {
        let finalized = finality.map(|finality| &finality.header);
        let period = self.finalized.slot().period::<P>();
        Moves {
            finalizes: finalized.is_some_and(|header| header.slot > self.finalized.slot()),
            attests: attested.slot > self.attested.slot(),
            supplies: has_next
                && self.next.is_none()
                && attested.slot.period::<P>() == period
                && finalized.is_some_and(|header| header.slot.period::<P>() == period),
        }
    }

    pub(super) fn connect(&self, header: &Header<'_>, broken: AdvanceError) -> Result<ConnectedHeader, AdvanceError> {
        header.connect(&self.network).map_err(|error| match error {
            Disconnected::UnsupportedFork => AdvanceError::UnsupportedFork { slot: header.slot },
            Disconnected::ExecutionBranch => broken,
        })
    }

    /// The finalized header and the epoch whose checkpoint it is, which stands beside its root in the state. The attested state calls
    /// genesis finalized by a zero root, and then there is none.
    pub(super) fn check_finality(
        &self,
        finality: &Finality<'_>,
        attested: &ConnectedHeader,
    ) -> Result<Option<(ConnectedHeader, u64)>, AdvanceError> {
        let Finality { header, absent, branch } = finality;
        let root = if *absent { [0; 32] } else { header.root };
        // consensus-specs: a header of slot 0 is the default one.
        let genesis = header.slot == Slot(0) && !*absent;
        if genesis || !attested.layout.finalized_root().holds(&root, branch, &attested.state_root) {
            return Err(AdvanceError::FinalityBranch);
        }
        if *absent {
            return Ok(None);
        }
        let epoch = branch.first().and_then(merkle::read_number).ok_or(AdvanceError::FinalityBranch)?;
        self.connect(header, AdvanceError::FinalizedExecutionBranch).map(|header| Some((header, epoch)))
    }

    /// The next committee with its root, as the attested state has it.
    pub(super) fn check_committee<'a, 'b>(
        next: &'b NextCommittee<'a>,
        attested: &ConnectedHeader,
    ) -> Result<(&'b CommitteeBytes<'a>, Node), AdvanceError> {
        let NextCommittee { committee, branch } = next;
        let root = committee.root::<P>();
        if attested.layout.next_committee().holds(&root, branch, &attested.state_root) {
            Ok((committee, root))
        } else {
            Err(AdvanceError::CommitteeBranch)
        }
    }
}
