//! The generation before the current one, if the host has lost the current one.
//!
//! Whether that is so only the host knows. If it lies it gains nothing: it serves exactly the bytes that the ledger names, or none; what is
//! handed in is the current generation's own token, or one that its provider takes beside that as long as that was not used, and nothing
//! of the current one is used meanwhile; and what comes of it is the next generation of the one history.

use minicbor::bytes::ByteVec;
use protocol::message::{Need, Problem, Supply};

use crate::connections::Before;
use crate::conversation::{Io, Stop};
use crate::state::Shared;

/// Asks for it. `None` if it is over, was never, may not be handed in any more, or the host does not serve it either.
pub(super) async fn older(io: &Io, shared: &Shared, id: &[u8; 32]) -> Result<Option<(Before, (u64, ByteVec))>, Stop> {
    let before = {
        let mut state = shared.state();
        let connection = state.serving()?.ledger.fold.connections.of(id).filter(|connection| !connection.revoked);
        connection.and_then(|connection| connection.before).filter(Before::may)
    };
    let Some(before) = before else { return Ok(None) };
    match io.need(Need::Record { id: (*id).into(), generation: before.generation }).await? {
        Supply::Record(Some(sealed)) if before.is(&sealed) => Ok(Some((before, (before.generation, sealed)))),
        Supply::Record(_) => Ok(None),
        _ => Err(Stop(Problem::Supply)),
    }
}
