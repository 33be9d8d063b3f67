//! `vault.json`: the one public file that says which vault is meant.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use attestation_verifier::{Image, TrustAnchor};
use protocol::constitution::{Constitution, NetworkSpec};
use serde::{Deserialize, Serialize};

/// Which vault: its constitution, the image that may hold it, where it is reached.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VaultFile {
    /// 1.
    pub version: u16,
    /// Canonical CBOR of the constitution, hex.
    pub constitution: String,
    /// What the image measures.
    pub release: Release,
    /// Base URL of the host proxy.
    pub url: String,
    /// JSON-RPC of an execution node, for commands that send transactions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution: Option<String>,
    /// `StoreAccessPolicy`, for commands that grant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Another trust root than AWS's, DER in hex. Only with a custom network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub devnet_trust_root: Option<String>,
}

/// PCR0, PCR1 and PCR2, hex.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The whole image.
    pub pcr0: String,
    /// Kernel and first ramdisk.
    pub pcr1: String,
    /// The other ramdisks.
    pub pcr2: String,
}

impl Release {
    /// The three registers.
    ///
    /// # Errors
    /// One is not 48 bytes of hex.
    pub fn pcrs(&self) -> Result<[[u8; 48]; 3]> {
        let read = |text: &str| -> Result<[u8; 48]> {
            let bytes = hex::decode(text).context("a PCR in vault.json is not hex")?;
            <[u8; 48]>::try_from(bytes).ok().context("a PCR in vault.json is not 48 bytes")
        };
        Ok([read(&self.pcr0)?, read(&self.pcr1)?, read(&self.pcr2)?])
    }

    /// The image, none of whose registers is zero.
    ///
    /// # Errors
    /// A register is malformed or all zero, which is what debug mode reports.
    pub fn image(&self) -> Result<Image> {
        Image::new(self.pcrs()?).ok().context("a PCR in vault.json is all zero: that is debug mode, which proves nothing")
    }
}

impl VaultFile {
    /// Reads and checks the file.
    ///
    /// # Errors
    /// It can't be read, or says what may not be.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("can't read {}; give the vault's file with --vault", path.display()))?;
        let file: Self = serde_json::from_str(&text).with_context(|| format!("{} is not a vault.json", path.display()))?;
        ensure!(file.version == 1, "{} has version {}, this program reads 1", path.display(), file.version);
        file.constitution()?;
        file.release.image()?;
        file.trust_anchor()?;
        Ok(file)
    }

    /// The constitution.
    ///
    /// # Errors
    /// It is malformed or breaks a rule.
    pub fn constitution(&self) -> Result<Constitution> {
        let bytes = hex::decode(&self.constitution).context("the constitution in vault.json is not hex")?;
        Constitution::read(&bytes).context("the constitution in vault.json is refused")
    }

    /// Whether everything here is for trying out: a custom network.
    #[must_use]
    pub fn is_devnet(&self) -> bool {
        self.constitution().is_ok_and(|constitution| matches!(constitution.network, NetworkSpec::Custom { .. }))
    }

    /// AWS's root, or a devnet's own together with a custom network.
    ///
    /// # Errors
    /// Another root beside a real network.
    pub fn trust_anchor(&self) -> Result<TrustAnchor> {
        match &self.devnet_trust_root {
            None => Ok(TrustAnchor::aws_nitro_enclaves_g1()),
            Some(root) => {
                ensure!(self.is_devnet(), "vault.json names another trust root than AWS's beside a real network: refused");
                let der = hex::decode(root).context("devnet_trust_root in vault.json is not hex")?;
                TrustAnchor::custom(&der).ok().context("devnet_trust_root in vault.json is not a root certificate")
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use protocol::constitution::{CheckpointSigners, Constitution, Contract, Custody, Fork, NetworkSpec, VERSION};

    use super::*;

    fn file(network: NetworkSpec) -> VaultFile {
        let contract = Contract { address: [1; 20], code_hash: [1; 32] };
        let constitution = Constitution {
            version: VERSION,
            network,
            store_registry: contract.clone(),
            vault_registry: contract,
            admin: [2; 20],
            custody: Custody::Quorum { threshold: 1, members: vec![vec![4; 65].into()] },
            checkpoint_signers: CheckpointSigners { threshold: 1, signers: vec![vec![3; 20].into()] },
        };
        let pcr = hex::encode([1; 48]);
        VaultFile {
            version: 1,
            constitution: hex::encode(constitution.to_bytes()),
            release: Release { pcr0: pcr.clone(), pcr1: pcr.clone(), pcr2: pcr },
            url: "http://127.0.0.1:1".to_owned(),
            execution: None,
            policy: None,
            devnet_trust_root: None,
        }
    }

    /// A valid file, whose registers 0, 1 and 2 hold ones.
    pub(crate) fn on_a_real_network() -> VaultFile {
        file(NetworkSpec::Known { chain_id: 1 })
    }

    fn custom() -> NetworkSpec {
        NetworkSpec::Custom {
            chain_id: 1337,
            genesis_validators_root: [5; 32],
            genesis_time: 1,
            seconds_per_slot: 1,
            forks: vec![Fork { layout: 5, version: [6; 4], epoch: 0 }],
            preset: 0,
        }
    }

    fn load(file: &VaultFile) -> Result<VaultFile> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("vault.json");
        fs::write(&path, serde_json::to_string(file)?)?;
        VaultFile::load(&path)
    }

    #[test]
    fn a_real_network_has_no_other_trust_root_than_awss() {
        let real = file(NetworkSpec::Known { chain_id: 1 });
        assert!(load(&real).is_ok_and(|file| !file.is_devnet()));
        let root = Some(hex::encode(TrustAnchor::aws_nitro_enclaves_g1().der()));
        assert!(load(&VaultFile { devnet_trust_root: root.clone(), ..real }).is_err());
        assert!(load(&VaultFile { devnet_trust_root: root, ..file(custom()) }).is_ok_and(|file| file.is_devnet()));
    }

    #[test]
    fn t1_a_release_that_measures_zero_is_refused() {
        let valid = file(custom());
        let zero = hex::encode([0; 48]);
        for change in [
            |release: &mut Release, zero: &str| release.pcr0 = zero.to_owned(),
            |release: &mut Release, zero: &str| release.pcr1 = zero.to_owned(),
            |release: &mut Release, zero: &str| release.pcr2 = zero.to_owned(),
        ] {
            let mut file = valid.clone();
            change(&mut file.release, &zero);
            assert!(load(&file).is_err());
        }
    }

    #[test]
    fn an_unknown_field_or_version_is_refused() {
        assert!(load(&VaultFile { version: 2, ..file(custom()) }).is_err());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("vault.json");
        let mut value = serde_json::to_value(file(custom())).unwrap();
        value["trust_root"] = "00".into();
        fs::write(&path, value.to_string()).unwrap();
        assert!(VaultFile::load(&path).is_err());
    }
}
