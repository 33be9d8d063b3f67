use crate::Preset;

/// A beacon slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u64);

impl Slot {
    /// The epoch that the slot is in.
    #[must_use]
    pub fn epoch<P: Preset>(self) -> u64 {
        self.0.checked_div(P::SLOTS_PER_EPOCH).unwrap_or(0)
    }

    /// The sync-committee period that the slot is in.
    #[must_use]
    pub fn period<P: Preset>(self) -> u64 {
        self.0.checked_div(P::SLOTS_PER_PERIOD).unwrap_or(0)
    }
}
