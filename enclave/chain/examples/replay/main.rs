//! Replays light-client objects from files, one JSON line a step:
//!
//! ```text
//! replay --network mainnet|sepolia|hoodi|FILE --bootstrap F --updates F... [--finality F] [--attested F] --now UNIX [--checkpoint ROOT]
//! ```
//!
//! Files hold SSZ, raw or as the Beacon API frames it, or the Beacon API's JSON. With `--checkpoint` the bootstrap must be of that block,
//! and the block at most 14 days old at `--now`, as for a vault; without, the bootstrap is believed, to look at the past. Exit code 1 if
//! any step was refused.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command that prints")]

mod arguments;
mod network;

use std::path::Path;
use std::process::ExitCode;

use beacon_api::Kind;
use chain::conformance::bootstrap_checkpoint;
use chain::{AnyLightClient, BeaconHead, Checkpoint, Message, Network, accept_checkpoint};
use serde_json::{Value, json};

use self::arguments::Arguments;

/// Why a file was not even tried.
type Why = String;

fn main() -> ExitCode {
    match Arguments::parse(std::env::args().skip(1)).and_then(|arguments| run(&arguments)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

/// How many steps were refused.
fn run(arguments: &Arguments) -> Result<usize, Why> {
    let network = network::named(&arguments.network)?;
    let ssz = one(Kind::Bootstrap, &arguments.bootstrap)?;
    let mut client = match bootstrap(network, arguments, &ssz) {
        Ok(client) => client,
        Err((name, message)) => {
            println!("{}", refused("bootstrap", &arguments.bootstrap, 0, &name, &message));
            return Ok(1);
        }
    };
    println!("{}", accepted("bootstrap", &arguments.bootstrap, 0, &client, &json!(null)));

    let mut steps: Vec<(&str, &Path, usize, Kind, Vec<u8>)> = Vec::new();
    for file in &arguments.updates {
        for (index, ssz) in updates(file)?.into_iter().enumerate() {
            steps.push(("update", file, index, Kind::Update, ssz));
        }
    }
    for (name, file, kind) in
        [("finality", &arguments.finality, Kind::FinalityUpdate), ("attested", &arguments.attested, Kind::OptimisticUpdate)]
    {
        if let Some(file) = file {
            steps.push((name, file, 0, kind, one(kind, file)?));
        }
    }
    let mut count = 0;
    for (name, file, index, kind, ssz) in &steps {
        let message = match kind {
            Kind::FinalityUpdate => Message::Finality(ssz),
            Kind::OptimisticUpdate => Message::Optimistic(ssz),
            Kind::Update | Kind::Bootstrap => Message::Update(ssz),
        };
        match client.advance(message, arguments.now) {
            Ok(moved) => {
                let moved = json!({"finalized": moved.finalized, "attested": moved.attested, "committee": moved.committee});
                println!("{}", accepted(name, file, *index, &client, &moved));
            }
            Err(error) => {
                count += 1;
                println!("{}", refused(name, file, *index, &variant(&error), &error.to_string()));
            }
        }
    }
    Ok(count)
}

/// The client, or the name and the words of why there is none.
fn bootstrap(network: Network, arguments: &Arguments, ssz: &[u8]) -> Result<AnyLightClient, (String, String)> {
    let claimed = bootstrap_checkpoint(&network, ssz).map_err(|error| (variant(&error), error.to_string()))?;
    let (checkpoint, now) = match arguments.checkpoint {
        Some(root) => (Checkpoint { root, ..claimed }, arguments.now),
        None => (claimed, network.time_of(claimed.slot)),
    };
    let accepted = accept_checkpoint(checkpoint, 1, 1, &network, now).map_err(|error| (variant(&error), error.to_string()))?;
    AnyLightClient::bootstrap(network, accepted, ssz).map_err(|error| (variant(&error), error.to_string()))
}

/// The name of an error's variant.
fn variant(error: &impl std::fmt::Debug) -> String {
    format!("{error:?}").split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

fn accepted(step: &str, file: &Path, index: usize, client: &AnyLightClient, moved: &Value) -> Value {
    json!({
        "step": step, "file": file.display().to_string(), "index": index, "result": "accepted", "moved": moved,
        "finalized": client.finalized().map(head), "attested": client.attested().map(head),
    })
}

fn refused(step: &str, file: &Path, index: usize, error: &str, message: &str) -> Value {
    json!({
        "step": step, "file": file.display().to_string(), "index": index, "result": "refused", "error": error, "message": message,
    })
}

fn head(head: BeaconHead) -> Value {
    let hex = |hash: [u8; 32]| format!("0x{}", hex::encode(hash));
    json!({"slot": head.slot().0, "root": hex(head.root()), "block_hash": head.block_hash().map(hex)})
}

fn read(file: &Path) -> Result<Vec<u8>, Why> {
    std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))
}

fn is_json(bytes: &[u8]) -> bool {
    matches!(bytes.iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'{' | b'['))
}

/// The one object of a file.
fn one(kind: Kind, file: &Path) -> Result<Vec<u8>, Why> {
    let bytes = read(file)?;
    if !is_json(&bytes) {
        return Ok(bytes);
    }
    beacon_api::object(kind, &bytes).map(|object| object.ssz).map_err(|error| format!("{}: {error}", file.display()))
}

/// The updates of a file. Nothing but a whole stream of frames is one.
fn updates(file: &Path) -> Result<Vec<Vec<u8>>, Why> {
    let bytes = read(file)?;
    if is_json(&bytes) {
        let list = if bytes.trim_ascii_start().starts_with(b"[") {
            beacon_api::list(&bytes, beacon_api::MAX_UPDATES)
        } else {
            beacon_api::object(Kind::Update, &bytes).map(|object| vec![object])
        };
        let list = list.map_err(|error| format!("{}: {error}", file.display()))?;
        return Ok(list.into_iter().map(|object| object.ssz).collect());
    }
    Ok(match beacon_api::split(&bytes, beacon_api::MAX_UPDATES) {
        Ok(framed) => framed.into_iter().map(|framed| framed.ssz.to_vec()).collect(),
        Err(_) => vec![bytes],
    })
}
