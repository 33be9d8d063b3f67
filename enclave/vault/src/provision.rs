//! Taking credentials in: unusable until a probe returned the account that their owner named.

mod app;
mod login;
mod probe;
mod rotate;
mod statement;

use credential::{Binding, Connection, Fields, Kind, Record, seal};
use platform::{Part, Preset, Sharing};
use policy::{Identity, Operation, Permit};
use protocol::http::Response;
use protocol::ledger::{self, Body, Ending, Kept, Provisioned, RecordRef, Taken};
use protocol::message::{Problem, RecordPut};
use protocol::provision::{Provision, ProvisionRequest, What};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::append::{append, settle};
use crate::call::{Denied, permitted, receipt, with_receipt};
use crate::conversation::{Io, Stop};
use crate::internal::json_response;
use crate::ledger::Proposal;
use crate::own::PROVISION_OPERATION;
use crate::perform::{Use, falls_back, intend};
use crate::records::fetch_record;
use crate::refresh::{Why, fresh, hold};
use crate::refusal::Refusal;
use crate::state::Shared;
use contracts_bindings::Class;
use probe::{Probed, probe};
pub(crate) use rotate::rotate;
use statement::{Names, Signed, checked};

/// The field of a connection that requests carry.
pub(crate) const ACCESS_TOKEN: &str = "access_token";
/// Generation of a record that is made.
const FIRST: u64 = 1;

/// Checks, probes, seals and writes. A store is stored only if all of it succeeded.
pub(crate) async fn provision(
    io: &Io,
    shared: &Shared,
    authenticated: policy::Authenticated,
    identity: &Identity,
) -> Result<Response, Denied> {
    let (permit, request, signed, what) = begun(io, shared, authenticated, PROVISION_OPERATION, Names::First, identity).await?;
    match what {
        What::App => app::take(io, shared, permit, &request, signed).await,
        What::Store => store(io, shared, permit, &request, signed, identity).await,
        What::Login => login::take(io, shared, permit, &request, signed, identity).await,
    }
}

/// What was handed over, the permit to take it, and that the owner signed it.
async fn begun(
    io: &Io,
    shared: &Shared,
    authenticated: policy::Authenticated,
    operation: &str,
    names: Names,
    identity: &Identity,
) -> Result<(Permit, ProvisionRequest, Signed, What), Denied> {
    let (request, provision, what) =
        ProvisionRequest::read(&authenticated.request().body).map_err(|_| Refusal::Malformed("provision.form"))?;
    let operation = Operation { name: operation.to_owned(), class: Class::Credential, params: Vec::new() };
    let permit = permitted(io, shared, authenticated, vec![operation], identity).await?;
    let signed = checked(io, shared, &permit, &request, provision, names, identity)?;
    // The host may have stored an earlier provision whose acknowledgement was lost.
    settle(io, shared).await?;
    Ok((permit, request, signed, what))
}

pub(crate) fn no(rule: &str) -> Denied {
    Refusal::NotPermitted(rule.to_owned()).into()
}

async fn store(
    io: &Io,
    shared: &Shared,
    permit: Permit,
    request: &ProvisionRequest,
    signed: Signed,
    identity: &Identity,
) -> Result<Response, Denied> {
    let plan = Plan::of(shared, &permit, request, signed)?;
    let taken = match plan.fields {
        // A token that is good for good is probed before it is kept.
        Some(fields) if plan.app.is_none() && plan.preset.grant(&fields).is_none() => Credential::InHand(fields),
        Some(fields) => {
            take(io, shared, &permit, request, &plan.binding, plan.app, plan.preset, fields).await?;
            Credential::Kept
        }
        None => Credential::Kept,
    };
    let (mut records, mut flight) = (Vec::new(), None);
    if let Credential::Kept = taken {
        fresh(io, shared, &plan.binding.connection, Why::Expired).await?;
        // From here on nothing refreshes it, so that its generation is the one that is probed, until the store is bound.
        flight = Some(hold(io, shared, &plan.binding.connection).await?);
        settle(io, shared).await?;
        if falls_back(shared, &plan.binding.connection)? {
            return Err(Refusal::Upstream("refresh.later").into());
        }
        records.push(fetch_record(io, shared, &plan.binding.connection).await?);
        if let Some(app) = &plan.app {
            records.push(fetch_record(io, shared, app).await?);
        }
    }
    let generation = records.first().map_or(0, |(generation, _)| *generation);
    let (intent, permit) = intend(io, shared, permit, plan.binding.connection, generation, identity).await?;
    let use_it = Use { shared, io, intent: &intent, retried: Vec::new() };
    let permit = match permit {
        Ok(permit) => permit,
        Err(refusal) => return Err(use_it.ended(Ending::Failed, refusal).await?),
    };
    let Plan { preset, id, binding, signed, .. } = plan;
    let Probed { ending, fields, renamed, .. } =
        probe(&use_it, &permit, preset, &signed.provision.connection, &binding, taken, records).await?;
    let response = bind(&use_it, request, Bound { id, binding, signed, fields, renamed, ending }).await;
    drop(flight);
    response
}

/// Where the credential is that a store is probed with.
pub(crate) enum Credential {
    /// Handed over just now.
    InHand(Fields),
    /// In a record.
    Kept,
}

/// What a store's provision comes to.
struct Plan {
    preset: Preset,
    /// Record id of the binding.
    id: [u8; 32],
    binding: Binding,
    app: Option<[u8; 32]>,
    /// The connection's, if it is made now.
    fields: Option<Fields>,
    signed: Signed,
}

impl Plan {
    fn of(shared: &Shared, permit: &Permit, request: &ProvisionRequest, signed: Signed) -> Result<Self, Denied> {
        let Signed { provision, preset, selector, .. } = &signed;
        let preset = preset.ok_or_else(|| no("provision.preset"))?;
        let Provision { owner, store, host, account, .. } = provision;
        if permit.authenticated().salt().is_zero() || provision.connection.is_zero() {
            return Err(no("provision.store"));
        }
        if preset.check_selector(selector).is_err() {
            return Err(no("provision.selector"));
        }
        let mut state = shared.state();
        let serving = state.serving()?;
        let fold = &serving.ledger.fold;
        let id = serving.keys.record_id(Kind::Binding, store.as_slice());
        if fold.generation(&id).is_some() {
            return Err(no("store.provisioned"));
        }
        let connection = credential::connection_id(&serving.keys, owner, &provision.connection);
        let fields = request.with_secret(|bytes| match (bytes.is_empty(), fold.connections.of(&connection)) {
            (false, None) => match Fields::read(bytes) {
                Some((fields, [])) => Ok(Some(fields)),
                _ => Err(no("provision.fields")),
            },
            // Never overwritten: a connection that is there is bound without its fields.
            (false, Some(_)) => Err(no("connection.provisioned")),
            (true, None) => Err(no("connection.unknown")),
            (true, Some(there)) => {
                let this = (permit.call().origin, permit.call().salt);
                let others = there.stores.iter().any(|store| *store != this);
                match preset.sharing() {
                    _ if there.preset != preset.id() => Err(no("provision.preset")),
                    _ if there.revoked => Err(no("connection.revoked")),
                    Sharing::One | Sharing::SplitOnRefresh if others => Err(no("connection.not_shared")),
                    Sharing::One | Sharing::SplitOnRefresh | Sharing::Shared => Ok(None),
                }
            }
        })?;
        let app = match (&fields, fold.connections.of(&connection)) {
            (None, there) => there.and_then(|connection| connection.app),
            (Some(_), _) if provision.app.is_empty() => None,
            (Some(_), _) => {
                let app = app::record_id(&serving.keys, provision);
                Some(fold.generation(&app).map(|_| app).ok_or_else(|| no("app.unknown"))?)
            }
        };
        if let Some(fields) = &fields {
            check_fields(preset, fields, app.is_some())?;
        }
        let binding = Binding {
            store: *store,
            connection,
            preset: preset.id().to_owned(),
            host: host.clone(),
            account: account.clone(),
            selector: selector.clone(),
        };
        drop(state);
        Ok(Self { preset, id, binding, app, fields, signed })
    }
}

/// Whether a connection may have these fields, and an app or none.
fn check_fields(preset: Preset, fields: &Fields, app: bool) -> Result<(), Denied> {
    preset.check_fields(Part::Connection, fields).map_err(|error| no(error.rule()))?;
    if preset.needs_app(fields) != app && !(app && app::may_have(preset)) {
        return Err(no("provision.app"));
    }
    Ok(())
}

/// Seals a connection that has to be refreshed before it can be probed, or that is of an app: durable before its token is spent.
#[expect(clippy::too_many_arguments, reason = "each is one part of what is written")]
async fn take(
    io: &Io,
    shared: &Shared,
    permit: &Permit,
    request: &ProvisionRequest,
    binding: &Binding,
    app: Option<[u8; 32]>,
    preset: Preset,
    fields: Fields,
) -> Result<(), Denied> {
    let refreshes = preset.grant(&fields).is_some();
    // Whatever access token came with it, the first one that counts is the vault's own.
    let access_expires_at = refreshes.then_some(0);
    let connection = Connection {
        preset: binding.preset.clone(),
        account: binding.account.clone(),
        app,
        fields,
        access_expires_at,
        refresh_expires_at: None,
    };
    let kept = Kept {
        connection: binding.connection.into(),
        preset: binding.preset.clone(),
        host: binding.host.clone(),
        selector: binding.selector.clone(),
        app: app.map(Into::into),
        refreshes,
        access_expires_at,
        refresh_expires_at: None,
    };
    let generation = shared.state().serving()?.ledger.fold.generation(&binding.connection).unwrap_or(0).saturating_add(1);
    let (put, record) = sealed(io, shared, binding.connection, generation, &Record::Connection(connection))?;
    let time = shared.state().time(io.now());
    let entry = Taken {
        version: ledger::VERSION,
        boot_id: shared.boot_id.into(),
        time,
        store: permit.store().0.into(),
        call: permit.authenticated().signed(),
        evidence: permit.evidence(),
        budget: Vec::new(),
        provision: request.provision_abi().to_vec().into(),
        signature: (*request.signature()).into(),
        record,
        kept: Some(kept),
    };
    let proposal = Proposal { body: Body::Taken(Box::new(entry)), time, records: vec![put], reserved: false };
    append(io, shared, proposal, || {}).await.map_err(|stop| match stop {
        // Another conversation made it first.
        Stop(Problem::Ledger) => no("connection.provisioned"),
        stop => stop.into(),
    })?;
    Ok(())
}

fn sealed(io: &Io, shared: &Shared, id: [u8; 32], generation: u64, record: &Record) -> Result<(RecordPut, RecordRef), Stop> {
    let mut state = shared.state();
    let keys = &state.serving()?.keys;
    let sealed = io.rng(|rng| seal(keys, &id, generation, record, rng)).map_err(|_| Stop(Problem::Malformed))?;
    let digest = <[u8; 32]>::from(Sha256::digest(&sealed));
    let reference = RecordRef { id: id.into(), generation, sealed: digest.into() };
    Ok((RecordPut { id: id.into(), generation, sealed: sealed.into() }, reference))
}

/// A store whose account was confirmed.
struct Bound {
    id: [u8; 32],
    binding: Binding,
    signed: Signed,
    /// The connection's, if it is made with the store.
    fields: Option<Fields>,
    /// The connection's next generation, if it is of another account than its owner said when it was handed over.
    renamed: Option<(u64, Connection)>,
    ending: Ending,
}

async fn bind(use_it: &Use<'_>, request: &ProvisionRequest, bound: Bound) -> Result<Response, Denied> {
    let Use { shared, io, intent, .. } = *use_it;
    let Bound { id, binding, signed, fields, renamed, ending } = bound;
    let Binding { store, connection, preset, host, account, selector } = binding.clone();
    let origin = signed.origin;
    let mut made = vec![sealed(io, shared, id, FIRST, &Record::Binding(binding))?];
    if let Some((generation, record)) = renamed {
        made.push(sealed(io, shared, connection, generation, &Record::Connection(record))?);
    }
    let kept = fields.is_some().then(|| Kept {
        connection: connection.into(),
        preset: preset.clone(),
        host: host.clone(),
        selector,
        app: None,
        refreshes: false,
        access_expires_at: None,
        refresh_expires_at: None,
    });
    if let Some(fields) = fields {
        let record =
            Connection { preset, account: account.clone(), app: None, fields, access_expires_at: None, refresh_expires_at: None };
        made.push(sealed(io, shared, connection, FIRST, &Record::Connection(record))?);
    }
    let time = shared.state().time(io.now());
    let (records, references) = made.into_iter().unzip();
    let entry = Provisioned {
        version: ledger::VERSION,
        boot_id: shared.boot_id.into(),
        time,
        intent: intent.index,
        store: store.0.into(),
        provision: request.provision_abi().to_vec().into(),
        signature: (*request.signature()).into(),
        records: references,
        connection: connection.into(),
        origin,
        salt: signed.salt.0.into(),
        kept,
        replaces: None,
    };
    let proposal = Proposal { body: Body::Provision(entry), time, records, reserved: false };
    let entry = match append(io, shared, proposal, || {}).await {
        Ok(entry) => entry,
        // Another conversation made these records while this one asked the platform. The first one stands.
        Err(Stop(Problem::Ledger)) => {
            let refusal = Refusal::NotPermitted("store.provisioned".to_owned());
            return Err(use_it.ended(ending, refusal).await?);
        }
        Err(stop) => return Err(stop.into()),
    };
    let body = json!({ "store": store.to_string(), "host": host, "account": account, "generation": FIRST });
    Ok(with_receipt(json_response(201, &body), Some(&receipt(vec![intent.clone(), entry]))))
}
