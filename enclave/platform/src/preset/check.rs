//! Whether records are ones of a preset: asked once, when they are provisioned.

use credential::Fields;

use super::data::Data;
use super::field::{CheckError, FieldRule, Kind};
use super::{AppUse, Part};
use crate::materials::{Context, Materials};

impl Data {
    pub(super) fn check_fields(&'static self, part: Part, fields: &Fields) -> Result<(), CheckError> {
        let rules = match part {
            Part::App if self.app == AppUse::Never => return Err(CheckError::App),
            Part::App => &self.app_fields,
            Part::Connection => &self.connection_fields,
        };
        if fields.names().any(|name| rules.iter().all(|rule| rule.name != name)) {
            return Err(CheckError::Unknown);
        }
        for rule in rules {
            let secret = fields.public(&rule.name).is_none();
            let Some(fits) = fields.with_secret(&rule.name, |value| rule.form.fits(value, &rule.choices)) else {
                if rule.required {
                    return Err(CheckError::Missing(&rule.name));
                }
                continue;
            };
            if secret != (rule.kind == Kind::Secret) {
                return Err(CheckError::Kind(&rule.name));
            }
            if !fits {
                return Err(CheckError::Form(&rule.name));
            }
        }
        if part == Part::Connection {
            whole(&self.connection_one_of, |name| fields.names().any(|other| other == name))?;
            let materials = Materials { app: None, connection: fields, selector: &[], host: "" };
            self.check_needs(&materials)?;
        }
        Ok(())
    }

    /// Fields that are there when others have a value.
    fn check_needs(&'static self, materials: &Materials<'_>) -> Result<(), CheckError> {
        let context = Context::new(*materials, 0, &[0; 32], "", "");
        for needs in self.needs.iter().filter(|needs| needs.when.holds_of(&context)) {
            if let Some(field) = needs.fields.iter().find(|field| !context.has(field)) {
                return Err(CheckError::Missing(&field.name));
            }
        }
        Ok(())
    }

    pub(super) fn check_selector(&'static self, selector: &[(String, String)]) -> Result<(), CheckError> {
        let rule = |name: &str| -> Option<&'static FieldRule> { self.selector_fields.iter().find(|rule| rule.name == name) };
        for (name, value) in selector {
            let rule = rule(name).ok_or(CheckError::Unknown)?;
            if !rule.form.fits(value.as_bytes(), &rule.choices) {
                return Err(CheckError::Form(&rule.name));
            }
        }
        let given = |name: &str| selector.iter().any(|(other, _)| other == name);
        match self.selector_fields.iter().find(|rule| rule.required && !given(&rule.name)) {
            Some(rule) => Err(CheckError::Missing(&rule.name)),
            None => whole(&self.selector_one_of, given),
        }
    }
}

/// Of several sets of names, one is whole.
fn whole(sets: &[Vec<String>], given: impl Fn(&str) -> bool) -> Result<(), CheckError> {
    if sets.is_empty() || sets.iter().any(|set| set.iter().all(|name| given(name))) {
        Ok(())
    } else {
        Err(CheckError::Incomplete)
    }
}
