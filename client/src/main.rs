//! The `pst-vault` program.

use std::process::ExitCode;

use clap::Parser;
use client::command::{Cli, Exit, run};

#[tokio::main]
#[expect(clippy::print_stderr, reason = "where a command says what went wrong")]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::Refused) => ExitCode::from(3),
        Err(error) => {
            eprintln!("pst-vault: {error:#}");
            ExitCode::FAILURE
        }
    }
}
