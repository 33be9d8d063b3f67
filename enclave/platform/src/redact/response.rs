//! What of an answer is handed back.

use core::mem;

use protocol::http::Response;
use protocol::limits;
use zeroize::Zeroizing;

use super::Redactor;
use super::text::ScrubError;

/// Headers that a caller gets, beside those that the preset names. Everything else stays: cookies, challenges, and whatever a proxy added.
const RETURNED: [&str; 12] = [
    "cache-control",
    "content-language",
    "content-type",
    "date",
    "etag",
    "expires",
    "last-modified",
    "link",
    "location",
    "retry-after",
    "vary",
    "x-request-id",
];
/// Encodings of text in which ASCII is ASCII, with zeros at most.
const CHARSETS: [&str; 6] = ["utf-8", "us-ascii", "iso-8859-1", "utf-16", "utf-16le", "utf-16be"];

/// Why an answer is not handed back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedactError {
    /// Not a final status.
    #[error("status is not final")]
    Status,
    /// Larger than the limit.
    #[error("response too large")]
    Size,
    /// A content or transfer coding, although none was accepted: what it hides can't be searched.
    #[error("content coding that was not asked for")]
    Encoding,
    /// A character set that hides ASCII.
    #[error("character set can't be searched")]
    Charset,
    /// To another host.
    #[error("redirect off the store's host")]
    Redirect,
    /// See [`ScrubError`].
    #[error(transparent)]
    Scrub(#[from] ScrubError),
}

impl RedactError {
    /// Fit for a refusal: short ASCII.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Status => "response.status",
            Self::Size => "response.size",
            Self::Encoding => "response.encoding",
            Self::Charset => "response.charset",
            Self::Redirect => "response.redirect",
            Self::Scrub(ScrubError::Effort) => "response.effort",
            Self::Scrub(ScrubError::Remains) => "response.secret",
        }
    }
}

impl Redactor {
    /// The answer without the secrets, with the headers that a caller gets. Its length is the new body's.
    ///
    /// # Errors
    /// See [`RedactError`].
    pub fn response(&self, mut response: Response) -> Result<Response, RedactError> {
        let received = Zeroizing::new(mem::take(&mut response.body));
        let headers: Vec<(String, Zeroizing<Vec<u8>>)> = mem::take(&mut response.headers)
            .into_iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), Zeroizing::new(value)))
            .collect();
        if !(200..=599).contains(&response.status) {
            return Err(RedactError::Status);
        }
        if received.len() > limits::UPSTREAM_BODY
            || headers.len() > limits::HEADERS
            || headers.iter().any(|(_, value)| value.len() > limits::HEADER_VALUE)
        {
            return Err(RedactError::Size);
        }
        for (name, value) in &headers {
            match name.as_str() {
                "content-encoding" if !is_identity(value) => return Err(RedactError::Encoding),
                "content-type" if !is_searchable(value) => return Err(RedactError::Charset),
                "location" if !self.is_own(value) => return Err(RedactError::Redirect),
                _ => {}
            }
            if RETURNED.contains(&name.as_str()) || self.returned.contains(name) {
                response.headers.push((name.clone(), self.scrub(value)?));
            }
        }
        response.body = self.scrub(&received)?;
        Ok(response)
    }

    /// A path of this host, or an absolute URL of it; not `//other` or a backslash that some read as a slash.
    fn is_own(&self, location: &[u8]) -> bool {
        let Ok(location) = core::str::from_utf8(location) else { return false };
        let path = match location.strip_prefix("https://").and_then(|rest| rest.strip_prefix(self.host.as_str())) {
            Some("") => return true,
            Some(path) => path,
            None => location,
        };
        path.starts_with('/') && !path.starts_with("//") && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    }
}

fn is_identity(coding: &[u8]) -> bool {
    coding.trim_ascii().eq_ignore_ascii_case(b"identity")
}

fn is_searchable(content_type: &[u8]) -> bool {
    let content_type = content_type.to_ascii_lowercase();
    let Ok(content_type) = core::str::from_utf8(&content_type) else { return false };
    content_type.split(';').skip(1).filter_map(|parameter| parameter.trim().strip_prefix("charset")).all(|rest| {
        let charset = rest.trim_start().strip_prefix('=').unwrap_or_default().trim().trim_matches('"');
        CHARSETS.contains(&charset)
    })
}
