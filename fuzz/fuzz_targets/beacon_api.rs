//! Answers of a beacon node: an object or a list in JSON, a stream of updates, and what an object in SSZ claims. The first byte
//! chooses which of them, the second the object.
#![no_main]

#[path = "../../host-proxy/beacon/tests/beacon_api/render.rs"]
mod render;

use beacon_api::{Fork, Kind, MAX_SSZ, Object, Preset, Summary, list, object, split};
use libfuzzer_sys::fuzz_target;

const MOST: usize = 3;

fuzz_target!(|data: &[u8]| {
    let [answer, kind, bytes @ ..] = data else { return };
    let kind = [Kind::Bootstrap, Kind::Update, Kind::FinalityUpdate, Kind::OptimisticUpdate][usize::from(kind % 4)];
    match answer % 4 {
        0 => {
            if let Ok(object) = object(kind, bytes) {
                check(kind, &object);
            }
        }
        1 => {
            for object in list(bytes, MOST).iter().flatten() {
                check(Kind::Update, object);
            }
        }
        2 => {
            let Ok(frames) = split(bytes, MOST) else { return };
            assert!(frames.len() <= MOST);
            let whole = frames.iter().flat_map(|frame| {
                let length = u64::try_from(frame.ssz.len() + 4).expect("64 bits").to_le_bytes();
                [length.as_slice(), &frame.digest, frame.ssz].concat()
            });
            assert!(whole.eq(bytes.iter().copied()), "every byte is a frame's");
        }
        _ => drop(Summary::of(kind, bytes)),
    }
});

/// What was read from JSON has the shape that it claims, and written out again it says the same.
fn check(kind: Kind, object: &Object) {
    assert!(object.ssz.len() <= MAX_SSZ);
    let summary = Summary::of(kind, &object.ssz).expect("a fork's object has a shape");
    assert_eq!(summary.preset, object.preset);
    let (version, members) = (name(object.fork), if object.preset == Preset::Mainnet { 512 } else { 32 });
    let data = render::render(kind, version, members, &object.ssz);
    let again = serde_json::json!({ "version": version, "data": data }).to_string();
    assert_eq!(beacon_api::object(kind, again.as_bytes()).as_ref(), Ok(object));
}

fn name(fork: Fork) -> &'static str {
    match fork {
        Fork::Altair => "altair",
        Fork::Bellatrix => "bellatrix",
        Fork::Capella => "capella",
        Fork::Deneb => "deneb",
        Fork::Electra => "electra",
        Fork::Fulu => "fulu",
        Fork::Gloas => "gloas",
        Fork::Heze => "heze",
    }
}
