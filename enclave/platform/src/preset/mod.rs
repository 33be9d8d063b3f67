//! The presets: what this image knows of platforms. None is configured, and none can be added without another measurement.

use credential::Secret;
use policy::Operation;
use protocol::http::{Request, Response};

use crate::inject::{InjectError, inject};
use crate::name::NameError;
use crate::operations::{self, Named, Table};
use crate::redact::{Redactor, RedactorError};
use crate::shopify;

/// A platform that this image knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// Shopify's Admin API with an access token.
    ShopifyAdmin,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::ShopifyAdmin];

    /// Its name in records and provisions.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::ShopifyAdmin => "shopify-admin",
        }
    }

    /// The preset of this name.
    #[must_use]
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.id() == id)
    }

    /// The preset whose host this is. No host is of two.
    #[must_use]
    pub fn of_host(host: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|preset| preset.host_allowed(host))
    }

    /// Whether a store of this preset may have this host. Exact shape; nothing is repaired.
    #[must_use]
    pub fn host_allowed(self, host: &str) -> bool {
        match self {
            Self::ShopifyAdmin => shopify::host_allowed(host),
        }
    }

    /// The hosts that a store with this host needs: none if the store may not have it.
    #[must_use]
    pub fn egress_hosts(self, host: &str) -> Vec<String> {
        if self.host_allowed(host) { vec![host.to_owned()] } else { Vec::new() }
    }

    /// The operations that it has names for. `None` if its file is no table, which a test and the boot refuse.
    #[must_use]
    pub fn table(self) -> Option<&'static Table> {
        operations::of(self.id())
    }

    /// What a request to the store at `host` is, under a store.
    ///
    /// # Errors
    /// See [`NameError`].
    pub fn named(self, request: &Request, host: &str) -> Result<Named, NameError> {
        if !self.host_allowed(host) {
            return Err(NameError::Host);
        }
        self.table().ok_or(NameError::Unknown)?.name(request, host)
    }

    /// The operations of a request to the store at `host`, one for each thing that it does; at least one.
    ///
    /// # Errors
    /// See [`NameError`].
    pub fn name(self, request: &Request, host: &str) -> Result<Vec<Operation>, NameError> {
        match self.named(request, host)? {
            Named::Operations(operations) => Ok(operations),
            Named::OwnTokenEndpoint(_) => Err(NameError::OwnTokenEndpoint),
        }
    }

    /// The request as it goes to the store at `host`: the same target and body, the allowed headers, and the secret.
    /// It is the vault's to erase, which dropping it does.
    ///
    /// # Errors
    /// See [`InjectError`].
    pub fn inject(self, request: &Request, host: &str, secret: &Secret) -> Result<Request, InjectError> {
        if !self.host_allowed(host) {
            return Err(InjectError::Host);
        }
        match self {
            Self::ShopifyAdmin => inject(request, host, shopify::AUTH_HEADER, secret),
        }
    }

    /// The request whose answer names the account that a secret belongs to. `None` if the store may not have this host.
    #[must_use]
    pub fn probe(self, host: &str) -> Option<Request> {
        match self {
            Self::ShopifyAdmin => shopify::probe(host),
        }
    }

    /// The account that the answer to [`Preset::probe`] names.
    #[must_use]
    pub fn probe_account(self, response: &Response) -> Option<String> {
        match self {
            Self::ShopifyAdmin => shopify::probe_account(response),
        }
    }

    /// Searches the answers of the store at `host` for the secret, and for the part of it that is hard to guess.
    ///
    /// # Errors
    /// See [`RedactorError`].
    pub fn redactor(self, host: &str, secret: &Secret) -> Result<Redactor, RedactorError> {
        match self {
            Self::ShopifyAdmin => secret.with_secret(|secret| Redactor::new(host, &shopify::searched(secret))),
        }
    }
}
