use alloc::boxed::Box;
use alloc::collections::VecDeque;

use crate::{Message, Slot};

/// Finalized checkpoints that are remembered, at most: three hours and a half of mainnet's.
const REMEMBERED: usize = 32;

/// Two signed messages that no one chain can have both of: it has split, or its committee lies. Both are kept, for whoever wants to show
/// it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// What they say two things of.
    pub about: Disputed,
    /// What was believed here.
    pub ours: Evidence,
    /// The other one.
    pub theirs: Evidence,
}

/// What two messages say two things of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disputed {
    /// Which block is final: two of one slot or of one epoch, or two in different orders by slot and by epoch.
    Finality,
    /// Which committee comes next, in states that each call a block of their own period final.
    NextCommittee,
}

/// What was said, and by which message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// Slot of the finalized block, or of the state that has the next committee.
    pub slot: Slot,
    /// Root of the finalized block, or of the next committee.
    pub root: [u8; 32],
    /// The message that two thirds signed, in SSZ: a `LightClientUpdate` or a `LightClientFinalityUpdate`, by its size. `None`: the
    /// checkpoint that the client started from.
    pub signed: Option<Box<[u8]>>,
}

impl Evidence {
    pub(super) fn message(slot: Slot, root: [u8; 32], message: Message<'_>) -> Self {
        Self { slot, root, signed: Some(Box::from(message.ssz())) }
    }
}

/// Finalized checkpoints as they were seen, each once, the latest ones.
pub(super) struct History(VecDeque<Final>);

struct Final {
    /// Of the checkpoint. The one that a client starts from is a block, and nobody says of which epoch.
    epoch: Option<u64>,
    evidence: Evidence,
}

/// A block that a state calls finalized, as the checkpoint of an epoch.
#[derive(Clone, Copy)]
pub(super) struct Finalized {
    pub(super) epoch: u64,
    pub(super) slot: Slot,
    pub(super) root: [u8; 32],
}

impl Final {
    /// Whether no chain has both as finalized checkpoints: an epoch has one checkpoint and a slot one block, and a later epoch's block is
    /// the same or a later one.
    fn contradicts(&self, other: &Finalized) -> bool {
        let Evidence { slot, root, signed: _ } = &self.evidence;
        let reordered = |epoch: u64| epoch == other.epoch || (epoch < other.epoch) != (*slot < other.slot);
        *root != other.root && (*slot == other.slot || self.epoch.is_some_and(reordered))
    }
}

impl History {
    pub(super) fn starting_at(slot: Slot, root: [u8; 32]) -> Self {
        Self(VecDeque::from([Final { epoch: None, evidence: Evidence { slot, root, signed: None } }]))
    }

    /// What is remembered and can't be on one chain with `finalized`.
    pub(super) fn contradicting(&self, finalized: &Finalized) -> Option<&Evidence> {
        self.0.iter().find(|known| known.contradicts(finalized)).map(|known| &known.evidence)
    }

    /// Remembers a checkpoint that contradicts none of the others, with the first message that proved it.
    pub(super) fn remember(&mut self, finalized: &Finalized, message: Message<'_>) {
        let Finalized { epoch, slot, root } = *finalized;
        if self.0.iter().any(|known| known.evidence.root == root && known.epoch.is_some()) {
            return;
        }
        // The start, now that its epoch is known.
        self.0.retain(|known| known.evidence.root != root);
        self.0.push_back(Final { epoch: Some(epoch), evidence: Evidence::message(slot, root, message) });
        while self.0.len() > REMEMBERED {
            self.0.pop_front();
        }
    }
}
