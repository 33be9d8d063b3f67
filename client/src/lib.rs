//! SDK and the `pst-vault` command: verify, seal, sign, call, provision.
//!
//! [`VaultFile`] (vault.json) says which vault; [`Connection::verify`] fetches an attestation document with a nonce of its own and gives a
//! [`Serving`], [`Setup`] or [`GenesisDocument`] only if it is that vault in that image. Nothing is sent to an enclave that was not
//! verified in this run: every function that sends takes one of these.
//!
//! Out of scope: what a document proves (`attestation-verifier`), formats (`protocol`).

pub mod adapter;
pub mod agent;
pub mod anchor;
pub mod calendar;
pub mod caller;
pub mod chain;
pub mod checkpoint;
pub mod command;
pub mod connection;
pub mod custody;
pub mod delegation;
pub mod keys;
pub mod ledger;
pub mod proofs;
pub mod provision;
pub mod reexecution;
pub mod release;
pub mod vault_file;
pub mod verify;

pub use caller::{Answered, CallRequest};
pub use connection::Connection;
pub use vault_file::VaultFile;
pub use verify::{GenesisDocument, Serving, Setup};
