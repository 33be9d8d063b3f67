//! What a vault is and can never change, and the settings that only narrow it.

use alloy_primitives::{Address, B256, keccak256};
use alloy_sol_types::SolValue;
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};
use sha2::{Digest, Sha256};

use crate::cbor::{self, CborError};
use crate::limits;

/// The version that this code reads and writes.
pub const VERSION: u16 = 1;
const LABEL: &[u8] = b"pst-vault/constitution/v1";
const SETTINGS_LABEL: &[u8] = b"pst-vault/settings/v1";

/// What a vault is: its chain, its registries, who may restore its root key. Its digest names the vault.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Constitution {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// The chain whose state decides.
    #[n(1)]
    pub network: NetworkSpec,
    /// `StoreRegistry`.
    #[n(2)]
    pub store_registry: Contract,
    /// `VaultRegistry`.
    #[n(3)]
    pub vault_registry: Contract,
    /// The account that creates the vault on chain.
    #[cbor(n(4), with = "minicbor::bytes")]
    pub admin: [u8; 20],
    /// Who keeps the root key.
    #[n(5)]
    pub custody: Custody,
    /// Who may sign a weak-subjectivity checkpoint.
    #[n(6)]
    pub checkpoint_signers: CheckpointSigners,
}

/// A chain. A network that is compiled in is named by its chain id and carries no parameters of its own.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum NetworkSpec {
    /// A network that is compiled in: 1, 11155111 or 560048.
    #[n(0)]
    Known {
        /// Its chain id.
        #[n(0)]
        chain_id: u64,
    },
    /// Any other, described whole. May not reuse a known chain id or genesis validators root.
    #[n(1)]
    Custom {
        /// EIP-155 chain id.
        #[n(0)]
        chain_id: u64,
        /// Root of the genesis validators.
        #[cbor(n(1), with = "minicbor::bytes")]
        genesis_validators_root: [u8; 32],
        /// Unix seconds.
        #[n(2)]
        genesis_time: u64,
        /// Seconds per slot, 1 to 60.
        #[n(3)]
        seconds_per_slot: u64,
        /// Every fork from genesis on, in order.
        #[n(4)]
        forks: Vec<Fork>,
        /// Sizes of epochs and committees: 0 mainnet's, 1 the consensus specification's minimal preset.
        #[n(5)]
        preset: u8,
    },
}

impl NetworkSpec {
    /// The EIP-155 chain id.
    #[must_use]
    pub const fn chain_id(&self) -> u64 {
        match self {
            Self::Known { chain_id } | Self::Custom { chain_id, .. } => *chain_id,
        }
    }
}

/// One fork of a custom network.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Fork {
    /// Which layout: 0 Altair, 1 Bellatrix, 2 Capella, 3 Deneb, 4 Electra, 5 Fulu, 6 Gloas. A larger number is a fork that is scheduled
    /// and that this version does not know: it follows the chain up to there.
    #[n(0)]
    pub layout: u8,
    /// `current_version`.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub version: [u8; 4],
    /// First epoch.
    #[n(2)]
    pub epoch: u64,
}

/// A contract and the hash of its runtime code.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Contract {
    /// Where it is.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub address: [u8; 20],
    /// keccak256 of its runtime code.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub code_hash: [u8; 32],
}

/// Who keeps the root key.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Custody {
    /// `threshold` of the members together.
    #[n(0)]
    Quorum {
        /// Shares needed. This version: 1.
        #[n(0)]
        threshold: u8,
        /// P-256 public keys, uncompressed SEC1 (65 bytes). This version: 1.
        #[n(1)]
        members: Vec<ByteVec>,
    },
}

/// Who may sign a weak-subjectivity checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct CheckpointSigners {
    /// Signatures needed, at least 1.
    #[n(0)]
    pub threshold: u8,
    /// Addresses (20 bytes), strictly ascending.
    #[n(1)]
    pub signers: Vec<ByteVec>,
}

/// Why a constitution is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConstitutionError {
    /// Not canonical CBOR of this type.
    #[error("constitution is not canonical: {0}")]
    Cbor(#[from] CborError),
    /// A version this code does not read.
    #[error("constitution has an unknown version")]
    Version,
    /// A named network that is not compiled in.
    #[error("constitution names a network that is not compiled in")]
    UnknownNetwork,
    /// A custom network under a known id.
    #[error("custom network reuses a known chain id")]
    KnownChainId,
    /// The fork schedule is empty, unordered, or does not start at epoch 0 with a known layout.
    #[error("fork schedule is not ordered from epoch 0")]
    Forks,
    /// A preset that is neither 0 nor 1.
    #[error("preset must be 0 (mainnet) or 1 (minimal)")]
    Preset,
    /// Seconds per slot out of range.
    #[error("seconds per slot must be 1 to 60")]
    SlotTime,
    /// A zero address or code hash.
    #[error("a contract or account is zero")]
    Zero,
    /// Custody this version can't hold.
    #[error("custody must be a quorum of 1 of 1 with a 65-byte key")]
    Custody,
    /// No signer, a repeated one, or more needed than there are.
    #[error("checkpoint signers must be ascending and at least the threshold")]
    CheckpointSigners,
}

/// Chain ids that are compiled in.
pub const KNOWN_CHAIN_IDS: [u64; 3] = [1, 11_155_111, 560_048];

impl Constitution {
    /// Reads canonical bytes and checks every rule that needs no outside knowledge.
    ///
    /// # Errors
    /// [`ConstitutionError`] names the rule.
    pub fn read(bytes: &[u8]) -> Result<Self, ConstitutionError> {
        let constitution: Self = cbor::decode(bytes, limits::CONSTITUTION)?;
        constitution.check()?;
        Ok(constitution)
    }

    fn check(&self) -> Result<(), ConstitutionError> {
        let Self { version, network, store_registry, vault_registry, admin, custody, checkpoint_signers } = self;
        if *version != VERSION {
            return Err(ConstitutionError::Version);
        }
        match network {
            NetworkSpec::Known { chain_id } => {
                if !KNOWN_CHAIN_IDS.contains(chain_id) {
                    return Err(ConstitutionError::UnknownNetwork);
                }
            }
            NetworkSpec::Custom { chain_id, seconds_per_slot, forks, preset, .. } => {
                if *preset > 1 {
                    return Err(ConstitutionError::Preset);
                }
                if KNOWN_CHAIN_IDS.contains(chain_id) {
                    return Err(ConstitutionError::KnownChainId);
                }
                if !(1..=60).contains(seconds_per_slot) {
                    return Err(ConstitutionError::SlotTime);
                }
                let ordered = forks.windows(2).all(|pair| match pair {
                    [a, b] => a.layout < b.layout && a.epoch <= b.epoch && a.version != b.version,
                    _ => false,
                });
                if forks.first().is_none_or(|fork| fork.epoch != 0 || fork.layout > 6) || !ordered {
                    return Err(ConstitutionError::Forks);
                }
            }
        }
        let contracts = [store_registry, vault_registry];
        if *admin == [0; 20] || contracts.iter().any(|c| c.address == [0; 20] || c.code_hash == [0; 32]) {
            return Err(ConstitutionError::Zero);
        }
        let Custody::Quorum { threshold, members } = custody;
        if *threshold != 1 || members.len() != 1 || members.iter().any(|key| key.len() != 65) {
            return Err(ConstitutionError::Custody);
        }
        let CheckpointSigners { threshold, signers } = checkpoint_signers;
        let ascending = signers.windows(2).all(|pair| matches!(pair, [a, b] if a.as_slice() < b.as_slice()));
        if *threshold == 0
            || usize::from(*threshold) > signers.len()
            || signers.iter().any(|signer| signer.len() != 20)
            || !ascending
        {
            return Err(ConstitutionError::CheckpointSigners);
        }
        Ok(())
    }

    /// Canonical CBOR.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::encode(self)
    }

    /// SHA-256("pst-vault/constitution/v1" || canonical CBOR).
    #[must_use]
    pub fn digest(&self) -> B256 {
        B256::from_slice(&Sha256::new().chain_update(LABEL).chain_update(self.to_bytes()).finalize())
    }

    /// keccak256(abi.encode(admin, digest)): computed, never configured.
    #[must_use]
    pub fn vault_id(&self) -> B256 {
        keccak256((Address::from(self.admin), self.digest()).abi_encode())
    }
}

/// Bounds that an operator may narrow. Absent means the compiled-in bound.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Settings {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// Seconds the newest attested head may be old. At most [`Settings::ATTESTED_AGE`].
    #[n(1)]
    pub attested_age: u64,
    /// Seconds the finalized head may be old. At most [`Settings::FINALIZED_AGE`].
    #[n(2)]
    pub finalized_age: u64,
    /// Seconds a permit lives. At most [`Settings::PERMIT_LIFE`].
    #[n(3)]
    pub permit_life: u64,
    /// Exact hosts that egress may reach, ascending; empty = whatever the presets and bindings allow.
    #[n(4)]
    pub egress: Vec<String>,
}

/// Why settings are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// Not canonical CBOR of this type.
    #[error("settings are not canonical: {0}")]
    Cbor(#[from] CborError),
    /// A version this code does not read.
    #[error("settings have an unknown version")]
    Version,
    /// A bound that is zero or wider than the compiled-in one.
    #[error("settings can only narrow a bound")]
    Widened,
    /// Hosts are not lower-case, ascending and distinct.
    #[error("egress hosts must be lower-case, ascending and distinct")]
    Egress,
}

impl Settings {
    /// Seconds: the widest age of the attested head (A).
    pub const ATTESTED_AGE: u64 = 120;
    /// Seconds: the widest age of the finalized head.
    pub const FINALIZED_AGE: u64 = 3_600;
    /// Seconds: the longest life of a permit (P).
    pub const PERMIT_LIFE: u64 = 15;

    /// The compiled-in bounds.
    #[must_use]
    pub const fn widest() -> Self {
        Self {
            version: VERSION,
            attested_age: Self::ATTESTED_AGE,
            finalized_age: Self::FINALIZED_AGE,
            permit_life: Self::PERMIT_LIFE,
            egress: Vec::new(),
        }
    }

    /// Reads canonical bytes; every bound must be at most the compiled-in one.
    ///
    /// # Errors
    /// [`SettingsError`] names the rule.
    pub fn read(bytes: &[u8]) -> Result<Self, SettingsError> {
        let settings: Self = cbor::decode(bytes, limits::SETTINGS)?;
        let Self { version, attested_age, finalized_age, permit_life, egress } = &settings;
        if *version != VERSION {
            return Err(SettingsError::Version);
        }
        let narrow = (1..=Self::ATTESTED_AGE).contains(attested_age)
            && (1..=Self::FINALIZED_AGE).contains(finalized_age)
            && (1..=Self::PERMIT_LIFE).contains(permit_life);
        if !narrow {
            return Err(SettingsError::Widened);
        }
        let plain = |host: &String| {
            !host.is_empty() && host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'))
        };
        let ascending = egress.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
        if !egress.iter().all(plain) || !ascending {
            return Err(SettingsError::Egress);
        }
        Ok(settings)
    }

    /// Canonical CBOR.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        cbor::encode(self)
    }

    /// SHA-256("pst-vault/settings/v1" || canonical CBOR).
    #[must_use]
    pub fn digest(&self) -> B256 {
        B256::from_slice(&Sha256::new().chain_update(SETTINGS_LABEL).chain_update(self.to_bytes()).finalize())
    }
}
