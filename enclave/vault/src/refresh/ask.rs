//! What the token endpoint is asked, made of the opened records.

use credential::{Leave, OpenedConnection};
use minicbor::bytes::ByteVec;
use platform::{BucketScope, Grant, Materials, Preset};
use policy::Upkeep;
use protocol::http::Request;
use sha2::{Digest, Sha256};

use super::Tried;
use crate::connections::Connection;
use crate::conversation::{Io, Stop};
use crate::state::Shared;

/// The field that a grant hands in.
pub(super) const REFRESH_TOKEN: &str = "refresh_token";
const SPENT: &[u8] = b"pst-vault/spent/v1";

/// A request to the token endpoint, and what its answer is put into.
pub(super) struct Asked {
    pub(super) request: Request,
    pub(super) grant: &'static Grant,
    pub(super) opened: OpenedConnection,
    pub(super) generation: u64,
    /// Hash of the token that is handed in.
    pub(super) spent: [u8; 32],
}

/// Opens the records under the upkeep and makes the request. [`Tried::Later`] if the provider takes no more for now.
pub(super) fn ask(
    io: &Io,
    shared: &Shared,
    id: &[u8; 32],
    connection: &Connection,
    upkeep: &Upkeep,
    (generation, sealed): (u64, ByteVec),
    app: Option<(u64, ByteVec)>,
) -> Result<Result<Asked, Tried>, Stop> {
    let mut state = shared.state();
    let now = state.time(io.now());
    let egress = state.configured()?.settings.egress.clone();
    let serving = state.serving()?;
    let keys = &serving.keys;
    let made = credential::open_kept(keys, upkeep, &connection.preset, generation, &sealed, now).ok().and_then(|opened| {
        let app = match &app {
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
        let hash = |token: &[u8]| Sha256::new().chain_update(SPENT).chain_update(token).finalize().into();
        let spent = fields.with_secret(REFRESH_TOKEN, hash).unwrap_or_else(|| hash(&[]));
        Some(Asked { request, grant, opened, generation, spent })
    });
    let Some(asked) = made else { return Ok(Err(Tried::NotKept)) };
    let bucket = asked.grant.bucket();
    let key = match bucket.per {
        BucketScope::App => connection.paced_as(id),
        BucketScope::Connection => *id,
    };
    let pace = &mut serving.ledger.fold.connections.pace;
    Ok(pace.take(key, bucket.requests, bucket.seconds, now).map(|()| asked).map_err(Tried::Later))
}
