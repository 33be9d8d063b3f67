//! The one door to a credential: a live Permit of its store opens the store's binding, that the connection it names, and that the app
//! it was given to. Upkeep opens the one connection that it is for, and that its app; a lookout opens all three into one `Sight`.

use alloy_primitives::{Address, B256};
use policy::{Permit, Upkeep};
use protocol::limits;

use crate::aead;
use crate::keys::Keys;
use crate::record::{App, Binding, Connection, Kind, Record};
use crate::seal::{Place, VERSION};

/// The operations under which a binding may be made, or its connection authorised anew.
const MAKING: [&str; 2] = ["vault.provision", "vault.rotate"];
/// The preset of merchants' logins, which is no platform's.
pub const LOGIN: &str = "login";

/// What a store's binding is called among record ids: that of a login stands beside that of the store's API.
#[must_use]
pub fn binding_name(store: &B256, preset: &str) -> Vec<u8> {
    if preset == LOGIN { [store.as_slice(), LOGIN.as_bytes()].concat() } else { store.to_vec() }
}

/// Why a record stays closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The time of the permit, or of the upkeep, is over.
    #[error("permit is no longer live")]
    PermitExpired,
    /// The permit is for another store.
    #[error("permit is for another store")]
    WrongStore,
    /// Longer than a record may be, or too short to be one.
    #[error("record has no possible length")]
    Size,
    /// A version that this code does not read.
    #[error("unknown version of record")]
    Version,
    /// Another record, generation, kind, preset, vault or root key, or changed. Which one can't be known.
    #[error("record does not open")]
    Sealed,
    /// It opens, and is not a record. Nobody without the root key can make one.
    #[error("record is malformed")]
    Malformed,
    /// The connection is not of the binding's preset, or of its account, or not the store's owner's.
    #[error("connection does not match its binding")]
    WrongConnection,
    /// The app is not of the connection's preset, or the connection has none.
    #[error("app does not match its connection")]
    WrongApp,
}

/// A store's binding, opened under a Permit of that store: the right to open the one connection it names.
///
/// ```compile_fail
/// let opened = credential::OpenedBinding(unreachable!());
/// ```
#[derive(Debug)]
pub struct OpenedBinding(Binding);

impl OpenedBinding {
    /// What it says.
    #[must_use]
    pub const fn binding(&self) -> &Binding {
        &self.0
    }

    /// The binding that a provision is about to make, or that a new authorisation will be under, before the probe that confirms it: under
    /// a Permit of that store to do that and nothing else, and to a connection of the store's own owner, which is called `name`.
    ///
    /// # Errors
    /// [`OpenError::PermitExpired`], [`OpenError::WrongStore`] for any other permit, [`OpenError::WrongConnection`] for a connection of
    /// another name or owner.
    pub fn to_be(keys: &Keys, permit: &Permit, name: &B256, binding: Binding, now_ms: u64) -> Result<Self, OpenError> {
        if !permit.live(now_ms) {
            return Err(OpenError::PermitExpired);
        }
        let provisions = permit.operations().iter().all(|operation| MAKING.contains(&operation.name.as_str()));
        if !provisions || permit.operations().is_empty() || binding.store != permit.store() {
            return Err(OpenError::WrongStore);
        }
        if binding.connection != connection_id(keys, &permit.subject().owner, name) {
            return Err(OpenError::WrongConnection);
        }
        Ok(Self(binding))
    }
}

/// Record id of the connection that an owner calls `name`: nobody's is another owner's.
#[must_use]
pub fn connection_id(keys: &Keys, owner: &Address, name: &B256) -> [u8; 32] {
    keys.record_id(Kind::Connection, &[owner.as_slice(), name.as_slice()].concat())
}

/// A connection, opened under a Permit of a store that is bound to it: the right to open the one app it names.
///
/// ```compile_fail
/// fn forge(connection: credential::Connection) -> credential::OpenedConnection {
///     credential::OpenedConnection(connection)
/// }
/// ```
#[derive(Debug)]
pub struct OpenedConnection {
    store: B256,
    connection: Connection,
}

impl OpenedConnection {
    /// What it holds.
    #[must_use]
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Gives up the right for what it holds, to seal its next generation.
    #[must_use]
    pub fn into_connection(self) -> Connection {
        self.connection
    }
}

/// Opens the binding of the permit's store, at the generation that the ledger says is current. `preset` is the one that named
/// the permit's operations.
///
/// ```no_run
/// fn with_a_permit(keys: &credential::Keys, permit: &policy::Permit, sealed: &[u8]) {
///     let _ = credential::open_binding(keys, permit, "shopify-admin", 1, sealed, 0);
/// }
/// ```
/// There is no way in without one:
/// ```compile_fail,E0061
/// fn without(keys: &credential::Keys, sealed: &[u8]) {
///     let _ = credential::open_binding(keys, "shopify-admin", 1, sealed, 0);
/// }
/// ```
/// # Errors
/// See [`OpenError`].
pub fn open_binding(
    keys: &Keys,
    permit: &Permit,
    preset: &str,
    generation: u64,
    sealed: &[u8],
    now_ms: u64,
) -> Result<OpenedBinding, OpenError> {
    if !permit.live(now_ms) {
        return Err(OpenError::PermitExpired);
    }
    binding_of(keys, &permit.store(), preset, generation, sealed)
}

/// Whose account a connection has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accounts {
    /// The binding's: it serves one store.
    Same,
    /// Anybody's: it serves several stores, and was confirmed as the one's that it was given by; or it is about to be probed.
    Any,
}

/// Opens the connection that the binding names, at the generation that the ledger says is current.
///
/// ```no_run
/// fn with_a_permit(keys: &credential::Keys, permit: &policy::Permit, binding: &credential::OpenedBinding, sealed: &[u8]) {
///     let _ = credential::open_connection(keys, permit, binding, credential::Accounts::Same, 1, sealed, 0);
/// }
/// ```
/// There is no way in without one:
/// ```compile_fail,E0061
/// fn without(keys: &credential::Keys, binding: &credential::OpenedBinding, sealed: &[u8]) {
///     let _ = credential::open_connection(keys, binding, credential::Accounts::Same, 1, sealed, 0);
/// }
/// ```
/// # Errors
/// See [`OpenError`].
pub fn open_connection(
    keys: &Keys,
    permit: &Permit,
    binding: &OpenedBinding,
    accounts: Accounts,
    generation: u64,
    sealed: &[u8],
    now_ms: u64,
) -> Result<OpenedConnection, OpenError> {
    if !permit.live(now_ms) {
        return Err(OpenError::PermitExpired);
    }
    connection_of(keys, &permit.store(), binding, accounts, generation, sealed)
}

/// Opens the connection that is kept up, at the generation that the ledger says is current.
///
/// There is no way in without an upkeep:
/// ```compile_fail,E0061
/// fn without(keys: &credential::Keys, sealed: &[u8]) {
///     let _ = credential::open_kept(keys, "shopify-admin", 1, sealed, 0);
/// }
/// ```
/// and a permit is none:
/// ```compile_fail,E0308
/// fn with_a_permit(keys: &credential::Keys, permit: &policy::Permit, sealed: &[u8]) {
///     let _ = credential::open_kept(keys, permit, "shopify-admin", 1, sealed, 0);
/// }
/// ```
/// # Errors
/// See [`OpenError`].
pub fn open_kept(
    keys: &Keys,
    upkeep: &Upkeep,
    preset: &str,
    generation: u64,
    sealed: &[u8],
    now_ms: u64,
) -> Result<OpenedConnection, OpenError> {
    if !upkeep.live(now_ms) {
        return Err(OpenError::PermitExpired);
    }
    kept_of(keys, &upkeep.store(), upkeep.connection(), preset, generation, sealed)
}

/// Under what an app is opened.
#[derive(Clone, Copy, Debug)]
pub enum Leave<'a> {
    /// A call's.
    Permit(&'a Permit),
    /// The vault's own.
    Upkeep(&'a Upkeep),
}

impl Leave<'_> {
    fn live(self, now_ms: u64) -> bool {
        match self {
            Self::Permit(permit) => permit.live(now_ms),
            Self::Upkeep(upkeep) => upkeep.live(now_ms),
        }
    }

    fn store(self) -> B256 {
        match self {
            Self::Permit(permit) => permit.store(),
            Self::Upkeep(upkeep) => upkeep.store(),
        }
    }
}

/// Opens the app that the connection names, at the generation that the ledger says is current.
///
/// There is no way in without a permit or an upkeep:
/// ```compile_fail,E0061
/// fn without(keys: &credential::Keys, connection: &credential::OpenedConnection, sealed: &[u8]) {
///     let _ = credential::open_app(keys, connection, 1, sealed, 0);
/// }
/// ```
/// # Errors
/// See [`OpenError`].
pub fn open_app(
    keys: &Keys,
    leave: Leave<'_>,
    connection: &OpenedConnection,
    generation: u64,
    sealed: &[u8],
    now_ms: u64,
) -> Result<App, OpenError> {
    if !leave.live(now_ms) {
        return Err(OpenError::PermitExpired);
    }
    app_of(keys, &leave.store(), connection, generation, sealed)
}

/// [`open_binding`] once the permit is judged: apart, because a test can't make a [`Permit`].
pub(crate) fn binding_of(
    keys: &Keys,
    store: &B256,
    preset: &str,
    generation: u64,
    sealed: &[u8],
) -> Result<OpenedBinding, OpenError> {
    let id = keys.record_id(Kind::Binding, &binding_name(store, preset));
    match open_raw(keys, &Place { id: &id, generation, kind: Kind::Binding, preset }, sealed)? {
        Record::Binding(binding) if binding.preset != preset => Err(OpenError::Malformed),
        Record::Binding(binding) if binding.store != *store => Err(OpenError::WrongStore),
        Record::Binding(binding) => Ok(OpenedBinding(binding)),
        Record::App(_) | Record::Connection(_) => Err(OpenError::Malformed),
    }
}

/// [`open_connection`] once the permit is judged.
pub(crate) fn connection_of(
    keys: &Keys,
    store: &B256,
    binding: &OpenedBinding,
    accounts: Accounts,
    generation: u64,
    sealed: &[u8],
) -> Result<OpenedConnection, OpenError> {
    let OpenedBinding(binding) = binding;
    if binding.store != *store {
        return Err(OpenError::WrongStore);
    }
    let place = Place { id: &binding.connection, generation, kind: Kind::Connection, preset: &binding.preset };
    match open_raw(keys, &place, sealed)? {
        Record::Connection(connection) if connection.preset != binding.preset => Err(OpenError::WrongConnection),
        Record::Connection(connection) if accounts == Accounts::Same && connection.account != binding.account => {
            Err(OpenError::WrongConnection)
        }
        Record::Connection(connection) => Ok(OpenedConnection { store: *store, connection }),
        Record::App(_) | Record::Binding(_) => Err(OpenError::Malformed),
    }
}

/// [`open_kept`] once the upkeep is judged.
fn kept_of(
    keys: &Keys,
    store: &B256,
    id: &[u8; 32],
    preset: &str,
    generation: u64,
    sealed: &[u8],
) -> Result<OpenedConnection, OpenError> {
    match open_raw(keys, &Place { id, generation, kind: Kind::Connection, preset }, sealed)? {
        Record::Connection(connection) if connection.preset != preset => Err(OpenError::WrongConnection),
        Record::Connection(connection) => Ok(OpenedConnection { store: *store, connection }),
        Record::App(_) | Record::Binding(_) => Err(OpenError::Malformed),
    }
}

/// [`open_app`] once the permit is judged. The preset is in the associated data: an app of another does not open, whatever its record
/// says.
pub(crate) fn app_of(
    keys: &Keys,
    store: &B256,
    opened: &OpenedConnection,
    generation: u64,
    sealed: &[u8],
) -> Result<App, OpenError> {
    if opened.store != *store {
        return Err(OpenError::WrongStore);
    }
    let id = opened.connection.app.as_ref().ok_or(OpenError::WrongApp)?;
    let place = Place { id, generation, kind: Kind::App, preset: &opened.connection.preset };
    match open_raw(keys, &place, sealed)? {
        Record::App(app) if app.preset != opened.connection.preset => Err(OpenError::WrongApp),
        Record::App(app) => Ok(app),
        Record::Connection(_) | Record::Binding(_) => Err(OpenError::Malformed),
    }
}

fn open_raw(keys: &Keys, place: &Place<'_>, sealed: &[u8]) -> Result<Record, OpenError> {
    if sealed.len() > limits::RECORD {
        return Err(OpenError::Size);
    }
    let (version, sealed) = sealed.split_first_chunk::<2>().ok_or(OpenError::Size)?;
    if *version != VERSION.to_be_bytes() {
        return Err(OpenError::Version);
    }
    let aad = place.aad(keys).ok_or(OpenError::Sealed)?;
    let plaintext = aead::open(&place.key(keys), &aad, sealed).map_err(|_| OpenError::Sealed)?;
    Record::from_plaintext(&plaintext).ok_or(OpenError::Malformed)
}

#[cfg(test)]
mod tests;
