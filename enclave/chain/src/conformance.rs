//! What the official vectors compare and the protocol itself never needs. Nothing here is evidence of anything.
use alloc::vec;

use crate::header::Header;
use crate::layout::{BLOCK_HASH, EXECUTION, HeaderLayout};
use crate::merkle::{self, Place};
use crate::objects::{Bootstrap, Kind, SignedHeader};
use crate::{BootstrapError, Checkpoint, Layout, Mainnet, Message, Minimal, Network, Preset, PresetName, Slot, SszError};

/// An object of which the root is wanted.
#[derive(Clone, Copy, Debug)]
pub enum Object<'a> {
    /// `LightClientHeader`.
    Header(&'a [u8]),
    /// `LightClientBootstrap`.
    Bootstrap(&'a [u8]),
    /// An update.
    Message(Message<'a>),
}

/// Reads an object of this layout as strictly as the light client does, and gives its `hash_tree_root`. Nothing of it is verified.
///
/// # Errors
/// When the bytes are not the encoding of such an object.
pub fn object_root<P: Preset>(object: Object<'_>, layout: Layout) -> Result<[u8; 32], SszError> {
    Ok(match object {
        Object::Header(ssz) => Header::read(ssz, layout.header())?.object_root(),
        Object::Bootstrap(ssz) => {
            let Bootstrap { header, committee, committee_branch } = Bootstrap::read::<P>(ssz, layout)?;
            merkle::root(vec![header.object_root(), committee.root::<P>(), merkle::vector(committee_branch)], 2)
        }
        Object::Message(message) => {
            let SignedHeader { attested, finality, next, aggregate, signature_slot } = SignedHeader::read::<P>(message, layout)?;
            let mut leaves = vec![attested.object_root()];
            if let Some(next) = next {
                leaves.extend([next.committee.root::<P>(), merkle::vector(next.branch)]);
            }
            if let Some(finality) = finality {
                leaves.extend([finality.header.object_root(), merkle::vector(finality.branch)]);
            }
            leaves.extend([aggregate.root(), merkle::number(signature_slot.0)]);
            let depth = if leaves.len() > 4 { 3 } else { 2 };
            merkle::root(leaves, depth)
        }
    })
}

/// The slot that a `LightClientBootstrap` claims. A checkpoint's root commits to it.
///
/// # Errors
/// When the bytes end before it.
pub fn bootstrap_slot<P: Preset>(ssz: &[u8]) -> Result<Slot, SszError> {
    Kind::Bootstrap.slot::<P>(ssz)
}

/// The block that a `LightClientBootstrap` claims to be of.
///
/// # Errors
/// When the bytes are not the encoding of one, in the layout that the network has at its slot.
pub fn bootstrap_checkpoint(network: &Network, ssz: &[u8]) -> Result<Checkpoint, BootstrapError> {
    match network.preset() {
        PresetName::Mainnet => checkpoint_of::<Mainnet>(network, ssz),
        PresetName::Minimal => checkpoint_of::<Minimal>(network, ssz),
    }
}

fn checkpoint_of<P: Preset>(network: &Network, ssz: &[u8]) -> Result<Checkpoint, BootstrapError> {
    let slot = Kind::Bootstrap.slot::<P>(ssz)?;
    let layout = network.layout_at(slot).ok_or(BootstrapError::UnsupportedFork { slot })?;
    Ok(Checkpoint { slot, root: Bootstrap::read::<P>(ssz, layout)?.header.root })
}

/// What a branch proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proven {
    /// `finalized_checkpoint.root` in a state.
    FinalizedRoot,
    /// `current_sync_committee` in a state.
    CurrentCommittee,
    /// `next_sync_committee` in a state.
    NextCommittee,
    /// The execution payload in a body, from Gloas on the execution block hash.
    Execution,
}

/// The generalized index at which the light client looks for it in this layout.
#[must_use]
pub fn generalized_index(proven: Proven, layout: Layout) -> Option<u64> {
    let Place { depth, index } = place(proven, layout)?;
    1_u64.checked_shl(u32::try_from(depth).ok()?)?.checked_add(index)
}

/// The root that a branch leads to, if it has the length that the light client asks for in this layout.
#[must_use]
pub fn branch_root(proven: Proven, layout: Layout, leaf: &[u8; 32], branch: &[[u8; 32]]) -> Option<[u8; 32]> {
    let Place { depth, index } = place(proven, layout)?;
    (branch.len() == depth).then(|| Place::fold(index, leaf, branch))
}

const fn place(proven: Proven, layout: Layout) -> Option<Place> {
    match (proven, layout.header()) {
        (Proven::FinalizedRoot, _) => Some(layout.finalized_root()),
        (Proven::CurrentCommittee, _) => Some(layout.current_committee()),
        (Proven::NextCommittee, _) => Some(layout.next_committee()),
        (Proven::Execution, HeaderLayout::Beacon) => None,
        (Proven::Execution, HeaderLayout::Payload { .. }) => Some(EXECUTION),
        (Proven::Execution, HeaderLayout::BlockHash) => Some(BLOCK_HASH),
    }
}
