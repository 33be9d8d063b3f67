//! The vault's own requests, at `vault.internal`.

use policy::{Authenticated, Identity};
use protocol::http::Response;
use protocol::provision;

use crate::call::Denied;
use crate::conversation::Io;
use crate::provision::provision as provision_store;
use crate::refusal::{OUTCOME, Refusal};
use crate::simulate::simulate;
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

/// An answer of the vault's own.
pub(crate) fn json_response(status: u16, body: &serde_json::Value) -> Response {
    Response {
        status,
        headers: vec![("content-type".to_owned(), b"application/json".to_vec()), (OUTCOME.to_owned(), b"vault".to_vec())],
        body: body.to_string().into_bytes(),
    }
}
