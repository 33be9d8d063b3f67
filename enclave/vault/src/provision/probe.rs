//! Asking the platform whose credential it is.

use alloy_primitives::B256;
use credential::{Accounts, App, Binding, Connection, Fields, Leave, OpenedBinding, OpenedConnection, open_app, open_connection};
use minicbor::bytes::ByteVec;
use platform::{Materials, Preset};
use policy::Permit;
use protocol::http::Request;
use protocol::ledger::Ending;

use super::Credential;
use crate::call::Denied;
use crate::conversation::{Egress, Egressed, Stop};
use crate::perform::{Use, accounts, send_before};
use crate::refusal::Refusal;

/// An account that was confirmed.
pub(super) struct Probed {
    pub(super) ending: Ending,
    /// The connection's, if it is not kept yet.
    pub(super) fields: Option<Fields>,
    /// The kept connection's next generation, if it serves this store alone and was handed over under another account's name.
    pub(super) renamed: Option<(u64, Connection)>,
    /// The kept connection, if it keeps its name.
    pub(super) connection: Option<Connection>,
}

/// What the probe is made with.
struct Opened {
    connection: OpenedOrInHand,
    app: Option<App>,
}

enum OpenedOrInHand {
    /// At this generation.
    Opened(u64, OpenedConnection),
    InHand(Fields),
}

impl Opened {
    fn fields(&self) -> &Fields {
        match &self.connection {
            OpenedOrInHand::Opened(_, opened) => &opened.connection().fields,
            OpenedOrInHand::InHand(fields) => fields,
        }
    }

    fn materials<'a>(&'a self, binding: &'a Binding) -> Materials<'a> {
        Materials {
            app: self.app.as_ref().map(|app| &app.fields),
            connection: self.fields(),
            selector: &binding.selector,
            host: &binding.host,
        }
    }
}

/// Sends the preset's probe, and compares the account. `name` is the connection's, and `records`
/// are its own and its app's, if it is kept.
pub(super) async fn probe(
    use_it: &Use<'_>,
    permit: &Permit,
    preset: Preset,
    name: &B256,
    binding: &Binding,
    credential: Credential,
    records: Vec<(u64, ByteVec)>,
) -> Result<Probed, Denied> {
    let Some(opened) = open(use_it, permit, name, binding, credential, records)? else {
        return Err(use_it.ended(Ending::Failed, Refusal::Upstream("request.injection")).await?);
    };
    let Some(request) = prepared(use_it, preset, &opened.materials(binding)) else {
        return Err(use_it.ended(Ending::Failed, Refusal::NotPermitted("provision.secret_form".to_owned())).await?);
    };
    let send_before = send_before(use_it.io, use_it.shared, permit);
    match use_it.io.egress(Egress { request, send_before }).await {
        Egressed::NotSent => Err(use_it.ended(Ending::Failed, Refusal::Upstream("platform.unreachable")).await?),
        Egressed::Unknown => Err(use_it.ended(Ending::Unknown, Refusal::Upstream("outcome_unknown")).await?),
        Egressed::Response(response) => {
            let ending = Ending::Upstream { status: response.status };
            match preset.account(&response, &opened.materials(binding)) {
                Some(account) if account == binding.account => Ok(match opened.connection {
                    OpenedOrInHand::InHand(fields) => Probed { ending, fields: Some(fields), renamed: None, connection: None },
                    OpenedOrInHand::Opened(generation, opened) => {
                        let (renamed, connection) = named(preset, generation, opened, account);
                        Probed { ending, fields: None, renamed, connection }
                    }
                }),
                Some(_) => {
                    let refusal = Refusal::NotPermitted("provision.other_account".to_owned());
                    Err(use_it.ended(ending, refusal).await?)
                }
                None if response.status == 401 || response.status == 403 => {
                    Err(use_it.ended(ending, Refusal::ReauthorizationRequired).await?)
                }
                None => Err(use_it.ended(ending, Refusal::Upstream("probe.answer")).await?),
            }
        }
    }
}

/// Its next generation under the account's name, or itself.
fn named(
    preset: Preset,
    generation: u64,
    opened: OpenedConnection,
    account: String,
) -> (Option<(u64, Connection)>, Option<Connection>) {
    let connection = opened.into_connection();
    let another = accounts(preset) == Accounts::Same && connection.account != account;
    match generation.checked_add(1).filter(|_| another) {
        Some(next) => (Some((next, Connection { account, ..connection })), None),
        None => (None, Some(connection)),
    }
}

fn open(
    use_it: &Use<'_>,
    permit: &Permit,
    name: &B256,
    binding: &Binding,
    credential: Credential,
    records: Vec<(u64, ByteVec)>,
) -> Result<Option<Opened>, Stop> {
    if let Credential::InHand(fields) = credential {
        return Ok(Some(Opened { connection: OpenedOrInHand::InHand(fields), app: None }));
    }
    let mut state = use_it.shared.state();
    let now = state.time(use_it.io.now());
    let keys = &state.serving()?.keys;
    let mut records = records.into_iter();
    let mut open = || {
        let to_be = OpenedBinding::to_be(keys, permit, name, binding.clone(), now).ok()?;
        let (generation, sealed) = records.next()?;
        let opened = open_connection(keys, permit, &to_be, Accounts::Any, generation, &sealed, now).ok()?;
        let app = match records.next() {
            Some((generation, sealed)) => Some(open_app(keys, Leave::Permit(permit), &opened, generation, &sealed, now).ok()?),
            None => None,
        };
        Some(Opened { connection: OpenedOrInHand::Opened(generation, opened), app })
    };
    Ok(open())
}

fn prepared(use_it: &Use<'_>, preset: Preset, materials: &Materials<'_>) -> Option<Request> {
    let now = use_it.shared.state().time(use_it.io.now());
    let mut nonce = [0; 32];
    use_it.io.rng(|rng| rand_core::Rng::fill_bytes(rng, &mut nonce));
    let request = preset.probe_request(materials)?;
    Some(preset.prepare(&request, materials, now, &nonce).ok()?.request)
}
