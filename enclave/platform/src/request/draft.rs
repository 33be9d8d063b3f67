//! A request taken apart. What the caller wrote stays as written; what is added goes behind it.

use protocol::http::Request;
use zeroize::Zeroizing;

use super::encoding::{decode, encode};
use super::prepare::PrepareError;
use crate::inject::sent_headers;
use crate::json::Json;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// One parameter of a query or of a form.
pub(crate) struct Pair {
    /// Decoded.
    pub(crate) name: String,
    /// Decoded.
    pub(crate) value: Zeroizing<Vec<u8>>,
    /// As it goes out.
    raw: Zeroizing<Vec<u8>>,
}

/// What stands behind the headers.
pub(crate) enum Body {
    Empty,
    /// Of a type that nothing here looks into.
    Raw(Vec<u8>),
    Form(Vec<Pair>),
    /// As the caller wrote it, what it says, and what is put into it. As long as that is nothing, the caller's bytes go out.
    Json {
        raw: Vec<u8>,
        value: Json,
        added: Vec<Added>,
    },
}

/// A value that is put into an object of a JSON body.
pub(crate) struct Added {
    pub(crate) steps: Vec<String>,
    pub(crate) value: Zeroizing<Vec<u8>>,
    /// As a JSON number, else as a string.
    pub(crate) number: bool,
}

/// A request under way.
pub(crate) struct Draft {
    pub(crate) method: String,
    pub(crate) host: String,
    /// Without the query.
    pub(crate) path: String,
    pub(crate) query: Vec<Pair>,
    /// Without `host`, `accept-encoding` and `content-length`.
    pub(crate) headers: Vec<(String, Zeroizing<Vec<u8>>)>,
    pub(crate) body: Body,
    /// What was made of secrets and goes out: to be searched for in the answer.
    pub(crate) derived: Vec<Zeroizing<Vec<u8>>>,
}

impl Pair {
    pub(crate) fn new(name: &str, value: Zeroizing<Vec<u8>>) -> Self {
        let encoded = encode(&value);
        let mut raw =
            Zeroizing::new(Vec::with_capacity(name.len().saturating_mul(3).saturating_add(encoded.len()).saturating_add(1)));
        raw.extend_from_slice(&encode(name.as_bytes()));
        raw.push(b'=');
        raw.extend_from_slice(&encoded);
        Self { name: name.to_owned(), value, raw }
    }

    fn parse_all(text: &str) -> Option<Vec<Self>> {
        let mut pairs: Vec<Self> = Vec::new();
        for raw in text.split('&') {
            let (name, value) = raw.split_once('=').unwrap_or((raw, ""));
            let (name, value) = (decode(name)?, decode(value)?);
            if name.is_empty() {
                return None;
            }
            pairs.push(Self { name, value: Zeroizing::new(value.into_bytes()), raw: Zeroizing::new(raw.as_bytes().to_vec()) });
        }
        Some(pairs)
    }

    fn join(pairs: &[Self]) -> Zeroizing<Vec<u8>> {
        let length = pairs.iter().fold(0_usize, |sum, pair| sum.saturating_add(pair.raw.len()).saturating_add(1));
        let mut out = Zeroizing::new(Vec::with_capacity(length));
        for pair in pairs {
            if !out.is_empty() {
                out.push(b'&');
            }
            out.extend_from_slice(&pair.raw);
        }
        out
    }
}

impl Draft {
    /// A request of the vault's own.
    pub(crate) fn new(method: &str, host: &str, path: &str, body: Body) -> Self {
        Self {
            method: method.to_owned(),
            host: host.to_owned(),
            path: path.to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            body,
            derived: Vec::new(),
        }
    }

    /// A caller's request to `host`.
    pub(crate) fn of(request: &Request, host: &str) -> Result<Self, PrepareError> {
        if request.scheme != "https" || request.authority != host {
            return Err(PrepareError::Host);
        }
        let sent = sent_headers(request).ok_or(PrepareError::Header)?;
        let (path, query) = match request.path.split_once('?') {
            Some((path, query)) => (path, Pair::parse_all(query).ok_or(PrepareError::Query)?),
            None => (request.path.as_str(), Vec::new()),
        };
        let body = Self::body(request)?;
        let headers = sent.into_iter().map(|(name, value)| (name.to_owned(), Zeroizing::new(value.to_vec()))).collect();
        Ok(Self {
            method: request.method.clone(),
            host: host.to_owned(),
            path: path.to_owned(),
            query,
            headers,
            body,
            derived: Vec::new(),
        })
    }

    fn body(request: &Request) -> Result<Body, PrepareError> {
        if request.body.is_empty() {
            return Ok(Body::Empty);
        }
        let content_type = request.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let essence = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        if essence == FORM.as_bytes() {
            let text = core::str::from_utf8(&request.body).map_err(|_| PrepareError::Body)?;
            return Pair::parse_all(text).map(Body::Form).ok_or(PrepareError::Body);
        }
        if essence == JSON.as_bytes() || essence.ends_with(b"+json") {
            let value = Json::parse(&request.body).map_err(|_| PrepareError::Body)?;
            return Ok(Body::Json { raw: request.body.clone(), value, added: Vec::new() });
        }
        Ok(Body::Raw(request.body.clone()))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_slice())
    }

    /// The query as it goes out, without its `?`.
    pub(crate) fn query_text(&self) -> Zeroizing<Vec<u8>> {
        Pair::join(&self.query)
    }

    /// The body as it goes out.
    pub(crate) fn body_bytes(&self) -> Zeroizing<Vec<u8>> {
        match &self.body {
            Body::Empty => Zeroizing::default(),
            Body::Raw(bytes) => Zeroizing::new(bytes.clone()),
            Body::Form(pairs) => Pair::join(pairs),
            Body::Json { raw, added, .. } if added.is_empty() => Zeroizing::new(raw.clone()),
            Body::Json { value, added, .. } => json_with(value, added),
        }
    }

    /// The request. Dropping it erases it.
    pub(crate) fn finish(mut self) -> Result<Request, PrepareError> {
        let query = self.query_text();
        let separator = usize::from(!query.is_empty());
        let mut path = String::with_capacity(self.path.len().saturating_add(query.len()).saturating_add(separator));
        path.push_str(&self.path);
        if separator == 1 {
            path.push('?');
            // Raw pairs are visible ASCII: the caller's path is, and what was added is encoded.
            path.push_str(core::str::from_utf8(&query).map_err(|_| PrepareError::Query)?);
        }
        let body = core::mem::take(&mut *self.body_bytes());
        let content_type = match &self.body {
            Body::Form(_) => Some(FORM),
            Body::Json { .. } => Some(JSON),
            Body::Empty | Body::Raw(_) => None,
        };
        if let Some(content_type) = content_type
            && self.header("content-type").is_none()
        {
            self.headers.push(("content-type".to_owned(), Zeroizing::new(content_type.as_bytes().to_vec())));
        }
        let mut request = Request {
            method: core::mem::take(&mut self.method),
            scheme: "https".to_owned(),
            authority: self.host.clone(),
            path,
            headers: Vec::with_capacity(self.headers.len().saturating_add(2)),
            body,
        };
        request.headers.push(("host".to_owned(), core::mem::take(&mut self.host).into_bytes()));
        // The answer is searched as it comes, so it must come as it is.
        request.headers.push(("accept-encoding".to_owned(), b"identity".to_vec()));
        for (name, mut value) in core::mem::take(&mut self.headers) {
            request.headers.push((name, core::mem::take(&mut *value)));
        }
        Ok(request)
    }
}

/// The text of a value with others put into its objects.
fn json_with(value: &Json, added: &[Added]) -> Zeroizing<Vec<u8>> {
    let added: Vec<(&[String], Zeroizing<Vec<u8>>)> =
        added.iter().map(|added| (added.steps.as_slice(), added.json_text())).collect();
    let length = added.iter().fold(value.text().len(), |sum, (steps, value)| {
        let name = steps.last().map_or(0, String::len).saturating_mul(6);
        sum.saturating_add(name).saturating_add(value.len()).saturating_add(4)
    });
    let mut out = Zeroizing::new(Vec::with_capacity(length));
    let here: Vec<(&[String], &[u8])> = added.iter().map(|(steps, value)| (*steps, value.as_slice())).collect();
    write_with(value, &here, &mut out);
    out
}

impl Added {
    /// A number as it is, or a string.
    fn json_text(&self) -> Zeroizing<Vec<u8>> {
        if self.number {
            return self.value.clone();
        }
        let mut out = Zeroizing::new(Vec::with_capacity(self.value.len().saturating_mul(6).saturating_add(2)));
        out.push(b'"');
        for byte in self.value.iter() {
            match byte {
                b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
                0..=0x1f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
                other => out.push(*other),
            }
        }
        out.push(b'"');
        out
    }
}

/// What a sorted list of a JSON body's members is made of: a string as it is, anything else as compact JSON.
pub(crate) fn json_pairs(value: &Json, added: &[Added]) -> Vec<(String, Zeroizing<Vec<u8>>)> {
    let Json::Object(members) = value else { return Vec::new() };
    let own = members.iter().map(|(name, value)| {
        let text = match value {
            Json::String(text) => text.clone(),
            other => other.text(),
        };
        (name.clone(), Zeroizing::new(text.into_bytes()))
    });
    let added = added.iter().filter_map(|added| match added.steps.as_slice() {
        [name] => Some((name.clone(), added.value.clone())),
        _ => None,
    });
    own.chain(added).collect()
}

fn write_with(value: &Json, added: &[(&[String], &[u8])], out: &mut Vec<u8>) {
    let Json::Object(members) = value else {
        out.extend_from_slice(value.text().as_bytes());
        return;
    };
    out.push(b'{');
    let mut first = true;
    let mut name = |out: &mut Vec<u8>, name: &str| {
        if !first {
            out.push(b',');
        }
        first = false;
        out.extend_from_slice(Json::String(name.to_owned()).text().as_bytes());
        out.push(b':');
    };
    for (member, value) in members {
        name(out, member);
        let below: Vec<(&[String], &[u8])> = added
            .iter()
            .filter_map(|(steps, value)| match steps.split_first() {
                Some((step, rest)) if step == member && !rest.is_empty() => Some((rest, *value)),
                _ => None,
            })
            .collect();
        write_with(value, &below, out);
    }
    for (steps, value) in added {
        if let [last] = steps {
            name(out, last);
            out.extend_from_slice(value);
        }
    }
    out.push(b'}');
}
