//! Which hosts a preset's stores may have.

use protocol::call::check_host;
use serde::Deserialize;

/// The rule of one preset.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Hosts {
    /// These.
    Fixed { regions: Vec<Region> },
    /// One label before this suffix, which starts with a dot.
    Label { suffix: String },
    /// Any name that is of no other preset: it is sealed with the connection. Since the host does not say which of these presets a
    /// request is for, the path does: one is spoken below a path of its own, and one everywhere else.
    Any {
        #[serde(default)]
        below: Option<String>,
    },
}

/// A host, and whose it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Region {
    pub(crate) region: String,
    pub(crate) host: String,
}

impl Hosts {
    /// Whether the rule itself names this host.
    pub(crate) fn names(&self, host: &str) -> bool {
        match self {
            Self::Fixed { regions } => regions.iter().any(|region| region.host == host),
            Self::Label { suffix } => host.strip_suffix(suffix.as_str()).is_some_and(is_label),
            Self::Any { .. } => false,
        }
    }

    /// Of presets with any host: how much of the path says that this is the one. `None`: it is not.
    pub(crate) fn fits(&self, path: &str) -> Option<usize> {
        match self {
            Self::Any { below: Some(below) } => path.starts_with(below.as_str()).then_some(below.len()),
            Self::Any { below: None } => Some(0),
            Self::Fixed { .. } | Self::Label { .. } => None,
        }
    }

    /// Whether it is a host, or the domain of hosts, that the rule names.
    pub(crate) fn claims(&self, host: &str) -> bool {
        self.names(host)
            || match self {
                Self::Label { suffix } => host.ends_with(suffix.as_str()) || suffix.strip_prefix('.') == Some(host),
                Self::Fixed { .. } | Self::Any { .. } => false,
            }
    }

    /// Whether it is well formed.
    pub(crate) fn is_sound(&self) -> bool {
        match self {
            Self::Fixed { regions } => {
                !regions.is_empty()
                    && regions.iter().all(|region| !region.region.is_empty() && is_host(&region.host))
                    && regions
                        .iter()
                        .enumerate()
                        .all(|(at, one)| regions.iter().skip(at.saturating_add(1)).all(|other| one.host != other.host))
            }
            Self::Label { suffix } => suffix.strip_prefix('.').is_some_and(is_host),
            Self::Any { below } => {
                below.as_ref().is_none_or(|below| below.len() > 2 && below.starts_with('/') && below.ends_with('/'))
            }
        }
    }
}

/// A name of at least two labels in lower-case ASCII, the last of which is no number.
pub(crate) fn is_host(host: &str) -> bool {
    check_host(host).is_ok()
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
