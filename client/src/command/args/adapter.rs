//! `adapter`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::call::SignerArgs;
use super::words::{Name, StoreName};

/// See [`Command::Adapter`](super::Command::Adapter).
#[derive(Debug, Args)]
pub struct AdapterArgs {
    /// Who calls
    #[command(flatten)]
    pub signer: SignerArgs,
    /// The store: `<portfolio>:<32-byte salt in hex>`
    #[arg(long, value_name = "STORE")]
    pub store: StoreName,
    /// Where to listen: a loopback address
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub listen: SocketAddr,
    /// Where the certificate is written that the SDK has to trust; it is good for this run
    #[arg(long, value_name = "FILE")]
    pub ca: PathBuf,
    /// Role to claim: its name, or 32 bytes in hex
    #[arg(long, value_name = "ROLE")]
    pub role: Option<Name>,
    /// Evidence for the policy, hex, at most 8 KiB: a grant of `grant root`
    #[arg(long, value_name = "FILE")]
    pub evidence: Option<PathBuf>,
}
