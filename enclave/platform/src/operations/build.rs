//! From a file's rows to a table: each text becomes what it means, or the file is refused.

use std::collections::{BTreeMap, BTreeSet};

use contracts_bindings::Class;

use super::endpoint::Endpoint;
use super::file::{File, GraphqlRow, LinkRow, OperationRow, ParameterRow, Several};
use super::link::LinkRule;
use super::parameter::{Encoding, Parameter, Source};
use super::selector::{BodyRule, Condition, Place, QueryRule, Selector};
use super::table::{Asked, Evidence, Known, Repeat, Scope, Table, TableError, View};
use super::template::Template;
use super::token::TokenEndpoint;
use crate::graphql::OperationKind;
use crate::json::Pointer;

const METHODS: [&str; 6] = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"];

pub(super) fn table(file: File) -> Result<Table, TableError> {
    let File { preset, prefix, notes, sources, graphql, operations, containers, tokens, projections, watch, links, minted } =
        file;
    if !is_label(&preset) || !is_label(&prefix) {
        return Err(wrong(&preset, "id or prefix is not [a-z0-9-]"));
    }
    let sources = sources.into_iter().map(|(name, row)| (name, Evidence { what: row.what, verified: row.verified })).collect();
    let endpoint = graphql.map(endpoint).transpose()?;
    let operations: Vec<Known> = operations.into_iter().map(|row| known(row, endpoint.as_ref())).collect::<Result<_, _>>()?;
    let mut table = Table {
        preset,
        prefix,
        notes,
        operations,
        containers: Vec::new(),
        endpoint,
        tokens: Vec::new(),
        projections: BTreeMap::new(),
        watch: None,
        links: Vec::new(),
        minted: minted.iter().map(|name| normal(name)).collect(),
        sources,
    };
    for row in containers {
        let name = row.why;
        let selector = Selector {
            methods: methods(&name, row.method)?,
            hosts: Vec::new(),
            paths: paths(&name, row.path)?,
            conditions: Vec::new(),
            query: QueryRule::Any,
            body: BodyRule::None,
        };
        table.containers.push((selector, name));
    }
    for row in tokens {
        let name = row.path.clone();
        let path = Template::parse(&row.path).ok_or_else(|| wrong(&name, "path is no template"))?;
        let answer = row.answer.is_object().then(|| row.answer.to_string()).ok_or_else(|| wrong(&name, "answer is no object"))?;
        let hosts = row.host.map(Several::into_vec).unwrap_or_default();
        table.tokens.push(TokenEndpoint { methods: methods(&name, row.method)?, hosts, path, answer });
    }
    for (name, row) in projections {
        let view = View { keep: pointers(&name, &row.keep)?, operations: row.operations };
        table.projections.insert(name, view);
    }
    table.watch = watch.map(super::ask::watch).transpose()?;
    table.links = links.into_iter().map(link).collect::<Result<_, TableError>>()?;
    super::conflict::check(&table)?;
    Ok(table)
}

pub(super) fn wrong(row: &str, what: &'static str) -> TableError {
    TableError::Row { row: row.to_owned(), what }
}

/// How a member's name is compared: `accessToken`, `access_token` and `Access-Token` are one.
pub(super) fn normal(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn is_label(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

fn known(row: OperationRow, endpoint: Option<&Endpoint>) -> Result<Known, TableError> {
    let OperationRow { name, class, scope, repeat, graphql, method, host, path, when, query, body, params, source } = row;
    let class = class_of(&class).ok_or_else(|| wrong(&name, "no such class"))?;
    let scope = match scope.as_deref() {
        None | Some("store") => Scope::Store,
        Some("app") => Scope::App,
        Some(_) => return Err(wrong(&name, "no such scope")),
    };
    let repeat = match repeat.as_deref() {
        None if class == Class::Read => Repeat::Safe,
        Some("safe") => Repeat::Safe,
        Some("keyed") => Repeat::Keyed,
        None | Some("never") => Repeat::Never,
        Some(_) => return Err(wrong(&name, "no such repeat")),
    };
    let params = params.into_iter().map(|row| parameter(&name, row)).collect::<Result<Vec<_>, _>>()?;
    let asked = match (graphql, method, path) {
        (Some(field), None, None) => {
            if endpoint.is_none() || host.is_some() || !when.is_empty() || query.is_some() || body.is_some() || !params.is_empty()
            {
                return Err(wrong(&name, "a root field has a class and a source, and the endpoint all else"));
            }
            graphql_field(&field).ok_or_else(|| wrong(&name, "not a kind and a field"))?
        }
        (None, Some(method), Some(path)) => {
            let methods = methods(&name, method)?;
            let selector = Selector {
                hosts: host.map(Several::into_vec).unwrap_or_default(),
                paths: paths(&name, path)?,
                conditions: when.into_iter().map(|(place, values)| condition(&name, &place, values)).collect::<Result<_, _>>()?,
                query: query_rule(query, &methods),
                body: body_rule(body.as_deref(), &methods).ok_or_else(|| wrong(&name, "no such body"))?,
                methods,
            };
            let closed = matches!(class, Class::Value | Class::Routing | Class::Authz | Class::Mint);
            if selector.paths.iter().any(Template::is_open) && !closed {
                return Err(wrong(&name, "everything below a path is VALUE, ROUTING, AUTHZ or MINT"));
            }
            named_in_paths(&name, &selector.paths, &params)?;
            Asked::Http(selector)
        }
        _ => return Err(wrong(&name, "either a graphql field or method and path")),
    };
    Ok(Known { name, class, scope, repeat, asked, params, source })
}

fn class_of(text: &str) -> Option<Class> {
    Some(match text {
        "READ" => Class::Read,
        "WRITE" => Class::Write,
        "VALUE" => Class::Value,
        "ROUTING" => Class::Routing,
        "AUTHZ" => Class::Authz,
        "MINT" => Class::Mint,
        "EXPORT" => Class::Export,
        "CREDENTIAL" => Class::Credential,
        _ => return None,
    })
}

fn graphql_field(text: &str) -> Option<Asked> {
    let (kind, field) = text.split_once(' ')?;
    let kind = [OperationKind::Query, OperationKind::Mutation].into_iter().find(|other| other.keyword() == kind)?;
    let named = !field.is_empty() && field.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    named.then(|| Asked::Graphql(kind, field.to_owned()))
}

fn methods(row: &str, methods: Several) -> Result<Vec<String>, TableError> {
    let methods = methods.into_vec();
    let known = !methods.is_empty() && methods.iter().all(|method| METHODS.contains(&method.as_str()));
    known.then_some(methods).ok_or_else(|| wrong(row, "no such method"))
}

fn paths(row: &str, paths: Several) -> Result<Vec<Template>, TableError> {
    let paths: Option<Vec<Template>> = paths.into_vec().iter().map(|path| Template::parse(path)).collect();
    paths.filter(|paths| !paths.is_empty()).ok_or_else(|| wrong(row, "path is no template"))
}

pub(super) fn pointers(row: &str, texts: &[String]) -> Result<Vec<Pointer>, TableError> {
    let pointers: Option<Vec<Pointer>> = texts.iter().map(|text| Pointer::parse(text)).collect();
    pointers.filter(|pointers| !pointers.is_empty()).ok_or_else(|| wrong(row, "no json pointer"))
}

fn condition(row: &str, place: &str, values: Several) -> Result<Condition, TableError> {
    let place = Place::parse(place).ok_or_else(|| wrong(row, "no such place"))?;
    let single = !matches!(&place, Place::Json(pointer) if !pointer.is_single());
    let values = values.into_vec();
    let distinct: BTreeSet<&String> = values.iter().collect();
    let fit = single && !values.is_empty() && distinct.len() == values.len();
    if fit { Ok(Condition { place, values }) } else { Err(wrong(row, "a condition is on one place and has values")) }
}

fn query_rule(query: Option<Vec<String>>, methods: &[String]) -> QueryRule {
    match query {
        Some(names) if names == ["*"] => QueryRule::Any,
        Some(names) => QueryRule::Only(names),
        None if methods.iter().all(|method| method == "GET") => QueryRule::Any,
        None => QueryRule::Only(Vec::new()),
    }
}

fn body_rule(body: Option<&str>, methods: &[String]) -> Option<BodyRule> {
    Some(match body {
        Some("none") => BodyRule::None,
        Some("json") => BodyRule::Json,
        Some("json?") => BodyRule::OptionalJson,
        Some("form") => BodyRule::Form,
        Some(_) => return None,
        None if methods.iter().all(|method| matches!(method.as_str(), "GET" | "HEAD" | "DELETE")) => BodyRule::None,
        None => BodyRule::Json,
    })
}

fn parameter(row: &str, parameter: ParameterRow) -> Result<Parameter, TableError> {
    let ParameterRow { name, from, encoding, separator } = parameter;
    Ok(Parameter {
        name,
        source: Source::parse(&from).ok_or_else(|| wrong(row, "no such place"))?,
        encoding: Encoding::parse(&encoding).ok_or_else(|| wrong(row, "no such encoding"))?,
        separator,
    })
}

/// A parameter of the path stands in each of the paths.
fn named_in_paths(row: &str, paths: &[Template], params: &[Parameter]) -> Result<(), TableError> {
    let there = |param: &Parameter| match &param.source {
        Source::Path(name) => paths.iter().all(|path| path.names().any(|other| other == name)),
        Source::Place(_) => true,
    };
    if params.iter().all(there) { Ok(()) } else { Err(wrong(row, "a parameter names no variable of the path")) }
}

fn endpoint(row: GraphqlRow) -> Result<Endpoint, TableError> {
    let GraphqlRow { path, params, containers, nodes } = row;
    let template = Template::parse(&path).ok_or_else(|| wrong(&path, "path is no template"))?;
    let params = params.into_iter().map(|row| parameter(&path, row)).collect::<Result<Vec<_>, _>>()?;
    named_in_paths(&path, core::slice::from_ref(&template), &params)?;
    Ok(Endpoint { path: template, params, containers, nodes })
}

fn link(row: LinkRow) -> Result<LinkRule, TableError> {
    let at = Pointer::parse(&row.at).ok_or_else(|| wrong(&row.operation, "no json pointer"))?;
    Ok(LinkRule { operation: row.operation, at, hosts: row.hosts })
}
