//! A preset, as a person reads it.

use super::data::Account;
use super::host::Hosts;
use super::{Expires, FieldRule, Preset, Source};
use crate::grant::{Endpoint, Grant};

impl Preset {
    /// The platform's name.
    #[must_use]
    pub fn platform(self) -> &'static str {
        &self.0.name
    }

    /// Its hosts, each behind its region; a pattern where stores have their own.
    #[must_use]
    pub fn hosts(self) -> Vec<(&'static str, String)> {
        match &self.0.hosts {
            Hosts::Fixed { regions } => regions.iter().map(|region| (region.region.as_str(), region.host.clone())).collect(),
            Hosts::Label { suffix } => vec![("store", format!("*{suffix}"))],
            Hosts::Any { .. } => vec![("connection", "*".to_owned())],
        }
    }

    /// Fields of its app records.
    #[must_use]
    pub fn app_fields(self) -> &'static [FieldRule] {
        &self.0.app_fields
    }

    /// Fields of its connections.
    #[must_use]
    pub fn connection_fields(self) -> &'static [FieldRule] {
        &self.0.connection_fields
    }

    /// What tells stores of one connection apart.
    #[must_use]
    pub fn selector_fields(self) -> &'static [FieldRule] {
        &self.0.selector_fields
    }

    /// Its token grants.
    #[must_use]
    pub fn grants(self) -> &'static [Grant] {
        &self.0.grants
    }

    /// How its calls are authenticated, in a line each.
    #[must_use]
    pub fn schemes(self) -> Vec<String> {
        let recipe = &self.0.recipe;
        let puts = recipe.put.iter().filter(|put| put.names_secret()).map(crate::request::put::Put::describe);
        puts.chain(recipe.sign.iter().map(crate::sign::Signer::describe)).collect()
    }

    /// Seconds that a signature's time may be off.
    #[must_use]
    pub fn clock_window_s(self) -> Option<u64> {
        self.0.clock_window_s
    }

    /// What its probe asks, and where the account's name is in it.
    #[must_use]
    pub fn probe_line(self) -> String {
        let probe = &self.0.probe;
        let account = match &probe.account {
            Account::Pointer(_) => "account named in the answer".to_owned(),
            Account::Field(field) => format!("account is the {}, to nobody else is it answered", field.name),
            Account::Host => "account is the host".to_owned(),
        };
        format!("{} {} ({account})", probe.method, probe.path)
    }

    /// Which refusals it tells apart.
    #[must_use]
    pub fn diagnoses(self) -> Vec<&'static str> {
        let mut names: Vec<&str> = self.0.errors.iter().map(|(means, _)| means.name()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What runs out by the calendar.
    #[must_use]
    pub fn expires(self) -> &'static [Expires] {
        &self.0.expires
    }

    /// What else is to be known.
    #[must_use]
    pub fn notes(self) -> &'static [String] {
        &self.0.notes
    }

    /// Where its facts are from.
    #[must_use]
    pub fn sources(self) -> &'static [Source] {
        &self.0.sources
    }
}

impl Grant {
    /// Its token endpoint, a pattern if it is at the store's own host.
    #[must_use]
    pub fn endpoint(&self) -> String {
        let host = match &self.endpoint {
            Endpoint::Host(host) => host.as_str(),
            Endpoint::Store => "{host}",
        };
        format!("{} https://{host}{}", self.method, self.path)
    }
}
