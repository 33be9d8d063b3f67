//! What only AWS can write: the fuzzer owns the root, and whatever it says gets signed.
//!
//! The first byte chooses: 1 to 4 let the rest be what the issuer of that certificate signs; anything else lets it be a payload, in
//! which `44 "leaf"` stands for the certificate and `44 "root"` for the bundle, so that changes hit what has not been fuzzed yet.
#![no_main]

#[path = "../../attestation-verifier/tests/kit/mod.rs"]
mod kit;

use std::cell::RefCell;
use std::num::NonZeroUsize;

use attestation_verifier::{ChainCache, TrustAnchor, VerifyError, appraise, authenticate, authenticate_with, verify};
use kit::signed::{Signed, fill};
use kit::{Kit, TIME, expectations};
use libfuzzer_sys::fuzz_target;

struct World {
    kit: Kit,
    anchor: TrustAnchor,
    signed: Signed,
    cache: ChainCache,
}

thread_local! {
    static WORLD: RefCell<World> = RefCell::new({
        let kit = Kit::new();
        let (anchor, signed) = (kit.anchor(), Signed::new(&kit));
        World { kit, anchor, signed, cache: ChainCache::new(NonZeroUsize::new(16).expect("not zero")) }
    });
}

fuzz_target!(|data: &[u8]| {
    let Some((&choice, rest)) = data.split_first() else { return };
    WORLD.with_borrow_mut(|World { kit, anchor, signed, cache }| {
        let payload = match choice {
            index @ 1..=4 => signed.with_certificate(kit, usize::from(index), rest),
            _ => fill(rest, &signed.certificates),
        };
        let document = kit.wrap(&payload, &kit.signature(&payload).to_bytes());
        let warm = authenticate_with(&document, anchor, TIME, cache);
        match warm {
            Err(error) => {
                if choice == 0 {
                    assert_eq!(authenticate(&document, anchor, TIME).map(drop), Err(error));
                }
            }
            Ok(warm) => {
                let warm = appraise(warm, &expectations(), TIME);
                let cold = verify(&document, anchor, TIME, &expectations());
                match (warm, cold) {
                    (Ok(warm), Ok(cold)) => assert_eq!(warm.payload_digest(), cold.payload_digest()),
                    (Err(warm), Err(VerifyError::Refused(cold))) => assert_eq!(warm.differences, cold.differences),
                    (warm, cold) => panic!("{warm:?} with a cache, {cold:?} without"),
                }
            }
        }
    });
});
