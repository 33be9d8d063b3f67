//! Golden: which variable lies in which slot.

use std::path::Path;

use serde_json::Value;

fn layout(contract: &str) -> Value {
    let file = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/contracts/storage")).join(format!("{contract}.json"));
    serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

fn variables(contract: &str) -> Vec<(String, String)> {
    let text = |variable: &Value, key: &str| variable[key].as_str().unwrap().to_owned();
    layout(contract)["variables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|variable| (text(variable, "slot"), text(variable, "label")))
        .collect()
}

/// Proofs of single slots, and what others built on them, outlive a recompilation only if these stay.
#[test]
fn the_layout_is_the_committed_one() {
    let expected: [(&str, &[(&str, &str)]); 3] = [
        (
            "StoreRegistry",
            &[
                ("0", "_vaultRegistry"),
                ("0", "_portfolioCount"),
                ("1", "_portfolios"),
                ("2", "_tenureEnd"),
                ("3", "_stores"),
                ("4", "_loosenings"),
                ("5", "_storeOffers"),
                ("6", "_unlocks"),
                ("7", "_breaker"),
                ("8", "_revoked"),
            ],
        ),
        (
            "StoreAccessPolicy",
            &[
                ("0", "_registry"),
                ("1", "_grants"),
                ("2", "_denials"),
                ("3", "_deniedOperations"),
                ("4", "_members"),
                ("5", "_roots"),
            ],
        ),
        ("VaultRegistry", &[("0", "_vaults"), ("1", "_liveFrom")]),
    ];
    for (contract, slots) in expected {
        let found = variables(contract);
        let expected: Vec<_> = slots.iter().map(|(slot, label)| ((*slot).to_owned(), (*label).to_owned())).collect();
        assert_eq!(found, expected, "{contract}");
    }
}

#[test]
fn a_store_an_offer_and_an_unlock_are_one_slot_each() {
    let layout = layout("StoreRegistry");
    for name in ["Store", "StoreOffer", "Unlock", "Loosening"] {
        let (_, layout) =
            layout["structs"].as_object().unwrap().iter().find(|(key, _)| key.contains(&format!("({name})"))).unwrap();
        assert_eq!(layout["bytes"], "32", "{name}");
    }
}
