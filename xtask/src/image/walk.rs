//! The auditor's walk-through: the commands of eif-build/README.md, in a folder and with an environment that are nobody's here.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use super::{cargo_home, copy_to, finished};
use crate::repository;

const DOCUMENT: &str = "eif-build/README.md";
/// What the walk-through calls its clone.
const CLONE: &str = "pst-vault";
/// The commands that are run, by what each block of them begins with.
const REBUILD: &str = "git clone";
const COMPARE: &str = "eif-build()";

/// A folder with a repository to clone, and what the walk-through makes beside it.
pub(super) struct Walk {
    folder: TempDir,
    tool: PathBuf,
}

impl Walk {
    /// A repository whose one commit is this tree, committed or not.
    pub(super) fn new(tool: &Path) -> Result<Self> {
        let walk = Self { folder: tempfile::Builder::new().prefix("elsewhere-").tempdir()?, tool: tool.to_path_buf() };
        let repository = walk.at("repository");
        copy_to(&repository)?;
        for args in [
            &["init", "--quiet"][..],
            &["add", "--all"],
            &["-c", "user.name=nobody", "-c", "user.email=nobody@localhost", "commit", "--quiet", "--message", "All of it"],
        ] {
            let mut git = Command::new("git");
            git.current_dir(&repository).args(args);
            let output = git.output().context("git does not start")?;
            ensure!(output.status.success(), "git: {}", String::from_utf8_lossy(&output.stderr).trim_end());
        }
        // The crates are the same files by another name.
        let home = walk.at("home");
        fs::create_dir(&home)?;
        symlink(cargo_home()?.join("registry"), home.join("registry"))?;
        let programs = walk.at("programs");
        fs::create_dir(&programs)?;
        let cargo = programs.join("cargo");
        fs::write(&cargo, walk.cargo())?;
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755))?;
        Ok(walk)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `cargo run --release -p eif-build` is the one that was built of this tree just now; everything else is cargo's.
    fn cargo(&self) -> String {
        let tool = self.tool.display();
        format!(
            "#!/bin/sh\ncase \"$*\" in \"run --release \"*\"-p eif-build -- \"*)\n  while [ \"$1\" != -- ]; do shift; done\n  shift\n  exec '{tool}' \"$@\"\nesac\n\
             PATH=${{PATH#*:}}\nexec cargo \"$@\"\n"
        )
    }

    /// The image that the walk-through leaves.
    pub(super) fn rebuilt(&self) -> PathBuf {
        self.at(CLONE).join("rebuilt.eif")
    }

    /// Everything from the clone to the image.
    pub(super) fn rebuild(&self) -> Command {
        self.follow(REBUILD, self.folder.path())
    }

    /// Puts an image where a publisher would, with its release.
    pub(super) fn publish(&self, image: &Path) -> Result<()> {
        let published = self.at("published");
        fs::create_dir(&published)?;
        fs::copy(image, published.join("pst-vault.eif"))?;
        let mut release = Command::new(&self.tool);
        release.arg("release").arg(image).arg("--source").arg(self.at("repository")).arg("--output").arg(&published);
        finished(release, "the release")
    }

    /// The comparison with what was published.
    pub(super) fn compare(&self) -> Command {
        self.follow(COMPARE, &self.at(CLONE))
    }

    fn follow(&self, begin: &str, folder: &Path) -> Command {
        let commands = fs::read_to_string(repository::root().join(DOCUMENT)).unwrap_or_default();
        let commands = block(&commands, begin)
            .unwrap_or_else(|| format!("echo '{DOCUMENT} has no block that begins with {begin}'; false\n"));
        let mut shell = Command::new("nice");
        shell.args(["-n", "19", "bash", "-euo", "pipefail", "-c", &format!("umask 077\n{commands}")]).current_dir(folder);
        let path = std::env::var("PATH").unwrap_or_default();
        shell.env("PATH", format!("{}:{path}", self.at("programs").display()));
        shell.env("REPOSITORY", self.at("repository")).env("REVISION", "HEAD").env("PUBLISHED", self.at("published"));
        shell.env("CARGO_HOME", self.at("home")).env("USER", "somebody").env("LOGNAME", "somebody").env("HOSTNAME", "elsewhere");
        shell.env("LC_ALL", "tr_TR.UTF-8").env("LANG", "tr_TR.UTF-8").env("TZ", "Pacific/Kiritimati");
        shell.env("CFLAGS", "-O0").env("RUSTFLAGS", "-Cdebuginfo=2").env_remove("CARGO_TARGET_DIR");
        shell
    }
}

/// The commands of the `sh` block that begins so.
fn block(document: &str, begin: &str) -> Option<String> {
    let mut blocks = document.split("```sh\n").skip(1).filter_map(|rest| rest.split_once("```")).map(|(block, _)| block);
    blocks.find(|block| block.starts_with(begin)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_through_has_the_blocks_that_are_run() {
        let document = fs::read_to_string(repository::root().join(DOCUMENT)).unwrap();
        assert!(block(&document, REBUILD).unwrap().contains("image --output rebuilt.eif"));
        assert!(block(&document, COMPARE).unwrap().contains("--release"));
        assert!(block(&document, "rm -rf").is_none());
    }
}
