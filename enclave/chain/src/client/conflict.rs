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
    /// First and last epoch that it was seen as the checkpoint of: after empty slots it is that of several, and of all between. The
    /// one that a client starts from is a block, and nobody says of which epoch.
    epochs: Option<(u64, u64)>,
    /// For the last one.
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
        let reordered =
            |(first, last): (u64, u64)| (first..=last).contains(&other.epoch) || (last < other.epoch) != (*slot < other.slot);
        *root != other.root && (*slot == other.slot || self.epochs.is_some_and(reordered))
    }
}

impl History {
    pub(super) fn starting_at(slot: Slot, root: [u8; 32]) -> Self {
        Self(VecDeque::from([Final { epochs: None, evidence: Evidence { slot, root, signed: None } }]))
    }

    /// What is remembered and can't be on one chain with `finalized`.
    pub(super) fn contradicting(&self, finalized: &Finalized) -> Option<&Evidence> {
        self.0.iter().find(|known| known.contradicts(finalized)).map(|known| &known.evidence)
    }

    /// Remembers a checkpoint that contradicts none of the others.
    pub(super) fn remember(&mut self, finalized: &Finalized, message: Message<'_>) {
        let Finalized { epoch, slot, root } = *finalized;
        if let Some(known) = self.0.iter_mut().find(|known| known.evidence.root == root) {
            let (first, last) = known.epochs.unwrap_or((epoch, epoch));
            if known.epochs.is_none() || epoch > last {
                known.evidence = Evidence::message(slot, root, message);
            }
            known.epochs = Some((first.min(epoch), last.max(epoch)));
            return;
        }
        self.0.push_back(Final { epochs: Some((epoch, epoch)), evidence: Evidence::message(slot, root, message) });
        while self.0.len() > REMEMBERED {
            self.0.pop_front();
        }
    }
}
