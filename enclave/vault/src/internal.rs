//! The vault's own requests, at `vault.internal`.

use policy::{Authenticated, Identity};
use protocol::http::{Request, Response};
use protocol::provision;
use serde_json::json;

use crate::call::{Asked, Denied, asked};
use crate::conversation::Io;
use crate::provision::provision as provision_store;
use crate::refusal::{OUTCOME, Refusal};
use crate::state::Shared;

/// Path of the dry run.
const SIMULATE: &str = "/v1/simulate";

/// Answers a request to `vault.internal`.
pub(crate) async fn answer(
    io: &Io,
    shared: &Shared,
    authenticated: Authenticated,
    identity: &Identity,
) -> Result<Response, Denied> {
    let request = authenticated.request();
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", provision::PATH) => provision_store(io, shared, authenticated, identity).await,
        ("POST", SIMULATE) => simulate(io, shared, authenticated, identity).await,
        _ => Err(Refusal::UnknownOperation("vault.unknown").into()),
    }
}

/// Runs the contract as it would run for the request in the body, and says what it decides. Opens nothing, sends nothing, writes nothing,
/// and tells the caller only what the chain tells anybody.
async fn simulate(io: &Io, shared: &Shared, authenticated: Authenticated, identity: &Identity) -> Result<Response, Denied> {
    let request = Request::decode(&authenticated.request().body).map_err(|_| Refusal::Malformed("simulate.request"))?;
    let (_, operations) = crate::call::named_request(&request)?;
    let named: Vec<_> = operations
        .iter()
        .map(|operation| json!({ "operation": operation.name, "class": format!("{:?}", operation.class).to_uppercase() }))
        .collect();
    let (allowed, rule, heads) = match asked(io, shared, authenticated, operations, identity).await? {
        Asked::Permitted(permit) => {
            let (finalized, attested) = permit.heads();
            (true, String::new(), Some((finalized.block_number, attested.block_number)))
        }
        Asked::Refused { refusal: refusal @ (Refusal::StaleChain | Refusal::Unproven), .. } => return Err(refusal.into()),
        Asked::Refused { refusal, evidence, .. } => {
            let heads = evidence.map(|evidence| (evidence.finalized.block_number, evidence.attested.block_number));
            (false, refusal.rule().to_owned(), heads)
        }
    };
    let body = json!({
        "allowed": allowed,
        "rule": rule,
        "operations": named,
        "finalized_block": heads.map(|heads| heads.0),
        "attested_block": heads.map(|heads| heads.1),
    });
    Ok(json_response(200, &body))
}

/// An answer of the vault's own.
pub(crate) fn json_response(status: u16, body: &serde_json::Value) -> Response {
    Response {
        status,
        headers: vec![("content-type".to_owned(), b"application/json".to_vec()), (OUTCOME.to_owned(), b"vault".to_vec())],
        body: body.to_string().into_bytes(),
    }
}
