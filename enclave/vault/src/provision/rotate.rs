//! A new authorisation in the place of the one that is there: same record, same stores, next generation.
//!
//! The old one stays good until the new one was probed. One that has to be refreshed before it can be probed is taken in under a name of
//! its own, kept up there like any other, and becomes the connection's next generation by the entry that says so.

use alloy_primitives::{B256, keccak256};
use credential::{Binding, Connection, Fields, Kind, LOGIN, OpenedBinding, Record, binding_name, connection_id, open_binding};
use platform::Preset;
use policy::{Identity, Permit};
use protocol::http::Response;
use protocol::ledger::{self, Body, Ending, Kept, Provisioned};
use protocol::message::Problem;
use protocol::provision::{Provision, ProvisionRequest, What};
use serde_json::json;

use super::probe::{Probed, probe};
use super::statement::{Names, Signed};
use super::{Credential, app, begun, check_fields, no, sealed, take};
use crate::append::{append, settle};
use crate::call::{Denied, receipt, with_receipt};
use crate::conversation::{Io, Stop};
use crate::internal::json_response;
use crate::ledger::Proposal;
use crate::login;
use crate::own::ROTATE_OPERATION;
use crate::perform::{Use, falls_back, intend};
use crate::records::{fetch_record, record};
use crate::refresh::{Why, fresh, hold};
use crate::refusal::Refusal;
use crate::state::Shared;

/// Checks, probes, seals and writes.
pub(crate) async fn rotate(
    io: &Io,
    shared: &Shared,
    authenticated: policy::Authenticated,
    identity: &Identity,
) -> Result<Response, Denied> {
    let (permit, request, signed, what) = begun(io, shared, authenticated, ROTATE_OPERATION, Names::Later, identity).await?;
    match what {
        What::App => app::take(io, shared, permit, &request, signed).await,
        What::Store | What::Login => connection(io, shared, permit, &request, signed, identity).await,
    }
}

async fn connection(
    io: &Io,
    shared: &Shared,
    permit: Permit,
    request: &ProvisionRequest,
    signed: Signed,
    identity: &Identity,
) -> Result<Response, Denied> {
    let binding = bound(io, shared, &permit, &signed).await?.binding().clone();
    let _flight = hold(io, shared, &binding.connection).await?;
    settle(io, shared).await?;
    let (generation, revoked) = next(shared, &permit, &binding, &signed)?;
    let fields = request.with_secret(|bytes| match Fields::read(bytes) {
        Some((fields, [])) => Ok(fields),
        _ => Err(no("provision.fields")),
    })?;
    let app = app_of(shared, &signed)?;
    let staged = request.with_secret(|bytes| Staged::of(shared, &signed, bytes))?;
    let handed = match signed.preset {
        None => {
            login::check(&fields, &binding.host, &binding.account).map_err(no)?;
            Handed::Login(fields)
        }
        Some(preset) => {
            check_fields(preset, &fields, app.is_some())?;
            if app.is_none() && preset.grant(&fields).is_none() {
                Handed::Good(preset, fields)
            } else {
                let binding = Binding { connection: staged.id, ..binding.clone() };
                if !staged.there {
                    // It may have waited for another's refresh.
                    let now = shared.state().time(io.now());
                    if !permit.live(now) {
                        return Err(Refusal::StaleChain.into());
                    }
                    take(io, shared, &permit, request, &binding, app, preset, fields).await?;
                }
                fresh(io, shared, &staged.id, Why::Expired).await?;
                Handed::Staged(preset, binding)
            }
        }
    };
    // From here on nobody refreshes what was taken in: what is probed is what becomes the next generation.
    let _staged_flight = match &handed {
        Handed::Staged(..) => Some(hold(io, shared, &staged.id).await?),
        Handed::Login(_) | Handed::Good(..) => None,
    };
    settle(io, shared).await?;
    let mut records = Vec::new();
    if let Handed::Staged(..) = &handed {
        if falls_back(shared, &staged.id)? {
            return Err(Refusal::Upstream("refresh.later").into());
        }
        records.push(fetch_record(io, shared, &staged.id).await?);
        if let Some(app) = &app {
            records.push(fetch_record(io, shared, app).await?);
        }
    }
    let (intent, permit) = intend(io, shared, permit, binding.connection, generation.saturating_sub(1), identity).await?;
    let use_it = Use { shared, io, intent: &intent, retried: Vec::new() };
    let permit = match permit {
        Ok(permit) => permit,
        Err(refusal) => return Err(use_it.ended(Ending::Failed, refusal).await?),
    };
    match next(shared, &permit, &binding, &signed) {
        Ok(now) if now == (generation, revoked) => {}
        // It was revoked meanwhile, and stays so.
        _ => return Err(use_it.ended(Ending::Failed, Refusal::NotPermitted("connection.revoked".to_owned())).await?),
    }
    let new = |preset: &str, fields| Connection {
        preset: preset.to_owned(),
        account: binding.account.clone(),
        app: None,
        fields,
        access_expires_at: None,
        refresh_expires_at: None,
    };
    let (ending, connection, replaces) = match handed {
        Handed::Login(fields) => (Ending::Failed, Some(new(LOGIN, fields)), None),
        Handed::Good(preset, fields) => {
            let Probed { ending, fields, .. } =
                probe(&use_it, &permit, preset, &staged.name, &binding, Credential::InHand(fields), records).await?;
            (ending, fields.map(|fields| new(preset.id(), fields)), None)
        }
        Handed::Staged(preset, to_be) => {
            let Probed { ending, connection, .. } =
                probe(&use_it, &permit, preset, &staged.name, &to_be, Credential::Kept, records).await?;
            (ending, connection, Some(staged.id))
        }
    };
    let Some(connection) = connection else {
        return Err(use_it.ended(ending, Refusal::Upstream("probe.answer")).await?);
    };
    write(&use_it, request, Next { binding, signed, generation, connection, ending, replaces }).await
}

/// What was handed over.
enum Handed {
    /// A login, which nothing can probe.
    Login(Fields),
    /// What is good for good.
    Good(Preset, Fields),
    /// What was taken in and refreshed, and the binding that it is probed under.
    Staged(Preset, Binding),
}

/// The store's binding, if it is what the owner says it is.
async fn bound(io: &Io, shared: &Shared, permit: &Permit, signed: &Signed) -> Result<OpenedBinding, Denied> {
    let preset = signed.preset.map_or(LOGIN, Preset::id);
    let (_, generation, sealed) = record(io, shared, Kind::Binding, &binding_name(&permit.store(), preset)).await?;
    let mut state = shared.state();
    let now = state.time(io.now());
    let keys = &state.serving()?.keys;
    let opened = open_binding(keys, permit, preset, generation, &sealed, now).map_err(|_| no("rotate.binding"))?;
    let Provision { owner, connection: name, host, account, .. } = &signed.provision;
    let connection = connection_id(keys, owner, name);
    let binding = opened.binding();
    let same = binding.connection == connection
        && binding.host == *host
        && binding.account == *account
        && binding.selector == signed.selector;
    if same { Ok(opened) } else { Err(no("rotate.binding")) }
}

/// The connection's next generation, and whether it is revoked. A store that was taken off it brings it back only if no other is on it.
fn next(shared: &Shared, permit: &Permit, binding: &Binding, signed: &Signed) -> Result<(u64, bool), Denied> {
    let store = (permit.call().origin, permit.call().salt);
    let mut state = shared.state();
    let fold = &state.serving()?.ledger.fold;
    let there = fold.connections.of(&binding.connection).ok_or_else(|| no("connection.unknown"))?;
    if !there.revoked && !there.serves(&store) {
        return Err(no("connection.revoked"));
    }
    let next = fold.generation(&binding.connection).unwrap_or(0).saturating_add(1);
    if signed.provision.generation == next { Ok((next, there.revoked)) } else { Err(no("rotate.generation")) }
}

fn app_of(shared: &Shared, signed: &Signed) -> Result<Option<[u8; 32]>, Denied> {
    if signed.provision.app.is_empty() {
        return Ok(None);
    }
    let mut state = shared.state();
    let serving = state.serving()?;
    let app = app::record_id(&serving.keys, &signed.provision);
    serving.ledger.fold.generation(&app).map(|_| Some(app)).ok_or_else(|| no("app.unknown"))
}

/// Where a new authorisation is kept until it was probed: a place of its own for each that is handed over, so that the same one, handed
/// over again after something failed, is gone on with, and its successors are not overwritten by a token that is spent.
struct Staged {
    name: B256,
    id: [u8; 32],
    /// It was taken in before.
    there: bool,
}

impl Staged {
    fn of(shared: &Shared, signed: &Signed, fields: &[u8]) -> Result<Self, Denied> {
        let Provision { owner, connection, .. } = &signed.provision;
        let name = keccak256([connection.as_slice(), keccak256(fields).as_slice()].concat());
        let mut state = shared.state();
        let serving = state.serving()?;
        let id = connection_id(&serving.keys, owner, &name);
        Ok(Self { name, id, there: serving.ledger.fold.connections.of(&id).is_some() })
    }
}

/// What becomes the connection's.
struct Next {
    binding: Binding,
    signed: Signed,
    generation: u64,
    connection: Connection,
    ending: Ending,
    replaces: Option<[u8; 32]>,
}

async fn write(use_it: &Use<'_>, request: &ProvisionRequest, next: Next) -> Result<Response, Denied> {
    let Use { shared, io, intent, .. } = *use_it;
    let Next { binding, signed, generation, connection, ending, replaces } = next;
    let Connection { preset, app, access_expires_at, refresh_expires_at, .. } = &connection;
    let kept = Kept {
        connection: binding.connection.into(),
        preset: preset.clone(),
        host: binding.host.clone(),
        selector: binding.selector.clone(),
        app: app.map(Into::into),
        refreshes: replaces.is_some() && access_expires_at.is_some(),
        access_expires_at: *access_expires_at,
        refresh_expires_at: *refresh_expires_at,
    };
    let (put, reference) = sealed(io, shared, binding.connection, generation, &Record::Connection(connection))?;
    let time = shared.state().time(io.now());
    let entry = Provisioned {
        version: ledger::VERSION,
        boot_id: shared.boot_id.into(),
        time,
        intent: intent.index,
        store: binding.store.0.into(),
        provision: request.provision_abi().to_vec().into(),
        signature: (*request.signature()).into(),
        records: vec![reference],
        connection: binding.connection.into(),
        origin: signed.origin,
        salt: signed.salt.0.into(),
        kept: Some(kept),
        replaces: replaces.map(Into::into),
    };
    let proposal = Proposal { body: Body::Provision(entry), time, records: vec![put], reserved: false };
    let entry = match append(io, shared, proposal, || {}).await {
        Ok(entry) => entry,
        Err(Stop(Problem::Ledger)) => {
            return Err(use_it.ended(ending, Refusal::NotPermitted("rotate.generation".to_owned())).await?);
        }
        Err(stop) => return Err(stop.into()),
    };
    let body = json!({
        "store": binding.store.to_string(), "host": binding.host, "account": binding.account, "generation": generation,
    });
    Ok(with_receipt(json_response(200, &body), Some(&receipt(vec![intent.clone(), entry]))))
}
