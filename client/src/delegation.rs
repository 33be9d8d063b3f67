//! Delegations: what a caller signed to let an agent call in its name, as a file without any secret.

use std::fs;
use std::path::Path;

use alloy_primitives::{Address, B256, Bytes};
use alloy_sol_types::{Eip712Domain, SolStruct};
use anyhow::{Context, Result, bail, ensure};
use protocol::limits;
use protocol::signatures::{AgentKey, CallerSignature, Delegation, Terms};
use serde::{Deserialize, Serialize};

/// Version of the delegation file.
const VERSION: u16 = 1;

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
    use protocol::signatures::Curve;

    use super::*;
    use crate::agent::AgentSecret;

    fn terms() -> Terms {
        Terms { portfolio: 1, scope: [0; 32].into(), from: 1_000, until: 2_000 }
    }

    fn delegation(agent: &AgentSecret) -> DelegationFile {
        DelegationFile::new(Address::repeat_byte(0xca), &agent.public(), terms())
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
