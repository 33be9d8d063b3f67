//! The few shapes of YAML that the official vectors have.
use std::path::Path;

use yaml_rust2::{Yaml, YamlLoader};

/// Why a case failed, in words.
pub(crate) type Why = String;

/// The document in this file.
pub(crate) fn read(path: &Path) -> Result<Yaml, Why> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut documents = YamlLoader::load_from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    documents.pop().ok_or_else(|| format!("{}: empty", path.display()))
}

pub(crate) fn text<'a>(yaml: &'a Yaml, key: &str) -> Result<&'a str, Why> {
    yaml[key].as_str().ok_or_else(|| format!("no text {key}"))
}

pub(crate) fn number(yaml: &Yaml, key: &str) -> Result<u64, Why> {
    integer(&yaml[key]).ok_or_else(|| format!("no number {key}"))
}

/// A number, which may be larger than YAML's, or in hexadecimal.
pub(crate) fn integer(yaml: &Yaml) -> Option<u64> {
    match yaml {
        Yaml::Integer(number) => u64::try_from(*number).ok(),
        Yaml::String(text) | Yaml::Real(text) => text.parse().ok(),
        _ => None,
    }
}

pub(crate) fn root(yaml: &Yaml, key: &str) -> Result<[u8; 32], Why> {
    hash(&yaml[key]).ok_or_else(|| format!("no root {key}"))
}

pub(crate) fn hash(yaml: &Yaml) -> Option<[u8; 32]> {
    hex::decode(yaml.as_str()?.trim_start_matches("0x")).ok()?.try_into().ok()
}

/// What a `.ssz_snappy` file holds.
pub(crate) fn snappy(path: &Path) -> Result<Vec<u8>, Why> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    snap::raw::Decoder::new().decompress_vec(&bytes).map_err(|error| format!("{}: {error}", path.display()))
}
