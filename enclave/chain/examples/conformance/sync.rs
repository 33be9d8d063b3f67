//! `sync`: the client's heads after every step are the specification's.
use std::path::Path;

use chain::conformance::bootstrap_slot;
use chain::{
    AdvanceError, BeaconHead, Checkpoint, CustomNetwork, Layout, LightClient, Message, Network, Preset, Slot, accept_checkpoint,
};
use yaml_rust2::Yaml;

use super::yaml::{self, Why};

const FORKS: [(Layout, &str); 7] = [
    (Layout::Altair, "ALTAIR"),
    (Layout::Bellatrix, "BELLATRIX"),
    (Layout::Capella, "CAPELLA"),
    (Layout::Deneb, "DENEB"),
    (Layout::Electra, "ELECTRA"),
    (Layout::Fulu, "FULU"),
    (Layout::Gloas, "GLOAS"),
];

/// How the client stands to the specification's store.
#[derive(Clone, Copy, PartialEq)]
enum Follows {
    /// The same heads.
    Closely,
    /// The store did what this client refuses: from here on it may be behind, never ahead.
    Behind,
}

pub(crate) fn run<P: Preset>(case: &Path, forced: &mut usize) -> Result<(), Why> {
    let meta = yaml::read(&case.join("meta.yaml"))?;
    let network = network::<P>(&yaml::read(&case.join("config.yaml"))?, yaml::root(&meta, "genesis_validators_root")?)?;
    let bootstrap = yaml::snappy(&case.join("bootstrap.ssz_snappy"))?;
    let slot = bootstrap_slot::<P>(&bootstrap).map_err(|error| error.to_string())?;
    let checkpoint = Checkpoint { slot, root: yaml::root(&meta, "trusted_block_root")? };
    let accepted = accept_checkpoint(checkpoint, 1, 1, &network, network.time_of(slot)).map_err(|error| error.to_string())?;
    let mut client =
        LightClient::<P>::bootstrap(network.clone(), accepted, &bootstrap).map_err(|error| format!("bootstrap: {error}"))?;

    let mut follows = Follows::Closely;
    let steps = yaml::read(&case.join("steps.yaml"))?;
    for (index, step) in steps.as_vec().ok_or("no steps")?.iter().enumerate() {
        let at = |why: Why| format!("step {index}: {why}");
        let (name, step) = step.as_hash().and_then(|step| step.iter().next()).ok_or_else(|| at("no step".to_owned()))?;
        match name.as_str() {
            Some("process_update") => {
                let ssz = yaml::snappy(&case.join(format!("{}.ssz_snappy", yaml::text(step, "update")?.trim())))?;
                let now = network.time_of(Slot(yaml::number(step, "current_slot")?));
                match client.advance(Message::Update(&ssz), now) {
                    Ok(_) => {}
                    Err(AdvanceError::TooFewSigners { .. }) => follows = Follows::Behind,
                    Err(_) if follows == Follows::Behind => {}
                    Err(error) => return Err(at(error.to_string())),
                }
            }
            Some("force_update") => {
                *forced += 1;
                if heads(&client, step, Follows::Closely).is_err() {
                    follows = Follows::Behind;
                }
            }
            // The client has one store for all forks.
            Some("upgrade_store") => {}
            other => return Err(at(format!("unknown step {other:?}"))),
        }
        heads(&client, step, follows).map_err(at)?;
    }
    Ok(())
}

fn heads<P: Preset>(client: &LightClient<P>, step: &Yaml, follows: Follows) -> Result<(), Why> {
    let (finalized, attested) = (client.finalized().ok_or("frozen")?, client.attested().ok_or("frozen")?);
    compare("finalized", finalized, &step["checks"]["finalized_header"], follows)?;
    compare("attested", attested, &step["checks"]["optimistic_header"], follows)
}

fn compare(name: &str, head: BeaconHead, expected: &Yaml, follows: Follows) -> Result<(), Why> {
    let slot = Slot(yaml::number(expected, "slot")?);
    if follows == Follows::Behind && head.slot() < slot {
        return Ok(());
    }
    let same_root = head.root() == yaml::root(expected, "beacon_root")?;
    let same_execution = match &expected["execution_root"] {
        Yaml::BadValue => true,
        root => yaml::hash(root) == Some(head.execution_root()),
    };
    if head.slot() == slot && same_root && same_execution {
        return Ok(());
    }
    Err(format!("{name} head is at slot {}, {} is expected", head.slot().0, slot.0))
}

fn network<P: Preset>(config: &Yaml, genesis_validators_root: [u8; 32]) -> Result<Network, Why> {
    let fork = |name: &str| -> Option<([u8; 4], u64)> {
        let version = u32::try_from(yaml::integer(&config[format!("{name}_FORK_VERSION").as_str()])?).ok()?;
        let epoch = yaml::integer(&config[format!("{name}_FORK_EPOCH").as_str()])?;
        (epoch != u64::MAX).then_some((version.to_be_bytes(), epoch))
    };
    let forks = FORKS.iter().filter_map(|(layout, name)| fork(name).map(|(version, epoch)| (*layout, version, epoch)));
    Network::custom(CustomNetwork {
        genesis_validators_root,
        genesis_time: 0,
        seconds_per_slot: yaml::number(config, "SLOT_DURATION_MS")? / 1_000,
        preset: P::NAME,
        forks: forks.collect(),
        ends: fork("HEZE").map(|(_, epoch)| epoch),
    })
    .map_err(|error| error.to_string())
}
