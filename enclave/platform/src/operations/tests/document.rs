//! `OPERATIONS.md` is what the tables say: `WRITE_OPERATIONS=1 cargo test -p platform operations_md` makes it again.

use std::fmt::Write as _;

use contracts_bindings::Class;

use super::super::{Encoding, Known, Repeat, Scope, Table, tables};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/OPERATIONS.md");

#[test]
fn operations_md_is_what_the_tables_say() {
    let text = document();
    if std::env::var_os("WRITE_OPERATIONS").is_some() {
        std::fs::write(PATH, &text).unwrap();
    }
    assert!(std::fs::read_to_string(PATH).unwrap() == text, "WRITE_OPERATIONS=1 cargo test -p platform operations_md");
}

const fn class_name(class: Class) -> &'static str {
    match class {
        Class::None => "NONE",
        Class::Read => "READ",
        Class::Write => "WRITE",
        Class::Value => "VALUE",
        Class::Routing => "ROUTING",
        Class::Authz => "AUTHZ",
        Class::Mint => "MINT",
        Class::Export => "EXPORT",
        Class::Credential => "CREDENTIAL",
    }
}

fn document() -> String {
    let mut out = String::from(
        "# Operations\n\n\
         What this image has names for, made from `presets/*/operations.json`. What has no name is refused. ROUTING, MINT and AUTHZ are closed in\n\
         the registry until an unlock of exactly that operation has matured; an operation of the app is refused under a store.\n\n\
         *again*: whether it may be asked for twice: `yes`, `key` (with the same `idempotency-key`), `no`. *read*: whether the row's source was\n\
         read; the others are general knowledge. No live platform was asked.\n",
    );
    for table in tables().unwrap() {
        section(&mut out, table);
    }
    out
}

fn section(out: &mut String, table: &Table) {
    writeln!(out, "\n## {}\n", table.preset()).unwrap();
    for note in table.notes() {
        writeln!(out, "- {note}").unwrap();
    }
    match table.watch() {
        Some(watch) => match watch.unasked() {
            None => writeln!(out, "- Watched for where money goes, once a day: `{}`.", watch.operation()).unwrap(),
            Some(why) => {
                writeln!(out, "- Says where money goes, and is not watched by the vault itself: `{}`, {why}.", watch.operation())
                    .unwrap();
            }
        },
        None => writeln!(out, "- Nothing is watched: no operation says where money goes.").unwrap(),
    }
    for (name, view) in table.views() {
        writeln!(out, "- View `{name}` of {}.", listed(view.operations().iter().map(String::as_str))).unwrap();
    }
    for (selector, why) in &table.containers {
        writeln!(out, "- Refused, {why}: `{selector}`.").unwrap();
    }
    writeln!(out, "\n| operation | class | asked as | parameters | again | read |\n|---|---|---|---|---|---|").unwrap();
    for known in table.operations() {
        row(out, table, known);
    }
}

fn row(out: &mut String, table: &Table, known: &Known) {
    let app = if known.scope() == Scope::App { " (app)" } else { "" };
    let again = match known.repeat() {
        Repeat::Safe => "yes",
        Repeat::Keyed => "key",
        Repeat::Never => "no",
    };
    let read = if table.evidence(known).unwrap().verified() { "yes" } else { "no" };
    let param = |(name, encoding): (&str, Encoding)| format!("`{name}` {}", encoding.name());
    let params: Vec<String> = known.params().map(param).collect();
    let asked = known.asked().replace('|', "\\|");
    writeln!(
        out,
        "| `{}` | {}{app} | `{asked}` | {} | {again} | {read} |",
        known.name(),
        class_name(known.class()),
        params.join(", ")
    )
    .unwrap();
}

fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
