//! `attestation-verifier`: the library's verdict on one document, for a person or a script.

mod arguments;
mod calendar;
mod checks;
mod command;
mod ear;
mod expected;
mod hexadecimal;
mod input;
mod lines;
mod output;
mod report;
mod verdict;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::run()
}
