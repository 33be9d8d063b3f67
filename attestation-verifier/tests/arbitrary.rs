//! Bytes that nobody wrote with care.

mod kit;
#[path = "kit/webpki.rs"]
mod second_opinion;

use std::sync::LazyLock;

use attestation_verifier::{TrustAnchor, UnixSeconds, authenticate};
use kit::{Kit, TIME};
use p384::ecdsa::SigningKey;
use proptest::prelude::*;

static ANCHOR: LazyLock<TrustAnchor> = LazyLock::new(|| Kit::new().anchor());
static DOCUMENT: LazyLock<Vec<u8>> = LazyLock::new(|| Kit::new().build());
static PAYLOAD: LazyLock<Vec<u8>> = LazyLock::new(|| Kit::new().payload());
static CERTIFICATES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| Kit::new().certificates());

/// Any bytes in the place of a few.
fn disturb(bytes: &[u8], at: prop::sample::Index, cut: usize, put: &[u8]) -> Vec<u8> {
    let start = at.index(bytes.len());
    let end = (start + cut).min(bytes.len());
    [&bytes[..start], put, &bytes[end..]].concat()
}

/// Signing a case takes milliseconds.
const SIGNED_CASES: u32 = 256;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn any_bytes_are_refused_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..600), time: u64) {
        prop_assert!(authenticate(&bytes, &ANCHOR, UnixSeconds(time)).is_err());
        prop_assert!(TrustAnchor::custom(&bytes).is_err());
    }

    /// Nothing in a document is free: each change of it is refused.
    #[test]
    fn a_disturbed_document_is_refused(at: prop::sample::Index, cut in 0_usize..4, put in prop::collection::vec(any::<u8>(), 0..4)) {
        let disturbed = disturb(&DOCUMENT, at, cut, &put);
        prop_assume!(disturbed != *DOCUMENT);
        prop_assert!(authenticate(&disturbed, &ANCHOR, TIME).is_err());
    }

    /// A certificate is disturbed before its issuer's name and window are looked at.
    #[test]
    fn a_disturbed_root_does_not_panic(at: prop::sample::Index, cut in 0_usize..8, put in prop::collection::vec(any::<u8>(), 0..8)) {
        let _ = TrustAnchor::custom(&disturb(&CERTIFICATES[0], at, cut, &put));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(SIGNED_CASES))]

    /// Past the signature: the payload is disturbed first and signed afterwards.
    #[test]
    fn a_disturbed_payload_that_is_signed_does_not_panic(at: prop::sample::Index, cut in 0_usize..40, put in prop::collection::vec(any::<u8>(), 0..40)) {
        let kit = Kit::new();
        let payload = disturb(&PAYLOAD, at, cut, &put);
        let document = kit.wrap(&payload, &kit.signature(&payload).to_bytes());
        let _ = authenticate(&document, &ANCHOR, TIME).map(drop);
    }

    /// What this crate accepts, webpki accepts: a chain of any shape that the fields allow.
    #[test]
    fn webpki_accepts_every_accepted_chain(
        bits in prop::array::uniform5(any::<u8>()),
        limits in prop::array::uniform5(prop::option::of(0_u8..4)),
        authority in prop::array::uniform5(prop::bool::weighted(0.95)),
        windows in prop::array::uniform5((-1_i64..60, -1_i64..60)),
        signer in prop::option::weighted(0.1, 1_u8..6),
    ) {
        let mut kit = Kit::new();
        for (index, certificate) in kit.chain.iter_mut().enumerate() {
            let authority = authority[index] && index < 4;
            let usage = if bits[index] < 240 { if index < 4 { 0x86 } else { 0xc0 } } else { bits[index] | 1 };
            let limit = if authority { limits[index].map(|limit| limit + 1) } else { None };
            certificate.extensions = Some(vec![kit::basic_constraints(authority, limit), kit::key_usage(usage)]);
            certificate.not_before = kit::NOW.saturating_add_signed(-windows[index].0);
            certificate.not_after = kit::NOW.saturating_add_signed(windows[index].1.max(-windows[index].0));
        }
        kit.chain[3].signer = signer.map(kit::key as fn(u8) -> SigningKey);
        let certificates = kit.certificates();
        let Ok(anchor) = TrustAnchor::custom(&certificates[0]) else { return Ok(()) };
        if authenticate(&kit.build(), &anchor, TIME).is_ok() {
            prop_assert!(second_opinion::accepts(&certificates, kit::NOW));
        }
    }
}
