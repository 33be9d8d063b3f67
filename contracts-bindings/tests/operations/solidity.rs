//! `Operations.sol`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::lock::Lock;
use crate::presets::Operation;

const HEAD: &str = r"// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

// Made from the presets; do not edit. CONTRIBUTING.md says by what. A name that stands here never means more than it did when it came.
";

const OPERATIONS: &str = r"
/// What a request can be, by the names of the presets. `Request.operation` is one of these, and its class is always the one that is said here.
library Operations {";

const PARAMETERS: &str = r"
/// What `Request.params` names, and how its value is encoded: the same for every operation that has it, for ever.
///
/// text: keccak256 of the UTF-8 bytes. ascii: the characters themselves, filled up with zeros on the right. millionths: a count, times a million.
/// Parameters are sorted by name; one that is there several times is a list; one that is absent is not zero.
library Parameters {";

/// The file, from operations and the lock that has them.
pub(crate) fn write(operations: &[Operation], lock: &Lock) -> String {
    let mut text = format!("{HEAD}{OPERATIONS}\n");
    let mut constants = Constants::default();
    for Operation { name, class, selector: _, params } in operations {
        let params: Vec<&str> = params.keys().map(String::as_str).collect();
        let with = if params.is_empty() { String::new() } else { format!(" Parameters: {}.", params.join(", ")) };
        constants.push(&mut text, name, &format!("{class}.{with}"));
    }
    for (name, class) in lock.retired() {
        constants.push(&mut text, name, &format!("{class}. Retired: no request is this any more."));
    }
    let _ = writeln!(text, "}}\n{PARAMETERS}");
    let mut constants = Constants::default();
    for (name, encoding) in lock.encodings().expect("the lock was checked") {
        constants.push(&mut text, &name, &format!("{encoding}."));
    }
    text.push_str("}\n");
    text
}

#[derive(Default)]
struct Constants {
    by_identifier: BTreeMap<String, String>,
}

impl Constants {
    fn push(&mut self, text: &mut String, name: &str, about: &str) {
        let identifier = identifier(name);
        if let Some(other) = self.by_identifier.insert(identifier.clone(), name.to_owned()) {
            panic!("{name} and {other} would both be {identifier}");
        }
        let _ = writeln!(text, "    /// {about}\n    bytes32 internal constant {identifier} = keccak256(\"{name}\");");
    }
}

/// `SHOPIFY_QUERY_DRAFT_ORDERS` of `shopify.query.draftOrders`.
fn identifier(name: &str) -> String {
    let mut identifier = String::new();
    let mut before = ' ';
    for letter in name.chars() {
        let apart = letter.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit());
        if apart {
            identifier.push('_');
        }
        identifier.push(if letter.is_ascii_alphanumeric() { letter.to_ascii_uppercase() } else { '_' });
        before = letter;
    }
    identifier
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_is_named_for_its_operation() {
        for (name, constant) in [
            ("shopify.query.draftOrders", "SHOPIFY_QUERY_DRAFT_ORDERS"),
            ("amazon-sp.orders.items-buyer", "AMAZON_SP_ORDERS_ITEMS_BUYER"),
            ("api.version", "API_VERSION"),
        ] {
            assert_eq!(identifier(name), constant);
        }
    }

    #[test]
    #[should_panic(expected = "would both be A_B")]
    fn two_names_do_not_share_a_constant() {
        let (mut constants, mut text) = (Constants::default(), String::new());
        constants.push(&mut text, "a.b", "READ.");
        constants.push(&mut text, "a-b", "READ.");
    }
}
