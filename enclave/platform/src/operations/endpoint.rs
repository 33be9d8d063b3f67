//! GraphQL over HTTP: one endpoint, and each root field is an operation.

use std::collections::{BTreeMap, BTreeSet};

use policy::Operation;

use super::parameter::Parameter;
use super::reading::{Body, Reading};
use super::selector::Selector;
use super::table::{Asked, Table};
use super::template::Template;
use crate::graphql::{self, Document, OperationKind, Root, Value};
use crate::json::Json;
use crate::name::NameError;

/// Objects that one request may ask for by their ids.
const IDS: usize = 64;

/// Where GraphQL is spoken.
#[derive(Debug)]
pub(super) struct Endpoint {
    pub(super) path: Template,
    pub(super) params: Vec<Parameter>,
    /// Root fields that run, or lead to, what they do not name.
    pub(super) containers: Vec<String>,
    /// The operation that reading an object of this type by its id is.
    pub(super) nodes: BTreeMap<String, String>,
}

impl Endpoint {
    /// The values of the path's variables, if this is the endpoint.
    pub(super) fn asked<'r>(&self, reading: &'r Reading<'_>) -> Option<Vec<(&str, &'r str)>> {
        self.path.read(&reading.path)
    }

    pub(super) fn shares(&self, selector: &Selector) -> bool {
        selector.paths.iter().any(|path| path.overlaps(&self.path))
    }

    pub(super) fn is_container(&self, field: &str) -> bool {
        self.containers.iter().any(|pattern| match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
            (Some(end), _) => field.ends_with(end),
            (None, Some(start)) => field.starts_with(start),
            (None, None) => field == pattern,
        })
    }

    /// One operation for each root field.
    pub(super) fn name(&self, table: &Table, reading: &Reading<'_>, path: &[(&str, &str)]) -> Result<Vec<Operation>, NameError> {
        if reading.method != "POST" {
            return Err(NameError::Path);
        }
        if !reading.query.is_empty() {
            return Err(NameError::Query);
        }
        let (document, variables) = document(&reading.body)?;
        let mut operations = Vec::new();
        for root in &document.roots {
            if self.is_container(&root.field) {
                return Err(NameError::Container);
            }
            let names = match root.field.as_str() {
                "node" | "nodes" => self.nodes(root, variables)?,
                field => BTreeSet::from([field_name(table, document.kind, field).ok_or(NameError::Unknown)?]),
            };
            for name in names {
                let known = table.operation(name).ok_or(NameError::Unknown)?;
                operations.push(known.operation(&self.params, path, reading)?);
            }
        }
        Ok(operations)
    }

    /// The operations of `node(id:)` and `nodes(ids:)`: one for each type that an id names.
    fn nodes(&self, root: &Root, variables: &Json) -> Result<BTreeSet<&str>, NameError> {
        let value = match root.field.as_str() {
            "node" => root.argument("id"),
            _ => root.argument("ids"),
        };
        let mut ids = Vec::new();
        collect(value.ok_or(NameError::Container)?, variables, &mut ids)?;
        let name = |id: &String| node_type(id).and_then(|kind| self.nodes.get(kind)).map(String::as_str);
        let names: Option<BTreeSet<&str>> = ids.iter().map(name).collect();
        names.filter(|names| !names.is_empty()).ok_or(NameError::Container)
    }
}

fn field_name<'t>(table: &'t Table, kind: OperationKind, field: &str) -> Option<&'t str> {
    let known = table.operations.iter().find(|known| match &known.asked {
        Asked::Graphql(other, name) => *other == kind && name == field,
        Asked::Http(_) => false,
    })?;
    Some(&known.name)
}

/// The document of a GraphQL request over HTTP, and its variables.
fn document(body: &Body) -> Result<(Document, &Json), NameError> {
    let members = match body {
        Body::Json(Json::Object(members)) => members,
        Body::Json(_) => return Err(NameError::GraphqlRequest),
        Body::None | Body::Form(_) => return Err(NameError::ContentType),
    };
    let mut query = None;
    let mut operation_name = None;
    let mut variables = &Json::Null;
    for (name, value) in members {
        match (name.as_str(), value) {
            ("query", Json::String(text)) => query = Some(text),
            ("operationName", Json::String(text)) => operation_name = Some(text),
            ("variables", Json::Object(_)) => variables = value,
            ("operationName" | "variables", Json::Null) => {}
            // `extensions` names persisted queries; what else there is, upstream may know.
            _ => return Err(NameError::GraphqlRequest),
        }
    }
    let document = graphql::parse(query.ok_or(NameError::GraphqlRequest)?)?;
    if operation_name.is_some() && operation_name != document.name.as_ref() {
        return Err(NameError::OperationName);
    }
    Ok((document, variables))
}

/// Every id that an argument names.
fn collect(value: &Value, variables: &Json, ids: &mut Vec<String>) -> Result<(), NameError> {
    if ids.len() >= IDS {
        return Err(NameError::Container);
    }
    match value {
        Value::Text(id) => ids.push(id.clone()),
        Value::Variable(name) => match variables.member(name) {
            Some(Json::String(id)) => ids.push(id.clone()),
            Some(Json::Array(items)) if items.len() <= IDS => {
                for item in items {
                    let Json::String(id) = item else { return Err(NameError::Container) };
                    ids.push(id.clone());
                }
            }
            _ => return Err(NameError::Container),
        },
        Value::List(values) => {
            for value in values {
                collect(value, variables, ids)?;
            }
        }
        Value::Other => return Err(NameError::Container),
    }
    Ok(())
}

/// `Order` of `gid://shopify/Order/1`.
fn node_type(id: &str) -> Option<&str> {
    let (kind, number) = id.strip_prefix("gid://shopify/")?.split_once('/')?;
    let numbered = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let typed = !kind.is_empty() && kind.bytes().all(|byte| byte.is_ascii_alphabetic());
    (numbered && typed).then_some(kind)
}
