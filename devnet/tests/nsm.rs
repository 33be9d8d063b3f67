//! The software module against the verifier that everybody uses.

use std::sync::Arc;

use attestation_verifier::{
    AuthenticateError, ChainError, Difference, Expectations, Expected, Image, TrustAnchor, UnixSeconds, VerifyError,
    authenticate, verify,
};
use devnet::nsm::{SoftwareNsm, SoftwareNsmCa, measure_executable};
use enclave::nsm::{Nsm, NsmError};

const IMAGE: [[u8; 48]; 3] = [[1; 48], [2; 48], [3; 48]];

fn boot(image: [[u8; 48]; 3], offset_seconds: i64) -> (tempfile::TempDir, TrustAnchor, SoftwareNsm) {
    let directory = tempfile::tempdir().unwrap();
    let ca = SoftwareNsmCa::create(&directory.path().join("nsm")).unwrap();
    let anchor = TrustAnchor::custom(ca.root_der()).unwrap();
    (directory, anchor, SoftwareNsm::boot(Arc::new(ca), image, [0; 48], offset_seconds).unwrap())
}

fn now(nsm: &SoftwareNsm) -> UnixSeconds {
    UnixSeconds::from_millis(nsm.now_ms().unwrap())
}

fn expectations() -> Expectations {
    Expectations {
        image: Image::new(IMAGE).unwrap(),
        more: vec![(3, [0; 48])],
        nonce: Expected::Is(b"asked".to_vec()),
        user_data: Expected::Is(b"said".to_vec()),
        public_key: Expected::NotAsked,
        max_age_seconds: 60,
    }
}

#[test]
fn a_document_verifies_under_the_devnets_root_and_not_under_awss() {
    let (_directory, anchor, nsm) = boot(IMAGE, 0);
    let document = nsm.attest(b"said", b"key", b"asked").unwrap();
    let verified = verify(&document, &anchor, now(&nsm), &expectations()).unwrap();
    assert_eq!((verified.public_key(), verified.module_id()), (Some(b"key".as_slice()), nsm.module_id()));
    assert_eq!(verified.pcrs().iter().map(|(index, _)| index).collect::<Vec<_>>(), (0..16).collect::<Vec<u8>>());

    let error = authenticate(&document, &TrustAnchor::aws_nitro_enclaves_g1(), now(&nsm)).unwrap_err();
    assert_eq!(error, AuthenticateError::Chain(ChainError::WrongRoot));
}

#[test]
fn a_document_has_the_form_and_the_chain_of_a_genuine_one() {
    let (_directory, anchor, nsm) = boot(IMAGE, 0);
    let document = authenticate(&nsm.attest(b"", b"", b"").unwrap(), &anchor, now(&nsm)).unwrap();
    assert!(!document.encoding().tagged && document.encoding().indefinite_payload);
    assert_eq!((document.user_data(), document.public_key(), document.nonce()), (None, None, None));
    let lives: Vec<_> = document.chain().certificates().iter().map(|one| (one.not_after.0 - one.not_before.0) / 3600).collect();
    assert_eq!(lives, [30 * 365 * 24, 20 * 24, 6 * 24, 24, 3]);
}

#[test]
fn two_boots_and_a_client_share_one_root() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nsm");
    let first = Arc::new(SoftwareNsmCa::create(&path).unwrap());
    let second = Arc::new(SoftwareNsmCa::create(&path).unwrap());
    assert_eq!(first.root_der(), second.root_der());
    assert_eq!(std::fs::read_to_string(first.root_path()).unwrap(), second.root_pem());
    let anchor = TrustAnchor::custom(SoftwareNsmCa::open(&path).unwrap().root_der()).unwrap();
    let boots = [first, second].map(|ca| SoftwareNsm::boot(ca, IMAGE, [0; 48], 0).unwrap());
    assert_ne!(boots[0].module_id(), boots[1].module_id());
    for nsm in boots {
        assert!(authenticate(&nsm.attest(b"", b"", b"").unwrap(), &anchor, now(&nsm)).is_ok());
    }
}

#[test]
fn a_register_is_stated_once_it_is_locked_and_then_stays() {
    let (_directory, anchor, nsm) = boot(IMAGE, 0);
    nsm.extend_and_lock(16, b"constitution").unwrap();
    assert_eq!(nsm.extend_and_lock(16, b"another"), Err(NsmError::Locked(16)));
    assert_eq!(nsm.extend_and_lock(3, b"a role"), Err(NsmError::Locked(3)));
    assert_eq!(nsm.extend_and_lock(32, b""), Err(NsmError::NoRegister(32)));
    nsm.extend(17, b"before").unwrap();
    assert_eq!(nsm.extend_and_lock(17, b"settings"), Err(NsmError::AlreadyExtended(17)));

    let document = authenticate(&nsm.attest(b"", b"", b"").unwrap(), &anchor, now(&nsm)).unwrap();
    let (value, locked) = nsm.describe(16).unwrap();
    assert!(locked && document.pcrs().get(16) == Some(&value) && document.pcrs().get(17).is_none());
}

#[test]
fn t1_an_image_that_measures_zero_is_in_debug_mode() {
    let (_directory, anchor, nsm) = boot([[0; 48]; 3], 0);
    let document = nsm.attest(b"said", b"", b"asked").unwrap();
    let Err(VerifyError::Refused(appraisal)) = verify(&document, &anchor, now(&nsm), &expectations()) else {
        panic!("a debug document was verified");
    };
    assert!(appraisal.differences.contains(&Difference::DebugMode));
}

#[test]
fn its_clock_is_the_systems_and_the_offset() {
    let year = 365 * 86_400;
    let (_directory, anchor, nsm) = boot(IMAGE, year);
    let document = nsm.attest(b"said", b"", b"asked").unwrap();
    assert!(verify(&document, &anchor, now(&nsm), &expectations()).is_ok());
    let system = UnixSeconds(now(&nsm).0 - year.unsigned_abs());
    let error = authenticate(&document, &anchor, system).unwrap_err();
    assert!(matches!(error, AuthenticateError::Chain(ChainError::NotYetValid { .. })), "{error}");
}

#[test]
fn its_clock_is_moved_by_a_file_and_stops_without_it() {
    let (directory, _, nsm) = boot(IMAGE, 0);
    let file = directory.path().join("clock");
    let nsm = nsm.with_offset_file(Some(file.clone()));
    assert_eq!(nsm.now_ms(), Err(NsmError::Failed));
    std::fs::write(&file, "0").unwrap();
    let before = now(&nsm).0;
    std::fs::write(&file, "3600").unwrap();
    assert!((3_600..3_660).contains(&(now(&nsm).0 - before)));
}

#[test]
fn refuses_what_the_device_refuses() {
    let (_directory, _, nsm) = boot(IMAGE, 0);
    assert!(nsm.attest(&[1; 512], &[1; 1024], &[1; 512]).is_ok());
    assert_eq!(nsm.attest(&[1; 513], b"", b""), Err(NsmError::TooLong));
    assert_eq!(nsm.attest(b"", &[1; 1025], b""), Err(NsmError::TooLong));
    assert_eq!(nsm.attest(b"", b"", &[1; 513]), Err(NsmError::TooLong));
    assert_ne!(nsm.random(), nsm.random());
    assert_eq!(nsm.pcrs(), Ok(IMAGE));
}

#[test]
fn a_program_is_measured_by_its_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("program");
    std::fs::write(&path, b"one").unwrap();
    let one = measure_executable(&path).unwrap();
    std::fs::write(&path, b"two").unwrap();
    let two = measure_executable(&path).unwrap();
    assert!(one.iter().zip(&two).all(|(one, two)| one != two) && one[0] != one[1] && one[1] != one[2]);
    assert!(Image::new(one).is_ok());
}
