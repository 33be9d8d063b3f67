//! The vault's own requests, at `vault.internal`.

use policy::{Authenticated, Identity};
use protocol::http::Response;
use protocol::{provision, release};

use crate::call::Denied;
use crate::conversation::Io;
use crate::provision::{provision as provision_store, rotate};
use crate::refusal::{OUTCOME, Refusal};
use crate::simulate::simulate;
use crate::state::Shared;
use crate::{links, listing, login, revoke};

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
    let path = request.path.split('?').next().unwrap_or_default();
    match (request.method.as_str(), path) {
        ("GET", listing::PATH) => listing::list(io, shared, authenticated, identity).await,
        _ if path != request.path => Err(Refusal::UnknownOperation("vault.unknown").into()),
        ("POST", provision::PATH) => provision_store(io, shared, authenticated, identity).await,
        ("POST", provision::ROTATE) => rotate(io, shared, authenticated, identity).await,
        ("POST", revoke::PATH) => revoke::revoke(io, shared, authenticated, identity).await,
        ("POST", release::OTP) => login::release(io, shared, authenticated, login::Wanted::Code, identity).await,
        ("POST", release::EXPORT) => login::release(io, shared, authenticated, login::Wanted::Login, identity).await,
        ("POST", links::PATH) => links::fetch(io, shared, authenticated, identity).await,
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
