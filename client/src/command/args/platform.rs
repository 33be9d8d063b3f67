//! `platform`.

use clap::{Args, Subcommand};

/// See [`super::Command::Platform`].
#[derive(Debug, Args)]
pub struct PlatformArgs {
    /// What to do
    #[command(subcommand)]
    pub command: PlatformCommand,
}

/// See [`super::Command::Platform`].
#[derive(Debug, Subcommand)]
pub enum PlatformCommand {
    /// Every preset in a line
    List,
    /// One preset: hosts, fields, tokens, limits, operations, and where each fact is from
    Show {
        /// Its id, as `list` names it
        preset: String,
    },
}
