//! Documents that AWS signed, from many projects and five years.

mod kit;
#[path = "kit/webpki.rs"]
mod second_opinion;

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use attestation_verifier::{
    Appraisal, AuthenticateError, ChainCache, ChainError, DebugMode, Difference, DocumentError, Expectations, Expected, Image,
    TrustAnchor, UnixSeconds, UnverifiedDocument, appraise, authenticate, authenticate_with, danger_appraise_debug,
};
use sha2::{Digest, Sha256};

/// What a document is, by the list of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Verified,
    Debug,
    NitroTpm,
    Invalid,
}

const KINDS: [Kind; 4] = [Kind::Verified, Kind::Debug, Kind::NitroTpm, Kind::Invalid];

fn vectors() -> PathBuf {
    std::env::var_os("PST_VAULT_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors"), PathBuf::from)
}

/// What `docs.json` says of each document, which others read before: its SHA-256 and its kind, by its name.
fn listed(vectors: &Path) -> BTreeMap<String, (String, Kind)> {
    let list = fs::read(vectors.join("attestation/docs.json")).expect("documents without their list");
    let list: serde_json::Value = serde_json::from_slice(&list).unwrap();
    let kind = |document: &serde_json::Value| {
        if document["keys"].as_array().unwrap().contains(&"nitrotpm_pcrs".into()) {
            Kind::NitroTpm
        } else if !document["errs"].as_array().unwrap().is_empty() {
            Kind::Invalid
        } else if document["debug"].as_bool().unwrap() {
            Kind::Debug
        } else {
            Kind::Verified
        }
    };
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let documents = list.as_array().unwrap().iter();
    documents.map(|document| (text(&document["file"]), (text(&document["sha"]), kind(document)))).collect()
}

/// The vectors are a directory of their own. Where they are not, there is nothing to test, and CI must have them. Where they are, each
/// document of their list is there, and no other.
fn documents() -> Vec<(String, Vec<u8>)> {
    let vectors = vectors();
    let Ok(directory) = fs::read_dir(vectors.join("attestation/docs")) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI has no vectors in {}", vectors.display());
        eprintln!("skipped: no vectors in {}", vectors.display());
        return Vec::new();
    };
    let mut all: Vec<_> = directory
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap()))
        .collect();
    all.sort();
    let there: BTreeMap<_, _> = all.iter().map(|(name, bytes)| (name.clone(), hex::encode(Sha256::digest(bytes)))).collect();
    let named: BTreeMap<_, _> = listed(&vectors).into_iter().map(|(name, (sha256, _))| (name, sha256)).collect();
    assert_eq!(there, named, "the documents in {} and those that docs.json names", vectors.display());
    all
}

fn own_time(document: &[u8]) -> UnixSeconds {
    UnixSeconds::from_millis(UnverifiedDocument::parse(document).unwrap().danger_timestamp_ms())
}

/// What a document says it is: the strictest expectation that it can pass.
fn expecting_itself(document: &[u8]) -> Expectations {
    let document = UnverifiedDocument::parse(document).unwrap();
    let contents = document.danger_contents();
    let expected = |field: Option<&[u8]>| field.map_or(Expected::NotAsked, |bytes| Expected::Is(bytes.to_vec()));
    Expectations {
        image: Image::new(*contents.pcrs.image()).unwrap_or(Image::new([[1; 48]; 3]).unwrap()),
        more: contents.pcrs.iter().filter(|(index, _)| *index > 2).map(|(index, value)| (index, *value)).collect(),
        nonce: expected(contents.nonce),
        user_data: expected(contents.user_data),
        public_key: expected(contents.public_key),
        max_age_seconds: 1,
    }
}

#[test]
fn each_document_gets_its_verdict_at_its_own_time() {
    let aws = TrustAnchor::aws_nitro_enclaves_g1();
    let documents = documents();
    if documents.is_empty() {
        return;
    }
    let mut seen = BTreeMap::new();
    for (name, document) in documents {
        if name.starts_with("vaportpm") {
            let time = UnixSeconds(1_770_113_522);
            assert_eq!(authenticate(&document, &aws, time).unwrap_err(), AuthenticateError::Document(DocumentError::NitroTpm));
            seen.insert(name, Kind::NitroTpm);
            continue;
        }
        let time = own_time(&document);
        if name.starts_with("INVALID_") {
            assert_eq!(authenticate(&document, &aws, time).unwrap_err(), AuthenticateError::Signature, "{name}");
            seen.insert(name, Kind::Invalid);
            continue;
        }
        let authentic = authenticate(&document, &aws, time).unwrap_or_else(|error| panic!("{name}: {error}"));
        let expectations = expecting_itself(&document);
        if authentic.pcrs().debug_mode() {
            let Appraisal { differences, .. } = appraise(authentic, &expectations, time).unwrap_err();
            assert_eq!(differences[0], Difference::DebugMode, "{name}");
            assert!(differences[1..].iter().all(|difference| matches!(difference, Difference::Pcr { index: 0..=2, .. })));
            let Expectations { image: _, more, nonce, user_data, public_key, max_age_seconds } = expectations;
            let expectations = Expectations { image: DebugMode, more, nonce, user_data, public_key, max_age_seconds };
            let authentic = authenticate(&document, &aws, time).unwrap();
            assert!(danger_appraise_debug(authentic, &expectations, time).is_ok(), "{name}");
            seen.insert(name, Kind::Debug);
        } else {
            let document = appraise(authentic, &expectations, time).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(document.chain().certificates().len(), 5, "{name}");
            seen.insert(name, Kind::Verified);
        }
    }
    let listed: BTreeMap<_, _> = listed(&vectors()).into_iter().map(|(name, (_, kind))| (name, kind)).collect();
    assert_eq!(seen, listed, "the verdicts and what docs.json says");
    let counts = KINDS.map(|kind| (kind, seen.values().filter(|seen| **seen == kind).count()));
    println!("{counts:?}");
    assert!(counts.iter().all(|(_, count)| *count > 0), "a kind of document that nothing was tested with: {counts:?}");
}

#[test]
fn t3_an_old_document_has_expired_now() {
    let aws = TrustAnchor::aws_nitro_enclaves_g1();
    for (name, document) in documents().into_iter().filter(|(name, _)| !name.starts_with("vaportpm")) {
        let error = authenticate(&document, &aws, UnixSeconds(1_795_000_000)).unwrap_err();
        assert!(matches!(error, AuthenticateError::Chain(ChainError::Expired { .. })), "{name}: {error}");
    }
}

#[test]
fn t4_a_genuine_document_does_not_hang_on_another_root() {
    let anchor = kit::Kit::new().anchor();
    for (name, document) in documents().into_iter().filter(|(name, _)| !name.starts_with("vaportpm")) {
        let error = authenticate(&document, &anchor, own_time(&document)).unwrap_err();
        assert_eq!(error, AuthenticateError::Chain(ChainError::WrongRoot), "{name}");
    }
}

#[test]
fn webpki_agrees_on_every_genuine_chain() {
    for (name, document) in documents().into_iter().filter(|(name, _)| !name.starts_with("vaportpm")) {
        let time = own_time(&document);
        let document = UnverifiedDocument::parse(&document).unwrap();
        let contents = document.danger_contents();
        let chain: Vec<_> = contents.authorities.iter().copied().chain([contents.certificate]).map(<[u8]>::to_vec).collect();
        assert!(second_opinion::accepts(&chain, time.0), "{name}");
    }
}

#[test]
fn a_cache_says_the_same_of_every_genuine_document() {
    let aws = TrustAnchor::aws_nitro_enclaves_g1();
    let mut cache = ChainCache::new(NonZeroUsize::new(16).unwrap());
    for (name, document) in documents().into_iter().filter(|(name, _)| !name.starts_with("vaportpm")) {
        let time = own_time(&document);
        let cold = authenticate(&document, &aws, time).map(|document| document.payload_digest());
        for _ in 0..2 {
            let warm = authenticate_with(&document, &aws, time, &mut cache).map(|document| document.payload_digest());
            assert_eq!(warm, cold, "{name}");
        }
        assert!(authenticate_with(&document, &aws, UnixSeconds(1_795_000_000), &mut cache).is_err(), "{name}");
    }
    assert!(cache.len() <= 16);
}
