//! The one reading of a request: path, query, headers and body, decoded once. What two servers could read differently is refused.

use protocol::call::check_url;
use protocol::http::Request;

use crate::inject::sent_headers;
use crate::json::Json;
use crate::name::NameError;

/// Names that make a server run another method or route than the one asked for, or answer in another form than its own.
const OVERRIDES: [&str; 8] = [
    "_method",
    "_httpmethod",
    "_jsonp",
    "_envelope",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "rest_route",
];
/// Parts of a path, a query, or a form, at most.
const PARTS: usize = 256;

/// A request, read.
pub(crate) struct Reading<'a> {
    pub(super) method: &'a str,
    pub(super) host: &'a str,
    /// Decoded; none is empty, or dots alone.
    pub(super) path: Vec<String>,
    /// Decoded; no name twice.
    pub(super) query: Vec<(String, String)>,
    /// Those that are sent on.
    pub(super) headers: Vec<(&'a str, &'a [u8])>,
    pub(super) body: Body,
}

/// A body, by its content type.
pub(super) enum Body {
    None,
    Json(Json),
    Form(Vec<(String, String)>),
}

impl<'a> Reading<'a> {
    pub(super) fn of(request: &'a Request) -> Result<Self, NameError> {
        check_url(request).map_err(NameError::Url)?;
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let path: Option<Vec<String>> = path.split('/').skip(1).map(|segment| decode(segment, false)).collect();
        let query = if query.is_empty() { Vec::new() } else { pairs(query.as_bytes()).ok_or(NameError::Query)? };
        let headers = sent_headers(request).ok_or(NameError::Header)?;
        let body = Body::of(request, &headers)?;
        let reading =
            Self { method: &request.method, host: &request.authority, path: path.ok_or(NameError::Path)?, query, headers, body };
        if reading.path.len() > PARTS {
            return Err(NameError::Path);
        }
        reading.no_overrides()?;
        Ok(reading)
    }

    fn no_overrides(&self) -> Result<(), NameError> {
        let is_override = |name: &str| OVERRIDES.iter().any(|other| name.eq_ignore_ascii_case(other));
        let in_body = match &self.body {
            Body::Json(Json::Object(members)) => members.iter().any(|(name, _)| is_override(name)),
            Body::Form(pairs) => pairs.iter().any(|(name, _)| is_override(name)),
            Body::None | Body::Json(_) => false,
        };
        let named = in_body || self.query.iter().any(|(name, _)| is_override(name));
        if named {
            return Err(NameError::Override);
        }
        // Many servers merge the two; which one wins differs.
        if let Body::Form(pairs) = &self.body
            && pairs.iter().any(|(name, _)| self.query.iter().any(|(other, _)| name.eq_ignore_ascii_case(other)))
        {
            return Err(NameError::Query);
        }
        Ok(())
    }

    pub(super) fn query(&self, name: &str) -> Option<&str> {
        find(&self.query, name)
    }

    pub(super) fn form(&self, name: &str) -> Option<&str> {
        match &self.body {
            Body::Form(pairs) => find(pairs, name),
            Body::None | Body::Json(_) => None,
        }
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(other, _)| *other == name)?;
        core::str::from_utf8(value).ok()
    }
}

impl Body {
    fn of(request: &Request, headers: &[(&str, &[u8])]) -> Result<Self, NameError> {
        if request.body.is_empty() {
            return Ok(Self::None);
        }
        let content_type = headers.iter().find(|(name, _)| *name == "content-type").map(|(_, value)| *value);
        match content_type {
            Some(
                b"application/json"
                | b"application/json; charset=utf-8"
                | b"application/json; charset=UTF-8"
                | b"application/json;charset=utf-8"
                | b"application/json;charset=UTF-8",
            ) => Ok(Self::Json(Json::parse(&request.body)?)),
            Some(
                b"application/x-www-form-urlencoded"
                | b"application/x-www-form-urlencoded; charset=utf-8"
                | b"application/x-www-form-urlencoded; charset=UTF-8"
                | b"application/x-www-form-urlencoded;charset=utf-8"
                | b"application/x-www-form-urlencoded;charset=UTF-8",
            ) => pairs(&request.body).map(Self::Form).ok_or(NameError::Form),
            _ => Err(NameError::ContentType),
        }
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
}

/// `a=b&c=d`. `None` if a name stands there twice (in any case, or as `a` and `a[b]`), is empty, or a part is no percent-encoding.
fn pairs(text: &[u8]) -> Option<Vec<(String, String)>> {
    let text = core::str::from_utf8(text).ok()?;
    let mut pairs = Vec::new();
    for pair in text.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(name, true)?, decode(value, true)?);
        if name.is_empty() || pairs.len() >= PARTS {
            return None;
        }
        pairs.push((name, value));
    }
    let mut names: Vec<String> = pairs.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    names.sort_unstable();
    let distinct = names.windows(2).all(|pair| match pair {
        [one, another] => one != another,
        _ => true,
    });
    let base = |name: &str| name.split_once('[').map(|(base, _)| base.to_owned());
    let shadowed = names.iter().filter_map(|name| base(name)).any(|base| names.binary_search(&base).is_ok());
    (distinct && !shadowed).then_some(pairs)
}

/// Percent-encoding of UTF-8 without control characters, in one pass.
fn decode(text: &str, plus: bool) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'%' => {
                let (high, low) = (digit(bytes.next()?)?, digit(bytes.next()?)?);
                high.checked_mul(16)?.checked_add(low)?
            }
            b'+' if plus => b' ',
            other => other,
        });
    }
    let text = String::from_utf8(out).ok()?;
    text.chars().all(|c| matches!(c, '\t' | '\n' | '\r') || !c.is_control()).then_some(text)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
