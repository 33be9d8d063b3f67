//! Files on other hosts that a platform's answer named, such as a report's presigned link: fetched for the caller and the store whose own
//! answer named it, while what named it is still permitted, and with nothing of the store's in the request.
//!
//! `POST https://vault.internal/v1/link` with `{"url": "...", "first": 0, "last": 1048575}`: the URL as the answer had it, and the bytes
//! that are wanted, if not all. A presigned URL is in no form that can be signed as a call's, so it is the body.

use contracts_bindings::Class;
use credential::{Kind, open_binding};
use platform::{Link, NamedBy, Preset, file};
use policy::{Authenticated, Identity, Permit};
use protocol::http::Response;
use protocol::ledger::Ending;
use protocol::message::Problem;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::call::{Denied, permitted, store_of, with_receipt};
use crate::conversation::{Egress, Egressed, Io, Stop};
use crate::perform::{Use, egress_allowed, intend, send_before, serves};
use crate::records::record;
use crate::refusal::{OUTCOME, Refusal};
use crate::state::Shared;

/// The path.
pub(crate) const PATH: &str = "/v1/link";

/// Remembers what an answer names, as it is about to be handed back, if reading is all that was asked.
pub(crate) fn remember(use_it: &Use<'_>, permit: &Permit, preset: Preset, response: &Response, now: u64) -> Result<(), Stop> {
    let operations = permit.operations();
    let reads = operations.iter().all(|operation| operation.class == Class::Read);
    let links = match preset.table() {
        Some(table) if reads => table.links(operations, response),
        _ => return Ok(()),
    };
    if !links.is_empty() {
        let by = NamedBy { preset: preset.id(), operations: operations.into() };
        let caller = permit.authenticated().caller();
        let mut state = use_it.shared.state();
        state.serving()?.links.remember(caller.into_array(), permit.store().0, &links, &by, now);
    }
    Ok(())
}

/// What is asked for.
struct Asked {
    url: String,
    bytes: Option<(u64, u64)>,
}

impl Asked {
    fn read(body: &[u8]) -> Option<Self> {
        let Value::Object(members) = serde_json::from_slice(body).ok()? else { return None };
        if members.keys().any(|name| !["url", "first", "last"].contains(&name.as_str())) {
            return None;
        }
        let bytes = match (members.get("first"), members.get("last")) {
            (None, None) => None,
            (Some(first), Some(last)) => Some((first.as_u64()?, last.as_u64()?)),
            _ => return None,
        };
        Some(Self { url: members.get("url")?.as_str()?.to_owned(), bytes })
    }
}

/// Fetches it.
pub(crate) async fn fetch(
    io: &Io,
    shared: &Shared,
    authenticated: Authenticated,
    identity: &Identity,
) -> Result<Response, Denied> {
    let asked = Asked::read(&authenticated.request().body).ok_or(Refusal::Malformed("link.form"))?;
    let (caller, store) = (authenticated.caller().into_array(), store_of(&authenticated, identity));
    let (link, by) = {
        let mut state = shared.state();
        let now = state.time(io.now());
        let found = state.serving()?.links.find(&caller, &store.0, &asked.url, now);
        found.ok_or_else(|| Refusal::NotPermitted("link.unknown".to_owned()))?
    };
    // The permission is the one that the answer was given under, asked anew.
    let permit = permitted(io, shared, authenticated, by.operations.to_vec(), identity).await?;
    if !permit.projection().is_zero() {
        // What a view of an answer would leave of a file that is no such answer, nobody has said.
        return Err(Refusal::NotPermitted("projection.link".to_owned()).into());
    }
    let host = link.host().ok_or_else(|| Refusal::NotPermitted("link.unknown".to_owned()))?;
    if !egress_allowed(shared, host)? {
        return Err(Refusal::NotPermitted("link.host".to_owned()).into());
    }
    let (id, generation, sealed) = record(io, shared, Kind::Binding, store.as_slice()).await?;
    let binding = {
        let mut state = shared.state();
        let now = state.time(io.now());
        let keys = &state.serving()?.keys;
        open_binding(keys, &permit, by.preset, generation, &sealed, now).map_err(|_| Stop(Problem::Supply))?
    };
    if !serves(shared, &permit, &binding.binding().connection)? {
        return Err(Refusal::NotPermitted("connection.revoked".to_owned()).into());
    }
    // Nothing of the connection is used.
    let (intent, permit) = intend(io, shared, permit, id, 0, identity).await?;
    let use_it = Use { shared, io, intent: &intent, retried: Vec::new() };
    match permit {
        Err(refusal) => Err(use_it.ended(Ending::Failed, refusal).await?),
        Ok(permit) if !serves(shared, &permit, &binding.binding().connection)? => {
            Err(use_it.ended(Ending::Failed, Refusal::NotPermitted("connection.revoked".to_owned())).await?)
        }
        Ok(permit) => send(&use_it, &permit, &link, asked.bytes).await,
    }
}

async fn send(use_it: &Use<'_>, permit: &Permit, link: &Link, bytes: Option<(u64, u64)>) -> Result<Response, Denied> {
    let Some(request) = link.request(bytes) else {
        return Err(use_it.ended(Ending::Failed, Refusal::Upstream("link.request")).await?);
    };
    let send_before = send_before(use_it.io, use_it.shared, permit);
    let response = match use_it.io.egress(Egress { request, send_before }).await {
        Egressed::NotSent => return Err(use_it.ended(Ending::Failed, Refusal::Upstream("platform.unreachable")).await?),
        Egressed::Unknown => return Err(use_it.ended(Ending::Unknown, Refusal::Upstream("outcome_unknown")).await?),
        Egressed::Response(response) => response,
    };
    let ending = Ending::Upstream { status: response.status };
    match file(response) {
        Ok(mut response) => {
            let receipt = use_it.outcome(ending, Sha256::digest(&response.body).into()).await?;
            response.headers.push((OUTCOME.to_owned(), b"upstream".to_vec()));
            Ok(with_receipt(response, Some(&receipt)))
        }
        Err(error) => Err(use_it.ended(ending, Refusal::Upstream(error.rule())).await?),
    }
}
