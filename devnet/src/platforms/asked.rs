//! A request as a platform reads it.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use protocol::http::Request;
use serde_json::Value;

/// A request.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// Unix milliseconds, by the platform's clock.
    pub at_ms: u64,
    /// Such as `GET`.
    pub method: String,
    /// The name in `Host`.
    pub host: String,
    /// As it came, without the query.
    pub path: String,
    /// As it came, without the question mark.
    pub raw_query: String,
    /// Names are lower-case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Asked {
    /// What the enclave's egress sends, without the network between.
    #[must_use]
    pub fn of(request: &Request, at_ms: u64) -> Self {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        Self {
            at_ms,
            method: request.method.clone(),
            host: request.authority.clone(),
            path: path.to_owned(),
            raw_query: query.to_owned(),
            headers: request.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
            body: request.body.clone(),
        }
    }

    /// The one header of this name: none if there are two.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter().filter(|(known, _)| known == name);
        all.next().filter(|_| all.next().is_none()).map(|(_, value)| value.as_str())
    }

    /// The query's parameters, decoded.
    #[must_use]
    pub fn queries(&self) -> Vec<(String, String)> {
        pairs(&self.raw_query)
    }

    /// The one parameter of this name.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        one(self.queries(), name)
    }

    /// Whether the body is a form.
    #[must_use]
    pub fn is_form(&self) -> bool {
        self.header("content-type").is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
    }

    /// The form's fields, decoded.
    #[must_use]
    pub fn forms(&self) -> Vec<(String, String)> {
        if self.is_form() { pairs(&String::from_utf8_lossy(&self.body)) } else { Vec::new() }
    }

    /// The one field of this name.
    #[must_use]
    pub fn form(&self, name: &str) -> Option<String> {
        one(self.forms(), name)
    }

    /// The body as JSON; null if it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// User and password of HTTP Basic.
    #[must_use]
    pub fn basic(&self) -> Option<(String, String)> {
        let text = STANDARD.decode(self.header("authorization")?.strip_prefix("Basic ")?).ok()?;
        let text = String::from_utf8(text).ok()?;
        let (user, password) = text.split_once(':')?;
        Some((user.to_owned(), password.to_owned()))
    }

    /// The whole of it as text, for searching.
    #[must_use]
    pub fn text(&self) -> String {
        let headers: Vec<String> = self.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let body = String::from_utf8_lossy(&self.body);
        format!("{} https://{}{}?{}\n{}\n\n{body}", self.method, self.host, self.path, self.raw_query, headers.join("\n"))
    }
}

fn one(pairs: Vec<(String, String)>, name: &str) -> Option<String> {
    let mut all = pairs.into_iter().filter(|(known, _)| known == name);
    all.next().filter(|_| all.next().is_none()).map(|(_, value)| value)
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let parts = text.split('&').filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').unwrap_or((part, ""))).map(|(name, value)| (decoded(name), decoded(value))).collect()
}

/// `application/x-www-form-urlencoded`, as the URL standard reads it.
fn decoded(text: &str) -> String {
    let mut out = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let hex: Option<u8> = match byte {
            b'%' => {
                let ahead: Vec<u8> = bytes.clone().take(2).collect();
                std::str::from_utf8(&ahead).ok().filter(|hex| hex.len() == 2).and_then(|hex| u8::from_str_radix(hex, 16).ok())
            }
            _ => None,
        };
        match (byte, hex) {
            (_, Some(value)) => {
                out.push(value);
                bytes.nth(1);
            }
            (b'+', None) => out.push(b' '),
            (other, None) => out.push(other),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_twice_is_not_read() {
        let asked = Asked { raw_query: "a=1&b=%41+c&a=2&d=%zz".into(), ..Asked::default() };
        assert_eq!(
            (asked.query("a"), asked.query("b").as_deref(), asked.query("d").as_deref()),
            (None, Some("A c"), Some("%zz"))
        );
    }
}
