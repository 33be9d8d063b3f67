//! Files on another host that an answer names: a report's presigned link. The vault fetches one only for the caller and the store
//! whose own answer named it, and not for long.

use std::collections::VecDeque;
use std::sync::Arc;

use alloy_primitives::{B256, keccak256};
use policy::Operation;
use protocol::http::{Request, Response};
use protocol::limits;

use super::table::Table;
use crate::json::{Json, Pointer};
use crate::redact::RedactError;

/// Links of one answer, at most.
const PER_ANSWER: usize = 16;

/// Where an operation's answer names a link, and which hosts it may be on.
#[derive(Debug)]
pub(super) struct LinkRule {
    pub(super) operation: String,
    pub(super) at: Pointer,
    /// Hosts, or `*.` and a domain.
    pub(super) hosts: Vec<String>,
}

/// A link that an answer named. Its URL is a bearer's: it is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Link(String);

impl Link {
    /// Its host.
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        split(&self.0).map(|(host, _)| host)
    }

    /// The request for it, or for these of its bytes: a bare GET, without any header of the caller's or any secret of the store's.
    #[must_use]
    pub fn request(&self, bytes: Option<(u64, u64)>) -> Option<Request> {
        let (host, path) = split(&self.0)?;
        let mut headers =
            vec![("host".to_owned(), host.as_bytes().to_vec()), ("accept-encoding".to_owned(), b"identity".to_vec())];
        headers.extend(bytes.map(|(first, last)| ("range".to_owned(), format!("bytes={first}-{last}").into_bytes())));
        Some(Request {
            method: "GET".to_owned(),
            scheme: "https".to_owned(),
            authority: host.to_owned(),
            path: path.to_owned(),
            headers,
            body: Vec::new(),
        })
    }
}

impl core::fmt::Debug for Link {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Link(..)")
    }
}

impl LinkRule {
    fn allows(&self, host: &str) -> bool {
        self.hosts.iter().any(|allowed| match allowed.strip_prefix("*.") {
            Some(domain) => host.strip_suffix(domain).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            None => host == allowed,
        })
    }
}

impl Table {
    /// The links that an answer to these operations names, on hosts that the preset knows. Of any other answer none.
    #[must_use]
    pub fn links(&self, operations: &[Operation], response: &Response) -> Vec<Link> {
        let rules: Vec<&LinkRule> =
            self.links.iter().filter(|rule| operations.iter().any(|operation| operation.name == rule.operation)).collect();
        if rules.is_empty() || !(200..300).contains(&response.status) {
            return Vec::new();
        }
        let Ok(answer) = Json::parse(&response.body) else { return Vec::new() };
        let named = rules.iter().flat_map(|rule| rule.at.of(&answer).into_iter().map(move |value| (rule, value)));
        named
            .filter_map(|(rule, value)| match value {
                Json::String(url) => split(url).filter(|(host, _)| rule.allows(host)).map(|_| Link(url.clone())),
                _ => None,
            })
            .take(PER_ANSWER)
            .collect()
    }
}

/// The host and what follows it of an `https` URL without userinfo, port or fragment.
fn split(url: &str) -> Option<(&str, &str)> {
    let rest = url.strip_prefix("https://")?;
    let at = rest.find(['/', '?', '#'])?;
    let (host, path) = rest.split_at_checked(at)?;
    let plain = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#' && byte != b'\\');
    (plain && protocol::call::check_host(host).is_ok()).then_some((host, path))
}

/// What answers named, by who got them: hashes, and what each was named by. Bounded: the oldest goes first, and one owner can't push out
/// another's beyond its share.
#[derive(Debug)]
pub struct Links {
    kept: VecDeque<Kept>,
    most: usize,
    each: usize,
    life_ms: u64,
}

/// What a link was named by: what has to be permitted still, for it to be fetched.
#[derive(Clone, Debug)]
pub struct NamedBy {
    /// The preset whose answer it was.
    pub preset: &'static str,
    /// What had been asked.
    pub operations: Arc<[Operation]>,
}

#[derive(Debug)]
struct Kept {
    caller: [u8; 20],
    store: [u8; 32],
    url: B256,
    by: NamedBy,
    until_ms: u64,
}

impl Links {
    /// Keeps `most` in all and `each` for one caller and store, for `life_ms` each.
    #[must_use]
    pub const fn new(most: usize, each: usize, life_ms: u64) -> Self {
        Self { kept: VecDeque::new(), most, each, life_ms }
    }

    /// Remembers what an answer to this caller about this store named.
    pub fn remember(&mut self, caller: [u8; 20], store: [u8; 32], links: &[Link], by: &NamedBy, now_ms: u64) {
        self.forget(now_ms);
        for Link(url) in links {
            let url = keccak256(url);
            self.kept.retain(|kept| !(kept.is(&caller, &store) && kept.url == url));
            if self.kept.iter().filter(|kept| kept.is(&caller, &store)).count() >= self.each
                && let Some(oldest) = self.kept.iter().position(|kept| kept.is(&caller, &store))
            {
                self.kept.remove(oldest);
            }
            if self.kept.len() >= self.most {
                self.kept.pop_front();
            }
            self.kept.push_back(Kept { caller, store, url, by: by.clone(), until_ms: now_ms.saturating_add(self.life_ms) });
        }
    }

    /// What named this very URL, if an answer to this caller about this store did, and not long ago.
    pub fn find(&mut self, caller: &[u8; 20], store: &[u8; 32], url: &str, now_ms: u64) -> Option<(Link, NamedBy)> {
        self.forget(now_ms);
        let hash = keccak256(url);
        let found = self.kept.iter().find(|kept| kept.is(caller, store) && kept.url == hash)?;
        Some((Link(url.to_owned()), found.by.clone()))
    }

    fn forget(&mut self, now_ms: u64) {
        self.kept.retain(|kept| now_ms < kept.until_ms);
    }
}

impl Kept {
    fn is(&self, caller: &[u8; 20], store: &[u8; 32]) -> bool {
        self.caller == *caller && self.store == *store
    }
}

/// Headers of a file that a caller gets. There was no credential in the request that could be in them.
const OF_A_FILE: [&str; 11] = [
    "accept-ranges",
    "content-disposition",
    "content-encoding",
    "content-range",
    "content-type",
    "date",
    "etag",
    "expires",
    "last-modified",
    "retry-after",
    "x-amz-request-id",
];

/// A file's answer as it is handed back: bounded, not unpacked, and no way to anywhere else.
///
/// # Errors
/// See [`RedactError`].
pub fn file(mut response: Response) -> Result<Response, RedactError> {
    match response.status {
        200..=299 | 400..=599 => {}
        300..=399 => return Err(RedactError::Redirect),
        _ => return Err(RedactError::Status),
    }
    let long = |(_, value): &(String, Vec<u8>)| value.len() > limits::HEADER_VALUE;
    if response.body.len() > limits::UPSTREAM_BODY
        || response.headers.len() > limits::HEADERS
        || response.headers.iter().any(long)
    {
        return Err(RedactError::Size);
    }
    for (name, _) in &mut response.headers {
        name.make_ascii_lowercase();
    }
    response.headers.retain(|(name, _)| OF_A_FILE.contains(&name.as_str()));
    Ok(response)
}
