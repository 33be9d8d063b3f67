use crate::{Network, Slot};

/// Seconds that a checkpoint may be old: 14 days. Members of older committees may have left with their keys
/// (consensus-specs weak-subjectivity; the Electra table gives 15.7 days).
pub const MAX_CHECKPOINT_AGE: u64 = 1_209_600;

/// A beacon block that somebody vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Slot of the block.
    pub slot: Slot,
    /// Root of the block.
    pub root: [u8; 32],
}

/// A checkpoint that enough signers vouched for and that is young enough. Made only by [`accept_checkpoint`].
///
/// ```compile_fail
/// let checkpoint = chain::Checkpoint { slot: chain::Slot(1), root: [0; 32] };
/// let accepted = chain::AcceptedCheckpoint { checkpoint };
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcceptedCheckpoint {
    checkpoint: Checkpoint,
}

impl AcceptedCheckpoint {
    /// The checkpoint.
    #[must_use]
    pub const fn checkpoint(&self) -> Checkpoint {
        self.checkpoint
    }

    /// Its slot.
    #[must_use]
    pub const fn slot(&self) -> Slot {
        self.checkpoint.slot
    }

    /// Its block root.
    #[must_use]
    pub const fn root(&self) -> [u8; 32] {
        self.checkpoint.root
    }
}

/// Why a checkpoint was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// A threshold of zero would accept anything.
    #[error("threshold of checkpoint signers is zero")]
    NoThreshold,
    /// Fewer distinct signers than the threshold.
    #[error("{signers} checkpoint signers, {threshold} are needed")]
    TooFewSigners {
        /// Distinct signers.
        signers: usize,
        /// Needed.
        threshold: usize,
    },
    /// Older than [`MAX_CHECKPOINT_AGE`].
    #[error("checkpoint is {age} s old, more than 14 days")]
    TooOld {
        /// Seconds.
        age: u64,
    },
    /// Its slot has not begun.
    #[error("checkpoint is from the future")]
    FromFuture,
}

/// Accepts a checkpoint as the place to start from. `distinct_signers` are those of the constitution whose signature was
/// verified, each counted once; `now` is trusted time in unix seconds.
///
/// # Errors
/// When too few signed, or the checkpoint is older than 14 days or from the future.
pub const fn accept_checkpoint(
    checkpoint: Checkpoint,
    distinct_signers: usize,
    threshold: usize,
    network: &Network,
    now: u64,
) -> Result<AcceptedCheckpoint, CheckpointError> {
    if threshold == 0 {
        return Err(CheckpointError::NoThreshold);
    }
    if distinct_signers < threshold {
        return Err(CheckpointError::TooFewSigners { signers: distinct_signers, threshold });
    }
    let Some(age) = now.checked_sub(network.time_of(checkpoint.slot)) else {
        return Err(CheckpointError::FromFuture);
    };
    if age > MAX_CHECKPOINT_AGE {
        return Err(CheckpointError::TooOld { age });
    }
    Ok(AcceptedCheckpoint { checkpoint })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOT: Slot = Slot(12_000_000);

    fn accept(signers: usize, threshold: usize, age: i64) -> Result<AcceptedCheckpoint, CheckpointError> {
        let network = Network::mainnet();
        let now = network.time_of(SLOT).checked_add_signed(age).unwrap();
        accept_checkpoint(Checkpoint { slot: SLOT, root: [7; 32] }, signers, threshold, &network, now)
    }

    #[test]
    fn accepts_up_to_14_days() {
        assert_eq!(accept(2, 2, 0).unwrap().slot(), SLOT);
        assert_eq!(accept(3, 2, 14 * 86_400).unwrap().root(), [7; 32]);
    }

    #[test]
    fn t35_refuses_a_checkpoint_older_than_14_days() {
        let age = 14 * 86_400 + 1;
        assert_eq!(accept(2, 2, age), Err(CheckpointError::TooOld { age: age.unsigned_abs() }));
    }

    #[test]
    fn t35_refuses_a_checkpoint_from_the_future() {
        assert_eq!(accept(2, 2, -1), Err(CheckpointError::FromFuture));
    }

    #[test]
    fn refuses_too_few_signers() {
        assert_eq!(accept(1, 2, 0), Err(CheckpointError::TooFewSigners { signers: 1, threshold: 2 }));
        assert_eq!(accept(0, 0, 0), Err(CheckpointError::NoThreshold));
    }
}
