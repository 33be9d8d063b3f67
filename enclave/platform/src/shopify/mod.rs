//! Shopify's Admin API: `{shop}.myshopify.com`, the token in `X-Shopify-Access-Token`, GraphQL root fields as operations.

mod table;
#[cfg(test)]
mod tests;

use alloy_primitives::{B256, keccak256};
use contracts_bindings::Class;
use contracts_bindings::registry::Param;
use policy::Operation;
use protocol::http::{Request, Response};

use crate::graphql::{self, OperationKind};
use crate::inject::sent_headers;
use crate::json::Json;
use crate::name::NameError;

/// Where the token goes.
pub(crate) const AUTH_HEADER: &str = "x-shopify-access-token";
const DOMAIN: &str = ".myshopify.com";
const API: &str = "/admin/api/";
/// Stable when this image was made. Shopify serves its oldest supported version for one that it has dropped.
const PROBE_VERSION: &str = "2026-10";
const PROBE_BODY: &[u8] = br#"{"query":"{shop{myshopifyDomain}}"}"#;

/// One label of lower-case letters, digits and inner hyphens, then the domain.
pub(crate) fn host_allowed(host: &str) -> bool {
    host.strip_suffix(DOMAIN).is_some_and(|shop| {
        (1..=63).contains(&shop.len())
            && !shop.starts_with('-')
            && !shop.ends_with('-')
            && shop.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    })
}

pub(crate) fn name(request: &Request, host: &str) -> Result<Vec<Operation>, NameError> {
    if request.scheme != "https" {
        return Err(NameError::Scheme);
    }
    if request.authority != host || !host_allowed(host) {
        return Err(NameError::Host);
    }
    if request.path.contains('?') {
        return Err(NameError::Query);
    }
    let headers = sent_headers(request).ok_or(NameError::Header)?;
    let (version, resource) = request.path.strip_prefix(API).and_then(|rest| rest.split_once('/')).ok_or(NameError::Path)?;
    match (request.method.as_str(), resource) {
        ("POST", "graphql.json") => {
            let version = version_param(version)?;
            let content_type = headers.iter().find(|(name, _)| *name == "content-type").map(|(_, value)| *value);
            if !matches!(content_type, Some(b"application/json" | b"application/json; charset=utf-8")) {
                return Err(NameError::ContentType);
            }
            let (kind, roots) = graphql_roots(&request.body)?;
            roots.iter().map(|root| operation(kind, root, &version)).collect()
        }
        ("GET", "shop.json") => {
            let version = version_param(version)?;
            if !request.body.is_empty() {
                return Err(NameError::Body);
            }
            Ok(vec![Operation { name: "shopify.rest.shop".to_owned(), class: Class::Read, params: vec![version] }])
        }
        _ => Err(NameError::Path),
    }
}

/// The root fields of a GraphQL request over HTTP.
fn graphql_roots(body: &[u8]) -> Result<(OperationKind, Vec<String>), NameError> {
    let Json::Object(members) = Json::parse(body)? else { return Err(NameError::GraphqlRequest) };
    let mut query = None;
    let mut operation_name = None;
    for (name, value) in &members {
        match (name.as_str(), value) {
            ("query", Json::String(text)) => query = Some(text),
            ("operationName", Json::String(text)) => operation_name = Some(text),
            ("operationName" | "variables", Json::Null) | ("variables", Json::Object(_)) => {}
            // `extensions` names persisted queries; what else there is, upstream may know.
            _ => return Err(NameError::GraphqlRequest),
        }
    }
    let document = graphql::parse(query.ok_or(NameError::GraphqlRequest)?)?;
    if operation_name.is_some() && operation_name != document.name.as_ref() {
        return Err(NameError::OperationName);
    }
    Ok((document.kind, document.roots))
}

fn operation(kind: OperationKind, root: &str, version: &Param) -> Result<Operation, NameError> {
    if table::is_container(root) {
        return Err(NameError::Container);
    }
    let class = table::class(kind, root).ok_or(NameError::Unknown)?;
    let kind = match kind {
        OperationKind::Query => "query",
        OperationKind::Mutation => "mutation",
    };
    Ok(Operation { name: format!("shopify.{kind}.{root}"), class, params: vec![version.clone()] })
}

/// `api.version`, as ASCII in the high bytes, so that a later version is a greater number.
fn version_param(version: &str) -> Result<Param, NameError> {
    let dated = version.split_once('-').is_some_and(|(year, month)| {
        year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit()) && ["01", "04", "07", "10"].contains(&month)
    });
    if !dated {
        return Err(NameError::Version);
    }
    Ok(Param { name: keccak256("api.version"), value: B256::right_padding_from(version.as_bytes()) })
}

pub(crate) fn probe(host: &str) -> Option<Request> {
    host_allowed(host).then(|| Request {
        method: "POST".to_owned(),
        scheme: "https".to_owned(),
        authority: host.to_owned(),
        path: format!("{API}{PROBE_VERSION}/graphql.json"),
        headers: vec![
            ("accept".to_owned(), b"application/json".to_vec()),
            ("content-type".to_owned(), b"application/json".to_vec()),
        ],
        body: PROBE_BODY.to_vec(),
    })
}

pub(crate) fn probe_account(response: &Response) -> Option<String> {
    if response.status != 200 {
        return None;
    }
    let answer = Json::parse(&response.body).ok()?;
    if answer.member("errors").is_some() {
        return None;
    }
    match answer.member("data")?.member("shop")?.member("myshopifyDomain")? {
        Json::String(account) if host_allowed(account) => Some(account.clone()),
        _ => None,
    }
}

/// The token, and what of it is hard to guess: `shpat_` says only what it is.
pub(crate) fn searched(secret: &[u8]) -> Vec<&[u8]> {
    let unmarked = secret.iter().position(|byte| *byte == b'_').and_then(|at| secret.get(at.saturating_add(1)..));
    core::iter::once(secret).chain(unmarked.filter(|rest| rest.len() >= 16)).collect()
}
