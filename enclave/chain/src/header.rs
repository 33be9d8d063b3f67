//! `LightClientHeader` in every layout (consensus-specs altair, capella, deneb, gloas `light-client/sync-protocol.md`).
use alloc::vec;
use alloc::vec::Vec;

use crate::layout::{BLOCK_HASH, BLOCK_HASH_DEPTH, BLOCK_HASH_IN_CAPELLA, BLOCK_HASH_IN_DENEB, EXECUTION, HeaderLayout};
use crate::merkle::{self, Node, Place};
use crate::ssz::{Reader, SszError};
use crate::{Layout, Network, Slot};

/// Bytes of a `BeaconBlockHeader`.
pub(crate) const BEACON: usize = 112;
/// consensus-specs `MAX_EXTRA_DATA_BYTES`.
const MAX_EXTRA_DATA: usize = 32;
/// `block_hash` among the leaves of an execution payload header.
const BLOCK_HASH_LEAF: usize = 12;

/// A header as the host sent it: nothing connects its parts yet.
pub(crate) struct Header<'a> {
    pub(crate) slot: Slot,
    /// Root of the beacon block.
    pub(crate) root: Node,
    /// Root of the beacon state.
    pub(crate) state_root: Node,
    body_root: Node,
    execution: Execution<'a>,
}

enum Execution<'a> {
    None,
    Payload { payload: Payload, branch: &'a [Node] },
    BlockHash { block_hash: &'a Node, branch: &'a [Node] },
}

/// An `ExecutionPayloadHeader`, by its leaves: 15 in Capella, 17 from Deneb on.
struct Payload {
    leaves: Vec<Node>,
    /// Whether it is the default value.
    empty: bool,
}

/// A header whose execution block is the one in its block's body. Whether anybody signed it is another question.
pub(crate) struct ConnectedHeader {
    pub(crate) slot: Slot,
    pub(crate) layout: Layout,
    pub(crate) root: Node,
    pub(crate) state_root: Node,
    /// consensus-specs `get_lc_execution_root`.
    pub(crate) execution_root: Node,
    /// `None` before Capella.
    pub(crate) block_hash: Option<Node>,
}

/// Why a header does not hold together.
pub(crate) enum Disconnected {
    /// The fork schedule says nothing of its slot.
    UnsupportedFork,
    /// The execution branch does not connect what the header says of its execution block with the body.
    ExecutionBranch,
}

impl HeaderLayout {
    /// Bytes of a header, where it has a fixed size.
    pub(crate) const fn size(self) -> Option<usize> {
        match self {
            Self::Beacon => Some(BEACON),
            Self::Payload { .. } => None,
            Self::BlockHash => Some(BEACON.saturating_add(BLOCK_HASH_DEPTH.saturating_add(1).saturating_mul(32))),
        }
    }
}

impl<'a> Header<'a> {
    pub(crate) fn read(bytes: &'a [u8], layout: HeaderLayout) -> Result<Self, SszError> {
        let mut reader = Reader::new(bytes);
        let slot = reader.u64()?;
        let proposer = reader.u64()?;
        let parent_root = *reader.take::<32>()?;
        let state_root = *reader.take::<32>()?;
        let body_root = *reader.take::<32>()?;
        let leaves = [merkle::number(slot), merkle::number(proposer), parent_root, state_root, body_root];
        let execution = match layout {
            HeaderLayout::Beacon => {
                reader.finish()?;
                Execution::None
            }
            HeaderLayout::Payload { blobs } => {
                let offset = reader.offset()?;
                let branch = reader.array(EXECUTION.depth)?;
                Execution::Payload { payload: Payload::read(reader.variable(offset)?, blobs)?, branch }
            }
            HeaderLayout::BlockHash => {
                let block_hash = reader.take()?;
                let branch = reader.array(BLOCK_HASH_DEPTH)?;
                reader.finish()?;
                Execution::BlockHash { block_hash, branch }
            }
        };
        Ok(Self { slot: Slot(slot), root: merkle::root(leaves.to_vec(), 3), state_root, body_root, execution })
    }

    /// consensus-specs `is_valid_light_client_header`. What is to be proven follows from the header's own slot; a header of an older
    /// fork inside an object of a newer one is padded with zeros.
    pub(crate) fn connect(&self, network: &Network) -> Result<ConnectedHeader, Disconnected> {
        let Self { slot, root, state_root, body_root, execution } = self;
        let layout = network.layout_at(*slot).ok_or(Disconnected::UnsupportedFork)?;
        let connected = match (execution, layout.header()) {
            (Execution::None, HeaderLayout::Beacon) => Some(([0; 32], None)),
            (Execution::Payload { payload, branch }, own) => payload.connect(own, branch, body_root),
            (Execution::BlockHash { block_hash, branch }, own) => connect_hash(block_hash, own, branch, body_root),
            (Execution::None, HeaderLayout::Payload { .. } | HeaderLayout::BlockHash) => None,
        };
        let (execution_root, block_hash) = connected.ok_or(Disconnected::ExecutionBranch)?;
        Ok(ConnectedHeader { slot: *slot, layout, root: *root, state_root: *state_root, execution_root, block_hash })
    }

    /// Whether it is the default value, which stands for no header.
    pub(crate) fn is_absent(bytes: &[u8], layout: HeaderLayout) -> bool {
        match layout {
            HeaderLayout::Beacon | HeaderLayout::BlockHash => is_zero(bytes),
            HeaderLayout::Payload { .. } => {
                let Some((fixed, payload)) = bytes.split_at_checked(BEACON.saturating_add(4 + 4 * 32)) else { return false };
                let Some((beacon, offset_and_branch)) = fixed.split_at_checked(BEACON) else { return false };
                is_zero(beacon) && is_zero(offset_and_branch.get(4..).unwrap_or_default()) && Payload::is_empty(payload)
            }
        }
    }

    /// `hash_tree_root` of the `LightClientHeader`.
    pub(crate) fn object_root(&self) -> Node {
        match &self.execution {
            Execution::None => self.root,
            Execution::Payload { payload, branch } => {
                merkle::root(vec![self.root, payload.root(payload.leaves.len()), merkle::vector(branch)], 2)
            }
            Execution::BlockHash { block_hash, branch } => merkle::root(vec![self.root, **block_hash, merkle::vector(branch)], 2),
        }
    }
}

type Connected = Option<(Node, Option<Node>)>;

impl Payload {
    fn read(bytes: &[u8], blobs: bool) -> Result<Self, SszError> {
        let mut reader = Reader::new(bytes);
        let parent_hash = *reader.take::<32>()?;
        let fee_recipient = reader.take::<20>()?;
        let state_root = *reader.take::<32>()?;
        let receipts_root = *reader.take::<32>()?;
        let logs_bloom = reader.array::<32>(8)?;
        let prev_randao = *reader.take::<32>()?;
        let block_number = reader.u64()?;
        let gas_limit = reader.u64()?;
        let gas_used = reader.u64()?;
        let timestamp = reader.u64()?;
        let offset = reader.offset()?;
        let base_fee = *reader.take::<32>()?;
        let block_hash = *reader.take::<32>()?;
        let transactions_root = *reader.take::<32>()?;
        let withdrawals_root = *reader.take::<32>()?;
        let blob_gas = if blobs { Some([reader.u64()?, reader.u64()?]) } else { None };
        let extra_data = reader.variable(offset)?;
        if extra_data.len() > MAX_EXTRA_DATA {
            return Err(SszError::ExtraData);
        }
        let extra_length = u64::try_from(extra_data.len()).map_err(|_| SszError::ExtraData)?;
        let mut leaves = vec![
            parent_hash,
            merkle::padded(fee_recipient),
            state_root,
            receipts_root,
            merkle::vector(logs_bloom),
            prev_randao,
            merkle::number(block_number),
            merkle::number(gas_limit),
            merkle::number(gas_used),
            merkle::number(timestamp),
            merkle::pair(&merkle::padded(extra_data), &merkle::number(extra_length)),
            base_fee,
            block_hash,
            transactions_root,
            withdrawals_root,
        ];
        leaves.extend(blob_gas.into_iter().flatten().map(merkle::number));
        Ok(Self { leaves, empty: Self::is_empty(bytes) })
    }

    /// Whether these are the bytes of the default value: zeros, but for the offset of `extra_data`.
    fn is_empty(bytes: &[u8]) -> bool {
        const OFFSET: usize = 32 + 20 + 32 + 32 + 256 + 32 + 4 * 8;
        let Some((before, rest)) = bytes.split_at_checked(OFFSET) else { return false };
        is_zero(before) && is_zero(rest.get(4..).unwrap_or_default()) && matches!(bytes.len(), 568 | 584)
    }

    /// `hash_tree_root` of its first 15 or 17 leaves.
    fn root(&self, leaves: usize) -> Node {
        merkle::root(self.leaves.iter().take(leaves).copied().collect(), if leaves > 16 { 5 } else { 4 })
    }

    fn connect(&self, own: HeaderLayout, branch: &[Node], body_root: &Node) -> Connected {
        let root = match own {
            HeaderLayout::Beacon => return (self.empty && is_zero(branch.as_flattened())).then_some(([0; 32], None)),
            // consensus-specs deneb: blob gas is zero in a header from before.
            HeaderLayout::Payload { blobs: false } => {
                let no_blobs = self.leaves.iter().skip(15).all(|leaf| *leaf == [0; 32]);
                no_blobs.then(|| self.root(15))?
            }
            HeaderLayout::Payload { blobs: true } => (self.leaves.len() == 17).then(|| self.root(17))?,
            HeaderLayout::BlockHash => return None,
        };
        EXECUTION.holds(&root, branch, body_root).then(|| (root, self.leaves.get(BLOCK_HASH_LEAF).copied()))
    }
}

fn connect_hash(block_hash: &Node, own: HeaderLayout, branch: &[Node], body_root: &Node) -> Connected {
    let inner = match own {
        HeaderLayout::Beacon => {
            return (*block_hash == [0; 32] && is_zero(branch.as_flattened())).then_some(([0; 32], None));
        }
        HeaderLayout::BlockHash => {
            return BLOCK_HASH.holds(block_hash, branch, body_root).then_some((*block_hash, Some(*block_hash)));
        }
        HeaderLayout::Payload { blobs: true } => BLOCK_HASH_IN_DENEB,
        HeaderLayout::Payload { blobs: false } => BLOCK_HASH_IN_CAPELLA,
    };
    // consensus-specs `is_valid_normalized_merkle_branch`: zeros, then the payload header's nodes, then the body's.
    let (lower, upper) = branch.split_at_checked(BLOCK_HASH_DEPTH.saturating_sub(EXECUTION.depth))?;
    let (padding, lower) = lower.split_at_checked(lower.len().checked_sub(inner.depth)?)?;
    let root = Place::fold(inner.index, block_hash, lower);
    (is_zero(padding.as_flattened()) && EXECUTION.holds(&root, upper, body_root)).then_some((root, Some(*block_hash)))
}

pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}
