//! Cases in the shapes in which proofs of Merkle-Patricia tries are published, and whether this crate judges them as expected.
use std::collections::BTreeMap;

use alloy_primitives::{Bytes, keccak256};
use alloy_trie::proof::ProofRetainer;
use alloy_trie::{HashBuilder, Nibbles};
use chain::{TrieError, prove_in_trie};
use serde_json::Value;

/// What came of one case.
pub(crate) struct Outcome {
    /// Its name in the file.
    pub(crate) name: String,
    /// Why it failed; `None` if it passed.
    pub(crate) failure: Option<String>,
}

/// Runs `[{name, root, key, value, proof, expect}]`, the same under `cases`, or whole tries `{name: {data: [[key, value]], result}}`.
///
/// The trie's key is `keccak(key)`, or `raw_key` itself. `value: null` claims absence; `expect` is `accept` or `reject` of the claim.
pub(crate) fn run(file: &Value) -> Result<Vec<Outcome>, String> {
    if let Some(cases) = file.as_array().or_else(|| file["cases"].as_array()) {
        return Ok(cases.iter().map(claim).collect());
    }
    let tries = file.as_object().ok_or("neither a list nor an object")?;
    Ok(tries.iter().filter(|(_, case)| case["data"].is_array()).map(|(name, case)| whole_trie(name, case)).collect())
}

fn claim(case: &Value) -> Outcome {
    let name = case["name"].as_str().unwrap_or("without a name").to_owned();
    Outcome { failure: judge(case).err(), name }
}

fn judge(case: &Value) -> Result<(), String> {
    let key = match &case["raw_key"] {
        Value::Null => keccak256(hex_bytes(&case["key"])?).to_vec(),
        raw => hex_bytes(raw)?,
    };
    let root: [u8; 32] = hex_bytes(&case["root"])?.try_into().map_err(|_| "root is not 32 bytes")?;
    let nodes = case["proof"].as_array().ok_or("proof is no list")?.iter().map(hex_bytes).collect::<Result<Vec<_>, _>>()?;
    let nodes: Vec<&[u8]> = nodes.iter().map(Vec::as_slice).collect();
    let value = if case["value"].is_null() { None } else { Some(hex_bytes(&case["value"])?) };

    let proven = prove_in_trie(&root, &key, &nodes);
    let holds = proven == Ok(value.as_deref());
    match case["expect"].as_str() {
        Some("accept") if holds => Ok(()),
        Some("reject") if !holds => Ok(()),
        Some("accept" | "reject") => Err(format!("unexpected: {}", in_words(proven))),
        _ => Err("expect is neither accept nor reject".to_owned()),
    }
}

fn in_words(proven: Result<Option<&[u8]>, TrieError>) -> String {
    match proven {
        Ok(Some(value)) => format!("holds 0x{}", hex::encode(value)),
        Ok(None) => "holds nothing".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// Every key of a trie that another implementation built, proven against the root that the file gives.
fn whole_trie(name: &str, case: &Value) -> Outcome {
    Outcome { name: name.to_owned(), failure: every_key(case).err() }
}

fn every_key(case: &Value) -> Result<(), String> {
    let root: [u8; 32] = hex_bytes(&case["result"])?.try_into().map_err(|_| "result is not 32 bytes")?;
    let mut trie = BTreeMap::new();
    for entry in case["data"].as_array().into_iter().flatten() {
        trie.insert(keccak256(hex_bytes(&entry[0])?), hex_bytes(&entry[1])?);
    }
    for (key, value) in &trie {
        let target = Nibbles::unpack(key);
        let mut builder = HashBuilder::default().with_proof_retainer(ProofRetainer::from_iter([target]));
        for (key, value) in &trie {
            builder.add_leaf(Nibbles::unpack(key), value);
        }
        if builder.root() != root {
            return Err("the trie has another root".to_owned());
        }
        let nodes: Vec<Bytes> = builder.take_proof_nodes().into_nodes_sorted().into_iter().map(|(_, node)| node).collect();
        let nodes: Vec<&[u8]> = nodes.iter().map(AsRef::as_ref).collect();
        let proven = prove_in_trie(&root, key.as_slice(), &nodes);
        if proven != Ok(Some(value)) {
            return Err(format!("{key}: {}", in_words(proven)));
        }
    }
    Ok(())
}

fn hex_bytes(value: &Value) -> Result<Vec<u8>, String> {
    let digits = value.as_str().ok_or("hexadecimal text is missing")?.trim_start_matches("0x");
    hex::decode(if digits.len() % 2 == 1 { format!("0{digits}") } else { digits.to_owned() }).map_err(|error| error.to_string())
}
