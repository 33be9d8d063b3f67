//! Runs a folder in the layout of the official consensus-spec-tests: `conformance DIR`.
//!
//! Handlers `sync`, `single_merkle_proof`, `update_ranking` and `ssz_static` of the light client; everything else in the folder is left
//! alone. A step that forces an update is something that this client can't be made to do: it is counted as refused, and from there
//! on the client may be behind the specification's store and never ahead of it.
#![expect(clippy::print_stdout, reason = "a command that prints")]

mod case;
mod proof;
mod sync;
mod yaml;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1) else {
        println!("usage: conformance DIR");
        return ExitCode::from(2);
    };
    let report = case::run(Path::new(&folder), |name, result| match result {
        Ok(()) => println!("ok      {name}"),
        Err(why) => println!("FAILED  {name}: {why}"),
    });
    let case::Report { passed, failed, forced } = report;
    println!("{forced} forced updates refused");
    println!("{passed} passed, {failed} failed");
    if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
