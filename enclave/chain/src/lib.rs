//! Ethereum light client and state proofs: untrusted bytes in, verified heads and proven state out.
//!
//! The flow:
//!
//! ```text
//! checkpoint   -> accept_checkpoint              -> AcceptedCheckpoint   (at most 14 days old)
//! SSZ objects  -> LightClient::{bootstrap, ..}   -> BeaconHead           (two thirds of a known committee)
//! RLP header   -> BeaconHead::connect            -> VerifiedHead         (its hash is the one that the head names)
//! MPT nodes    -> ProvenState::add               -> account, slots, code (under that head's state root)
//! ```
//!
//! Every byte comes from the host. Nothing here does I/O, reads a clock or draws randomness, and no input panics.
//! Objects of Altair to Gloas are read, in the layout that the fork schedule has at their slot and never in one that the host names. A
//! fork beyond the schedule is refused. `no_std`, with `alloc`.
//!
//! Out of scope: whose signatures make a checkpoint acceptable (`policy`), how old a head may be (`vault`), what the
//! proven state means (`policy`), and ancestry between heads: an attested head is not shown to descend from the finalized one.
#![cfg_attr(not(test), no_std)]
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

extern crate alloc;

mod checkpoint;
mod client;
mod committee;
pub mod conformance;
mod execution;
mod header;
mod layout;
mod merkle;
mod network;
mod objects;
mod preset;
mod rlp;
mod slot;
mod ssz;
mod state;
mod trie;

pub use checkpoint::{AcceptedCheckpoint, Checkpoint, CheckpointError, MAX_CHECKPOINT_AGE, accept_checkpoint};
pub use client::{
    AdvanceError, Advanced, AnyLightClient, BeaconHead, BootstrapError, Conflict, Disputed, Evidence, LightClient, MAX_UPDATES,
    Message, VerifiedHead, Wants,
};
pub use execution::{ExecutionHeader, HeaderError, MAX_HEADER};
pub use layout::{Layout, UnknownLayout};
pub use network::{CustomNetwork, Network, NetworkError};
pub use preset::{Mainnet, Minimal, Preset, PresetName, UnknownPreset};
pub use rlp::RlpError;
pub use slot::Slot;
pub use ssz::SszError;
pub use state::{Account, AccountProof, MAX_CARRIED, MAX_CODE, MAX_CODES, MAX_SLOTS, ProofError, ProvenState, StateUnder};
pub use trie::{TrieError, prove_in_trie};
