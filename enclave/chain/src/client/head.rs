use crate::header::{ConnectedHeader, Execution};
use crate::{Layout, Slot};

/// A beacon block that is final or that two thirds of a known committee signed, with the execution block in it.
/// Made only by [`super::LightClient`].
///
/// ```compile_fail
/// let head: chain::VerifiedHead = chain::VerifiedHead { slot: chain::Slot(1), root: [0; 32] };
/// ```
/// ```compile_fail
/// let head = chain::VerifiedHead::new(());
/// ```
/// ```compile_fail
/// let head = chain::VerifiedHead::default();
/// ```
#[derive(Clone)]
pub struct VerifiedHead {
    slot: Slot,
    layout: Layout,
    root: [u8; 32],
    execution: Execution,
}

impl core::fmt::Debug for VerifiedHead {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("VerifiedHead")
            .field("slot", &self.slot.0)
            .field("block_number", &self.execution.block_number)
            .finish_non_exhaustive()
    }
}

/// Two heads are equal when they are the same beacon block: its root commits to all the rest.
impl PartialEq for VerifiedHead {
    fn eq(&self, other: &Self) -> bool {
        self.root == other.root
    }
}

impl Eq for VerifiedHead {}

impl VerifiedHead {
    pub(super) fn new(header: &ConnectedHeader) -> Self {
        Self { slot: header.slot, layout: header.layout, root: header.root, execution: header.execution }
    }

    /// Beacon slot.
    #[must_use]
    pub const fn slot(&self) -> Slot {
        self.slot
    }

    /// Layout of the fork at its slot, which names the rules of the EVM too.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        self.layout
    }

    /// Beacon block root.
    #[must_use]
    pub const fn root(&self) -> [u8; 32] {
        self.root
    }

    /// Execution block hash.
    #[must_use]
    pub const fn block_hash(&self) -> [u8; 32] {
        self.execution.block_hash
    }

    /// Execution block number.
    #[must_use]
    pub const fn block_number(&self) -> u64 {
        self.execution.block_number
    }

    /// Root of the execution state.
    #[must_use]
    pub const fn state_root(&self) -> [u8; 32] {
        self.execution.state_root
    }

    /// Time of the execution block, in unix seconds.
    #[must_use]
    pub const fn timestamp(&self) -> u64 {
        self.execution.timestamp
    }

    /// Gas limit of the execution block.
    #[must_use]
    pub const fn gas_limit(&self) -> u64 {
        self.execution.gas_limit
    }

    /// Base fee per gas in wei, big-endian.
    #[must_use]
    pub const fn base_fee(&self) -> [u8; 32] {
        self.execution.base_fee
    }

    /// `prev_randao` of the execution block.
    #[must_use]
    pub const fn prev_randao(&self) -> [u8; 32] {
        self.execution.prev_randao
    }
}
