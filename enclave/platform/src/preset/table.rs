//! The data files, compiled into the measured image and read once.

use std::sync::LazyLock;

use super::Wrong;
use super::compile::parse;
use super::data::Data;
use super::host::Hosts;
use crate::grant::Endpoint;

macro_rules! presets {
    ($($id:literal),* $(,)?) => {
        [$(($id, include_str!(concat!($id, "/auth.json")))),*]
    };
}

/// By id.
pub(super) const FILES: &[(&str, &str)] = &include!("../../presets/list.in");

/// Which data file is not sound, and why. A test fails first, then the boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("preset {preset}: {wrong}")]
pub struct PresetsError {
    /// Its id.
    pub preset: &'static str,
    /// What is wrong.
    pub wrong: Wrong,
}

static TABLE: LazyLock<Result<Vec<Data>, PresetsError>> = LazyLock::new(|| read(FILES));

/// Whether every data file is sound. An image in which one is not serves nothing.
///
/// # Errors
/// See [`PresetsError`].
pub fn check() -> Result<(), PresetsError> {
    TABLE.as_ref().map(drop).map_err(|error| *error)
}

pub(super) fn all() -> &'static [Data] {
    TABLE.as_deref().unwrap_or_default()
}

pub(super) fn read(files: &'static [(&'static str, &'static str)]) -> Result<Vec<Data>, PresetsError> {
    let mut presets: Vec<Data> = Vec::new();
    for (id, text) in files {
        let wrong = |wrong| PresetsError { preset: id, wrong };
        let data = parse(text).map_err(wrong)?;
        if data.id != *id {
            return Err(wrong(Wrong::Format));
        }
        // No host, no token endpoint, and no path of any host, is of two.
        if presets.iter().any(|other| overlap(other, &data) || same_place(&other.hosts, &data.hosts)) {
            return Err(wrong(Wrong::Host));
        }
        presets.push(data);
    }
    Ok(presets)
}

fn hosts(data: &Data) -> Vec<&str> {
    let own = match &data.hosts {
        Hosts::Fixed { regions } => regions.iter().map(|region| region.host.as_str()).collect(),
        // The domain itself stands for all of its names.
        Hosts::Label { suffix } => vec![suffix.as_str()],
        Hosts::Any { .. } => Vec::new(),
    };
    own.into_iter().chain(token_hosts(data)).collect()
}

fn token_hosts(data: &Data) -> impl Iterator<Item = &str> {
    data.grants.iter().filter_map(|grant| match &grant.endpoint {
        Endpoint::Host(host) => Some(host.as_str()),
        Endpoint::Store => None,
    })
}

fn overlap(one: &Data, other: &Data) -> bool {
    let hits = |data: &Data, hosts: &[&str]| {
        hosts.iter().any(|host| data.hosts.claims(host) || token_hosts(data).any(|own| own == *host))
    };
    hits(one, &hosts(other)) || hits(other, &hosts(one))
}

/// Whether two presets with any host are spoken below the same path.
fn same_place(one: &Hosts, other: &Hosts) -> bool {
    match (one, other) {
        (Hosts::Any { below: one }, Hosts::Any { below: other }) => match (one, other) {
            (Some(one), Some(other)) => one.starts_with(other.as_str()) || other.starts_with(one.as_str()),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        },
        _ => false,
    }
}

/// Whether a host is one of a preset, or its token endpoint.
pub(super) fn is_claimed(host: &str) -> bool {
    all().iter().any(|data| data.hosts.claims(host) || token_hosts(data).any(|own| own == host))
}
