//! Which tenant of a connection a request is about: said by the sealed binding, never by the caller.

use super::place::Place;
use super::put::write;
use super::{Draft, PrepareError};
use crate::materials::Context;

/// How a caller's value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Match {
    /// It is the binding's.
    Equal,
    /// Each of a comma-separated list is in the binding's list.
    Within,
}

/// One selector of a preset.
#[derive(Clone, Debug)]
pub(crate) struct Selector {
    pub(crate) name: String,
    pub(crate) compare: Match,
    /// Where it is put, if the caller did not.
    pub(crate) put: Vec<Place>,
    /// Where else a caller could name a tenant.
    pub(crate) guards: Vec<Place>,
    /// Words that the platform reads as the tenant whose token it is.
    pub(crate) aliases: Vec<String>,
    /// As a JSON number.
    pub(crate) number: bool,
}

impl Selector {
    /// Refuses a request that names another tenant, also by a selector that the binding does not have.
    pub(crate) fn check(&self, draft: &Draft, context: &Context<'_>) -> Result<(), PrepareError> {
        let own = context.materials.selected(&self.name);
        for place in self.put.iter().chain(&self.guards) {
            for value in place.values(draft, context) {
                let fits = self.aliases.contains(&value)
                    || match (own, self.compare) {
                        (None, _) => false,
                        (Some(own), Match::Equal) => own == value,
                        (Some(own), Match::Within) => value.split(',').all(|value| own.split(',').any(|own| own == value.trim())),
                    };
                if !fits {
                    return Err(PrepareError::Selector);
                }
            }
        }
        Ok(())
    }

    /// Puts the binding's value where the caller has none.
    pub(crate) fn put(&self, draft: &mut Draft, context: &Context<'_>) -> Result<(), PrepareError> {
        let Some(own) = context.materials.selected(&self.name) else { return Ok(()) };
        for place in &self.put {
            if place.values(draft, context).is_empty() {
                write(place, own.as_bytes().to_vec().into(), self.number, draft, context)?;
            }
        }
        Ok(())
    }
}
