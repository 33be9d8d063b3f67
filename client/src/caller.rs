//! Calling a platform through the vault: sign, seal, send, open, check the receipt.

use alloy_primitives::{Address, B256};
use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use protocol::call::{self, CallFields};
use protocol::cbor;
use protocol::http::{Request, Response};
use protocol::ledger::Receipt;
use protocol::ohttp::ClientSetup;
use protocol::signatures::{self, CallerSignature};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::agent::DelegatedAgent;
use crate::connection::Connection;
use crate::keys::AccountKey;
use crate::ledger::{CheckedReceipt, check_receipt};
use crate::verify::{Serving, now, random};

/// Seconds that a call may be on its way.
const WINDOW: u64 = 120;
/// Headers of the vault that are no part of the proof.
const SAID: [&str; 2] = ["pst-vault-attempts", "pst-vault-rate"];
const OHTTP_REQUEST: &str = "message/ohttp-req";

/// Who signs a call.
#[derive(Clone, Copy, Debug)]
pub enum Signer<'a> {
    /// The caller.
    Account(&'a AccountKey),
    /// An agent, in the name of the caller who delegated to it.
    Agent(&'a DelegatedAgent),
}

impl<'a> From<&'a AccountKey> for Signer<'a> {
    fn from(key: &'a AccountKey) -> Self {
        Self::Account(key)
    }
}

impl<'a> From<&'a DelegatedAgent> for Signer<'a> {
    fn from(agent: &'a DelegatedAgent) -> Self {
        Self::Agent(agent)
    }
}

impl Signer<'_> {
    fn caller(self) -> Address {
        match self {
            Self::Account(key) => key.address(),
            Self::Agent(agent) => agent.caller(),
        }
    }

    fn sign(self, request: &mut Request, digest: &B256) -> Result<()> {
        match self {
            Self::Account(key) => signatures::set(request, &CallerSignature::Key(key.sign(digest).into()), None),
            Self::Agent(agent) => {
                let (signature, agent) = agent.sign(digest)?;
                signatures::set(request, &signature, Some(&agent));
            }
        }
        Ok(())
    }
}

/// What to call, and for which store.
#[derive(Clone, Debug)]
pub struct CallRequest {
    /// Upper-case method.
    pub method: String,
    /// `https://...`
    pub url: String,
    /// Headers for the platform.
    pub headers: Vec<(String, String)>,
    /// Body for the platform.
    pub body: Vec<u8>,
    /// Portfolio that made the store.
    pub origin: u64,
    /// The store's salt.
    pub salt: B256,
    /// Role claimed; zero = none.
    pub role: B256,
    /// For the policy.
    pub evidence: Vec<u8>,
    /// The decision may not rest on an older finalized head.
    pub min_finalized_slot: u64,
}

/// What came back.
#[derive(Debug)]
pub struct Answered {
    /// `upstream`, `vault`, `refused` or `failed`.
    pub outcome: String,
    /// The platform's or the vault's answer.
    pub response: Response,
    /// The receipt, verified against the writer key of the attestation.
    pub receipt: Option<CheckedReceipt>,
}

impl CallRequest {
    /// The request as it is sealed.
    ///
    /// # Errors
    /// The URL is not https with a host and a path.
    pub fn request(&self) -> Result<Request> {
        let rest = self.url.strip_prefix("https://").context("the URL must start with https://")?;
        let slash = rest.find('/').context("the URL needs a path, at least /")?;
        let (authority, path) = rest.split_at(slash);
        let mut headers: Vec<_> =
            self.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.as_bytes().to_vec())).collect();
        headers.sort();
        Ok(Request {
            method: self.method.clone(),
            scheme: "https".to_owned(),
            authority: authority.to_owned(),
            path: path.to_owned(),
            headers,
            body: self.body.clone(),
        })
    }
}

impl Connection {
    /// Makes one call through a vault that was verified in this run.
    ///
    /// # Errors
    /// The request has no normal form, the host does not deliver, or the receipt does not verify.
    pub async fn call<'a>(&self, serving: &Serving, signer: impl Into<Signer<'a>>, call: &CallRequest) -> Result<Answered> {
        self.call_for(serving, signer, call, B256::ZERO).await
    }

    /// The same, naming the recipient whom the answer is sealed to by [`protocol::release::recipient_id`]; zero is nobody but the caller.
    ///
    /// # Errors
    /// As [`Connection::call`].
    pub async fn call_for<'a>(
        &self,
        serving: &Serving,
        signer: impl Into<Signer<'a>>,
        call: &CallRequest,
        recipient: B256,
    ) -> Result<Answered> {
        let signer = signer.into();
        let mut rng = ChaCha20Rng::from_seed(random()?);
        let setup = ClientSetup::new(&serving.key_config, &mut rng).context("the vault's key is unusable")?;
        let mut request = call.request()?;
        let issued_at = now()?;
        let fields = CallFields {
            caller: signer.caller(),
            origin: call.origin,
            salt: call.salt,
            role: call.role,
            recipient,
            evidence: call.evidence.clone(),
            issued_at,
            expires_at: issued_at + WINDOW,
            nonce: B256::from(random()?),
            min_finalized_slot: call.min_finalized_slot,
        };
        fields.write(&mut request);
        let unsigned = call::unsigned(&request, setup.enc(), serving.key_config.digest())
            .context("the request is not in the form that is signed")?;
        let domain =
            call::domain(self.constitution.network.chain_id(), self.constitution.store_registry.address.into(), self.vault_id);
        let digest = call::digest(&unsigned, &domain);
        signer.sign(&mut request, &digest)?;
        let (message, opener) = setup.seal(&request.encode_padded()?)?;
        let bytes = self.post("/v1/request", OHTTP_REQUEST, message).await?;
        let plain = opener.open(&bytes).ok().context("the answer was not made by the verified enclave")?;
        let mut response = Response::decode(&plain).context("the vault's answer is malformed")?;
        let outcome = String::from_utf8_lossy(response.header("pst-vault-outcome").unwrap_or_default()).into_owned();
        ensure!(["upstream", "vault", "refused", "failed"].contains(&outcome.as_str()), "the vault's answer has no outcome");
        let text: Vec<u8> = response
            .headers
            .iter()
            .filter(|(name, _)| name == "pst-vault-receipt")
            .flat_map(|(_, value)| value.iter().copied())
            .collect();
        // What says how it went at the platform is the caller's to read.
        response.headers.retain(|(name, _)| !name.starts_with("pst-vault-") || SAID.contains(&name.as_str()));
        let receipt = if text.is_empty() {
            None
        } else {
            let bytes = STANDARD.decode(text).ok().context("the receipt is not base64")?;
            let receipt: Receipt = cbor::decode(&bytes, 512 << 10).context("the receipt is malformed")?;
            Some(check_receipt(&receipt, &self.vault_id, &serving.data.writer_key, Some(digest), &response)?)
        };
        if outcome == "upstream" && receipt.is_none() {
            bail!("the vault's answer has no receipt");
        }
        Ok(Answered { outcome, response, receipt })
    }
}
