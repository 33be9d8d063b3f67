//! `login add|rotate|otp|export|open`.

use std::fs;
use std::path::Path;

use alloy_primitives::{Address, B256};
use anyhow::{Context, Result, bail, ensure};
use protocol::cbor;
use protocol::provision::What;
use protocol::release::{self, Release};
use serde_json::{Value, json};

use super::admin::{node, policy};
use super::agent::signer;
use super::args::{LoginAddArgs, LoginCommand, ReleaseArgs};
use super::connections::{hand_anew, own};
use super::report::{Exit, Output};
use super::use_vault::{fields_of, hand_over, json_file, show};
use crate::connection::Connection;
use crate::keys::{AccountKey, load_scalar, write_secret};
use crate::provision::StoreToken;

/// Bytes of a sealed answer, at most.
const RELEASE: usize = 64 << 10;

pub(super) async fn run(connection: &Connection, out: Output, command: LoginCommand) -> Result<Exit> {
    match command {
        LoginCommand::Add(args) => {
            let token = token(connection, &args).await?;
            let owner = AccountKey::load(&args.owner)?;
            hand_over(connection, out, &owner, args.key.as_deref(), &token, args.receipt.as_deref()).await
        }
        LoginCommand::Rotate { login: args, generation } => {
            ensure!(args.fields.is_some(), "what is new: --fields");
            let token = token(connection, &args).await?;
            hand_anew(connection, out, &args.owner, args.key.as_deref(), &token, generation, args.receipt.as_deref()).await
        }
        LoginCommand::Otp(args) => ask(connection, out, &args, release::OTP).await,
        LoginCommand::Export(args) => ask(connection, out, &args, release::EXPORT).await,
        LoginCommand::Open { key, release } => open(connection, out, &key, &release),
    }
}

async fn token(connection: &Connection, args: &LoginAddArgs) -> Result<StoreToken> {
    let policy: Address = policy(connection)?;
    let (host, account, fields) = match &args.fields {
        Some(path) => {
            let parsed = json_file(path)?;
            let public = |name: &str| parsed["public"][name].as_str().with_context(|| format!("the login has no public {name}"));
            let origin = public("origins")?.split(' ').next().unwrap_or_default();
            let host = origin.strip_prefix("https://").context("an origin starts with https://")?;
            (host.to_owned(), public("username")?.to_owned(), Some(fields_of(&parsed)?))
        }
        None => (args.host.clone().context("--host")?, args.username.clone().context("--username")?, None),
    };
    Ok(StoreToken {
        what: What::Login,
        portfolio: args.store.origin,
        salt: args.store.salt,
        policy,
        policy_code_hash: node(connection)?.code_hash(policy).await?,
        preset: "login".to_owned(),
        host,
        account,
        app: String::new(),
        // A login of the store's own is named after it, beside the connection that its calls are made with.
        connection: args.connection.or_else(|| Some(own_name(connection, args))),
        selector: String::new(),
        fields,
    })
}

fn own_name(connection: &Connection, args: &LoginAddArgs) -> B256 {
    let (chain, registry) = (connection.constitution.network.chain_id(), connection.constitution.store_registry.address.into());
    let store = contracts_bindings::store_id(chain, registry, args.store.origin, args.store.salt);
    alloy_primitives::keccak256([store.as_slice(), b"login"].concat())
}

async fn ask(connection: &Connection, out: Output, args: &ReleaseArgs, path: &str) -> Result<Exit> {
    let key = hex::decode(&args.recipient).context("the recipient's key is hex")?;
    ensure!(release::is_recipient(&key), "the recipient's key is 65 bytes: an uncompressed point of P-256, as `key` prints it");
    ensure!(!args.out.exists(), "{} is there: nothing is overwritten", args.out.display());
    let serving = connection.verify_serving().await?;
    let recipient = release::recipient_id(&key);
    let request = own(&args.asking, "POST", path, (args.store.origin, args.store.salt), key)?;
    let answered = connection.call_for(&serving, signer(&args.asking.signer)?.signer(), &request, recipient).await?;
    if answered.outcome != "vault" {
        return show(&answered, out, false, args.asking.receipt.as_deref());
    }
    let sealed: Release = cbor::decode(&answered.response.body, RELEASE).context("the vault's answer is no release")?;
    ensure!(*sealed.vault == connection.vault_id.0, "the release is of another vault");
    write_secret(&args.out, hex::encode(&answered.response.body).as_bytes())?;
    if let (Some(path), Some(checked)) = (&args.asking.receipt, &answered.receipt) {
        fs::write(path, hex::encode(cbor::encode(&checked.receipt)))
            .with_context(|| format!("can't write {}", path.display()))?;
    }
    out.line(&format!("sealed to recipient {recipient}: {}", args.out.display()));
    out.line("the recipient opens it: pst-vault login open --key <FILE> <RELEASE>");
    if path == release::EXPORT {
        out.line("the login is tainted from now on: change the password, then `login rotate`");
    }
    out.object(json!({ "release": args.out, "recipient": recipient, "operation": sealed.operation }));
    Ok(Exit::Done)
}

fn open(connection: &Connection, out: Output, key: &Path, file: &Path) -> Result<Exit> {
    let text = fs::read_to_string(file).with_context(|| format!("can't read {}", file.display()))?;
    let bytes = hex::decode(text.trim()).with_context(|| format!("{} is not hex", file.display()))?;
    let sealed: Release = cbor::decode(&bytes, RELEASE).with_context(|| format!("{} is no release", file.display()))?;
    ensure!(*sealed.vault == connection.vault_id.0, "the release is of another vault");
    let opened = release::open(&*load_scalar(key)?, &sealed).context("it was sealed to somebody else, or changed")?;
    let value: Value = serde_json::from_slice(&opened).context("what was sealed is no JSON")?;
    let Some(members) = value.as_object() else { bail!("what was sealed is no JSON object") };
    for (name, value) in members {
        out.line(&format!("{name}: {}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
    }
    out.object(value);
    Ok(Exit::Done)
}
