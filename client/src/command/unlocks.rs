//! `unlock propose|veto|show`: one operation of a closed class, on one store, for a time.

use alloy_primitives::B256;
use anyhow::{Context, Result, ensure};
use contracts_bindings::StoreRegistry::unlockOfCall;
use contracts_bindings::admin::RegistryAdmin;
use contracts_bindings::registry::StoreRef;
use serde_json::json;

use super::admin::{node, registry};
use super::args::{Seconds, SendArgs, UnlockCommand, UnlockWhichArgs};
use super::effect::Takes;
use super::portfolio::delay;
use super::report::{Exit, Output};
use super::sending::{Plan, deliver};
use crate::calendar::utc;
use crate::connection::Connection;

/// An unlock opens no sooner than this (`Unlocks.sol`, `UNLOCK_DELAY`).
const LEAST: u64 = 2 * 86_400;
/// It is open no longer than this (`Unlocks.sol`, `UNLOCK_LASTS`).
const LASTS: u64 = 30 * 86_400;
/// Seconds that a transaction may take to its block: the end is a date, and what is lost on the way would be lost of the time that it is open.
const ON_ITS_WAY: u64 = 3_600;

pub(super) async fn run(connection: &Connection, out: Output, command: UnlockCommand) -> Result<Exit> {
    match command {
        UnlockCommand::Propose { which, open_for, send } => propose(connection, out, which, open_for, send).await,
        UnlockCommand::Veto { which, send } => {
            let (portfolio, store, name) = named(&which);
            let plan = Plan {
                what: format!("{name} closed again"),
                by: format!("the guardian or the owner of portfolio {portfolio}"),
                transactions: vec![RegistryAdmin(registry(connection)).veto_unlock(portfolio, store, which.operation.0)],
                takes: Takes::AtOnce,
            };
            Ok(deliver(connection, out, plan, &send)
                .await?
                .done(out, json!({ "portfolio": portfolio, "operation": which.operation.0 })))
        }
        UnlockCommand::Show { which } => show(connection, out, which).await,
    }
}

fn named(which: &UnlockWhichArgs) -> (u64, StoreRef, String) {
    let UnlockWhichArgs { portfolio, store, operation } = which;
    let place = store.map_or_else(|| format!("portfolio {portfolio} itself"), |store| format!("store {store}"));
    let store = store.map_or(StoreRef { origin: *portfolio, salt: B256::ZERO }, StoreRef::from);
    (*portfolio, store, format!("operation {} on {place}", operation.0))
}

async fn propose(
    connection: &Connection,
    out: Output,
    which: UnlockWhichArgs,
    Seconds(open_for): Seconds,
    send: SendArgs,
) -> Result<Exit> {
    ensure!(open_for > 0, "it has to be open for a time: --for");
    let (portfolio, store, name) = named(&which);
    let delay = delay(connection, portfolio)
        .await?
        .context("the end is counted from the portfolio's delay, which needs an execution node")?;
    let wait = delay.max(LEAST);
    // Counted from the present; its block comes a little later, and so does the moment at which it opens.
    let now = node(connection)?.time_of("latest").await?;
    let until = now.saturating_add(wait).saturating_add(open_for.saturating_add(ON_ITS_WAY).min(LASTS));
    let plan = Plan {
        what: format!("{name} to be open until {}, unless the guardian vetoes it", utc(until)),
        by: format!("the owner of portfolio {portfolio}"),
        transactions: vec![RegistryAdmin(registry(connection)).propose_unlock(portfolio, store, which.operation.0, until)],
        takes: Takes::after(Some(wait)),
    };
    let delivered = deliver(connection, out, plan, &send).await?;
    out.line("it opens the registry only: the policy is asked all the same");
    Ok(delivered.done(out, json!({ "portfolio": portfolio, "operation": which.operation.0, "until": until })))
}

async fn show(connection: &Connection, out: Output, which: UnlockWhichArgs) -> Result<Exit> {
    let (portfolio, store, name) = named(&which);
    let node = node(connection)?;
    let call = unlockOfCall { r#ref: store, operation: which.operation.0 };
    let unlock = node.read(registry(connection), &call).await?;
    let now = node.time_of("latest").await?;
    let (from, until, vetoed): (u64, u64, u64) = (unlock.from.to(), unlock.until.to(), unlock.vetoedAt.to());
    let state = match (from, vetoed) {
        (0, 0) => "none",
        (0, _) => "vetoed",
        _ if now < from => "proposed",
        _ if now < until => "open",
        _ => "over",
    };
    out.line(&format!("{name}: {state}"));
    if from != 0 {
        out.line(&format!("from {} until {}", utc(from), utc(until)));
    }
    if vetoed != 0 {
        out.line(&format!("vetoed at {}", utc(vetoed)));
    }
    out.object(json!({ "portfolio": portfolio, "operation": which.operation.0, "state": state, "from": from, "until": until, "vetoed_at": vetoed }));
    Ok(Exit::Done)
}
