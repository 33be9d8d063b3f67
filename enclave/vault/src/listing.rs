//! What the ledger says of the connections of a store or of a portfolio's stores: in what state they are, and what expires when.

use core::cmp::Reverse;

use alloy_primitives::B256;
use contracts_bindings::Class;
use policy::{Authenticated, Identity, Operation};
use protocol::http::Response;
use protocol::ledger::Ending;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::call::{Denied, permitted, with_receipt};
use crate::connections::{Connection, Phase};
use crate::conversation::Io;
use crate::fold::Fold;
use crate::internal::json_response;
use crate::own::LIST_OPERATION;
use crate::perform::{Use, intend};
use crate::refusal::Refusal;
use crate::state::Shared;
use crate::watches::Store;

/// The path; `?after=<record id, hex>` goes on behind a page.
pub(crate) const PATH: &str = "/v1/connections";
/// Connections of one page.
const PAGE: usize = 300;
/// Stores of one connection that are named.
const STORES: usize = 16;

/// Under a store its own connection and login; under a portfolio those of all stores that it made, wherever they are at home now.
pub(crate) async fn list(
    io: &Io,
    shared: &Shared,
    authenticated: Authenticated,
    identity: &Identity,
) -> Result<Response, Denied> {
    let after = match authenticated.request().path.split_once('?').map(|(_, query)| query.strip_prefix("after=")) {
        None => None,
        Some(text) => {
            let mut id = [0; 32];
            let text = text.ok_or(Refusal::Malformed("list.form"))?;
            hex::decode_to_slice(text, &mut id).map_err(|_| Refusal::Malformed("list.form"))?;
            Some(id)
        }
    };
    let operation = Operation { name: LIST_OPERATION.to_owned(), class: Class::Read, params: Vec::new() };
    let permit = permitted(io, shared, authenticated, vec![operation], identity).await?;
    let (origin, salt) = (permit.call().origin, permit.call().salt);
    let (intent, permit) = intend(io, shared, permit, [0; 32], 0, identity).await?;
    let use_it = Use { shared, io, intent: &intent, retried: Vec::new() };
    if let Err(refusal) = permit {
        return Err(use_it.ended(Ending::Failed, refusal).await?);
    }
    let response = {
        let mut state = shared.state();
        let now = state.time(io.now());
        let fold = &state.serving()?.ledger.fold;
        let of = |connection: &Connection| {
            connection.stores.iter().any(|(portfolio, store)| *portfolio == origin && (salt.is_zero() || *store == salt))
        };
        let mut ids: Vec<[u8; 32]> = fold
            .connections
            .all()
            .filter(|(id, connection)| after.is_none_or(|after| **id > after) && of(connection))
            .map(|(id, _)| *id)
            .collect();
        ids.sort_unstable();
        let more = ids.len() > PAGE;
        ids.truncate(PAGE);
        let next = ids.last().filter(|_| more).map(hex::encode);
        let rows: Vec<Value> = ids.iter().filter_map(|id| row(fold, id, origin, salt)).collect();
        json_response(200, &json!({ "now": now, "connections": rows, "next": next }))
    };
    let receipt = use_it.outcome(Ending::Done, Sha256::digest(&response.body).into()).await?;
    Ok(with_receipt(response, Some(&receipt)))
}

fn row(fold: &Fold, id: &[u8; 32], origin: u64, salt: B256) -> Option<Value> {
    let connection = fold.connections.of(id)?;
    let shown = |(portfolio, store): &&(u64, B256)| *portfolio == origin && (salt.is_zero() || *store == salt);
    let name = |(portfolio, salt): &(u64, B256)| format!("{portfolio}:{salt}");
    let stores: Vec<String> = connection.stores.iter().filter(shown).take(STORES).map(name).collect();
    let watched = fold.watches.of_connection(id).filter(|store| connection.serves(&store.named) && shown(&&store.named));
    let mut watched: Vec<&Store> = watched.collect();
    // What is news comes first, the newest before the others.
    watched.sort_by_key(|store| Reverse(store.changed_at.max(store.unread.map(|(at, _)| at))));
    let watched: Vec<Value> = watched
        .into_iter()
        .take(STORES)
        .map(|store| {
            json!({
                "store": name(&store.named),
                "digest": store.facts.map(|facts| hex::encode(facts.digest)),
                "since": store.facts.map(|facts| facts.since),
                "entry": store.facts.map(|facts| facts.entry),
                "read_at": store.facts.map(|_| store.read_at),
                "changed_at": store.changed_at,
                "unread_since": store.unread.map(|(at, _)| at),
                "unread": store.unread.map(|(_, why)| why.name()),
                "unasked": store.unasked,
            })
        })
        .collect();
    Some(json!({
        "connection": hex::encode(id),
        "preset": connection.preset,
        "host": connection.host,
        "generation": fold.generation(id),
        "state": state(connection),
        "stores": stores,
        "refreshes": connection.refreshes,
        "made_at": connection.made_at,
        "access_expires_at": connection.access_expires_at,
        "refresh_expires_at": connection.refresh_expires_at,
        "refresh_due_at": connection.due_at(id),
        "failures": connection.failures,
        "failing_since": (connection.failures > 0).then_some(connection.failing_since),
        "tainted_at": connection.tainted_at,
        "watched": watched,
    }))
}

fn state(connection: &Connection) -> &'static str {
    match connection.phase {
        _ if connection.revoked => "revoked",
        Phase::Reauthorize => "reauthorization_required",
        _ if connection.told.missing => "record_missing",
        Phase::Active | Phase::Uncertain { .. } if connection.told.failing => "failing",
        Phase::Active => "active",
        Phase::Refreshing { .. } => "refreshing",
        Phase::Uncertain { .. } => "uncertain",
    }
}

#[cfg(test)]
mod tests {
    use protocol::ledger::{Head, Kept, Seen, VERSION, Watched};

    use super::*;

    #[test]
    fn the_store_whose_money_goes_elsewhere_is_shown_however_many_there_are() {
        let (mut fold, id) = (Fold::default(), [1; 32]);
        let kept = Kept {
            connection: id.into(),
            preset: "stripe".to_owned(),
            host: "api.stripe.com".to_owned(),
            selector: Vec::new(),
            app: None,
            refreshes: false,
            access_expires_at: None,
            refresh_expires_at: None,
        };
        let store = |number: u8| (1, B256::repeat_byte(number));
        let head =
            Head { slot: 0, root: [0; 32].into(), block_number: 0, block_hash: [0; 32].into(), state_root: [0; 32].into() };
        let seen = |number: u8, time: u64, seen| Watched {
            version: VERSION,
            boot_id: [0; 16].into(),
            time,
            store: [0; 32].into(),
            binding: [number; 32].into(),
            operation: String::new(),
            asked: [0; 32].into(),
            head: head.clone(),
            seen,
        };
        for number in 2..42 {
            fold.connections.make(&kept, Some(store(number)), 0);
            fold.connections.bind(&id, Some([number; 32]), store(number));
            fold.watches.bind([number; 32], id, fold.connections.of(&id).unwrap(), store(number), 0);
            fold.watches.watched(number.into(), &seen(number, 1, Seen::First { digest: [1; 32].into() })).unwrap();
        }
        fold.watches.watched(50, &seen(40, 2, Seen::Changed { digest: [2; 32].into(), before: 40 })).unwrap();
        fold.watches.watched(51, &seen(41, 3, Seen::Unread { why: protocol::ledger::Unread::Answer })).unwrap();
        let row = row(&fold, &id, 1, B256::ZERO).unwrap();
        let shown = row["watched"].as_array().unwrap();
        assert_eq!(shown.len(), STORES);
        let names: Vec<&str> = shown.iter().take(2).map(|store| store["store"].as_str().unwrap()).collect();
        assert_eq!(names, [format!("1:{}", store(41).1), format!("1:{}", store(40).1)]);
    }
}
