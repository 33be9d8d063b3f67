//! Telling a connection's owner, once, of what refreshing it again does not mend. What passed and comes again is told again.

use protocol::ledger::{self, Alerted, Body, Trouble};

use super::Tried;
use crate::append::append;
use crate::conversation::{Io, Stop};
use crate::ledger::Proposal;
use crate::state::Shared;

/// The host does not serve the current generation, and there is none before it that may be refreshed. Nothing is latched: whenever the host
/// serves it, it is good.
pub(super) async fn missing(io: &Io, shared: &Shared, id: [u8; 32]) -> Result<Tried, Stop> {
    let generation = {
        let mut state = shared.state();
        let fold = &state.serving()?.ledger.fold;
        let told = fold.connections.of(&id).is_none_or(|connection| connection.told.missing);
        fold.generation(&id).filter(|_| !told)
    };
    if let Some(generation) = generation {
        tell(io, shared, id, Trouble::Missing { generation }).await?;
    }
    Ok(Tried::Missing)
}

/// Refreshing has brought nothing for long. It goes on, ever more seldom: the token may be good.
pub(super) async fn failing(io: &Io, shared: &Shared, id: [u8; 32]) -> Result<(), Stop> {
    let since = {
        let mut state = shared.state();
        let now = state.time(io.now());
        let connection = state.serving()?.ledger.fold.connections.of(&id);
        connection
            .filter(|connection| !connection.told.failing && connection.fails(now))
            .map(|connection| connection.failing_since)
    };
    match since {
        Some(since) => tell(io, shared, id, Trouble::Failing { since }).await,
        None => Ok(()),
    }
}

async fn tell(io: &Io, shared: &Shared, id: [u8; 32], trouble: Trouble) -> Result<(), Stop> {
    let time = shared.state().time(io.now());
    let entry = Alerted { version: ledger::VERSION, boot_id: shared.boot_id.into(), time, connection: id.into(), trouble };
    let proposal = Proposal { body: Body::Alerted(entry), time, records: Vec::new(), reserved: false };
    append(io, shared, proposal, || {}).await.map(|_| ())
}
