//! `connection list|expiring|add|rotate|revoke`.

use alloy_primitives::{Address, B256};
use anyhow::{Context, Result, ensure};
use protocol::provision::What;
use serde_json::{Value, json};

use super::admin::{node, policy};
use super::agent::signer;
use super::args::{AskingArgs, ConnectionCommand, ListArgs, StoreAddArgs, StoreName};
use super::platforms::{calendar, ending};
use super::report::{Exit, Output};
use super::use_vault::{add_store, evidence, given, show};
use crate::calendar::utc;
use crate::caller::{Answered, CallRequest};
use crate::connection::{Connection, printable};
use crate::keys::AccountKey;
use crate::provision::StoreToken;
use crate::verify::Serving;

pub(super) async fn run(connection: &Connection, out: Output, command: ConnectionCommand) -> Result<Exit> {
    match command {
        ConnectionCommand::List(args) => list(connection, out, &args).await,
        ConnectionCommand::Expiring { list, within } => expiring(connection, out, &list, within.0).await,
        ConnectionCommand::Add(args) => {
            let bare = args.connection.is_some() && args.token.is_none() && args.fields.is_none();
            ensure!(bare, "a further store is bound to a --connection that is there, without --token or --fields");
            add_store(connection, out, *args).await
        }
        ConnectionCommand::Rotate { store, generation } => rotate(connection, out, *store, generation).await,
        ConnectionCommand::Revoke { asking, store, login } => revoke(connection, out, &asking, store, login).await,
    }
}

/// A request to the vault itself.
pub(super) fn own(asking: &AskingArgs, method: &str, path: &str, store: (u64, B256), body: Vec<u8>) -> Result<CallRequest> {
    Ok(CallRequest {
        method: method.to_owned(),
        url: format!("https://{}{path}", protocol::provision::HOST),
        headers: if body.is_empty() {
            Vec::new()
        } else {
            vec![("content-type".to_owned(), "application/octet-stream".to_owned())]
        },
        body,
        origin: store.0,
        salt: store.1,
        role: asking.role.map_or(B256::ZERO, |role| role.0),
        evidence: asking.evidence.as_deref().map_or_else(|| Ok(Vec::new()), evidence)?,
        min_finalized_slot: 0,
    })
}

/// All pages of a listing; `Err(answer)` if the vault refused.
async fn rows(connection: &Connection, serving: &Serving, args: &ListArgs) -> Result<Result<Vec<Value>, Answered>> {
    let place = match (args.store, args.portfolio) {
        (Some(StoreName { origin, salt }), _) => (origin, salt),
        (None, Some(portfolio)) => (portfolio, B256::ZERO),
        (None, None) => anyhow::bail!("either --store or --portfolio"),
    };
    let mut rows = Vec::new();
    let mut path = "/v1/connections".to_owned();
    loop {
        let request = own(&args.asking, "GET", &path, place, Vec::new())?;
        let answered = connection.call(serving, signer(&args.asking.signer)?.signer(), &request).await?;
        if answered.outcome != "vault" {
            return Ok(Err(answered));
        }
        let page: Value = serde_json::from_slice(&answered.response.body).context("the vault's answer is no JSON")?;
        rows.extend(page["connections"].as_array().into_iter().flatten().cloned());
        match page["next"].as_str() {
            Some(after) => path = format!("/v1/connections?after={after}"),
            None => return Ok(Ok(rows)),
        }
    }
}

/// The generation that comes after the store's current one.
pub(super) async fn next_generation(
    connection: &Connection,
    serving: &Serving,
    caller: &AccountKey,
    store: StoreName,
    login: bool,
) -> Result<u64> {
    let request = CallRequest {
        method: "GET".to_owned(),
        url: format!("https://{}/v1/connections", protocol::provision::HOST),
        headers: Vec::new(),
        body: Vec::new(),
        origin: store.origin,
        salt: store.salt,
        role: B256::ZERO,
        evidence: Vec::new(),
        min_finalized_slot: 0,
    };
    let answered = connection.call(serving, caller, &request).await?;
    let lacking = "the vault does not say which generation is there (that needs a grant for vault.list): give --generation";
    ensure!(answered.outcome == "vault", lacking);
    let page: Value = serde_json::from_slice(&answered.response.body).context("the vault's answer is no JSON")?;
    let mut those = page["connections"].as_array().into_iter().flatten().filter(|row| (row["preset"] == "login") == login);
    Ok(those.next().and_then(|row| row["generation"].as_u64()).context("the store has none")? + 1)
}

fn text(value: &Value) -> String {
    value.as_str().map(printable).unwrap_or_default()
}

fn stores(row: &Value) -> String {
    row["stores"].as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(" ")
}

fn time(value: &Value) -> Option<u64> {
    value.as_u64().map(|ms| ms / 1_000)
}

async fn list(connection: &Connection, out: Output, args: &ListArgs) -> Result<Exit> {
    let serving = connection.verify_serving().await?;
    let rows = match rows(connection, &serving, args).await? {
        Ok(rows) => rows,
        Err(answered) => return show(&answered, out, false, args.asking.receipt.as_deref()),
    };
    for row in &rows {
        let (id, preset, host) = (text(&row["connection"]), text(&row["preset"]), text(&row["host"]));
        out.line(&format!("{id} {preset} {host} generation {} {}", row["generation"], state(row)));
        out.line(&format!("  stores {}", stores(row)));
        for (name, what) in [("access_expires_at", "access token until"), ("refresh_expires_at", "refresh token until")] {
            if let Some(at) = time(&row[name]).filter(|at| *at > 0) {
                out.line(&format!("  {what} {}", utc(at)));
            }
        }
        for store in row["watched"].as_array().into_iter().flatten() {
            out.line(&format!("  {}", money(store)));
        }
    }
    out.object(json!({ "connections": rows }));
    Ok(Exit::Done)
}

fn state(row: &Value) -> String {
    match time(&row["tainted_at"]) {
        Some(at) => format!("{}, tainted since {}", text(&row["state"]), utc(at)),
        None => text(&row["state"]),
    }
}

/// Where a store's money goes, as far as it is known: that it is the same place, never which.
fn money(store: &Value) -> String {
    let at = |name: &str| time(&store[name]).map(utc);
    let known = match (at("since"), at("read_at")) {
        (Some(since), Some(read)) if store["changed_at"] == store["since"] => {
            format!("CHANGED at {since} and the same since, last read {read}")
        }
        (Some(since), Some(read)) => format!("the same since {since}, last read {read}"),
        _ if store["unasked"] == true => "not watched: the store's selector or the settings do not let the vault ask".to_owned(),
        _ => "not read yet".to_owned(),
    };
    let unread = match at("unread_since") {
        Some(since) => format!(", CAN'T BE READ since {since} ({})", text(&store["unread"])),
        None => String::new(),
    };
    format!("money of {} goes: {known}{unread}", text(&store["store"]))
}

/// Seconds for which a change of where money goes is a thing of the calendar.
const NEWS: u64 = 7 * 86_400;

/// One thing of the calendar.
struct Item {
    /// Unix seconds; none: now.
    at: Option<u64>,
    what: String,
    row: Value,
}

/// What of these rows needs somebody, and when.
fn items(rows: &[Value], now: u64, within: u64) -> Vec<Item> {
    let until = now.saturating_add(within);
    let mut items = Vec::new();
    for row in rows.iter().filter(|row| row["state"] != "revoked") {
        let mut say = |at: Option<u64>, what: String| {
            if at.is_none_or(|at| at <= until) {
                items.push(Item { at, what, row: row.clone() });
            }
        };
        if row["state"] == "reauthorization_required" {
            say(None, "the merchant has to authorise anew: connection rotate".to_owned());
        }
        if row["state"] == "record_missing" {
            say(None, "the host lost its record: have it restored from a backup, or connection rotate".to_owned());
        }
        if row["state"] == "failing" {
            let since = time(&row["failing_since"]).map_or_else(|| "long".to_owned(), utc);
            say(None, format!("refreshing it brings nothing since {since}: look at the platform, or connection rotate"));
        }
        if let Some(at) = time(&row["tainted_at"]) {
            say(None, format!("released at {}: change the password, then login rotate", utc(at)));
        }
        for store in row["watched"].as_array().into_iter().flatten() {
            let name = text(&store["store"]);
            if let Some(at) = time(&store["changed_at"]).filter(|at| now < at.saturating_add(NEWS)) {
                say(None, format!("the money of {name} goes elsewhere since {}", utc(at)));
            }
            if let Some(at) = time(&store["unread_since"]) {
                say(None, format!("where the money of {name} goes can't be read since {}: {}", utc(at), text(&store["unread"])));
            }
        }
        let refreshes = row["refreshes"] == true;
        if let Some(at) = time(&row["refresh_expires_at"]) {
            say(Some(at), "refresh token, unless a refresh brings a new one".to_owned());
        }
        match time(&row["access_expires_at"]).filter(|at| *at > 0) {
            Some(at) if refreshes => {
                let how = match time(&row["refresh_due_at"]).filter(|due| *due < at) {
                    Some(due) => format!("renewed by the vault from {} on", utc(due)),
                    None => "made anew when a call needs it".to_owned(),
                };
                say(Some(at), format!("access token, {how}"));
            }
            Some(at) => say(Some(at), "access token: connection rotate".to_owned()),
            None => {}
        }
        if let Some(made) = time(&row["made_at"]) {
            for (what, days) in calendar(&text(&row["preset"])) {
                say(Some(made.saturating_add(days * 86_400)), format!("{what}, {days} days after it was handed over"));
            }
        }
    }
    items.sort_by_key(|item| item.at.unwrap_or(0));
    items
}

async fn expiring(connection: &Connection, out: Output, args: &ListArgs, within: u64) -> Result<Exit> {
    let serving = connection.verify_serving().await?;
    let rows = match rows(connection, &serving, args).await? {
        Ok(rows) => rows,
        Err(answered) => return show(&answered, out, false, args.asking.receipt.as_deref()),
    };
    let items = items(&rows, crate::verify::now()?, within);
    for Item { at, what, row } in &items {
        let at = at.map_or_else(|| "now".to_owned(), utc);
        out.line(&format!("{at:<20}  {what}  ({} {}, {})", text(&row["preset"]), text(&row["host"]), stores(row)));
    }
    if items.is_empty() {
        out.line(&format!("nothing of {} connections expires until then", rows.len()));
    }
    let list: Vec<Value> = items
        .iter()
        .map(|Item { at, what, row }| {
            json!({
                "at": at, "what": what, "connection": row["connection"], "preset": row["preset"], "host": row["host"],
                "stores": row["stores"], "state": row["state"],
            })
        })
        .collect();
    out.object(json!({ "expiring": list, "connections": rows.len() }));
    Ok(Exit::Done)
}

async fn rotate(connection: &Connection, out: Output, args: StoreAddArgs, generation: Option<u64>) -> Result<Exit> {
    let fields = given(args.token.as_deref(), args.fields.as_deref())?.context("a new --token or --fields")?;
    let policy: Address = policy(connection)?;
    let store = args.store;
    let token = StoreToken {
        what: What::Store,
        portfolio: store.origin,
        salt: store.salt,
        policy,
        policy_code_hash: node(connection)?.code_hash(policy).await?,
        preset: args.preset,
        account: args.account.unwrap_or_else(|| args.host.clone()),
        host: args.host,
        app: args.app,
        connection: args.connection,
        selector: args.selector,
        fields: Some(fields),
    };
    hand_anew(connection, out, &args.owner, args.key.as_deref(), &token, generation, args.receipt.as_deref()).await
}

/// Hands a new authorisation over.
pub(super) async fn hand_anew(
    connection: &Connection,
    out: Output,
    owner: &std::path::Path,
    key: Option<&std::path::Path>,
    token: &StoreToken,
    generation: Option<u64>,
    receipt: Option<&std::path::Path>,
) -> Result<Exit> {
    let serving = connection.verify_serving().await?;
    let owner = AccountKey::load(owner)?;
    let other = key.map(AccountKey::load).transpose()?;
    let caller = other.as_ref().unwrap_or(&owner);
    let store = StoreName { origin: token.portfolio, salt: token.salt };
    let generation = match generation {
        Some(generation) => generation,
        None => next_generation(connection, &serving, caller, store, token.what == What::Login).await?,
    };
    out.line(&format!("verified: the enclave is this vault; sealing generation {generation} to it"));
    let answered = connection.rotate(&serving, &owner, caller, token, generation).await?;
    show(&answered, out, false, receipt)
}

async fn revoke(connection: &Connection, out: Output, asking: &AskingArgs, store: StoreName, login: bool) -> Result<Exit> {
    let serving = connection.verify_serving().await?;
    let body = if login { "login" } else { "connection" };
    let request = own(asking, "POST", "/v1/revoke", (store.origin, store.salt), body.as_bytes().to_vec())?;
    let answered = connection.call(&serving, signer(&asking.signer)?.signer(), &request).await?;
    let exit = show(&answered, out, false, asking.receipt.as_deref())?;
    if exit == Exit::Done {
        let answer: Value = serde_json::from_slice(&answered.response.body).unwrap_or_default();
        out.line(&ending(&text(&answer["preset"])));
    }
    Ok(exit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calendar_says_what_needs_somebody_first_and_the_rest_in_order() {
        let row = |name: &str, value: Value| {
            let mut row = json!({
                "connection": "00", "preset": "shopify-admin", "host": "a.myshopify.com", "state": "active", "stores": ["1:0x00"],
                "refreshes": true, "made_at": 0, "access_expires_at": null, "refresh_expires_at": null, "refresh_due_at": null,
                "tainted_at": null,
            });
            row[name] = value;
            row
        };
        let rows = [
            row("refresh_expires_at", json!(90_000_000)),
            row("access_expires_at", json!(80_000_000)),
            row("state", json!("reauthorization_required")),
            row("state", json!("record_missing")),
            row("state", json!("failing")),
            row("state", json!("revoked")),
            row("refresh_expires_at", json!(200_000_000_u64)),
            row("tainted_at", json!(1_000)),
        ];
        let found: Vec<(Option<u64>, String)> =
            items(&rows, 70_000, 86_400).into_iter().map(|item| (item.at, item.what)).collect();
        let at: Vec<Option<u64>> = found.iter().map(|(at, _)| *at).collect();
        assert_eq!(at, [None, None, None, None, Some(80_000), Some(90_000)]);
        assert!(found[0].1.starts_with("the merchant has to authorise anew"), "{found:?}");
        assert!(found[1].1.starts_with("the host lost its record"), "{found:?}");
        assert!(found[2].1.starts_with("refreshing it brings nothing since"), "{found:?}");
        assert!(found[3].1.starts_with("released at"), "{found:?}");
        assert!(found[4].1.starts_with("access token, made anew"), "{found:?}");
    }

    #[test]
    fn where_money_goes_is_said_as_a_time_and_a_change_of_it_as_one_thing_of_the_calendar() {
        let store = |since: u64, changed: Option<u64>, unread: Option<u64>| {
            json!({
                "store": "1:0x00", "digest": "aa", "since": since, "entry": 4, "read_at": 90_000_000, "changed_at": changed,
                "unread_since": unread, "unread": unread.map(|_| "refused"), "unasked": false,
            })
        };
        let same = money(&store(1_000, None, None));
        assert_eq!(same, "money of 1:0x00 goes: the same since 1970-01-01T00:00:01Z, last read 1970-01-02T01:00:00Z");
        let changed = store(80_000_000, Some(80_000_000), None);
        assert!(money(&changed).contains("CHANGED at 1970-01-01T22:13:20Z"), "{}", money(&changed));
        let unread = store(1_000, None, Some(85_000_000));
        assert!(money(&unread).ends_with("CAN'T BE READ since 1970-01-01T23:36:40Z (refused)"), "{}", money(&unread));
        let row = |store: &Value| json!({ "preset": "ebay", "state": "active", "stores": [], "watched": [store] });
        let found = |store: &Value, now| items(&[row(store)], now, 60).into_iter().map(|item| item.what).collect::<Vec<_>>();
        assert_eq!(found(&changed, 90_000), ["the money of 1:0x00 goes elsewhere since 1970-01-01T22:13:20Z"]);
        assert!(found(&changed, 80_000 + NEWS).is_empty());
        assert_eq!(found(&unread, 90_000), ["where the money of 1:0x00 goes can't be read since 1970-01-01T23:36:40Z: refused"]);
    }

    #[test]
    fn what_a_platform_ends_by_its_calendar_is_counted_from_the_hand_over() {
        let row = json!({
            "preset": "amazon-sp", "state": "active", "stores": [], "refreshes": true, "made_at": 1_000_000, "access_expires_at": 0,
            "refresh_expires_at": null, "tainted_at": null,
        });
        let found = items(&[row], 1_000, 181 * 86_400);
        assert_eq!(found.iter().map(|item| item.at).collect::<Vec<_>>(), [Some(1_000 + 180 * 86_400)]);
        assert!(found[0].what.starts_with("client secret"), "{}", found[0].what);
    }
}
