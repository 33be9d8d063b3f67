//! Authenticates a call and runs the registry contract over proven state: a [`Permit`] or a refusal.
//!
//! ```text
//! Unverified<Incoming> --authenticate--> Authenticated --prove--> Proven --decide--> Permit
//!                        |                  ^   |  ^                  |
//!            a contract  v                  |   v  | proofs           v
//!                     Claimed --confirm-----+  Proving::Missing    Refused
//! ```
//!
//! Beside them stand [`Upkeep`], leave to keep a connection's tokens good, and [`Lookout`], leave to look where a store's money goes: each made
//! by one function ([`fn@upkeep`], [`fn@lookout`]) of the ledger and one head.
//!
//! Each of the four is made by one function and consumed by the next. `StoreRegistry.authorize` runs at two heads, the finalized
//! and the newest attested one; both must allow, the limits of both are reserved, and their projections agree or one is none.
//! State that is not proven is asked for, never taken for zero. What the EVM could read that a light client can't prove, or an
//! auditor can't repeat, ends the run.
//!
//! Out of scope: naming operations (`platform`), counting limits and the age of heads (`vault`), verifying headers and proofs
//! (`chain`), opening credentials (`credential`).

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod account;
mod agent;
mod asked;
mod authenticate;
mod bounds;
pub mod checkpoint;
mod decide;
mod evm;
mod hashes;
mod identity;
mod layout;
mod likely;
mod lookout;
mod machine;
mod merge;
mod operation;
mod permit;
mod prove;
mod replay;
mod request;
mod scratch;
mod signature;
mod state;
mod unverified;
mod upkeep;
mod view;
mod wanted;
mod work;

pub use account::{AccountError, Confirmed, Confirming, SIGNATURE_GAS, confirm};
pub use agent::AgentError;
pub use authenticate::{AuthenticateError, Authenticated, Authentication, Claimed, authenticate};
pub use bounds::Bounds;
pub use decide::{Refused, decide};
pub use evm::{Block, EvmFork, RunError};
pub use identity::Identity;
pub use lookout::{Looked, LookingOut, Lookout, LookoutError, lookout};
pub use machine::Machine;
pub use operation::Operation;
pub use permit::Permit;
pub use prove::{ProveError, Proven, Proving, prove};
pub use replay::{ReplayCache, ReplayError};
pub use signature::{SignatureError, signer};
pub use unverified::{Incoming, Unverified};
pub use upkeep::{Registries, Standing, UPKEEP_HEAD_AGE, Upkeep, UpkeepError, Upkeeping, upkeep};
pub use view::{ViewCall, ViewError, Viewed, view, view_at};
pub use wanted::{Lacks, Wanted, WantedAccount};
