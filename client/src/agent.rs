//! Agents: session keys that sign calls in a caller's name.
//!
//! An agent's key file is one line, `p256:` or `secp256k1:` and 32 bytes of hex, readable by its owner alone. What a caller delegated to it is a
//! [`DelegationFile`].

use std::path::Path;

use alloy_primitives::{Address, B256};
use anyhow::{Context, Result, bail, ensure};
use p256::ecdsa::SigningKey;
use protocol::anchor;
use protocol::signatures::{Agent, AgentKey, CallerSignature, Curve, Terms};
use secp256k1::{Message, PublicKey, Secp256k1, SecretKey};
use zeroize::Zeroizing;

use crate::calendar::utc;
use crate::delegation::DelegationFile;
use crate::keys::{read_private, write_secret};
use crate::verify::random;

/// An agent's secret key.
pub enum AgentSecret {
    /// On NIST P-256; erased on drop by its own type.
    P256(SigningKey),
    /// On Ethereum's curve.
    Secp256k1(SecretKey),
}

impl std::fmt::Debug for AgentSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AgentSecret(..)")
    }
}

impl Drop for AgentSecret {
    fn drop(&mut self) {
        if let Self::Secp256k1(key) = self {
            key.non_secure_erase();
        }
    }
}

impl AgentSecret {
    /// Makes a key file with fresh random bytes; never overwrites one.
    ///
    /// # Errors
    /// The file exists or can't be made.
    pub fn create(path: &Path, curve: Curve) -> Result<Self> {
        let bytes = Zeroizing::new(random::<32>()?);
        let key = Self::from_bytes(curve, &bytes)?;
        let name = match curve {
            Curve::P256 => "p256",
            Curve::Secp256k1 => "secp256k1",
        };
        let line = Zeroizing::new(format!("{name}:{}", *Zeroizing::new(hex::encode(*bytes))));
        write_secret(path, line.as_bytes())?;
        Ok(key)
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// It can't be read, others may read it, or it is no agent's key.
    pub fn load(path: &Path) -> Result<Self> {
        let text = read_private(path)?;
        let no_key = || format!("{} is no agent's key: `agent new` makes one", path.display());
        let (curve, digits) = text.trim().split_once(':').with_context(no_key)?;
        let curve = match curve {
            "p256" => Curve::P256,
            "secp256k1" => Curve::Secp256k1,
            _ => bail!(no_key()),
        };
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(digits, bytes.as_mut_slice()).ok().with_context(no_key)?;
        Self::from_bytes(curve, &bytes).with_context(no_key)
    }

    /// A key of 32 bytes.
    ///
    /// # Errors
    /// They are no key of the curve.
    pub fn from_bytes(curve: Curve, bytes: &[u8; 32]) -> Result<Self> {
        Ok(match curve {
            Curve::P256 => Self::P256(SigningKey::from_slice(bytes).ok().context("no P-256 key")?),
            Curve::Secp256k1 => Self::Secp256k1(SecretKey::from_byte_array(*bytes)?),
        })
    }

    /// Its public key.
    #[must_use]
    pub fn public(&self) -> AgentKey {
        match self {
            Self::P256(key) => AgentKey { curve: Curve::P256, point: anchor::public_key(key).into() },
            Self::Secp256k1(key) => {
                let bytes = PublicKey::from_secret_key(&Secp256k1::signing_only(), key).serialize_uncompressed();
                let mut point = [0; 64];
                point.copy_from_slice(&bytes[1..]);
                AgentKey { curve: Curve::Secp256k1, point: point.into() }
            }
        }
    }

    /// r || s over a digest, low s.
    ///
    /// # Errors
    /// Never for a 32-byte digest: the P-256 library says it may.
    pub fn sign(&self, digest: &B256) -> Result<[u8; 64]> {
        Ok(match self {
            Self::P256(key) => anchor::sign(key, digest)?,
            Self::Secp256k1(key) => Secp256k1::signing_only().sign_ecdsa(Message::from_digest(digest.0), key).serialize_compact(),
        })
    }
}

/// An agent that can sign calls in its caller's name.
#[derive(Debug)]
pub struct DelegatedAgent {
    secret: AgentSecret,
    terms: Terms,
    caller: Address,
    signature: CallerSignature,
}

impl DelegatedAgent {
    /// An agent's key with a delegation to it.
    ///
    /// # Errors
    /// The delegation is to another key, is not signed, or is not in force at `now`.
    pub fn new(secret: AgentSecret, delegation: &DelegationFile, now: u64) -> Result<Self> {
        ensure!(delegation.agent()? == secret.public(), "the delegation is to another agent's key");
        ensure!(now >= delegation.terms().from, "the delegation begins later, at {}", utc(delegation.terms().from));
        ensure!(now < delegation.terms().until, "the delegation is over since {}", utc(delegation.terms().until));
        let signature =
            delegation.caller_signature()?.context("the delegation is not signed yet: see `agent delegate --help`")?;
        Ok(Self { secret, terms: delegation.terms(), caller: delegation.caller, signature })
    }

    /// In whose name.
    #[must_use]
    pub const fn caller(&self) -> Address {
        self.caller
    }

    /// The caller's signature, and the agent's of this call.
    ///
    /// # Errors
    /// Never for a 32-byte digest.
    pub fn sign(&self, digest: &B256) -> Result<(CallerSignature, Agent)> {
        let agent = Agent { key: self.secret.public(), signature: self.secret.sign(digest)?.into(), terms: self.terms };
        Ok((self.signature.clone(), agent))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use protocol::call;

    use super::*;
    use crate::delegation::delegation_digest;
    use crate::keys::AccountKey;

    const CURVES: [Curve; 2] = [Curve::P256, Curve::Secp256k1];

    fn terms() -> Terms {
        Terms { portfolio: 1, scope: [0; 32].into(), from: 1_000, until: 2_000 }
    }

    fn delegation(agent: &AgentSecret) -> DelegationFile {
        DelegationFile::new(Address::repeat_byte(0xca), &agent.public(), terms())
    }

    #[test]
    fn a_key_file_is_read_back_on_its_curve_and_only_by_its_owner() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        for curve in CURVES {
            let path = directory.path().join(format!("{curve:?}"));
            let made = AgentSecret::create(&path, curve).unwrap();
            assert_eq!(made.public().curve, curve);
            assert_eq!(AgentSecret::load(&path).unwrap().public(), made.public());
            assert!(AgentSecret::create(&path, curve).is_err(), "overwrote a key");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(AgentSecret::load(&path).unwrap_err().to_string().contains("chmod"));
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            for text in ["", "00", "p384:00", &format!("p256:{}", "00".repeat(32)), &format!("p256:{}", "01".repeat(31))] {
                fs::write(&path, text).unwrap();
                assert!(AgentSecret::load(&path).is_err(), "{text}");
            }
        }
    }

    #[test]
    fn an_agent_signs_with_its_own_key_on_terms_of_its_own() {
        for curve in CURVES {
            let secret = || AgentSecret::from_bytes(curve, &[7; 32]).unwrap();
            let caller = AccountKey::from_bytes(&[8; 32]).unwrap();
            let file = delegation(&secret());
            assert!(DelegatedAgent::new(secret(), &file, 1_500).unwrap_err().to_string().contains("not signed"));
            let domain = call::domain(7, Address::repeat_byte(1), B256::repeat_byte(2));
            let file = file.clone().signed(caller.sign(&delegation_digest(&file, &domain).unwrap()));
            for (now, refused) in [(999, "later"), (2_000, "over")] {
                assert!(DelegatedAgent::new(secret(), &file, now).unwrap_err().to_string().contains(refused));
            }
            let other = AgentSecret::from_bytes(curve, &[9; 32]).unwrap();
            assert!(DelegatedAgent::new(other, &file, 1_500).unwrap_err().to_string().contains("another agent's key"));
            let agent = DelegatedAgent::new(secret(), &file, 1_500).unwrap();
            let (signature, signed) = agent.sign(&B256::repeat_byte(3)).unwrap();
            assert_eq!((signed.key, signed.terms), (secret().public(), terms()));
            assert!(matches!(signature, CallerSignature::Key(_)));
            assert_eq!(signed.delegation(agent.caller()), file.to_sign().unwrap());
        }
    }
}
