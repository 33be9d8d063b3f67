//! `portfolio`, and what stops it: `pause`, `unpause`, `breaker`.

use alloy_primitives::Address;
use clap::{Args, Subcommand, ValueEnum};

use super::sending::{EXIT, SendArgs};
use super::words::{Seconds, StoreName};

/// See [`Command::Portfolio`](super::Command::Portfolio).
#[derive(Debug, Args)]
pub struct PortfolioArgs {
    /// What to do
    #[command(subcommand)]
    pub command: PortfolioCommand,
}

/// See [`Command::Portfolio`](super::Command::Portfolio).
#[derive(Debug, Subcommand)]
pub enum PortfolioCommand {
    /// Create a portfolio that this vault serves; its owner is whoever sends the transaction
    #[command(after_help = EXIT)]
    Create {
        /// The policy contract; the one of vault.json if it is not given
        #[arg(long, value_name = "ADDRESS")]
        policy: Option<Address>,
        /// Who may pause and veto
        #[arg(long, value_name = "ADDRESS")]
        guardian: Address,
        /// Who may set a store's status
        #[arg(long, value_name = "ADDRESS")]
        servicer: Address,
        /// Time before a loosening or a sale holds (90s, 15m, 12h, 30d), at most a year; it never changes
        #[arg(long, value_name = "TIME", default_value_t = Seconds(0))]
        delay: Seconds,
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Offer the portfolio to somebody, who may accept it after the delay. By the owner
    #[command(after_help = EXIT)]
    Offer {
        /// The portfolio
        #[arg(long)]
        portfolio: u64,
        /// To whom
        #[arg(long, value_name = "ADDRESS")]
        to: Address,
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Take the offer of the portfolio back. By the owner
    #[command(after_help = EXIT)]
    Withdraw {
        /// The portfolio
        #[arg(long)]
        portfolio: u64,
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Accept a portfolio that was offered. By the new owner, after the delay. What the old owner granted is over
    #[command(after_help = EXIT)]
    Accept {
        /// The portfolio
        #[arg(long)]
        portfolio: u64,
        /// The policy contract; the one of vault.json if it is not given
        #[arg(long, value_name = "ADDRESS")]
        policy: Option<Address>,
        /// Who may pause and veto
        #[arg(long, value_name = "ADDRESS")]
        guardian: Address,
        /// Who may set a store's status
        #[arg(long, value_name = "ADDRESS")]
        servicer: Address,
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Put another policy contract in place, after the delay. By the owner
    #[command(after_help = EXIT)]
    Policy(SeatArgs),
    /// Put another guardian in place, after the delay; the zero address is none. By the owner
    #[command(after_help = EXIT)]
    Guardian(SeatArgs),
    /// Put another servicer in place, after the delay; the zero address is none. By the owner
    #[command(after_help = EXIT)]
    Servicer(SeatArgs),
    /// Take back what was proposed and does not hold yet. By the guardian or the owner
    #[command(after_help = EXIT)]
    Cancel {
        /// The portfolio
        #[arg(long)]
        portfolio: u64,
        /// What was proposed
        #[arg(value_enum, value_name = "CHANGE")]
        change: ChangeName,
        /// The store whose looser status is taken back, with `status`
        #[arg(long, value_name = "STORE", required_if_eq("change", "status"))]
        store: Option<StoreName>,
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Say what the chain says of a portfolio: owner, seats, delay, pause, and what is pending until when
    Show {
        /// The portfolio
        #[arg(long)]
        portfolio: u64,
    },
}

/// Who or what takes a seat.
#[derive(Debug, Args)]
pub struct SeatArgs {
    /// The portfolio
    #[arg(long)]
    pub portfolio: u64,
    /// Who or what comes in
    #[arg(value_name = "ADDRESS")]
    pub address: Address,
    /// How it leaves
    #[command(flatten)]
    pub send: SendArgs,
}

/// What can be taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ChangeName {
    /// Another policy.
    Policy,
    /// Another guardian.
    Guardian,
    /// Another servicer.
    Servicer,
    /// The offer of the portfolio.
    Offer,
    /// Every offer of a store of the portfolio.
    Stores,
    /// The looser status of one store.
    Status,
}

/// See [`Command::Pause`](super::Command::Pause).
#[derive(Debug, Args)]
pub struct PauseArgs {
    /// The portfolio
    #[arg(long)]
    pub portfolio: u64,
    /// One store, `<portfolio that made it>:<32-byte salt in hex>`, repeatable; without it the whole portfolio
    #[arg(long, value_name = "STORE")]
    pub store: Vec<StoreName>,
    /// How it leaves
    #[command(flatten)]
    pub send: SendArgs,
}

/// See [`Command::Breaker`](super::Command::Breaker).
#[derive(Debug, Args)]
pub struct BreakerArgs {
    /// What to do
    #[command(subcommand)]
    pub command: BreakerCommand,
}

/// See [`Command::Breaker`](super::Command::Breaker).
#[derive(Debug, Subcommand)]
pub enum BreakerCommand {
    /// Stop every store of the registry, at once, for at most seven days
    #[command(after_help = EXIT)]
    Open {
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Let the stores go on
    #[command(after_help = EXIT)]
    Close {
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Say who holds it, until when it is open, and when it may be opened again
    Show,
}
