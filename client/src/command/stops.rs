//! `pause`, `unpause` and `breaker`.

use anyhow::Result;
use contracts_bindings::StoreRegistry::breakerCall;
use contracts_bindings::admin::RegistryAdmin;
use contracts_bindings::registry::StoreRef;
use serde_json::json;

use super::admin::{node, registry};
use super::args::{BreakerArgs, BreakerCommand, PauseArgs};
use super::effect::Takes;
use super::report::{Exit, Output};
use super::sending::{Plan, deliver};
use crate::calendar::utc;
use crate::connection::Connection;

pub(super) async fn pause(connection: &Connection, out: Output, args: PauseArgs, paused: bool) -> Result<Exit> {
    let PauseArgs { portfolio, store, send } = args;
    let refs: Vec<StoreRef> = store.into_iter().map(StoreRef::from).collect();
    let admin = RegistryAdmin(registry(connection));
    let whole = if refs.is_empty() { String::new() } else { format!("{} stores of ", refs.len()) };
    let plan = if paused {
        Plan {
            what: format!("{whole}portfolio {portfolio} paused"),
            by: format!("the owner or the guardian of portfolio {portfolio}"),
            transactions: vec![admin.pause(portfolio, refs)],
            takes: Takes::AtOnce,
        }
    } else {
        Plan {
            what: format!("{whole}portfolio {portfolio} unpaused"),
            by: format!("the owner of portfolio {portfolio}"),
            transactions: vec![admin.unpause(portfolio, refs)],
            takes: Takes::AtFinality,
        }
    };
    Ok(deliver(connection, out, plan, &send).await?.done(out, json!({ "portfolio": portfolio, "paused": paused })))
}

pub(super) async fn breaker(connection: &Connection, out: Output, args: BreakerArgs) -> Result<Exit> {
    let admin = RegistryAdmin(registry(connection));
    let by = "the holder of the breaker".to_owned();
    let (plan, send) = match args.command {
        BreakerCommand::Open { send } => {
            let what = "the breaker opened: no store of the registry is used for seven days, or until it is closed".to_owned();
            (Plan { what, by, transactions: vec![admin.set_breaker(true)], takes: Takes::AtOnce }, send)
        }
        BreakerCommand::Close { send } => {
            let what = "the breaker closed".to_owned();
            (Plan { what, by, transactions: vec![admin.set_breaker(false)], takes: Takes::AtFinality }, send)
        }
        BreakerCommand::Show => {
            let node = node(connection)?;
            let state = node.read(registry(connection), &breakerCall {}).await?;
            let (until, next): (u64, u64) = (state.openUntil.to(), state.next.to());
            let now = node.time_of("latest").await?;
            out.line(&format!("held by {}", state.holder));
            out.line(&if until > now { format!("OPEN until {}", utc(until)) } else { "closed".to_owned() });
            out.line(&if next > now {
                format!("may be opened again from {} on", utc(next))
            } else {
                "may be opened now".to_owned()
            });
            out.object(json!({ "holder": state.holder, "open": until > now, "open_until": until, "next": next }));
            return Ok(Exit::Done);
        }
    };
    Ok(deliver(connection, out, plan, &send).await?.done(out, json!({})))
}
