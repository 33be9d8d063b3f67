//! `grant`: the reference policy.

use std::path::PathBuf;

use alloy_primitives::{Address, B256};
use clap::{Args, Subcommand};

use super::condition::Condition;
use super::sending::{EXIT, SendArgs};
use super::words::{ClassName, Name, Seconds, StatusName, StoreName};

/// See [`Command::Grant`](super::Command::Grant).
#[derive(Debug, Args)]
pub struct GrantArgs {
    /// What to do
    #[command(subcommand)]
    pub command: GrantCommand,
}

/// See [`Command::Grant`](super::Command::Grant).
#[derive(Debug, Subcommand)]
pub enum GrantCommand {
    /// Grant operations or classes to a caller or to a role. One for the same subject, store and operation is replaced
    #[command(after_help = EXIT)]
    Add(Box<GrantAddArgs>),
    /// End grants, at once: by their ids, or by what they say
    #[command(after_help = EXIT)]
    Revoke {
        /// The portfolio
        #[arg(long)]
        portfolio: u64,
        /// A grant's id, as `grant add` prints it; repeatable
        #[arg(long, value_name = "ID", conflicts_with_all = ["caller", "role", "operation", "class", "store"], required_unless_present_any = ["caller", "role"])]
        id: Vec<B256>,
        /// The grants themselves
        #[command(flatten)]
        which: WhichArgs,
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Deny, at once, whatever is granted: to one or to everybody, one thing or everything
    #[command(after_help = EXIT)]
    Deny(DenyArgs),
    /// End a denial
    #[command(after_help = EXIT)]
    Undeny(DenyArgs),
    /// Give a role to members, or end it with --end
    #[command(after_help = EXIT)]
    Role {
        /// The portfolio
        #[arg(long)]
        portfolio: u64,
        /// The role: a name, or 32 bytes in hex
        #[arg(long, value_name = "ROLE")]
        role: Name,
        /// A member; repeatable
        #[arg(long, value_name = "ADDRESS", required = true)]
        member: Vec<Address>,
        /// How long (90s, 15m, 12h, 30d)
        #[arg(long, value_name = "TIME", default_value_t = Seconds(30 * 86_400), conflicts_with = "end")]
        seconds: Seconds,
        /// End the membership, at once
        #[arg(long)]
        end: bool,
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Put many grants, or private ones, on chain as one root; each caller shows his own with `call --evidence`
    #[command(after_help = EXIT)]
    Root {
        /// The portfolio
        #[arg(long)]
        portfolio: u64,
        /// JSON: an array of grants, each with caller or role, operation or class, and what `grant add` takes beside them
        #[arg(long, value_name = "FILE", requires = "evidence", required_unless_present = "clear")]
        grants: Option<PathBuf>,
        /// Where each grant's evidence is written (`0.evidence` for the first, and so on); give each caller his own
        #[arg(long, value_name = "DIRECTORY")]
        evidence: Option<PathBuf>,
        /// Where the grants can be fetched, if they are public
        #[arg(long, default_value = "")]
        uri: String,
        /// End all grants of the root, at once
        #[arg(long, conflicts_with_all = ["grants", "evidence"])]
        clear: bool,
        /// How it leaves
        #[command(flatten)]
        send: SendArgs,
    },
    /// Say what the chain says of a grant, of a membership, or of the portfolio's root
    Show {
        /// The portfolio
        #[arg(long)]
        portfolio: u64,
        /// A grant's id; repeatable
        #[arg(long, value_name = "ID", conflicts_with_all = ["caller", "role", "operation", "class", "store"])]
        id: Vec<B256>,
        /// The grants themselves
        #[command(flatten)]
        which: WhichArgs,
        /// Whether this account has the role, and until when
        #[arg(long, value_name = "ADDRESS", requires = "role", conflicts_with_all = ["operation", "class", "id"])]
        member: Option<Address>,
    },
}

/// See [`GrantCommand::Add`].
#[derive(Debug, Args)]
pub struct GrantAddArgs {
    /// The portfolio
    #[arg(long)]
    pub portfolio: u64,
    /// Whom, and what
    #[command(flatten)]
    pub which: WhichArgs,
    /// Time from now until it ends (90s, 15m, 12h, 30d)
    #[arg(long, value_name = "TIME", default_value_t = Seconds(86_400))]
    pub seconds: Seconds,
    /// Statuses of the store in which it holds
    #[arg(long, value_name = "STATUS", value_delimiter = ',', default_value = "Performing,Watch")]
    pub statuses: Vec<StatusName>,
    /// Calls per period, or with --spend what they may add up to in millionths; 0 = no limit
    #[arg(long, default_value_t = 0)]
    pub capacity: u128,
    /// Time of a period (90s, 15m, 12h, 30d); 0 = for ever
    #[arg(long, value_name = "TIME", default_value_t = Seconds(0))]
    pub period: Seconds,
    /// The parameter whose value is spent, instead of 1 a call
    #[arg(long, value_name = "PARAMETER")]
    pub spend: Option<Name>,
    /// The view of the response that is handed out, as the preset names it
    #[arg(long, value_name = "PROJECTION")]
    pub projection: Option<Name>,
    /// Good for the caller's agents too
    #[arg(long)]
    pub agents: bool,
    /// A condition on a parameter, all of which must hold: `amount<=250.5`, `amount>=1`, `currency=code:USD,code:EUR`, `id=text:42`; repeatable
    #[arg(long = "where", value_name = "CONDITION")]
    pub conditions: Vec<Condition>,
    /// How it leaves
    #[command(flatten)]
    pub send: SendArgs,
}

/// Which grants: a subject, operations and classes, one store or all.
#[derive(Debug, Args)]
pub struct WhichArgs {
    /// Who may
    #[arg(long, value_name = "ADDRESS", conflicts_with = "role")]
    pub caller: Option<Address>,
    /// The role that may: a name, or 32 bytes in hex
    #[arg(long, value_name = "ROLE")]
    pub role: Option<Name>,
    /// Operation, for example `shopify.query.orders`; repeatable
    #[arg(long, value_name = "OPERATION")]
    pub operation: Vec<Name>,
    /// Class: READ, WRITE, VALUE, ROUTING, AUTHZ, MINT, CREDENTIAL; repeatable
    #[arg(long, value_name = "CLASS")]
    pub class: Vec<ClassName>,
    /// One store, `<portfolio that made it>:<32-byte salt in hex>`; without it every store of the portfolio
    #[arg(long, value_name = "STORE")]
    pub store: Option<StoreName>,
}

/// See [`GrantCommand::Deny`].
#[derive(Debug, Args)]
pub struct DenyArgs {
    /// The portfolio
    #[arg(long)]
    pub portfolio: u64,
    /// To whom; without --caller and --role to everybody
    #[arg(long, value_name = "ADDRESS", conflicts_with = "role")]
    pub caller: Option<Address>,
    /// To whoever claims this role: a name, or 32 bytes in hex
    #[arg(long, value_name = "ROLE")]
    pub role: Option<Name>,
    /// One operation; without --operation and --class everything
    #[arg(long, value_name = "OPERATION", conflicts_with = "class")]
    pub operation: Option<Name>,
    /// One class
    #[arg(long, value_name = "CLASS")]
    pub class: Option<ClassName>,
    /// How it leaves
    #[command(flatten)]
    pub send: SendArgs,
}
