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

/// What there is of it.
pub(super) enum Older {
    /// Its bytes.
    Served(Before, ByteVec),
    /// It was used lately, and is not again before these unix milliseconds.
    Rests(u64),
    /// It is over, was never, may not be handed in any more, or the host does not serve it either.
    None,
}

/// Asks for it.
pub(super) async fn older(io: &Io, shared: &Shared, id: &[u8; 32]) -> Result<Older, Stop> {
    let before = {
        let mut state = shared.state();
        let now = state.time(io.now());
        let connection = state.serving()?.ledger.fold.connections.of(id).filter(|connection| !connection.revoked);
        match connection.and_then(|connection| connection.before) {
            Some(before) if !before.may() => return Ok(Older::None),
            Some(before) if before.rests_until > now => return Ok(Older::Rests(before.rests_until)),
            Some(before) => before,
            None => return Ok(Older::None),
        }
    };
    match io.need(Need::Record { id: (*id).into(), generation: before.generation }).await? {
        Supply::Record(Some(sealed)) if before.is(&sealed) => Ok(Older::Served(before, sealed)),
        Supply::Record(_) => Ok(Older::None),
        _ => Err(Stop(Problem::Supply)),
    }
}
