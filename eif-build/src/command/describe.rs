//! What an image is.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use eif_build::cpio::{Node, Tree};
use eif_build::signature::{self, SignatureError, Signed};
use eif_build::{Architecture, Eif, Kind, Pcr, canonical};
use serde_json::{Map, Value, json};

use super::show::{grouped, plain};
use crate::build::inputs::digest;

/// A well-formed image with what follows from it.
pub(crate) struct Described<'a> {
    file: &'a [u8],
    pub(crate) eif: Eif<'a>,
    /// The signature, if there is one, and whether it verifies.
    pub(crate) signed: Option<Result<Signed, SignatureError>>,
}

impl<'a> Described<'a> {
    /// Reads a file strictly.
    pub(crate) fn of(file: &'a [u8]) -> Result<Self> {
        let eif = Eif::parse(file).context("no image")?;
        let signed = eif.section(Kind::Signature).map(|section| signature::verify(section, &eif.measurements().pcr0));
        Ok(Self { file, eif, signed })
    }

    /// Registers by number. Register 8 only under a signature that verifies.
    pub(crate) fn registers(&self) -> Vec<(u8, Pcr)> {
        let measured = self.eif.measurements();
        let mut all = vec![(0, measured.pcr0), (1, measured.pcr1), (2, measured.pcr2)];
        if let Some(Ok(signed)) = &self.signed {
            all.push((8, signed.pcr8()));
        }
        all
    }

    pub(crate) fn pcrs(&self) -> String {
        self.registers().iter().fold(String::new(), |mut text, (index, value)| {
            let _ = writeln!(text, "PCR{index}  {}", hex::encode(value));
            text
        })
    }

    pub(crate) fn pcrs_json(&self) -> Value {
        let pair = |(index, value): &(u8, Pcr)| (index.to_string(), Value::String(hex::encode(value)));
        Value::Object(self.registers().iter().map(pair).collect())
    }

    /// Size, hash and registers.
    pub(crate) fn summary(&self) -> String {
        format!("{} bytes\nSHA-256 {}\n{}", grouped(self.file.len()), digest(self.file), self.pcrs())
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut text = self.summary();
        let machine = match self.eif.architecture() {
            Architecture::X86_64 => "x86_64",
            Architecture::Aarch64 => "aarch64",
        };
        let _ = writeln!(text, "for {machine}, by default {} MiB and {} processors", self.eif.memory() >> 20, self.eif.cpus());
        for (index, section) in self.eif.sections().iter().enumerate() {
            let _ = writeln!(
                text,
                "section {index}: {:<9} {:>11}  SHA-256 {}",
                section.kind.name(),
                grouped(section.data.len()),
                digest(section.data)
            );
        }
        let _ = writeln!(text, "command line: {}", plain(self.command_line().trim_end()));
        let _ = writeln!(text, "metadata: {}", plain(&self.metadata().to_string()));
        for (index, ramdisk) in self.eif.ramdisks().enumerate() {
            match Tree::parse(ramdisk) {
                Ok(tree) => {
                    for (path, node) in tree.nodes() {
                        let _ = writeln!(text, "ramdisk {index}: /{path}  {}", node_text(node));
                    }
                }
                Err(error) => {
                    let _ = writeln!(text, "ramdisk {index}: not read: {error}");
                }
            }
        }
        let _ = writeln!(text, "signer: {}", self.signer());
        let form = canonical::check(&self.eif)
            .map_or_else(|error| format!("not this builder's: {error}"), |_| "this builder's".to_owned());
        let _ = writeln!(text, "form: {form}");
        text
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let sections = self.eif.sections().iter();
        let files = |ramdisk: &[u8]| match Tree::parse(ramdisk) {
            Ok(tree) => tree.nodes().map(|(path, node)| (path.to_owned(), node_json(node))).collect::<Map<_, _>>().into(),
            Err(error) => json!({ "unreadable": error.to_string() }),
        };
        json!({
            "length": self.file.len(),
            "sha256": digest(self.file),
            "pcrs": self.pcrs_json(),
            "architecture": match self.eif.architecture() { Architecture::X86_64 => "x86_64", Architecture::Aarch64 => "aarch64" },
            "memory": self.eif.memory(),
            "cpus": self.eif.cpus(),
            "sections": sections.map(|section| json!({ "kind": section.kind.name(), "length": section.data.len(), "sha256": digest(section.data) })).collect::<Vec<_>>(),
            "command_line": self.command_line(),
            "metadata": self.metadata(),
            "ramdisks": self.eif.ramdisks().map(files).collect::<Vec<_>>(),
            "signer": self.signed.as_ref().map(|signed| match signed {
                Ok(signed) => json!({ "subject": subject(signed.certificate()), "sha256": digest(signed.certificate()) }),
                Err(error) => json!({ "refused": error.to_string() }),
            }),
            "canonical": canonical::check(&self.eif).is_ok(),
        })
    }

    fn command_line(&self) -> String {
        String::from_utf8_lossy(self.eif.section(Kind::CommandLine).unwrap_or_default()).into_owned()
    }

    fn metadata(&self) -> Value {
        serde_json::from_slice(self.eif.section(Kind::Metadata).unwrap_or_default()).unwrap_or_default()
    }

    fn signer(&self) -> String {
        match &self.signed {
            None => "none".to_owned(),
            Some(Ok(signed)) => {
                format!("{}, certificate SHA-256 {}", plain(&subject(signed.certificate())), digest(signed.certificate()))
            }
            Some(Err(error)) => format!("refused: {error}"),
        }
    }
}

fn subject(certificate: &[u8]) -> String {
    x509_parser::parse_x509_certificate(certificate)
        .map_or_else(|_| "?".to_owned(), |(_, certificate)| certificate.subject().to_string())
}

fn node_text(node: &Node) -> String {
    match node {
        Node::Directory => "folder".to_owned(),
        Node::File { data, executable } => {
            format!("{} bytes{}, SHA-256 {}", grouped(data.len()), if *executable { ", executable" } else { "" }, digest(data))
        }
        Node::Link(target) => format!("link to {}", plain(target)),
        Node::Device { major, minor } => format!("character device {major}:{minor}"),
    }
}

fn node_json(node: &Node) -> Value {
    match node {
        Node::Directory => json!({ "kind": "folder" }),
        Node::File { data, executable } => {
            json!({ "kind": "file", "length": data.len(), "executable": executable, "sha256": digest(data) })
        }
        Node::Link(target) => json!({ "kind": "link", "target": target }),
        Node::Device { major, minor } => json!({ "kind": "device", "major": major, "minor": minor }),
    }
}
