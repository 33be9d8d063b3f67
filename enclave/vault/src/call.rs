//! A call, from the sealed request to the sealed answer.

use alloy_primitives::B256;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use platform::Preset;
use policy::{
    AgentError, AuthenticateError, Authenticated, Authentication, Claimed, Confirming, Identity, Incoming, Operation, Permit,
    ProveError, Proven, Proving, Unverified, Wanted, authenticate, confirm, decide, prove,
};
use protocol::ledger::{self, Body, Evidence, Receipt, ReceiptEntry, Refused, SignedCallEntry};
use protocol::message::{Answer, Problem};
use protocol::{cbor, http, provision};

use crate::append::append;
use crate::conversation::{Io, Stop};
use crate::ledger::Proposal;
use crate::quota::Known;
use crate::refusal::{OUTCOME, RECEIPT, Refusal};
use crate::serving::Serving;
use crate::state::Shared;
use crate::views::{Fetched, Lacking};
use crate::{internal, perform};

/// Characters of a receipt in one header; a longer receipt continues in the next of the same name.
const RECEIPT_CHUNK: usize = 8_000;

/// Why a call ends without the platform's answer.
#[derive(Debug)]
pub(crate) enum Denied {
    /// The caller is told, inside the sealed response, with a proof if there is one.
    Refused(Refusal, Option<Box<Receipt>>),
    /// The conversation ends: it is the host's doing.
    Stopped(Stop),
}

impl From<Stop> for Denied {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal, None)
    }
}

/// Answers an encapsulated request. What can be opened is answered sealed, refusals too; all of it is padded.
pub(crate) async fn call(io: &Io, shared: &Shared, message: &[u8]) -> Result<Answer, Stop> {
    let (opened, enclave) = {
        let mut state = shared.state();
        let now = state.time(io.now());
        let serving = state.serving()?;
        if !serving.ready {
            return Err(Stop(Problem::Phase));
        }
        // Here too, so that a host that keeps ticks from ending can't lengthen a key's life.
        io.rng(|rng| serving.rotate(now, rng));
        serving.open(message)?
    };
    let response = match answer(io, shared, &opened.plaintext, opened.enc, enclave).await {
        Ok(response) => response,
        Err(Denied::Refused(refusal, receipt)) => with_receipt(refusal.response(), receipt.as_deref()),
        Err(Denied::Stopped(stop)) => return Err(stop),
    };
    let busy = Stop(Problem::Busy);
    let padded = response.encode_padded().map_err(|_| busy)?;
    let sealed = io.rng(|rng| opened.response.seal(&padded, rng)).map_err(|_| busy)?;
    Ok(Answer::Response(sealed.into()))
}

async fn answer(io: &Io, shared: &Shared, plaintext: &[u8], enc: [u8; 65], enclave: [u8; 32]) -> Result<http::Response, Denied> {
    let request = http::Request::decode(plaintext).map_err(|_| Refusal::Malformed("request.form"))?;
    let (identity, authentication) = {
        let mut state = shared.state();
        let identity = state.configured()?.identity(shared.image, enclave);
        let now = state.time(io.now());
        let serving = state.serving()?;
        let authentication = authenticate(Unverified::new(Incoming { request, enc }), &identity, now, &mut serving.replay);
        (identity, authentication.map_err(unauthenticated)?)
    };
    let authenticated = match authentication {
        Authentication::Authenticated(authenticated) => authenticated,
        Authentication::Claimed(claimed) => confirmed(io, shared, claimed, &identity).await?,
    };
    let about = About::of(&authenticated, &identity);
    match permitted_and_done(io, shared, authenticated, &identity).await {
        // Whatever is refused to somebody who is known is written down, and proven to have been.
        Err(Denied::Refused(refusal, None)) => Err(refused(io, shared, about, refusal, None).await?),
        other => other,
    }
}

async fn permitted_and_done(
    io: &Io,
    shared: &Shared,
    authenticated: Authenticated,
    identity: &Identity,
) -> Result<http::Response, Denied> {
    if authenticated.request().authority == provision::HOST {
        return internal::answer(io, shared, authenticated, identity).await;
    }
    if let Some(mut answer) = platform::own_token_answer(authenticated.request()) {
        // An SDK that asks its platform for a token gets a placeholder; the token that is used is the vault's.
        answer.headers.push((OUTCOME.to_owned(), b"vault".to_vec()));
        return Ok(answer);
    }
    let (preset, operations) = named(&authenticated)?;
    let permit = permitted(io, shared, authenticated, operations, identity).await?;
    // A projection is a narrower view of the response. Under one that the preset does not have nothing is asked of the platform.
    if !preset.has_view(permit.operations(), permit.projection()) {
        return Err(Refusal::NotPermitted("projection.unknown".to_owned()).into());
    }
    perform::perform(io, shared, permit, preset, identity).await
}

/// Asks the contract that calls whether it signed. Until it did, nothing is written down.
async fn confirmed(io: &Io, shared: &Shared, mut claimed: Claimed, identity: &Identity) -> Result<Authenticated, Denied> {
    let pair = match shared.state().fresh(io.now()) {
        Ok(pair) => pair,
        Err(Stop(Problem::StaleChain)) => return Err(Refusal::StaleChain.into()),
        Err(stop) => return Err(stop.into()),
    };
    let mut lacking = Lacking::default();
    loop {
        let confirming = pair.with(|finalized, attested| confirm(claimed, identity, finalized, attested, &shared.machine));
        match confirming {
            Confirming::Confirmed(confirmed) => {
                let mut state = shared.state();
                let now = state.time(io.now());
                return Ok(confirmed.take(now, &mut state.serving()?.replay).map_err(unauthenticated)?);
            }
            Confirming::Refused(error) => return Err(Refusal::Unauthenticated(error.rule()).into()),
            Confirming::Missing { claimed: back, finalized, attested } => {
                claimed = back;
                if lacking.fetch(io, shared, &pair, &finalized, &attested).await? == Fetched::Unproven {
                    return Err(Refusal::Unproven.into());
                }
            }
        }
    }
}

fn unauthenticated(error: AuthenticateError) -> Refusal {
    match error {
        AuthenticateError::Call(_) => Refusal::Malformed("call.form"),
        AuthenticateError::Evidence => Refusal::Malformed("call.evidence"),
        AuthenticateError::Window => Refusal::Unauthenticated("call.window"),
        AuthenticateError::NotYet => Refusal::Unauthenticated("call.not_yet"),
        AuthenticateError::Expired => Refusal::Unauthenticated("call.expired"),
        AuthenticateError::Signature(_) | AuthenticateError::WrongSigner => Refusal::Unauthenticated("call.signature"),
        AuthenticateError::Account(error) => Refusal::Unauthenticated(error.rule()),
        AuthenticateError::Agent(AgentError::Key | AgentError::Signature) => Refusal::Unauthenticated("agent.signature"),
        AuthenticateError::Agent(AgentError::NotYet) => Refusal::Unauthenticated("delegation.not_yet"),
        AuthenticateError::Agent(AgentError::Expired) => Refusal::Unauthenticated("delegation.expired"),
        AuthenticateError::Replayed => Refusal::Unauthenticated("call.replayed"),
        AuthenticateError::Busy => Refusal::Busy,
    }
}

/// What the request does, by the preset of its host and path. Whether the store has that host, and is of that preset, is looked at once the call is permitted, so that
/// nobody learns which stores there are.
fn named(authenticated: &Authenticated) -> Result<(Preset, Vec<Operation>), Refusal> {
    named_request(authenticated.request())
}

/// The same for a request that nobody signed.
pub(crate) fn named_request(request: &http::Request) -> Result<(Preset, Vec<Operation>), Refusal> {
    let preset = Preset::of_request(request).ok_or(Refusal::UnknownOperation("host.unknown"))?;
    let operations = preset.name(request, &request.authority).map_err(|error| Refusal::UnknownOperation(error.rule()))?;
    Ok((preset, operations))
}

/// Asks the contract, at both heads, for every operation. A refusal is written to the ledger.
pub(crate) async fn permitted(
    io: &Io,
    shared: &Shared,
    authenticated: Authenticated,
    operations: Vec<Operation>,
    identity: &Identity,
) -> Result<Permit, Denied> {
    match asked(io, shared, authenticated, operations, identity).await? {
        Asked::Permitted(permit) => Ok(*permit),
        Asked::Refused { authenticated, refusal, evidence } => {
            let about = About::of(&authenticated, identity);
            Err(refused(io, shared, about, refusal, evidence.map(|evidence| *evidence)).await?)
        }
    }
}

/// What the contract said.
pub(crate) enum Asked {
    Permitted(Box<Permit>),
    Refused { authenticated: Box<Authenticated>, refusal: Refusal, evidence: Option<Box<Evidence>> },
}

/// Asks the contract, without writing anything.
pub(crate) async fn asked(
    io: &Io,
    shared: &Shared,
    authenticated: Authenticated,
    operations: Vec<Operation>,
    identity: &Identity,
) -> Result<Asked, Stop> {
    let store = store_of(&authenticated, identity);
    Ok(match answered(io, shared, authenticated, operations, identity).await? {
        Answered::None { authenticated, refusal } => Asked::Refused { authenticated, refusal, evidence: None },
        Answered::Proven(proven) => {
            let read = proven.touched().clone();
            let decided = decided(io, shared, *proven)?;
            shared.state().remember(store.0, decided.is_ok(), &read)?;
            match decided {
                Ok(permit) => Asked::Permitted(Box::new(permit)),
                Err(policy::Refused { authenticated, rule, evidence }) => Asked::Refused {
                    authenticated: Box::new(authenticated),
                    refusal: Refusal::NotPermitted(rule),
                    evidence: Some(Box::new(evidence)),
                },
            }
        }
    })
}

/// What the contract answered, before it is a decision.
pub(crate) enum Answered {
    Proven(Box<Proven>),
    /// There is no answer.
    None {
        authenticated: Box<Authenticated>,
        refusal: Refusal,
    },
}

/// The decision that an answer is, here and now.
pub(crate) fn decided(io: &Io, shared: &Shared, proven: Proven) -> Result<Result<Permit, policy::Refused>, Stop> {
    let state = shared.state();
    let life = state.configured()?.settings.permit_life.saturating_mul(1_000);
    Ok(decide(proven, life, state.time(io.now())))
}

/// Asks the contract at both heads, for all operations, until everything that it reads is proven.
pub(crate) async fn answered(
    io: &Io,
    shared: &Shared,
    mut authenticated: Authenticated,
    operations: Vec<Operation>,
    identity: &Identity,
) -> Result<Answered, Stop> {
    let none = |authenticated, refusal| Answered::None { authenticated: Box::new(authenticated), refusal };
    // The permit's life counts from here, where the heads were young enough, however long the host takes to prove their state.
    let (pair, asked_at) = {
        let state = shared.state();
        match state.fresh(io.now()) {
            Ok(pair) => (pair, state.time(io.now())),
            Err(Stop(Problem::StaleChain)) => return Ok(none(authenticated, Refusal::StaleChain)),
            Err(stop) => return Err(stop),
        }
    };
    let store = store_of(&authenticated, identity);
    let mut lacking = Lacking::with(shared.state().views.touched.of(&store));
    let mut read = Wanted::default();
    loop {
        let proving = pair.with(|finalized, attested| {
            prove(authenticated, operations.clone(), identity, finalized, attested, &shared.machine, asked_at)
        });
        match proving {
            Proving::Missing { authenticated: back, finalized, attested } => {
                authenticated = back;
                read.merge(&finalized.needed);
                read.merge(&attested.needed);
                if lacking.fetch(io, shared, &pair, &finalized, &attested).await? == Fetched::Unproven {
                    // The host is told of it at every status, until a block is final that came after this.
                    shared.state().remember(store.0, false, &read)?;
                    return Ok(none(authenticated, Refusal::Unproven));
                }
            }
            Proving::Failed { authenticated, error } => {
                let refusal = match error {
                    ProveError::StaleChain => Refusal::StaleChain,
                    other => Refusal::NotPermitted(other.rule().to_owned()),
                };
                return Ok(none(authenticated, refusal));
            }
            Proving::Proven(proven) => return Ok(Answered::Proven(proven)),
        }
    }
}

/// Which call a refusal is about.
struct About {
    call: SignedCallEntry,
    store: B256,
    caller: Known,
}

impl About {
    fn of(authenticated: &Authenticated, identity: &Identity) -> Self {
        let caller = (authenticated.origin(), authenticated.caller());
        Self { call: authenticated.signed(), store: store_of(authenticated, identity), caller }
    }
}

/// Writes a refusal to the ledger and makes the answer that proves it. Past a quota the answer comes without a proof.
async fn refused(io: &Io, shared: &Shared, about: About, refusal: Refusal, evidence: Option<Evidence>) -> Result<Denied, Stop> {
    let time = {
        let mut state = shared.state();
        let time = state.time(io.now());
        let Serving { replay, refusals, .. } = state.serving()?;
        let (portfolio, caller) = about.caller;
        let known = replay.knows(portfolio, caller).then_some(about.caller);
        if !refusals.takes(known, time.checked_div(1_000).unwrap_or(0)) {
            return Ok(Denied::Refused(refusal, None));
        }
        time
    };
    let body = Refused {
        version: ledger::VERSION,
        boot_id: shared.boot_id.into(),
        time,
        store: about.store.0.into(),
        call: about.call,
        refusal: refusal.name().to_owned(),
        rule: refusal.rule().to_owned(),
        evidence,
    };
    let proposal = Proposal { body: Body::Refusal(body), time, records: Vec::new(), reserved: false };
    let entry = append(io, shared, proposal, || {}).await?;
    Ok(Denied::Refused(refusal, Some(Box::new(receipt(vec![entry])))))
}

/// The store that a call names.
pub(crate) fn store_of(authenticated: &Authenticated, identity: &Identity) -> B256 {
    contracts_bindings::store_id(identity.chain_id, identity.registry, authenticated.origin(), authenticated.salt())
}

/// A receipt of these entries.
pub(crate) fn receipt(entries: Vec<ReceiptEntry>) -> Receipt {
    Receipt { version: ledger::VERSION, entries }
}

/// Adds a receipt to an inner response.
pub(crate) fn with_receipt(mut response: http::Response, receipt: Option<&Receipt>) -> http::Response {
    if let Some(receipt) = receipt {
        let text = STANDARD.encode(cbor::encode(receipt)).into_bytes();
        response.headers.extend(text.chunks(RECEIPT_CHUNK).map(|chunk| (RECEIPT.to_owned(), chunk.to_vec())));
    }
    response
}
