//! What holds of every preset's file.

use std::collections::{BTreeMap, BTreeSet};

use super::super::tables;

#[test]
fn every_file_is_a_table_and_names_are_one_preset_s() {
    let tables = tables().unwrap();
    let mut prefixes = BTreeSet::new();
    for table in &tables {
        assert!(prefixes.insert(table.prefix.as_str()), "{}", table.prefix);
        assert!(!table.operations().is_empty(), "{}", table.preset());
    }
}

#[test]
fn a_parameter_has_one_encoding_in_all_presets() {
    let mut encodings = BTreeMap::new();
    for table in tables().unwrap() {
        let endpoint =
            table.endpoint.iter().flat_map(|endpoint| &endpoint.params).map(|param| (param.name.as_str(), param.encoding));
        for (name, encoding) in table.operations().iter().flat_map(super::super::Known::params).chain(endpoint) {
            assert_eq!(*encodings.entry(name).or_insert(encoding), encoding, "{name}");
        }
    }
}
