//! The two presets, told apart by the size of the committee.

/// consensus-specs `presets/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// 512 members.
    Mainnet,
    /// 32 members.
    Minimal,
}

impl Preset {
    pub(crate) const ALL: [Self; 2] = [Self::Mainnet, Self::Minimal];

    /// `SYNC_COMMITTEE_SIZE`.
    #[must_use]
    pub const fn members(self) -> usize {
        match self {
            Self::Mainnet => 512,
            Self::Minimal => 32,
        }
    }

    pub(crate) fn with_members(members: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.members() == members)
    }

    /// Bytes of a `SyncCommittee`.
    pub(crate) const fn committee(self) -> usize {
        (self.members() + 1) * 48
    }

    /// Bytes of `sync_committee_bits`.
    pub(crate) const fn bits(self) -> usize {
        self.members() / 8
    }
}
