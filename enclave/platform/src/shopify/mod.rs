//! Shopify's Admin API: `{shop}.myshopify.com`, the token in `X-Shopify-Access-Token`.

#[cfg(test)]
mod tests;

use protocol::http::{Request, Response};

use crate::json::Json;

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
