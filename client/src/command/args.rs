//! What can be typed.

mod adapter;
mod agent;
mod call;
mod condition;
mod connection;
mod custody;
mod grant;
mod image;
mod platform;
mod portfolio;
mod sending;
mod store;
mod words;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

pub(super) use adapter::AdapterArgs;
pub(super) use agent::agent_id;
pub(super) use agent::{AgentArgs, AgentCommand, CurveName};
pub(super) use call::{
    At, CallArgs, FetchArgs, LedgerArgs, LedgerCommand, ReceiptArgs, ReceiptCommand, SignerArgs, SimulateArgs,
};
pub(super) use condition::Condition;
pub(super) use connection::{
    AskingArgs, ConnectionArgs, ConnectionCommand, ListArgs, LoginAddArgs, LoginArgs, LoginCommand, ReleaseArgs,
};
pub(super) use custody::{CheckpointArgs, GenesisArgs, PayArgs};
pub(super) use grant::{DenyArgs, GrantAddArgs, GrantArgs, GrantCommand, WhichArgs};
pub(super) use image::{
    ImageArgs, ImageCommand, ResetArgs, ResetCommand, UnlockArgs, UnlockCommand, UnlockVaultArgs, UnlockWhichArgs,
};
pub(super) use platform::{PlatformArgs, PlatformCommand};
pub(super) use portfolio::{BreakerArgs, BreakerCommand, ChangeName, PauseArgs, PortfolioArgs, PortfolioCommand, SeatArgs};
pub(super) use sending::{SendArgs, StoresArgs};
pub(super) use store::{AppAddArgs, StoreAddArgs, StoreArgs, StoreCommand};
pub(super) use words::status_word;
pub(super) use words::{ClassName, Name, Seconds, StatusName, StoreName};

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
    /// Print the account of a key file, and nothing else
    Address {
        /// The key file
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
    /// Seal your share to the verified enclave; or open one closed operation of one store for a time (propose, veto, show)
    Unlock(UnlockArgs),
    /// Platforms that the image knows: what is sealed, where it goes, what calls are named
    Platform(PlatformArgs),
    /// Stores: hand one over, move them between portfolios, set their status
    Store(StoreArgs),
    /// Connections: list them, say what expires, authorise anew, revoke
    Connection(ConnectionArgs),
    /// Merchants' logins: hand one over, and release a one-time code or the login itself to a recipient
    Login(LoginArgs),
    /// Fetch a file on another host that an answer to you named, such as a report's presigned link
    Fetch(FetchArgs),
    /// Call a platform through the vault, like curl
    Call(CallArgs),
    /// Lend a program that was written for a platform your key: a loopback proxy that turns its requests into calls for one store
    ///
    /// Set what is printed as environment variables of the program, or as its proxy and certificate settings. Where it asks for a token, the
    /// vault answers a placeholder, so give it any credentials. Refusals are answered as problem details with `errors` beside. It serves until
    /// it is interrupted. Exit codes: 0 interrupted; 1 the vault does not verify, or it can't listen; 2 usage.
    Adapter(AdapterArgs),
    /// Say what the contract would decide for a call, without making it
    Simulate(SimulateArgs),
    /// Receipts
    Receipt(ReceiptArgs),
    /// The ledger
    Ledger(LedgerArgs),
    /// Write the ledger's newest root to the chain
    Anchor(PayArgs),
    /// Portfolios: create, sell and accept them, and change who decides and watches
    Portfolio(PortfolioArgs),
    /// Grants, denials, roles and roots of the reference policy
    Grant(GrantArgs),
    /// Pause a portfolio, or stores of it, at once. By the owner or the guardian
    #[command(after_help = sending::EXIT)]
    Pause(PauseArgs),
    /// End a pause. By the owner
    #[command(after_help = sending::EXIT)]
    Unpause(PauseArgs),
    /// Stop every store of the registry for at most seven days. By the breaker's holder
    Breaker(BreakerArgs),
    /// Which images the vault may run in
    Image(ImageArgs),
    /// Take the ledger's anchor back after a lost disk, in sight of all
    Reset(ResetArgs),
    /// Agents: session keys that call in a caller's name, as far as the caller delegated
    Agent(AgentArgs),
}
