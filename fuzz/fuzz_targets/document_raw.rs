//! A document's bytes, as they come from the network.
#![no_main]

#[path = "../../attestation-verifier/tests/kit/mod.rs"]
mod kit;

use std::sync::LazyLock;

use attestation_verifier::{TrustAnchor, authenticate};
use kit::{Kit, TIME};
use libfuzzer_sys::fuzz_target;

/// The only thing that was ever signed under this root.
static SIGNED: LazyLock<(TrustAnchor, [u8; 48])> = LazyLock::new(|| {
    let kit = Kit::new();
    let anchor = kit.anchor();
    let digest = authenticate(&kit.build(), &anchor, TIME).expect("the kit's document is authentic").payload_digest();
    (anchor, digest)
});

fuzz_target!(|data: &[u8]| {
    let (anchor, digest) = &*SIGNED;
    if let Ok(document) = authenticate(data, anchor, TIME) {
        assert_eq!(document.payload_digest(), *digest, "a forgery");
    }
    let _ = TrustAnchor::custom(data);
});
