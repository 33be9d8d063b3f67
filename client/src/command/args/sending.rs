//! How a transaction leaves.

use std::path::PathBuf;

use clap::Args;

use super::words::StoreName;

/// What every command that changes something on chain says of its exit code.
pub(super) const EXIT: &str = "Exit codes: 0 it is in a block, or printed; 1 it was not sent, or it failed, and nothing changed; 2 usage.\n\
    With --json: sent, block, holds, effect {when, not_before, words}, and the transactions {to, value, data} if they were printed.";

/// Send it, print it, or write it for a Safe.
#[derive(Debug, Args)]
pub struct SendArgs {
    /// One of the three
    #[command(flatten)]
    pub how: HowArgs,
    /// Wait until it holds for the vault: until its host tells of a head that has it, attested for what takes effect at once and finalized for the rest
    #[arg(long, requires = "key")]
    pub wait: bool,
}

/// One of the three ways out.
#[derive(Debug, Args)]
#[group(id = "sending", required = true, multiple = false)]
pub struct HowArgs {
    /// Send it, signed with this key file
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// Print to, value and data, for any wallet or governor; nothing is signed or sent
    #[arg(long)]
    pub print: bool,
    /// Write a batch file that a Safe's Transaction Builder imports; nothing is signed or sent
    #[arg(long, value_name = "FILE")]
    pub safe: Option<PathBuf>,
}

/// Stores, by name.
#[derive(Debug, Args)]
#[group(id = "stores_named", required = true, multiple = true)]
pub struct StoresArgs {
    /// The store: `<portfolio that made it>:<32-byte salt in hex>`; repeatable
    #[arg(long = "store", value_name = "STORE")]
    pub stores: Vec<StoreName>,
    /// A file with one store a line
    #[arg(long = "stores", value_name = "FILE")]
    pub file: Option<PathBuf>,
}
