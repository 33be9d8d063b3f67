//! `release.json` and what stands beside it.
//!
//! The registers are what `attestation-verifier` reads; file, sections, crates and source are for whoever builds the image again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use attestation_verifier::{RELEASE_FORMAT, Release, json};
use eif_build::canonical;
use p384::ecdsa::signature::Signer as _;
use p384::ecdsa::{Signature, SigningKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::describe::Described;
use super::provenance;
use crate::build::inputs::{Inputs, digest};
use crate::build::place;

/// The list of crates in the image.
const TCB: &str = "enclave/tcb.txt";
/// The image's registers, in the file with its hash, its sections, its crates and its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Builders {
    pub(crate) format: u64,
    /// Read by [`Release`].
    pub(crate) pcrs: Value,
    pub(crate) eif: Blob,
    pub(crate) sections: Vec<Part>,
    pub(crate) tcb: Vec<Crate>,
    pub(crate) source: Source,
}

/// A file by length and hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Blob {
    pub(crate) length: usize,
    pub(crate) sha256: String,
}

/// A section: the registers hash contents without borders, so these are part of what a release says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Part {
    pub(crate) kind: String,
    pub(crate) length: usize,
    pub(crate) sha256: String,
}

/// A crate of the image; one of this repository has no checksum of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sha256: Option<String>,
}

/// What it was built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Source {
    /// git's, 40 hex digits.
    pub(crate) revision: String,
    /// SHA-256 of `inputs.lock`.
    pub(crate) inputs: String,
    /// SHA-256 of `Cargo.lock`.
    pub(crate) crates: String,
}

impl Builders {
    /// What an image measures and holds.
    fn of(image: &Described<'_>, file: &[u8], tcb: Vec<Crate>, source: Source) -> Self {
        let part = |section: &eif_build::Section<'_>| Part {
            kind: section.kind.name().to_owned(),
            length: section.data.len(),
            sha256: digest(section.data),
        };
        Self {
            format: RELEASE_FORMAT,
            pcrs: image.pcrs_json(),
            eif: Blob { length: file.len(), sha256: digest(file) },
            sections: image.eif.sections().iter().map(part).collect(),
            tcb,
            source,
        }
    }

    /// Reads a `release.json` with everything that the builder writes.
    pub(crate) fn read(bytes: &[u8]) -> Result<(Self, Release)> {
        let release = Release::read(bytes).context("no release.json")?;
        let value = json::read(bytes)?;
        Ok((serde_json::from_value(value).context("release.json lacks what the builder writes")?, release))
    }
}

/// Writes `release.json`, its provenance and, with a key, a signature of each. Returns what was written.
pub(crate) fn write(file: &[u8], source: &Path, folder: &Path, key: Option<&SigningKey>) -> Result<Vec<PathBuf>> {
    let image = Described::of(file)?;
    canonical::check(&image.eif).context("the image is none of this builder")?;
    if let Some(Err(error)) = image.signed {
        return Err(error).context("the image's signature");
    }
    let inputs = Inputs::read(source)?;
    let origin = Source {
        revision: revision(source)?,
        inputs: digest(&fs::read(source.join(crate::build::inputs::FILE))?),
        crates: digest(&fs::read(source.join("Cargo.lock"))?),
    };
    let builders = Builders::of(&image, file, crates(source)?, origin);
    let release = text(&serde_json::to_value(&builders)?);
    // What is written is what the verifier takes.
    Builders::read(release.as_bytes())?;
    let provenance = text(&provenance::statement(&builders, &digest(release.as_bytes()), &inputs));

    let mut written = Vec::new();
    for (name, text) in [("release.json", release), ("release.intoto.json", provenance)] {
        let path = folder.join(name);
        place::put(&path, text.as_bytes())?;
        written.push(path);
        if let Some(key) = key {
            // RFC 6979: the same key signs the same bytes alike.
            let signature: Signature = key.sign(text.as_bytes());
            let path = folder.join(format!("{name}.sig"));
            place::put(&path, signature.to_der().as_bytes())?;
            written.push(path);
        }
    }
    Ok(written)
}

/// JSON with a newline at its end; serde's map sorts the keys.
fn text(value: &Value) -> String {
    format!("{value:#}\n")
}

/// The commit, of a tree without changes.
fn revision(source: &Path) -> Result<String> {
    let git = |arguments: &[&str]| -> Result<String> {
        let output = Command::new("git").arg("-C").arg(source).args(arguments).output().context("git does not start")?;
        ensure!(output.status.success(), "git: {}", String::from_utf8_lossy(&output.stderr).trim_end());
        Ok(String::from_utf8(output.stdout)?.trim_end().to_owned())
    };
    let changed = git(&["status", "--porcelain"])?;
    ensure!(changed.is_empty(), "a release is made from a commit, and these files are changed:\n{changed}");
    git(&["rev-parse", "HEAD"])
}

/// The image's crates with their checksums in `Cargo.lock`.
fn crates(source: &Path) -> Result<Vec<Crate>> {
    let list = fs::read_to_string(source.join(TCB)).context(TCB)?;
    let lock = fs::read_to_string(source.join("Cargo.lock"))?;
    let packages: Vec<[Option<&str>; 3]> = lock
        .split("[[package]]")
        .map(|package| {
            ["name", "version", "checksum"]
                .map(|key| package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"')))
        })
        .collect();
    let mut all = Vec::new();
    for line in list.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let [name, version, ..] = *words else { bail!("{TCB}: {line}") };
        let version = version.strip_prefix('v').with_context(|| format!("{TCB}: {line}"))?;
        let package = packages.iter().find(|[found, at, _]| *found == Some(name) && *at == Some(version));
        let [_, _, checksum] = package.with_context(|| format!("Cargo.lock lacks {name} {version}"))?;
        all.push(Crate { name: name.to_owned(), version: version.to_owned(), sha256: checksum.map(str::to_owned) });
    }
    Ok(all)
}

/// The inputs as an in-toto statement names them.
pub(crate) fn dependencies(builders: &Builders, inputs: &Inputs) -> Vec<Value> {
    let listed = inputs
        .all
        .iter()
        .map(|input| json!({ "name": format!("{} {}", input.name, input.version), "digest": { "sha256": input.sha256 } }));
    let revision = json!({ "name": "source", "digest": { "gitCommit": builders.source.revision } });
    let lock = json!({ "name": "Cargo.lock", "digest": { "sha256": builders.source.crates } });
    [revision, lock].into_iter().chain(listed).collect()
}
