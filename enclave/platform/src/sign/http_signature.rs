//! RFC 9421 with Ed25519, in the form that eBay reads: one signature `sig1`, `created` alone as its parameter.

use std::sync::LazyLock;

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::crypto::sha256;
use crate::materials::Context;
use crate::request::place::{Name, Place};
use crate::request::{Draft, PrepareError};
use crate::template::FieldRef;

/// A component of the signature base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Component {
    Method,
    Path,
    Authority,
    /// RFC 9530, made here; left out without a body.
    ContentDigest,
    /// A header that the preset puts.
    Header(String),
}

/// What is covered, and whose key.
#[derive(Clone, Debug)]
pub(crate) struct HttpSignature {
    pub(crate) components: Vec<Component>,
    /// An Ed25519 key, PKCS #8 in base64.
    pub(crate) key: FieldRef,
}

impl Component {
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "@method" => Self::Method,
            "@path" => Self::Path,
            "@authority" => Self::Authority,
            "content-digest" => Self::ContentDigest,
            header => Self::Header(header.to_owned()),
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Method => "@method",
            Self::Path => "@path",
            Self::Authority => "@authority",
            Self::ContentDigest => "content-digest",
            Self::Header(name) => name,
        }
    }

    fn value(&self, draft: &Draft) -> Option<Vec<u8>> {
        match self {
            Self::Method => Some(draft.method.as_bytes().to_vec()),
            Self::Path => Some(draft.path.as_bytes().to_vec()),
            Self::Authority => Some(draft.host.as_bytes().to_vec()),
            Self::ContentDigest => draft.header("content-digest").map(<[u8]>::to_vec),
            Self::Header(name) => draft.header(name).map(<[u8]>::to_vec),
        }
    }
}

static PLACES: LazyLock<[Place; 3]> =
    LazyLock::new(|| ["content-digest", "signature-input", "signature"].map(|name| Place::Header(Name::Fixed(name.to_owned()))));

impl HttpSignature {
    pub(crate) fn places() -> Vec<&'static Place> {
        PLACES.iter().collect()
    }

    pub(crate) fn sign(&self, draft: &mut Draft, context: &Context<'_>) -> Result<(), PrepareError> {
        let body = draft.body_bytes();
        if !body.is_empty() {
            let digest = format!("sha-256=:{}:", STANDARD.encode(sha256(&body)));
            draft.headers.push(("content-digest".to_owned(), Zeroizing::new(digest.into_bytes())));
        }
        let (base, parameters) = self.base(draft, context.seconds());
        let mut signature = None;
        context.lend(&self.key, &mut |pkcs8| {
            signature = pair(pkcs8).and_then(|pair| pair.try_sign(&base).ok());
        });
        let signature = STANDARD.encode(signature.ok_or(PrepareError::Field)?);
        draft.derived.push(Zeroizing::new(signature.clone().into_bytes()));
        for (name, value) in [("signature-input", format!("sig1={parameters}")), ("signature", format!("sig1=:{signature}:"))] {
            draft.headers.push((name.to_owned(), Zeroizing::new(value.into_bytes())));
        }
        Ok(())
    }

    /// RFC 9421 section 2.5: the signature base, and the signature's parameters in it.
    pub(crate) fn base(&self, draft: &Draft, created: u64) -> (Vec<u8>, String) {
        let mut base = Vec::new();
        let mut names = Vec::new();
        for component in &self.components {
            if let Some(value) = component.value(draft) {
                names.push(format!("\"{}\"", component.name()));
                base.extend_from_slice(format!("\"{}\": ", component.name()).as_bytes());
                base.extend_from_slice(&value);
                base.push(b'\n');
            }
        }
        let parameters = format!("({});created={created}", names.join(" "));
        base.extend_from_slice(format!("\"@signature-params\": {parameters}").as_bytes());
        (base, parameters)
    }
}

fn pair(pkcs8: &[u8]) -> Option<Ed25519KeyPair> {
    let der = Zeroizing::new(STANDARD.decode(pkcs8).ok()?);
    // Of version 1 too, which has no public key to compare with: it is what eBay's Key Management API returns.
    Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der).ok()
}

/// Whether it is a key that signs.
pub(crate) fn is_ed25519(pkcs8: &[u8]) -> bool {
    pair(pkcs8).is_some()
}
