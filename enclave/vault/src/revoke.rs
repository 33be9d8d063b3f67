//! Taking a store off its connection or its login, at once and for good: what is released or called after it is refused. The last store
//! takes the connection with it, and its tokens are kept up no longer.

use contracts_bindings::Class;
use credential::{Kind, LOGIN, binding_name};
use policy::{Authenticated, Identity, Operation, Permit};
use protocol::http::Response;
use protocol::ledger::Ending;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::append::settle;
use crate::call::{Denied, permitted, with_receipt};
use crate::conversation::{Io, Stop};
use crate::internal::json_response;
use crate::own::REVOKE_OPERATION;
use crate::perform::{Use, intend};
use crate::refusal::Refusal;
use crate::state::Shared;

/// The path. The body is `connection` or `login`.
pub(crate) const PATH: &str = "/v1/revoke";

/// Writes that the store is off it. What the platform still takes is for whoever holds the app there to end.
pub(crate) async fn revoke(
    io: &Io,
    shared: &Shared,
    authenticated: Authenticated,
    identity: &Identity,
) -> Result<Response, Denied> {
    let login = match authenticated.request().body.as_slice() {
        b"connection" => false,
        b"login" => true,
        _ => return Err(Refusal::Malformed("revoke.form").into()),
    };
    let operation = Operation { name: REVOKE_OPERATION.to_owned(), class: Class::Credential, params: Vec::new() };
    let permit = permitted(io, shared, authenticated, vec![operation], identity).await?;
    settle(io, shared).await?;
    let (id, generation, preset) =
        found(shared, &permit, login)?.ok_or_else(|| Refusal::NotPermitted("connection.unknown".to_owned()))?;
    let (intent, permit) = intend(io, shared, permit, id, generation, identity).await?;
    let use_it = Use { shared, io, intent: &intent, retried: Vec::new() };
    if let Err(refusal) = permit {
        return Err(use_it.ended(Ending::Failed, refusal).await?);
    }
    let body = json!({ "revoked": if login { "login" } else { "connection" }, "connection": hex::encode(id), "preset": preset });
    let response = json_response(200, &body);
    let receipt = use_it.outcome(Ending::Done, Sha256::digest(&response.body).into()).await?;
    Ok(with_receipt(response, Some(&receipt)))
}

/// The store's login, or what its calls are made with, by its binding: what was only taken in for it is neither.
fn found(shared: &Shared, permit: &Permit, login: bool) -> Result<Option<([u8; 32], u64, String)>, Stop> {
    let store = (permit.call().origin, permit.call().salt);
    let mut state = shared.state();
    let serving = state.serving()?;
    let binding = binding_name(&permit.store(), if login { LOGIN } else { "" });
    let binding = serving.keys.record_id(Kind::Binding, &binding);
    let fold = &serving.ledger.fold;
    let bound = fold.connections.bound(&binding).filter(|(_, connection)| connection.serves(&store));
    Ok(bound.and_then(|(id, connection)| Some((id, fold.generation(&id)?, connection.preset.clone()))))
}
