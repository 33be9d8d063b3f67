//! Using a credential under a permit: budget, intent, use, outcome, in that order.

mod attempt;
mod hand_back;
mod retry;

use alloy_primitives::{Address, B256};
use contracts_bindings::registry::Limit;
use credential::{Accounts, Kind, OpenError, OpenedBinding};
use minicbor::bytes::ByteVec;
use platform::{Diagnosis, Prepared, Preset, Sharing};
use policy::{Identity, Permit};
use protocol::http::Response;
use protocol::ledger::{self, Body, Ending, Intent, Outcome, Receipt, ReceiptEntry, Reservation, Retried};
use protocol::message::Problem;

use crate::append::append;
use crate::call::{Asked, Denied, asked, receipt};
use crate::connections::Connection;
use crate::conversation::{Egress, Egressed, Io, Stop};
use crate::ledger::Proposal;
use crate::records::{Found, fetch_record, find_record, record};
use crate::refresh::{Why, fresh};
use crate::refusal::Refusal;
use crate::state::Shared;
use attempt::{again, prepared};
use hand_back::hand_back;
use retry::{Patience, Waiting, once_more};

/// Calls the platform as the permit's caller asked.
pub(crate) async fn perform(
    io: &Io,
    shared: &Shared,
    permit: Permit,
    preset: Preset,
    identity: &Identity,
) -> Result<Response, Denied> {
    let (id, generation, sealed) = record(io, shared, Kind::Binding, permit.store().as_slice()).await?;
    let binding = {
        let mut state = shared.state();
        let now = state.time(io.now());
        let keys = &state.serving()?.keys;
        // It is the bytes that the ledger names: what does not open is of another preset than the host's.
        match credential::open_binding(keys, &permit, preset.id(), generation, &sealed, now) {
            Err(OpenError::Sealed) => return Err(Refusal::NotPermitted("store.host".to_owned()).into()),
            opened => opened.map_err(|_| Stop(Problem::Supply))?,
        }
    };
    let host = permit.authenticated().request().authority.clone();
    if binding.binding().host != host || !egress_allowed(shared, &host)? {
        return Err(Refusal::NotPermitted("store.host".to_owned()).into());
    }
    if !serves(shared, &permit, &binding.binding().connection)? {
        return Err(Refusal::NotPermitted("connection.revoked".to_owned()).into());
    }
    let records = Records::fresh(io, shared, &binding.binding().connection).await?;
    let (intent, permit) = intend(io, shared, permit, id, records.connection.0, identity).await?;
    let use_it = Use { shared, io, intent: &intent, retried: Vec::new() };
    match permit {
        Err(refusal) => Err(use_it.ended(Ending::Failed, refusal).await?),
        Ok(permit) => {
            let call = permit.authenticated();
            shared.state().serving()?.replay.carried_out(call.origin(), call.caller());
            send(use_it, permit, preset, &binding, records, identity).await
        }
    }
}

/// Whether the permit's store may use a connection still.
pub(crate) fn serves(shared: &Shared, permit: &Permit, connection: &[u8; 32]) -> Result<bool, Stop> {
    let store = (permit.call().origin, permit.call().salt);
    let mut state = shared.state();
    Ok(state.serving()?.ledger.fold.connections.of(connection).is_some_and(|connection| connection.serves(&store)))
}

/// Whether nothing of the current generation may be used for now: the token of the one before it is on its way, or may be spent.
pub(crate) fn falls_back(shared: &Shared, connection: &[u8; 32]) -> Result<bool, Stop> {
    let mut state = shared.state();
    Ok(state.serving()?.ledger.fold.connections.of(connection).is_some_and(Connection::falls_back))
}

/// A connection and its app, sealed.
struct Records {
    connection: (u64, ByteVec),
    app: Option<(u64, ByteVec)>,
}

impl Records {
    /// With an access token that a call can be made with. If the host has lost it, it is refreshed from the generation before, once, or its
    /// owner is told.
    async fn fresh(io: &Io, shared: &Shared, connection: &[u8; 32]) -> Result<Self, Denied> {
        fresh(io, shared, connection, Why::Expired).await?;
        let found = match find_record(io, shared, connection).await? {
            Found::Served(generation, sealed) => (generation, sealed),
            Found::Lost(generation) => {
                fresh(io, shared, connection, Why::Lost(generation)).await?;
                fetch_record(io, shared, connection).await?
            }
        };
        Ok(Self::with_app(io, shared, connection, found).await?)
    }

    async fn fetch(io: &Io, shared: &Shared, connection: &[u8; 32]) -> Result<Self, Stop> {
        let found = fetch_record(io, shared, connection).await?;
        Self::with_app(io, shared, connection, found).await
    }

    async fn with_app(io: &Io, shared: &Shared, id: &[u8; 32], connection: (u64, ByteVec)) -> Result<Self, Stop> {
        let app = shared.state().serving()?.ledger.fold.connections.of(id).and_then(|connection| connection.app);
        let app = match app {
            Some(app) => Some(fetch_record(io, shared, &app).await?),
            None => None,
        };
        Ok(Self { connection, app })
    }
}

/// A connection that serves one store is of that store's account.
pub(crate) fn accounts(preset: Preset) -> Accounts {
    match preset.sharing() {
        Sharing::One | Sharing::SplitOnRefresh => Accounts::Same,
        Sharing::Shared => Accounts::Any,
    }
}

/// The settings may narrow where the enclave connects to.
pub(crate) fn egress_allowed(shared: &Shared, host: &str) -> Result<bool, Stop> {
    let egress = &shared.state().configured()?.settings.egress;
    Ok(egress.is_empty() || egress.iter().any(|allowed| allowed == host))
}

/// Reserves the budget, makes the intent durable, and asks the contract again if a newer head came meanwhile.
pub(crate) async fn intend(
    io: &Io,
    shared: &Shared,
    permit: Permit,
    record: [u8; 32],
    generation: u64,
    identity: &Identity,
) -> Result<(ReceiptEntry, Result<Permit, Refusal>), Denied> {
    let time = shared.state().time(io.now());
    let mut reserved = Reserved::of(io, shared, &permit)?;
    let intent = Intent {
        version: ledger::VERSION,
        boot_id: shared.boot_id.into(),
        time,
        store: permit.store().0.into(),
        call: permit.authenticated().signed(),
        evidence: permit.evidence(),
        budget: reserved.budget(),
        record: record.into(),
        generation,
    };
    let proposal = Proposal { body: Body::Intent(intent), time, records: Vec::new(), reserved: true };
    let entry = append(io, shared, proposal, || reserved.keep()).await?;
    Ok((entry, reconfirmed(io, shared, permit, identity).await?))
}

/// A reservation that is given back unless an entry with it was said to the host.
pub(crate) struct Reserved<'a> {
    shared: &'a Shared,
    budget: Option<Vec<Reservation>>,
}

impl<'a> Reserved<'a> {
    /// Reserves every limit of the permit, or none.
    pub(crate) fn of(io: &Io, shared: &'a Shared, permit: &Permit) -> Result<Self, Denied> {
        let mut state = shared.state();
        let seconds = state.time(io.now()).checked_div(1_000).unwrap_or(0);
        let budget = &mut state.serving()?.ledger.fold.budget;
        let reserved = budget.reserve(permit.limits(), seconds).map_err(|_| Refusal::BudgetExhausted)?;
        Ok(Self { shared, budget: Some(reserved) })
    }

    /// What was reserved.
    pub(crate) fn budget(&self) -> Vec<Reservation> {
        self.budget.clone().unwrap_or_default()
    }

    pub(crate) fn keep(&mut self) {
        self.budget = None;
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        if let Some(budget) = self.budget.take()
            && let Ok(serving) = self.shared.state().serving()
        {
            serving.ledger.fold.budget.give_back(&budget);
        }
    }
}

/// The permit, if it is alive and the newest heads still say so.
async fn reconfirmed(io: &Io, shared: &Shared, permit: Permit, identity: &Identity) -> Result<Result<Permit, Refusal>, Stop> {
    let newest = {
        let state = shared.state();
        match state.fresh(io.now()) {
            Ok(pair) => pair,
            Err(_) => return Ok(Err(Refusal::StaleChain)),
        }
    };
    let (finalized, attested) = permit.heads();
    if newest.finalized.head().root() == *finalized.root && newest.attested.head().root() == *attested.root {
        let now = shared.state().time(io.now());
        return Ok(if permit.live(now) { Ok(permit) } else { Err(Refusal::StaleChain) });
    }
    renewed(io, shared, permit, identity).await
}

/// The permit that the newest heads give for the same call now.
async fn renewed(io: &Io, shared: &Shared, permit: Permit, identity: &Identity) -> Result<Result<Permit, Refusal>, Stop> {
    let (operations, decided) = (permit.operations().to_vec(), Decided::by(&permit));
    Ok(match asked(io, shared, permit.into_authenticated(), operations, identity).await? {
        // What was reserved, and written down, is what the newest heads still ask for.
        Asked::Permitted(permit) if Decided::by(&permit) == decided => Ok(*permit),
        Asked::Permitted(_) => Err(Refusal::NotPermitted("decision.changed".to_owned())),
        Asked::Refused { refusal, .. } => Err(refusal),
    })
}

/// What a permit rests on beside its heads: whose store, by which code, under what limits.
#[derive(PartialEq, Eq)]
struct Decided {
    owner: Address,
    portfolio: u64,
    tenure: u32,
    projection: B256,
    called: Vec<(Address, B256)>,
    limits: Vec<(u64, u32, Limit)>,
}

impl Decided {
    fn by(permit: &Permit) -> Self {
        let subject = permit.subject();
        Self {
            owner: subject.owner,
            portfolio: subject.portfolio,
            tenure: subject.tenure,
            projection: permit.projection(),
            called: permit.called().to_vec(),
            limits: permit.limits().iter().map(|(of, limit)| (of.portfolio, of.tenure, limit.clone())).collect(),
        }
    }
}

/// The permit's deadline by the enclave's own clock, which is the sender's and may be behind trusted time.
pub(crate) fn send_before(io: &Io, shared: &Shared, permit: &Permit) -> u64 {
    let now = io.now();
    now.saturating_add(permit.deadline_ms().saturating_sub(shared.state().time(now)))
}

/// A use under way: whatever ends it writes its outcome.
pub(crate) struct Use<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) io: &'a Io,
    pub(crate) intent: &'a ReceiptEntry,
    /// The entries that say that it was tried before, and how that ended.
    pub(crate) retried: Vec<ReceiptEntry>,
}

impl Use<'_> {
    /// Writes how it ended, and returns the proof of both entries.
    pub(crate) async fn outcome(&self, ending: Ending, response: [u8; 32]) -> Result<Receipt, Stop> {
        let time = self.shared.state().time(self.io.now());
        let outcome = Outcome {
            version: ledger::VERSION,
            boot_id: self.shared.boot_id.into(),
            time,
            intent: self.intent.index,
            ending,
            response: response.into(),
        };
        let proposal = Proposal { body: Body::Outcome(outcome), time, records: Vec::new(), reserved: false };
        let entry = append(self.io, self.shared, proposal, || {}).await?;
        let first = core::iter::once(self.intent).chain(&self.retried).cloned();
        Ok(receipt(first.chain([entry]).collect()))
    }

    /// Writes how an attempt ended, and that the call is made once more: one use of one call, in attempts that all stand in the ledger.
    async fn retry(mut self, ending: Ending, generation: u64) -> Result<Self, Stop> {
        let time = self.shared.state().time(self.io.now());
        let entry = Retried {
            version: ledger::VERSION,
            boot_id: self.shared.boot_id.into(),
            time,
            intent: self.intent.index,
            ending,
            generation,
        };
        let proposal = Proposal { body: Body::Retried(entry), time, records: Vec::new(), reserved: false };
        let entry = append(self.io, self.shared, proposal, || {}).await?;
        self.retried.push(entry);
        Ok(self)
    }

    /// Writes how it ended without an answer.
    pub(crate) async fn ended(&self, ending: Ending, refusal: Refusal) -> Result<Denied, Stop> {
        let receipt = self.outcome(ending, [0; 32]).await?;
        Ok(Denied::Refused(refusal, Some(Box::new(receipt))))
    }
}

async fn send(
    mut use_it: Use<'_>,
    mut permit: Permit,
    preset: Preset,
    binding: &OpenedBinding,
    mut records: Records,
    identity: &Identity,
) -> Result<Response, Denied> {
    let connection = binding.binding().connection;
    let mut patience = Patience::of(use_it.io, &permit, preset);
    let (mut refreshed, mut unsent) = (false, Ending::Failed);
    loop {
        let generation = records.connection.0;
        // A revocation ends what waits, for a refresh or for another attempt.
        if !serves(use_it.shared, &permit, &connection)? {
            return Err(use_it.ended(unsent, Refusal::NotPermitted("connection.revoked".to_owned())).await?);
        }
        if falls_back(use_it.shared, &connection)? {
            return Err(use_it.ended(unsent, Refusal::Upstream("refresh.later")).await?);
        }
        let Prepared { request, redactor } = match prepared(&use_it, &permit, preset, binding, records)? {
            Ok(prepared) => prepared,
            Err(refusal) => return Err(use_it.ended(unsent, refusal).await?),
        };
        let send_before = send_before(use_it.io, use_it.shared, &permit);
        let response = match use_it.io.egress(Egress { request, send_before }).await {
            Egressed::NotSent => return Err(use_it.ended(unsent, Refusal::Upstream("platform.unreachable")).await?),
            Egressed::Unknown => return Err(use_it.ended(Ending::Unknown, Refusal::Upstream("outcome_unknown")).await?),
            Egressed::Response(response) => response,
        };
        let ending = Ending::Upstream { status: response.status };
        // A further attempt that is not sent leaves the use as the platform's last answer did: its budget is spent.
        unsent = ending;
        let refused = match preset.diagnose(&response) {
            Some(Diagnosis::Expired | Diagnosis::Revoked) => true,
            Some(Diagnosis::RateLimited { .. } | Diagnosis::BadSignature | Diagnosis::Clock | Diagnosis::Denied) => false,
            None => response.status == 401,
        };
        if refused {
            drop((response, redactor));
            (use_it, permit, records) = again(use_it, permit, binding, generation, ending, refreshed, identity).await?;
            refreshed = true;
            continue;
        }
        if let Some(at) = preset.later(&response).and_then(|later| patience.again_at(use_it.io, &permit, later))
            && let Some(waiting) = Waiting::take(use_it.shared, &permit)?
        {
            drop((response, redactor));
            (use_it, permit, records) =
                once_more(use_it, permit, &connection, ending, &mut patience, (at, waiting), identity).await?;
            continue;
        }
        return hand_back(&use_it, &permit, preset, &redactor, response, &patience).await;
    }
}
