//! What a vault holds once its root key is known: keys, ledger, and the memory of calls that were made.

use core::fmt;
use std::collections::HashSet;

use alloy_primitives::Address;
use credential::{Keys, Kind};
use p256::ecdsa::SigningKey;
use platform::Links;
use policy::ReplayCache;
use protocol::attested::Checkpoint;
use protocol::message::Problem;
use protocol::ohttp::{OhttpError, Opened, ServerKey};
use rand_core::CryptoRng;

use crate::conversation::Stop;
use crate::ledger::Ledger;
use crate::quota::Quota;

/// Calls that are remembered until their window is over.
const REPLAYS: usize = 65_536;
/// Milliseconds after which a new OHTTP key is made; the one before it is good for a little longer.
const KEY_LIFE: u64 = 23 * 3_600_000;
/// Milliseconds that a replaced OHTTP key still opens requests.
const KEY_GRACE: u64 = 600_000;

/// Links that answers named and that are remembered, in all and for one caller and store, and milliseconds for which they are.
const LINKS: usize = 4_096;
const LINKS_EACH: usize = 64;
const LINK_LIFE: u64 = 3_600_000;

/// Keys, ledger and memory of one boot.
pub(crate) struct Serving {
    pub(crate) keys: Keys,
    /// Signs checkpoints and anchors. Made in this boot, attested in its `boot` entry.
    pub(crate) writer: SigningKey,
    /// Newest first, with the unix milliseconds they were made at.
    ohttp: Vec<(u64, ServerKey)>,
    pub(crate) ledger: Ledger,
    pub(crate) replay: ReplayCache,
    pub(crate) refusals: Quota,
    pub(crate) root_commitment: [u8; 32],
    /// The checkpoint that this boot started from.
    pub(crate) checkpoint: Checkpoint,
    /// Callers whose calls wait to be made once more.
    pub(crate) waiting: Vec<(u64, Address)>,
    /// Links that answers named lately.
    pub(crate) links: Links,
    /// Connections that are being refreshed.
    pub(crate) flights: HashSet<[u8; 32]>,
    /// Bindings whose platform is being asked where money goes.
    pub(crate) glances: HashSet<[u8; 32]>,
    /// Entries whose facts were seen again, and when, in unix milliseconds: for the next `unchanged`.
    pub(crate) unchanged: Vec<(u64, u64)>,
    /// The ledger is restored and the `boot` entry durable: calls are served.
    pub(crate) ready: bool,
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Serving(..)")
    }
}

impl Serving {
    pub(crate) fn new(
        keys: Keys,
        root_commitment: [u8; 32],
        checkpoint: Checkpoint,
        now: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Stop> {
        Ok(Self {
            keys,
            writer: signing_key(rng).ok_or(Stop(Problem::Nsm))?,
            ohttp: vec![(now, ServerKey::generate(rng))],
            ledger: Ledger::new(),
            replay: ReplayCache::new(REPLAYS),
            refusals: Quota::default(),
            root_commitment,
            checkpoint,
            waiting: Vec::new(),
            links: Links::new(LINKS, LINKS_EACH, LINK_LIFE),
            flights: HashSet::new(),
            glances: HashSet::new(),
            unchanged: Vec::new(),
            ready: false,
        })
    }

    /// Whether credentials of this store are kept here.
    pub(crate) fn provisioned(&self, store: &[u8; 32]) -> bool {
        let binding = self.keys.record_id(Kind::Binding, store);
        self.ledger.fold.generation(&binding).is_some()
    }

    /// Encoded key configuration that new requests are sealed to.
    pub(crate) fn key_config(&self) -> Vec<u8> {
        self.ohttp.first().map(|(_, key)| key.config().encode()).unwrap_or_default()
    }

    /// Opens a request, and says which key configuration it was sealed to.
    pub(crate) fn open(&self, message: &[u8]) -> Result<(Opened, [u8; 32]), Stop> {
        let mut problem = Problem::UnknownKey;
        for (_, key) in &self.ohttp {
            match key.open(message) {
                Ok(opened) => return Ok((opened, key.config().digest())),
                Err(OhttpError::UnknownKey) => {}
                Err(OhttpError::Size) => return Err(Stop(Problem::Malformed)),
                Err(_) => problem = Problem::Sealed,
            }
        }
        Err(Stop(problem))
    }

    /// Replaces the OHTTP key once a day, well before the 24 hours that one may live.
    pub(crate) fn rotate(&mut self, now: u64, rng: &mut impl CryptoRng) {
        let newest = self.ohttp.first().map_or(0, |(made, _)| *made);
        if now.saturating_sub(newest) >= KEY_LIFE {
            self.ohttp.insert(0, (now, ServerKey::generate(rng)));
        }
        self.ohttp.retain(|(made, _)| now.saturating_sub(*made) < KEY_LIFE.saturating_add(KEY_GRACE));
    }
}

/// Rejection sampling: a scalar is refused with a chance of 2^-32 per try.
fn signing_key(rng: &mut impl CryptoRng) -> Option<SigningKey> {
    (0..8).find_map(|_| {
        let mut bytes = zeroize::Zeroizing::new([0; 32]);
        rng.fill_bytes(bytes.as_mut_slice());
        SigningKey::from_slice(bytes.as_slice()).ok()
    })
}
