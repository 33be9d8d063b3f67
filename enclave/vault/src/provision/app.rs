//! A developer app: once for all stores of its owner, named by owner, preset and the platform's id of it.

use credential::{App, Fields, Keys, Kind, Record};
use platform::{AppUse, Part, Preset};
use policy::Permit;
use protocol::http::Response;
use protocol::ledger::{self, Body, Taken};
use protocol::message::Problem;
use protocol::provision::{Provision, ProvisionRequest};
use serde_json::json;

use super::statement::Signed;
use super::{FIRST, no, sealed};
use crate::append::append;
use crate::call::{Denied, receipt, with_receipt};
use crate::conversation::{Io, Stop};
use crate::internal::json_response;
use crate::ledger::Proposal;
use crate::perform::Reserved;
use crate::state::Shared;

/// Bytes of an app's id, at most.
const ID: usize = 128;

/// Owner, length of the preset's name, that name, the app's id: nobody's app is another owner's.
pub(super) fn record_id(keys: &Keys, provision: &Provision) -> [u8; 32] {
    let Provision { owner, preset, app, .. } = provision;
    let length = u8::try_from(preset.len()).unwrap_or(u8::MAX);
    keys.record_id(Kind::App, &[owner.as_slice(), &[length], preset.as_bytes(), app.as_bytes()].concat())
}

/// Whether connections of a preset may have an app. None of a preset whose host is the connection's to say may (T71).
pub(super) fn may_have(preset: Preset) -> bool {
    match preset.app_use() {
        AppUse::Always | AppUse::Optional => true,
        AppUse::Never => false,
    }
}

/// Seals it, or its next generation, such as one with a new secret. The first connection that works with it proves it.
pub(super) async fn take(
    io: &Io,
    shared: &Shared,
    permit: Permit,
    request: &ProvisionRequest,
    signed: Signed,
) -> Result<Response, Denied> {
    let Signed { provision, preset, .. } = signed;
    let preset = preset.ok_or_else(|| no("provision.preset"))?;
    if !permit.authenticated().salt().is_zero() || !provision.connection.is_zero() {
        return Err(no("provision.store"));
    }
    if !may_have(preset) || provision.app.is_empty() || provision.app.len() > ID {
        return Err(no("provision.app"));
    }
    let fields = request.with_secret(|bytes| match Fields::read(bytes) {
        Some((fields, [])) => Ok(fields),
        _ => Err(no("provision.fields")),
    })?;
    preset.check_fields(Part::App, &fields).map_err(|error| no(error.rule()))?;
    let (id, generation) = {
        let mut state = shared.state();
        let serving = state.serving()?;
        let id = record_id(&serving.keys, &provision);
        let next = serving.ledger.fold.generation(&id).unwrap_or(0).saturating_add(1);
        match provision.generation {
            named if named == next => (id, next),
            FIRST => return Err(no("app.provisioned")),
            _ => return Err(no("rotate.generation")),
        }
    };
    let (put, record) = sealed(io, shared, id, generation, &Record::App(App { preset: preset.id().to_owned(), fields }))?;
    let mut reserved = Reserved::of(io, shared, &permit)?;
    let time = shared.state().time(io.now());
    if !permit.live(time) {
        return Err(crate::refusal::Refusal::StaleChain.into());
    }
    let entry = Taken {
        version: ledger::VERSION,
        boot_id: shared.boot_id.into(),
        time,
        store: permit.store().0.into(),
        call: permit.authenticated().signed(),
        evidence: permit.evidence(),
        budget: reserved.budget(),
        provision: request.provision_abi().to_vec().into(),
        signature: (*request.signature()).into(),
        record,
        kept: None,
    };
    let proposal = Proposal { body: Body::Taken(Box::new(entry)), time, records: vec![put], reserved: true };
    let entry = append(io, shared, proposal, || reserved.keep()).await.map_err(|stop| match stop {
        // Another conversation made it first.
        Stop(Problem::Ledger) => no("app.provisioned"),
        stop => stop.into(),
    })?;
    let body = json!({ "preset": preset.id(), "app": provision.app, "generation": generation });
    Ok(with_receipt(json_response(201, &body), Some(&receipt(vec![entry]))))
}
