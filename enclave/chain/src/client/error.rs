use crate::header::Disconnected;
use crate::{Slot, SszError};

/// Why a `LightClientBootstrap` was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BootstrapError {
    /// The network has another preset than this client.
    #[error("the network has another preset")]
    OtherPreset,
    /// Not the SSZ encoding of one.
    #[error("bootstrap is malformed: {0}")]
    Malformed(#[from] SszError),
    /// The fork schedule says nothing of its slot.
    #[error("no fork is known at slot {}", slot.0)]
    UnsupportedFork {
        /// Slot of the header.
        slot: Slot,
    },
    /// The header is another block than the checkpoint.
    #[error("bootstrap is not for the checkpoint")]
    OtherBlock,
    /// The execution payload header is not in the block's body.
    #[error("execution branch does not hold")]
    ExecutionBranch,
    /// The committee is not that of the block's state.
    #[error("current committee branch does not hold")]
    CommitteeBranch,
}

impl BootstrapError {
    pub(super) const fn of(error: &Disconnected, slot: Slot) -> Self {
        match error {
            Disconnected::UnsupportedFork => Self::UnsupportedFork { slot },
            Disconnected::ExecutionBranch => Self::ExecutionBranch,
        }
    }
}

/// Why an update was refused. The client keeps its old state in every case but [`AdvanceError::Conflict`], which freezes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdvanceError {
    /// Not the SSZ encoding of the object.
    #[error("update is malformed: {0}")]
    Malformed(#[from] SszError),
    /// The fork schedule says nothing of a header's slot.
    #[error("no fork is known at slot {}", slot.0)]
    UnsupportedFork {
        /// Slot of the header.
        slot: Slot,
    },
    /// `now` is before genesis.
    #[error("the network has not begun")]
    BeforeGenesis,
    /// The signature's slot has not begun.
    #[error("signature slot {} is in the future", slot.0)]
    SignatureFromFuture {
        /// Slot of the signature.
        slot: Slot,
    },
    /// A block is signed in a later slot than its own.
    #[error("signature slot is not after the attested slot")]
    SignatureNotAfterAttested,
    /// The finalized block is newer than the attested one.
    #[error("finalized slot is after the attested slot")]
    FinalizedAfterAttested,
    /// No committee is known for the signature's period.
    #[error("no committee is known for period {period}")]
    UnknownPeriod {
        /// Sync-committee period of the signature.
        period: u64,
    },
    /// Fewer than two thirds of the committee signed.
    #[error("{signers} members signed, fewer than two thirds")]
    TooFewSigners {
        /// Members who signed.
        signers: u32,
    },
    /// It is not newer than the finalized head and brings no committee that is lacking.
    #[error("update brings nothing new")]
    NotNewer,
    /// The attested header's execution payload header is not in its block's body.
    #[error("execution branch of the attested header does not hold")]
    AttestedExecutionBranch,
    /// The finalized header's execution payload header is not in its block's body.
    #[error("execution branch of the finalized header does not hold")]
    FinalizedExecutionBranch,
    /// The finalized header is not the one in the attested state.
    #[error("finality branch does not hold")]
    FinalityBranch,
    /// The next committee is not that of the attested state.
    #[error("next committee branch does not hold")]
    CommitteeBranch,
    /// A different committee is already known for that period, and this one's state says of no block of the period that it is final.
    #[error("next committee differs from the known one")]
    CommitteeDiffers,
    /// A key of the committee that is to have signed is invalid, or its aggregate key is not the keys' sum.
    #[error("committee keys are invalid")]
    CommitteeKeys,
    /// The committee did not sign this.
    #[error("sync committee signature is invalid")]
    Signature,
    /// It is signed, and can't be on one chain with what was signed before. The client is frozen from here on.
    #[error("it contradicts what was signed before, at slot {}", slot.0)]
    Conflict {
        /// Slot of the block or of the state that it is about.
        slot: Slot,
    },
    /// The client has seen a conflict and believes nobody any more.
    #[error("the light client is frozen by a conflict")]
    Frozen,
}
