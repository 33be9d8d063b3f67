//! Byte for byte what other implementations write. The vectors stand beside the repository and not in it.

use std::path::{Path, PathBuf};

use beacon_api::{Fork, Kind, MAX_UPDATES, Object, Preset, Summary, list, object, split};
use serde_json::{Value, json};

use crate::render::render;

/// The folder. `None`, said aloud, when there are no vectors here; in CI that is a failure.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("PST_VAULT_VECTORS")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors")), PathBuf::from);
    if !folder.is_dir() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs the vectors in {}", folder.display());
        eprintln!("skipped: no vectors in {}", folder.display());
        return None;
    }
    Some(folder.join("light-client"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn kind_of(name: &str) -> Kind {
    match name {
        name if name.contains("bootstrap") || name.contains("Bootstrap") => Kind::Bootstrap,
        name if name.contains("finality_update") || name.contains("FinalityUpdate") => Kind::FinalityUpdate,
        name if name.contains("optimistic") || name.contains("OptimisticUpdate") => Kind::OptimisticUpdate,
        _ => Kind::Update,
    }
}

#[test]
fn json_of_local_chains_is_their_ssz() {
    let Some(folder) = folder() else { return };
    let mut pairs = 0;
    for chain in files(&folder.join("local")).into_iter().filter(|path| path.is_dir()) {
        let preset = if chain.ends_with("mini-electra-fulu-minimal") { Preset::Minimal } else { Preset::Mainnet };
        for ssz in files(&chain).iter().filter(|path| path.extension().is_some_and(|kind| kind == "ssz")) {
            let kind = kind_of(ssz.file_stem().unwrap().to_str().unwrap());
            let json: Value = serde_json::from_slice(&std::fs::read(ssz.with_extension("json")).unwrap()).unwrap();
            // A file of updates holds the list of them that the API answers.
            let read = if json.is_array() {
                list(json.to_string().as_bytes(), MAX_UPDATES).unwrap().remove(0)
            } else {
                object(kind, json.to_string().as_bytes()).unwrap()
            };
            assert_eq!(read.preset, preset, "{}", ssz.display());
            assert!(read.ssz == std::fs::read(ssz).unwrap(), "{}", ssz.display());
            let summary = Summary::of(kind, &read.ssz).unwrap();
            assert_eq!(summary.preset, preset);
            assert_eq!(summary.supermajority(), kind != Kind::Bootstrap);
            pairs += 1;
        }
    }
    assert_eq!(pairs, 17);
}

/// What a node would answer in JSON for this SSZ becomes this SSZ again.
fn there_and_back(kind: Kind, fork: &str, preset: Preset, ssz: &[u8]) -> Summary {
    let json = json!({ "version": fork, "data": render(kind, fork, preset.members(), ssz) }).to_string();
    let Object { fork: read, preset: sized, ssz: back } = object(kind, json.as_bytes()).unwrap();
    assert_eq!((Some(read), sized), (Fork::named(fork), preset));
    assert!(back == ssz, "{fork} {kind:?}");
    let summary = Summary::of(kind, ssz).unwrap();
    assert_eq!(summary.preset, preset);
    summary
}

#[test]
fn objects_of_every_fork_go_there_and_back() {
    let Some(folder) = folder() else { return };
    let mut objects = 0;
    for fork in files(&folder.join("spec/ssz_static")) {
        for container in files(&fork) {
            let name = container.file_name().unwrap().to_str().unwrap().to_owned();
            if name == "LightClientHeader" {
                continue;
            }
            for case in files(&container).iter().flat_map(|kind| files(kind)) {
                let ssz = snappy(&std::fs::read(case.join("serialized.ssz_snappy")).unwrap());
                there_and_back(kind_of(&name), fork.file_name().unwrap().to_str().unwrap(), Preset::Minimal, &ssz);
                objects += 1;
            }
        }
    }
    assert_eq!(objects, 80);
}

#[test]
fn mainnet_objects_go_there_and_back() {
    let Some(folder) = folder() else { return };
    let electra = 11_649_024;
    let fork = |slot| if slot < electra { "deneb" } else { "electra" };
    for path in files(&folder.join("mainnet/bootstrap")) {
        let ssz = std::fs::read(path).unwrap();
        let slot = Summary::of(Kind::Bootstrap, &ssz).unwrap().slot;
        assert_eq!(there_and_back(Kind::Bootstrap, fork(slot), Preset::Mainnet, &ssz).signers, 0);
    }
    let mut updates = 0;
    for path in files(&folder.join("mainnet/updates")) {
        let stream = std::fs::read(&path).unwrap();
        for framed in split(&stream, MAX_UPDATES).unwrap() {
            let digest = framed.digest;
            let summary = Summary::of(Kind::Update, framed.ssz).unwrap();
            assert_eq!(digest, if fork(summary.slot) == "deneb" { [0x6a, 0x95, 0xa1, 0xa9] } else { [0xad, 0x53, 0x2c, 0xeb] });
            there_and_back(Kind::Update, fork(summary.slot), Preset::Mainnet, framed.ssz);
            assert!(summary.supermajority() && summary.next_committee && summary.finalized_slot.is_some());
            assert!(summary.signature_slot > summary.slot);
            updates += 1;
        }
    }
    assert!(updates > 60, "{updates}");
}

/// One block of snappy's raw format: a varint length, then literals and copies.
fn snappy(mut from: &[u8]) -> Vec<u8> {
    let mut take = |count: usize| -> &[u8] {
        let (taken, rest) = from.split_at(count);
        from = rest;
        taken
    };
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
    let mut length = 0_usize;
    for shift in (0..).step_by(7) {
        let byte = take(1)[0];
        length |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    let mut out: Vec<u8> = Vec::new();
    while out.len() < length {
        let tag = usize::from(take(1)[0]);
        let (offset, count) = match tag & 3 {
            0 => {
                let count = if tag >> 2 < 60 { tag >> 2 } else { number(take((tag >> 2) - 59)) };
                out.extend(take(count + 1));
                continue;
            }
            1 => ((tag >> 5) << 8 | usize::from(take(1)[0]), 4 + (tag >> 2 & 7)),
            2 => (number(take(2)), 1 + (tag >> 2)),
            _ => (number(take(4)), 1 + (tag >> 2)),
        };
        for _ in 0..count {
            out.push(out[out.len() - offset]);
        }
    }
    out
}
