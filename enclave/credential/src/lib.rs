//! Secrets: their types, the keys that seal them, and the one door that opens them.
//!
//! `RootKey` (from genesis or custody) -> `Keys` (HKDF-SHA256 from root key and vault id) -> sealed records. A sealed record is
//! AES-256-GCM under a key of its own record and generation; vault id, record id, generation, kind and preset are its associated
//! data, so that a host that moves, swaps or ages ciphertexts gets a refusal. A credential opens only under a live
//! [`policy::Permit`] of its own store, and only the connection that the store's binding names, and the app that the connection names; and under a
//! live [`policy::Upkeep`], which opens one connection and its app for the token endpoint alone; and under a live [`policy::Lookout`], which
//! opens one store's binding, connection and app as one [`Sight`], for its preset's watch alone.
//!
//! What erasing covers: heap copies that this crate makes are boxed and erased on drop. It does not cover registers, stack
//! slots that the compiler spilled to, or key schedules inside `hkdf`, which keeps none beyond a call.
//!
//! Out of scope: who may (`policy`), which generation is current (`vault`), where a secret goes in a request (`platform`),
//! how the root key is shared out (`protocol::custody`).
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod aead;
mod entry;
mod fields;
mod head;
mod key;
mod keys;
mod open;
mod record;
mod root;
mod seal;
mod secret;
mod sight;
mod vault_key;

pub use entry::{EntryError, open_ledger, seal_ledger};
pub use fields::{Field, Fields, FieldsError};
pub use head::{HeadError, HeadKey};
pub use keys::{DeriveError, Keys, UnlockError};
pub use open::{
    Accounts, LOGIN, Leave, OpenError, OpenedBinding, OpenedConnection, binding_name, connection_id, open_app, open_binding,
    open_connection, open_kept,
};
pub use record::{App, Binding, Connection, Kind, Record};
pub use root::RootKey;
pub use seal::{SealError, seal};
pub use secret::{Secret, SecretError};
pub use sight::{KeptRecords, Sealed, Sight};
pub use vault_key::{SignError, VaultKey};
