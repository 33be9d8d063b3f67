mod any;
mod conflict;
mod error;
mod head;
mod rules;

use core::marker::PhantomData;

pub use self::any::AnyLightClient;
pub use self::conflict::{Conflict, Disputed, Evidence};
use self::conflict::{Finalized, History};
pub use self::error::{AdvanceError, BootstrapError};
pub use self::head::{BeaconHead, VerifiedHead};
use crate::committee::{Committee, CommitteeBytes, InvalidKeys};
use crate::header::ConnectedHeader;
use crate::merkle::{self, Node};
use crate::objects::{Bootstrap, Kind, SignedHeader};
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
    next: Option<Supplied>,
    history: History,
    conflict: Option<Conflict>,
    preset: PhantomData<P>,
}

/// The next committee, and what says so.
struct Supplied {
    committee: Committee,
    evidence: Evidence,
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
            history: History::starting_at(head.slot(), head.root()),
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
            Some(supplied) if signs_next => &mut supplied.committee,
            Some(_) | None => &mut self.current,
        };
        match committee.signed(aggregate, &merkle::pair(&attested.root, &domain)) {
            Ok(true) => {}
            Ok(false) => return Err(AdvanceError::Signature),
            Err(InvalidKeys) => return Err(AdvanceError::CommitteeKeys),
        }

        // Signed and proven: what it says is held against what was believed before it moves anything.
        let claimed = finalized.as_ref().map(|(header, epoch)| Finalized { epoch: *epoch, slot: header.slot, root: header.root });
        if let Some(conflict) = self.contradicted(&attested, claimed.as_ref(), next.as_ref(), message) {
            let slot = conflict.theirs.slot;
            self.conflict = Some(conflict);
            return Err(AdvanceError::Conflict { slot });
        }
        if next.as_ref().is_some_and(|(_, root)| self.differing(attested.slot, root).is_some()) {
            return Err(AdvanceError::CommitteeDiffers);
        }

        // Nothing fails from here on.
        if let Some(claimed) = &claimed {
            self.history.remember(claimed, message);
        }
        let rotates = moves.finalizes && claimed.is_some_and(|head| self.is_next_period(head.slot));
        let supplied = next.filter(|_| rotates || moves.supplies).map(|(committee, root)| Supplied {
            committee: self.known_or_new(committee, root),
            evidence: Evidence::message(attested.slot, root, message),
        });
        let committee_known = supplied.is_some();
        if rotates {
            // The signature is of this period or later, so `signs_next` has found its committee.
            if let Some(supplied) = self.next.take() {
                self.current = supplied.committee;
            }
        }
        if committee_known {
            self.next = supplied;
        }
        if let (true, Some((header, _))) = (moves.finalizes, &finalized) {
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

    /// The known next committee, if a state of this slot must hold it and holds another.
    fn differing(&self, slot: Slot, root: &Node) -> Option<&Supplied> {
        let same_period = slot.period::<P>() == self.finalized.slot().period::<P>();
        self.next.as_ref().filter(|known| same_period && known.committee.root() != root)
    }

    /// What contradicts a message that is signed and proven. A next committee does so only if the state that has it calls a block of its
    /// own period final, as the state did that ours is from: then it is that of all states of the period after either block. Without, the state
    /// may be one that its chain has left.
    fn contradicted(
        &self,
        attested: &ConnectedHeader,
        finalized: Option<&Finalized>,
        next: Option<&(&CommitteeBytes<'_>, Node)>,
        message: Message<'_>,
    ) -> Option<Conflict> {
        let finalized = finalized?;
        if let Some(ours) = self.history.contradicting(finalized) {
            let theirs = Evidence::message(finalized.slot, finalized.root, message);
            return Some(Conflict { about: Disputed::Finality, ours: ours.clone(), theirs });
        }
        let (_, root) = next.filter(|_| finalized.slot.period::<P>() == attested.slot.period::<P>())?;
        let ours = self.differing(attested.slot, root)?.evidence.clone();
        Some(Conflict { about: Disputed::NextCommittee, ours, theirs: Evidence::message(attested.slot, *root, message) })
    }

    /// The committee, with the keys that were checked already if it serves for several periods, as on a small network.
    fn known_or_new(&self, bytes: &CommitteeBytes<'_>, root: Node) -> Committee {
        let next = self.next.iter().map(|supplied| &supplied.committee);
        let known = next.chain([&self.current]).find(|known| *known.root() == root);
        known.cloned().unwrap_or_else(|| Committee::new(bytes, root))
    }
}
