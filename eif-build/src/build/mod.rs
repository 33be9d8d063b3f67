//! From listed inputs to an image.

pub(crate) mod inputs;
mod kernel;
pub(crate) mod place;
pub(crate) mod program;
mod step;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use eif_build::{Signer, VaultImage};

use inputs::Inputs;

const COMMAND_LINE: &str = "eif-build/image/cmdline";
/// Files of the second ramdisk.
const DATA: &str = "eif-build/image/data";

/// Where things are.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// The repository's root.
    pub(crate) source: PathBuf,
    /// Fetched packages and kernels.
    pub(crate) cache: PathBuf,
    /// cargo's.
    pub(crate) target: PathBuf,
}

/// Makes an image of what is listed, or says which input is another.
pub(crate) fn image(places: &Places, signer: Option<&Signer>) -> Result<Vec<u8>> {
    let Places { source, cache, target } = places;
    let inputs = Inputs::read(source)?;
    eprintln!("inputs: checking {} of {}", inputs.all.len(), inputs::FILE);
    inputs.demand_tools(&program::sysroot(source)?)?;
    let line = inputs.file(source, COMMAND_LINE)?;
    let line = String::from_utf8(line).context("the command line is no text")?;
    let data = inputs.folder(source, DATA)?;
    let kernel = kernel::get(&inputs, source, cache)?;
    let program = program::build(source, target)?;
    let image = VaultImage { kernel: &kernel, command_line: line.trim_end(), init: &program, data: &data };
    Ok(image.bytes(signer)?)
}

/// The repository that a folder lies in.
pub(crate) fn source_above(folder: &Path) -> Result<PathBuf> {
    let found = folder.ancestors().find(|folder| folder.join(inputs::FILE).is_file());
    let found = found.with_context(|| format!("no {} here or above; name the repository with --source", inputs::FILE))?;
    ensure!(found.join("Cargo.lock").is_file(), "{} has no Cargo.lock", found.display());
    Ok(found.to_path_buf())
}
