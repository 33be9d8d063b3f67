use alloc::boxed::Box;

use crate::{Message, Slot};

/// Two finalized blocks at one slot, both signed by two thirds of a known committee: the chain has split, or its
/// committee lies. Both signatures are kept, for whoever wants to show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Slot of both.
    pub slot: Slot,
    /// What was finalized here.
    pub ours: Evidence,
    /// The other one.
    pub theirs: Evidence,
}

/// What made a block final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Root of the finalized block.
    pub root: [u8; 32],
    /// The update that finalized it, in SSZ: a `LightClientUpdate` or a `LightClientFinalityUpdate`, by its size. `None`: the checkpoint
    /// that the client started from.
    pub signed: Option<Box<[u8]>>,
}

impl Evidence {
    pub(super) const fn checkpoint(root: [u8; 32]) -> Self {
        Self { root, signed: None }
    }

    pub(super) fn message(root: [u8; 32], message: Message<'_>) -> Self {
        Self { root, signed: Some(Box::from(message.ssz())) }
    }
}
