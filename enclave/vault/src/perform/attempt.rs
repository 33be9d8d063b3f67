//! One attempt of a call: what goes out, and what another one needs after the access token was refused.

use credential::{Binding, Leave, OpenedBinding};
use platform::{Materials, PrepareError, Prepared, Preset};
use policy::{Identity, Permit};
use protocol::ledger::Ending;

use super::{Records, Use, accounts, reconfirmed};
use crate::call::Denied;
use crate::conversation::Stop;
use crate::refresh::{Why, fresh};
use crate::refusal::Refusal;

/// One refresh after a refused access token, and what the one retry needs. Any other time, and whatever fails, is the end of the use.
pub(super) async fn again<'a>(
    use_it: Use<'a>,
    permit: Permit,
    binding: &OpenedBinding,
    generation: u64,
    ending: Ending,
    refreshed: bool,
    identity: &Identity,
) -> Result<(Use<'a>, Permit, Records), Denied> {
    let (io, shared, connection) = (use_it.io, use_it.shared, &binding.binding().connection);
    let renewable = shared.state().serving()?.ledger.fold.connections.of(connection).is_some_and(|there| there.refreshes);
    if !renewable || refreshed {
        return Err(use_it.ended(ending, Refusal::ReauthorizationRequired).await?);
    }
    match fresh(io, shared, connection, Why::Refused(generation)).await {
        Ok(()) => {}
        Err(Denied::Refused(refusal, _)) => return Err(use_it.ended(ending, refusal).await?),
        Err(stopped) => return Err(stopped),
    }
    let records = Records::fetch(io, shared, connection).await?;
    if records.connection.0 == generation {
        return Err(use_it.ended(ending, Refusal::ReauthorizationRequired).await?);
    }
    match reconfirmed(io, shared, permit, identity).await? {
        Ok(permit) => Ok((use_it.retry(ending, records.connection.0).await?, permit, records)),
        Err(refusal) => Err(use_it.ended(ending, refusal).await?),
    }
}

/// The permit's request, completed from the opened records.
pub(super) fn prepared(
    use_it: &Use<'_>,
    permit: &Permit,
    preset: Preset,
    binding: &OpenedBinding,
    records: Records,
) -> Result<Result<Prepared, Refusal>, Stop> {
    let mut state = use_it.shared.state();
    let now = state.time(use_it.io.now());
    let keys = &state.serving()?.keys;
    let Records { connection: (generation, sealed), app } = records;
    let open = || {
        let opened = credential::open_connection(keys, permit, binding, accounts(preset), generation, &sealed, now).ok()?;
        let app = match &app {
            Some((generation, sealed)) => {
                Some(credential::open_app(keys, Leave::Permit(permit), &opened, *generation, sealed, now).ok()?)
            }
            None => None,
        };
        Some((opened, app))
    };
    let Some((opened, app)) = open() else { return Ok(Err(Refusal::Upstream("request.injection"))) };
    let Binding { selector, host, .. } = binding.binding();
    let materials =
        Materials { app: app.as_ref().map(|app| &app.fields), connection: &opened.connection().fields, selector, host };
    let mut nonce = [0; 32];
    use_it.io.rng(|rng| rand_core::Rng::fill_bytes(rng, &mut nonce));
    Ok(preset.prepare(permit.authenticated().request(), &materials, now, &nonce).map_err(unprepared))
}

/// What the caller wrote, and may not, is told; what is wrong with a record is the vault's.
fn unprepared(error: PrepareError) -> Refusal {
    match error {
        PrepareError::Host
        | PrepareError::Header
        | PrepareError::AuthSlot
        | PrepareError::Selector
        | PrepareError::Path
        | PrepareError::Query
        | PrepareError::Body => Refusal::NotPermitted(error.rule().to_owned()),
        PrepareError::Field | PrepareError::App | PrepareError::NoCredential | PrepareError::Redactor(_) => {
            Refusal::Upstream("request.injection")
        }
    }
}
