//! RFC 5849, signed with HMAC.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::crypto::Algorithm;
use crate::materials::Context;
use crate::request::place::{Name, Place};
use crate::request::{Body, Draft, Pair, PrepareError, encode};
use crate::template::Template;

/// Where the parameters go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Carrier {
    /// `Authorization: OAuth ...`.
    Header,
    /// The query.
    Query,
}

/// Whose keys, and how.
#[derive(Clone, Debug)]
pub(crate) struct Oauth1 {
    pub(crate) algorithm: Algorithm,
    pub(crate) consumer_key: Template,
    pub(crate) consumer_secret: Template,
    pub(crate) token: Template,
    pub(crate) token_secret: Template,
    pub(crate) carrier: Carrier,
    places: Vec<Place>,
}

const NAMES: [&str; 7] = [
    "oauth_consumer_key",
    "oauth_nonce",
    "oauth_signature_method",
    "oauth_timestamp",
    "oauth_token",
    "oauth_version",
    "oauth_signature",
];

type Encoded = (Zeroizing<Vec<u8>>, Zeroizing<Vec<u8>>);
type Parameters = Vec<(String, Zeroizing<Vec<u8>>)>;

impl Oauth1 {
    pub(crate) fn new(
        algorithm: Algorithm,
        [consumer_key, consumer_secret, token, token_secret]: [Template; 4],
        carrier: Carrier,
    ) -> Self {
        let query = NAMES.map(|name| Place::Query(Name::Fixed(name.to_owned())));
        let form = NAMES.map(|name| Place::Form(name.to_owned()));
        let header = Place::Header(Name::Fixed("authorization".to_owned()));
        let places = query.into_iter().chain(form).chain([header]).collect();
        Self { algorithm, consumer_key, consumer_secret, token, token_secret, carrier, places }
    }

    pub(crate) fn places(&self) -> Vec<&Place> {
        self.places.iter().collect()
    }

    pub(crate) fn sign(&self, draft: &mut Draft, context: &Context<'_>) -> Result<(), PrepareError> {
        let render = |template: &Template| template.render(context).map_err(|_| PrepareError::Field);
        let text = |text: String| Zeroizing::new(text.into_bytes());
        let mut own: Parameters = vec![
            ("oauth_consumer_key".to_owned(), render(&self.consumer_key)?),
            ("oauth_nonce".to_owned(), text(context.random(32))),
            ("oauth_signature_method".to_owned(), text(self.method().to_owned())),
            ("oauth_timestamp".to_owned(), text(context.seconds().to_string())),
        ];
        let token = render(&self.token)?;
        if !token.is_empty() {
            own.push(("oauth_token".to_owned(), token));
        }
        own.push(("oauth_version".to_owned(), text("1.0".to_owned())));
        let mut all = own.clone();
        all.extend(draft.query.iter().map(|pair| (pair.name.clone(), pair.value.clone())));
        if let Body::Form(pairs) = &draft.body {
            all.extend(pairs.iter().map(|pair| (pair.name.clone(), pair.value.clone())));
        }
        let base = base(&draft.method, &format!("https://{}{}", draft.host, draft.path), &all);
        let key = key(&render(&self.consumer_secret)?, &render(&self.token_secret)?);
        let signature = text(STANDARD.encode(self.algorithm.code(&key, &base)));
        draft.derived.push(signature.clone());
        own.push(("oauth_signature".to_owned(), signature));
        match self.carrier {
            Carrier::Query => draft.query.extend(own.into_iter().map(|(name, value)| Pair::new(&name, value))),
            Carrier::Header => draft.headers.push(("authorization".to_owned(), header(&own))),
        }
        Ok(())
    }

    const fn method(&self) -> &'static str {
        match self.algorithm {
            Algorithm::HmacSha1 => "HMAC-SHA1",
            Algorithm::HmacSha512 => "HMAC-SHA512",
            // The preset's parser lets no other through.
            Algorithm::HmacSha256 | Algorithm::HmacMd5 | Algorithm::Sha256 | Algorithm::Md5 => "HMAC-SHA256",
        }
    }
}

/// Section 3.4.2.
pub(crate) fn key(consumer_secret: &[u8], token_secret: &[u8]) -> Zeroizing<Vec<u8>> {
    joined(&[&encode(consumer_secret), b"&", &encode(token_secret)])
}

/// Section 3.4.1.
pub(crate) fn base(method: &str, uri: &str, parameters: &[(String, Zeroizing<Vec<u8>>)]) -> Zeroizing<Vec<u8>> {
    let mut encoded: Vec<Encoded> = parameters.iter().map(|(name, value)| (encode(name.as_bytes()), encode(value))).collect();
    encoded.sort_by(|one, other| (one.0.as_slice(), one.1.as_slice()).cmp(&(other.0.as_slice(), other.1.as_slice())));
    let mut pairs: Vec<&[u8]> = Vec::new();
    for (name, value) in &encoded {
        if !pairs.is_empty() {
            pairs.push(b"&");
        }
        pairs.extend([name.as_slice(), b"=", value.as_slice()]);
    }
    joined(&[method.as_bytes(), b"&", &encode(uri.as_bytes()), b"&", &encode(&joined(&pairs))])
}

/// Section 3.5.1.
fn header(parameters: &Parameters) -> Zeroizing<Vec<u8>> {
    let encoded: Vec<Encoded> = parameters.iter().map(|(name, value)| (encode(name.as_bytes()), encode(value))).collect();
    let mut parts: Vec<&[u8]> = vec![b"OAuth "];
    for (name, value) in &encoded {
        if parts.len() > 1 {
            parts.push(b", ");
        }
        parts.extend([name.as_slice(), b"=\"", value.as_slice(), b"\""]);
    }
    joined(&parts)
}

fn joined(parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let length = parts.iter().fold(0_usize, |sum, part| sum.saturating_add(part.len()));
    let mut out = Zeroizing::new(Vec::with_capacity(length));
    for part in parts {
        out.extend_from_slice(part);
    }
    out
}
