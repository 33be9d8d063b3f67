//! `inputs.lock`: every input of an image, by name, version and SHA-256. An image is made of these or not at all.
//!
//! ```text
//! package  NAME  VERSION  SHA-256         a Debian package that is fetched and unpacked
//! file     PATH  -        SHA-256         a file of the repository
//! tool     NAME  VERSION  SHA-256  PATH   a file of an installed package that shapes the result; NAME may say `:which` behind the package
//! rust     NAME  VERSION  SHA-256  PATH   a file below the toolchain's folder; one `*` stands for what is not told by the version
//! result   NAME  VERSION  SHA-256         what has to come out on the way
//! ```
//!
//! Crates are in `Cargo.lock`, each with version and SHA-256; cargo takes no other.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};

/// Where the list is.
pub(crate) const FILE: &str = "eif-build/image/inputs.lock";

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) version: String,
    /// Lower-case hex.
    pub(crate) sha256: String,
    /// Where it lies, if the name does not say it.
    pub(crate) path: Option<String>,
}

/// What an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Package,
    File,
    Tool,
    Rust,
    Result,
}

impl Kind {
    const ALL: [(Self, &'static str); 5] =
        [(Self::Package, "package"), (Self::File, "file"), (Self::Tool, "tool"), (Self::Rust, "rust"), (Self::Result, "result")];

    pub(crate) fn word(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, word)| word)
    }
}

/// The list.
#[derive(Clone, Debug)]
pub(crate) struct Inputs {
    pub(crate) all: Vec<Input>,
    text: String,
}

impl Inputs {
    /// Reads the list of a source tree.
    pub(crate) fn read(source: &Path) -> Result<Self> {
        let path = source.join(FILE);
        let text = fs::read_to_string(&path).with_context(|| format!("no list of inputs at {}", path.display()))?;
        let mut all: Vec<Input> = Vec::new();
        for (number, line) in (1_usize..).zip(text.lines()) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let input = line_of(line).with_context(|| format!("{FILE}, line {number}: not KIND NAME VERSION SHA-256 [PATH]"))?;
            ensure!(
                !all.iter().any(|other| other.name == input.name),
                "{FILE}, line {number}: {} stands there twice",
                input.name
            );
            all.push(input);
        }
        Ok(Self { all, text })
    }

    /// The input of this name.
    pub(crate) fn named(&self, name: &str) -> Result<&Input> {
        self.all.iter().find(|input| input.name == name).with_context(|| format!("{FILE} lacks {name}"))
    }

    /// A file of the repository, which is the listed one.
    pub(crate) fn file(&self, source: &Path, name: &str) -> Result<Vec<u8>> {
        let input = self.named(name)?;
        let bytes = fs::read(source.join(name)).with_context(|| format!("{name} is missing. {}", input.origin()))?;
        input.demand(&digest(&bytes))?;
        Ok(bytes)
    }

    /// The files below a folder of the repository, by their names there.
    pub(crate) fn folder(&self, source: &Path, folder: &str) -> Result<Vec<(String, Vec<u8>)>> {
        let prefix = format!("{folder}/");
        let listed = self.all.iter().filter_map(|input| Some((input, input.name.strip_prefix(&prefix)?)));
        let files: Vec<_> =
            listed.map(|(input, name)| Ok((name.to_owned(), self.file(source, &input.name)?))).collect::<Result<_>>()?;
        for entry in fs::read_dir(source.join(folder)).with_context(|| format!("{folder} is missing"))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            ensure!(files.iter().any(|(listed, _)| *listed == name), "{folder}/{name} is not in {FILE}");
        }
        Ok(files)
    }

    /// Demands every tool and every part of the toolchain.
    pub(crate) fn demand_tools(&self, sysroot: &Path) -> Result<()> {
        for input in self.all.iter().filter(|input| matches!(input.kind, Kind::Tool | Kind::Rust)) {
            let path = input.place(sysroot)?;
            let bytes = fs::read(&path).with_context(|| format!("{} is missing. {}", path.display(), input.origin()))?;
            input.demand(&digest(&bytes))?;
        }
        Ok(())
    }

    /// The list with the hashes of what is here, packages and results as they are.
    pub(crate) fn renewed(&self, source: &Path, sysroot: &Path) -> Result<String> {
        let mut out = String::new();
        for line in self.text.lines() {
            let input = line_of(line).filter(|input| !matches!(input.kind, Kind::Package | Kind::Result));
            let Some(input) = input.filter(|_| !line.starts_with('#')) else {
                writeln!(out, "{line}")?;
                continue;
            };
            let path = if input.kind == Kind::File { source.join(&input.name) } else { input.place(sysroot)? };
            let found = digest(&fs::read(&path).with_context(|| format!("{} can't be read", path.display()))?);
            writeln!(out, "{}", line.replace(&input.sha256, &found))?;
        }
        Ok(out)
    }
}

impl Input {
    /// Refuses another hash.
    pub(crate) fn demand(&self, found: &str) -> Result<()> {
        if found == self.sha256 {
            return Ok(());
        }
        bail!(
            "{} {} is another one\n  expected SHA-256 {}\n  found            {found}\n  {}",
            self.kind.word(),
            self.name,
            self.sha256,
            self.origin()
        )
    }

    /// Where it is to be had.
    pub(crate) fn origin(&self) -> String {
        let Self { kind, name, version, sha256: _, path: _ } = self;
        match kind {
            Kind::Package => format!("Where to get it: Debian 12, `apt-get download {name}={version}`"),
            Kind::File => {
                format!("Where to get it: this repository; if you changed it on purpose, `eif-build lock` lists it anew ({FILE})")
            }
            Kind::Tool => {
                let package = name.split(':').next().unwrap_or_default();
                format!("Where to get it: Debian 12, package {package} {version}")
            }
            Kind::Rust => format!(
                "Where to get it: rustup, `rustup toolchain install {version}` and `rustup target add {}`",
                super::program::TARGET
            ),
            Kind::Result => "It is made here from listed inputs, so something that is not listed differs: tell us".to_owned(),
        }
    }

    /// The file on this machine.
    fn place(&self, sysroot: &Path) -> Result<PathBuf> {
        let path = self.path.as_deref().with_context(|| format!("{FILE}: {} has no path", self.name))?;
        let path = if self.kind == Kind::Rust { sysroot.join(path) } else { PathBuf::from(path) };
        let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|name| name.to_str())) else {
            bail!("{FILE}: {} has no path", self.name);
        };
        let Some((begin, end)) = name.split_once('*') else { return Ok(path) };
        let missing = || format!("{} is missing. {}", path.display(), self.origin());
        let mut found = None;
        for entry in fs::read_dir(folder).with_context(missing)? {
            let entry = entry?;
            let name = entry.file_name();
            if name
                .to_str()
                .is_some_and(|name| name.len() > begin.len() + end.len() && name.starts_with(begin) && name.ends_with(end))
            {
                ensure!(found.replace(entry.path()).is_none(), "{} names two files", path.display());
            }
        }
        found.with_context(missing)
    }
}

fn line_of(line: &str) -> Option<Input> {
    let mut words = line.split_whitespace();
    let mut next = || words.next();
    let word = next()?;
    let (kind, _) = *Kind::ALL.iter().find(|(_, name)| *name == word)?;
    let (name, version, sha256) = (next()?.to_owned(), next()?.to_owned(), next()?.to_owned());
    let path = next().map(str::to_owned);
    let digits = sha256.len() == 64 && sha256.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let shaped = digits && path.is_some() == matches!(kind, Kind::Tool | Kind::Rust) && next().is_none();
    shaped.then_some(Input { kind, name, version, sha256, path })
}

/// SHA-256 in lower-case hex.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
