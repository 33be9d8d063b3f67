//! What callers and auditors do: `call`, `simulate`, `receipt`, `ledger`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::words::{Name, StoreName};

/// See [`Command::Call`](super::Command::Call).
#[derive(Debug, Args)]
pub struct CallArgs {
    /// Who calls
    #[command(flatten)]
    pub signer: SignerArgs,
    /// The store: `<portfolio>:<32-byte salt in hex>`
    #[arg(long, value_name = "STORE")]
    pub store: StoreName,
    /// Method; GET, or POST if there is data
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    pub method: Option<String>,
    /// Header, `name: value`; repeatable
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    pub headers: Vec<String>,
    /// How often the vault may ask again if the platform is too busy (429, 5xx): 1 to 3, for operations that only read
    #[arg(long, value_name = "TIMES", value_parser = clap::value_parser!(u8).range(1..=3))]
    pub retries: Option<u8>,
    /// Body; `@file` reads it from a file
    #[arg(short = 'd', long = "data", value_name = "DATA")]
    pub data: Option<String>,
    /// Role to claim: its name, or 32 bytes in hex
    #[arg(long, value_name = "ROLE")]
    pub role: Option<Name>,
    /// Evidence for the policy, hex, at most 8 KiB: a grant of `grant root`
    #[arg(long, value_name = "FILE")]
    pub evidence: Option<PathBuf>,
    /// Show the response's status and headers too
    #[arg(short = 'i', long)]
    pub include: bool,
    /// Save the receipt here (canonical CBOR, hex)
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
    /// `https://<host>/<path>`
    pub url: String,
}

/// See [`Command::Fetch`](super::Command::Fetch).
#[derive(Debug, Args)]
pub struct FetchArgs {
    /// Who calls: whoever got the answer
    #[command(flatten)]
    pub signer: SignerArgs,
    /// The store that the answer was about: `<portfolio>:<32-byte salt in hex>`
    #[arg(long, value_name = "STORE")]
    pub store: StoreName,
    /// Role to claim: its name, or 32 bytes in hex
    #[arg(long, value_name = "ROLE")]
    pub role: Option<Name>,
    /// Evidence for the policy, hex: a grant of `grant root`
    #[arg(long, value_name = "FILE")]
    pub evidence: Option<PathBuf>,
    /// Where the file is written, as it comes; never overwritten
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// The link, just as the answer had it
    pub url: String,
}

/// Who signs the call: the caller, or an agent in the caller's name.
#[derive(Debug, Args)]
pub struct SignerArgs {
    /// Your key file
    #[arg(long, value_name = "FILE", required_unless_present = "agent")]
    pub key: Option<PathBuf>,
    /// An agent's key file, as `agent new` made it, instead of the caller's
    #[arg(long, value_name = "FILE", requires = "delegation", conflicts_with = "key")]
    pub agent: Option<PathBuf>,
    /// What the caller delegated to the agent, as `agent delegate` wrote it
    #[arg(long, value_name = "FILE", requires = "agent")]
    pub delegation: Option<PathBuf>,
}

/// See [`Command::Simulate`](super::Command::Simulate).
#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Show what the contract says at this head; without it, what both come to
    #[arg(long, value_enum, value_name = "HEAD")]
    pub at: Option<At>,
    /// The call
    #[command(flatten)]
    pub call: CallArgs,
}

/// One of the two heads that decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum At {
    /// What can't be undone: a grant counts from here on.
    Finalized,
    /// The newest that a committee signed: a revocation counts from here on.
    Attested,
}

/// See [`Command::Receipt`](super::Command::Receipt).
#[derive(Debug, Args)]
pub struct ReceiptArgs {
    /// What to do
    #[command(subcommand)]
    pub command: ReceiptCommand,
}

/// See [`Command::Receipt`](super::Command::Receipt).
#[derive(Debug, Subcommand)]
pub enum ReceiptCommand {
    /// Run a receipt's decisions again at its blocks and say what differs
    ///
    /// A node that has the receipt's blocks runs them itself. With --proofs nothing but Merkle proofs is taken from the node, or from a file that
    /// `receipt prove` saved: the contract runs here, as the enclave ran it, on state that hangs under the receipt's own block hashes. For a head
    /// that was orphaned since there is no other way.
    ///
    /// Exit codes: 0 the same decisions; 1 it could not be checked; 3 something differs, and the lines say what.
    Check {
        /// Run them here, from proofs alone
        #[arg(long)]
        proofs: bool,
        /// Take the proofs from this file, and ask no node
        #[arg(long, value_name = "FILE", requires = "proofs", conflicts_with = "rpc")]
        saved: Option<PathBuf>,
        /// An execution node that keeps old state; the vault file's if it is not given
        #[arg(long, value_name = "URL")]
        rpc: Option<String>,
        /// A receipt that `call` or `store add` saved
        #[arg(value_name = "FILE")]
        receipt: PathBuf,
    },
    /// Save what proves a receipt's decisions, while a node still has the state: headers, Merkle proofs and code
    Prove {
        /// An execution node that has the state; the vault file's if it is not given
        #[arg(long, value_name = "URL")]
        rpc: Option<String>,
        /// Where the proofs are written
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// A receipt that `call` or `store add` saved
        #[arg(value_name = "FILE")]
        receipt: PathBuf,
    },
}

/// See [`Command::Ledger`](super::Command::Ledger).
#[derive(Debug, Args)]
pub struct LedgerArgs {
    /// What to do
    #[command(subcommand)]
    pub command: LedgerCommand,
}

/// See [`Command::Ledger`](super::Command::Ledger).
#[derive(Debug, Subcommand)]
pub enum LedgerCommand {
    /// Read the served log whole and check it against its checkpoint, earlier checkpoints, receipts and the chain's anchor
    Verify(LedgerVerifyArgs),
}

/// See [`LedgerCommand::Verify`].
#[derive(Debug, Args)]
pub struct LedgerVerifyArgs {
    /// A receipt that `call` or `store add` saved; repeatable
    #[arg(long, value_name = "FILE")]
    pub receipt: Vec<PathBuf>,
    /// A checkpoint that was saved earlier; repeatable
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Vec<PathBuf>,
    /// Save the served checkpoint here
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
}
