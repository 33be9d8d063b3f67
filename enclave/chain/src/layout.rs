use crate::merkle::Place;

/// The layout of a fork's light-client objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layout {
    /// 0
    Altair,
    /// 1: the same objects as [`Layout::Altair`].
    Bellatrix,
    /// 2: headers carry an execution payload header.
    Capella,
    /// 3: with blob gas.
    Deneb,
    /// 4: branches in the state are one node longer.
    Electra,
    /// 5: the same objects as [`Layout::Electra`].
    Fulu,
    /// 6: headers carry an execution block hash alone; branches lead through progressive containers.
    Gloas,
}

/// A number that names no [`Layout`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} names no layout")]
pub struct UnknownLayout(pub u8);

impl TryFrom<u8> for Layout {
    type Error = UnknownLayout;

    fn try_from(number: u8) -> Result<Self, UnknownLayout> {
        Ok(match number {
            0 => Self::Altair,
            1 => Self::Bellatrix,
            2 => Self::Capella,
            3 => Self::Deneb,
            4 => Self::Electra,
            5 => Self::Fulu,
            6 => Self::Gloas,
            other => return Err(UnknownLayout(other)),
        })
    }
}

/// What a `LightClientHeader` holds beside the beacon block header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HeaderLayout {
    /// Nothing.
    Beacon,
    /// An execution payload header, with blob gas or without, and its branch.
    Payload { blobs: bool },
    /// An execution block hash and its branch.
    BlockHash,
}

/// `execution_payload` in a block body: generalized index 25.
pub(crate) const EXECUTION: Place = Place { depth: 4, index: 9 };
/// Nodes of the execution branch of [`HeaderLayout::BlockHash`].
pub(crate) const BLOCK_HASH_DEPTH: usize = 11;
/// `signed_execution_payload_bid.message.parent_block_hash` in a Gloas body: generalized index 2856.
pub(crate) const BLOCK_HASH: Place = Place { depth: BLOCK_HASH_DEPTH, index: 808 };
/// `block_hash` in an execution payload header with blob gas: generalized index 44.
pub(crate) const BLOCK_HASH_IN_DENEB: Place = Place { depth: 5, index: 12 };
/// `block_hash` in an execution payload header of Capella: generalized index 28.
pub(crate) const BLOCK_HASH_IN_CAPELLA: Place = Place { depth: 4, index: 12 };

impl Layout {
    pub(crate) const fn header(self) -> HeaderLayout {
        match self {
            Self::Altair | Self::Bellatrix => HeaderLayout::Beacon,
            Self::Capella => HeaderLayout::Payload { blobs: false },
            Self::Deneb | Self::Electra | Self::Fulu => HeaderLayout::Payload { blobs: true },
            Self::Gloas => HeaderLayout::BlockHash,
        }
    }

    /// `finalized_checkpoint.root` in the state: generalized index 105, 169 or 735.
    pub(crate) const fn finalized_root(self) -> Place {
        match self {
            Self::Altair | Self::Bellatrix | Self::Capella | Self::Deneb => Place { depth: 6, index: 41 },
            Self::Electra | Self::Fulu => Place { depth: 7, index: 41 },
            Self::Gloas => Place { depth: 9, index: 223 },
        }
    }

    /// `current_sync_committee` in the state: generalized index 54, 86 or 2945.
    pub(crate) const fn current_committee(self) -> Place {
        match self {
            Self::Altair | Self::Bellatrix | Self::Capella | Self::Deneb => Place { depth: 5, index: 22 },
            Self::Electra | Self::Fulu => Place { depth: 6, index: 22 },
            Self::Gloas => Place { depth: 11, index: 897 },
        }
    }

    /// `next_sync_committee` in the state: generalized index 55, 87 or 2946.
    pub(crate) const fn next_committee(self) -> Place {
        match self {
            Self::Altair | Self::Bellatrix | Self::Capella | Self::Deneb => Place { depth: 5, index: 23 },
            Self::Electra | Self::Fulu => Place { depth: 6, index: 23 },
            Self::Gloas => Place { depth: 11, index: 898 },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layouts_have_the_numbers_of_the_constitution() {
        assert_eq!(Layout::try_from(4), Ok(Layout::Electra));
        assert_eq!(Layout::try_from(6), Ok(Layout::Gloas));
        assert_eq!(Layout::try_from(7), Err(UnknownLayout(7)));
    }

    /// consensus-specs names places by generalized indices.
    #[test]
    fn places_are_the_specifications_generalized_indices() {
        let generalized = |place: Place| (1_u64 << place.depth) + place.index;
        for (layout, finalized, current, next) in [
            (Layout::Altair, 105, 54, 55),
            (Layout::Deneb, 105, 54, 55),
            (Layout::Electra, 169, 86, 87),
            (Layout::Fulu, 169, 86, 87),
            (Layout::Gloas, 735, 2_945, 2_946),
        ] {
            assert_eq!(generalized(layout.finalized_root()), finalized);
            assert_eq!(generalized(layout.current_committee()), current);
            assert_eq!(generalized(layout.next_committee()), next);
        }
        assert_eq!((generalized(EXECUTION), generalized(BLOCK_HASH)), (25, 2_856));
        assert_eq!((generalized(BLOCK_HASH_IN_DENEB), generalized(BLOCK_HASH_IN_CAPELLA)), (44, 28));
    }
}
