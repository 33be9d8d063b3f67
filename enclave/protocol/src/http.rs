//! HTTP messages inside an encapsulation: binary HTTP (RFC 9292), known-length form, padded to size buckets.
//!
//! Strict where the RFC is open: no informational response, no trailers, no unknown framing; names are lower-case tokens, values have
//! no control bytes; behind the message stands zero padding or nothing. Empty sections may be cut off at the end (RFC 9292 section 3.8).
//!
//! Buckets: an *encapsulated* message is 1, 4, 16, 64 or 256 KiB long, or a multiple of 256 KiB, so an observer learns one of a
//! few sizes. The padding is zero bytes behind the binary message, inside the encryption.

use core::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::limits;
use crate::ohttp::{REQUEST_OVERHEAD, RESPONSE_OVERHEAD};

mod wire;

use wire::{Reader, Writer};

const REQUEST: u64 = 0;
const RESPONSE: u64 = 1;
/// The headers that are ours start with this.
pub const VAULT_PREFIX: &str = "pst-vault-";

/// A request. Erased when dropped: its body and headers may hold a secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// Such as `GET`.
    pub method: String,
    /// `https`.
    pub scheme: String,
    /// The host.
    pub authority: String,
    /// Path with query, from `/` on.
    pub path: String,
    /// Names are lower-case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

/// A response.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// 200 to 599.
    pub status: u16,
    /// Names are lower-case.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Why a message is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// Larger than its limit.
    #[error("message is larger than its limit")]
    Size,
    /// Not the known-length form of the kind of message expected.
    #[error("message is of another form")]
    Framing,
    /// Ends in the middle of something.
    #[error("message is cut short")]
    Short,
    /// Something other than zero padding behind the message.
    #[error("message has trailing bytes")]
    Trailing,
    /// A method, scheme, authority or path that is empty, too long or not visible ASCII.
    #[error("control data is not visible ascii")]
    Control,
    /// Not 200 to 599.
    #[error("status is not 200 to 599")]
    Status,
    /// More headers than [`limits::HEADERS`].
    #[error("message has too many headers")]
    HeaderCount,
    /// A header's name is not a lower-case token.
    #[error("header name is not a lower-case token")]
    HeaderName,
    /// A header's value has control bytes or is too long.
    #[error("header value has control bytes or is too long")]
    HeaderValue,
    /// There are trailers.
    #[error("message has trailers")]
    Trailers,
}

impl Request {
    /// `scheme://authority/path?query`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}{}", self.scheme, self.authority, self.path)
    }

    /// The first header of that (lower-case) name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        find(&self.headers, name)
    }

    /// Binary HTTP, without padding.
    ///
    /// # Errors
    /// [`HttpError`]: what [`Request::decode`] would refuse is not written.
    pub fn encode(&self) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        self.write(Some)
    }

    /// Binary HTTP, padded so that the encapsulated request fills its bucket.
    ///
    /// # Errors
    /// [`HttpError`]: what [`Request::decode`] would refuse is not written.
    pub fn encode_padded(&self) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        self.write(|length| padded(length, REQUEST_OVERHEAD))
    }

    fn write(&self, size: impl Fn(usize) -> Option<usize>) -> Result<Zeroizing<Vec<u8>>, HttpError> {
        let Self { method, scheme, authority, path, headers, body } = self;
        let control = [method, scheme, authority, path];
        if !control.iter().all(|text| visible(text)) {
            return Err(HttpError::Control);
        }
        check_headers(headers)?;
        let sections = |out: &mut Writer| {
            out.number(REQUEST)?;
            for text in control {
                out.bytes(text.as_bytes())?;
            }
            out.headers(headers)?;
            out.bytes(body)?;
            out.number(0)
        };
        let mut measure = Writer::measure();
        sections(&mut measure).ok_or(HttpError::Size)?;
        let size = size(measure.length).filter(|size| *size <= limit(limits::OHTTP_REQUEST, REQUEST_OVERHEAD));
        let size = size.ok_or(HttpError::Size)?;
        // As large as it gets from the start: growing would leave copies of a secret behind.
        let mut out = Writer::collect(size);
        sections(&mut out).ok_or(HttpError::Size)?;
        out.bytes.resize(size, 0);
        Ok(out.bytes)
    }

    /// Reads binary HTTP with or without padding.
    ///
    /// # Errors
    /// [`HttpError`] names the rule.
    pub fn decode(bytes: &[u8]) -> Result<Self, HttpError> {
        if bytes.len() > limit(limits::OHTTP_REQUEST, REQUEST_OVERHEAD) {
            return Err(HttpError::Size);
        }
        let mut reader = Reader::new(bytes);
        if reader.number()? != REQUEST {
            return Err(HttpError::Framing);
        }
        let request = Self {
            method: reader.text()?,
            scheme: reader.text()?,
            authority: reader.text()?,
            path: reader.text()?,
            headers: reader.headers()?,
            body: reader.section()?.to_vec(),
        };
        reader.end()?;
        Ok(request)
    }
}

impl Response {
    /// The first header of that (lower-case) name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        find(&self.headers, name)
    }

    /// Binary HTTP, without padding.
    ///
    /// # Errors
    /// [`HttpError`]: what [`Response::decode`] would refuse is not written.
    pub fn encode(&self) -> Result<Vec<u8>, HttpError> {
        self.write(Some)
    }

    /// Binary HTTP, padded so that the encapsulated response fills its bucket.
    ///
    /// # Errors
    /// [`HttpError`]: what [`Response::decode`] would refuse is not written.
    pub fn encode_padded(&self) -> Result<Vec<u8>, HttpError> {
        self.write(|length| padded(length, RESPONSE_OVERHEAD))
    }

    fn write(&self, size: impl Fn(usize) -> Option<usize>) -> Result<Vec<u8>, HttpError> {
        let Self { status, headers, body } = self;
        if !(200..=599).contains(status) {
            return Err(HttpError::Status);
        }
        check_headers(headers)?;
        let sections = |out: &mut Writer| {
            out.number(RESPONSE)?;
            out.number(u64::from(*status))?;
            out.headers(headers)?;
            out.bytes(body)?;
            out.number(0)
        };
        let mut measure = Writer::measure();
        sections(&mut measure).ok_or(HttpError::Size)?;
        let size = size(measure.length).filter(|size| *size <= limit(limits::OHTTP_RESPONSE, RESPONSE_OVERHEAD));
        let size = size.ok_or(HttpError::Size)?;
        let mut out = Writer::collect(size);
        sections(&mut out).ok_or(HttpError::Size)?;
        out.bytes.resize(size, 0);
        Ok(core::mem::take(&mut *out.bytes))
    }

    /// Reads binary HTTP with or without padding.
    ///
    /// # Errors
    /// [`HttpError`] names the rule.
    pub fn decode(bytes: &[u8]) -> Result<Self, HttpError> {
        if bytes.len() > limit(limits::OHTTP_RESPONSE, RESPONSE_OVERHEAD) {
            return Err(HttpError::Size);
        }
        let mut reader = Reader::new(bytes);
        if reader.number()? != RESPONSE {
            return Err(HttpError::Framing);
        }
        let status = reader.number()?;
        let status = u16::try_from(status).ok().filter(|status| (200..=599).contains(status));
        let status = status.ok_or(HttpError::Status)?;
        let headers = reader.headers()?;
        let body = reader.section()?.to_vec();
        reader.end()?;
        Ok(Self { status, headers, body })
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        self.body.zeroize();
        for (_, value) in &mut self.headers {
            value.zeroize();
        }
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("authority", &self.authority)
            .field("headers", &names)
            .field("body_length", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &names)
            .field("body_length", &self.body.len())
            .finish()
    }
}

/// The bucket that a message of `length` bytes travels in.
#[must_use]
pub fn bucket(length: usize) -> Option<usize> {
    const LARGEST: usize = 256 << 10;
    [1 << 10, 4 << 10, 16 << 10, 64 << 10, LARGEST]
        .into_iter()
        .find(|bucket| length <= *bucket)
        .or_else(|| length.checked_next_multiple_of(LARGEST))
}

fn padded(length: usize, overhead: usize) -> Option<usize> {
    bucket(length.checked_add(overhead)?)?.checked_sub(overhead)
}

const fn limit(encapsulated: usize, overhead: usize) -> usize {
    encapsulated.saturating_sub(overhead)
}

fn find<'a>(headers: &'a [(String, Vec<u8>)], name: &str) -> Option<&'a [u8]> {
    headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_slice())
}

fn visible(text: &str) -> bool {
    !text.is_empty() && text.len() <= limits::URL && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// RFC 9110 section 5.6.2, lower-case.
pub(crate) fn token(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

fn check_headers(headers: &[(String, Vec<u8>)]) -> Result<(), HttpError> {
    if headers.len() > limits::HEADERS {
        return Err(HttpError::HeaderCount);
    }
    for (name, value) in headers {
        if !token(name) {
            return Err(HttpError::HeaderName);
        }
        let most = if name.starts_with(VAULT_PREFIX) { limits::VAULT_HEADER } else { limits::HEADER_VALUE };
        if value.len() > most || value.iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            return Err(HttpError::HeaderValue);
        }
    }
    Ok(())
}
