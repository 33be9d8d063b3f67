//! A place in a request, and what the caller has put there.

use core::fmt;

use super::{Body, Draft};
use crate::json::Json;
use crate::materials::Context;
use crate::template::FieldRef;

/// A header's or parameter's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Fixed(String),
    /// What a public field of the connection says.
    Field(FieldRef),
}

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Header(Name),
    Query(Name),
    Form(String),
    /// A member of an object in the body.
    Json(Vec<String>),
    /// The segment of the path behind this one.
    PathAfter(String),
}

impl Name {
    /// `None` if the connection does not say.
    pub(crate) fn text<'a>(&'a self, context: &'a Context<'_>) -> Option<&'a str> {
        match self {
            Self::Fixed(name) => Some(name),
            Self::Field(field) => context.public(field),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(name) => f.write_str(name),
            Self::Field(field) => write!(f, "{{{}}}", field.name),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name) => write!(f, "header {name}"),
            Self::Query(name) => write!(f, "query {name}"),
            Self::Form(name) => write!(f, "form {name}"),
            Self::Json(steps) => write!(f, "json /{}", steps.join("/")),
            Self::PathAfter(segment) => write!(f, "path behind {segment}"),
        }
    }
}

impl Place {
    /// Every value that stands there already, as text. Names are compared as the laxest upstream does: without regard to
    /// case, and an array's name (`id[]`, `id[0]`) is its own.
    pub(crate) fn values(&self, draft: &Draft, context: &Context<'_>) -> Vec<String> {
        match self {
            Self::Header(name) => {
                let Some(name) = name.text(context) else { return Vec::new() };
                let same = draft.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
                same.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
            }
            Self::Query(name) => name.text(context).map(|name| of_pairs(&draft.query, name)).unwrap_or_default(),
            Self::Form(name) => match &draft.body {
                Body::Form(pairs) => of_pairs(pairs, name),
                Body::Empty | Body::Raw(_) | Body::Json { .. } => Vec::new(),
            },
            Self::Json(steps) => match &draft.body {
                Body::Json { value, .. } => of_json(value, steps),
                Body::Empty | Body::Raw(_) | Body::Form(_) => Vec::new(),
            },
            Self::PathAfter(segment) => {
                let segments: Vec<&str> = draft.path.split('/').collect();
                let behind =
                    segments.iter().zip(segments.iter().skip(1)).filter(|(before, _)| before.eq_ignore_ascii_case(segment));
                behind
                    .map(|(_, value)| super::decode(&value.replace('+', "%2B")).unwrap_or_else(|| (*value).to_owned()))
                    .collect()
            }
        }
    }
}

fn of_pairs(pairs: &[super::Pair], name: &str) -> Vec<String> {
    let same = |other: &str| {
        let base = other.split('[').next().unwrap_or_default().trim();
        base.eq_ignore_ascii_case(name)
    };
    let same = pairs.iter().filter(|pair| same(&pair.name));
    same.map(|pair| String::from_utf8_lossy(&pair.value).into_owned()).collect()
}

/// A list's elements are values each; what is neither text nor number is its JSON.
fn of_json(value: &Json, steps: &[String]) -> Vec<String> {
    match (steps.split_first(), value) {
        (Some((step, rest)), Json::Object(members)) => members
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(step))
            .flat_map(|(_, value)| of_json(value, rest))
            .collect(),
        (Some(_), Json::Array(items)) => items.iter().flat_map(|item| of_json(item, steps)).collect(),
        (Some(_), _) => Vec::new(),
        (None, Json::Array(items)) => items.iter().flat_map(|item| of_json(item, &[])).collect(),
        (None, Json::String(text) | Json::Number(text)) => vec![text.clone()],
        (None, other) => vec![other.text()],
    }
}
