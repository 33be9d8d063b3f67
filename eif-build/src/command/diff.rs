//! What differs between two images.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use eif_build::cpio::{Node, Tree};
use eif_build::{Eif, Kind, Section};

use super::show::{grouped, plain};
use crate::build::inputs::digest;

/// One line for each difference: header, sections, and files of ramdisks that both can be read.
pub(crate) fn between(a: &[u8], b: &[u8]) -> Result<Vec<String>> {
    let (a, b) = (Eif::parse(a).context("the first file")?, Eif::parse(b).context("the second file")?);
    let mut out = Vec::new();
    for (what, a, b) in [("memory", a.memory(), b.memory()), ("processors", a.cpus(), b.cpus())] {
        if a != b {
            out.push(format!("header: {what} {a} and {b}"));
        }
    }
    if a.architecture() != b.architecture() {
        out.push(format!("header: {:?} and {:?}", a.architecture(), b.architecture()));
    }
    let order = |eif: &Eif<'_>| eif.sections().iter().map(|section| section.kind.name()).collect::<Vec<_>>().join(", ");
    if order(&a) != order(&b) {
        out.push(format!("sections: {} and {}", order(&a), order(&b)));
    }
    for kind in [Kind::Kernel, Kind::CommandLine, Kind::Metadata, Kind::Ramdisk, Kind::Signature] {
        let of = |eif: &Eif<'_>| {
            eif.sections().iter().filter(|section| section.kind == kind).map(|section| section.data.to_vec()).collect::<Vec<_>>()
        };
        let (a, b) = (of(&a), of(&b));
        for index in 0..a.len().max(b.len()) {
            let name = if kind == Kind::Ramdisk { format!("ramdisk {index}") } else { kind.name().to_owned() };
            match (a.get(index), b.get(index)) {
                (Some(a), Some(b)) if a == b => {}
                (Some(a), Some(b)) => changed(&mut out, &name, Section { kind, data: a }, b),
                (Some(_), None) => out.push(format!("{name}: only in the first")),
                (None, _) => out.push(format!("{name}: only in the second")),
            }
        }
    }
    Ok(out)
}

fn changed(out: &mut Vec<String>, name: &str, a: Section<'_>, b: &[u8]) {
    let Section { kind, data: a } = a;
    let text = |bytes: &[u8]| plain(&String::from_utf8_lossy(bytes));
    match kind {
        Kind::CommandLine | Kind::Metadata => out.push(format!("{name}: {} and {}", text(a), text(b))),
        Kind::Kernel | Kind::Signature => out.push(format!("{name}: {} and {}", blob(a), blob(b))),
        Kind::Ramdisk => {
            if let (Ok(a_tree), Ok(b_tree)) = (Tree::parse(a), Tree::parse(b)) {
                let before = out.len();
                files(out, name, &a_tree, &b_tree);
                if out.len() == before {
                    out.push(format!("{name}: the same files in archives of another form (times, owners, order or padding)"));
                }
            } else {
                out.push(format!("{name}: {} and {}; not both can be read as archives", blob(a), blob(b)));
            }
        }
    }
}

fn files(out: &mut Vec<String>, name: &str, a: &Tree, b: &Tree) {
    let paths: BTreeSet<&str> = a.nodes().chain(b.nodes()).map(|(path, _)| path).collect();
    for path in paths {
        match (a.get(path), b.get(path)) {
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => out.push(format!("{name}: /{path}: {} and {}", node(a), node(b))),
            (Some(_), None) => out.push(format!("{name}: /{path}: only in the first")),
            (None, _) => out.push(format!("{name}: /{path}: only in the second")),
        }
    }
}

fn node(node: &Node) -> String {
    match node {
        Node::File { data, executable } => format!("{}{}", blob(data), if *executable { ", executable" } else { "" }),
        Node::Directory => "folder".to_owned(),
        Node::Link(target) => format!("link to {}", plain(target)),
        Node::Device { major, minor } => format!("character device {major}:{minor}"),
    }
}

fn blob(bytes: &[u8]) -> String {
    format!("{} bytes, SHA-256 {}", grouped(bytes.len()), digest(bytes))
}
