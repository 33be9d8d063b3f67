//! A merchant's login: kept, bound to a store, and never put into a request.

use credential::{Binding, Fields, Kind, LOGIN, binding_name, connection_id};
use policy::{Identity, Permit};
use protocol::http::Response;
use protocol::ledger::Ending;
use protocol::provision::{Provision, ProvisionRequest};

use super::statement::Signed;
use super::{Bound, bind, no};
use crate::call::Denied;
use crate::conversation::Io;
use crate::login::check;
use crate::perform::{Use, intend};
use crate::state::Shared;

/// Seals it and binds the store to it, or binds another store to one that is there. No probe can say whose it is: nobody but the
/// merchant's platform can, to somebody who logs in.
pub(super) async fn take(
    io: &Io,
    shared: &Shared,
    permit: Permit,
    request: &ProvisionRequest,
    signed: Signed,
    identity: &Identity,
) -> Result<Response, Denied> {
    let Provision { owner, store, host, account, app, .. } = &signed.provision;
    if permit.authenticated().salt().is_zero() || signed.provision.connection.is_zero() {
        return Err(no("provision.store"));
    }
    if !app.is_empty() {
        return Err(no("provision.app"));
    }
    let (id, connection, fields) = {
        let mut state = shared.state();
        let serving = state.serving()?;
        let fold = &serving.ledger.fold;
        let id = serving.keys.record_id(Kind::Binding, &binding_name(store, LOGIN));
        if fold.generation(&id).is_some() {
            return Err(no("login.provisioned"));
        }
        let connection = connection_id(&serving.keys, owner, &signed.provision.connection);
        let fields = request.with_secret(|bytes| match (bytes.is_empty(), fold.connections.of(&connection)) {
            (false, None) => match Fields::read(bytes) {
                Some((fields, [])) => Ok(Some(fields)),
                _ => Err(no("provision.fields")),
            },
            (false, Some(_)) => Err(no("connection.provisioned")),
            (true, Some(there)) if there.revoked => Err(no("connection.revoked")),
            (true, Some(there)) if there.preset == LOGIN => Ok(None),
            (true, _) => Err(no("connection.unknown")),
        })?;
        if let Some(fields) = &fields {
            check(fields, host, account).map_err(no)?;
        }
        (id, connection, fields)
    };
    let binding = Binding {
        store: *store,
        connection,
        preset: LOGIN.to_owned(),
        host: host.clone(),
        account: account.clone(),
        selector: Vec::new(),
    };
    let (intent, permit) = intend(io, shared, permit, id, 0, identity).await?;
    let use_it = Use { shared, io, intent: &intent, retried: Vec::new() };
    if let Err(refusal) = permit {
        return Err(use_it.ended(Ending::Failed, refusal).await?);
    }
    bind(&use_it, request, Bound { id, binding, signed, fields, renamed: None, ending: Ending::Failed }).await
}
