//! The state machine that joins the stages of a request, and its ledger.
//!
//! A [`Conversation`] is resumed with what it asked for, the time and entropy, and says what it needs next: a supply from the host
//! ([`Step::Need`]), work by the enclave around it ([`Step::Local`]), or that it is done. It has no rule of its own: `policy` decides,
//! `chain` proves, `platform` names and scrubs, `credential` opens. What it adds is order: authenticated, proven, permitted, budget
//! reserved, intent durable, credential used, outcome durable, answer.
//!
//! Out of scope: sockets, clocks, randomness and the security module, which are `enclave`'s.
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

mod append;
mod boot;
mod budget;
mod call;
mod conflict;
mod connections;
mod conversation;
mod fold;
mod heads;
mod internal;
mod ledger;
mod links;
mod listing;
mod login;
mod own;
mod pace;
mod perform;
mod provision;
mod quota;
mod records;
mod refresh;
mod refusal;
mod revoke;
mod serving;
mod simulate;
mod state;
mod sync;
mod touched;
mod views;
mod watch;
mod watches;

pub use conversation::{Conversation, Egress, Egressed, Input, Local, Step, Stop};
pub use state::{Image, Vault};
