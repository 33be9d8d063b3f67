//! Where the light client may start: a checkpoint that enough of the constitution's signers signed.

use alloy_primitives::Address;
use chain::{AcceptedCheckpoint, CheckpointError as TooOld, Network, Slot};
use protocol::attested::{SignedCheckpoint, VERSION, checkpoint_digest};
use protocol::constitution::{CheckpointSigners, Constitution};

use crate::signature::{SignatureError, signer};

/// Why a checkpoint is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// A version this code does not read.
    #[error("checkpoint has an unknown version")]
    Version,
    /// A signature has no acceptable form.
    #[error("signature refused: {0}")]
    Signature(#[from] SignatureError),
    /// Signed by somebody whom the constitution does not name, or over something else.
    #[error("signed by an account that is no checkpoint signer")]
    UnknownSigner,
    /// Signatures are not ascending by signer, or one signer signed twice.
    #[error("signatures are not ascending by signer")]
    Order,
    /// Older than the weak-subjectivity bound, from the future, or by too few.
    #[error("checkpoint is not acceptable: {0}")]
    Refused(#[from] TooOld),
}

/// Accepts a checkpoint that at least the threshold of distinct signers signed. `now` is unix seconds.
///
/// # Errors
/// [`CheckpointError`] names the rule.
pub fn accept(
    signed: &SignedCheckpoint,
    constitution: &Constitution,
    network: &Network,
    now: u64,
) -> Result<AcceptedCheckpoint, CheckpointError> {
    let SignedCheckpoint { version, checkpoint, signatures } = signed;
    if *version != VERSION {
        return Err(CheckpointError::Version);
    }
    let digest = checkpoint_digest(
        constitution.network.chain_id(),
        Address::from(constitution.store_registry.address),
        constitution.vault_id(),
        checkpoint,
    );
    let CheckpointSigners { threshold, signers } = &constitution.checkpoint_signers;
    let mut last: Option<Address> = None;
    let mut distinct: usize = 0;
    for signature in signatures {
        let address = signer(&digest, signature)?;
        if !signers.iter().any(|signer| signer.as_slice() == address.as_slice()) {
            return Err(CheckpointError::UnknownSigner);
        }
        if last.is_some_and(|last| last >= address) {
            return Err(CheckpointError::Order);
        }
        last = Some(address);
        distinct = distinct.saturating_add(1);
    }
    let checkpoint = chain::Checkpoint { slot: Slot(checkpoint.slot), root: *checkpoint.root };
    Ok(chain::accept_checkpoint(checkpoint, distinct, usize::from(*threshold), network, now)?)
}
