//! Agents: session keys, and what a caller delegated to them.
//!
//! An agent's key file is one line, `p256:` or `secp256k1:` and 32 bytes of hex, readable by its owner alone. A delegation file is JSON without any
//! secret: whose it is, to which key, on what terms, and the caller's signature.

use std::fs;
use std::path::Path;

use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::{Eip712Domain, SolStruct};
use anyhow::{Context, Result, bail, ensure};
use p256::ecdsa::SigningKey;
use protocol::anchor;
use protocol::limits;
use protocol::signatures::{Agent, AgentKey, CallerSignature, Curve, Delegation, Terms};
use secp256k1::{Message, PublicKey, Secp256k1, SecretKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::keys::{read_private, write_secret};
use crate::verify::random;

/// Version of the delegation file.
const VERSION: u16 = 1;

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

/// A delegation, signed or not yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DelegationFile {
    version: u16,
    /// Whose it is.
    pub caller: Address,
    /// The agent's key: the curve's byte (1 secp256k1, 2 P-256), x, y.
    agent: Bytes,
    portfolio: u64,
    scope: B256,
    from: u64,
    until: u64,
    /// The caller's key's: r, s, v.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<Bytes>,
    /// The caller is a contract that takes this as its signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    contract_signature: Option<Bytes>,
}

impl DelegationFile {
    /// Not signed yet.
    #[must_use]
    pub fn new(caller: Address, agent: &AgentKey, terms: Terms) -> Self {
        let Terms { portfolio, scope, from, until } = terms;
        Self {
            version: VERSION,
            caller,
            agent: agent.to_bytes().into(),
            portfolio,
            scope: B256::from(*scope),
            from,
            until,
            signature: None,
            contract_signature: None,
        }
    }

    /// Reads and checks a file.
    ///
    /// # Errors
    /// It can't be read, or is no delegation.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
        let file: Self = serde_json::from_str(&text).with_context(|| format!("{} is no delegation", path.display()))?;
        ensure!(file.version == VERSION, "{} has version {}, this program reads {VERSION}", path.display(), file.version);
        file.agent()?;
        ensure!(file.from < file.until, "{} ends before it begins", path.display());
        Ok(file)
    }

    /// Writes the file.
    ///
    /// # Errors
    /// It can't be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        fs::write(path, format!("{text}\n")).with_context(|| format!("can't write {}", path.display()))
    }

    /// The agent's key.
    ///
    /// # Errors
    /// The file holds none.
    pub fn agent(&self) -> Result<AgentKey> {
        let bytes: &[u8; 65] = self.agent.as_ref().try_into().context("an agent's key is 65 bytes: curve, x, y")?;
        AgentKey::from_bytes(bytes).context("an agent's key is on no known curve")
    }

    /// On what terms.
    #[must_use]
    pub fn terms(&self) -> Terms {
        Terms { portfolio: self.portfolio, scope: self.scope.0.into(), from: self.from, until: self.until }
    }

    /// What the caller signs.
    ///
    /// # Errors
    /// The agent's key is none.
    pub fn to_sign(&self) -> Result<Delegation> {
        let (caller, agent) = (self.caller, self.agent()?.id());
        Ok(Delegation { caller, agent, portfolio: self.portfolio, scope: self.scope, from: self.from, until: self.until })
    }

    /// With the signature of the caller's key.
    #[must_use]
    pub fn signed(mut self, signature: [u8; 65]) -> Self {
        (self.signature, self.contract_signature) = (Some(signature.into()), None);
        self
    }

    /// With what the caller, a contract, takes as its signature.
    ///
    /// # Errors
    /// It is empty, or longer than any that the vault takes.
    pub fn signed_by_contract(mut self, signature: Bytes) -> Result<Self> {
        let fits = !signature.is_empty() && signature.len() <= limits::CONTRACT_SIGNATURE;
        ensure!(fits, "a signature has 1 to {} bytes", limits::CONTRACT_SIGNATURE);
        (self.signature, self.contract_signature) = (None, Some(signature));
        Ok(self)
    }

    /// The caller's signature; `None` if it is not signed yet.
    ///
    /// # Errors
    /// It is not 65 bytes, or there are two.
    pub fn caller_signature(&self) -> Result<Option<CallerSignature>> {
        Ok(match (&self.signature, &self.contract_signature) {
            (None, None) => None,
            (Some(signature), None) => {
                let bytes: [u8; 65] = signature.as_ref().try_into().context("a key's signature is 65 bytes: r, s, v")?;
                Some(CallerSignature::Key(bytes.into()))
            }
            (None, Some(signature)) => Some(CallerSignature::Contract(signature.to_vec().into())),
            (Some(_), Some(_)) => bail!("the delegation has two signatures: a caller is an account or a contract"),
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
        ensure!(now >= delegation.from, "the delegation begins later, at {}", crate::calendar::utc(delegation.from));
        ensure!(now < delegation.until, "the delegation is over since {}", crate::calendar::utc(delegation.until));
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

/// The delegation as wallets and Safes sign it: EIP-712 typed data in JSON (`eth_signTypedData_v4`).
///
/// # Errors
/// The agent's key is none.
pub fn typed_data(delegation: &DelegationFile, chain_id: u64, registry: Address, vault: B256) -> Result<serde_json::Value> {
    let Delegation { caller, agent, portfolio, scope, from, until } = delegation.to_sign()?;
    let field = |name: &str, kind: &str| serde_json::json!({ "name": name, "type": kind });
    Ok(serde_json::json!({
        "types": {
            "EIP712Domain": [
                field("name", "string"), field("version", "string"), field("chainId", "uint256"),
                field("verifyingContract", "address"), field("salt", "bytes32"),
            ],
            "Delegation": [
                field("caller", "address"), field("agent", "bytes32"), field("portfolio", "uint64"),
                field("scope", "bytes32"), field("from", "uint64"), field("until", "uint64"),
            ],
        },
        "primaryType": "Delegation",
        "domain": {
            "name": "PST Vault", "version": "1", "chainId": chain_id, "verifyingContract": registry, "salt": vault,
        },
        "message": {
            "caller": caller, "agent": agent, "portfolio": portfolio.to_string(), "scope": scope,
            "from": from.to_string(), "until": until.to_string(),
        },
    }))
}

/// What a delegation's caller signs, in the domain of the vault.
///
/// # Errors
/// The agent's key is none.
pub fn delegation_digest(delegation: &DelegationFile, domain: &Eip712Domain) -> Result<B256> {
    Ok(delegation.to_sign()?.eip712_signing_hash(domain))
}

#[cfg(test)]
mod tests {
    use protocol::call;

    use super::*;
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

    #[test]
    fn a_delegation_is_read_back_or_refused() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("delegation.json");
        let secret = AgentSecret::from_bytes(Curve::P256, &[7; 32]).unwrap();
        let file = delegation(&secret).signed_by_contract(Bytes::from_static(&[1, 2, 3])).unwrap();
        file.save(&path).unwrap();
        assert_eq!(DelegationFile::load(&path).unwrap(), file);
        assert!(file.clone().signed_by_contract(Bytes::new()).is_err());
        assert!(file.clone().signed_by_contract(vec![1; limits::CONTRACT_SIGNATURE + 1].into()).is_err());
        for broken in [
            DelegationFile { version: 2, ..file.clone() },
            DelegationFile { agent: Bytes::from_static(&[3; 65]), ..file.clone() },
            DelegationFile { agent: Bytes::from_static(&[2; 64]), ..file.clone() },
            DelegationFile { until: 1_000, ..file.clone() },
        ] {
            broken.save(&path).unwrap();
            assert!(DelegationFile::load(&path).is_err(), "{broken:?}");
        }
        let two = DelegationFile { signature: Some(vec![1; 65].into()), ..file };
        assert!(two.caller_signature().is_err());
    }

    #[test]
    fn the_typed_data_is_what_the_vault_hashes() {
        let secret = AgentSecret::from_bytes(Curve::P256, &[7; 32]).unwrap();
        let file = delegation(&secret);
        let (chain_id, registry, vault) = (7, Address::repeat_byte(1), B256::repeat_byte(2));
        let data = typed_data(&file, chain_id, registry, vault).unwrap();
        // The fields' names and types, in their order, are the type string that is hashed.
        let fields: Vec<String> = data["types"]["Delegation"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| format!("{} {}", field["type"].as_str().unwrap(), field["name"].as_str().unwrap()))
            .collect();
        assert_eq!(format!("Delegation({})", fields.join(",")), Delegation::eip712_encode_type());
        let domain = call::domain(chain_id, registry, vault);
        let described: Vec<String> = data["types"]["EIP712Domain"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| format!("{} {}", field["type"].as_str().unwrap(), field["name"].as_str().unwrap()))
            .collect();
        assert_eq!(format!("EIP712Domain({})", described.join(",")), domain.encode_type());
        assert_eq!(data["domain"]["name"].as_str(), domain.name.as_deref());
        assert_eq!(data["domain"]["version"].as_str(), domain.version.as_deref());
        assert_eq!(data["message"]["agent"], serde_json::json!(secret.public().id()));
    }
}
