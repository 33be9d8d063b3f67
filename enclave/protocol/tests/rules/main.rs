//! One test for each rule of the formats: from one valid value, change one thing at a time.

mod anchor;
mod call;
mod canonical;
mod cbor;
mod constitution;
mod custody;
mod frame;
mod http;
mod never_panics;
mod note;
mod ohttp;
mod provision;
mod release;
mod tlog;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

pub(crate) fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// A request in normal form.
pub(crate) fn request(path: &str) -> protocol::http::Request {
    protocol::http::Request {
        method: "GET".to_owned(),
        scheme: "https".to_owned(),
        authority: "shop.example".to_owned(),
        path: path.to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    }
}
