//! Sealing a code, or user name and password, to a recipient.

use alloy_primitives::{B256, keccak256};
use contracts_bindings::Class;
use contracts_bindings::registry::Param;
use credential::{Accounts, Fields, Kind, LOGIN, OpenedBinding, binding_name, open_binding, open_connection};
use minicbor::bytes::ByteVec;
use policy::{Authenticated, Identity, Operation, Permit};
use protocol::cbor;
use protocol::http::Response;
use protocol::ledger::Ending;
use protocol::message::Problem;
use protocol::release::{About, RECIPIENT, is_recipient, recipient_id, seal};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::fields::{PASSWORD, USERNAME, origins, totp, with_codes};
use crate::append::settle;
use crate::call::{Denied, permitted, with_receipt};
use crate::conversation::{Io, Stop};
use crate::own::{EXPORT_OPERATION, OTP_OPERATION};
use crate::perform::{Use, intend, serves};
use crate::records::{fetch_record, record};
use crate::refresh::hold;
use crate::refusal::{OUTCOME, Refusal};
use crate::state::Shared;

/// Parameter by which a contract tells recipients apart: their id, `0x` and lower-case hex, as a text.
const RECIPIENT_PARAM: &str = "recipient";
/// Seconds between two codes that are good once each: as between two by the time.
const STEP: u64 = 30;
/// Bytes of a login that is released, at most: a buffer that grew would leave copies behind.
const RELEASED: usize = 32 << 10;

/// What is released.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// One code of one time step, or the next of those that are good once each.
    Code,
    /// User name and password.
    Login,
}

impl Wanted {
    const fn operation(self) -> &'static str {
        match self {
            Self::Code => OTP_OPERATION,
            Self::Login => EXPORT_OPERATION,
        }
    }
}

/// Asks the contract, writes the intent, and seals. Both operations are EXPORT: no class of them can be granted, and the registry opens
/// each for one store and a time only.
pub(crate) async fn release(
    io: &Io,
    shared: &Shared,
    authenticated: Authenticated,
    wanted: Wanted,
    identity: &Identity,
) -> Result<Response, Denied> {
    let key = <[u8; RECIPIENT]>::try_from(authenticated.request().body.as_slice())
        .ok()
        .filter(|key| is_recipient(key))
        .ok_or(Refusal::Malformed("recipient.form"))?;
    let recipient = recipient_id(&key);
    if authenticated.call().recipient != recipient {
        return Err(Refusal::Malformed("recipient.hash").into());
    }
    let param = Param { name: keccak256(RECIPIENT_PARAM), value: keccak256(recipient.to_string()) };
    let operation = Operation { name: wanted.operation().to_owned(), class: Class::Export, params: vec![param] };
    let permit = permitted(io, shared, authenticated, vec![operation], identity).await?;
    let (_, bound, sealed) = record(io, shared, Kind::Binding, &binding_name(&permit.store(), LOGIN)).await?;
    let binding = {
        let mut state = shared.state();
        let now = state.time(io.now());
        let keys = &state.serving()?.keys;
        open_binding(keys, &permit, LOGIN, bound, &sealed, now).map_err(|_| Stop(Problem::Supply))?
    };
    let id = binding.binding().connection;
    if !serves(shared, &permit, &id)? {
        return Err(Refusal::NotPermitted("connection.revoked".to_owned()).into());
    }
    // One release of a login at a time: what is judged now is still so when it is written.
    let _flight = hold(io, shared, &id).await?;
    settle(io, shared).await?;
    let login = fetch_record(io, shared, &id).await?;
    may(io, shared, &permit, &binding, &login, wanted)??;
    let (intent, permit) = intend(io, shared, permit, id, login.0, identity).await?;
    let use_it = Use { shared, io, intent: &intent, retried: Vec::new() };
    let permit = match permit {
        Ok(permit) => permit,
        Err(refusal) => return Err(use_it.ended(Ending::Failed, refusal).await?),
    };
    if !serves(shared, &permit, &id)? {
        return Err(use_it.ended(Ending::Failed, Refusal::NotPermitted("connection.revoked".to_owned())).await?);
    }
    let plain = opened(io, shared, &permit, &binding, &login, |fields| match wanted {
        Wanted::Code => code(shared, &id, fields),
        Wanted::Login => credentials(fields),
    });
    let Some(plain) = plain?.flatten() else {
        return Err(use_it.ended(Ending::Failed, Refusal::Upstream("login.release")).await?);
    };
    let call = B256::from(*permit.authenticated().signed().digest);
    let about = About { vault: identity.vault_id, store: permit.store(), operation: wanted.operation(), call };
    let released = io.rng(|rng| seal(&key, &about, &plain, rng)).map_err(|_| Stop(Problem::Malformed))?;
    let response = Response {
        status: 200,
        headers: vec![("content-type".to_owned(), b"application/cbor".to_vec()), (OUTCOME.to_owned(), b"vault".to_vec())],
        body: cbor::encode(&released),
    };
    let receipt = use_it.outcome(Ending::Done, Sha256::digest(&response.body).into()).await?;
    Ok(with_receipt(response, Some(&receipt)))
}

/// Lends a login's fields under the permit; `None` if it does not open.
fn opened<R>(
    io: &Io,
    shared: &Shared,
    permit: &Permit,
    binding: &OpenedBinding,
    (generation, sealed): &(u64, ByteVec),
    use_it: impl FnOnce(&Fields) -> R,
) -> Result<Option<R>, Stop> {
    let opened = {
        let mut state = shared.state();
        let now = state.time(io.now());
        let keys = &state.serving()?.keys;
        open_connection(keys, permit, binding, Accounts::Same, *generation, sealed, now).ok()
    };
    Ok(opened.map(|opened| use_it(&opened.connection().fields)))
}

/// Whether it can be given now. What can't be is refused before anything is written down.
fn may(
    io: &Io,
    shared: &Shared,
    permit: &Permit,
    binding: &OpenedBinding,
    login: &(u64, ByteVec),
    wanted: Wanted,
) -> Result<Result<(), Refusal>, Stop> {
    if wanted == Wanted::Login {
        return Ok(Ok(()));
    }
    let (now, at, given) = {
        let mut state = shared.state();
        let now = state.time(io.now()).checked_div(1_000).unwrap_or(0);
        let connections = &state.serving()?.ledger.fold.connections;
        let of = connections.of(&binding.binding().connection);
        (now, of.map_or(0, |login| login.coded_at).checked_div(1_000).unwrap_or(0), of.map_or(0, |login| login.codes))
    };
    let judged =
        opened(io, shared, permit, binding, login, |fields| match (totp(fields), with_codes(fields, |codes| codes.len())) {
            (Some(totp), _) if at != 0 && totp.step(now) <= totp.step(at) => Err("otp.step"),
            (None, Some(codes)) if given >= u64::try_from(codes).unwrap_or(0) => Err("otp.used_up"),
            (None, Some(_)) if at != 0 && now < at.saturating_add(STEP) => Err("otp.step"),
            (None, None) => Err("otp.none"),
            (Some(_), _) | (None, Some(_)) => Ok(()),
        })?;
    Ok(judged.ok_or(Stop(Problem::Supply))?.map_err(|rule| Refusal::NotPermitted(rule.to_owned())))
}

/// The code of the step in which its intent was written, so that two steps never share one; or the next that is good once.
fn code(shared: &Shared, id: &[u8; 32], fields: &Fields) -> Option<Zeroizing<Vec<u8>>> {
    let (at, given) = {
        let mut state = shared.state();
        let login = state.serving().ok()?.ledger.fold.connections.of(id)?;
        (login.coded_at.checked_div(1_000)?, login.codes)
    };
    let mut out = Zeroizing::new(Vec::with_capacity(RELEASED));
    match totp(fields) {
        Some(totp) => member(&mut out, b"{\"code\":", &totp.code(at))?,
        None => with_codes(fields, |codes| {
            let next = usize::try_from(given.checked_sub(1)?).ok()?;
            member(&mut out, b"{\"recovery_code\":", codes.get(next)?)
        })??,
    }
    out.push(b'}');
    Some(out)
}

fn credentials(fields: &Fields) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(Vec::with_capacity(RELEASED));
    member(&mut out, b"{\"username\":", fields.public(USERNAME)?)?;
    fields.secret(PASSWORD)?.with_secret(|password| {
        let password = core::str::from_utf8(password).ok()?;
        member(&mut out, b",\"password\":", password)
    })?;
    let mut before: &[u8] = b",\"origins\":[";
    for origin in origins(fields)? {
        member(&mut out, before, origin)?;
        before = b",";
    }
    out.extend_from_slice(b"]}");
    Some(out)
}

/// Text in JSON, written to where it is erased.
fn member(out: &mut Zeroizing<Vec<u8>>, before: &[u8], text: &str) -> Option<()> {
    out.extend_from_slice(before);
    serde_json::to_writer(&mut **out, text).ok()
}
