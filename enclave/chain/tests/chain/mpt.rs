//! Published cases of Merkle-Patricia proofs, judged as the example `mpt` judges them.
use serde_json::json;

use crate::vectors;

#[path = "../../examples/mpt/cases.rs"]
mod cases;

#[test]
fn judges_every_published_case_as_expected() {
    for (file, count) in [("mpt/op_merkletrie_cases.json", 11), ("mpt/hex_encoded_securetrie_test.json", 1)] {
        let Some(json) = vectors::json(file) else { return };
        let outcomes = cases::run(&json).unwrap();
        assert_eq!(outcomes.len(), count);
        for outcome in outcomes {
            assert_eq!(outcome.failure, None, "{}", outcome.name);
        }
    }
}

#[test]
fn a_case_fails_when_its_claim_is_judged_otherwise() {
    // A leaf that holds 0x61 under keccak("a"), and what can be claimed of it.
    let node = "0xe3a1203ac225168df54212a25c1c01fd35bebfea408fdac2e31ddd6f80a4bbf9a5f1cb61";
    let root = "0x".to_owned() + &alloy_primitives::hex::encode(alloy_primitives::keccak256(vectors::bytes(&json!(node))));
    let passes = |key: &str, value, proof, expect: &str| {
        let case = json!({"name": "case", "root": root, "key": key, "value": value, "proof": proof, "expect": expect});
        let outcomes = cases::run(&json!([case])).unwrap();
        assert_eq!((outcomes.len(), outcomes[0].name.as_str()), (1, "case"));
        outcomes[0].failure.is_none()
    };
    let whole = json!([node]);
    for (key, value, proof, holds) in [
        ("0x61", json!("0x61"), &whole, true),
        ("0x61", json!("0x62"), &whole, false),
        ("0x61", json!(null), &whole, false),
        ("0x62", json!(null), &whole, true),
        ("0x62", json!("0x61"), &whole, false),
        ("0x62", json!(null), &json!([]), false),
    ] {
        assert_eq!(passes(key, value.clone(), proof, "accept"), holds);
        assert_eq!(passes(key, value.clone(), proof, "reject"), !holds);
        assert!(!passes(key, value, proof, "perhaps"));
    }
}
