//! What a vault's admin and guardian do: `image`, `reset`; and what an owner does to open a closed operation: `unlock`.

use std::path::PathBuf;

use alloy_primitives::B256;
use clap::{Args, Subcommand};

use super::sending::{EXIT, SendArgs};
use super::words::{Name, Seconds, StoreName};

/// See [`Command::Unlock`](super::Command::Unlock).
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct UnlockArgs {
    /// For one operation instead
    #[command(subcommand)]
    pub command: Option<UnlockCommand>,
    /// Of the vault
    #[command(flatten)]
    pub vault: UnlockVaultArgs,
}

/// See [`Command::Unlock`](super::Command::Unlock).
#[derive(Debug, Args)]
pub struct UnlockVaultArgs {
    /// Your custody member key file
    #[arg(long, value_name = "FILE", required = true)]
    pub member: Option<PathBuf>,
    /// Your sealed share, as genesis saved it
    #[arg(long, value_name = "FILE", required = true)]
    pub share: Option<PathBuf>,
    /// Wait until the vault serves, at most so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub wait: u64,
}

/// See [`Command::Unlock`](super::Command::Unlock).
#[derive(Debug, Subcommand)]
pub enum UnlockCommand {
    /// Open one operation of a closed class on one store, after the delay and two days at least, for 30 days at most. By the owner, if there is a
    /// guardian who can veto it
    #[command(after_help = EXIT)]
    Propose {
        /// What is opened
        #[command(flatten)]
        which: UnlockWhichArgs,
        /// How long it is open (15m, 12h, 30d)
        #[arg(long = "for", value_name = "TIME", default_value_t = Seconds(86_400))]
        open_for: Seconds,
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Close it again, before or after it opened. By the guardian or the owner
    #[command(after_help = EXIT)]
    Veto {
        /// What is closed
        #[command(flatten)]
        which: UnlockWhichArgs,
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Say whether it is proposed, open or vetoed, and from when until when
    Show {
        /// What is asked for
        #[command(flatten)]
        which: UnlockWhichArgs,
    },
}

/// One operation on one store.
#[derive(Debug, Args)]
pub struct UnlockWhichArgs {
    /// The portfolio that the store is at home in
    #[arg(long)]
    pub portfolio: u64,
    /// The store: `<portfolio that made it>:<32-byte salt in hex>`; without it an operation on the portfolio itself
    #[arg(long, value_name = "STORE")]
    pub store: Option<StoreName>,
    /// The operation: its name, or 32 bytes in hex
    #[arg(long, value_name = "OPERATION")]
    pub operation: Name,
}

/// See [`Command::Image`](super::Command::Image).
#[derive(Debug, Args)]
pub struct ImageArgs {
    /// What to do
    #[command(subcommand)]
    pub command: ImageCommand,
}

/// See [`Command::Image`](super::Command::Image).
#[derive(Debug, Subcommand)]
pub enum ImageCommand {
    /// Let the vault run in another image, after the vault's delay. By the admin
    #[command(after_help = EXIT)]
    Propose {
        /// Which image
        #[command(flatten)]
        which: ImageWhichArgs,
        /// Digest of what was published about it, 32 bytes in hex; SHA-256 of the file with --of
        #[arg(long, value_name = "DIGEST", required_unless_present = "of")]
        digest: Option<B256>,
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Never let the vault run in this image again, at once and for good. By the admin or the guardian
    #[command(after_help = EXIT)]
    Revoke {
        /// Which image
        #[command(flatten)]
        which: ImageWhichArgs,
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Say whether an image is live, from when, or revoked; the one of vault.json if none is given
    Show {
        /// Which image
        #[command(flatten)]
        which: ImageShowArgs,
    },
}

/// An image, by its id or by its release.
#[derive(Debug, Args)]
#[group(id = "image_named", required = true, multiple = false)]
pub struct ImageWhichArgs {
    /// keccak256(PCR0 || PCR1 || PCR2), 32 bytes in hex
    #[arg(long, value_name = "ID")]
    pub image: Option<B256>,
    /// A release.json that names it
    #[arg(long, value_name = "release.json")]
    pub of: Option<PathBuf>,
}

/// An image, or the vault's.
#[derive(Debug, Args)]
#[group(id = "image_shown", multiple = false)]
pub struct ImageShowArgs {
    /// keccak256(PCR0 || PCR1 || PCR2), 32 bytes in hex
    #[arg(long, value_name = "ID")]
    pub image: Option<B256>,
    /// A release.json that names it
    #[arg(long, value_name = "release.json")]
    pub of: Option<PathBuf>,
}

/// See [`Command::Reset`](super::Command::Reset).
#[derive(Debug, Args)]
pub struct ResetArgs {
    /// What to do
    #[command(subcommand)]
    pub command: ResetCommand,
}

/// See [`Command::Reset`](super::Command::Reset).
#[derive(Debug, Subcommand)]
pub enum ResetCommand {
    /// Take the ledger's anchor back to what is left after a lost disk, after the vault's delay. By the admin
    #[command(after_help = EXIT)]
    Propose {
        /// Entries that are left
        #[arg(long)]
        size: u64,
        /// Root of the ledger at that size, 32 bytes in hex
        #[arg(long, value_name = "ROOT")]
        root: B256,
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Stop a reset before it holds. By the guardian or the admin
    #[command(after_help = EXIT)]
    Veto {
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Say what the chain says of the vault: admin, guardian, delay, anchor, writer, and a reset that is pending
    Show,
}
