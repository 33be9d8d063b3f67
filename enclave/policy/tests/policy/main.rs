//! The crate from outside: calls, decisions over real contracts, hostile code, checkpoints.

#![expect(clippy::result_large_err, reason = "a refusal is an ordinary answer")]

mod accounts;
mod agents;
mod answers;
mod authentication;
mod checkpoints;
mod decisions;
mod hostile_code;
mod hostile_policies;
mod rounds;
mod shortcuts;
mod support;
