//! `store`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::sending::{EXIT, SendArgs, StoresArgs};
use super::words::{StatusName, StoreName};

/// See [`Command::Store`](super::Command::Store).
#[derive(Debug, Args)]
pub struct StoreArgs {
    /// What to do
    #[command(subcommand)]
    pub command: StoreCommand,
}

/// See [`Command::Store`](super::Command::Store).
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Hand a store's token to the vault; it is kept once the platform confirmed the account
    Add(Box<StoreAddArgs>),
    /// Offer stores to another portfolio, whose owner may accept them after the delay. By the owner of their home
    #[command(after_help = EXIT)]
    Offer {
        /// Which stores
        #[command(flatten)]
        stores: StoresArgs,
        /// To which portfolio
        #[arg(long, value_name = "PORTFOLIO")]
        to: u64,
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Take the offer of stores back. By the owner of their home
    #[command(after_help = EXIT)]
    Withdraw {
        /// Which stores
        #[command(flatten)]
        stores: StoresArgs,
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Accept stores that were offered. By the owner of the portfolio they come to. What was granted for them is over
    #[command(after_help = EXIT)]
    Accept {
        /// Which stores
        #[command(flatten)]
        stores: StoresArgs,
        /// Into which portfolio
        #[arg(long, value_name = "PORTFOLIO")]
        to: u64,
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Set stores' status. Further on (Performing, Watch, Default, Closed) holds at once, further back after the delay. By the servicer
    #[command(after_help = EXIT)]
    Status {
        /// Performing, Watch, Default or Closed
        status: StatusName,
        /// Which stores
        #[command(flatten)]
        stores: StoresArgs,
        /// Why, at most 32 characters of ASCII; it stands in the event for all to see
        #[arg(long, default_value = "")]
        reason: String,
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Say what the chain says of a store: where it is at home, its status, pause, and what is pending until when
    Show {
        /// The store: `<portfolio that made it>:<32-byte salt in hex>`
        #[arg(long, value_name = "STORE")]
        store: StoreName,
    },
}

/// See [`StoreCommand::Add`].
#[derive(Debug, Args)]
pub struct StoreAddArgs {
    /// The portfolio owner's key file
    #[arg(long, value_name = "FILE")]
    pub owner: PathBuf,
    /// The key file that makes the call, if it is not the owner's; needs a grant for vault.provision
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The store: `<portfolio>:<32-byte salt in hex>`
    #[arg(long, value_name = "STORE")]
    pub store: StoreName,
    /// Preset of the platform
    #[arg(long, default_value = "shopify-admin")]
    pub preset: String,
    /// The store's host, for example `my-shop.myshopify.com`
    #[arg(long)]
    pub host: String,
    /// The account that the platform must confirm; the host if it is not given
    #[arg(long)]
    pub account: Option<String>,
    /// File with the token; `-` reads it from standard input. Never on the command line, where others see it
    #[arg(long, value_name = "FILE")]
    pub token: PathBuf,
    /// Save the receipt here (canonical CBOR, hex)
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
}
