//! The sizes that a chain is compiled with (consensus-specs `presets/`).

/// Names a [`Preset`] at run time. A known network is always [`PresetName::Mainnet`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PresetName {
    /// [`Mainnet`]: 0 in a constitution.
    #[default]
    Mainnet,
    /// [`Minimal`]: 1 in a constitution.
    Minimal,
}

/// A number that names no [`PresetName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} names no preset")]
pub struct UnknownPreset(pub u8);

impl TryFrom<u8> for PresetName {
    type Error = UnknownPreset;

    fn try_from(number: u8) -> Result<Self, UnknownPreset> {
        match number {
            0 => Ok(Self::Mainnet),
            1 => Ok(Self::Minimal),
            other => Err(UnknownPreset(other)),
        }
    }
}

impl PresetName {
    /// Slots in an epoch.
    #[must_use]
    pub const fn slots_per_epoch(self) -> u64 {
        match self {
            Self::Mainnet => Mainnet::SLOTS_PER_EPOCH,
            Self::Minimal => Minimal::SLOTS_PER_EPOCH,
        }
    }
}

/// The sizes of one chain. Implemented by [`Mainnet`] and [`Minimal`], and by nothing else.
pub trait Preset: sealed::Sealed + 'static {
    /// Its name at run time.
    const NAME: PresetName;
    /// consensus-specs `SLOTS_PER_EPOCH`.
    const SLOTS_PER_EPOCH: u64;
    /// Slots in a sync-committee period: consensus-specs `SLOTS_PER_EPOCH * EPOCHS_PER_SYNC_COMMITTEE_PERIOD`.
    const SLOTS_PER_PERIOD: u64;
    /// consensus-specs `SYNC_COMMITTEE_SIZE`.
    const COMMITTEE_SIZE: usize;
    /// Two to this power is [`Self::COMMITTEE_SIZE`].
    const COMMITTEE_DEPTH: u32;
    /// Members of a sync committee who must have signed: two thirds, rounded up.
    const MIN_SIGNERS: u32;
}

/// The preset of every public network: 512 members, 32 slots in an epoch, 256 epochs in a period.
#[derive(Clone, Copy, Debug)]
pub enum Mainnet {}

/// The preset of the official small vectors: 32 members, 8 slots in an epoch, 8 epochs in a period.
#[derive(Clone, Copy, Debug)]
pub enum Minimal {}

impl Preset for Mainnet {
    const NAME: PresetName = PresetName::Mainnet;
    const SLOTS_PER_EPOCH: u64 = 32;
    const SLOTS_PER_PERIOD: u64 = 8_192;
    const COMMITTEE_SIZE: usize = 512;
    const COMMITTEE_DEPTH: u32 = 9;
    const MIN_SIGNERS: u32 = 342;
}

impl Preset for Minimal {
    const NAME: PresetName = PresetName::Minimal;
    const SLOTS_PER_EPOCH: u64 = 8;
    const SLOTS_PER_PERIOD: u64 = 64;
    const COMMITTEE_SIZE: usize = 32;
    const COMMITTEE_DEPTH: u32 = 5;
    const MIN_SIGNERS: u32 = 22;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Mainnet {}
    impl Sealed for super::Minimal {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consistent<P: Preset>() {
        let size = u32::try_from(P::COMMITTEE_SIZE).unwrap();
        assert_eq!(1 << P::COMMITTEE_DEPTH, size);
        assert!(P::MIN_SIGNERS * 3 >= size * 2 && (P::MIN_SIGNERS - 1) * 3 < size * 2);
        assert_eq!(P::SLOTS_PER_PERIOD % P::SLOTS_PER_EPOCH, 0);
        assert_eq!(P::NAME.slots_per_epoch(), P::SLOTS_PER_EPOCH);
    }

    #[test]
    fn two_thirds_is_the_least_number_that_is_two_thirds() {
        consistent::<Mainnet>();
        consistent::<Minimal>();
    }

    #[test]
    fn presets_have_the_numbers_of_the_constitution() {
        assert_eq!(PresetName::try_from(0), Ok(PresetName::Mainnet));
        assert_eq!(PresetName::try_from(1), Ok(PresetName::Minimal));
        assert_eq!(PresetName::try_from(2), Err(UnknownPreset(2)));
    }
}
