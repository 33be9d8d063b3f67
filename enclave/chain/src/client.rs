mod any;
mod conflict;
mod error;
mod head;

use core::marker::PhantomData;

pub use self::any::AnyLightClient;
pub use self::conflict::{Conflict, Evidence};
pub use self::error::{AdvanceError, BootstrapError};
pub use self::head::{BeaconHead, VerifiedHead};
use crate::committee::{Committee, CommitteeBytes, InvalidKeys};
use crate::header::{ConnectedHeader, Disconnected, Header};
use crate::merkle::{self, Node};
use crate::objects::{Bootstrap, Finality, Kind, NextCommittee, SignedHeader};
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

/// What an accepted message moved. Nothing, if all of it was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advanced {
    /// The finalized head is a newer one.
    pub finalized: bool,
    /// The attested head is a newer one.
    pub attested: bool,
    /// The next committee was not known before and now is.
    pub committee: bool,
}

impl Advanced {
    /// Whether anything is newer than before.
    #[must_use]
    pub const fn any(&self) -> bool {
        self.finalized || self.attested || self.committee
    }
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
    current: Committee,
    /// Committee of the period after it.
    next: Option<Committee>,
    /// What made the finalized head final.
    evidence: Evidence,
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
        let slot = Kind::Bootstrap.slot::<P>(ssz)?;
        let layout = network.layout_at(slot).ok_or(BootstrapError::UnsupportedFork { slot })?;
        let Bootstrap { header, committee, committee_branch } = Bootstrap::read::<P>(ssz, layout)?;
        if header.root != checkpoint.root() || header.slot != checkpoint.slot() {
            return Err(BootstrapError::OtherBlock);
        }
        let header = header.connect(&network).map_err(|error| BootstrapError::of(&error, slot))?;
        let committee_root = committee.root::<P>();
        if !layout.current_committee().holds(&committee_root, committee_branch, &header.state_root) {
            return Err(BootstrapError::CommitteeBranch);
        }
        let head = BeaconHead::new(&header);
        Ok(Self {
            network,
            finalized: head,
            attested: head,
            current: Committee::new(&committee, committee_root),
            next: None,
            evidence: Evidence::checkpoint(head.root()),
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
        let slot = message.kind().slot::<P>(message.ssz())?;
        let layout = self.network.layout_at(slot).ok_or(AdvanceError::UnsupportedFork { slot })?;
        self.apply(&SignedHeader::read::<P>(message, layout)?, message, now)
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
    fn apply(&mut self, signed: &SignedHeader<'_>, message: Message<'_>, now: u64) -> Result<Advanced, AdvanceError> {
        let SignedHeader { attested, finality, next, aggregate, signature_slot } = signed;
        let finality = finality.as_ref().filter(|finality| !finality.is_none());
        let next = next.as_ref().filter(|next| !next.is_none());

        let signers = aggregate.signers();
        if signers < P::MIN_SIGNERS {
            return Err(AdvanceError::TooFewSigners { signers });
        }
        self.check_slots(attested, finality, *signature_slot, now)?;
        let signs_next = self.signs_next(*signature_slot)?;
        let moves = self.moves(attested, finality, next.is_some());
        if !moves.any() && !self.is_relevant(attested, next.is_some()) {
            return Err(AdvanceError::NotNewer);
        }

        let attested = self.connect(attested, AdvanceError::AttestedExecutionBranch)?;
        let finalized = finality.map(|finality| self.check_finality(finality, &attested)).transpose()?.flatten();
        let next = next.map(|next| Self::check_committee(next, &attested)).transpose()?;

        let domain =
            self.network.sync_committee_domain(*signature_slot).ok_or(AdvanceError::UnsupportedFork { slot: *signature_slot })?;
        let committee = match &mut self.next {
            Some(committee) if signs_next => committee,
            Some(_) | None => &mut self.current,
        };
        match committee.signed(aggregate, &merkle::pair(&attested.root, &domain)) {
            Ok(true) => {}
            Ok(false) => return Err(AdvanceError::Signature),
            Err(InvalidKeys) => return Err(AdvanceError::CommitteeKeys),
        }

        if let (true, Some(theirs)) = (moves.conflicts, &finalized) {
            let (ours, theirs) = (self.evidence.clone(), Evidence::message(theirs.root, message));
            let slot = self.finalized.slot();
            self.conflict = Some(Conflict { slot, ours, theirs });
            return Err(AdvanceError::Conflict { slot });
        }

        if next.as_ref().is_some_and(|(_, root)| self.differs(attested.slot, root)) {
            return Err(AdvanceError::CommitteeDiffers);
        }

        // Nothing fails from here on.
        let rotates = moves.finalizes && finalized.as_ref().is_some_and(|head| self.is_next_period(head.slot));
        let supplied = next.filter(|_| rotates || moves.supplies).map(|(committee, root)| self.known_or_new(committee, root));
        let committee_known = supplied.is_some();
        if rotates {
            // The signature is of this period or later, so `signs_next` has found its committee.
            if let Some(current) = self.next.take() {
                self.current = current;
            }
        }
        if committee_known {
            self.next = supplied;
        }
        if let (true, Some(header)) = (moves.finalizes, &finalized) {
            self.finalized = BeaconHead::new(header);
            self.evidence = Evidence::message(header.root, message);
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
    fn signs_next(&self, signature_slot: Slot) -> Result<bool, AdvanceError> {
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
    fn is_relevant(&self, attested: &Header<'_>, has_next: bool) -> bool {
        let same_period = attested.slot.period::<P>() == self.finalized.slot().period::<P>();
        attested.slot > self.finalized.slot() || (has_next && self.next.is_none() && same_period)
    }

    fn is_next_period(&self, slot: Slot) -> bool {
        self.finalized.slot().period::<P>().checked_add(1) == Some(slot.period::<P>())
    }

    fn moves(&self, attested: &Header<'_>, finality: Option<&Finality<'_>>, has_next: bool) -> Moves {
        let finalized = finality.map(|finality| &finality.header);
        let period = self.finalized.slot().period::<P>();
        Moves {
            finalizes: finalized.is_some_and(|header| header.slot > self.finalized.slot()),
            conflicts: finality.is_some_and(|finality| {
                let header = &finality.header;
                !finality.absent && header.slot == self.finalized.slot() && header.root != self.finalized.root()
            }),
            attests: attested.slot > self.attested.slot(),
            supplies: has_next
                && self.next.is_none()
                && attested.slot.period::<P>() == period
                && finalized.is_some_and(|header| header.slot.period::<P>() == period),
        }
    }

    fn connect(&self, header: &Header<'_>, broken: AdvanceError) -> Result<ConnectedHeader, AdvanceError> {
        header.connect(&self.network).map_err(|error| match error {
            Disconnected::UnsupportedFork => AdvanceError::UnsupportedFork { slot: header.slot },
            Disconnected::ExecutionBranch => broken,
        })
    }

    /// The finalized header. The attested state calls genesis finalized by a zero root, and then there is none.
    fn check_finality(
        &self,
        finality: &Finality<'_>,
        attested: &ConnectedHeader,
    ) -> Result<Option<ConnectedHeader>, AdvanceError> {
        let Finality { header, absent, branch } = finality;
        let root = if *absent { [0; 32] } else { header.root };
        if !attested.layout.finalized_root().holds(&root, branch, &attested.state_root) {
            return Err(AdvanceError::FinalityBranch);
        }
        if *absent { Ok(None) } else { self.connect(header, AdvanceError::FinalizedExecutionBranch).map(Some) }
    }

    /// The next committee with its root, as the attested state has it.
    fn check_committee<'a, 'b>(
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

    /// Whether a state of this slot must hold the known next committee, and holds another.
    fn differs(&self, slot: Slot, root: &Node) -> bool {
        slot.period::<P>() == self.finalized.slot().period::<P>() && self.next.as_ref().is_some_and(|known| known.root() != root)
    }

    /// The committee, with the keys that were checked already if it serves for several periods, as on a small network.
    fn known_or_new(&self, bytes: &CommitteeBytes<'_>, root: Node) -> Committee {
        let known = self.next.iter().chain([&self.current]).find(|known| *known.root() == root);
        known.cloned().unwrap_or_else(|| Committee::new(bytes, root))
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
