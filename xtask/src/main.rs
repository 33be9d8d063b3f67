//! The one test command: installs what each suite needs from lockfiles, runs it, and ends with a table.
//!
//! Out of scope: formatting, lints, documentation and licences, which `.ci/run` checks before it calls this.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command that talks to a person")]

mod bare;
mod compile;
mod docs;
mod image;
mod process;
mod repository;
mod run;
mod suite;
mod table;
mod tcb;
mod tools;
mod wasm;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// The project's own commands.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the tests: everything from one build of the workspace, or only the suites that are named
    #[command(after_help = suite::help())]
    Test {
        /// Suites; none means all
        #[arg(value_parser = suite::names())]
        suites: Vec<String>,
    },
    /// Write enclave/tcb.txt, the list of the crates that end in the image, anew
    Tcb,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Test { suites } => run::test(&suites),
        Command::Tcb => write_tcb(),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn write_tcb() -> Result<bool> {
    let count = tcb::write()?;
    println!("{}: {count} crates", tcb::FILE);
    Ok(true)
}
