//! Commands of callers and auditors.

use std::fs;
use std::io::Read;
use std::path::Path;

use alloy_primitives::{Address, B256};
use anyhow::{Context, Result, bail, ensure};
use protocol::cbor;
use protocol::ledger::{Body, Receipt};
use protocol::limits;
use protocol::provision::What;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::admin::{node, policy};
use super::agent::signer;
use super::args::{AppAddArgs, CallArgs, LedgerArgs, LedgerCommand, SimulateArgs, StoreAddArgs};
use super::report::{Exit, Output};
use crate::caller::{Answered, CallRequest};
use crate::connection::{Connection, printable};
use crate::keys::AccountKey;
use crate::ledger::CheckedReceipt;
use crate::provision::StoreToken;
use crate::verify::Verified;

/// Header by which a caller lets the vault ask a busy platform again.
const RETRIES: &str = "pst-vault-retries";

pub(super) async fn status(connection: &Connection, out: Output) -> Result<Exit> {
    let status = connection.status().await?;
    let words = status.get("words").and_then(Value::as_str).map(printable).unwrap_or_default();
    out.line(&format!("{words} (as the host tells it; `pst-vault verify` checks the enclave)"));
    for (name, value) in status.as_object().into_iter().flatten().filter(|(name, _)| *name != "words") {
        out.line(&format!("{}: {}", printable(name), printable(&value.to_string())));
    }
    out.object(status);
    Ok(Exit::Done)
}

pub(super) async fn verify(connection: &Connection, out: Output) -> Result<Exit> {
    let verified = connection.verify().await?;
    let (phase, document, more) = match &verified {
        Verified::Serving(serving) => {
            let data = &serving.data;
            let more = json!({
                "root_commitment": B256::from(*data.root_commitment),
                "writer_key": hex::encode(*data.writer_key),
                "ledger_size": data.ledger_size,
                "finalized_slot": data.finalized.slot,
                "started_from_slot": data.checkpoint.slot,
                "key_config": hex::encode(serving.key_config.encode()),
            });
            ("serving", &serving.document, more)
        }
        Verified::Setup(setup) => {
            let more = json!({
                "checkpoint_slot": setup.data.checkpoint.map(|checkpoint| checkpoint.slot),
                "custody_epoch": setup.data.custody_epoch,
            });
            ("setup", &setup.document, more)
        }
    };
    out.line("ok  certificate chain to the trust root, and the document's signature");
    out.line("ok  not in debug mode; PCR0, PCR1, PCR2 are the release's");
    let constitution_register = hex::encode(connection.constitution_register());
    out.line(&format!("ok  PCR16 holds this constitution: {constitution_register}"));
    out.line("ok  fresh: the nonce is ours");
    out.line(&format!("ok  vault {}", connection.vault_id));
    out.line(&format!("phase {phase}; {} as {}", document.module_id(), connection.image_id()?));
    for (name, value) in more.as_object().into_iter().flatten() {
        out.line(&format!("{name}: {}", value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned)));
    }
    out.line("custody: a quorum of 1 of 1 can read the root key");
    out.object(json!({
        "verified": true, "phase": phase, "vault_id": connection.vault_id, "image": connection.image_id()?,
        "pcr16": constitution_register, "module_id": document.module_id(), "timestamp_ms": document.timestamp_ms(),
        "details": more,
    }));
    Ok(Exit::Done)
}

fn request(args: &CallArgs) -> Result<CallRequest> {
    let body = match &args.data {
        None => Vec::new(),
        Some(data) => match data.strip_prefix('@') {
            Some(path) => fs::read(path).with_context(|| format!("can't read {path}"))?,
            None => data.clone().into_bytes(),
        },
    };
    let mut headers = args
        .headers
        .iter()
        .map(|header| {
            let (name, value) = header.split_once(':').with_context(|| format!("{header} is no header: name: value"))?;
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        })
        .collect::<Result<Vec<_>>>()?;
    headers.extend(args.retries.map(|times| (RETRIES.to_owned(), times.to_string())));
    let method = args.method.clone().unwrap_or_else(|| if args.data.is_some() { "POST" } else { "GET" }.to_owned());
    Ok(CallRequest {
        method,
        url: args.url.clone(),
        headers,
        body,
        origin: args.store.origin,
        salt: args.store.salt,
        role: args.role.map_or(B256::ZERO, |role| role.0),
        evidence: args.evidence.as_deref().map_or_else(|| Ok(Vec::new()), evidence)?,
        min_finalized_slot: 0,
    })
}

pub(super) fn evidence(path: &Path) -> Result<Vec<u8>> {
    let text = fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
    let bytes = hex::decode(text.trim()).with_context(|| format!("{} is not hex", path.display()))?;
    ensure!(bytes.len() <= limits::EVIDENCE, "evidence has at most {} bytes", limits::EVIDENCE);
    Ok(bytes)
}

pub(super) async fn call(connection: &Connection, out: Output, args: CallArgs) -> Result<Exit> {
    let serving = connection.verify_serving().await?;
    let answered = connection.call(&serving, signer(&args.signer)?.signer(), &request(&args)?).await?;
    show(&answered, out, args.include, args.receipt.as_deref())
}

pub(super) async fn simulate(connection: &Connection, out: Output, args: SimulateArgs) -> Result<Exit> {
    let SimulateArgs { at, call: args } = args;
    let serving = connection.verify_serving().await?;
    let inner = request(&args)?;
    let outer = CallRequest {
        method: "POST".to_owned(),
        url: "https://vault.internal/v1/simulate".to_owned(),
        headers: Vec::new(),
        body: inner.request()?.encode()?.to_vec(),
        ..inner
    };
    let answered = connection.call(&serving, signer(&args.signer)?.signer(), &outer).await?;
    if answered.outcome != "vault" {
        return show(&answered, out, args.include, None);
    }
    let simulated = serde_json::from_slice(&answered.response.body).context("the vault's answer is no JSON")?;
    super::simulation::print(&simulated, at, out)
}

pub(super) async fn add_store(connection: &Connection, out: Output, args: StoreAddArgs) -> Result<Exit> {
    let owner = AccountKey::load(&args.owner)?;
    let policy: Address = policy(connection)?;
    let token = StoreToken {
        what: What::Store,
        portfolio: args.store.origin,
        salt: args.store.salt,
        policy,
        policy_code_hash: node(connection)?.code_hash(policy).await?,
        preset: args.preset,
        account: args.account.unwrap_or_else(|| args.host.clone()),
        host: args.host,
        app: args.app,
        connection: args.connection,
        selector: args.selector,
        fields: given(args.token.as_deref(), args.fields.as_deref())?,
    };
    hand_over(connection, out, &owner, args.key.as_deref(), &token, args.receipt.as_deref()).await
}

pub(super) async fn add_app(connection: &Connection, out: Output, args: AppAddArgs) -> Result<Exit> {
    let policy: Address = policy(connection)?;
    let token = StoreToken {
        what: What::App,
        portfolio: args.portfolio,
        salt: B256::ZERO,
        policy,
        policy_code_hash: node(connection)?.code_hash(policy).await?,
        preset: args.preset,
        host: String::new(),
        account: String::new(),
        app: args.app,
        connection: None,
        selector: String::new(),
        fields: Some(fields(&args.fields)?),
    };
    let owner = AccountKey::load(&args.owner)?;
    hand_over(connection, out, &owner, args.key.as_deref(), &token, args.receipt.as_deref()).await
}

/// The fields of a connection: of a token that is good for good, of a file, or none.
pub(super) fn given(from_token: Option<&Path>, from_fields: Option<&Path>) -> Result<Option<Zeroizing<Vec<u8>>>> {
    match (from_token, from_fields) {
        (Some(path), _) => encoded(&[("access_token", true, &token(path)?)]).map(Some),
        (None, Some(path)) => fields(path).map(Some),
        (None, None) => Ok(None),
    }
}

pub(super) async fn hand_over(
    connection: &Connection,
    out: Output,
    owner: &AccountKey,
    key: Option<&Path>,
    token: &StoreToken,
    receipt: Option<&Path>,
) -> Result<Exit> {
    let serving = connection.verify_serving().await?;
    out.line("verified: the enclave is this vault; sealing the credential to it");
    let answered = match key {
        Some(key) => connection.provision(&serving, owner, &AccountKey::load(key)?, token).await?,
        None => connection.provision(&serving, owner, owner, token).await?,
    };
    show(&answered, out, false, receipt)
}

pub(super) fn encoded(values: &[(&str, bool, &[u8])]) -> Result<Zeroizing<Vec<u8>>> {
    protocol::provision::fields(values).context("too many fields, or one is too long")
}

/// Reads `{"secret": {...}, "public": {...}}`, each an object of strings.
pub(super) fn fields(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    fields_of(&json_file(path)?)
}

pub(super) fn json_file(path: &Path) -> Result<Value> {
    serde_json::from_slice(&token(path)?).context("the fields are no JSON")
}

/// The fields of such an object.
pub(super) fn fields_of(parsed: &Value) -> Result<Zeroizing<Vec<u8>>> {
    let mut values = Vec::new();
    for (part, members) in parsed.as_object().context("the fields are no JSON object")? {
        let secret = match part.as_str() {
            "secret" => true,
            "public" => false,
            other => bail!("{} is neither secret nor public", printable(other)),
        };
        for (name, value) in members.as_object().with_context(|| format!("{part} is no object"))? {
            let value = value.as_str().with_context(|| format!("{} is no string", printable(name)))?;
            values.push((name.as_str(), secret, value.as_bytes()));
        }
    }
    encoded(&values)
}

fn token(path: &Path) -> Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(8 << 10));
    if path == Path::new("-") {
        std::io::stdin().lock().take(8 << 10).read_to_end(&mut bytes)?;
    } else {
        fs::File::open(path).with_context(|| format!("can't read {}", path.display()))?.take(8 << 10).read_to_end(&mut bytes)?;
    }
    while bytes.last().is_some_and(u8::is_ascii_whitespace) {
        bytes.pop();
    }
    ensure!(!bytes.is_empty(), "the file is empty");
    Ok(bytes)
}

pub(super) fn show(answered: &Answered, out: Output, include: bool, receipt: Option<&Path>) -> Result<Exit> {
    let Answered { outcome, response, receipt: checked } = answered;
    let body = String::from_utf8_lossy(&response.body).into_owned();
    let proof = checked.as_ref().map(proof);
    if let (Some(path), Some(checked)) = (receipt, checked) {
        fs::write(path, hex::encode(cbor::encode(&checked.receipt)))
            .with_context(|| format!("can't write {}", path.display()))?;
    }
    if include {
        out.line(&format!("HTTP {} ({outcome})", response.status));
        for (name, value) in &response.headers {
            out.line(&format!("{name}: {}", printable(&String::from_utf8_lossy(value))));
        }
    }
    let done = matches!(outcome.as_str(), "upstream" | "vault");
    if done {
        out.line(&body);
    } else {
        let problem: Value = serde_json::from_str(&body).unwrap_or_default();
        let text = |name: &str| problem.get(name).and_then(Value::as_str).map(printable).unwrap_or_default();
        out.line(&format!("{outcome}: {} {}", text("title"), text("rule")));
    }
    if let Some(proof) = &proof {
        out.line(&format!("receipt verified: {proof}"));
    }
    out.object(json!({
        "outcome": outcome,
        "status": response.status,
        "body": serde_json::from_str::<Value>(&body).unwrap_or(Value::String(body)),
        "receipt": proof,
    }));
    Ok(if done { Exit::Done } else { Exit::Refused })
}

fn proof(checked: &CheckedReceipt) -> String {
    let entries: Vec<String> = checked
        .receipt
        .entries
        .iter()
        .zip(&checked.bodies)
        .map(|(entry, body)| {
            let kind = match body {
                Body::Boot(_) => "boot",
                Body::Provision(_) => "provision",
                Body::Intent(_) => "intent",
                Body::Outcome(_) => "outcome",
                Body::Refusal(_) => "refusal",
                Body::HeadConflict(_) => "head conflict",
                Body::Taken(_) => "taken",
                Body::Refreshing(_) => "refreshing",
                Body::Refreshed(_) => "refreshed",
                Body::Retried(_) => "retried",
                Body::Watched(_) => "watched",
                Body::Unchanged(_) => "unchanged",
                Body::Alerted(_) => "alerted",
                Body::Shown(_) => "shown",
            };
            format!("{kind} at {}", entry.index)
        })
        .collect();
    entries.join(", ")
}

pub(super) async fn ledger(connection: &Connection, out: Output, args: LedgerArgs) -> Result<Exit> {
    let LedgerCommand::Verify(args) = args.command;
    let read = |path: &std::path::PathBuf| fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()));
    let receipts = args
        .receipt
        .iter()
        .map(|path| {
            let bytes = hex::decode(read(path)?.trim()).with_context(|| format!("{} is not hex", path.display()))?;
            cbor::decode(&bytes, 512 << 10).with_context(|| format!("{} is no receipt", path.display()))
        })
        .collect::<Result<Vec<Receipt>>>()?;
    let earlier = args.checkpoint.iter().map(read).collect::<Result<Vec<_>>>()?;
    let serving = connection.verify_serving().await?;
    let report = connection.verify_ledger(&serving, &earlier, &receipts).await?;
    out.line(&format!("ok  {} entries have the root that the attested writer key signs", report.size));
    out.line("ok  the log extends what the attestation document names");
    for size in &report.extends {
        out.line(&format!("ok  the log extends the earlier checkpoint of size {size}"));
    }
    if report.receipts > 0 {
        out.line(&format!("ok  {} receipts are in the log", report.receipts));
    }
    if let Ok(node) = node(connection) {
        let anchored = connection.check_anchor(&node, &serving).await?;
        if let Some(size) = anchored {
            out.line(&format!("ok  the log extends the chain's anchor of size {size}"));
        } else {
            out.line("--  nothing is anchored on chain yet");
        }
    }
    if let Some(path) = &args.save {
        let text = connection.get("/v1/ledger/checkpoint").await?;
        fs::write(path, text).with_context(|| format!("can't write {}", path.display()))?;
    }
    out.object(json!({
        "size": report.size, "root": hex::encode(report.root), "receipts": report.receipts, "extends": report.extends,
    }));
    if report.size == 0 {
        bail!("the ledger is empty");
    }
    Ok(Exit::Done)
}
