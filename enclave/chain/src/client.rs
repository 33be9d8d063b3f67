mod any;
mod error;
mod head;

use std::marker::PhantomData;
use std::sync::Arc;

pub use self::any::AnyLightClient;
pub use self::error::{AdvanceError, BootstrapError, Conflict};
pub use self::head::{BeaconHead, VerifiedHead};
use crate::committee::{Committee, CommitteeBytes};
use crate::header::{self, ConnectedHeader, Disconnected, Header};
use crate::merkle::{self, CURRENT_COMMITTEE, FINALIZED_ROOT, NEXT_COMMITTEE, Node};
use crate::objects::{Bootstrap, Finality, NextCommittee, SignedHeader, leading_slot};
use crate::{AcceptedCheckpoint, Network, Preset, Slot};

/// Updates asked for at once, at most (consensus-specs `MAX_REQUEST_LIGHT_CLIENT_UPDATES`).
pub const MAX_UPDATES: u64 = 128;

/// An SSZ object from a beacon node (consensus-specs altair `light-client/sync-protocol.md`).
#[derive(Clone, Copy, Debug)]
pub enum Message<'a> {
    /// `LightClientUpdate`.
    Update(&'a [u8]),
    /// `LightClientFinalityUpdate`.
    Finality(&'a [u8]),
    /// `LightClientOptimisticUpdate`: moves the attested head only.
    Optimistic(&'a [u8]),
}

/// What an accepted message moved. At least one is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advanced {
    /// The finalized head is a newer one.
    pub finalized: bool,
    /// The attested head is a newer one.
    pub attested: bool,
    /// The next committee was not known before and now is.
    pub committee: bool,
}

/// What the client lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// `LightClientUpdate`s: the next committee is unknown, or the client is periods behind.
    Updates {
        /// First period.
        period: u64,
        /// 1 to [`MAX_UPDATES`].
        count: u64,
    },
    /// The newest finality update and optimistic update.
    Heads,
}

/// Follows a chain from a checkpoint by the signatures of its sync committees (consensus-specs `light-client/sync-protocol.md`),
/// stricter than the specification: two thirds of the committee for everything, finality for the finalized head, no force update.
pub struct LightClient<P: Preset> {
    network: Network,
    finalized: BeaconHead,
    /// At least as new as `finalized`.
    attested: BeaconHead,
    /// Committee of the finalized head's period.
    current: Arc<Committee>,
    /// Committee of the period after it.
    next: Option<Arc<Committee>>,
    conflict: Option<Conflict>,
    preset: PhantomData<P>,
}

impl<P: Preset> core::fmt::Debug for LightClient<P> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("LightClient")
            .field("finalized", &self.finalized)
            .field("attested", &self.attested)
            .field("conflict", &self.conflict)
            .finish_non_exhaustive()
    }
}

impl<P: Preset> LightClient<P> {
    /// Starts from a checkpoint and the `LightClientBootstrap` of its block. The checkpoint's block counts as finalized.
    ///
    /// # Errors
    /// When the bytes are not that block's header and committee.
    pub fn bootstrap(network: Network, checkpoint: AcceptedCheckpoint, ssz: &[u8]) -> Result<Self, BootstrapError> {
        if network.preset() != P::NAME {
            return Err(BootstrapError::OtherPreset);
        }
        let slot = leading_slot(ssz)?;
        if !header::supported(&network, slot) {
            return Err(BootstrapError::UnsupportedFork { slot });
        }
        let Bootstrap { header, committee, committee_branch } = Bootstrap::read::<P>(ssz)?;
        if header.root != checkpoint.root() || header.slot != checkpoint.slot() {
            return Err(BootstrapError::OtherBlock);
        }
        let header = header.connect(&network).map_err(|error| BootstrapError::of(&error, slot))?;
        let committee_root = committee.root::<P>();
        if !CURRENT_COMMITTEE.holds(&committee_root, &committee_branch, &header.state_root) {
            return Err(BootstrapError::CommitteeBranch);
        }
        let current = Committee::validate(&committee, committee_root).map_err(|_| BootstrapError::CommitteeKeys)?;
        let head = BeaconHead::new(&header);
        Ok(Self {
            network,
            finalized: head,
            attested: head,
            current: Arc::new(current),
            next: None,
            conflict: None,
            preset: PhantomData,
        })
    }

    /// Checks and applies a message. `now` is trusted time in unix seconds. After an error the old state stands.
    ///
    /// # Errors
    /// When any rule is broken; see [`AdvanceError`].
    pub fn advance(&mut self, message: Message<'_>, now: u64) -> Result<Advanced, AdvanceError> {
        if self.conflict.is_some() {
            return Err(AdvanceError::Frozen);
        }
        let (Message::Update(ssz) | Message::Finality(ssz) | Message::Optimistic(ssz)) = message;
        let slot = leading_slot(ssz)?;
        if !header::supported(&self.network, slot) {
            return Err(AdvanceError::UnsupportedFork { slot });
        }
        self.apply(SignedHeader::read::<P>(message)?, now)
    }

    /// What to ask for at `now` (trusted time, unix seconds). At the start of a period no update with a next committee exists
    /// yet: updates that bring nothing new are no reason not to ask for heads.
    #[must_use]
    pub fn wants(&self, now: u64) -> Wants {
        let known = self.finalized.slot().period::<P>();
        let current = self.network.slot_at(now).map_or(known, Slot::period::<P>);
        let first = if self.next.is_some() { known.saturating_add(1) } else { known };
        // With the next committee known, its whole period can be followed by heads alone.
        let behind = current.saturating_sub(first);
        if self.next.is_some() && behind == 0 {
            return Wants::Heads;
        }
        Wants::Updates { period: first, count: behind.saturating_add(1).min(MAX_UPDATES) }
    }

    /// The newest finalized head. `None` once the client is frozen.
    #[must_use]
    pub const fn finalized(&self) -> Option<BeaconHead> {
        if self.conflict.is_some() { None } else { Some(self.finalized) }
    }

    /// The newest head that two thirds of a known committee signed, never older than the finalized one. `None` once the
    /// client is frozen.
    #[must_use]
    pub const fn attested(&self) -> Option<BeaconHead> {
        if self.conflict.is_some() { None } else { Some(self.attested) }
    }

    /// The conflict that froze the client.
    #[must_use]
    pub const fn conflict(&self) -> Option<&Conflict> {
        self.conflict.as_ref()
    }

    /// The network that it follows.
    #[must_use]
    pub const fn network(&self) -> &Network {
        &self.network
    }

    /// consensus-specs `validate_light_client_update` and `apply_light_client_update`, cheap rules first.
    fn apply(&mut self, message: SignedHeader<'_>, now: u64) -> Result<Advanced, AdvanceError> {
        let SignedHeader { attested, finality, next, aggregate, signature_slot } = message;

        let signers = aggregate.signers();
        if signers < P::MIN_SIGNERS {
            return Err(AdvanceError::TooFewSigners { signers });
        }
        self.check_slots(&attested, finality.as_ref(), signature_slot, now)?;
        let committee = self.committee_of(signature_slot)?;
        let moves = self.moves(&attested, finality.as_ref(), next.is_some());
        if !moves.any() {
            return Err(AdvanceError::NotNewer);
        }

        let attested = self.connect(attested, AdvanceError::AttestedExecutionBranch)?;
        let finalized = finality.map(|finality| self.check_finality(finality, &attested)).transpose()?;
        let next = next.map(|next| Self::check_committee(next, &attested)).transpose()?;

        let domain =
            self.network.sync_committee_domain(signature_slot).ok_or(AdvanceError::UnsupportedFork { slot: signature_slot })?;
        if !committee.signed(&aggregate, &merkle::pair(&attested.root, &domain)) {
            return Err(AdvanceError::Signature);
        }

        if let (true, Some(theirs)) = (moves.conflicts, &finalized) {
            let conflict = Conflict { slot: theirs.slot, ours: self.finalized.root(), theirs: theirs.root };
            self.conflict = Some(conflict);
            return Err(AdvanceError::Conflict(conflict));
        }

        if next.as_ref().is_some_and(|(_, root)| self.differs(attested.slot, root)) {
            return Err(AdvanceError::CommitteeDiffers);
        }

        // Last of what can fail, so that only signed keys cost the time of a validation.
        let rotates = moves.finalizes && finalized.as_ref().is_some_and(|head| self.is_next_period(head.slot));
        let wanted = if rotates || moves.supplies { next } else { None };
        let supplied = wanted.map(|(committee, root)| self.validated(&committee, root)).transpose()?;

        let committee_known = supplied.is_some();
        if rotates {
            // `committee_of` has accepted the signature's period, so the committee of this one is known.
            let Some(current) = self.next.take() else {
                return Err(AdvanceError::UnknownPeriod { period: signature_slot.period::<P>() });
            };
            self.current = current;
            self.next = supplied;
        } else if committee_known {
            self.next = supplied;
        }
        if let (true, Some(header)) = (moves.finalizes, &finalized) {
            self.finalized = BeaconHead::new(header);
        }
        if moves.attests {
            self.attested = BeaconHead::new(&attested);
        }
        if self.finalized.slot() >= self.attested.slot() {
            // Also at the same slot: what is final has replaced what was only attested.
            self.attested = self.finalized;
        }
        Ok(Advanced { finalized: moves.finalizes, attested: moves.attests, committee: committee_known })
    }

    fn check_slots(
        &self,
        attested: &Header,
        finality: Option<&Finality>,
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
            Some(finality) if finality.header.slot == Slot(0) => Err(AdvanceError::NotFinal),
            Some(finality) if finality.header.slot > attested.slot => Err(AdvanceError::FinalizedAfterAttested),
            Some(_) | None => Ok(()),
        }
    }

    /// The committee whose members sign in this slot.
    fn committee_of(&self, signature_slot: Slot) -> Result<Arc<Committee>, AdvanceError> {
        let period = signature_slot.period::<P>();
        if period == self.finalized.slot().period::<P>() {
            return Ok(Arc::clone(&self.current));
        }
        match &self.next {
            Some(next) if self.is_next_period(signature_slot) => Ok(Arc::clone(next)),
            Some(_) | None => Err(AdvanceError::UnknownPeriod { period }),
        }
    }

    fn is_next_period(&self, slot: Slot) -> bool {
        self.finalized.slot().period::<P>().checked_add(1) == Some(slot.period::<P>())
    }

    fn moves(&self, attested: &Header, finality: Option<&Finality>, has_next: bool) -> Moves {
        let finalized = finality.map(|finality| &finality.header);
        let period = self.finalized.slot().period::<P>();
        Moves {
            finalizes: finalized.is_some_and(|header| header.slot > self.finalized.slot()),
            conflicts: finalized
                .is_some_and(|header| header.slot == self.finalized.slot() && header.root != self.finalized.root()),
            attests: attested.slot > self.attested.slot(),
            supplies: has_next
                && self.next.is_none()
                && attested.slot.period::<P>() == period
                && finalized.is_some_and(|header| header.slot.period::<P>() == period),
        }
    }

    fn connect(&self, header: Header, broken: AdvanceError) -> Result<ConnectedHeader, AdvanceError> {
        let slot = header.slot;
        header.connect(&self.network).map_err(|error| match error {
            Disconnected::UnsupportedFork => AdvanceError::UnsupportedFork { slot },
            Disconnected::ExecutionBranch => broken,
        })
    }

    fn check_finality(&self, finality: Finality, attested: &ConnectedHeader) -> Result<ConnectedHeader, AdvanceError> {
        let Finality { header, branch } = finality;
        if !FINALIZED_ROOT.holds(&header.root, &branch, &attested.state_root) {
            return Err(AdvanceError::FinalityBranch);
        }
        self.connect(header, AdvanceError::FinalizedExecutionBranch)
    }

    /// The next committee with its root, as the attested state has it.
    fn check_committee<'a>(
        next: NextCommittee<'a>,
        attested: &ConnectedHeader,
    ) -> Result<(CommitteeBytes<'a>, Node), AdvanceError> {
        let NextCommittee { committee, branch } = next;
        let root = committee.root::<P>();
        if NEXT_COMMITTEE.holds(&root, &branch, &attested.state_root) {
            Ok((committee, root))
        } else {
            Err(AdvanceError::CommitteeBranch)
        }
    }

    /// Whether a state of this slot must hold the known next committee, and holds another.
    fn differs(&self, slot: Slot, root: &Node) -> bool {
        slot.period::<P>() == self.finalized.slot().period::<P>() && self.next.as_ref().is_some_and(|known| known.root() != root)
    }

    /// The committee with its keys; validated once, even if it serves for several periods as on a small network.
    fn validated(&self, bytes: &CommitteeBytes<'_>, root: Node) -> Result<Arc<Committee>, AdvanceError> {
        if let Some(known) = self.next.iter().chain([&self.current]).find(|known| *known.root() == root) {
            return Ok(Arc::clone(known));
        }
        Committee::validate(bytes, root).map(Arc::new).map_err(|_| AdvanceError::CommitteeKeys)
    }
}

/// What an update would change.
#[expect(clippy::struct_excessive_bools, reason = "four independent answers, each read once")]
struct Moves {
    finalizes: bool,
    conflicts: bool,
    attests: bool,
    supplies: bool,
}

impl Moves {
    const fn any(&self) -> bool {
        self.finalizes || self.conflicts || self.attests || self.supplies
    }
}
