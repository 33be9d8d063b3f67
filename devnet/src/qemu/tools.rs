//! What boots an image here, built once by `devnet/qemu/build.sh`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

/// A folder with QEMU, its boot ROMs and the vsock backend.
#[derive(Clone, Debug)]
pub struct Tools {
    folder: PathBuf,
}

fn script() -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("qemu/build.sh"));
    command.stdin(Stdio::null());
    command
}

impl Tools {
    /// Builds them unless they are there. The first time that takes minutes, and the script says on standard error what it does.
    ///
    /// # Errors
    /// They can't be built here; the script has said why.
    pub fn provide() -> Result<Self> {
        let output = script().stderr(Stdio::inherit()).output().context("devnet/qemu/build.sh can't be run")?;
        ensure!(output.status.success(), "QEMU and the vsock backend could not be built");
        let folder = String::from_utf8(output.stdout)?;
        Ok(Self { folder: folder.trim_end().into() })
    }

    /// Why they are not here and can't be built here, if that is so.
    #[must_use]
    pub fn missing() -> Option<String> {
        let output = match script().arg("--check").output() {
            Ok(output) => output,
            Err(error) => return Some(format!("devnet/qemu/build.sh: {error}")),
        };
        (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }

    pub(super) fn qemu(&self) -> PathBuf {
        self.folder.join("qemu")
    }

    pub(super) fn backend(&self) -> PathBuf {
        self.folder.join("vhost-device-vsock")
    }

    /// Folder of the boot ROMs.
    pub(super) fn roms(&self) -> &Path {
        &self.folder
    }
}
