//! What must hold between the rows of one table.

use std::collections::{BTreeMap, BTreeSet};

use contracts_bindings::Class;

use super::build::wrong;
use super::table::{Asked, Scope, Table, TableError};

/// Names are distinct and the preset's; what a row refers to is there; and no two rows could name the same request.
pub(super) fn check(table: &Table) -> Result<(), TableError> {
    names(table)?;
    references(table)?;
    rows(table)
}

fn names(table: &Table) -> Result<(), TableError> {
    let mut seen = BTreeSet::new();
    let mut encodings = BTreeMap::new();
    for known in &table.operations {
        let named =
            known.name.strip_prefix(&table.prefix).and_then(|rest| rest.strip_prefix('.')).is_some_and(|rest| {
                !rest.is_empty() && rest.split('.').all(|label| !label.is_empty() && label.bytes().all(is_part))
            });
        if !named {
            return Err(wrong(&known.name, "a name is the prefix and labels"));
        }
        if !seen.insert(known.name.as_str()) {
            return Err(wrong(&known.name, "name twice"));
        }
        if known.scope == Scope::App && known.class == Class::None {
            return Err(wrong(&known.name, "no class"));
        }
        for (name, encoding) in known.params() {
            if *encodings.entry(name).or_insert(encoding) != encoding {
                return Err(wrong(&known.name, "a parameter has two encodings"));
            }
        }
    }
    Ok(())
}

const fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn references(table: &Table) -> Result<(), TableError> {
    let names: BTreeSet<&str> = table.operations.iter().map(|known| known.name.as_str()).collect();
    for known in &table.operations {
        if !table.sources.contains_key(&known.source) {
            return Err(wrong(&known.name, "no such source"));
        }
    }
    let nodes = table.endpoint.iter().flat_map(|endpoint| endpoint.nodes.values());
    let views = table.projections.values().flat_map(|view| &view.operations);
    let links = table.links.iter().map(|link| &link.operation);
    let watch = table.watch.iter().map(|watch| &watch.operation);
    for name in nodes.chain(views).chain(links).chain(watch.clone()) {
        if !names.contains(name.as_str()) {
            return Err(wrong(name, "no such operation"));
        }
    }
    for name in watch {
        if table.operation(name).is_none_or(|known| known.class != Class::Read) {
            return Err(wrong(name, "what is watched is read"));
        }
    }
    Ok(())
}

fn rows(table: &Table) -> Result<(), TableError> {
    for (index, one) in table.operations.iter().enumerate() {
        for another in table.operations.iter().skip(index.saturating_add(1)) {
            let shared = match (&one.asked, &another.asked) {
                (Asked::Http(one), Asked::Http(another)) => one.overlaps(another),
                (Asked::Graphql(kind, field), Asked::Graphql(other, another)) => kind == other && field == another,
                _ => false,
            };
            if shared {
                return Err(TableError::Conflict(one.name.clone(), another.name.clone()));
            }
        }
        match &one.asked {
            Asked::Http(selector) => {
                for (container, why) in &table.containers {
                    if selector.overlaps(container) {
                        return Err(TableError::Conflict(one.name.clone(), why.clone()));
                    }
                }
                for token in &table.tokens {
                    if token.shares(selector) {
                        return Err(TableError::Conflict(one.name.clone(), "token endpoint".to_owned()));
                    }
                }
                if table.endpoint.as_ref().is_some_and(|endpoint| endpoint.shares(selector)) {
                    return Err(TableError::Conflict(one.name.clone(), "graphql endpoint".to_owned()));
                }
            }
            Asked::Graphql(_, field) => {
                if table.endpoint.as_ref().is_some_and(|endpoint| endpoint.is_container(field)) {
                    return Err(wrong(&one.name, "a container has no name"));
                }
            }
        }
    }
    Ok(())
}
