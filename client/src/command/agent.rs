//! `agent`: keys, delegations and their end.

use std::path::Path;

use alloy_primitives::B256;
use anyhow::{Context, Result, ensure};
use contracts_bindings::StoreRegistry::isRevokedCall;
use contracts_bindings::admin::RegistryAdmin;
use protocol::call;
use protocol::signatures::{AgentKey, Curve, Terms};
use serde_json::json;

use super::admin::{node, registry};
use super::args::{AgentArgs, AgentCommand, ClassName, CurveName, Name, Seconds, SignerArgs, agent_id};
use super::effect::Takes;
use super::report::{Exit, Output};
use super::sending::{Plan, deliver};
use crate::agent::{AgentSecret, DelegatedAgent};
use crate::calendar::utc;
use crate::caller::Signer;
use crate::connection::Connection;
use crate::delegation::{DelegationFile, delegation_digest, typed_data};
use crate::keys::AccountKey;
use crate::verify::now;

/// A delegation starts so many seconds before the present: the enclave's clock may be behind this machine's.
const BEFORE: u64 = 60;

/// `agent new` needs no vault.
pub(super) fn new(file: &Path, curve: CurveName, out: Output) -> Result<Exit> {
    let curve = match curve {
        CurveName::P256 => Curve::P256,
        CurveName::Secp256k1 => Curve::Secp256k1,
    };
    let key = AgentSecret::create(file, curve)?.public();
    let public = prefixed(&key);
    out.line(&format!("made {}", file.display()));
    out.line(&format!("agent  {public}"));
    out.line(&format!("id     {}", key.id()));
    out.object(json!({ "file": file, "agent": public, "id": key.id() }));
    Ok(Exit::Done)
}

fn prefixed(key: &AgentKey) -> String {
    format!("0x{}", hex::encode(key.to_bytes()))
}

/// An agent's key as it is typed: its 65 bytes in hex, or its key file.
fn agent_key(text: &str) -> Result<AgentKey> {
    if let Some(digits) = text.strip_prefix("0x") {
        let bytes: [u8; 65] = hex::decode(digits)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .context("an agent's public key is 65 bytes of hex")?;
        return AgentKey::from_bytes(&bytes).context("an agent's public key is on no known curve");
    }
    Ok(AgentSecret::load(Path::new(text))?.public())
}

/// Whoever signs a call, as it was typed.
pub(super) enum Typed {
    Account(AccountKey),
    Agent(Box<DelegatedAgent>),
}

impl Typed {
    pub(super) fn signer(&self) -> Signer<'_> {
        match self {
            Self::Account(key) => key.into(),
            Self::Agent(agent) => Signer::Agent(agent),
        }
    }
}

/// The caller's key, or an agent's with its delegation.
pub(super) fn signer(args: &SignerArgs) -> Result<Typed> {
    match args {
        SignerArgs { key: Some(key), .. } => Ok(Typed::Account(AccountKey::load(key)?)),
        SignerArgs { agent: Some(agent), delegation: Some(delegation), .. } => {
            let delegation = DelegationFile::load(delegation)?;
            Ok(Typed::Agent(Box::new(DelegatedAgent::new(AgentSecret::load(agent)?, &delegation, now()?)?)))
        }
        SignerArgs { .. } => anyhow::bail!("say who calls: --key, or --agent with --delegation"),
    }
}

pub(super) async fn run(connection: &Connection, out: Output, args: AgentArgs) -> Result<Exit> {
    match args.command {
        AgentCommand::New { file, curve } => new(&file, curve, out),
        AgentCommand::Delegate { agent, portfolio, operation, class, seconds, out: path, key, caller } => {
            let key = key.as_deref().map(AccountKey::load).transpose()?;
            let caller = key.as_ref().map(AccountKey::address).or(caller).context("say whose: --key or --caller")?;
            let terms = terms(portfolio, operation, class, seconds)?;
            let delegation = DelegationFile::new(caller, &agent_key(&agent)?, terms);
            delegate(connection, out, delegation, key.as_ref(), &path)
        }
        AgentCommand::Signed { delegation: path, signature } => {
            let delegation = DelegationFile::load(&path)?.signed_by_contract(signature)?;
            delegation.save(&path)?;
            out.line(&format!(
                "{} has the signature of {}; the vault asks that contract for it at both heads",
                path.display(),
                delegation.caller
            ));
            out.object(json!({ "file": path, "caller": delegation.caller, "signed": true }));
            Ok(Exit::Done)
        }
        AgentCommand::Revoke { agent, send } => {
            let agent = revoked(&agent)?;
            let plan = Plan {
                what: format!("agent {agent} revoked for good"),
                by: "the caller whose agent it is".to_owned(),
                transactions: vec![RegistryAdmin(registry(connection)).revoke_agent(agent)],
                takes: Takes::AtOnce,
            };
            Ok(deliver(connection, out, plan, &send).await?.done(out, json!({ "agent": agent })))
        }
        AgentCommand::Show { delegation } => show(connection, out, &DelegationFile::load(&delegation)?).await,
    }
}

/// An agent by its id, its public key, its key file or a delegation to it.
fn revoked(text: &str) -> Result<B256> {
    if let Some(id) = agent_id(text) {
        return Ok(id);
    }
    match DelegationFile::load(Path::new(text)) {
        Ok(delegation) => Ok(delegation.agent()?.id()),
        Err(_) => Ok(agent_key(text)?.id()),
    }
}

fn terms(portfolio: u64, operation: Option<Name>, class: Option<ClassName>, Seconds(seconds): Seconds) -> Result<Terms> {
    ensure!(seconds > 0, "a delegation has to last a while: --seconds");
    let class = class.map(|class| B256::with_last_byte(class.0.number()));
    let scope = operation.map(|name| name.0).or(class).unwrap_or_default();
    let now = now()?;
    Ok(Terms { portfolio, scope: scope.0.into(), from: now.saturating_sub(BEFORE), until: now.saturating_add(seconds) })
}

fn delegate(
    connection: &Connection,
    out: Output,
    delegation: DelegationFile,
    key: Option<&AccountKey>,
    path: &Path,
) -> Result<Exit> {
    let (chain_id, registry, vault) = (connection.constitution.network.chain_id(), registry(connection), connection.vault_id);
    let digest = delegation_digest(&delegation, &call::domain(chain_id, registry, vault))?;
    let data = typed_data(&delegation, chain_id, registry, vault)?;
    let agent = delegation.agent()?.id();
    let delegation = match key {
        Some(key) => delegation.signed(key.sign(&digest)),
        None => delegation,
    };
    delegation.save(path)?;
    out.line(&format!(
        "wrote {}: agent {agent} for {}, until {}",
        path.display(),
        delegation.caller,
        utc(delegation.terms().until)
    ));
    if key.is_none() {
        out.line("not signed yet. Have the account sign this message (EIP-1271), then: pst-vault agent signed");
        out.line(&format!("digest {digest}"));
        out.line(&data.to_string());
    }
    out.object(json!({
        "file": path, "caller": delegation.caller, "agent": agent, "until": delegation.terms().until, "signed": key.is_some(),
        "digest": digest, "typed_data": data,
    }));
    Ok(Exit::Done)
}

async fn show(connection: &Connection, out: Output, delegation: &DelegationFile) -> Result<Exit> {
    let (agent, terms) = (delegation.agent()?.id(), delegation.terms());
    let signed = delegation.caller_signature()?.is_some();
    let scope = B256::from(*terms.scope);
    let now = now()?;
    let in_force = signed && (terms.from..terms.until).contains(&now);
    let revoked = match node(connection) {
        Ok(node) => Some(node.read(registry(connection), &isRevokedCall { caller: delegation.caller, agent }).await?),
        Err(_) => None,
    };
    out.line(&format!("agent     {agent}"));
    out.line(&format!("caller    {}", delegation.caller));
    out.line(&format!("portfolio {}", terms.portfolio));
    out.line(&format!(
        "scope     {}",
        if scope.is_zero() { "whatever the caller may, but no EXPORT".to_owned() } else { scope.to_string() }
    ));
    out.line(&format!("from      {} until {}", utc(terms.from), utc(terms.until)));
    out.line(if signed { "signed    yes" } else { "signed    NOT YET" });
    out.line(match revoked {
        Some(true) => "REVOKED",
        Some(false) => "revoked   no",
        None => "revoked   not known: vault.json names no execution node",
    });
    out.object(json!({
        "agent": agent, "caller": delegation.caller, "portfolio": terms.portfolio, "scope": scope, "from": terms.from, "until": terms.until,
        "signed": signed, "in_force": in_force && revoked != Some(true), "revoked": revoked,
    }));
    Ok(Exit::Done)
}
