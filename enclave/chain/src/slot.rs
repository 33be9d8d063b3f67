/// A beacon slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub u64);

impl Slot {
    /// Slots in an epoch (consensus-specs `SLOTS_PER_EPOCH`, mainnet preset).
    pub const PER_EPOCH: u64 = 32;
    /// Slots in a sync-committee period (consensus-specs `EPOCHS_PER_SYNC_COMMITTEE_PERIOD` = 256 epochs).
    pub const PER_PERIOD: u64 = 8192;

    /// The epoch that the slot is in.
    #[must_use]
    pub const fn epoch(self) -> u64 {
        self.0 / Self::PER_EPOCH
    }

    /// The sync-committee period that the slot is in.
    #[must_use]
    pub const fn period(self) -> u64 {
        self.0 / Self::PER_PERIOD
    }
}
