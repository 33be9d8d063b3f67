//! Records' current generations: which one it is says the ledger, its bytes the host.

use credential::Kind;
use minicbor::bytes::ByteVec;
use protocol::message::{Need, Problem, Supply};

use crate::call::Denied;
use crate::conversation::{Io, Stop};
use crate::refusal::Refusal;
use crate::state::Shared;

/// The current generation of a record, as the ledger has it, and its bytes, as the host has them.
pub(crate) async fn record(io: &Io, shared: &Shared, kind: Kind, name: &[u8]) -> Result<([u8; 32], u64, ByteVec), Denied> {
    let (id, generation) = {
        let mut state = shared.state();
        let serving = state.serving()?;
        let id = serving.keys.record_id(kind, name);
        (id, serving.ledger.fold.generation(&id))
    };
    generation.ok_or_else(|| Refusal::NotPermitted("store.not_provisioned".to_owned()))?;
    let (generation, sealed) = fetch_record(io, shared, &id).await?;
    Ok((id, generation, sealed))
}

/// Times that a record is asked for whose generation moves on meanwhile.
const MOVING: usize = 3;

/// A record's current generation, as the host has it.
pub(crate) enum Found {
    /// Generation and bytes.
    Served(u64, ByteVec),
    /// The host has none of this generation, or other bytes.
    Lost(u64),
}

/// Asks for a record's current generation. A refresh may move it on while the host is asked.
pub(crate) async fn find_record(io: &Io, shared: &Shared, id: &[u8; 32]) -> Result<Found, Stop> {
    let lacking = Stop(Problem::Supply);
    for _ in 0..MOVING {
        let generation = shared.state().serving()?.ledger.fold.generation(id).ok_or(lacking)?;
        let supply = io.need(Need::Record { id: (*id).into(), generation }).await?;
        let mut state = shared.state();
        let fold = &state.serving()?.ledger.fold;
        match supply {
            Supply::Record(_) if fold.generation(id) != Some(generation) => {}
            Supply::Record(Some(sealed)) if fold.is_current(id, &sealed) => return Ok(Found::Served(generation, sealed)),
            Supply::Record(_) => return Ok(Found::Lost(generation)),
            _ => return Err(lacking),
        }
    }
    Err(lacking)
}

/// The same, if nothing can be done without it.
pub(crate) async fn fetch_record(io: &Io, shared: &Shared, id: &[u8; 32]) -> Result<(u64, ByteVec), Stop> {
    match find_record(io, shared, id).await? {
        Found::Served(generation, sealed) => Ok((generation, sealed)),
        Found::Lost(_) => Err(Stop(Problem::Supply)),
    }
}
