//! An authentic document that is not the expected one, and what is said about it.

mod kit;

use attestation_verifier::{
    Appraisal, Difference, Expectations, Expected, FUTURE_SKEW_SECONDS, Image, UnixSeconds, appraise, authenticate,
};
use kit::{Kit, NOW, TIME, cbor_bytes, cbor_number, cbor_pcrs, expectations, pcrs};

fn differences(kit: &Kit, expectations: &Expectations, now: u64) -> Vec<Difference> {
    let document = authenticate(&kit.build(), &kit.anchor(), TIME).unwrap();
    match appraise(document, expectations, UnixSeconds(now)) {
        Ok(_) => Vec::new(),
        Err(Appraisal { differences, .. }) => {
            assert!(!differences.is_empty());
            differences
        }
    }
}

fn debug_kit() -> Kit {
    let mut all = pcrs();
    for pcr in &mut all[..3] {
        pcr.1 = vec![0; 48];
    }
    Kit::with(|kit| kit.set("pcrs", cbor_pcrs(&all)))
}

#[test]
fn t1_refuses_debug_mode_whatever_is_expected() {
    let document = authenticate(&debug_kit().build(), &debug_kit().anchor(), TIME).unwrap();
    assert!(document.pcrs().debug_mode());
    let found = differences(&debug_kit(), &expectations(), NOW);
    assert_eq!(found[0], Difference::DebugMode);
    // Zeros can't be expected of the image, and expected elsewhere they change nothing.
    let more = vec![(0, [0; 48]), (1, [0; 48]), (2, [0; 48])];
    assert!(Image::new([[0; 48]; 3]).is_err());
    assert_eq!(differences(&debug_kit(), &Expectations { more, ..expectations() }, NOW)[0], Difference::DebugMode);
}

#[test]
fn t1_a_zero_pcr0_alone_is_not_debug_mode_and_still_another_image() {
    let mut all = pcrs();
    all[0].1 = vec![0; 48];
    let kit = Kit::with(|kit| kit.set("pcrs", cbor_pcrs(&all)));
    let difference = Difference::Pcr { index: 0, expected: [0x10; 48], observed: Some([0; 48]) };
    assert_eq!(differences(&kit, &expectations(), NOW), [difference]);
}

#[test]
fn t2_each_register_of_the_image_is_compared() {
    for index in 0..3 {
        let mut image = [[0x10; 48], [0x11; 48], [0x12; 48]];
        let observed = Some(image[usize::from(index)]);
        image[usize::from(index)][47] ^= 1;
        let expected = image[usize::from(index)];
        let expectations = Expectations { image: Image::new(image).unwrap(), ..expectations() };
        assert_eq!(differences(&Kit::new(), &expectations, NOW), [Difference::Pcr { index, expected, observed }]);
    }
}

#[test]
fn t2_a_register_that_is_not_stated_is_a_difference() {
    let expectations = Expectations { more: vec![(16, [0; 48]), (3, [1; 48])], ..expectations() };
    assert_eq!(
        differences(&Kit::new(), &expectations, NOW),
        [
            Difference::Pcr { index: 16, expected: [0; 48], observed: None },
            Difference::Pcr { index: 3, expected: [1; 48], observed: Some([0; 48]) },
        ]
    );
}

#[test]
fn t3_refuses_another_nonce_none_and_an_empty_one() {
    let expected = b"asked".to_vec();
    for (value, observed) in [
        (cbor_bytes(b"other"), Some(b"other".to_vec())),
        (cbor_bytes(b"asked "), Some(b"asked ".to_vec())),
        (cbor_bytes(b""), Some(Vec::new())),
        (kit::NULL.to_vec(), None),
    ] {
        let kit = Kit::with(|kit| kit.set("nonce", value));
        assert_eq!(differences(&kit, &expectations(), NOW), [Difference::Nonce { expected: expected.clone(), observed }]);
        assert_eq!(differences(&kit, &Expectations { nonce: Expected::NotAsked, ..expectations() }, NOW), []);
    }
    // An empty nonce that is expected is not one that is missing.
    let kit = Kit::with(|kit| kit.remove("nonce"));
    let empty = Expectations { nonce: Expected::Is(Vec::new()), ..expectations() };
    assert_eq!(differences(&kit, &empty, NOW), [Difference::Nonce { expected: Vec::new(), observed: None }]);
}

#[test]
fn refuses_other_user_data() {
    let kit = Kit::with(|kit| kit.set("user_data", cbor_bytes(b"sad")));
    let difference = Difference::UserData { expected: b"said".to_vec(), observed: Some(b"sad".to_vec()) };
    assert_eq!(differences(&kit, &expectations(), NOW), [difference]);
    assert_eq!(differences(&kit, &Expectations { user_data: Expected::NotAsked, ..expectations() }, NOW), []);
}

#[test]
fn t3_refuses_an_old_document_and_one_from_the_future() {
    let kit = Kit::new();
    assert_eq!(differences(&kit, &expectations(), NOW + 60), []);
    let too_old = Difference::TooOld { age_ms: 61_000, max_age_seconds: 60 };
    assert_eq!(differences(&kit, &expectations(), NOW + 61), [too_old]);
    assert_eq!(differences(&kit, &expectations(), NOW - FUTURE_SKEW_SECONDS), []);
    let ahead = Difference::FromTheFuture { ahead_ms: 301_000 };
    assert_eq!(differences(&kit, &expectations(), NOW - FUTURE_SKEW_SECONDS - 1), [ahead]);
    let a_millisecond = Kit::with(|kit| kit.set("timestamp", cbor_number(NOW * 1000 - 1)));
    let too_old = Difference::TooOld { age_ms: 60_001, max_age_seconds: 60 };
    assert_eq!(differences(&a_millisecond, &expectations(), NOW + 60), [too_old]);
    // The end of time neither wraps nor panics.
    let last = Kit::with(|kit| kit.set("timestamp", cbor_number(u64::MAX)));
    assert!(matches!(differences(&last, &expectations(), NOW)[..], [Difference::FromTheFuture { .. }]));
    assert!(matches!(differences(&kit, &expectations(), u64::MAX)[..], [Difference::TooOld { .. }]));
}

#[test]
fn says_all_differences_at_once() {
    let kit = Kit::with(|kit| {
        kit.set("pcrs", debug_kit().entries[3].1.clone());
        kit.set("nonce", kit::NULL.to_vec());
        kit.set("user_data", kit::NULL.to_vec());
    });
    let document = authenticate(&kit.build(), &kit.anchor(), TIME).unwrap();
    let appraisal = appraise(document, &expectations(), UnixSeconds(NOW + 61)).unwrap_err();
    assert_eq!(appraisal.differences.len(), 7);
    assert_eq!(
        appraisal.to_string(),
        "the enclave runs in debug mode; PCR0 is not the expected one; PCR1 is not the expected one; \
         PCR2 is not the expected one; the nonce is not the expected one; the user data is not the expected one; \
         the document is 61000 ms old, 60 s are allowed"
    );
    assert!(appraisal.document.pcrs().debug_mode());
}
