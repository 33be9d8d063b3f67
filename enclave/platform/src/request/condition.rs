//! When a part of a preset applies.

use super::Draft;
use crate::materials::Context;
use crate::template::FieldRef;

/// All of it must hold; empty, it always does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Condition {
    /// Fields that are there.
    pub(crate) has: Vec<FieldRef>,
    /// Fields that are not.
    pub(crate) lacks: Vec<FieldRef>,
    /// Public fields with one of their values.
    pub(crate) is: Vec<(FieldRef, String)>,
    /// One of these begins the path; none: any does.
    pub(crate) paths: Vec<String>,
}

impl Condition {
    pub(crate) fn holds(&self, context: &Context<'_>, draft: &Draft) -> bool {
        self.holds_of(context) && (self.paths.is_empty() || self.paths.iter().any(|path| draft.path.starts_with(path)))
    }

    /// Of the records alone.
    pub(crate) fn holds_of(&self, context: &Context<'_>) -> bool {
        self.has.iter().all(|field| context.has(field))
            && !self.lacks.iter().any(|field| context.has(field))
            && self.is.iter().all(|(field, value)| context.public(field) == Some(value))
    }
}
