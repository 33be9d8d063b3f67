//! The one form of a URL and of headers that can be signed. What is not in it is refused, never repaired: the bytes judged are the
//! bytes sent, and no two parsers on the way can read them differently.

use alloy_primitives::{B256, Keccak256};

use crate::http::{Request, VAULT_PREFIX, token};
use crate::limits;

/// Headers that go to the platform with a call. Whatever else HTTP needs, the enclave writes itself.
pub const UPSTREAM_HEADERS: [&str; 7] =
    ["accept", "content-type", "idempotency-key", "if-none-match", "prefer", "user-agent", "x-request-id"];

/// The one header of ours whose value is signed as a header, because `Call` has no member for it.
pub(crate) const RETRIES: &str = "pst-vault-retries";

/// Why a URL is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Longer than [`limits::URL`].
    #[error("url is too long")]
    TooLong,
    /// Not `https`.
    #[error("scheme is not https")]
    Scheme,
    /// A user or password before the host.
    #[error("url has userinfo")]
    UserInfo,
    /// A port, even the default one.
    #[error("url has a port")]
    Port,
    /// An upper-case letter in the host.
    #[error("host is not lower-case")]
    HostCase,
    /// A dot behind the host.
    #[error("host has a trailing dot")]
    TrailingDot,
    /// Not at least two labels of letters, digits and inner hyphens, the last of which starts with a letter.
    #[error("host is not a dns name in ascii")]
    Host,
    /// The path does not start with a slash (as in absolute form).
    #[error("path does not start with a slash")]
    NotAPath,
    /// Two slashes in a row, or one at the end.
    #[error("path has an empty segment")]
    EmptySegment,
    /// `.` or `..` as a segment.
    #[error("path has a dot segment")]
    DotSegment,
    /// `#`.
    #[error("url has a fragment")]
    Fragment,
    /// A byte that must be percent-encoded, or one with a meaning to some parsers only (`;`, `\`).
    #[error("url has a byte that may not stand there")]
    Character,
    /// `%` without two upper-case hex digits, or bytes that are not UTF-8.
    #[error("percent-encoding is not upper-case hex of utf-8")]
    Encoding,
    /// A letter, digit, `-`, `.`, `_` or `~` is percent-encoded.
    #[error("a byte is percent-encoded without need")]
    NeedlessEncoding,
    /// A slash, backslash or control byte is percent-encoded; or, in the path, a percent sign.
    #[error("a byte is percent-encoded that may not be there at all")]
    ForbiddenEncoding,
    /// `?` with nothing behind, an empty pair, or an empty key.
    #[error("query has an empty part")]
    EmptyQuery,
    /// The same key twice, however written.
    #[error("query has a key twice")]
    DuplicateKey,
}

/// Why headers are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// More than [`limits::HEADERS`].
    #[error("too many headers")]
    TooMany,
    /// Not a lower-case token.
    #[error("header name is not a lower-case token")]
    Name,
    /// Not ascending by name.
    #[error("headers are not in ascending order")]
    Order,
    /// The same name twice.
    #[error("a header stands there twice")]
    Duplicate,
    /// A name that is not sent upstream.
    #[error("a header is not one that is sent upstream")]
    NotAllowed,
    /// Empty, too long, surrounded by spaces, or not visible ASCII.
    #[error("header value is not visible ascii")]
    Value,
}

/// Checks that the URL is in its one form and returns it.
///
/// # Errors
/// [`UrlError`] names the rule.
pub fn check_url(request: &Request) -> Result<String, UrlError> {
    let url = request.url();
    if url.len() > limits::URL {
        return Err(UrlError::TooLong);
    }
    if request.scheme != "https" {
        return Err(UrlError::Scheme);
    }
    check_host(&request.authority)?;
    if request.path.contains('#') {
        return Err(UrlError::Fragment);
    }
    match request.path.split_once('?') {
        None => check_path(&request.path)?,
        Some((path, query)) => {
            check_path(path)?;
            check_query(query)?;
        }
    }
    Ok(url)
}

/// Checks that `host` is in its one form: a DNS name in lower-case ASCII, and nothing around it.
///
/// # Errors
/// [`UrlError`] names the rule.
pub fn check_host(host: &str) -> Result<(), UrlError> {
    if host.contains('@') {
        return Err(UrlError::UserInfo);
    }
    if host.contains('[') {
        return Err(UrlError::Host);
    }
    if host.contains(':') {
        return Err(UrlError::Port);
    }
    if host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(UrlError::HostCase);
    }
    if host.ends_with('.') {
        return Err(UrlError::TrailingDot);
    }
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A last label that starts with a digit makes some parsers see an IPv4 address.
    let last = host.rsplit_once('.').map(|(_, last)| last);
    let named = last.is_some_and(|last| last.starts_with(|c: char| c.is_ascii_lowercase()));
    if host.len() <= 253 && named && host.split('.').all(label) { Ok(()) } else { Err(UrlError::Host) }
}

fn check_path(path: &str) -> Result<(), UrlError> {
    let segments = path.strip_prefix('/').ok_or(UrlError::NotAPath)?;
    if segments.is_empty() {
        return Ok(());
    }
    for segment in segments.split('/') {
        match segment {
            "" => return Err(UrlError::EmptySegment),
            "." | ".." => return Err(UrlError::DotSegment),
            _ => {
                decode(segment, b"!$&'()*+,=:@", b"%/\\")?;
            }
        }
    }
    Ok(())
}

fn check_query(query: &str) -> Result<(), UrlError> {
    let mut keys: Vec<Vec<u8>> = Vec::new();
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        // `+` is a space to a form parser: two spellings of a key are one key.
        let key = decode(&key.replace('+', "%20"), b"!$'()*,:@/?", b"/\\")?;
        decode(value, b"!$'()*,:@/?+=", b"/\\")?;
        if key.is_empty() {
            return Err(UrlError::EmptyQuery);
        }
        keys.push(key);
    }
    let count = keys.len();
    keys.sort_unstable();
    keys.dedup();
    if keys.len() == count { Ok(()) } else { Err(UrlError::DuplicateKey) }
}

/// Decodes percent-encoding. `raw` may stand there beside the unreserved; `never` may not be encoded.
fn decode(text: &str, raw: &[u8], never: &[u8]) -> Result<Vec<u8>, UrlError> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            if !unreserved(byte) && !raw.contains(&byte) {
                return Err(UrlError::Character);
            }
            out.push(byte);
            continue;
        }
        let (high, low) = (bytes.next().and_then(upper_hex), bytes.next().and_then(upper_hex));
        let (Some(high), Some(low)) = (high, low) else { return Err(UrlError::Encoding) };
        let byte = (high << 4) | low;
        if unreserved(byte) {
            return Err(UrlError::NeedlessEncoding);
        }
        if never.contains(&byte) || byte.is_ascii_control() {
            return Err(UrlError::ForbiddenEncoding);
        }
        out.push(byte);
    }
    // Overlong and stray bytes are how a slash hides from one parser and not from another.
    core::str::from_utf8(&out).map_err(|_| UrlError::Encoding)?;
    Ok(out)
}

/// RFC 3986 section 2.3.
const fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn upper_hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => byte.checked_sub(b'0'),
        b'A'..=b'F' => byte.checked_sub(b'A')?.checked_add(10),
        _ => None,
    }
}

/// Checks all headers (ours too) and returns keccak256 of the `name:value\n` lines of those that go upstream, and of [`RETRIES`].
pub(crate) fn headers(request: &Request) -> Result<B256, HeaderError> {
    if request.headers.len() > limits::HEADERS {
        return Err(HeaderError::TooMany);
    }
    let mut hash = Keccak256::new();
    let mut before: Option<&str> = None;
    for (name, value) in &request.headers {
        if !token(name) {
            return Err(HeaderError::Name);
        }
        match before.map(|before| before.cmp(name)) {
            Some(core::cmp::Ordering::Equal) => return Err(HeaderError::Duplicate),
            Some(core::cmp::Ordering::Greater) => return Err(HeaderError::Order),
            Some(core::cmp::Ordering::Less) | None => before = Some(name),
        }
        let ours = name.starts_with(VAULT_PREFIX);
        if !ours && !UPSTREAM_HEADERS.contains(&name.as_str()) {
            return Err(HeaderError::NotAllowed);
        }
        let most = if ours { limits::VAULT_HEADER } else { limits::HEADER_VALUE };
        let visible = value.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
        let bare = value.first() != Some(&b' ') && value.last() != Some(&b' ');
        if value.is_empty() || value.len() > most || !visible || !bare {
            return Err(HeaderError::Value);
        }
        if !ours || name == RETRIES {
            for part in [name.as_bytes(), b":", value, b"\n"] {
                hash.update(part);
            }
        }
    }
    Ok(hash.finalize())
}
