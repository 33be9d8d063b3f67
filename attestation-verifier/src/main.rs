//! `attestation-verifier`: the library's verdict on one document, for a person or a script.

mod command;
mod report;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::run()
}
