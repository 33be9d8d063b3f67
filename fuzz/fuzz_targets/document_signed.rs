//! What only AWS can write: the fuzzer owns the root, and whatever it says gets signed.
//!
//! The first byte chooses: 1 to 4 let the rest be what the issuer of that certificate signs; anything else lets it be a payload, in
//! which `44 "leaf"` stands for the certificate and `44 "root"` for the bundle, so that changes hit what has not been fuzzed yet.
#![no_main]

#[path = "../../attestation-verifier/tests/kit/mod.rs"]
mod kit;

use std::cell::RefCell;
use std::num::NonZeroUsize;

use attestation_verifier::{ChainCache, TrustAnchor, VerifyError, appraise, authenticate_with, verify};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use kit::signed::{Signed, fill};
use kit::{Kit, TIME, expectations};
use libfuzzer_sys::fuzz_target;
use p384::ecdsa::Signature;

struct World {
    kit: Kit,
    anchor: TrustAnchor,
    signed: Signed,
    /// The kit's keys, in a library that signs twenty times as fast under a sanitizer.
    keys: Vec<EcdsaKeyPair>,
    cache: ChainCache,
}

impl World {
    fn new() -> Self {
        let kit = Kit::new();
        let keys = kit.chain.iter().map(|certificate| {
            let public = certificate.key.verifying_key().to_sec1_point(false);
            let (private, public) = (certificate.key.to_bytes(), public.as_bytes());
            EcdsaKeyPair::from_private_key_and_public_key(&ECDSA_P384_SHA384_FIXED_SIGNING, &private, public).expect("a key")
        });
        let (keys, anchor, signed) = (keys.collect(), kit.anchor(), Signed::new(&kit));
        Self { kit, anchor, signed, keys, cache: ChainCache::new(NonZeroUsize::new(16).expect("not zero")) }
    }

    fn sign(&self, certificate: usize, message: &[u8]) -> Signature {
        let signature = self.keys[certificate].sign(&SystemRandom::new(), message).expect("a signature");
        Signature::from_slice(signature.as_ref()).expect("r and s")
    }
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::new(World::new());
}

fuzz_target!(|data: &[u8]| {
    let Some((&choice, rest)) = data.split_first() else { return };
    WORLD.with_borrow_mut(|world| {
        let payload = match usize::from(choice) {
            index @ 1..=4 => {
                let mut certificate = world.kit.chain[index].clone();
                certificate.signature = Some(world.sign(index - 1, rest));
                world.signed.with_certificate(&world.kit, index, &certificate, rest)
            }
            _ => fill(rest, &world.signed.certificates),
        };
        let signature = world.sign(4, &world.kit.to_sign(&payload));
        let document = world.kit.wrap(&payload, &signature.to_bytes());
        let World { anchor, cache, .. } = world;
        let warm = match authenticate_with(&document, anchor, TIME, cache) {
            Ok(document) => appraise(document, &expectations(), TIME).map_err(VerifyError::from),
            Err(error) => Err(error.into()),
        };
        match (warm, verify(&document, anchor, TIME, &expectations())) {
            (Ok(warm), Ok(cold)) => assert_eq!(warm.payload_digest(), cold.payload_digest()),
            (Err(warm), Err(cold)) => assert_eq!(warm.rules(), cold.rules()),
            (warm, cold) => panic!("{warm:?} with a cache, {cold:?} without"),
        }
    });
});
