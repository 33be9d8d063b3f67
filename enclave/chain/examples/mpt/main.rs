//! Judges files of Merkle-Patricia proofs: `cargo run -p chain --example mpt -- FILE.json...`
//!
//! A file is `[{name, root, key, value|null, proof, expect}]` with `expect` `accept` or `reject`; the trie's key is `keccak(key)`, or
//! `raw_key` as it is. Whole tries as in ethereum/tests (`{name: {data, result}}`) are built and every key is proven.
#![expect(clippy::print_stdout, reason = "its output is its purpose")]
use std::process::ExitCode;

mod cases;

fn main() -> ExitCode {
    let (mut passed, mut failed) = (0_usize, 0_usize);
    for path in std::env::args().skip(1) {
        match read(&path) {
            Ok(outcomes) => {
                for outcome in outcomes {
                    if let Some(failure) = outcome.failure {
                        failed += 1;
                        println!("{}: {failure}", outcome.name);
                    } else {
                        passed += 1;
                    }
                }
            }
            Err(error) => {
                failed += 1;
                println!("{path}: {error}");
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn read(path: &str) -> Result<Vec<cases::Outcome>, String> {
    let bytes = std::fs::read(path).map_err(|error| error.to_string())?;
    cases::run(&serde_json::from_slice(&bytes).map_err(|error| error.to_string())?)
}
