//! Looking where stores' money goes, so that a change of it is known the day after.
//!
//! ```text
//! due -> glance (one per store) -> records fetched, lookout proven -> the preset's one READ -> keyed digest
//!   -> `watched` queued, if it says something new; else remembered for the next `unchanged`
//! ```
//! A `shown` entry comes before the READ where it has to (`show`). Nothing of the answer but its digest goes on. What it brought is kept in
//! the step in which it arrives, whatever becomes of the conversation. A process that ends forgets at most an hour's unchanged stores and
//! what was on its way: these are asked again. A change that was not written down is seen again by whoever asks next, and said once.

use alloy_primitives::B256;
use credential::{KeptRecords, Sealed, Sight};
use minicbor::bytes::ByteVec;
use platform::{Look, NoFacts, Preset, Reading};
use policy::{Looked, LookingOut, Lookout, lookout};
use protocol::ledger::{self, Again, Body, Seen, Shown, Unchanged, Unread};
use protocol::message::{Answer, Problem};

use crate::append::{append, settle};
use crate::connections::{Connection, Connections, Phase};
use crate::conversation::{Egress, Egressed, Io, Stop};
use crate::ledger::Proposal;
use crate::perform::{accounts, egress_allowed};
use crate::records::fetch_record;
use crate::state::{Shared, State};
use crate::sync::ROUNDS;
use crate::views::{Fetched, fetch};
use crate::watches::{Turn, bucket};

/// Looks that are under way at once, whatever the host says.
const AT_ONCE: usize = 4;
/// Milliseconds after which stores that were found unchanged are written down.
const HELD: u64 = 3_600_000;
/// Milliseconds after which a store is looked at again that could not be asked about for a reason of the vault's or of the chain's.
const REST: u64 = 3_600_000;
/// Milliseconds after which it is, if its binding does not say all that the question takes.
const LONG: u64 = 86_400_000;
/// Milliseconds for which no store is looked at that is counted together with one whose platform says that there were too many calls, at least.
const HOLD: u64 = 60_000;

/// A look at a store that nobody else looks at. Given back when dropped.
struct Glance<'a> {
    shared: &'a Shared,
    binding: [u8; 32],
    connection: [u8; 32],
    store: (u64, B256),
    preset: Preset,
}

impl<'a> Glance<'a> {
    /// The store whose turn it is. Carries no authority: whose that is follows from trusted time and the ledger.
    fn take(io: &Io, shared: &'a Shared) -> Result<Turn<Self>, Stop> {
        let mut state = shared.state();
        if state.fresh(io.now()).is_err() {
            return Ok(Turn::Nobody);
        }
        let now = state.time(io.now());
        let serving = state.serving()?;
        if serving.glances.len() >= AT_ONCE {
            return Ok(Turn::Nobody);
        }
        let fold = &mut serving.ledger.fold;
        let binding = match fold.watches.next(now, &fold.connections, |id| !serving.glances.contains(id)) {
            Turn::Of(binding) => binding,
            Turn::Soon => return Ok(Turn::Soon),
            Turn::Nobody => return Ok(Turn::Nobody),
        };
        let Some(store) = fold.watches.of(&binding) else { return Ok(Turn::Nobody) };
        let (connection, named) = (store.connection, store.named);
        let preset = fold.connections.of(&connection).and_then(|there| Preset::of_id(&there.preset));
        let Some(preset) = preset else { return Ok(Turn::Nobody) };
        serving.glances.insert(binding);
        Ok(Turn::Of(Self { shared, binding, connection, store: named, preset }))
    }

    /// The connection, while calls of the store may be made with it.
    fn live(&self, state: &mut State) -> Result<Option<Connection>, Stop> {
        let there = state.serving()?.ledger.fold.connections.of(&self.connection);
        let live = |there: &&Connection| there.serves(&self.store) && there.phase != Phase::Reauthorize && !there.falls_back();
        Ok(there.filter(live).cloned())
    }

    /// Whether the ledger has to say first that the access token is shown.
    fn announces(&self, connection: &Connection) -> bool {
        connection.is_unused() && self.preset.grants().iter().any(|grant| grant.grace().is_some())
    }

    fn rest(&self, until: u64, unasked: bool) -> Result<(), Stop> {
        self.shared.state().serving()?.ledger.fold.watches.rest(&self.binding, until, unasked);
        Ok(())
    }
}

impl Drop for Glance<'_> {
    fn drop(&mut self) {
        if let Ok(serving) = self.shared.state().serving() {
            serving.glances.remove(&self.binding);
        }
    }
}

/// Looks where the money of the store goes whose turn it is, and writes down what was found before.
pub(crate) async fn watch(io: &Io, shared: &Shared) -> Result<Answer, Stop> {
    if !shared.state().serving.as_ref().is_some_and(|serving| serving.ready) {
        return Err(Stop(Problem::Phase));
    }
    say_unchanged(io, shared)?;
    settle(io, shared).await?;
    let glance = match Glance::take(io, shared)? {
        Turn::Of(glance) => glance,
        Turn::Soon => return Ok(Answer::Kept { due: 1 }),
        Turn::Nobody => return Ok(Answer::Kept { due: 0 }),
    };
    look(io, shared, &glance).await?;
    drop(glance);
    settle(io, shared).await?;
    Ok(Answer::Kept { due: 1 })
}

/// Queues one entry for the stores that were found unchanged, once there are many or the first has waited.
fn say_unchanged(io: &Io, shared: &Shared) -> Result<(), Stop> {
    let mut state = shared.state();
    let time = state.time(io.now());
    let serving = state.serving()?;
    let waited = serving.unchanged.iter().any(|(_, at)| at.saturating_add(HELD) <= time);
    if !waited && serving.unchanged.len() < Unchanged::MOST {
        return Ok(());
    }
    let rest = serving.unchanged.split_off(serving.unchanged.len().min(Unchanged::MOST));
    let held = core::mem::replace(&mut serving.unchanged, rest);
    let fold = &serving.ledger.fold;
    let again = |(entry, at): (u64, u64)| Again { entry, ago: time.saturating_sub(at).checked_div(1_000).unwrap_or(0) };
    let mut stores: Vec<Again> = held.into_iter().filter(|(entry, _)| fold.watches.is_current(*entry)).map(again).collect();
    stores.sort_unstable();
    stores.dedup_by_key(|again| again.entry);
    if !stores.is_empty() {
        let body = Body::Unchanged(Unchanged { version: ledger::VERSION, boot_id: shared.boot_id.into(), time, stores });
        serving.ledger.queue(Proposal { body, time, records: Vec::new(), reserved: false });
    }
    Ok(())
}

async fn look(io: &Io, shared: &Shared, glance: &Glance<'_>) -> Result<(), Stop> {
    let Some(connection) = glance.live(&mut shared.state())? else { return Ok(()) };
    let binding = fetch_record(io, shared, &glance.binding).await?;
    let tokens = fetch_record(io, shared, &glance.connection).await?;
    let app = match &connection.app {
        Some(app) => Some(fetch_record(io, shared, app).await?),
        None => None,
    };
    let Some(lookout) = proven(io, shared, glance).await? else { return Ok(()) };
    if !show(io, shared, glance, tokens.0).await? {
        return Ok(());
    }
    let kept = KeptRecords { binding: sealed(&binding), connection: sealed(&tokens), app: app.as_ref().map(sealed) };
    let Some(Look { request, reading }) = prepared(io, shared, glance, &lookout, kept)? else { return Ok(()) };
    let send_before = {
        let mut state = shared.state();
        let now = state.time(io.now());
        let pace = &mut state.serving()?.ledger.fold.watches.pace;
        let (key, requests, seconds) = bucket(glance.preset, &glance.connection, &connection);
        if let Err(until) = pace.take(key, requests, seconds, now) {
            drop(state);
            return glance.rest(until, false);
        }
        io.now().saturating_add(lookout.deadline_ms().saturating_sub(now))
    };
    let egressed = io.egress(Egress { request, send_before }).await;
    // From here to the end nothing waits: what came is kept in the step in which it did.
    found(io, shared, glance, &lookout, reading, egressed)
}

/// Writes down, before anything is sent, that the access token is shown, if its provider takes the refresh token before for as long as it
/// was not. Not if it was refreshed meanwhile: then nothing is sent now.
async fn show(io: &Io, shared: &Shared, glance: &Glance<'_>, generation: u64) -> Result<bool, Stop> {
    let (time, announces) = {
        let mut state = shared.state();
        let announces = glance.live(&mut state)?.is_some_and(|there| glance.announces(&there));
        (state.time(io.now()), announces)
    };
    if announces {
        let connection = glance.connection.into();
        let entry = Shown { version: ledger::VERSION, boot_id: shared.boot_id.into(), time, connection, generation };
        let body = Body::Shown(entry);
        let proposal = Proposal { body: body.clone(), time, records: Vec::new(), reserved: false };
        if let Err(stop) = append(io, shared, proposal, || {}).await {
            return if shared.state().serving()?.ledger.fold.check(&body).is_err() { Ok(false) } else { Err(stop) };
        }
    }
    Ok(true)
}

fn sealed((generation, sealed): &(u64, ByteVec)) -> Sealed<'_> {
    Sealed { generation: *generation, sealed }
}

/// The evidence, at the newest head, which is as young as a call's has to be.
async fn proven(io: &Io, shared: &Shared, glance: &Glance<'_>) -> Result<Option<Box<Lookout>>, Stop> {
    let (view, registries, span, asked_at, live) = {
        let mut state = shared.state();
        let configured = state.configured()?;
        let pair = state.fresh(io.now())?;
        let span = configured.settings.permit_life.saturating_mul(1_000);
        let live = glance.live(&mut state)?.is_some();
        (pair.attested, configured.registries(shared.image), span, state.time(io.now()), live)
    };
    let (origin, salt) = glance.store;
    let looked = Looked { binding: glance.binding, origin, salt, live };
    for _ in 0..ROUNDS {
        let judged = lookout(&looked, &registries, &view.state(), &shared.machine, asked_at, span);
        match judged {
            LookingOut::Proven(lookout) => return Ok(Some(lookout)),
            LookingOut::Refused(_) => break,
            LookingOut::Missing(wanted) => match fetch(io, &view, &wanted).await? {
                Fetched::Proven => {}
                Fetched::Unproven => return Err(Stop(Problem::Unproven)),
            },
        }
    }
    let until = shared.state().time(io.now()).saturating_add(REST);
    glance.rest(until, false)?;
    Ok(None)
}

/// Opens the records under the lookout and makes the request, if the settings let it out.
fn prepared(
    io: &Io,
    shared: &Shared,
    glance: &Glance<'_>,
    lookout: &Lookout,
    kept: KeptRecords<'_>,
) -> Result<Option<Look>, Stop> {
    let preset = glance.preset;
    let mut state = shared.state();
    let now = state.time(io.now());
    // A revocation that came meanwhile counts, and so does a refresh whose token was not announced.
    if glance.live(&mut state)?.is_none_or(|there| glance.announces(&there)) {
        return Ok(None);
    }
    let mut nonce = [0; 32];
    io.rng(|rng| rand_core::Rng::fill_bytes(rng, &mut nonce));
    let sight = Sight::open(&state.serving()?.keys, lookout, preset.id(), accounts(preset), kept, now);
    drop(state);
    let Ok(sight) = sight else {
        glance.rest(now.saturating_add(REST), false)?;
        return Ok(None);
    };
    if let Some(look) = preset.look(&sight, now, &nonce)
        && egress_allowed(shared, &look.request.authority)?
    {
        return Ok(Some(look));
    }
    glance.rest(now.saturating_add(LONG), true)?;
    Ok(None)
}

/// Whom a platform means that says that there were too many calls: the app if that is whose calls it is known to count, and else this
/// connection, whose own callers may be the reason.
fn limited(glance: &Glance<'_>, connections: &Connections) -> [u8; 32] {
    let Glance { preset, connection: id, .. } = glance;
    let there = connections.of(id).filter(|_| preset.rate().is_some());
    there.map_or(*id, |there| bucket(*preset, id, there).0)
}

/// Compares what came with what the ledger has, and keeps it.
fn found(
    io: &Io,
    shared: &Shared,
    glance: &Glance<'_>,
    lookout: &Lookout,
    reading: Reading,
    egressed: Egressed,
) -> Result<(), Stop> {
    // An answer is read before the state is taken: how long that takes is the platform's to say.
    let facts = match egressed {
        Egressed::Response(response) => reading.facts(response),
        Egressed::NotSent | Egressed::Unknown => Err(NoFacts { why: Unread::Unreachable, after_s: None, limited: false }),
    };
    let mut state = shared.state();
    let time = state.time(io.now());
    let serving = state.serving()?;
    let limited_as = limited(glance, &serving.ledger.fold.connections);
    let digest = facts.map(|facts| reading.digest(&serving.keys, &facts));
    let watches = &mut serving.ledger.fold.watches;
    let before = watches.of(&glance.binding).and_then(|store| store.facts).filter(|facts| facts.asked == reading.asked());
    let seen = match (digest, before) {
        (Ok(digest), Some(facts)) if facts.digest == digest => {
            watches.read(&glance.binding, time);
            serving.unchanged.push((facts.entry, time));
            return Ok(());
        }
        (Ok(digest), before) => {
            watches.read(&glance.binding, time);
            let digest = digest.into();
            before.map_or(Seen::First { digest }, |facts| Seen::Changed { digest, before: facts.entry })
        }
        (Err(NoFacts { why, after_s, limited }), _) => {
            let after = after_s.unwrap_or(0).saturating_mul(1_000);
            if limited {
                watches.pace.hold(limited_as, time.saturating_add(after.clamp(HOLD, REST)));
            }
            if !watches.failed(&glance.binding, time, after) {
                return Ok(());
            }
            Seen::Unread { why }
        }
    };
    let entry = ledger::Watched {
        version: ledger::VERSION,
        boot_id: shared.boot_id.into(),
        time,
        store: lookout.store().0.into(),
        binding: glance.binding.into(),
        operation: reading.operation().to_owned(),
        asked: reading.asked().into(),
        head: lookout.head().clone(),
        seen,
    };
    let body = Body::Watched(Box::new(entry));
    serving.ledger.queue(Proposal { body, time, records: Vec::new(), reserved: false });
    Ok(())
}
