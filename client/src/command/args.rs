//! What can be typed.

use std::path::PathBuf;

use alloy_primitives::{Address, B256};
use clap::{Args, Parser, Subcommand};

/// Use, run and audit a PST Vault.
///
/// Every command that sends something to the enclave first verifies its attestation document, in the same run: image, constitution, vault id
/// and a fresh nonce. With a devnet's vault.json every line starts with DEVNET.
///
/// Exit codes: 0 done; 1 an error, nothing is known to have happened; 2 usage; 3 refused or failed, with the reason in the answer.
#[derive(Debug, Parser)]
#[command(name = "pst-vault", version)]
pub struct Cli {
    /// The vault's public file
    #[arg(long, global = true, default_value = "vault.json", value_name = "FILE")]
    pub vault: PathBuf,
    /// A published release that the vault's image must be, beside what the vault's file says; the two must agree
    #[arg(long, global = true, value_name = "release.json")]
    pub release: Option<PathBuf>,
    /// One JSON object instead of lines
    #[arg(long, global = true)]
    pub json: bool,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a key file (32 random bytes, readable by you alone)
    Key {
        /// Where; never overwritten
        file: PathBuf,
    },
    /// Say which phase the vault is in, as its host tells it
    Status,
    /// Verify the enclave: image, constitution, vault id, keys
    Verify,
    /// Sign a checkpoint that the vault may start from, and give it to the vault
    Checkpoint(CheckpointArgs),
    /// Make the root key in the verified enclave, save the sealed shares, and create the vault on chain
    Genesis(GenesisArgs),
    /// Seal your share to the verified enclave
    Unlock(UnlockArgs),
    /// Stores
    Store(StoreArgs),
    /// Call a platform through the vault, like curl
    Call(CallArgs),
    /// Say what the contract would decide for a call, without making it
    Simulate(SimulateArgs),
    /// Receipts
    Receipt(ReceiptArgs),
    /// The ledger
    Ledger(LedgerArgs),
    /// Write the ledger's newest root to the chain
    Anchor(PayArgs),
    /// Portfolios
    Portfolio(PortfolioArgs),
    /// Grant operations or classes in the reference policy
    Grant(GrantArgs),
    /// Pause a portfolio, or one store of it, at once
    Pause(PauseArgs),
    /// End a pause
    Unpause(PauseArgs),
}

/// See [`Command::Checkpoint`].
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

/// See [`Command::Genesis`].
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

/// See [`Command::Unlock`].
#[derive(Debug, Args)]
pub struct UnlockArgs {
    /// Your custody member key file
    #[arg(long, value_name = "FILE")]
    pub member: PathBuf,
    /// Your sealed share, as genesis saved it
    #[arg(long, value_name = "FILE")]
    pub share: PathBuf,
    /// Wait until the vault serves, at most so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 120)]
    pub wait: u64,
}

/// See [`Command::Store`].
#[derive(Debug, Args)]
pub struct StoreArgs {
    /// What to do
    #[command(subcommand)]
    pub command: StoreCommand,
}

/// See [`Command::Store`].
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Hand a store's token to the vault; it is kept once the platform confirmed the account
    Add(StoreAddArgs),
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

/// See [`Command::Call`].
#[derive(Debug, Args)]
pub struct CallArgs {
    /// Your key file
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The store: `<portfolio>:<32-byte salt in hex>`
    #[arg(long, value_name = "STORE")]
    pub store: StoreName,
    /// Method; GET, or POST if there is data
    #[arg(short = 'X', long = "request", value_name = "METHOD")]
    pub method: Option<String>,
    /// Header, `name: value`; repeatable
    #[arg(short = 'H', long = "header", value_name = "HEADER")]
    pub headers: Vec<String>,
    /// Body; `@file` reads it from a file
    #[arg(short = 'd', long = "data", value_name = "DATA")]
    pub data: Option<String>,
    /// Role to claim, 32 bytes in hex
    #[arg(long, value_name = "ROLE")]
    pub role: Option<B256>,
    /// Show the response's status and headers too
    #[arg(short = 'i', long)]
    pub include: bool,
    /// Save the receipt here (canonical CBOR, hex)
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
    /// `https://<host>/<path>`
    pub url: String,
}

/// See [`Command::Simulate`].
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

/// See [`Command::Receipt`].
#[derive(Debug, Args)]
pub struct ReceiptArgs {
    /// What to do
    #[command(subcommand)]
    pub command: ReceiptCommand,
}

/// See [`Command::Receipt`].
#[derive(Debug, Subcommand)]
pub enum ReceiptCommand {
    /// Run a receipt's decisions again at its blocks, on a node with their state, and say what differs
    Check {
        /// An execution node that keeps old state; the vault file's if it is not given
        #[arg(long, value_name = "URL")]
        rpc: Option<String>,
        /// A receipt that `call` or `store add` saved
        #[arg(value_name = "FILE")]
        receipt: PathBuf,
    },
}

/// See [`Command::Ledger`].
#[derive(Debug, Args)]
pub struct LedgerArgs {
    /// What to do
    #[command(subcommand)]
    pub command: LedgerCommand,
}

/// See [`Command::Ledger`].
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

/// Who pays.
#[derive(Debug, Args)]
pub struct PayArgs {
    /// The key file that pays the gas
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
}

/// See [`Command::Portfolio`].
#[derive(Debug, Args)]
pub struct PortfolioArgs {
    /// What to do
    #[command(subcommand)]
    pub command: PortfolioCommand,
}

/// See [`Command::Portfolio`].
#[derive(Debug, Subcommand)]
pub enum PortfolioCommand {
    /// Create a portfolio that this vault serves; its owner is the key's account
    Create {
        /// The owner's key file
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Who may pause and veto
        #[arg(long, value_name = "ADDRESS")]
        guardian: Address,
        /// Who may set a store's status
        #[arg(long, value_name = "ADDRESS")]
        servicer: Address,
        /// Seconds before a loosening matures
        #[arg(long, default_value_t = 0)]
        delay: u64,
    },
}

/// See [`Command::Grant`].
#[derive(Debug, Args)]
pub struct GrantArgs {
    /// The portfolio owner's key file
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The portfolio
    #[arg(long)]
    pub portfolio: u64,
    /// Who may
    #[arg(long, value_name = "ADDRESS")]
    pub caller: Address,
    /// Operation, for example `shopify.query.orders`; repeatable
    #[arg(long, value_name = "OPERATION")]
    pub operation: Vec<String>,
    /// Class: READ, WRITE, VALUE, ROUTING, AUTHZ, MINT, CREDENTIAL; repeatable
    #[arg(long, value_name = "CLASS")]
    pub class: Vec<String>,
    /// One store's salt in hex; without it every store of the portfolio
    #[arg(long, value_name = "SALT")]
    pub salt: Option<B256>,
    /// Seconds from now until it ends
    #[arg(long, default_value_t = 86_400)]
    pub seconds: u64,
    /// Calls per period; 0 = no limit
    #[arg(long, default_value_t = 0)]
    pub capacity: u128,
    /// Seconds of a period; 0 = for ever
    #[arg(long, default_value_t = 0)]
    pub period: u32,
    /// Wait until the grant's block is finalized and the vault has seen it
    #[arg(long)]
    pub wait: bool,
}

/// See [`Command::Pause`].
#[derive(Debug, Args)]
pub struct PauseArgs {
    /// The owner's key file, or for a pause the guardian's
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The portfolio
    #[arg(long)]
    pub portfolio: u64,
    /// One store's salt in hex; without it the whole portfolio
    #[arg(long, value_name = "SALT")]
    pub salt: Option<B256>,
}

/// A store as a person types it.
#[derive(Clone, Copy, Debug)]
pub struct StoreName {
    /// Portfolio that made it.
    pub origin: u64,
    /// Its salt.
    pub salt: B256,
}

impl std::str::FromStr for StoreName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (origin, salt) = text.split_once(':').ok_or("a store is <portfolio>:<32-byte salt in hex>")?;
        Ok(Self {
            origin: origin.parse().map_err(|_| "the portfolio is a number")?,
            salt: salt.parse().map_err(|_| "the salt is 32 bytes of hex")?,
        })
    }
}
