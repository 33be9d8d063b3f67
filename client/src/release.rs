//! `release.json`, held against `vault.json`: who published the image says so, and not only who made the vault's file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use attestation_verifier::{MAX_RELEASE, Release};

use crate::connection::Connection;

/// Reads a `release.json`.
///
/// # Errors
/// It can't be read, or is none.
pub fn load(path: &Path) -> Result<Release> {
    let limit = u64::try_from(MAX_RELEASE)?.saturating_add(1);
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
    read.with_context(|| format!("can't read {}", path.display()))?;
    Release::read(&bytes).with_context(|| format!("{} is not a release.json", path.display()))
}

impl Connection {
    /// The same vault, whose image has to be this release's: every document is then held to the release's registers too.
    ///
    /// # Errors
    /// The vault's file names another image. Nothing is merged, and none of the two wins.
    pub fn of_release(mut self, release: &Release) -> Result<Self> {
        ensure!(
            self.file.release.image()? == release.image(),
            "the release and the vault's file name different images: find out which of them is meant, and do not use the vault before"
        );
        self.release_registers = release.more();
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::vault_file;

    /// With these bytes in registers 0, 1, 2 and 8.
    fn release(bytes: [u8; 4]) -> Result<Release> {
        let [pcr0, pcr1, pcr2, pcr8] = bytes.map(|byte| hex::encode([byte; 48]));
        let json = serde_json::json!({"format": 1, "pcrs": {"0": pcr0, "1": pcr1, "2": pcr2, "8": pcr8}});
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("release.json");
        fs::write(&path, json.to_string())?;
        load(&path)
    }

    #[test]
    fn a_release_and_a_vault_file_name_one_image_or_nothing_is_done() {
        let connection = || Connection::new(vault_file::tests::on_a_real_network()).unwrap();
        let same = connection().of_release(&release([1, 1, 1, 8]).unwrap()).unwrap();
        assert_eq!(same.release_registers, [(8, [8; 48])]);
        for other in [[2, 1, 1, 8], [1, 2, 1, 8], [1, 1, 2, 8]] {
            assert!(connection().of_release(&release(other).unwrap()).is_err());
        }
    }

    #[test]
    fn t1_a_release_that_measures_zero_is_refused_here_too() {
        assert!(release([0, 0, 0, 8]).is_err());
        assert!(release([1, 1, 1, 0]).is_err());
    }

    #[test]
    fn what_is_no_release_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        assert!(load(&directory.path().join("none.json")).is_err());
        for text in ["", "{}", "{\"format\":2}"] {
            let path = directory.path().join("release.json");
            fs::write(&path, text).unwrap();
            assert!(load(&path).is_err());
        }
        assert!(load(Path::new("/dev/zero")).is_err());
    }
}
