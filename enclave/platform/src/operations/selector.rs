//! What a request must be to be an operation.

use super::reading::{Body, Reading};
use super::template::Template;
use crate::json::{Json, Pointer};
use crate::name::NameError;

/// A request over plain HTTP: all of it must hold.
#[derive(Clone, Debug)]
pub(super) struct Selector {
    pub(super) methods: Vec<String>,
    /// None: any host of the preset.
    pub(super) hosts: Vec<String>,
    pub(super) paths: Vec<Template>,
    pub(super) conditions: Vec<Condition>,
    pub(super) query: QueryRule,
    pub(super) body: BodyRule,
}

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Query(String),
    /// Lower-case.
    Header(String),
    Json(Pointer),
    Form(String),
    /// In the query or in a form, where a platform takes both alike.
    Either(String),
}

/// A value must be one of these.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) place: Place,
    pub(super) values: Vec<String>,
}

/// What may stand in a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum QueryRule {
    Any,
    Only(Vec<String>),
}

/// What a body must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyRule {
    /// Empty.
    None,
    /// JSON, an object or an array.
    Json,
    /// JSON or empty.
    OptionalJson,
    /// A form or empty.
    Form,
}

impl Selector {
    /// The values of the path's variables, if this is the request.
    pub(super) fn read<'r>(&self, reading: &'r Reading<'_>) -> Option<Vec<(&str, &'r str)>> {
        let addressed = self.methods.iter().any(|method| method == reading.method)
            && (self.hosts.is_empty() || self.hosts.iter().any(|host| host == reading.host));
        if !addressed {
            return None;
        }
        let values = self.paths.iter().find_map(|path| path.read(&reading.path))?;
        self.conditions.iter().all(|condition| condition.holds(reading)).then_some(values)
    }

    /// What else the request may carry.
    pub(super) fn check(&self, reading: &Reading<'_>) -> Result<(), NameError> {
        if let QueryRule::Only(names) = &self.query
            && !reading.query.iter().all(|(name, _)| names.contains(name))
        {
            return Err(NameError::Query);
        }
        match (self.body, &reading.body) {
            (BodyRule::None | BodyRule::OptionalJson | BodyRule::Form, Body::None)
            | (BodyRule::Json | BodyRule::OptionalJson, Body::Json(Json::Object(_) | Json::Array(_)))
            | (BodyRule::Form, Body::Form(_)) => Ok(()),
            (BodyRule::None, _) => Err(NameError::Body),
            _ => Err(NameError::ContentType),
        }
    }

    /// Whether some request could be both. It may say so of selectors that share none, and never the other way.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let methods = self.methods.iter().any(|method| other.methods.contains(method));
        let hosts = self.hosts.is_empty() || other.hosts.is_empty() || self.hosts.iter().any(|host| other.hosts.contains(host));
        let paths = self.paths.iter().any(|path| other.paths.iter().any(|another| path.overlaps(another)));
        let apart = self.conditions.iter().any(|one| other.conditions.iter().any(|another| one.excludes(another)));
        methods && hosts && paths && !apart
    }
}

impl Condition {
    fn holds(&self, reading: &Reading<'_>) -> bool {
        self.place.text(reading).is_some_and(|value| self.values.contains(&value))
    }

    fn excludes(&self, other: &Self) -> bool {
        self.place == other.place && !self.values.iter().any(|value| other.values.contains(value))
    }
}

impl Place {
    /// `query:a`, `header:a`, `json:/a/b`, `form:a`, `either:a`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once(':').filter(|(_, name)| !name.is_empty())?;
        match kind {
            "query" => Some(Self::Query(name.to_owned())),
            "header" => (name.to_ascii_lowercase() == name).then(|| Self::Header(name.to_owned())),
            "json" => Pointer::parse(name).map(Self::Json),
            "form" => Some(Self::Form(name.to_owned())),
            "either" => Some(Self::Either(name.to_owned())),
            _ => None,
        }
    }

    /// The one text there. A JSON string only: a number or an object is no name.
    fn text(&self, reading: &Reading<'_>) -> Option<String> {
        match self {
            Self::Query(name) => reading.query(name).map(str::to_owned),
            Self::Header(name) => reading.header(name).map(str::to_owned),
            Self::Form(name) => reading.form(name).map(str::to_owned),
            Self::Either(name) => reading.query(name).or_else(|| reading.form(name)).map(str::to_owned),
            Self::Json(pointer) => match (&reading.body, pointer.is_single()) {
                (Body::Json(body), true) => match pointer.of(body).as_slice() {
                    [Json::String(text)] => Some(text.clone()),
                    _ => None,
                },
                _ => None,
            },
        }
    }
}
