//! Verifying that the enclave behind a host is the vault, in the image, before anything is sent to it.

use std::time::{SystemTime, UNIX_EPOCH};

use alloy_primitives::B256;
use anyhow::{Context, Result, bail, ensure};
use attestation_verifier::{Expectations, Expected, UnixSeconds, VerifiedDocument, extended_once, verify};
use protocol::attested::{self, UserData, image_id};
use protocol::cbor;
use protocol::constitution::Settings;
use protocol::ohttp::KeyConfig;

use crate::connection::Connection;

/// Register of the constitution.
const PCR_CONSTITUTION: u8 = 16;
/// Register of the settings.
const PCR_SETTINGS: u8 = 17;
/// Seconds that a document which was asked for just now may be old.
const MAX_AGE: u64 = 120;

/// A serving vault that was verified in this run.
#[derive(Debug)]
pub struct Serving {
    pub(crate) key_config: KeyConfig,
    /// What the document says.
    pub data: attested::Serving,
    /// The document itself.
    pub document: VerifiedDocument,
}

/// A vault that waits for shares and was verified in this run.
#[derive(Debug)]
pub struct Setup {
    pub(crate) seal_to: Vec<u8>,
    /// What the document says.
    pub data: attested::Setup,
    /// The document itself.
    pub document: VerifiedDocument,
}

/// A root key's birth, verified.
#[derive(Debug)]
pub struct GenesisDocument {
    /// What the document says.
    pub data: attested::Genesis,
    /// The document itself.
    pub document: VerifiedDocument,
}

/// What a document turned out to be.
#[derive(Debug)]
pub enum Verified {
    /// Serving.
    Serving(Box<Serving>),
    /// Before that.
    Setup(Box<Setup>),
}

/// Unix seconds by this machine's clock.
///
/// # Errors
/// The clock is before 1970.
pub fn now() -> Result<u64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH).context("this machine's clock is before 1970")?.as_secs())
}

/// Fresh random bytes.
///
/// # Errors
/// The system has none.
pub fn random<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok().context("the system gives no random bytes")?;
    Ok(bytes)
}

impl Connection {
    /// Fetches a document with a fresh nonce and verifies image, constitution and vault id.
    ///
    /// # Errors
    /// The host can't be reached, or what it shows is not this vault: nothing is sent to it then.
    pub async fn verify(&self) -> Result<Verified> {
        let nonce: [u8; 32] = random()?;
        let bytes = self.get(&format!("/v1/attestation?nonce={}", hex::encode(nonce))).await?;
        let (document, user_data) = self.document(&bytes, Expected::Is(nonce.to_vec()))?;
        let public_key = document.public_key().context("the document has no public key")?.to_vec();
        match user_data {
            UserData::Serving(data) => {
                ensure!(data.version == attested::VERSION, "the document's user data has an unknown version");
                self.same_vault(&data.vault_id)?;
                let key_config = KeyConfig::decode(&public_key).context("the document's public key is no key configuration")?;
                Ok(Verified::Serving(Box::new(Serving { key_config, data, document })))
            }
            UserData::Setup(data) => {
                ensure!(data.version == attested::VERSION, "the document's user data has an unknown version");
                self.same_vault(&data.vault_id)?;
                ensure!(
                    document.pcrs().get(PCR_SETTINGS) == Some(&extended_once(data.settings.as_slice())),
                    "PCR17 does not hold the settings that the document names"
                );
                Ok(Verified::Setup(Box::new(Setup { seal_to: public_key, data, document })))
            }
            UserData::Genesis(_) => bail!("the host shows a genesis document where a current one was asked for"),
        }
    }

    /// As [`Connection::verify`], for what only a serving vault can do.
    ///
    /// # Errors
    /// Also when it is not serving yet.
    pub async fn verify_serving(&self) -> Result<Serving> {
        match self.verify().await? {
            Verified::Serving(serving) => Ok(*serving),
            Verified::Setup(_) => {
                bail!("the vault is verified but not serving yet; see `pst-vault status`, then `pst-vault unlock`")
            }
        }
    }

    pub(crate) fn genesis_document(&self, bytes: &[u8]) -> Result<GenesisDocument> {
        let (document, user_data) = self.document(bytes, Expected::NotAsked)?;
        let UserData::Genesis(data) = user_data else { bail!("the document is not of a genesis") };
        ensure!(data.version == attested::VERSION, "the document's user data has an unknown version");
        self.same_vault(&data.vault_id)?;
        Ok(GenesisDocument { data, document })
    }

    fn document(&self, bytes: &[u8], nonce: Expected) -> Result<(VerifiedDocument, UserData)> {
        let constitution = (PCR_CONSTITUTION, self.constitution_register());
        let expectations = Expectations {
            image: self.file.release.image()?,
            more: self.release_registers.iter().copied().chain([constitution]).collect(),
            nonce,
            user_data: Expected::NotAsked,
            public_key: Expected::NotAsked,
            max_age_seconds: MAX_AGE,
        };
        let document = verify(bytes, &self.file.trust_anchor()?, UnixSeconds(now()?), &expectations)
            .map_err(|error| anyhow::anyhow!("the enclave is not this vault: {error}"))?;
        let user_data = document.user_data().context("the document has no user data")?;
        let user_data = cbor::decode(user_data, 512).context("the document's user data is malformed")?;
        Ok((document, user_data))
    }

    fn same_vault(&self, vault_id: &[u8; 32]) -> Result<()> {
        ensure!(B256::from(*vault_id) == self.vault_id, "the document is of another vault");
        Ok(())
    }

    /// What PCR16 of this vault's enclave holds: 48 zero bytes, extended once with the constitution's digest. Who verifies a document without
    /// this client gives it to his verifier: the image alone is that of every vault.
    #[must_use]
    pub fn constitution_register(&self) -> [u8; 48] {
        extended_once(self.constitution.digest().as_slice())
    }

    /// keccak256(PCR0 || PCR1 || PCR2), as the chain names the image.
    ///
    /// # Errors
    /// The release in vault.json is malformed.
    pub fn image_id(&self) -> Result<B256> {
        let [pcr0, pcr1, pcr2] = self.file.release.pcrs()?;
        Ok(image_id(&pcr0, &pcr1, &pcr2))
    }
}

/// Digest of settings as PCR17 has it, for `verify --settings`.
#[must_use]
pub fn settings_register(settings: &Settings) -> [u8; 48] {
    extended_once(settings.digest().as_slice())
}
