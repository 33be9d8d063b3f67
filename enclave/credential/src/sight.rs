//! What a lookout opens: a store's binding, its connection and app, as one thing that is good for the preset's watch alone.

use core::fmt;

use alloy_primitives::B256;
use policy::Lookout;

use crate::fields::Fields;
use crate::keys::Keys;
use crate::open::{Accounts, OpenError, app_of, binding_of, connection_of};
use crate::record::{App, Binding};

/// A record as the host keeps it, at the generation that the ledger says is current.
#[derive(Clone, Copy)]
pub struct Sealed<'a> {
    /// Its generation.
    pub generation: u64,
    /// Its bytes.
    pub sealed: &'a [u8],
}

impl fmt::Debug for Sealed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(..)")
    }
}

/// What a [`Sight`] is opened of.
#[derive(Clone, Copy, Debug)]
pub struct KeptRecords<'a> {
    /// The store's binding.
    pub binding: Sealed<'a>,
    /// The connection that it names.
    pub connection: Sealed<'a>,
    /// The app that the connection names, if it names one.
    pub app: Option<Sealed<'a>>,
}

/// A store's binding, connection and app. Neither [`crate::OpenedBinding`] nor [`crate::OpenedConnection`], so that nothing that makes a
/// call, or that seals another generation, takes it.
///
/// ```compile_fail,E0308
/// fn exchange(sight: credential::Sight) -> credential::OpenedBinding {
///     sight
/// }
/// ```
pub struct Sight {
    binding: Binding,
    connection: crate::record::Connection,
    app: Option<App>,
}

impl fmt::Debug for Sight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sight(..)")
    }
}

impl Sight {
    /// Opens the records of the lookout's store: the connection that its binding names, and the app that the connection names.
    ///
    /// There is no way in without a lookout, and an upkeep is none:
    /// ```compile_fail,E0308
    /// fn with_an_upkeep(keys: &credential::Keys, upkeep: &policy::Upkeep, kept: credential::KeptRecords<'_>) {
    ///     let _ = credential::Sight::open(keys, upkeep, "ebay", credential::Accounts::Same, kept, 0);
    /// }
    /// ```
    /// # Errors
    /// See [`OpenError`].
    pub fn open(
        keys: &Keys,
        lookout: &Lookout,
        preset: &str,
        accounts: Accounts,
        kept: KeptRecords<'_>,
        now_ms: u64,
    ) -> Result<Self, OpenError> {
        if !lookout.live(now_ms) {
            return Err(OpenError::PermitExpired);
        }
        Self::of(keys, &lookout.store(), preset, accounts, kept)
    }

    /// [`Sight::open`] once the lookout is judged.
    fn of(
        keys: &Keys,
        store: &B256,
        preset: &str,
        accounts: Accounts,
        KeptRecords { binding, connection, app }: KeptRecords<'_>,
    ) -> Result<Self, OpenError> {
        let binding = binding_of(keys, store, preset, binding.generation, binding.sealed)?;
        let opened = connection_of(keys, store, &binding, accounts, connection.generation, connection.sealed)?;
        let app = match app {
            Some(app) => Some(app_of(keys, store, &opened, app.generation, app.sealed)?),
            None => None,
        };
        Ok(Self { binding: binding.binding().clone(), connection: opened.into_connection(), app })
    }

    /// Where it is looked, and as whom.
    #[must_use]
    pub const fn binding(&self) -> &Binding {
        &self.binding
    }

    /// The connection's tokens.
    #[must_use]
    pub const fn fields(&self) -> &Fields {
        &self.connection.fields
    }

    /// The app's secrets, if it has one.
    #[must_use]
    pub fn app(&self) -> Option<&Fields> {
        self.app.as_ref().map(|app| &app.fields)
    }
}

#[cfg(test)]
mod tests;
