//! The string that is signed, piece by piece.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::crypto::Algorithm;
use crate::materials::Context;
use crate::request::{Body, Draft, PrepareError, json_pairs};
use crate::template::Template;

/// One piece of what is signed.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    /// A text with values in it.
    Text(Template),
    /// The path, without this beginning.
    Path { strip: String },
    /// Names and values, by name, each directly behind the other.
    Sorted { from: Vec<Source>, skip: Vec<String>, skip_empty: bool },
    /// The body as it goes out.
    Body { unless: Vec<Unless> },
    /// The query as it goes out, without its `?`.
    Query,
}

/// Where sorted values come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Source {
    /// The query's parameters, decoded.
    Query,
    /// The form's, decoded.
    Form,
    /// The members of the body's object: strings as they are, the rest as compact JSON.
    Json,
}

/// When a body is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Unless {
    /// A GET.
    Get,
    /// A form: its parameters are among the sorted ones.
    Form,
    /// `multipart/form-data`.
    Multipart,
}

/// How a code is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Encoding {
    /// Hex in lower case.
    Hex,
    /// Hex in upper case.
    UpperHex,
    /// Standard base64 with padding.
    Base64,
    /// Base64 of the hex in lower case.
    Base64OfHex,
}

impl Encoding {
    pub(crate) fn write(self, code: &[u8]) -> Zeroizing<Vec<u8>> {
        let text = match self {
            Self::Hex => hex::encode(code),
            Self::UpperHex => hex::encode_upper(code),
            Self::Base64 => STANDARD.encode(code),
            Self::Base64OfHex => STANDARD.encode(hex::encode(code)),
        };
        Zeroizing::new(text.into_bytes())
    }
}

/// What is signed, and how.
#[derive(Clone, Debug)]
pub(crate) struct Payload {
    pub(crate) algorithm: Algorithm,
    /// For the keyed algorithms.
    pub(crate) key: Template,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) encoding: Encoding,
}

impl Payload {
    pub(crate) fn signature(&self, draft: &Draft, context: &Context<'_>) -> Result<Zeroizing<Vec<u8>>, PrepareError> {
        let key = self.key.render(context).map_err(|_| PrepareError::Field)?;
        let code = Zeroizing::new(self.algorithm.code(&key, &self.text(draft, context)?));
        Ok(self.encoding.write(&code))
    }

    /// The string to sign.
    pub(crate) fn text(&self, draft: &Draft, context: &Context<'_>) -> Result<Zeroizing<Vec<u8>>, PrepareError> {
        let pieces: Vec<Zeroizing<Vec<u8>>> =
            self.pieces.iter().map(|piece| piece.bytes(draft, context)).collect::<Result<_, _>>()?;
        let length = pieces.iter().fold(0_usize, |sum, piece| sum.saturating_add(piece.len()));
        let mut out = Zeroizing::new(Vec::with_capacity(length));
        for piece in &pieces {
            out.extend_from_slice(piece);
        }
        Ok(out)
    }
}

impl Piece {
    fn bytes(&self, draft: &Draft, context: &Context<'_>) -> Result<Zeroizing<Vec<u8>>, PrepareError> {
        Ok(match self {
            Self::Text(template) => template.render(context).map_err(|_| PrepareError::Field)?,
            Self::Path { strip } => {
                let path = draft.path.strip_prefix(strip.as_str()).unwrap_or(&draft.path);
                Zeroizing::new(path.as_bytes().to_vec())
            }
            Self::Sorted { from, skip, skip_empty } => {
                let mut pairs: Vec<(String, Zeroizing<Vec<u8>>)> = from.iter().flat_map(|source| source.pairs(draft)).collect();
                pairs.retain(|(name, value)| !(skip.contains(name) || *skip_empty && value.is_empty()));
                pairs.sort_by(|(one, _), (other, _)| one.as_bytes().cmp(other.as_bytes()));
                concat(&pairs)
            }
            Self::Body { unless } => {
                let left_out = unless.iter().any(|unless| unless.holds(draft));
                if left_out { Zeroizing::default() } else { draft.body_bytes() }
            }
            Self::Query => draft.query_text(),
        })
    }
}

fn concat(pairs: &[(String, Zeroizing<Vec<u8>>)]) -> Zeroizing<Vec<u8>> {
    let length = pairs.iter().fold(0_usize, |sum, (name, value)| sum.saturating_add(name.len()).saturating_add(value.len()));
    let mut out = Zeroizing::new(Vec::with_capacity(length));
    for (name, value) in pairs {
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(value);
    }
    out
}

impl Source {
    fn pairs(self, draft: &Draft) -> Vec<(String, Zeroizing<Vec<u8>>)> {
        let of = |pairs: &[crate::request::Pair]| pairs.iter().map(|pair| (pair.name.clone(), pair.value.clone())).collect();
        match (self, &draft.body) {
            (Self::Query, _) => of(&draft.query),
            (Self::Form, Body::Form(pairs)) => of(pairs),
            (Self::Json, Body::Json { value, added, .. }) => json_pairs(value, added),
            (Self::Form | Self::Json, _) => Vec::new(),
        }
    }
}

impl Unless {
    fn holds(self, draft: &Draft) -> bool {
        match self {
            Self::Get => draft.method == "GET",
            Self::Form => matches!(draft.body, Body::Form(_)),
            Self::Multipart => draft
                .header("content-type")
                .is_some_and(|value| value.to_ascii_lowercase().trim_ascii_start().starts_with(b"multipart/")),
        }
    }
}
