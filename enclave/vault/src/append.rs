//! Writing to the ledger: one conversation at a time, and what was said to the host once is what comes next.

use protocol::ledger::{Body, ReceiptEntry};
use protocol::message::{Need, Problem, Supply};

use crate::conversation::{Io, Stop};
use crate::ledger::Proposal;
use crate::state::{Shared, State};

/// The turn to write. Given back when dropped, so that a conversation that ends in the middle holds up nobody.
struct Turn<'a>(&'a Shared);

impl<'a> Turn<'a> {
    async fn take(io: &Io, shared: &'a Shared) -> Self {
        loop {
            {
                let mut state = shared.state();
                if !state.writing {
                    state.writing = true;
                    return Self(shared);
                }
            }
            io.wait().await;
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.state().writing = false;
    }
}

/// Makes an entry durable and returns its proof. `Err` leaves it either unwritten or pending; a pending one is written before the
/// next, and counts from then on.
/// `said` runs at the moment from which the entry counts, before the host hears of it.
pub(crate) async fn append(io: &Io, shared: &Shared, proposal: Proposal, said: impl FnOnce()) -> Result<ReceiptEntry, Stop> {
    let _turn = Turn::take(io, shared).await;
    flush(io, shared).await?;
    {
        propose(io, &mut shared.state(), proposal)?;
    }
    said();
    let Some(batch) = pending(shared)? else { return Err(Stop(Problem::Ledger)) };
    commit(io, batch).await?;
    shared.state().serving()?.ledger.acknowledge()
}

/// Writes what is pending, so that what the ledger says next takes it into account.
pub(crate) async fn settle(io: &Io, shared: &Shared) -> Result<(), Stop> {
    let _turn = Turn::take(io, shared).await;
    flush(io, shared).await
}

async fn flush(io: &Io, shared: &Shared) -> Result<(), Stop> {
    loop {
        while let Some(batch) = pending(shared)? {
            commit(io, batch).await?;
            shared.state().serving()?.ledger.acknowledge()?;
        }
        let mut state = shared.state();
        let ledger = &mut state.serving()?.ledger;
        let Some(queued) = ledger.next_queued() else { return Ok(()) };
        // What a look found and what no longer follows is looked for again: it is no trouble of whoever writes next.
        if matches!(queued.body, Body::Watched(_) | Body::Unchanged(_)) && ledger.fold.check(&queued.body).is_err() {
            continue;
        }
        propose(io, &mut state, queued)?;
    }
}

fn propose(io: &Io, state: &mut State, proposal: Proposal) -> Result<(), Stop> {
    let vault_id = state.configured()?.vault_id;
    let serving = state.serving()?;
    io.rng(|rng| serving.ledger.propose(&serving.keys, &serving.writer, &vault_id, proposal, rng))
}

fn pending(shared: &Shared) -> Result<Option<protocol::message::Batch>, Stop> {
    Ok(shared.state().serving()?.ledger.pending().map(|pending| pending.batch.clone()))
}

async fn commit(io: &Io, batch: protocol::message::Batch) -> Result<(), Stop> {
    match io.need(Need::Commit(batch)).await? {
        Supply::Committed => Ok(()),
        _ => Err(Stop(Problem::Supply)),
    }
}
