use crate::execution::{ExecutionHeader, HeaderError};
use crate::header::ConnectedHeader;
use crate::{Layout, Slot};

/// A beacon block that is final or that two thirds of a known committee signed, with the hash of the execution block whose state it
/// has. Made only by [`super::LightClient`].
///
/// ```compile_fail
/// let head = chain::BeaconHead { slot: chain::Slot(1), layout: chain::Layout::Fulu, root: [0; 32], block_hash: None };
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BeaconHead {
    slot: Slot,
    layout: Layout,
    root: [u8; 32],
    execution_root: [u8; 32],
    block_hash: Option<[u8; 32]>,
}

impl core::fmt::Debug for BeaconHead {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("BeaconHead").field("slot", &self.slot.0).finish_non_exhaustive()
    }
}

impl BeaconHead {
    pub(super) const fn new(header: &ConnectedHeader) -> Self {
        Self {
            slot: header.slot,
            layout: header.layout,
            root: header.root,
            execution_root: header.execution_root,
            block_hash: header.block_hash,
        }
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

    /// Hash of the execution block whose state this beacon block has: until Fulu that of its own payload, from Gloas on its payload's
    /// parent. `None` before Capella, whose headers name none.
    #[must_use]
    pub const fn block_hash(&self) -> Option<[u8; 32]> {
        self.block_hash
    }

    /// consensus-specs `get_lc_execution_root`: root of the execution payload header, the block hash from Gloas on, zero before Capella.
    #[must_use]
    pub const fn execution_root(&self) -> [u8; 32] {
        self.execution_root
    }

    /// Connects the head with its execution block: `header` is that block's RLP header.
    ///
    /// # Errors
    /// When the head names no execution block, or the bytes don't have the hash that it names.
    pub fn connect(&self, header: &[u8]) -> Result<VerifiedHead, HeaderError> {
        let block_hash = self.block_hash.ok_or(HeaderError::NoExecution)?;
        Ok(VerifiedHead { beacon: *self, block_hash, execution: ExecutionHeader::of_block(&block_hash, header)? })
    }
}

/// A [`BeaconHead`] with its execution block. Made only by [`BeaconHead::connect`].
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
    beacon: BeaconHead,
    block_hash: [u8; 32],
    execution: ExecutionHeader,
}

impl core::fmt::Debug for VerifiedHead {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("VerifiedHead")
            .field("slot", &self.beacon.slot.0)
            .field("block_number", &self.execution.number)
            .finish_non_exhaustive()
    }
}

/// Two heads are equal when they are the same beacon block: its root commits to all the rest.
impl PartialEq for VerifiedHead {
    fn eq(&self, other: &Self) -> bool {
        self.beacon.root == other.beacon.root
    }
}

impl Eq for VerifiedHead {}

impl VerifiedHead {
    /// The beacon block.
    #[must_use]
    pub const fn beacon(&self) -> BeaconHead {
        self.beacon
    }

    /// Beacon slot.
    #[must_use]
    pub const fn slot(&self) -> Slot {
        self.beacon.slot
    }

    /// Layout of the fork at its slot, which names the rules of the EVM too.
    #[must_use]
    pub const fn layout(&self) -> Layout {
        self.beacon.layout
    }

    /// Beacon block root.
    #[must_use]
    pub const fn root(&self) -> [u8; 32] {
        self.beacon.root
    }

    /// Execution block hash.
    #[must_use]
    pub const fn block_hash(&self) -> [u8; 32] {
        self.block_hash
    }

    /// Execution block number.
    #[must_use]
    pub const fn block_number(&self) -> u64 {
        self.execution.number
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
