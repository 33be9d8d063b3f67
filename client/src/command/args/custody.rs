//! What operators do: `checkpoint`, `genesis`, `anchor`.

use std::path::PathBuf;

use alloy_primitives::Address;
use clap::Args;

/// See [`Command::Checkpoint`](super::Command::Checkpoint).
#[derive(Debug, Args)]
pub struct CheckpointArgs {
    /// Your key file: one of the constitution's checkpoint signers
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// A beacon node that you trust: its finalized block is signed
    #[arg(long, value_name = "URL")]
    pub beacon: String,
    /// Write the signed checkpoint here as well
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Do not give it to the vault, only write it
    #[arg(long, requires = "out")]
    pub offline: bool,
}

/// See [`Command::Genesis`](super::Command::Genesis).
#[derive(Debug, Args)]
pub struct GenesisArgs {
    /// The constitution's admin key file
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// Directory for the sealed shares (`share-<index>.hex`)
    #[arg(long, value_name = "DIRECTORY")]
    pub shares: PathBuf,
    /// Account that may revoke images, beside the admin
    #[arg(long, value_name = "ADDRESS")]
    pub guardian: Address,
    /// Seconds before a new image is live, at least seven days
    #[arg(long, default_value_t = 604_800)]
    pub delay: u64,
}

/// Who pays.
#[derive(Debug, Args)]
pub struct PayArgs {
    /// The key file that pays the gas
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
}
