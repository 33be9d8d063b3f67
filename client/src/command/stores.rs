//! `store offer|withdraw|accept|status|show`.

use std::fs;

use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolEvent;
use anyhow::{Context, Result, ensure};
use contracts_bindings::StoreRegistry::{StatusChanged, StatusProposed, portfolioOfCall, storeOfCall};
use contracts_bindings::admin::RegistryAdmin;
use contracts_bindings::registry::{StoreRef, StoreState};
use contracts_bindings::{Status, Transaction};
use serde_json::{Value, json};

use super::admin::{node, registry};
use super::args::{SendArgs, StoreName, StoresArgs, status_word};
use super::effect::Takes;
use super::portfolio::delay;
use super::report::{Exit, Output};
use super::sending::{Plan, deliver};
use crate::calendar::utc;
use crate::chain::Mined;
use crate::connection::Connection;

/// Stores in one transaction, at most: 400 offers take 12.7 of the 16.7 million gas that one may have.
const OFFERS: usize = 400;
/// 550 changes of status take 15.3 million.
const STATUSES: usize = 500;
/// Stores that are looked at before a change of status is printed.
const LOOKED_AT: usize = 100;

/// The stores that were named, each once.
fn named(args: &StoresArgs) -> Result<Vec<StoreRef>> {
    let mut stores = args.stores.clone();
    if let Some(path) = &args.file {
        let text = fs::read_to_string(path).with_context(|| format!("can't read {}", path.display()))?;
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let store = line.trim().parse::<StoreName>();
            stores.push(store.map_err(|error| anyhow::anyhow!("{} line {}: {error}", path.display(), number + 1))?);
        }
    }
    let mut refs: Vec<(u64, B256)> = stores.iter().map(|store| (store.origin, store.salt)).collect();
    refs.sort_unstable();
    refs.dedup();
    ensure!(!refs.is_empty(), "there is no store in the file");
    Ok(refs.into_iter().map(|(origin, salt)| StoreRef { origin, salt }).collect())
}

fn in_transactions(refs: &[StoreRef], most: usize, transaction: impl Fn(Vec<StoreRef>) -> Transaction) -> Vec<Transaction> {
    refs.chunks(most).map(|refs| transaction(refs.to_vec())).collect()
}

fn counted(refs: &[StoreRef]) -> String {
    match refs {
        [one] => format!("store {}:{}", one.origin, one.salt),
        many => format!("{} stores", many.len()),
    }
}

pub(super) async fn offer(connection: &Connection, out: Output, stores: StoresArgs, to: u64, send: SendArgs) -> Result<Exit> {
    ensure!(to != 0, "portfolios count from 1; `store withdraw` takes an offer back");
    let refs = named(&stores)?;
    let admin = RegistryAdmin(registry(connection));
    // The delay is the home's, and most stores are at home where they were made.
    let home = refs.first().map_or(0, |store| store.origin);
    let plan = Plan {
        what: format!("{} offered to portfolio {to}, whose owner may accept once the delay is over", counted(&refs)),
        by: "the owner of their home".to_owned(),
        transactions: in_transactions(&refs, OFFERS, |refs| admin.offer_stores(refs, to)),
        takes: Takes::after(home_delay(connection, &refs, home).await?),
    };
    let delivered = deliver(connection, out, plan, &send).await?;
    Ok(delivered.done(out, json!({ "stores": refs.len(), "to": to })))
}

/// The delay of where the first store is at home; that of its maker if no node says where that is.
async fn home_delay(connection: &Connection, refs: &[StoreRef], made_in: u64) -> Result<Option<u64>> {
    let (Some(first), true) = (refs.first(), connection.file.execution.is_some()) else { return Ok(None) };
    let home = node(connection)?.read(registry(connection), &storeOfCall { r#ref: first.clone() }).await?.portfolio;
    delay(connection, if home == 0 { made_in } else { home }).await
}

pub(super) async fn withdraw(connection: &Connection, out: Output, stores: StoresArgs, send: SendArgs) -> Result<Exit> {
    let refs = named(&stores)?;
    let admin = RegistryAdmin(registry(connection));
    let plan = Plan {
        what: format!("the offer of {} withdrawn", counted(&refs)),
        by: "the owner of their home".to_owned(),
        transactions: in_transactions(&refs, OFFERS, |refs| admin.withdraw_stores(refs)),
        takes: Takes::AtOnce,
    };
    Ok(deliver(connection, out, plan, &send).await?.done(out, json!({ "stores": refs.len() })))
}

pub(super) async fn accept(connection: &Connection, out: Output, stores: StoresArgs, to: u64, send: SendArgs) -> Result<Exit> {
    let refs = named(&stores)?;
    let admin = RegistryAdmin(registry(connection));
    let plan = Plan {
        what: format!(
            "{} accepted into portfolio {to}: a new tenure of each, and what was granted for it alone is over",
            counted(&refs)
        ),
        by: format!("the owner of portfolio {to}"),
        transactions: in_transactions(&refs, OFFERS, |refs| admin.accept_stores(to, refs)),
        takes: Takes::AtOnce,
    };
    Ok(deliver(connection, out, plan, &send).await?.done(out, json!({ "stores": refs.len(), "to": to })))
}

pub(super) async fn status(
    connection: &Connection,
    out: Output,
    status: Status,
    stores: StoresArgs,
    reason: &str,
    send: SendArgs,
) -> Result<Exit> {
    ensure!(reason.len() <= 32 && reason.is_ascii(), "a reason is at most 32 characters of ASCII");
    let refs = named(&stores)?;
    let admin = RegistryAdmin(registry(connection));
    let reason = B256::right_padding_from(reason.as_bytes());
    let plan = Plan {
        what: format!("{} set to {}", counted(&refs), status_word(status)),
        by: "the servicer of their home".to_owned(),
        transactions: in_transactions(&refs, STATUSES, |refs| admin.set_status(refs, status, reason)),
        takes: status_takes(connection, &refs, status).await?,
    };
    let delivered = deliver(connection, out, plan, &send).await?;
    let (at_once, later) = delivered.mined.iter().fold((0, None), |(count, later), mined| {
        let (changed, effective) = statuses(mined);
        (count + changed, later.max(effective))
    });
    if let Some(effective) = later {
        out.line(&format!("looser than what it has: holds from {} on, unless the guardian cancels it before", utc(effective)));
    }
    Ok(delivered
        .done(out, json!({ "stores": refs.len(), "status": status_word(status), "changed": at_once, "loosens_from": later })))
}

/// Further on in the order holds at once; further back waits. A mix is told as the slower of both.
async fn status_takes(connection: &Connection, refs: &[StoreRef], status: Status) -> Result<Takes> {
    // Nothing is further on than Closed.
    if status == Status::Closed || connection.file.execution.is_none() {
        return Ok(if status == Status::Closed { Takes::AtOnce } else { Takes::After(None) });
    }
    let node = node(connection)?;
    for store in refs.iter().take(LOOKED_AT) {
        let state = node.read(registry(connection), &storeOfCall { r#ref: store.clone() }).await?;
        if status.number() < state.status {
            let home = node.read(registry(connection), &portfolioOfCall { portfolio: state.portfolio }).await?;
            return Ok(Takes::after(Some(home.delay.to())));
        }
    }
    Ok(Takes::AtOnce)
}

/// How many statuses a transaction changed at once, and when the last of those that it loosens will hold.
fn statuses(mined: &Mined) -> (u64, Option<u64>) {
    let mut changed = 0;
    let mut later = None;
    for log in mined.logs.as_array().into_iter().flatten() {
        let topic = log.pointer("/topics/0").and_then(Value::as_str).and_then(|topic| topic.parse::<B256>().ok());
        if topic == Some(StatusChanged::SIGNATURE_HASH) {
            changed += 1;
        } else if topic == Some(StatusProposed::SIGNATURE_HASH) {
            let data = log.get("data").and_then(Value::as_str).and_then(|data| data.parse::<Bytes>().ok());
            // (reason, effective)
            let effective = data.and_then(|data| data.get(56..64)?.try_into().ok()).map(u64::from_be_bytes);
            later = later.max(effective);
        }
    }
    (changed, later)
}

pub(super) async fn show(connection: &Connection, out: Output, store: StoreName) -> Result<Exit> {
    let node = node(connection)?;
    let state = node.read(registry(connection), &storeOfCall { r#ref: store.into() }).await?;
    let home = node.read(registry(connection), &portfolioOfCall { portfolio: state.portfolio }).await?;
    ensure!(!home.owner.is_zero(), "no portfolio made such a store");
    let now = node.time_of("latest").await?;
    for line in described(store, &state, now) {
        out.line(&line);
    }
    let status = Status::try_from(state.status)?;
    out.object(json!({
        "store": store.to_string(), "id": state.store, "portfolio": state.portfolio, "owner": home.owner, "tenure": state.tenure,
        "status": status_word(status), "status_since": state.statusSince.to::<u64>(),
        "paused": state.pausedUntil.to::<u64>() > now, "portfolio_paused": home.pausedUntil.to::<u64>() > now,
        "next_status": loosened(&state).map(|(status, from)| json!({ "status": status, "from": from })),
        "offered": (state.offeredTo != 0).then(|| json!({ "to": state.offeredTo, "from": state.offeredFrom.to::<u64>() })),
    }));
    Ok(Exit::Done)
}

fn loosened(state: &StoreState) -> Option<(&'static str, u64)> {
    let from: u64 = state.nextStatusFrom.to();
    (from != 0).then(|| Status::try_from(state.nextStatus).map_or("unknown", status_word)).map(|status| (status, from))
}

fn described(store: StoreName, state: &StoreState, now: u64) -> Vec<String> {
    let since: u64 = state.statusSince.to();
    let status = Status::try_from(state.status).map_or("unknown", status_word);
    let mut lines = vec![
        format!("store {store}"),
        format!("id        {}", state.store),
        format!("home      portfolio {}, tenure {}", state.portfolio, state.tenure),
        if since == 0 { format!("status    {status}") } else { format!("status    {status} since {}", utc(since)) },
    ];
    if state.pausedUntil.to::<u64>() > now {
        lines.push("PAUSED    by itself; `unpause --store` ends it".to_owned());
    }
    if let Some((next, from)) = loosened(state).filter(|(_, from)| *from > now) {
        lines.push(format!("pending   {next} from {} on; the guardian may cancel it", utc(from)));
    }
    if state.offeredTo != 0 {
        let from: u64 = state.offeredFrom.to();
        let when = if from > now { format!("may accept from {} on", utc(from)) } else { "may accept now".to_owned() };
        lines.push(format!("offered   to portfolio {}, whose owner {when}", state.offeredTo));
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use alloy_primitives::aliases::U40;

    use super::*;

    #[test]
    fn stores_of_flags_and_file_are_named_once_and_fit_transactions() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("stores");
        let store = |number: u64| StoreName { origin: 1, salt: B256::from(alloy_primitives::U256::from(number)) };
        let lines: Vec<String> = (1..=900).map(|number| store(number).to_string()).collect();
        fs::write(&file, format!("{}\n\n", lines.join("\n"))).unwrap();
        let refs = named(&StoresArgs { stores: vec![store(5), store(901)], file: Some(file.clone()) }).unwrap();
        assert_eq!(refs.len(), 901);
        let admin = RegistryAdmin(alloy_primitives::Address::ZERO);
        let transactions = in_transactions(&refs, STATUSES, |refs| admin.set_status(refs, Status::Watch, B256::ZERO));
        assert_eq!(transactions.len(), 2);
        fs::write(&file, "1:0x00").unwrap();
        assert!(named(&StoresArgs { stores: Vec::new(), file: Some(file.clone()) }).unwrap_err().to_string().contains("line 1"));
        fs::write(&file, "\n").unwrap();
        assert!(named(&StoresArgs { stores: Vec::new(), file: Some(file) }).is_err());
        assert!(named(&StoresArgs { stores: Vec::new(), file: Some(PathBuf::from("no such file")) }).is_err());
    }

    #[test]
    fn a_status_that_waits_is_told_apart_from_one_that_holds() {
        let words = |effective: u64| {
            let mut data = [0; 64];
            data[56..].copy_from_slice(&effective.to_be_bytes());
            Bytes::copy_from_slice(&data)
        };
        let logs = json!([
            { "topics": [StatusChanged::SIGNATURE_HASH], "data": "0x" },
            { "topics": [StatusProposed::SIGNATURE_HASH], "data": words(70) },
            { "topics": [StatusProposed::SIGNATURE_HASH], "data": words(60) },
            { "topics": [B256::ZERO], "data": words(90) },
        ]);
        assert_eq!(statuses(&Mined { block: 1, logs }), (1, Some(70)));
        assert_eq!(statuses(&Mined { block: 1, logs: json!([]) }), (0, None));
    }

    #[test]
    fn what_is_pending_is_shown_until_it_holds() {
        let store = StoreName { origin: 3, salt: B256::repeat_byte(0x5a) };
        let state = StoreState {
            portfolio: 4,
            tenure: 5,
            status: 2,
            statusSince: U40::from(10),
            nextStatus: 0,
            nextStatusFrom: U40::from(100),
            offeredTo: 9,
            offeredFrom: U40::from(200),
            pausedUntil: U40::MAX,
            ..StoreState::default()
        };
        let lines = described(store, &state, 99).join("\n");
        for part in ["home      portfolio 4, tenure 5", "Default since", "pending   Performing", "may accept from", "PAUSED"] {
            assert!(lines.contains(part), "{part}: {lines}");
        }
        let lines = described(store, &state, 300).join("\n");
        assert!(!lines.contains("pending") && lines.contains("may accept now"), "{lines}");
    }
}
