//! Reads the operations of every preset, and the vault's own.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use alloy_primitives::{B256, keccak256};
use serde_json::{Map, Value};

/// One operation as its preset has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Operation {
    /// `<platform>.<thing>`.
    pub(crate) name: String,
    /// READ, WRITE, ...
    pub(crate) class: String,
    /// keccak256 of what a request must be to be this operation, in JSON with sorted keys.
    pub(crate) selector: B256,
    /// Parameters by name: how each is encoded, and where it is taken from.
    pub(crate) params: BTreeMap<String, Param>,
}

/// A parameter of an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Param {
    /// `text`, `ascii` or `millionths`.
    pub(crate) encoding: String,
    /// `path:order`, `json:/amount`, ... and how a list is taken apart.
    pub(crate) from: String,
}

const CLASSES: [&str; 8] = ["READ", "WRITE", "VALUE", "ROUTING", "AUTHZ", "MINT", "EXPORT", "CREDENTIAL"];
const ENCODINGS: [&str; 3] = ["text", "ascii", "millionths"];
/// What says what a request must be. A key that is none of these stops the test: it has to be looked at.
const SELECTORS: [&str; 9] = ["method", "host", "path", "query", "body", "graphql", "when", "scope", "repeat"];

/// All of them, by name.
pub(crate) fn all(repository: &Path) -> Vec<Operation> {
    let mut operations = of_file(&repository.join("contracts-bindings/contracts/vault-operations.json"));
    let presets = repository.join("enclave/platform/presets");
    let mut folders: Vec<_> = fs::read_dir(presets).into_iter().flatten().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    for folder in folders {
        let file = folder.join("operations.json");
        if file.exists() {
            operations.extend(of_file(&file));
        }
    }
    operations.sort_by(|a, b| a.name.cmp(&b.name));
    for pair in operations.windows(2) {
        assert_ne!(pair[0].name, pair[1].name, "two operations have one name");
    }
    operations
}

fn of_file(path: &Path) -> Vec<Operation> {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let file: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    of_preset(&file)
}

/// Operations of one preset's file.
pub(crate) fn of_preset(file: &Value) -> Vec<Operation> {
    let prefix = file["prefix"].as_str().expect("a preset has a prefix");
    file["operations"]
        .as_array()
        .expect("a preset has operations")
        .iter()
        .map(|value| operation(value, prefix, &file["graphql"]))
        .collect()
}

fn operation(value: &Value, prefix: &str, graphql: &Value) -> Operation {
    let fields = value.as_object().expect("an operation is an object");
    let name = fields["name"].as_str().expect("an operation has a name").to_owned();
    let legible = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    assert!(name.split('.').count() > 1 && name.split('.').all(legible), "{name} is no name");
    assert!(name.starts_with(&format!("{prefix}.")), "{name} is not of {prefix}");
    let class = fields["class"].as_str().expect("an operation has a class").to_owned();
    assert!(CLASSES.contains(&class.as_str()), "{name} has the class {class}");
    let mut selector = Map::new();
    for (key, value) in fields {
        match key.as_str() {
            "name" | "class" | "params" | "source" => {}
            key if SELECTORS.contains(&key) => {
                selector.insert(key.to_owned(), value.clone());
            }
            other => panic!("{name} has a field {other} that this test does not know: does it widen what the name means?"),
        }
    }
    let mut params = params(&name, fields.get("params"));
    if fields.contains_key("graphql") {
        selector.insert("path".to_owned(), graphql["path"].clone());
        params.extend(self::params(&name, graphql.get("params")));
    }
    Operation { name, class, selector: keccak256(canonical(&Value::Object(selector))), params }
}

/// JSON with its keys sorted, whatever order they are kept in.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let sorted: BTreeMap<_, _> = fields.iter().collect();
            let fields: Vec<String> =
                sorted.into_iter().map(|(key, value)| format!("{}:{}", Value::String(key.clone()), canonical(value))).collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(values) => format!("[{}]", values.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

fn params(operation: &str, list: Option<&Value>) -> BTreeMap<String, Param> {
    let list = list.map(|list| list.as_array().expect("params are a list"));
    list.into_iter()
        .flatten()
        .map(|param| {
            let text = |key: &str| param[key].as_str().map(str::to_owned);
            let name = text("name").unwrap_or_else(|| panic!("a parameter of {operation} has no name"));
            let encoding = text("as").unwrap_or_else(|| panic!("{name} of {operation} has no encoding"));
            assert!(ENCODINGS.contains(&encoding.as_str()), "{name} of {operation} is encoded as {encoding}");
            for key in param.as_object().into_iter().flat_map(Map::keys) {
                assert!(["name", "as", "from", "separator"].contains(&key.as_str()), "{name} of {operation} has a field {key}");
            }
            let from = text("from").unwrap_or_else(|| panic!("{name} of {operation} comes from nowhere"));
            let from = text("separator").map_or_else(|| from.clone(), |separator| format!("{from} split at {separator}"));
            (name, Param { encoding, from })
        })
        .collect()
}
