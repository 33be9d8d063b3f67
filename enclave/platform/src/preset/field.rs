//! What fields a preset's records have, and what their values look like. Checked when a record is provisioned, so that nothing made of
//! it can fail later.

use serde::Deserialize;

use crate::request::fit_header;
use crate::sign::is_ed25519;

/// What a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Form {
    /// Visible ASCII.
    Visible,
    /// Visible ASCII without a colon, which ends the name in HTTP Basic.
    User,
    /// Digits, no leading zero.
    Digits,
    /// Lower-case letters, digits, hyphens and underscores.
    Label,
    /// Letters, digits, hyphens and underscores.
    Word,
    /// A header's name that is not framing.
    HeaderName,
    /// A query parameter's name.
    QueryName,
    /// One of the declared choices.
    Choice,
    /// A list of visible words between commas.
    List,
    /// An Ed25519 key, PKCS #8 in base64.
    Ed25519,
    /// A path without a query, as every server reads it.
    Path,
    /// Any printable text: goes into no header.
    Text,
}

impl Form {
    pub(crate) fn fits(self, value: &[u8], choices: &[String]) -> bool {
        let all = |fit: fn(&u8) -> bool| !value.is_empty() && value.iter().all(fit);
        match self {
            Self::Visible => all(u8::is_ascii_graphic),
            Self::User => all(|byte| byte.is_ascii_graphic() && *byte != b':'),
            Self::Digits => all(u8::is_ascii_digit) && value.len() <= 20 && (value.len() == 1 || value.first() != Some(&b'0')),
            Self::Label => all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(byte)),
            Self::Word => all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(byte)),
            Self::HeaderName => core::str::from_utf8(value).is_ok_and(fit_header),
            Self::QueryName => value.len() <= 64 && all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte)),
            Self::Choice => choices.iter().any(|choice| choice.as_bytes() == value),
            Self::List => value.split(|byte| *byte == b',').all(|word| !word.is_empty() && word.iter().all(u8::is_ascii_graphic)),
            Self::Ed25519 => is_ed25519(value),
            Self::Path => {
                let fit = |byte: &u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(byte);
                let segments = || value.split(|byte| *byte == b'/').skip(1);
                let dots = segments().any(|segment| segment == b"." || segment == b"..");
                let inner = segments().count().saturating_sub(1);
                let empty = segments().take(inner).any(<[u8]>::is_empty);
                value.first() == Some(&b'/') && value.len() <= 256 && value.iter().all(fit) && !dots && !empty
            }
            Self::Text => !value.is_empty() && core::str::from_utf8(value).is_ok_and(|text| !text.chars().any(char::is_control)),
        }
    }

    /// Whether every value may stand in a header.
    pub(crate) const fn is_visible(self) -> bool {
        !matches!(self, Self::Text)
    }

    /// Whether no value has a colon.
    pub(crate) const fn is_user(self) -> bool {
        matches!(self, Self::User | Self::Digits | Self::Label | Self::Word)
    }
}

/// Whether a value may be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It may.
    Public,
    /// It may not.
    Secret,
}

/// One field of an app, a connection or a selector.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldRule {
    /// Its name in the record.
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) form: Form,
    #[serde(default)]
    pub(crate) choices: Vec<String>,
    /// A record without it is refused.
    #[serde(default)]
    pub(crate) required: bool,
    /// The token grant fills it in, so that a new record need not have it.
    #[serde(default)]
    pub(crate) issued: bool,
    pub(crate) about: String,
}

impl FieldRule {
    /// Its name in the record.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it may be shown.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether a record without it is refused.
    #[must_use]
    pub const fn required(&self) -> bool {
        self.required
    }

    /// Whether the token grant fills it in.
    #[must_use]
    pub const fn issued(&self) -> bool {
        self.issued
    }

    /// What it is, in a line.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.about
    }
}

/// Why a record is not one of the preset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckError {
    /// A field that the preset does not have.
    #[error("a field is not one of the preset")]
    Unknown,
    /// A field that has to be there is not.
    #[error("field {0} is missing")]
    Missing(&'static str),
    /// A secret given as public, or the other way round.
    #[error("field {0} is of the other kind")]
    Kind(&'static str),
    /// A value that does not look like one of this field.
    #[error("field {0} has another form")]
    Form(&'static str),
    /// Of several sets of fields, none is whole.
    #[error("none of the preset's ways to authenticate is complete")]
    Incomplete,
    /// An app record for a preset without apps.
    #[error("preset has no apps")]
    App,
}

impl CheckError {
    /// Fit for a refusal: short ASCII.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Unknown => "fields.unknown",
            Self::Missing(_) => "fields.missing",
            Self::Kind(_) => "fields.kind",
            Self::Form(_) => "fields.form",
            Self::Incomplete => "fields.incomplete",
            Self::App => "fields.app",
        }
    }
}
