//! `connection` and `login`.

use std::path::PathBuf;

use alloy_primitives::B256;
use clap::{Args, Subcommand};

use super::call::SignerArgs;
use super::store::StoreAddArgs;
use super::words::{Name, Seconds, StoreName};

/// See [`Command::Connection`](super::Command::Connection).
#[derive(Debug, Args)]
pub struct ConnectionArgs {
    /// What to do
    #[command(subcommand)]
    pub command: ConnectionCommand,
}

/// See [`Command::Connection`](super::Command::Connection).
#[derive(Debug, Subcommand)]
pub enum ConnectionCommand {
    /// List connections and logins: state, generation, stores, and when their tokens expire. Needs a grant for vault.list
    List(ListArgs),
    /// Say what expires when: tokens, what the platform's calendar ends, and what needs somebody now. Needs a grant for vault.list
    Expiring {
        /// Which ones
        #[command(flatten)]
        list: ListArgs,
        /// How far to look ahead (12h, 30d)
        #[arg(long, value_name = "TIME", default_value_t = Seconds(30 * 86_400))]
        within: Seconds,
    },
    /// Bind a further store to a connection that is there: `store add` with --connection and no token. Needs a grant for vault.provision
    Add(Box<StoreAddArgs>),
    /// Put a new authorisation in the place of the one that is there. Its stores stay. Needs a grant for vault.rotate
    ///
    /// The old one is used until the platform confirmed the account of the new one. What is given is what `store add` took: the same host,
    /// account, connection and selector, with the new token or fields.
    Rotate {
        /// The store, and what is new
        #[command(flatten)]
        store: Box<StoreAddArgs>,
        /// The next generation; without it the vault is asked, which needs a grant for vault.list
        #[arg(long, value_name = "NUMBER")]
        generation: Option<u64>,
    },
    /// Take a store off its connection: calls are refused until a rotation brings it back. The last store ends its upkeep. Needs a grant for vault.revoke
    Revoke {
        /// Who asks
        #[command(flatten)]
        asking: AskingArgs,
        /// The store: `<portfolio>:<32-byte salt in hex>`
        #[arg(long, value_name = "STORE")]
        store: StoreName,
        /// The store's merchant login, not what its calls are made with
        #[arg(long)]
        login: bool,
    },
}

/// Which connections are listed, and by whom.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Who asks
    #[command(flatten)]
    pub asking: AskingArgs,
    /// Those of one store: `<portfolio>:<32-byte salt in hex>`
    #[arg(long, value_name = "STORE", required_unless_present = "portfolio", conflicts_with = "portfolio")]
    pub store: Option<StoreName>,
    /// Those of all stores that a portfolio made
    #[arg(long)]
    pub portfolio: Option<u64>,
}

/// Who asks the vault for something that it does itself.
#[derive(Debug, Args)]
pub struct AskingArgs {
    /// Who signs
    #[command(flatten)]
    pub signer: SignerArgs,
    /// Role to claim: its name, or 32 bytes in hex
    #[arg(long, value_name = "ROLE")]
    pub role: Option<Name>,
    /// Evidence for the policy, hex: a grant of `grant root`
    #[arg(long, value_name = "FILE")]
    pub evidence: Option<PathBuf>,
    /// Save the receipt here (canonical CBOR, hex)
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
}

/// See [`Command::Login`](super::Command::Login).
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// What to do
    #[command(subcommand)]
    pub command: LoginCommand,
}

/// See [`Command::Login`](super::Command::Login).
#[derive(Debug, Subcommand)]
pub enum LoginCommand {
    /// Hand a merchant's login to the vault, for one store. Needs a grant for vault.provision
    Add(Box<LoginAddArgs>),
    /// Put a new password, seed or codes in the place of what is there; it is no longer tainted. Needs a grant for vault.rotate
    Rotate {
        /// The store, and what is new
        #[command(flatten)]
        login: Box<LoginAddArgs>,
        /// The next generation; without it the vault is asked, which needs a grant for vault.list
        #[arg(long, value_name = "NUMBER")]
        generation: Option<u64>,
    },
    /// Ask for one one-time code, sealed to a recipient. Needs an open unlock and a grant for vault.otp
    Otp(ReleaseArgs),
    /// Ask for user name and password, sealed to a recipient; the login is tainted from then on. Needs an open unlock and a grant for vault.export
    Export(ReleaseArgs),
    /// Open what was sealed to you
    Open {
        /// Your key file, as `key` made it
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// What `login otp` or `login export` wrote
        release: PathBuf,
    },
}

/// A login that is handed over.
#[derive(Debug, Args)]
pub struct LoginAddArgs {
    /// The portfolio owner's key file
    #[arg(long, value_name = "FILE")]
    pub owner: PathBuf,
    /// The key file that makes the call, if it is not the owner's
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The store: `<portfolio>:<32-byte salt in hex>`
    #[arg(long, value_name = "STORE")]
    pub store: StoreName,
    /// File with the login; `-` reads it from standard input: JSON, `{"public": {"origins": "https://seller.example", "username": "..."},
    /// "secret": {"password": "...", "totp": "otpauth://..." or its seed, "recovery_codes": "..."}}`
    #[arg(long, value_name = "FILE", required_unless_present = "connection")]
    pub fields: Option<PathBuf>,
    /// Name of the login, 32 bytes in hex: of one that is there, without --fields, or of a new one
    #[arg(long, value_name = "HEX")]
    pub connection: Option<B256>,
    /// Host of the first origin, if there are no --fields
    #[arg(long, required_unless_present = "fields")]
    pub host: Option<String>,
    /// User name, if there are no --fields
    #[arg(long, required_unless_present = "fields")]
    pub username: Option<String>,
    /// Save the receipt here (canonical CBOR, hex)
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
}

/// See [`LoginCommand::Otp`] and [`LoginCommand::Export`].
#[derive(Debug, Args)]
pub struct ReleaseArgs {
    /// Who asks
    #[command(flatten)]
    pub asking: AskingArgs,
    /// The store: `<portfolio>:<32-byte salt in hex>`
    #[arg(long, value_name = "STORE")]
    pub store: StoreName,
    /// The recipient's key, hex, as `key` prints it
    #[arg(long, value_name = "HEX")]
    pub recipient: String,
    /// Where the sealed answer is written; never overwritten
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
}
