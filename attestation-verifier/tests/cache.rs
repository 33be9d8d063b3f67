//! A cache changes what a verdict costs, and never the verdict.

mod kit;

use std::num::NonZeroUsize;

use attestation_verifier::{
    AuthenticateError, ChainCache, ChainError, TrustAnchor, UnixSeconds, VerifyError, authenticate, authenticate_with,
    verify_with,
};
use kit::{Kit, NOW, TIME, cbor_bytes, expectations, key};

fn cache(capacity: usize) -> ChainCache {
    ChainCache::new(NonZeroUsize::new(capacity).unwrap())
}

/// A cache that knows the kit's four certificates below the root.
fn warm() -> ChainCache {
    let mut cache = cache(8);
    let kit = Kit::new();
    let _ = authenticate_with(&kit.build(), &kit.anchor(), TIME, &mut cache).unwrap();
    assert_eq!(cache.len(), 4);
    cache
}

fn verdict(kit: &Kit, anchor: &TrustAnchor, time: u64, cache: &mut ChainCache) -> Result<(), AuthenticateError> {
    let document = kit.build();
    let warm = authenticate_with(&document, anchor, UnixSeconds(time), cache).map(drop);
    assert_eq!(warm, authenticate(&document, anchor, UnixSeconds(time)).map(drop), "a cache changes the verdict");
    warm
}

#[test]
fn a_document_passes_cold_and_warm() {
    let (kit, mut cache) = (Kit::new(), cache(8));
    assert!(cache.is_empty());
    for _ in 0..3 {
        let document = verify_with(&kit.build(), &kit.anchor(), TIME, &expectations(), &mut cache).unwrap();
        assert_eq!(document.chain().certificates().len(), 5);
        assert_eq!((cache.len(), cache.is_empty()), (4, false));
    }
    assert_eq!(format!("{cache:?}"), "ChainCache(4 of 8)");
}

#[test]
fn t3_a_known_chain_expires_all_the_same() {
    let (kit, mut cache) = (Kit::new(), warm());
    assert_eq!(verdict(&kit, &kit.anchor(), NOW + 7200, &mut cache), Ok(()));
    assert_eq!(verdict(&kit, &kit.anchor(), NOW + 7201, &mut cache), Err(ChainError::Expired { index: 4 }.into()));
    assert_eq!(verdict(&kit, &kit.anchor(), NOW - 3601, &mut cache), Err(ChainError::NotYetValid { index: 4 }.into()));
}

#[test]
fn t4_a_known_chain_does_not_hang_on_another_root() {
    let (kit, mut cache) = (Kit::new(), warm());
    let aws = TrustAnchor::aws_nitro_enclaves_g1();
    assert_eq!(verdict(&kit, &aws, NOW, &mut cache), Err(ChainError::WrongRoot.into()));
    // A root of the same name with another key: what hangs below is the same, and signed by nobody that it names.
    let mut other = Kit::new();
    other.chain[0].key = key(9);
    other.chain[1].signer = Some(key(1));
    assert_eq!(verdict(&other, &other.anchor(), NOW, &mut cache), Err(ChainError::Signature { index: 1 }.into()));
}

#[test]
fn t4_a_known_certificate_passes_with_its_own_signature_only() {
    let mut cache = warm();
    for index in 1..5 {
        let kit = Kit::with(|kit| kit.chain[index].signer = Some(key(9)));
        assert_eq!(verdict(&kit, &kit.anchor(), NOW, &mut cache), Err(ChainError::Signature { index }.into()));
        // The same certificate but for one byte of what is signed, with the known signature.
        let kit = Kit::with(|kit| {
            let serial = kit.chain[index].serial.clone();
            let signature = kit.chain[index].signature_by(&kit.chain[index - 1], &kit.to_be_signed(index));
            kit.chain[index].serial = [&serial[..15], &[serial[15] ^ 1]].concat();
            kit.chain[index].signature = Some(signature);
        });
        assert_eq!(verdict(&kit, &kit.anchor(), NOW, &mut cache), Err(ChainError::Signature { index }.into()));
    }
}

#[test]
fn t4_a_failed_chain_teaches_nothing() {
    let mut cache = cache(8);
    // Certificates 1 to 3 are right, and the leaf is not.
    let kit = Kit::with(|kit| kit.chain[4].signer = Some(key(9)));
    assert_eq!(verdict(&kit, &kit.anchor(), NOW, &mut cache), Err(ChainError::Signature { index: 4 }.into()));
    assert!(cache.is_empty());
    // Known above, not known below: neither is anything forgotten.
    let mut cache = warm();
    assert_eq!(verdict(&kit, &kit.anchor(), NOW, &mut cache), Err(ChainError::Signature { index: 4 }.into()));
    assert_eq!(cache.len(), 4);
}

#[test]
fn a_documents_own_signature_is_never_taken_from_a_cache() {
    let mut cache = warm();
    let kit = Kit::with(|kit| kit.signer = Some(key(9)));
    for _ in 0..2 {
        assert_eq!(verdict(&kit, &kit.anchor(), NOW, &mut cache), Err(AuthenticateError::Signature));
    }
    let kit = Kit::with(|kit| kit.set("nonce", cbor_bytes(b"other")));
    let Err(VerifyError::Refused(appraisal)) = verify_with(&kit.build(), &kit.anchor(), TIME, &expectations(), &mut cache) else {
        panic!("another nonce is accepted");
    };
    assert_eq!(appraisal.differences.len(), 1);
}

/// A new leaf under the known chain, as AWS makes every three hours.
fn leaf(serial: u8) -> Kit {
    Kit::with(|kit| kit.chain[4].serial = vec![serial; 16])
}

#[test]
fn its_bound_holds_and_what_was_used_longest_ago_goes_first() {
    let mut cache = cache(5);
    for serial in 1..20 {
        assert_eq!(verdict(&leaf(serial), &leaf(serial).anchor(), NOW, &mut cache), Ok(()));
        assert_eq!(cache.len(), if serial == 1 { 4 } else { 5 });
    }
    // The shared certificates were used each time, so that they are still known beside the last two leaves.
    for serial in [18, 19] {
        let before = cache.len();
        assert_eq!(verdict(&leaf(serial), &leaf(serial).anchor(), NOW, &mut cache), Ok(()));
        assert_eq!(cache.len(), before, "known");
    }
    let mut one = self::cache(1);
    assert_eq!(verdict(&Kit::new(), &Kit::new().anchor(), NOW, &mut one), Ok(()));
    assert_eq!(one.len(), 1);
    assert_eq!(verdict(&Kit::new(), &Kit::new().anchor(), NOW, &mut one), Ok(()));
}
