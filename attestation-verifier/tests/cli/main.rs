//! The command: flags, exit codes, and what it prints, on the kit's documents and on documents that AWS signed.

#[path = "../kit/mod.rs"]
mod kit;

mod ear;
mod exit_codes;
mod genuine;
mod hostile;
mod report;
mod support;
mod usage;
