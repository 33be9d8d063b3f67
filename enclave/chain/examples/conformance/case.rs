//! Which folders are cases, and of what kind.
use std::path::{Path, PathBuf};

use chain::conformance::{Object, object_root};
use chain::{Layout, Mainnet, Message, Minimal, Preset};

use super::yaml::{self, Why};
use super::{proof, sync};

/// How many cases ended how.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    /// Steps that force an update, which this client can't be made to do.
    pub(crate) forced: usize,
}

/// Runs every case below `folder`.
pub(crate) fn run(folder: &Path, mut tell: impl FnMut(&str, &Result<(), Why>)) -> Report {
    let mut cases = Vec::new();
    find(folder, &mut cases);
    cases.sort();
    let mut report = Report::default();
    let mut states = proof::Roots::default();
    for case in &cases {
        let name = case.strip_prefix(folder).unwrap_or(case).display().to_string();
        let Some(result) = one(&name, case, &mut report.forced, &mut states) else { continue };
        if result.is_ok() {
            report.passed += 1;
        } else {
            report.failed += 1;
        }
        tell(&name, &result);
    }
    report
}

/// Folders without folders in them.
fn find(folder: &Path, cases: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    if folders.is_empty() {
        cases.push(folder.to_owned());
    }
    for folder in folders {
        find(&folder, cases);
    }
}

/// `None`: no case of a light client.
fn one(name: &str, case: &Path, forced: &mut usize, states: &mut proof::Roots) -> Option<Result<(), Why>> {
    let parts: Vec<&str> = name.split(std::path::MAIN_SEPARATOR).collect();
    if parts.contains(&"mainnet") {
        with::<Mainnet>(&parts, case, forced, states)
    } else {
        with::<Minimal>(&parts, case, forced, states)
    }
}

fn with<P: Preset>(parts: &[&str], case: &Path, forced: &mut usize, states: &mut proof::Roots) -> Option<Result<(), Why>> {
    let layout = parts.iter().find_map(|part| layout(part));
    if parts.contains(&"sync") {
        return Some(sync::run::<P>(case, forced));
    }
    if parts.contains(&"single_merkle_proof") {
        return Some(layout.map_or_else(|| Err("unknown fork".to_owned()), |layout| proof::run(case, layout, states)));
    }
    if parts.contains(&"update_ranking") {
        return Some(layout.map_or_else(|| Err("unknown fork".to_owned()), |layout| ranking::<P>(case, layout)));
    }
    if parts.contains(&"ssz_static") {
        let kind = parts.iter().find(|part| part.starts_with("LightClient"))?;
        return Some(layout.map_or_else(|| Err("unknown fork".to_owned()), |layout| ssz_static::<P>(case, kind, layout)));
    }
    None
}

/// The layout of a fork's objects. Heze has none of its own.
fn layout(fork: &str) -> Option<Layout> {
    Some(match fork {
        "altair" => Layout::Altair,
        "bellatrix" => Layout::Bellatrix,
        "capella" => Layout::Capella,
        "deneb" => Layout::Deneb,
        "electra" => Layout::Electra,
        "fulu" => Layout::Fulu,
        "gloas" | "heze" => Layout::Gloas,
        _ => return None,
    })
}

fn ssz_static<P: Preset>(case: &Path, kind: &str, layout: Layout) -> Result<(), Why> {
    let ssz = yaml::snappy(&case.join("serialized.ssz_snappy"))?;
    let expected = yaml::root(&yaml::read(&case.join("roots.yaml"))?, "root")?;
    let object = match kind {
        "LightClientHeader" => Object::Header(&ssz),
        "LightClientBootstrap" => Object::Bootstrap(&ssz),
        "LightClientUpdate" => Object::Message(Message::Update(&ssz)),
        "LightClientFinalityUpdate" => Object::Message(Message::Finality(&ssz)),
        "LightClientOptimisticUpdate" => Object::Message(Message::Optimistic(&ssz)),
        other => return Err(format!("unknown type {other}")),
    };
    let root = object_root::<P>(object, layout).map_err(|error| error.to_string())?;
    if root == expected { Ok(()) } else { Err(format!("root is {}", hex::encode(root))) }
}

/// Ranking is what a server does to choose an update. A client that never forces one has no use for it; it reads them all.
fn ranking<P: Preset>(case: &Path, layout: Layout) -> Result<(), Why> {
    let count = yaml::number(&yaml::read(&case.join("meta.yaml"))?, "updates_count")?;
    for index in 0..count {
        let ssz = yaml::snappy(&case.join(format!("updates_{index}.ssz_snappy")))?;
        let object = Object::Message(Message::Update(&ssz));
        object_root::<P>(object, layout).map_err(|error| format!("update {index}: {error}"))?;
    }
    Ok(())
}
