//! A network by its name, or from a file: what the Beacon API says as `genesis` and as `config/spec`, in one JSON object or with the
//! latter in `spec.json` beside it.
use std::path::Path;

use chain::{CustomNetwork, Layout, Network, PresetName};
use serde_json::Value;

use super::{Why, read};

const FORKS: [(Layout, &str); 7] = [
    (Layout::Altair, "ALTAIR"),
    (Layout::Bellatrix, "BELLATRIX"),
    (Layout::Capella, "CAPELLA"),
    (Layout::Deneb, "DENEB"),
    (Layout::Electra, "ELECTRA"),
    (Layout::Fulu, "FULU"),
    (Layout::Gloas, "GLOAS"),
];

pub(crate) fn named(name: &str) -> Result<Network, Why> {
    match name {
        "mainnet" => Ok(Network::mainnet()),
        "sepolia" => Ok(Network::sepolia()),
        "hoodi" => Ok(Network::hoodi()),
        file => custom(Path::new(file)),
    }
}

fn json(file: &Path) -> Result<Value, Why> {
    let value: Value = serde_json::from_slice(&read(file)?).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(value.get("data").cloned().unwrap_or(value))
}

fn custom(file: &Path) -> Result<Network, Why> {
    let genesis = json(file)?;
    let beside = file.with_file_name("spec.json");
    let spec = if genesis.get("PRESET_BASE").is_none() && beside.exists() { json(&beside)? } else { genesis.clone() };
    let missing = |name: &str| format!("{}: no {name}", file.display());
    let number = |value: &Value, name: &str| -> Option<u64> {
        let value = value.get(name)?;
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    };
    let bytes = |value: &Value, name: &str| hex::decode(value.get(name)?.as_str()?.trim_start_matches("0x")).ok();
    let preset = match spec.get("PRESET_BASE").or_else(|| genesis.get("preset")).and_then(Value::as_str) {
        Some("minimal") => PresetName::Minimal,
        Some("mainnet") | None => PresetName::Mainnet,
        Some(other) => return Err(format!("{}: preset {other} is not known", file.display())),
    };
    let fork = |name: &str| -> Option<([u8; 4], u64)> {
        let epoch = number(&spec, &format!("{name}_FORK_EPOCH")).filter(|epoch| *epoch != u64::MAX)?;
        Some((bytes(&spec, &format!("{name}_FORK_VERSION"))?.try_into().ok()?, epoch))
    };
    let milliseconds = number(&spec, "SLOT_DURATION_MS").map(|milliseconds| milliseconds / 1_000);
    let forks = FORKS.iter().filter_map(|(layout, name)| fork(name).map(|(version, epoch)| (*layout, version, epoch)));
    Network::custom(CustomNetwork {
        genesis_validators_root: bytes(&genesis, "genesis_validators_root")
            .and_then(|root| root.try_into().ok())
            .ok_or_else(|| missing("genesis_validators_root"))?,
        genesis_time: number(&genesis, "genesis_time").ok_or_else(|| missing("genesis_time"))?,
        seconds_per_slot: number(&spec, "SECONDS_PER_SLOT").or(milliseconds).ok_or_else(|| missing("SECONDS_PER_SLOT"))?,
        preset,
        forks: forks.collect(),
        ends: fork("HEZE").map(|(_, epoch)| epoch),
    })
    .map_err(|error| format!("{}: {error}", file.display()))
}
