//! The presets: what this image knows of platforms. None is configured, and none can be added without another measurement.

mod check;
mod compile;
mod data;
mod field;
mod host;
mod look;
mod patience;
mod raw;
mod show;
mod table;
#[cfg(test)]
mod tests;
mod wrong;

use core::fmt;

use alloy_primitives::B256;
use credential::{Fields, Secret};
use policy::Operation;
use protocol::http::{Request, Response};
use serde::Deserialize;

pub use field::{CheckError, FieldRule, Kind};
pub use look::{Facts, Look, NoFacts, Reading};
pub use patience::Later;
pub use table::{PresetsError, check};
pub use wrong::Wrong;

use crate::diagnose::{Diagnosis, diagnose};
use crate::grant::{Bucket, Endpoint, Grant};
use crate::inject::{InjectError, inject};
use crate::materials::{Context, Materials};
use crate::name::NameError;
use crate::operations::{self, AnswerError, Named, Table};
use crate::redact::{Redactor, RedactorError};
use crate::request::{PrepareError, Prepared, app_fits, searched};
use crate::shopify;
use data::Data;
use host::{Hosts, is_host};

/// A platform that this image knows. A handle on what was read once.
#[derive(Clone, Copy)]
pub struct Preset(&'static Data);

/// Which record of a preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The developer app's.
    App,
    /// One authorisation's.
    Connection,
}

/// Whether connections of a preset have an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppUse {
    /// All.
    Always,
    /// Some.
    Optional,
    /// None.
    Never,
}

/// How many stores a connection of a preset can serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sharing {
    /// One.
    One,
    /// Several, told apart by the selector.
    Shared,
    /// Several until its first refresh, which gives each its own tokens.
    SplitOnRefresh,
}

/// Something that runs out by the calendar.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expires {
    /// What.
    pub what: String,
    /// After how many days.
    pub days: u32,
}

/// Where a fact is from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// Which fact.
    pub fact: String,
    /// From where.
    pub from: String,
    /// Whether it was read there, rather than generally known.
    pub verified: bool,
}

impl Preset {
    /// All of them, by id. None if a data file is not sound: see [`check`].
    pub fn all() -> impl Iterator<Item = Self> {
        table::all().iter().map(Self)
    }

    /// Its name in records and provisions.
    #[must_use]
    pub fn id(self) -> &'static str {
        &self.0.id
    }

    /// The preset of this name.
    #[must_use]
    pub fn of_id(id: &str) -> Option<Self> {
        Self::all().find(|preset| preset.id() == id)
    }

    /// The preset whose host this is. No host is of two; of a preset whose hosts are the connections' to say, none is.
    #[must_use]
    pub fn of_host(host: &str) -> Option<Self> {
        Self::all().find(|preset| preset.0.hosts.names(host))
    }

    /// The preset that names a request: the one whose host it is; of a host that is no preset's, the one that is spoken below such a
    /// path. So nothing of the store is looked at before a call is permitted.
    #[must_use]
    pub fn of_request(request: &Request) -> Option<Self> {
        let path = request.path.split('?').next().unwrap_or_default();
        Self::of_host(&request.authority).or_else(|| {
            let any = Self::all().filter(|preset| preset.host_allowed(&request.authority));
            any.filter_map(|preset| Some((preset.0.hosts.fits(path)?, preset)))
                .max_by_key(|(fit, _)| *fit)
                .map(|(_, preset)| preset)
        })
    }

    /// Whether a store of this preset may have this host. Exact shape; nothing is repaired.
    #[must_use]
    pub fn host_allowed(self, host: &str) -> bool {
        match &self.0.hosts {
            Hosts::Fixed { .. } | Hosts::Label { .. } => self.0.hosts.names(host),
            // What is another preset's is named by that preset's operations, and its tokens go nowhere else.
            Hosts::Any { .. } => is_host(host) && !table::is_claimed(host),
        }
    }

    /// The hosts that a store with this host needs: none if the store may not have it.
    #[must_use]
    pub fn egress_hosts(self, host: &str) -> Vec<String> {
        if !self.host_allowed(host) {
            return Vec::new();
        }
        let mut hosts = vec![host.to_owned()];
        for grant in &self.0.grants {
            if let Endpoint::Host(token) = &grant.endpoint
                && !hosts.contains(token)
            {
                hosts.push(token.clone());
            }
        }
        hosts
    }

    /// Whether its connections have an app.
    #[must_use]
    pub fn app_use(self) -> AppUse {
        self.0.app
    }

    /// Whether a connection with these fields has to have an app: all of the preset have, or its token grant names the app's.
    #[must_use]
    pub fn needs_app(self, connection: &Fields) -> bool {
        self.0.app == AppUse::Always || self.grant(connection).is_some_and(Grant::names_app)
    }

    /// How many stores a connection can serve.
    #[must_use]
    pub fn sharing(self) -> Sharing {
        self.0.sharing
    }

    /// How many calls the platform takes, if one number says it.
    #[must_use]
    pub fn rate(self) -> Option<Bucket> {
        self.0.rate
    }

    /// Whether these are fields of such a record.
    ///
    /// # Errors
    /// See [`CheckError`].
    pub fn check_fields(self, part: Part, fields: &Fields) -> Result<(), CheckError> {
        self.0.check_fields(part, fields)
    }

    /// Whether this is a binding's selector.
    ///
    /// # Errors
    /// See [`CheckError`].
    pub fn check_selector(self, selector: &[(String, String)]) -> Result<(), CheckError> {
        self.0.check_selector(selector)
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

    /// Whether there is such a view of the answers to all these operations. Zero is the whole answer.
    #[must_use]
    pub fn has_view(self, operations: &[Operation], projection: B256) -> bool {
        let names: Vec<&str> = operations.iter().map(|operation| operation.name.as_str()).collect();
        projection.is_zero() || self.table().is_some_and(|table| table.view(projection, &names).is_some())
    }

    /// What of a redacted answer to these operations is handed back: no credential that the platform just made, and no more than the
    /// view shows.
    ///
    /// # Errors
    /// See [`AnswerError`].
    pub fn answer(self, operations: &[Operation], projection: B256, response: Response) -> Result<Response, AnswerError> {
        self.table().ok_or(AnswerError::View)?.answer(operations, projection, response)
    }

    /// The caller's request as it goes to the binding's host: the selector put in, the token injected, signed. `now_ms` is trusted
    /// time, `nonce` fresh entropy.
    ///
    /// # Errors
    /// See [`PrepareError`].
    pub fn prepare(
        self,
        request: &Request,
        materials: &Materials<'_>,
        now_ms: u64,
        nonce: &[u8; 32],
    ) -> Result<Prepared, PrepareError> {
        if !self.host_allowed(materials.host) {
            return Err(PrepareError::Host);
        }
        if !app_fits(materials.app, self.0.app) {
            return Err(PrepareError::App);
        }
        let path = request.path.split('?').next().unwrap_or_default();
        let mut context = Context::new(*materials, now_ms, nonce, &request.method, path);
        self.0.recipe.prepare(request, &mut context)
    }

    #[cfg(test)]
    pub(crate) fn recipe(self) -> &'static crate::request::Recipe {
        &self.0.recipe
    }

    /// How a connection with these fields gets its access token. `None`: it has what it needs, for good.
    #[must_use]
    pub fn grant(self, connection: &Fields) -> Option<&'static Grant> {
        let materials = Materials { app: None, connection, selector: &[], host: "" };
        let context = Context::new(materials, 0, &[0; 32], "", "");
        self.0.grants.iter().find(|grant| grant.holds(&context))
    }

    /// What an answer says about the credential, if it says something.
    #[must_use]
    pub fn diagnose(self, response: &Response) -> Option<Diagnosis> {
        diagnose(&self.0.errors, response)
    }

    /// The request whose answer tells the account that a credential belongs to.
    #[must_use]
    pub fn probe_request(self, materials: &Materials<'_>) -> Option<Request> {
        if !self.host_allowed(materials.host) {
            return None;
        }
        self.0.probe.request(&Context::new(*materials, 0, &[0; 32], "", ""))
    }

    /// The account that the answer to [`Preset::probe_request`] tells.
    #[must_use]
    pub fn account(self, response: &Response, materials: &Materials<'_>) -> Option<String> {
        self.0.probe.account(response, &Context::new(*materials, 0, &[0; 32], "", ""))
    }

    /// As [`Preset::probe_request`], of a preset whose probe needs nothing but the host.
    #[must_use]
    pub fn probe(self, host: &str) -> Option<Request> {
        let nothing = Fields::new(Vec::new()).ok()?;
        self.probe_request(&Materials { app: None, connection: &nothing, selector: &[], host })
    }

    /// As [`Preset::account`], of a preset whose answer names the account.
    #[must_use]
    pub fn probe_account(self, response: &Response) -> Option<String> {
        let nothing = Fields::new(Vec::new()).ok()?;
        self.account(response, &Materials { app: None, connection: &nothing, selector: &[], host: "" })
    }

    /// The request as it goes to the store at `host`: the same target and body, the allowed headers, and the secret.
    /// It is the vault's to erase, which dropping it does.
    ///
    /// # Errors
    /// See [`InjectError`].
    pub fn inject(self, request: &Request, host: &str, secret: &Secret) -> Result<Request, InjectError> {
        if !self.host_allowed(host) || self.id() != shopify::ID {
            return Err(InjectError::Host);
        }
        inject(request, host, shopify::AUTH_HEADER, secret)
    }

    /// Searches the answers of the store at `host` for the secret, and for the part of it that is hard to guess.
    ///
    /// # Errors
    /// See [`RedactorError`].
    pub fn redactor(self, host: &str, secret: &Secret) -> Result<Redactor, RedactorError> {
        secret.with_secret(|secret| Redactor::new(host, &searched(secret).collect::<Vec<_>>()))
    }
}

impl PartialEq for Preset {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Preset {}

impl fmt::Debug for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Preset({})", self.id())
    }
}
