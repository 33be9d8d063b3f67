//! `store`.

use std::path::PathBuf;

use alloy_primitives::B256;
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
    /// Hand a developer app's id and secret to the vault, once for all stores of its owner
    AddApp(AppAddArgs),
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
    /// File with a token that is good for good; `-` reads it from standard input. Never on the command line, where others see it
    #[arg(long, value_name = "FILE", required_unless_present_any = ["fields", "connection"], conflicts_with = "fields")]
    pub token: Option<PathBuf>,
    /// File with the connection's fields: JSON, `{"secret": {"refresh_token": "..."}, "public": {"grant": "..."}}`
    #[arg(long, value_name = "FILE")]
    pub fields: Option<PathBuf>,
    /// Name of the connection, 32 bytes in hex: of one that is there, without its token or fields, or of a new one
    #[arg(long, value_name = "HEX")]
    pub connection: Option<B256>,
    /// The platform's id of the app that the connection was given to
    #[arg(long, value_name = "ID", default_value = "")]
    pub app: String,
    /// What tells this store apart from others of the connection: `name=value&name=value`, ascending
    #[arg(long, default_value = "")]
    pub selector: String,
    /// Save the receipt here (canonical CBOR, hex)
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
}

/// See [`StoreCommand::AddApp`].
#[derive(Debug, Args)]
pub struct AppAddArgs {
    /// The portfolio owner's key file
    #[arg(long, value_name = "FILE")]
    pub owner: PathBuf,
    /// The key file that makes the call, if it is not the owner's; needs a grant for vault.provision
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The portfolio that it is handed over under
    #[arg(long)]
    pub portfolio: u64,
    /// Preset of the platform
    #[arg(long)]
    pub preset: String,
    /// The platform's id of the app, by which stores name it
    #[arg(long, value_name = "ID")]
    pub app: String,
    /// File with the app's fields: JSON, `{"public": {"client_id": "..."}, "secret": {"client_secret": "..."}}`
    #[arg(long, value_name = "FILE")]
    pub fields: PathBuf,
    /// Save the receipt here (canonical CBOR, hex)
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
}
