//! `agent`: session keys that call in a caller's name.

use std::path::PathBuf;

use alloy_primitives::{Address, B256, Bytes};
use clap::{Args, Subcommand, ValueEnum};

use super::sending::{EXIT, SendArgs};
use super::words::{ClassName, Name, Seconds};

/// See [`Command::Agent`](super::Command::Agent).
#[derive(Debug, Args)]
pub struct AgentArgs {
    /// What to do
    #[command(subcommand)]
    pub command: AgentCommand,
}

/// See [`Command::Agent`](super::Command::Agent).
#[derive(Debug, Subcommand)]
pub enum AgentCommand {
    /// Make an agent's key file and print its public key and id. The secret stays with the agent
    New {
        /// Where; never overwritten
        file: PathBuf,
        /// The key's curve
        #[arg(long, value_enum, default_value_t = CurveName::P256)]
        curve: CurveName,
    },
    /// Delegate to an agent: sign with the caller's key, or write the typed data that a Safe has to sign
    ///
    /// The delegation is a file that goes to the agent; it is no secret, and is of use with the agent's key only.
    /// With --caller it is not signed yet: sign what is printed as a message of the Safe (EIP-1271), then `agent signed`.
    Delegate {
        /// The agent's public key, as `agent new` prints it, or its key file
        #[arg(long, value_name = "KEY")]
        agent: String,
        /// Only for stores that are at home in this portfolio
        #[arg(long)]
        portfolio: u64,
        /// Only this operation; without --operation and --class whatever the caller may, but no EXPORT
        #[arg(long, value_name = "OPERATION", conflicts_with = "class")]
        operation: Option<Name>,
        /// Only this class
        #[arg(long, value_name = "CLASS")]
        class: Option<ClassName>,
        /// Time from now until it ends (15m, 12h, 30d)
        #[arg(long, value_name = "TIME", default_value_t = Seconds(86_400))]
        seconds: Seconds,
        /// Where the delegation is written
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Sign it: the caller's key file
        #[arg(long, value_name = "FILE", required_unless_present = "caller", conflicts_with = "caller")]
        key: Option<PathBuf>,
        /// Do not sign: the contract account that will
        #[arg(long, value_name = "ADDRESS")]
        caller: Option<Address>,
    },
    /// Put a contract account's signature into a delegation
    Signed {
        /// The delegation
        #[arg(value_name = "FILE")]
        delegation: PathBuf,
        /// What the account takes as its signature, hex: for a Safe its owners' signatures one after the other
        #[arg(long, value_name = "HEX")]
        signature: Bytes,
    },
    /// Revoke an agent, at once and for good. By the caller whose agent it is
    #[command(after_help = EXIT)]
    Revoke {
        /// The agent: its id, its public key, its key file, or a delegation to it
        #[arg(value_name = "AGENT")]
        agent: String,
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Say what a delegation allows, until when, and whether the agent was revoked
    Show {
        /// The delegation
        #[arg(value_name = "FILE")]
        delegation: PathBuf,
    },
}

/// A curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CurveName {
    /// NIST P-256: passkeys, HSMs, secure elements.
    P256,
    /// Ethereum's.
    Secp256k1,
}

/// An agent's id, where no file is meant.
pub(in crate::command) fn agent_id(text: &str) -> Option<B256> {
    text.strip_prefix("0x").and_then(|_| text.parse().ok())
}
