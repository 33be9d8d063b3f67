//! Taking a store's credential in: unusable until a probe returned the account that its owner named.

use alloy_primitives::B256;
use contracts_bindings::Class;
use credential::{Binding, Connection, Field, Fields, Kind, Record, Secret, seal};
use platform::Preset;
use policy::{Identity, Operation, Permit, signer};
use protocol::http::Response;
use protocol::ledger::{self, Body, Ending, Provisioned, RecordRef};
use protocol::message::{Problem, RecordPut};
use protocol::provision::{Provision, ProvisionRequest, digest};
use protocol::{call, provision as format};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::append::{append, settle};
use crate::call::{Denied, permitted, receipt, with_receipt};
use crate::conversation::{Egress, Egressed, Io, Stop};
use crate::internal::json_response;
use crate::ledger::Proposal;
use crate::perform::{Use, egress_allowed, intend, send_before};
use crate::refusal::Refusal;
use crate::state::Shared;

/// The operation that a policy grants.
const OPERATION: &str = "vault.provision";
/// The field of a connection that requests carry.
pub(crate) const ACCESS_TOKEN: &str = "access_token";
/// Generation of a record that is made.
const FIRST: u64 = 1;

/// Checks, probes, seals and writes. Nothing is stored unless all of it succeeded.
pub(crate) async fn provision(
    io: &Io,
    shared: &Shared,
    authenticated: policy::Authenticated,
    identity: &Identity,
) -> Result<Response, Denied> {
    let (request, provision) =
        ProvisionRequest::read(&authenticated.request().body).map_err(|_| Refusal::Malformed("provision.form"))?;
    let operation = Operation { name: OPERATION.to_owned(), class: Class::Credential, params: Vec::new() };
    let permit = permitted(io, shared, authenticated, vec![operation], identity).await?;
    let (preset, secret) = checked(io, shared, &permit, &request, &provision, identity)?;
    // The host may have stored an earlier provision whose acknowledgement was lost.
    settle(io, shared).await?;
    let (binding_id, connection_id) = {
        let mut state = shared.state();
        let serving = state.serving()?;
        let ids = [Kind::Binding, Kind::Connection].map(|kind| serving.keys.record_id(kind, provision.store.as_slice()));
        if ids.iter().any(|id| serving.ledger.fold.generation(id).is_some()) {
            return Err(Refusal::NotPermitted("store.provisioned".to_owned()).into());
        }
        let [binding, connection] = ids;
        (binding, connection)
    };
    let (intent, permit) = intend(io, shared, permit, binding_id, 0, identity).await?;
    let use_it = Use { shared, io, intent: &intent };
    let permit = match permit {
        Ok(permit) => permit,
        Err(refusal) => return Err(use_it.ended(Ending::Failed, refusal).await?),
    };
    let probed = probe(&use_it, &permit, preset, &provision, &secret).await?;

    let Provision { store, host, account, preset: preset_id, .. } = provision.clone();
    let binding = Binding {
        store,
        connection: connection_id,
        preset: preset_id.clone(),
        host: host.clone(),
        account: account.clone(),
        selector: Vec::new(),
    };
    let fields = Fields::new(vec![(ACCESS_TOKEN.to_owned(), Field::Secret(secret))]).map_err(|_| Stop(Problem::Malformed))?;
    let connection = Connection {
        preset: preset_id,
        account: account.clone(),
        app: None,
        fields,
        access_expires_at: None,
        refresh_expires_at: None,
    };
    let sealed = {
        let mut state = shared.state();
        let keys = &state.serving()?.keys;
        let records = [(binding_id, Record::Binding(binding)), (connection_id, Record::Connection(connection))];
        records
            .iter()
            .map(|(id, record)| {
                let sealed = io.rng(|rng| seal(keys, id, FIRST, record, rng)).map_err(|_| Stop(Problem::Malformed))?;
                Ok(RecordPut { id: (*id).into(), generation: FIRST, sealed: sealed.into() })
            })
            .collect::<Result<Vec<_>, Stop>>()?
    };
    let time = shared.state().time(io.now());
    let entry = Provisioned {
        version: ledger::VERSION,
        boot_id: shared.boot_id.into(),
        time,
        intent: intent.index,
        store: store.0.into(),
        provision: request.provision_abi().to_vec().into(),
        signature: (*request.signature()).into(),
        records: sealed
            .iter()
            .map(|put| RecordRef {
                id: put.id,
                generation: put.generation,
                sealed: <[u8; 32]>::from(Sha256::digest(&*put.sealed)).into(),
            })
            .collect(),
    };
    let proposal = Proposal { body: Body::Provision(entry), time, records: sealed, reserved: false };
    let entry = match append(io, shared, proposal, || {}).await {
        Ok(entry) => entry,
        // Another conversation made these records while this one asked the platform. The first one stands.
        Err(Stop(Problem::Ledger)) => {
            let refusal = Refusal::NotPermitted("store.provisioned".to_owned());
            return Err(use_it.ended(probed, refusal).await?);
        }
        Err(stop) => return Err(stop.into()),
    };
    let body = json!({ "store": store.to_string(), "host": host, "account": account, "generation": FIRST });
    Ok(with_receipt(json_response(201, &body), Some(&receipt(vec![intent, entry]))))
}

/// Everything that the owner signed must be what the chain says and what the request brought.
fn checked(
    io: &Io,
    shared: &Shared,
    permit: &Permit,
    request: &ProvisionRequest,
    provision: &Provision,
    identity: &Identity,
) -> Result<(Preset, Secret), Denied> {
    let Provision {
        owner,
        portfolio,
        store,
        policy,
        policyCodeHash,
        preset,
        host,
        account,
        generation,
        // Compared with the secret when the request was read.
        secretHash: _,
        expiresAt,
        enclave,
    } = provision;
    let no = |rule: &str| Denied::from(Refusal::NotPermitted(rule.to_owned()));
    let seconds = shared.state().time(io.now()).checked_div(1_000).unwrap_or(0);
    let domain = call::domain(identity.chain_id, identity.registry, identity.vault_id);
    let signed_by = signer(&digest(provision, &domain), request.signature()).map_err(|_| no("provision.signature"))?;
    let subject = permit.subject();
    if signed_by != *owner || subject.owner != *owner {
        return Err(no("provision.owner"));
    }
    if subject.portfolio != *portfolio || permit.store() != *store || permit.authenticated().salt().is_zero() {
        return Err(no("provision.store"));
    }
    // The policy is the one that the registry asked just now: its code ran.
    if !permit.called().contains(&(*policy, *policyCodeHash)) || *policy == identity.registry {
        return Err(no("provision.policy"));
    }
    if *enclave != B256::from(identity.enclave) || *expiresAt <= seconds {
        return Err(no("provision.expired"));
    }
    if *generation != FIRST {
        return Err(no("provision.generation"));
    }
    let preset = Preset::of_id(preset).ok_or_else(|| no("provision.preset"))?;
    if !preset.host_allowed(host) || host == format::HOST || !egress_allowed(shared, host)? {
        return Err(no("provision.host"));
    }
    if account.is_empty() || account.len() > 255 {
        return Err(no("provision.account"));
    }
    let secret = request.with_secret(Secret::new).map_err(|_| no("provision.secret_length"))?;
    Ok((preset, secret))
}

/// Asks the platform whose secret it is. Returns how that ended, if it is the right account's.
async fn probe(
    use_it: &Use<'_>,
    permit: &Permit,
    preset: Preset,
    provision: &Provision,
    secret: &Secret,
) -> Result<Ending, Denied> {
    let outgoing = preset
        .probe(&provision.host)
        .and_then(|request| preset.inject(&request, &provision.host, secret).ok())
        .zip(preset.redactor(&provision.host, secret).ok());
    let Some((request, _)) = outgoing else {
        return Err(use_it.ended(Ending::Failed, Refusal::NotPermitted("provision.secret_form".to_owned())).await?);
    };
    let send_before = send_before(use_it.io, use_it.shared, permit);
    match use_it.io.egress(Egress { request, send_before }).await {
        Egressed::NotSent => Err(use_it.ended(Ending::Failed, Refusal::Upstream("platform.unreachable")).await?),
        Egressed::Unknown => Err(use_it.ended(Ending::Unknown, Refusal::Upstream("outcome_unknown")).await?),
        Egressed::Response(response) => {
            let ending = Ending::Upstream { status: response.status };
            match preset.probe_account(&response) {
                Some(account) if account == provision.account => Ok(ending),
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
