//! What the token endpoint is asked, made of the opened records.

use credential::{Leave, OpenedConnection};
use minicbor::bytes::ByteVec;
use platform::{BucketScope, Grant, Materials, Preset};
use policy::Upkeep;
use protocol::http::Request;
use sha2::{Digest, Sha256};

use super::Tried;
use crate::connections::{Before, Connection};
use crate::conversation::{Io, Stop};
use crate::state::Shared;

/// The field that a grant hands in.
pub(super) const REFRESH_TOKEN: &str = "refresh_token";
const SPENT: &[u8] = b"pst-vault/spent/v1";

/// What the ledger says of a token that is handed in.
pub(super) fn spent(token: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update(SPENT).chain_update(token).finalize().into()
}

/// A request to the token endpoint, and what its answer is put into.
pub(super) struct Asked {
    pub(super) request: Request,
    pub(super) grant: &'static Grant,
    pub(super) opened: OpenedConnection,
    /// The generation whose token is handed in.
    pub(super) generation: u64,
    /// The one that its answer becomes.
    pub(super) next: u64,
    /// Hash of the token that is handed in.
    pub(super) spent: [u8; 32],
}

/// Opens the records under the upkeep and makes the request. [`Tried::Later`] if the provider takes no more for now, or the generation
/// before the current one (`older`) was used lately; [`Tried::Missing`] if its token may be spent.
#[expect(clippy::too_many_arguments, reason = "each is one part of what is asked")]
pub(super) fn ask(
    io: &Io,
    shared: &Shared,
    id: &[u8; 32],
    connection: &Connection,
    upkeep: &Upkeep,
    (generation, sealed): (u64, ByteVec),
    older: Option<Before>,
    app: Option<&(u64, ByteVec)>,
) -> Result<Result<Asked, Tried>, Stop> {
    let mut state = shared.state();
    let now = state.time(io.now());
    let egress = state.configured()?.settings.egress.clone();
    let serving = state.serving()?;
    let keys = &serving.keys;
    let fold = &serving.ledger.fold;
    let Some(next) = fold.generation(id).and_then(|current| current.checked_add(1)) else { return Ok(Err(Tried::NotKept)) };
    // It may have been used, or be over, since the host was asked.
    if older.is_some() && older != fold.connections.of(id).and_then(|connection| connection.before) {
        return Ok(Err(Tried::Missing));
    }
    if let Some(before) = older.filter(|before| before.rests_until > now) {
        return Ok(Err(Tried::Later(before.rests_until)));
    }
    let made = credential::open_kept(keys, upkeep, &connection.preset, generation, &sealed, now).ok().and_then(|opened| {
        let app = match app {
            Some((generation, sealed)) => {
                Some(credential::open_app(keys, Leave::Upkeep(upkeep), &opened, *generation, sealed, now).ok()?)
            }
            None => None,
        };
        let preset = Preset::of_id(&connection.preset)?;
        let fields = &opened.connection().fields;
        let grant = preset.grant(fields)?;
        let materials = Materials {
            app: app.as_ref().map(|app| &app.fields),
            connection: fields,
            selector: &connection.selector,
            host: &connection.host,
        };
        let mut nonce = [0; 32];
        io.rng(|rng| rand_core::Rng::fill_bytes(rng, &mut nonce));
        let request = grant.request(&materials, now, &nonce).ok()?;
        // Upkeep is good for the preset's token endpoint alone, and the settings may close that too.
        let its_own = preset.egress_hosts(&connection.host).contains(&request.authority);
        if !its_own || !(egress.is_empty() || egress.contains(&request.authority)) {
            return None;
        }
        let spent = fields.with_secret(REFRESH_TOKEN, spent).unwrap_or_else(|| spent(&[]));
        Some(Asked { request, grant, opened, generation, next, spent })
    });
    let Some(asked) = made else { return Ok(Err(Tried::NotKept)) };
    if older.is_some_and(|before| !before.taken(asked.grant.grace(), now)) {
        return Ok(Err(Tried::Missing));
    }
    let bucket = asked.grant.bucket();
    let key = match bucket.per {
        BucketScope::App => connection.paced_as(id),
        BucketScope::Connection => *id,
    };
    let pace = &mut serving.ledger.fold.connections.pace;
    Ok(pace.take(key, bucket.requests, bucket.seconds, now).map(|()| asked).map_err(Tried::Later))
}
