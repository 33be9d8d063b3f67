//! A document's bytes, as they come from the network.
#![no_main]

#[path = "../../attestation-verifier/tests/kit/mod.rs"]
mod kit;

use std::sync::LazyLock;

use attestation_verifier::{TrustAnchor, authenticate};
use kit::{Kit, TIME};
use libfuzzer_sys::fuzz_target;

/// The payloads that were ever signed under this root: the two seeds.
static SIGNED: LazyLock<(TrustAnchor, [[u8; 48]; 2])> = LazyLock::new(|| {
    let anchor = Kit::new().anchor();
    let digest = |indefinite| {
        let document = Kit::with(|kit| kit.indefinite = indefinite).build();
        authenticate(&document, &anchor, TIME).expect("a seed is authentic").payload_digest()
    };
    let digests = [digest(true), digest(false)];
    (anchor, digests)
});

fuzz_target!(|data: &[u8]| {
    let (anchor, digests) = &*SIGNED;
    if let Ok(document) = authenticate(data, anchor, TIME) {
        assert!(digests.contains(&document.payload_digest()), "a forgery");
    }
    let _ = TrustAnchor::custom(data);
});
