//! HTTP to the host proxy. Nothing that it says is believed before it is checked.

use std::time::Duration;

use alloy_primitives::B256;
use anyhow::{Context, Result, bail};
use protocol::cbor;
use protocol::constitution::Constitution;
use protocol::custody::{GenesisOutput, ShareMessage};
use protocol::message::AnchorStatement;
use serde_json::Value;

use crate::vault_file::VaultFile;

const CBOR: &str = "application/cbor";
/// A response of the host, at most: an OHTTP response is the largest.
const RESPONSE: usize = 4 << 20;

/// The host proxy of one vault.
#[derive(Clone, Debug)]
pub struct Connection {
    pub(crate) file: VaultFile,
    pub(crate) constitution: Constitution,
    pub(crate) vault_id: B256,
    /// Registers that the image's release names beside the image's own.
    pub(crate) release_registers: Vec<(u8, [u8; 48])>,
    http: reqwest::Client,
}

impl Connection {
    /// Prepares a connection; nothing is sent yet.
    ///
    /// # Errors
    /// The file's constitution is refused.
    pub fn new(file: VaultFile) -> Result<Self> {
        let constitution = file.constitution()?;
        let vault_id = constitution.vault_id();
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(150))
            .connect_timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { file, constitution, vault_id, release_registers: Vec::new(), http })
    }

    /// The vault's id, computed from its constitution.
    #[must_use]
    pub const fn vault_id(&self) -> B256 {
        self.vault_id
    }

    /// The vault's constitution.
    #[must_use]
    pub const fn constitution(&self) -> &Constitution {
        &self.constitution
    }

    /// The file that says which vault this is.
    #[must_use]
    pub const fn file(&self) -> &VaultFile {
        &self.file
    }

    /// GET of a path.
    ///
    /// # Errors
    /// The host can't be reached, refuses, or answers too much.
    pub async fn get(&self, path: &str) -> Result<Vec<u8>> {
        self.send(self.http.get(format!("{}{path}", self.file.url.trim_end_matches('/')))).await
    }

    /// POST of a body.
    ///
    /// # Errors
    /// As [`Connection::get`].
    pub async fn post(&self, path: &str, content_type: &str, body: Vec<u8>) -> Result<Vec<u8>> {
        let url = format!("{}{path}", self.file.url.trim_end_matches('/'));
        self.send(self.http.post(url).header("content-type", content_type).body(body)).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Vec<u8>> {
        let mut response = request.send().await.with_context(|| format!("can't reach the vault's host at {}", self.file.url))?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > RESPONSE {
                bail!("the host's answer is larger than any answer may be");
            }
            body.extend_from_slice(&chunk);
        }
        if status.is_success() {
            return Ok(body);
        }
        let problem: Option<Value> = serde_json::from_slice(&body).ok();
        let text = |name: &str| problem.as_ref().and_then(|problem| problem.get(name)?.as_str()).map(printable);
        bail!(
            "the host answers {status}: {}",
            text("detail").or_else(|| text("title")).unwrap_or_else(|| "no reason given".to_owned())
        )
    }

    /// The phase in words and numbers, as the host tells it.
    ///
    /// # Errors
    /// As [`Connection::get`].
    pub async fn status(&self) -> Result<Value> {
        Ok(serde_json::from_slice(&self.get("/v1/status").await?)?)
    }

    pub(crate) async fn genesis_output(&self) -> Result<GenesisOutput> {
        let bytes = self.post("/v1/genesis", CBOR, Vec::new()).await?;
        cbor::decode(&bytes, 64 << 10).context("the host's genesis output is malformed")
    }

    pub(crate) async fn send_share(&self, share: &ShareMessage) -> Result<()> {
        self.post("/v1/unlock", CBOR, cbor::encode(share)).await.map(|_| ())
    }

    pub(crate) async fn send_checkpoint(&self, signed: &[u8]) -> Result<()> {
        self.post("/v1/checkpoint", CBOR, signed.to_vec()).await.map(|_| ())
    }

    pub(crate) async fn anchor_statement(&self) -> Result<AnchorStatement> {
        let bytes = self.get("/v1/anchor").await?;
        cbor::decode(&bytes, 4 << 10).context("the host's anchor statement is malformed")
    }
}

/// Text of the host without control characters: it never steers a terminal.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(2_000).collect()
}
