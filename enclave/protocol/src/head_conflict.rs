//! Two signed messages that no one chain can have both of, as the ledger keeps them and as the status shows them.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

/// What two messages say two things of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Disputed {
    /// Which block is final.
    #[n(0)]
    Finality,
    /// Which sync committee comes next.
    #[n(1)]
    NextCommittee,
}

/// What one message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Claim {
    /// Slot of the finalized block, or of the state that has the next committee.
    #[n(0)]
    pub slot: u64,
    /// Root of the finalized block, or of the next committee.
    #[n(1)]
    pub root: ByteArray<32>,
}

/// A claim with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct SignedClaim {
    /// What is claimed.
    #[n(0)]
    pub claim: Claim,
    /// The `LightClientUpdate` or `LightClientFinalityUpdate` in SSZ that two thirds signed. `None`: the checkpoint of this boot.
    #[n(1)]
    pub signed: Option<ByteVec>,
}

/// A conflict that froze a vault, with both messages.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct HeadConflict {
    /// [`crate::ledger::VERSION`].
    #[n(0)]
    pub version: u16,
    /// Random, per boot.
    #[n(1)]
    pub boot_id: ByteArray<16>,
    /// Unix milliseconds.
    #[n(2)]
    pub time: u64,
    /// What it is about.
    #[n(3)]
    pub about: Disputed,
    /// What the vault believed.
    #[n(4)]
    pub ours: SignedClaim,
    /// The other one.
    #[n(5)]
    pub theirs: SignedClaim,
}

/// A conflict without its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub struct ConflictStatus {
    /// What it is about.
    #[n(0)]
    pub about: Disputed,
    /// What the vault believed.
    #[n(1)]
    pub ours: Claim,
    /// The other one.
    #[n(2)]
    pub theirs: Claim,
    /// Index of the ledger's entry that has both messages, once it is durable.
    #[n(3)]
    pub entry: Option<u64>,
}

impl HeadConflict {
    /// The same without the messages, as the ledger's entry at `index`.
    #[must_use]
    pub const fn status(&self, index: u64) -> ConflictStatus {
        ConflictStatus { about: self.about, ours: self.ours.claim, theirs: self.theirs.claim, entry: Some(index) }
    }
}

impl ConflictStatus {
    /// The newest slot that it is about. Only a checkpoint after it says which side is right.
    #[must_use]
    pub fn slot(&self) -> u64 {
        self.ours.slot.max(self.theirs.slot)
    }
}
