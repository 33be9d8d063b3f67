//! Mechanism A: a value made of the records, put into a place that the caller can't use.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::condition::Condition;
use super::place::Place;
use super::{Added, Body, Draft, Pair, PrepareError};
use crate::json::Json;
use crate::materials::Context;
use crate::template::{Absent, Template};

/// What is put.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// A text.
    Text(Template),
    /// RFC 7617: base64 of `user:password`, behind `Basic `.
    Basic { user: Template, password: Template },
}

/// One value in its place.
#[derive(Clone, Debug)]
pub(crate) struct Put {
    pub(crate) place: Place,
    pub(crate) value: Value,
    /// As a JSON number.
    pub(crate) number: bool,
    pub(crate) when: Condition,
}

impl Put {
    pub(crate) fn templates(&self) -> impl Iterator<Item = &Template> {
        let (one, other) = match &self.value {
            Value::Text(template) => (template, None),
            Value::Basic { user, password } => (user, Some(password)),
        };
        core::iter::once(one).chain(other)
    }

    pub(crate) fn names_secret(&self) -> bool {
        self.templates().any(Template::names_secret)
    }

    pub(crate) fn names_signature(&self) -> bool {
        self.templates().any(Template::names_signature)
    }

    /// In a line.
    pub(crate) fn describe(&self) -> String {
        match &self.value {
            Value::Text(template) => format!("{}: {template}", self.place),
            Value::Basic { user, password } => format!("{}: Basic {user}:{password}", self.place),
        }
    }

    /// Puts it. Whether it did: not if a value that may be absent is.
    pub(crate) fn apply(&self, draft: &mut Draft, context: &Context<'_>) -> Result<bool, PrepareError> {
        let value = match &self.value {
            Value::Text(template) => template.render_whole(context).map_err(absent)?,
            Value::Basic { user, password } => {
                let pair = basic(&user.render(context).map_err(absent)?, &password.render(context).map_err(absent)?);
                draft.derived.push(pair.clone());
                let mut value = Zeroizing::new(Vec::with_capacity(pair.len().saturating_add(6)));
                value.extend_from_slice(b"Basic ");
                value.extend_from_slice(&pair);
                Some(value)
            }
        };
        match value {
            Some(value) => write(&self.place, value, self.number, draft, context).map(|()| true),
            None => Ok(false),
        }
    }
}

fn absent(Absent(_): Absent) -> PrepareError {
    PrepareError::Field
}

fn basic(user: &[u8], password: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut pair = Zeroizing::new(Vec::with_capacity(user.len().saturating_add(password.len()).saturating_add(1)));
    pair.extend_from_slice(user);
    pair.push(b':');
    pair.extend_from_slice(password);
    Zeroizing::new(STANDARD.encode(&pair).into_bytes())
}

/// Puts a value where nothing is.
pub(crate) fn write(
    place: &Place,
    value: Zeroizing<Vec<u8>>,
    number: bool,
    draft: &mut Draft,
    context: &Context<'_>,
) -> Result<(), PrepareError> {
    match place {
        Place::Header(name) => {
            let name = name.text(context).ok_or(PrepareError::Field)?.to_owned();
            let fit = value.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
            if !fit || value.is_empty() {
                return Err(PrepareError::Field);
            }
            draft.headers.push((name, value));
        }
        Place::Query(name) => {
            let name = name.text(context).ok_or(PrepareError::Field)?;
            draft.query.push(Pair::new(name, value));
        }
        Place::Form(name) => {
            if matches!(draft.body, Body::Empty) {
                draft.body = Body::Form(Vec::new());
            }
            let Body::Form(pairs) = &mut draft.body else { return Err(PrepareError::Body) };
            pairs.push(Pair::new(name, value));
        }
        Place::Json(steps) => {
            if matches!(draft.body, Body::Empty) {
                draft.body = Body::Json { raw: Vec::new(), value: Json::Object(Vec::new()), added: Vec::new() };
            }
            let Body::Json { value: body, added, .. } = &mut draft.body else { return Err(PrepareError::Body) };
            if !has_parent(body, steps) {
                return Err(PrepareError::Body);
            }
            added.push(Added { steps: steps.clone(), value, number });
        }
        // Only guarded: the parser lets nothing be put there.
        Place::PathAfter(_) => return Err(PrepareError::Path),
    }
    Ok(())
}

fn has_parent(body: &Json, steps: &[String]) -> bool {
    match (steps, body) {
        ([_], Json::Object(_)) => true,
        ([step, rest @ ..], Json::Object(_)) => body.member(step).is_some_and(|below| has_parent(below, rest)),
        _ => false,
    }
}
