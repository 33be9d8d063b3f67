//! Named parameters: what of a request a policy may look at, and how it is written in 32 bytes.

use alloy_primitives::{B256, U256, keccak256};
use contracts_bindings::registry::Param;

use super::reading::{Body, Reading};
use super::selector::Place;
use crate::json::Json;
use crate::name::NameError;

/// Values of one list, at most.
const LIST: usize = 64;

/// One parameter of an operation. Absent is absent: no zero is made of it.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) source: Source,
    pub(super) encoding: Encoding,
    /// What divides a list that is one text.
    pub(super) separator: Option<char>,
}

/// Where its value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A variable of the path.
    Path(String),
    Place(Place),
}

/// How a value becomes 32 bytes. One per name, in every preset, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Encoding {
    /// keccak256 of its UTF-8.
    Text,
    /// Visible ASCII, at most 32, in the high bytes, so that a greater text is a greater number.
    Ascii,
    /// A decimal number times a million.
    Millionths,
}

impl Encoding {
    /// As the data files write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Ascii => "ascii",
            Self::Millionths => "millionths",
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        [Self::Text, Self::Ascii, Self::Millionths].into_iter().find(|encoding| encoding.name() == text)
    }

    fn value(self, text: &str) -> Option<B256> {
        match self {
            Self::Text => Some(keccak256(text)),
            Self::Ascii => {
                let fits = (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
                fits.then(|| B256::right_padding_from(text.as_bytes()))
            }
            Self::Millionths => millionths(text).map(B256::from),
        }
    }
}

/// `12`, `12.5`, `0.000001`. No sign, no exponent, no more than six decimals: nothing is rounded.
fn millionths(text: &str) -> Option<U256> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = whole == "0" || (!whole.starts_with('0') && !whole.is_empty());
    let dotted = text.contains('.') != fraction.is_empty();
    if !canonical || !dotted || !digits(whole) || !digits(fraction) || whole.len() > 30 || fraction.len() > 6 {
        return None;
    }
    U256::from_str_radix(&format!("{whole}{fraction:0<6}"), 10).ok()
}

impl Parameter {
    /// Its values in a request, in the order written.
    ///
    /// # Errors
    /// [`NameError::Parameter`] if one is there and is no value of its encoding.
    pub(super) fn values(&self, path: &[(&str, &str)], reading: &Reading<'_>) -> Result<Vec<Param>, NameError> {
        let mut texts = self.source.texts(path, reading)?;
        if let Some(separator) = self.separator {
            texts = texts.iter().flat_map(|text| text.split(separator)).map(str::to_owned).collect();
        }
        if texts.len() > LIST {
            return Err(NameError::Parameter);
        }
        let name = keccak256(&self.name);
        let param = |text: &String| self.encoding.value(text).map(|value| Param { name, value }).ok_or(NameError::Parameter);
        texts.iter().map(param).collect()
    }
}

impl Source {
    /// `path:order`, or a [`Place`].
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("path", name) => Some(Self::Path(name.to_owned())),
            _ => Place::parse(text).map(Self::Place),
        }
    }

    fn texts(&self, path: &[(&str, &str)], reading: &Reading<'_>) -> Result<Vec<String>, NameError> {
        let one = |text: Option<&str>| text.map(str::to_owned).into_iter().collect();
        Ok(match self {
            Self::Path(name) => one(path.iter().find(|(other, _)| other == name).map(|(_, value)| *value)),
            Self::Place(Place::Query(name)) => one(reading.query(name)),
            Self::Place(Place::Form(name)) => one(reading.form(name)),
            Self::Place(Place::Either(name)) => one(reading.query(name).or_else(|| reading.form(name))),
            Self::Place(Place::Header(name)) => one(reading.header(name)),
            Self::Place(Place::Json(pointer)) => {
                let Body::Json(body) = &reading.body else { return Ok(Vec::new()) };
                let text = |value: &&Json| match value {
                    Json::String(text) | Json::Number(text) => Ok(text.clone()),
                    Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => Err(NameError::Parameter),
                };
                pointer.of(body).iter().map(text).collect::<Result<_, _>>()?
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_counted_in_millionths_and_never_rounded() {
        for (text, value) in [("0", 0), ("12", 12_000_000), ("12.5", 12_500_000), ("0.000001", 1), ("1.50", 1_500_000)] {
            assert_eq!(millionths(text), Some(U256::from(value)), "{text}");
        }
        for text in ["", "-1", "+1", "01", "1.", ".5", "1e3", "1.0000001", "1,5", " 1", "٣", &"9".repeat(31)] {
            assert_eq!(millionths(text), None, "{text}");
        }
    }

    #[test]
    fn each_encoding_has_one_value() {
        assert_eq!(Encoding::Text.value("é"), Some(keccak256("é".as_bytes())));
        assert_eq!(Encoding::Ascii.value("USD").unwrap()[..4], *b"USD\0");
        for text in ["", "a b", "é", &"x".repeat(33)] {
            assert_eq!(Encoding::Ascii.value(text), None, "{text}");
        }
        for encoding in [Encoding::Text, Encoding::Ascii, Encoding::Millionths] {
            assert_eq!(Encoding::parse(encoding.name()), Some(encoding));
        }
    }
}
