//! Vectors that stand beside the repository and not in it.
use std::path::PathBuf;

/// The file's bytes. `None` when there are no vectors here.
pub(crate) fn read(path: &str) -> Option<Vec<u8>> {
    let path = folder()?.join(path);
    Some(std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// Where the vectors are. `None`, said aloud, when there are none here; in CI that is a failure.
pub(crate) fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("PST_VAULT_VECTORS")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/vectors")), PathBuf::from);
    if !folder.is_dir() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs the vectors in {}", folder.display());
        eprintln!("skipped: no vectors in {}", folder.display());
        return None;
    }
    Some(folder)
}

/// The file as JSON.
pub(crate) fn json(path: &str) -> Option<serde_json::Value> {
    read(path).map(|bytes| serde_json::from_slice(&bytes).unwrap())
}

/// Bytes of a 0x string; an odd number of digits has a zero in front.
pub(crate) fn bytes(value: &serde_json::Value) -> Vec<u8> {
    let digits = value.as_str().unwrap().trim_start_matches("0x");
    hex::decode(if digits.len() % 2 == 1 { format!("0{digits}") } else { digits.to_owned() }).unwrap()
}
