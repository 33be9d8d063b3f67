//! Images made from another: the same kernel, command line and boot ramdisk or not, written by the same writer.

use anyhow::{Context, Result, bail, ensure};
use eif_build::canonical;
use eif_build::cpio::{Node, Tree};
use eif_build::{Eif, Image, Kind};

/// An image taken apart.
#[derive(Clone, Debug)]
pub struct Parts {
    memory: u64,
    cpus: u64,
    kernel: Vec<u8>,
    command_line: String,
    metadata: Vec<u8>,
    trees: [Tree; 2],
}

impl Parts {
    /// Of an image that this project's builder wrote.
    ///
    /// # Errors
    /// It is none.
    pub fn of(file: &[u8]) -> Result<Self> {
        let eif = Eif::parse(file)?;
        let trees = canonical::check(&eif)?;
        let section = |kind| eif.section(kind).unwrap_or_default();
        Ok(Self {
            memory: eif.memory(),
            cpus: eif.cpus(),
            kernel: section(Kind::Kernel).to_vec(),
            command_line: String::from_utf8(section(Kind::CommandLine).to_vec())?,
            metadata: section(Kind::Metadata).to_vec(),
            trees,
        })
    }

    /// The file, unsigned.
    ///
    /// # Errors
    /// The parts make no image.
    pub fn bytes(&self) -> Result<Vec<u8>> {
        let [boot, data] = &self.trees;
        let ramdisks = [boot.bytes()?, data.bytes()?];
        let image = Image {
            architecture: eif_build::Architecture::X86_64,
            memory: self.memory,
            cpus: self.cpus,
            kernel: &self.kernel,
            command_line: &self.command_line,
            metadata: &self.metadata,
            ramdisks: &[&ramdisks[0], &ramdisks[1]],
        };
        Ok(image.bytes(None)?)
    }

    /// Replaces a file's content, in whichever ramdisk it stands.
    ///
    /// # Errors
    /// There is no such file.
    pub fn replace(&mut self, path: &str, content: impl FnOnce(&[u8]) -> Vec<u8>) -> Result<()> {
        let tree = self.trees.iter_mut().find(|tree| tree.get(path).is_some());
        let tree = tree.with_context(|| format!("the image has no {path}"))?;
        let Some(Node::File { data, executable }) = tree.get(path).cloned() else { bail!("{path} is no file") };
        let changed = Node::File { data: content(&data), executable };
        let mut other = Tree::new();
        for (name, node) in tree.nodes() {
            let node = if name == path { changed.clone() } else { node.clone() };
            ensure!(other.add(name, node).is_ok(), "the tree can't be written again");
        }
        *tree = other;
        Ok(())
    }
}
