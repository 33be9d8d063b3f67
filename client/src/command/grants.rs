//! `grant`: what an owner writes into the reference policy.

use std::fs;
use std::path::Path;

use alloy_primitives::aliases::U40;
use alloy_primitives::{Address, B256};
use anyhow::{Context, Result, bail, ensure};
use contracts_bindings::StoreAccessPolicy::{grantIdOfCall, grantOfCall, grantRootOfCall, isDeniedCall, memberUntilCall};
use contracts_bindings::admin::PolicyAdmin;
use contracts_bindings::grants::Grant;
use contracts_bindings::{GrantTree, Transaction, store_id};
use serde_json::json;

use super::admin::{node, policy, registry};
use super::args::{DenyArgs, GrantAddArgs, GrantArgs, GrantCommand, Name, SendArgs, WhichArgs};
use super::effect::Takes;
use super::grant_terms::{read, shown};
use super::report::{Exit, Output};
use super::sending::{Plan, deliver};
use crate::calendar::utc;
use crate::connection::Connection;
use crate::verify::{now, random};

/// Grants in one transaction, at most: 125 of them take 14 of the 16.7 million gas that one may have, and these may have conditions.
const GRANTS: usize = 50;
/// A grant starts so many seconds before the present: its block's clock may be behind this machine's.
const BEFORE: u64 = 60;

pub(super) async fn run(connection: &Connection, out: Output, args: GrantArgs) -> Result<Exit> {
    match args.command {
        GrantCommand::Add(args) => add(connection, out, *args).await,
        GrantCommand::Revoke { portfolio, id, which, send } => revoke(connection, out, portfolio, id, which, send).await,
        GrantCommand::Deny(args) => deny(connection, out, args, true).await,
        GrantCommand::Undeny(args) => deny(connection, out, args, false).await,
        GrantCommand::Role { portfolio, role, member, seconds, end, send } => {
            let until = if end { 0 } else { now()?.saturating_add(seconds.0) };
            role_members(connection, out, (portfolio, role), member, until, send).await
        }
        GrantCommand::Root { portfolio, grants, evidence, uri, clear: _, send } => {
            root(connection, out, portfolio, grants.as_deref().zip(evidence.as_deref()), uri, send).await
        }
        GrantCommand::Show { portfolio, id, which, member } => show(connection, out, portfolio, id, which, member).await,
    }
}

fn by(portfolio: u64) -> String {
    format!("the owner of portfolio {portfolio}")
}

/// Subject, store and each operation or class.
struct Which {
    subject: B256,
    store: B256,
    what: Vec<B256>,
}

fn which(connection: &Connection, args: &WhichArgs) -> Result<Which> {
    let chain_id = connection.constitution.network.chain_id();
    let store = args.store.map_or(B256::ZERO, |store| store_id(chain_id, registry(connection), store.origin, store.salt));
    let classes = args.class.iter().map(|class| B256::with_last_byte(class.0.number()));
    let what: Vec<B256> = args.operation.iter().map(|name| name.0).chain(classes).collect();
    ensure!(!what.is_empty(), "say what: --operation or --class");
    Ok(Which { subject: subject(args.caller, args.role)?, store, what })
}

fn subject(caller: Option<Address>, role: Option<Name>) -> Result<B256> {
    match (caller, role) {
        (Some(caller), _) => Ok(caller.into_word()),
        (None, Some(role)) => Ok(role.0),
        (None, None) => bail!("say whom: --caller or --role"),
    }
}

async fn add(connection: &Connection, out: Output, args: GrantAddArgs) -> Result<Exit> {
    let Which { subject, store, what } = which(connection, &args.which)?;
    let from = now()?.saturating_sub(BEFORE);
    let until = now()?.saturating_add(args.seconds.0);
    let period = u32::try_from(args.period.0).ok().context("a period is at most 136 years")?;
    ensure!(args.capacity > 0 || (period == 0 && args.spend.is_none()), "--period and --spend need a --capacity");
    let grants: Vec<Grant> = what
        .into_iter()
        .map(|what| Grant {
            subject,
            store,
            what,
            from: U40::saturating_from(from),
            until: U40::saturating_from(until),
            statuses: args.statuses.iter().fold(0, |bits, status| bits | status.0.bit()),
            capacity: args.capacity,
            period,
            spend: args.spend.map_or(B256::ZERO, |name| name.0),
            projection: args.projection.map_or(B256::ZERO, |name| name.0),
            allowAgents: args.agents,
            r#where: args.conditions.iter().map(|condition| condition.0.clone()).collect(),
        })
        .collect();
    let policy_admin = PolicyAdmin(policy(connection)?);
    let plan = Plan {
        what: format!("{} granted in portfolio {} until {}", grants.len(), args.portfolio, utc(until)),
        by: by(args.portfolio),
        transactions: grants.chunks(GRANTS).map(|grants| policy_admin.grant(args.portfolio, grants.to_vec())).collect(),
        takes: Takes::AtFinality,
    };
    let delivered = deliver(connection, out, plan, &args.send).await?;
    let mut ids = Vec::new();
    if let Some(node) = &delivered.node {
        for grant in &grants {
            let call = grantIdOfCall { portfolio: args.portfolio, subject, store, what: grant.what };
            let id = node.read(policy_admin.0, &call).await?;
            out.line(&format!("grant {id}"));
            ids.push(id);
        }
    }
    Ok(delivered.done(out, json!({ "portfolio": args.portfolio, "granted": grants.len(), "ids": ids })))
}

async fn ids(connection: &Connection, portfolio: u64, given: Vec<B256>, args: &WhichArgs) -> Result<Vec<B256>> {
    if !given.is_empty() {
        return Ok(given);
    }
    let Which { subject, store, what } = which(connection, args)?;
    let node = node(connection).context("a grant's id is made with the tenure, which needs an execution node; or give --id")?;
    let mut ids = Vec::new();
    for what in what {
        ids.push(node.read(policy(connection)?, &grantIdOfCall { portfolio, subject, store, what }).await?);
    }
    Ok(ids)
}

async fn revoke(
    connection: &Connection,
    out: Output,
    portfolio: u64,
    given: Vec<B256>,
    which: WhichArgs,
    send: SendArgs,
) -> Result<Exit> {
    let ids = ids(connection, portfolio, given, &which).await?;
    let plan = Plan {
        what: format!("{} revoked in portfolio {portfolio}", ids.len()),
        by: by(portfolio),
        transactions: vec![PolicyAdmin(policy(connection)?).revoke(portfolio, ids.clone())],
        takes: Takes::AtOnce,
    };
    Ok(deliver(connection, out, plan, &send).await?.done(out, json!({ "portfolio": portfolio, "revoked": ids })))
}

async fn deny(connection: &Connection, out: Output, args: DenyArgs, denied: bool) -> Result<Exit> {
    let DenyArgs { portfolio, caller, role, operation, class, send } = args;
    let class = class.map(|class| B256::with_last_byte(class.0.number()));
    let what = operation.map(|name| name.0).or(class).unwrap_or_default();
    let subject = if caller.is_none() && role.is_none() { B256::ZERO } else { subject(caller, role)? };
    let whom = if subject.is_zero() {
        "everybody".to_owned()
    } else {
        caller.map_or_else(|| subject.to_string(), |caller| caller.to_string())
    };
    let thing = if what.is_zero() { "everything".to_owned() } else { what.to_string() };
    let plan = Plan {
        what: format!("{thing} {} to {whom} in portfolio {portfolio}", if denied { "denied" } else { "no longer denied" }),
        by: by(portfolio),
        transactions: vec![PolicyAdmin(policy(connection)?).set_denied(portfolio, what, subject, denied)],
        takes: if denied { Takes::AtOnce } else { Takes::AtFinality },
    };
    let more = json!({ "portfolio": portfolio, "operation": what, "subject": subject, "denied": denied });
    Ok(deliver(connection, out, plan, &send).await?.done(out, more))
}

async fn role_members(
    connection: &Connection,
    out: Output,
    (portfolio, role): (u64, Name),
    members: Vec<Address>,
    until: u64,
    send: SendArgs,
) -> Result<Exit> {
    let count = members.len();
    let words = if until == 0 { "end".to_owned() } else { format!("until {}", utc(until)) };
    let plan = Plan {
        what: format!("role {} of {count} in portfolio {portfolio}: {words}", role.0),
        by: by(portfolio),
        transactions: vec![PolicyAdmin(policy(connection)?).set_role(portfolio, role.0, members, until)],
        takes: if until == 0 { Takes::AtOnce } else { Takes::AtFinality },
    };
    let more = json!({ "portfolio": portfolio, "role": role.0, "members": count, "until": until });
    Ok(deliver(connection, out, plan, &send).await?.done(out, more))
}

/// Without grants the root is cleared.
async fn root(
    connection: &Connection,
    out: Output,
    portfolio: u64,
    files: Option<(&Path, &Path)>,
    uri: String,
    send: SendArgs,
) -> Result<Exit> {
    let admin = PolicyAdmin(policy(connection)?);
    let (transaction, what, root, takes): (Transaction, String, B256, Takes) = match files {
        None => {
            let transaction = admin.set_grant_root(portfolio, B256::ZERO, String::new());
            (transaction, format!("the root of portfolio {portfolio} cleared"), B256::ZERO, Takes::AtOnce)
        }
        Some((grants, directory)) => {
            let text = fs::read_to_string(grants).with_context(|| format!("can't read {}", grants.display()))?;
            let chain_id = connection.constitution.network.chain_id();
            let grants = read(&text, now()?.saturating_sub(BEFORE), |store| {
                store_id(chain_id, registry(connection), store.origin, store.salt)
            })
            .with_context(|| format!("{} is no list of grants", grants.display()))?;
            let count = grants.len();
            let salted = grants.into_iter().map(|grant| Ok((grant, B256::from(random()?)))).collect::<Result<Vec<_>>>()?;
            let tree = GrantTree::new(salted).context("there is no grant in the file")?;
            fs::create_dir_all(directory)?;
            for index in 0..count {
                let evidence = tree.evidence(index).context("the tree lacks a grant")?;
                let path = directory.join(format!("{index}.evidence"));
                fs::write(&path, hex::encode(evidence)).with_context(|| format!("can't write {}", path.display()))?;
            }
            out.line(&format!("wrote the evidence of {count} grants to {}: give each caller his own", directory.display()));
            let what = format!("{count} grants of portfolio {portfolio} under one root");
            (admin.set_grant_root(portfolio, tree.root(), uri), what, tree.root(), Takes::AtFinality)
        }
    };
    let plan = Plan { what, by: by(portfolio), transactions: vec![transaction], takes };
    Ok(deliver(connection, out, plan, &send).await?.done(out, json!({ "portfolio": portfolio, "root": root })))
}

async fn show(
    connection: &Connection,
    out: Output,
    portfolio: u64,
    given: Vec<B256>,
    args: WhichArgs,
    member: Option<Address>,
) -> Result<Exit> {
    let (node, policy) = (node(connection)?, policy(connection)?);
    if given.is_empty() && args.operation.is_empty() && args.class.is_empty() {
        return show_portfolio(connection, out, portfolio, args.role.zip(member)).await;
    }
    let mut grants = Vec::new();
    for id in ids(connection, portfolio, given, &args).await? {
        let grant = node.read(policy, &grantOfCall { portfolio, id }).await?;
        let there = grant.statuses != 0;
        out.line(&format!("grant {id}{}", if there { "" } else { ": none" }));
        if there {
            for line in shown(&grant) {
                out.line(&format!("  {line}"));
            }
        }
        grants.push(json!({
            "id": id, "granted": there, "subject": grant.subject, "store": grant.store, "what": grant.what,
            "from": grant.from.to::<u64>(), "until": grant.until.to::<u64>(), "statuses": grant.statuses,
            "capacity": grant.capacity.to_string(), "period": grant.period, "spend": grant.spend, "projection": grant.projection,
            "agents": grant.allowAgents, "conditions": grant.r#where.len(),
        }));
    }
    out.object(json!({ "portfolio": portfolio, "grants": grants }));
    Ok(Exit::Done)
}

/// The root; whether everything is denied; a membership, if one is asked for.
async fn show_portfolio(
    connection: &Connection,
    out: Output,
    portfolio: u64,
    membership: Option<(Name, Address)>,
) -> Result<Exit> {
    let (node, policy) = (node(connection)?, policy(connection)?);
    let root = node.read(policy, &grantRootOfCall { portfolio }).await?;
    out.line(&format!("root      {}", if root.is_zero() { "none".to_owned() } else { root.to_string() }));
    let everything = isDeniedCall { portfolio, what: B256::ZERO, subject: B256::ZERO };
    let denied = node.read(policy, &everything).await?;
    out.line(&format!("denied    {}", if denied { "everything, to everybody" } else { "not everything" }));
    let mut object = json!({ "portfolio": portfolio, "root": root, "everything_denied": denied });
    if let Some((role, member)) = membership {
        let until: u64 = node.read(policy, &memberUntilCall { portfolio, role: role.0, member }).await?.to();
        out.line(&format!("member    {}", if until == 0 { "no".to_owned() } else { format!("until {}", utc(until)) }));
        object = json!({ "portfolio": portfolio, "root": root, "everything_denied": denied, "member_until": until });
    }
    out.object(object);
    Ok(Exit::Done)
}
