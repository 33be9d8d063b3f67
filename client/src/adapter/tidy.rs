//! From what an SDK writes to what a caller signs: the headers that go upstream, and the URL in its one form. Nothing is added.

use protocol::call::UPSTREAM_HEADERS;

/// What stands in the vault's answers where a token would.
const PLACEHOLDER: &str = "pst-vault-placeholder";

/// The headers that are the caller's to set. The rest is the vault's, of the connection, or a credential that is none.
pub(super) fn headers<'a>(headers: impl Iterator<Item = (&'a str, &'a [u8])>) -> Vec<(String, String)> {
    let mut kept: Vec<(String, String)> = Vec::new();
    for (name, value) in headers {
        let Ok(value) = std::str::from_utf8(value) else { continue };
        let fit = UPSTREAM_HEADERS.contains(&name) && !value.trim().is_empty() && !value.contains(PLACEHOLDER);
        if fit && !kept.iter().any(|(known, _)| known == name) {
            kept.push((name.to_owned(), value.trim().to_owned()));
        }
    }
    kept
}

/// The path, and the query in its one form, without what stands for a token. Some SDKs write one parameter in several spellings, for
/// whichever its platform reads: of those that differ in case alone and have one value, the first stays.
pub(super) fn path_and_query(path: &str, query: Option<&str>) -> String {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let spelled = |(known, same): &(String, String)| known.eq_ignore_ascii_case(&name) && *known != name && *same == value;
        if !value.contains(PLACEHOLDER) && !pairs.iter().any(spelled) {
            pairs.push((name.into_owned(), value.into_owned()));
        }
    }
    let pairs: Vec<String> = pairs.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

/// Everything is encoded but what may not be.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push_str(&hex::encode_upper([byte]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::call::check_url;
    use protocol::http::Request;

    #[test]
    fn a_query_comes_into_its_one_form() {
        let tidy = path_and_query("/orders", Some("a=1+2&b=x%2fy&c=%41:%C3%A9&token=pst-vault-placeholder&d"));
        assert_eq!(tidy, "/orders?a=1%202&b=x/y&c=A%3A%C3%A9&d=");
        let request = Request {
            method: "GET".into(),
            scheme: "https".into(),
            authority: "a.example.com".into(),
            path: tidy,
            headers: Vec::new(),
            body: Vec::new(),
        };
        check_url(&request).unwrap();
        assert_eq!(path_and_query("/orders", None), "/orders");
        // What would be read in two ways is left to be refused.
        assert_eq!(path_and_query("/o", Some("Ids=1&ids=1&ids=2&Ids=1")), "/o?Ids=1&ids=2&Ids=1");
    }

    #[test]
    fn no_header_of_the_connection_or_with_a_placeholder_is_signed() {
        let given = [
            ("host", "x"),
            ("accept", "*/*"),
            ("accept-encoding", "gzip"),
            ("x-amz-access-token", "pst-vault-placeholder"),
            ("user-agent", "sdk"),
            ("prefer", "pst-vault-placeholder"),
            ("authorization", "Bearer y"),
        ];
        let kept = headers(given.iter().map(|(name, value)| (*name, value.as_bytes())));
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(kept, [pair("accept", "*/*"), pair("user-agent", "sdk")]);
    }
}
