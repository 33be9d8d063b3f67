//! A preset's operations, parsed once. A file that is not one table without contradiction is none.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{B256, keccak256};
use contracts_bindings::Class;

use super::ask::Ask;
use super::endpoint::Endpoint;
use super::file;
use super::link::LinkRule;
use super::parameter::{Encoding, Parameter};
use super::selector::Selector;
use super::token::TokenEndpoint;
use crate::graphql::OperationKind;
use crate::json::{Json, Pointer};

/// The operations of a preset.
#[derive(Debug)]
pub struct Table {
    pub(super) preset: String,
    pub(super) prefix: String,
    pub(super) notes: Vec<String>,
    pub(super) operations: Vec<Known>,
    pub(super) containers: Vec<(Selector, String)>,
    pub(super) endpoint: Option<Endpoint>,
    pub(super) tokens: Vec<TokenEndpoint>,
    pub(super) projections: BTreeMap<String, View>,
    pub(super) watch: Option<Watch>,
    pub(super) links: Vec<LinkRule>,
    pub(super) minted: BTreeSet<String>,
    pub(super) sources: BTreeMap<String, Evidence>,
}

/// One operation.
#[derive(Debug)]
pub struct Known {
    pub(super) name: String,
    pub(super) class: Class,
    pub(super) scope: Scope,
    pub(super) repeat: Repeat,
    pub(super) asked: Asked,
    pub(super) params: Vec<Parameter>,
    pub(super) source: String,
}

/// How it is asked for.
#[derive(Debug)]
pub(super) enum Asked {
    Http(Selector),
    Graphql(OperationKind, String),
}

/// Whose operation it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// A store's.
    Store,
    /// The app's, which all its stores share.
    App,
}

/// Whether asking twice is asking once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It is.
    Safe,
    /// It is with the same `idempotency-key`.
    Keyed,
    /// It may not be.
    Never,
}

/// Where the facts of an operation come from.
#[derive(Debug)]
pub struct Evidence {
    pub(super) what: String,
    pub(super) verified: bool,
}

/// A narrower view of the answers of some operations.
#[derive(Debug)]
pub struct View {
    pub(super) operations: Vec<String>,
    pub(super) keep: Vec<Pointer>,
}

/// The operation whose answer says where the money goes.
#[derive(Debug)]
pub struct Watch {
    pub(super) operation: String,
    pub(super) keep: Vec<Pointer>,
    /// Whether only the first value counts that says something.
    pub(super) newest: bool,
    pub(super) asking: Asking,
}

/// Who asks for what is watched.
#[derive(Debug)]
pub(super) enum Asking {
    /// The vault by itself.
    Vault(Ask),
    /// Callers alone, for this reason.
    Callers(String),
}

/// Why a file is no table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Not JSON, a key twice, or not the file's shape.
    #[error("not the shape of an operations file: {0}")]
    Shape(String),
    /// A row that says something that can't be.
    #[error("{row}: {what}")]
    Row {
        /// The operation, projection or path.
        row: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Two rows that could name the same request.
    #[error("{0} and {1} could name the same request")]
    Conflict(String, String),
}

impl Table {
    /// Reads a file.
    ///
    /// # Errors
    /// [`TableError`] names the row.
    pub fn parse(text: &str) -> Result<Self, TableError> {
        // serde takes the last of two equal keys.
        Json::parse(text.as_bytes()).map_err(|error| TableError::Shape(error.to_string()))?;
        let file: file::File = serde_json::from_str(text).map_err(|error| TableError::Shape(error.to_string()))?;
        super::build::table(file)
    }

    /// The preset's id.
    #[must_use]
    pub fn preset(&self) -> &str {
        &self.preset
    }

    /// What is not in the table, and why.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Every operation, as the file lists them.
    #[must_use]
    pub fn operations(&self) -> &[Known] {
        &self.operations
    }

    /// The operation of this name.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&Known> {
        self.operations.iter().find(|known| known.name == name)
    }

    /// Where an operation's facts come from.
    #[must_use]
    pub fn evidence(&self, known: &Known) -> Option<&Evidence> {
        self.sources.get(&known.source)
    }

    /// The names of the narrower views, each with the operations whose answers it narrows.
    pub fn views(&self) -> impl Iterator<Item = (&str, &View)> {
        self.projections.iter().map(|(name, view)| (name.as_str(), view))
    }

    /// The view that a decision names by its keccak256, if it is one of all these operations.
    #[must_use]
    pub fn view(&self, projection: B256, operations: &[&str]) -> Option<&View> {
        let (_, view) = self.projections.iter().find(|(name, _)| keccak256(name) == projection)?;
        operations.iter().all(|name| view.operations.iter().any(|other| other == name)).then_some(view)
    }

    /// The operation to ask for to see where the money goes.
    #[must_use]
    pub const fn watch(&self) -> Option<&Watch> {
        self.watch.as_ref()
    }
}

impl Known {
    /// For example `shopify.query.orders`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its one class.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.class
    }

    /// Whose it is.
    #[must_use]
    pub const fn scope(&self) -> Scope {
        self.scope
    }

    /// Whether it may be asked for again when the first answer is lost.
    #[must_use]
    pub const fn repeat(&self) -> Repeat {
        self.repeat
    }

    /// Its named parameters and their encodings.
    pub fn params(&self) -> impl Iterator<Item = (&str, Encoding)> {
        self.params.iter().map(|param| (param.name.as_str(), param.encoding))
    }

    /// How it is asked for, for a reader: `GET /orders/v0/orders`, `mutation refundCreate`.
    #[must_use]
    pub fn asked(&self) -> String {
        match &self.asked {
            Asked::Http(selector) => selector.to_string(),
            Asked::Graphql(kind, field) => format!("{} {field}", kind.keyword()),
        }
    }
}

impl Evidence {
    /// A page, a file, or general knowledge.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// Whether it was read for this table.
    #[must_use]
    pub const fn verified(&self) -> bool {
        self.verified
    }
}

impl View {
    /// The operations whose answers it narrows.
    #[must_use]
    pub fn operations(&self) -> &[String] {
        &self.operations
    }
}

impl Watch {
    /// Its name.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// Why the vault does not ask for it by itself; `None`: it does.
    #[must_use]
    pub fn unasked(&self) -> Option<&str> {
        match &self.asking {
            Asking::Vault(_) => None,
            Asking::Callers(why) => Some(why),
        }
    }
}
