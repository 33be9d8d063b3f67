//! Keeping a connection's tokens good, so that no store is lost.
//!
//! ```text
//! due, expired or refused -> flight (one per connection) -> upkeep proven -> records opened, request made
//!   -> `refreshing` entry durable -> token endpoint, once -> next generation sealed -> `refreshed` entry and record durable -> used
//! ```
//! Whatever ends a conversation in between leaves an answer behind: before the token endpoint was asked, nothing was spent; after it,
//! what came back is sealed and queued in the same step in which it arrived, and written before anything else is. What a process that
//! ended did not hear of is `uncertain`, and only the provider knows better: the same token is handed in again, and its answer decides.
//! If the token had not arrived the store is saved. If it had, its successor is lost whoever asks, and asking again costs nothing more.
//!
//! If the host has lost the current generation, the one before it is refreshed in its place, by the same steps, if its token is not the
//! spent one of another (`older`).

mod alert;
mod ask;
mod older;
mod spending;

use policy::{Standing, Upkeep, Upkeeping, upkeep};
use protocol::ledger::{self, Body, Refreshing, Result as Ended};
use protocol::message::{Answer, Problem};

use crate::append::{append, settle};
use crate::call::Denied;
use crate::connections::{Connection, Phase};
use crate::conversation::{Egress, Io, Stop};
use crate::ledger::Proposal;
use crate::records::{Found, fetch_record, find_record};
use crate::refusal::Refusal;
use crate::state::{Shared, State};
use crate::sync::ROUNDS;
use crate::views::{Fetched, fetch};
use alert::{failing, missing};
use ask::{Asked, ask};
use older::older;
use spending::Spending;

/// Milliseconds that a call waits for another's refresh.
const PATIENCE: u64 = 90_000;
/// Milliseconds after which a connection that could not be kept up is looked at again.
const REST: u64 = 300_000;

/// Why a refresh is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// By the calendar.
    Due,
    /// A call needs an access token.
    Expired,
    /// The platform refused the access token of this generation.
    Refused(u64),
    /// The host lost this generation.
    Lost(u64),
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tried {
    /// The tokens are good, as far as is known.
    Fresh,
    /// The merchant has to authorise anew.
    Reauthorize,
    /// The host does not serve the record. If it stays lost, the merchant has to authorise anew.
    Missing,
    /// Not before these unix milliseconds: the provider, or a failure, says to wait.
    Later(u64),
    /// The connection may not be kept up: image revoked, stores closed, head too old.
    NotKept,
}

/// Nobody else's to refresh a connection: the one refresh of it that is under way, or none. Given back when dropped.
pub(crate) struct Flight<'a> {
    shared: &'a Shared,
    id: [u8; 32],
}

impl<'a> Flight<'a> {
    fn take(shared: &'a Shared, state: &mut State, id: [u8; 32]) -> Result<Option<Self>, Stop> {
        // Lazily: one that is dropped at once would give back the flight of whoever has it, and wait for the state that is held here.
        Ok(state.serving()?.flights.insert(id).then(|| Self { shared, id }))
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        if let Ok(serving) = self.shared.state().serving() {
            serving.flights.remove(&self.id);
        }
    }
}

/// Goes on with the refresh that has been due the longest. Carries no authority: what is due follows from trusted time and the ledger.
pub(crate) async fn keep(io: &Io, shared: &Shared) -> Result<Answer, Stop> {
    if !shared.state().serving.as_ref().is_some_and(|serving| serving.ready) {
        return Err(Stop(Problem::Phase));
    }
    settle(io, shared).await?;
    let flight = {
        let mut state = shared.state();
        let now = state.time(io.now());
        let serving = state.serving()?;
        match serving.ledger.fold.connections.due(now, |id| !serving.flights.contains(id)) {
            Some(id) => {
                // Whoever can't be helped now does not stand in the way of the others.
                serving.ledger.fold.connections.rest(id, now.saturating_add(REST));
                Flight::take(shared, &mut state, id)?
            }
            None => None,
        }
    };
    if let Some(flight) = flight {
        let until = match refresh(io, shared, &flight, Why::Due).await? {
            Tried::Fresh | Tried::Reauthorize => Some(0),
            Tried::Later(until) => Some(until),
            Tried::NotKept | Tried::Missing => None,
        };
        if let Some(until) = until {
            shared.state().serving()?.ledger.fold.connections.rest(flight.id, until);
        }
    }
    let mut state = shared.state();
    let now = state.time(io.now());
    Ok(Answer::Kept { due: state.serving()?.ledger.fold.connections.count_due(now) })
}

/// Makes sure that a call can be made with the connection's access token. Of any number of calls at once, one refreshes.
pub(crate) async fn fresh(io: &Io, shared: &Shared, id: &[u8; 32], why: Why) -> Result<(), Denied> {
    let since = io.now();
    loop {
        let flight = {
            let mut state = shared.state();
            match needed(&mut state, io.now(), id, why)? {
                Needed::No => return Ok(()),
                Needed::Not(tried) => return Err(refusal(tried).into()),
                Needed::Yes(_) => {}
            }
            Flight::take(shared, &mut state, *id)?
        };
        match flight {
            Some(flight) => match refresh(io, shared, &flight, why).await? {
                Tried::Fresh => return Ok(()),
                tried => return Err(refusal(tried).into()),
            },
            None if io.now().saturating_sub(since) > PATIENCE => return Err(Refusal::Busy.into()),
            None => io.wait().await,
        }
    }
}

/// Keeps everybody from refreshing the connection, until what is returned is dropped.
pub(crate) async fn hold<'a>(io: &Io, shared: &'a Shared, id: &[u8; 32]) -> Result<Flight<'a>, Denied> {
    let since = io.now();
    loop {
        let flight = Flight::take(shared, &mut shared.state(), *id)?;
        match flight {
            Some(flight) => return Ok(flight),
            None if io.now().saturating_sub(since) > PATIENCE => return Err(Refusal::Busy.into()),
            None => io.wait().await,
        }
    }
}

fn refusal(tried: Tried) -> Refusal {
    match tried {
        Tried::Fresh | Tried::Later(_) => Refusal::Upstream("refresh.later"),
        Tried::Reauthorize | Tried::Missing => Refusal::ReauthorizationRequired,
        Tried::NotKept => Refusal::Upstream("refresh.not_kept"),
    }
}

/// Whether there is something to do.
enum Needed {
    No,
    Yes(Box<Connection>),
    Not(Tried),
}

fn needed(state: &mut State, now: u64, id: &[u8; 32], why: Why) -> Result<Needed, Stop> {
    let now = state.time(now);
    let fold = &state.serving()?.ledger.fold;
    let Some(connection) = fold.connections.of(id) else { return Ok(Needed::No) };
    let wanted = match why {
        Why::Due => connection.due_at(id).is_some_and(|at| at <= now),
        // While it falls back, nothing of what was served before is good.
        Why::Expired => connection.expired(now) || connection.falls_back(),
        Why::Refused(generation) => connection.refreshes && fold.generation(id) == Some(generation),
        // Of what is not refreshed, its owner is told.
        Why::Lost(generation) => fold.generation(id) == Some(generation),
    };
    Ok(match connection.phase {
        // Whatever became of the refresh token: while the access token is good, calls are made with it.
        _ if why == Why::Expired && !wanted => Needed::No,
        Phase::Reauthorize => Needed::Not(Tried::Reauthorize),
        Phase::Active if !wanted => Needed::No,
        Phase::Active | Phase::Uncertain { .. } if connection.retry_at > now => Needed::Not(Tried::Later(connection.retry_at)),
        // On its way with another conversation, which has the flight, or has left its answer in the queue.
        Phase::Active | Phase::Uncertain { .. } | Phase::Refreshing { .. } => Needed::Yes(Box::new(connection.clone())),
    })
}

/// One refresh, from the proof that it may be to the new generation's being durable.
async fn refresh(io: &Io, shared: &Shared, flight: &Flight<'_>, why: Why) -> Result<Tried, Stop> {
    settle(io, shared).await?;
    let id = flight.id;
    let connection = match needed(&mut shared.state(), io.now(), &id, why)? {
        Needed::No => return Ok(Tried::Fresh),
        Needed::Not(tried) => return Ok(tried),
        Needed::Yes(connection) => connection,
    };
    let Some(upkeep) = proven(io, shared, &id, &connection).await? else { return Ok(Tried::NotKept) };
    let app = match &connection.app {
        Some(app) => Some(fetch_record(io, shared, app).await?),
        None => None,
    };
    // Whatever can fail without the provider fails before anything is written down.
    let ask = |record, older| ask(io, shared, &id, &connection, &upkeep, record, older, app.as_ref());
    // A token of the generation before, of which nobody heard what came, is handed in again whatever is served of the current one.
    let falls_back = connection.falls_back();
    let mut asked = Err(Tried::Missing);
    if falls_back && let Some((before, record)) = older(io, shared, &id).await? {
        asked = ask(record, Some(before))?;
    }
    if asked.as_ref().is_err_and(|tried| *tried == Tried::Missing) {
        asked = match find_record(io, shared, &id).await? {
            // It is there after all.
            Found::Served(..) if matches!(why, Why::Lost(_)) && !falls_back => return Ok(Tried::Fresh),
            Found::Served(generation, sealed) => ask((generation, sealed), None)?,
            Found::Lost(_) if falls_back => Err(Tried::Missing),
            Found::Lost(_) => match older(io, shared, &id).await? {
                Some((before, record)) => ask(record, Some(before))?,
                None => Err(Tried::Missing),
            },
        };
    }
    let asked = match asked {
        Ok(asked) => asked,
        Err(Tried::Missing) => return missing(io, shared, id).await,
        Err(tried) => return Ok(tried),
    };
    let tried = spend(io, shared, id, &connection, &upkeep, asked).await?;
    if let Tried::Later(_) = tried {
        failing(io, shared, id).await?;
    }
    Ok(tried)
}

async fn spend(
    io: &Io,
    shared: &Shared,
    id: [u8; 32],
    connection: &Connection,
    upkeep: &Upkeep,
    asked: Asked,
) -> Result<Tried, Stop> {
    let time = shared.state().time(io.now());
    let entry = Refreshing {
        version: ledger::VERSION,
        boot_id: shared.boot_id.into(),
        time,
        connection: id.into(),
        generation: asked.generation,
        store: upkeep.store().0.into(),
        head: upkeep.head().clone(),
        spent: asked.spent.into(),
    };
    let older = asked.generation.checked_add(1) != Some(asked.next);
    let request = asked.request.clone();
    let mut spending = Spending::new(io, shared, id, connection, asked);
    let proposal = Proposal { body: Body::Refreshing(entry), time, records: Vec::new(), reserved: true };
    append(io, shared, proposal, || spending.said()).await?;
    let now = shared.state().time(io.now());
    if upkeep.live(now) {
        let send_before = io.now().saturating_add(upkeep.deadline_ms().saturating_sub(now));
        spending.sending();
        let egressed = io.egress(Egress { request, send_before }).await;
        spending.answered(egressed);
    }
    // Sealed and queued by now. Until it is durable, nobody uses it.
    let result = spending.end();
    settle(io, shared).await?;
    Ok(match result {
        Ended::Renewed { .. } => Tried::Fresh,
        // The current one, if it is served, is next.
        Ended::Reauthorize if connection.falls_back() && older => Tried::Later(time),
        Ended::Reauthorize if older => Tried::Missing,
        Ended::Reauthorize => Tried::Reauthorize,
        Ended::Unspent { retry_at } | Ended::Uncertain { retry_at } => Tried::Later(retry_at),
    })
}

/// The evidence, for the first store of the connection that is not closed.
async fn proven(io: &Io, shared: &Shared, id: &[u8; 32], connection: &Connection) -> Result<Option<Box<Upkeep>>, Stop> {
    let (view, registries) = {
        let state = shared.state();
        let configured = state.configured()?;
        let frozen = state.light.as_ref().is_none_or(|light| light.conflict().is_some());
        let Some(pair) = state.views.pair().filter(|_| !frozen) else { return Ok(None) };
        (pair.attested.clone(), configured.registries(shared.image))
    };
    for (origin, salt) in connection.next_stores() {
        let standing =
            Standing { connection: *id, origin: *origin, salt: *salt, live: !matches!(connection.phase, Phase::Reauthorize) };
        for _ in 0..ROUNDS {
            let now = shared.state().time(io.now());
            let judged = upkeep(&standing, &registries, &view.state(), &shared.machine, now);
            match judged {
                Upkeeping::Proven(upkeep) => return Ok(Some(upkeep)),
                Upkeeping::Refused(_) => break,
                Upkeeping::Missing(wanted) => match fetch(io, &view, &wanted).await? {
                    Fetched::Proven => {}
                    Fetched::Unproven => return Err(Stop(Problem::Unproven)),
                },
            }
        }
    }
    shared.state().serving()?.ledger.fold.connections.looked(id);
    Ok(None)
}
