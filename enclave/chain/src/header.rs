//! `LightClientHeader` in the layout of Electra and Fulu (consensus-specs capella, deneb `light-client/sync-protocol.md`).
use crate::merkle::{self, EXECUTION, Node};
use crate::ssz::{Reader, SszError, first_offset};
use crate::{Layout, Network, Slot};

/// A header as the host sent it: nothing connects its parts yet.
pub(crate) struct Header {
    pub(crate) slot: Slot,
    /// Root of the beacon block.
    pub(crate) root: Node,
    /// Root of the beacon state.
    pub(crate) state_root: Node,
    body_root: Node,
    execution_branch: [Node; 4],
    execution: Execution,
}

/// What is kept of the `ExecutionPayloadHeader`.
#[derive(Clone, Copy)]
struct Execution {
    /// `hash_tree_root` of the whole header.
    root: Node,
    block_hash: [u8; 32],
}

/// A header whose execution payload header is the one in its block's body, in a layout that this crate understands.
/// Whether anybody signed it is another question.
pub(crate) struct ConnectedHeader {
    pub(crate) slot: Slot,
    pub(crate) layout: Layout,
    pub(crate) root: Node,
    pub(crate) state_root: Node,
    pub(crate) block_hash: Option<[u8; 32]>,
}

/// Why a header does not hold together.
pub(crate) enum Disconnected {
    /// The layout at its slot is not understood here.
    UnsupportedFork,
    /// The execution branch does not connect the execution payload header with the body.
    ExecutionBranch,
}

/// Bytes before the execution payload header.
const FIXED: usize = 244;
/// Bytes of an execution payload header before `extra_data`.
const EXECUTION_FIXED: usize = 584;
/// consensus-specs `MAX_EXTRA_DATA_BYTES`.
const MAX_EXTRA_DATA: usize = 32;

impl Header {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, SszError> {
        let mut reader = Reader::new(bytes);
        let slot = reader.u64()?;
        let proposer = reader.u64()?;
        let parent_root = *reader.take::<32>()?;
        let state_root = *reader.take::<32>()?;
        let body_root = *reader.take::<32>()?;
        first_offset(reader.offset()?, FIXED)?;
        let execution_branch = reader.branch()?;
        let execution = Execution::read(reader.rest())?;
        let leaves = vec![merkle::number(slot), merkle::number(proposer), parent_root, state_root, body_root];
        Ok(Self { slot: Slot(slot), root: merkle::root(leaves, 3), state_root, body_root, execution_branch, execution })
    }

    /// consensus-specs `is_valid_light_client_header`.
    pub(crate) fn connect(self, network: &Network) -> Result<ConnectedHeader, Disconnected> {
        let Self { slot, root, state_root, body_root, execution_branch, execution } = self;
        let layout = layout(network, slot).ok_or(Disconnected::UnsupportedFork)?;
        if !EXECUTION.holds(&execution.root, &execution_branch, &body_root) {
            return Err(Disconnected::ExecutionBranch);
        }
        Ok(ConnectedHeader { slot, layout, root, state_root, block_hash: Some(execution.block_hash) })
    }
}

/// Whether objects of this slot have the layout that is read here.
pub(crate) fn supported(network: &Network, slot: Slot) -> bool {
    layout(network, slot).is_some()
}

fn layout(network: &Network, slot: Slot) -> Option<Layout> {
    network.layout_at(slot).filter(|layout| match layout {
        Layout::Electra | Layout::Fulu => true,
        Layout::Altair | Layout::Bellatrix | Layout::Capella | Layout::Deneb | Layout::Gloas => false,
    })
}

impl Execution {
    fn read(bytes: &[u8]) -> Result<Self, SszError> {
        let mut reader = Reader::new(bytes);
        let parent_hash = *reader.take::<32>()?;
        let fee_recipient = reader.take::<20>()?;
        let state_root = *reader.take::<32>()?;
        let receipts_root = *reader.take::<32>()?;
        let logs_bloom = reader.branch::<8>()?;
        let prev_randao = *reader.take::<32>()?;
        let block_number = reader.u64()?;
        let gas_limit = reader.u64()?;
        let gas_used = reader.u64()?;
        let timestamp = reader.u64()?;
        first_offset(reader.offset()?, EXECUTION_FIXED)?;
        let base_fee_le = *reader.take::<32>()?;
        let block_hash = *reader.take::<32>()?;
        let transactions_root = *reader.take::<32>()?;
        let withdrawals_root = *reader.take::<32>()?;
        let blob_gas_used = reader.u64()?;
        let excess_blob_gas = reader.u64()?;
        let extra_data = reader.rest();
        if extra_data.len() > MAX_EXTRA_DATA {
            return Err(SszError::ExtraData);
        }
        let extra_length = u64::try_from(extra_data.len()).map_err(|_| SszError::ExtraData)?;
        let leaves = vec![
            parent_hash,
            merkle::padded(fee_recipient),
            state_root,
            receipts_root,
            merkle::root(logs_bloom.to_vec(), 3),
            prev_randao,
            merkle::number(block_number),
            merkle::number(gas_limit),
            merkle::number(gas_used),
            merkle::number(timestamp),
            merkle::pair(&merkle::padded(extra_data), &merkle::number(extra_length)),
            base_fee_le,
            block_hash,
            transactions_root,
            withdrawals_root,
            merkle::number(blob_gas_used),
            merkle::number(excess_blob_gas),
        ];
        Ok(Self { root: merkle::root(leaves, 5), block_hash })
    }
}
