//! How long a verification takes beside what it can't do without, and beside another verifier; and what hostile bytes cost.
//!
//! ```sh
//! cargo bench --manifest-path attestation-verifier/bench/Cargo.toml
//! ```
//! All are measured in turns within one run, so that a busy machine slows all of them. Ends with 1 when a bound is not kept.

mod allocations;
mod clock;

use std::hint::black_box;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use attestation_doc_validation::validate_and_parse_attestation_doc;
use attestation_verifier::{
    ChainCache, Expectations, Expected, Image, TrustAnchor, UnixSeconds, UnverifiedContents, UnverifiedDocument, authenticate,
    verify, verify_with,
};
use aws_lc_rs::signature::{ECDSA_P384_SHA384_ASN1, ECDSA_P384_SHA384_FIXED, EcdsaVerificationAlgorithm, UnparsedPublicKey};

const ROUNDS: usize = 800;

/// A signature of the document, and what is needed to check it.
struct Signed {
    key: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
    algorithm: &'static EcdsaVerificationAlgorithm,
}

impl Signed {
    /// The five that a verification checks: how long one takes depends on its numbers.
    fn of(document: &[u8], contents: &UnverifiedContents<'_>) -> Vec<Self> {
        let chain: Vec<_> = contents.authorities.iter().copied().chain([contents.certificate]).collect();
        let mut all: Vec<_> = chain.windows(2).map(|pair| Self::certificate(pair[0], pair[1])).collect();
        // The envelope's first seven bytes, the payload with its head, the signature with its head of two bytes.
        let (payload, signature) = document[7..].split_at(document.len() - 7 - 98);
        all.push(Self {
            key: key(contents.certificate),
            message: [b"\x84\x6aSignature1\x44\xa1\x01\x38\x22\x40", payload].concat(),
            signature: signature[2..].to_vec(),
            algorithm: &ECDSA_P384_SHA384_FIXED,
        });
        all
    }

    fn certificate(issuer: &[u8], issued: &[u8]) -> Self {
        let (message, rest) = element(&issued[4..]);
        let (_, bits) = rest.split_at(12);
        let (_, signature) = bits.split_at(3);
        Self { key: key(issuer), message: message.to_vec(), signature: signature.to_vec(), algorithm: &ECDSA_P384_SHA384_ASN1 }
    }

    fn check(&self) {
        let key = UnparsedPublicKey::new(self.algorithm, &self.key);
        key.verify(black_box(&self.message), &self.signature).expect("it verifies");
    }
}

/// A DER element with a length of two bytes, and what follows it.
fn element(der: &[u8]) -> (&[u8], &[u8]) {
    assert_eq!(der[1], 0x82);
    der.split_at(4 + usize::from(u16::from_be_bytes([der[2], der[3]])))
}

fn key(certificate: &[u8]) -> Vec<u8> {
    let at = certificate.windows(4).position(|bytes| bytes == [3, 0x62, 0, 4]).expect("a point");
    certificate[at + 3..at + 100].to_vec()
}

fn main() -> ExitCode {
    let vectors = std::env::var_os("PST_VAULT_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"), PathBuf::from);
    let document = std::fs::read(vectors.join("attestation/docs/dstack_3.bin")).expect("the vectors: set PST_VAULT_VECTORS");
    let mut kept = speed(&document);
    kept &= hostile();
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn speed(document: &[u8]) -> bool {
    let parsed = UnverifiedDocument::parse(document).expect("a document");
    let contents = parsed.danger_contents();
    let time = UnixSeconds::from_millis(contents.timestamp_ms);
    let expectations = Expectations {
        image: Image::new(*contents.pcrs.image()).expect("not in debug mode"),
        more: vec![(4, *contents.pcrs.instance())],
        nonce: Expected::NotAsked,
        user_data: Expected::Is(contents.user_data.expect("it has some").to_vec()),
        public_key: Expected::NotAsked,
        max_age_seconds: 60,
    };
    let anchor = TrustAnchor::aws_nitro_enclaves_g1();
    let mut cache = ChainCache::new(NonZeroUsize::new(64).expect("not zero"));
    let signed = Signed::of(document, contents);
    clock::set(time.0);
    assert!(validate_and_parse_attestation_doc(document).is_ok(), "the other verifier accepts it");

    let mut subjects: [(&str, Box<dyn FnMut() + '_>); 5] = [
        ("full verification", Box::new(|| drop(black_box(verify(document, &anchor, time, &expectations).expect("verified"))))),
        ("five bare P-384 verifications", Box::new(|| signed.iter().for_each(Signed::check))),
        (
            "with a warm chain cache",
            Box::new(|| drop(black_box(verify_with(document, &anchor, time, &expectations, &mut cache).expect("verified")))),
        ),
        ("one bare P-384 verification", Box::new(|| signed[0].check())),
        (
            "attestation-doc-validation 0.10.1",
            Box::new(|| drop(black_box(validate_and_parse_attestation_doc(document).expect("accepted")))),
        ),
    ];

    let mut times = vec![Vec::with_capacity(ROUNDS); subjects.len()];
    for _ in 0..ROUNDS {
        for ((_, subject), times) in subjects.iter_mut().zip(&mut times) {
            // Once before, so that nobody pays for the code and data that the subject before it has driven out.
            subject();
            let start = Instant::now();
            subject();
            times.push(start.elapsed());
        }
    }
    for times in &mut times {
        times.sort_unstable();
    }
    println!("{ROUNDS} rounds, in turns, microseconds\n{:<36} {:>9} {:>9} {:>9}", "", "minimum", "tenth", "median");
    for ((name, _), times) in subjects.iter().zip(&times) {
        println!("{name:<36} {:>9.1} {:>9.1} {:>9.1}", micros(times[0]), micros(times[ROUNDS / 10]), micros(times[ROUNDS / 2]));
    }
    let ratio = |of: usize, to: usize, at: usize| times[of][at].as_secs_f64() / times[to][at].as_secs_f64();
    let bounds =
        [("full / five bare", 0, 1, 1.05), ("full / attestation-doc-validation", 0, 4, 0.35), ("warm / one bare", 2, 3, 2.1)];
    let mut kept = true;
    println!("\n{:<36} {:>9} {:>9} {:>9} {:>9}", "ratio", "minimum", "tenth", "median", "bound");
    for (name, of, to, bound) in bounds {
        let ratios = [0, ROUNDS / 10, ROUNDS / 2].map(|at| ratio(of, to, at));
        // What others do on the machine can only add to a time.
        kept &= ratios[0] <= bound;
        println!("{name:<36} {:>9.3} {:>9.3} {:>9.3} {bound:>9}", ratios[0], ratios[1], ratios[2]);
    }
    kept
}

/// Each is refused in less than a millisecond and allocates next to nothing.
fn hostile() -> bool {
    const MOST: usize = 1024;
    let mut endless = vec![0x84, 0x44, 0xa1, 0x01, 0x38, 0x22, 0xa0, 0x5b];
    endless.extend((1_u64 << 63).to_be_bytes());
    let mut bundle = b"\xbf\x68cabundle\x9b".to_vec();
    bundle.extend((1_u64 << 63).to_be_bytes());
    let head = 0x40 | u8::try_from(bundle.len()).expect("short");
    let mut many = [&[0x84, 0x44, 0xa1, 0x01, 0x38, 0x22, 0xa0, head], bundle.as_slice(), &[0x58, 96]].concat();
    many.extend([1; 96]);
    let inputs = [
        ("100,000 nested arrays", vec![0x81; 100_000]),
        ("16,000 nested arrays", vec![0x81; 16_000]),
        ("a string of 2^63 bytes", endless),
        ("a bundle of 2^63 certificates", many),
        ("16 MiB of zeros", vec![0; 16 << 20]),
        ("16 MiB that begin like a document", [vec![0x84, 0x44, 0xa1, 0x01, 0x38, 0x22, 0xa0], vec![0; 16 << 20]].concat()),
    ];
    let anchor = TrustAnchor::aws_nitro_enclaves_g1();
    let mut kept = true;
    println!("\n{:<36} {:>9} {:>9}  rule", "refused", "us, worst", "bytes");
    for (name, bytes) in inputs {
        let mut worst = Duration::ZERO;
        let mut rule = None;
        let allocated = allocations::during(|| {
            for _ in 0..20 {
                let start = Instant::now();
                rule = authenticate(black_box(&bytes), &anchor, UnixSeconds(0)).err().map(|error| error.rule());
                worst = worst.max(start.elapsed());
            }
        }) / 20;
        kept &= rule.is_some() && worst < Duration::from_millis(1) && allocated <= MOST;
        println!("{name:<36} {:>9.1} {allocated:>9}  {}", micros(worst), rule.map_or("accepted", |rule| rule.id()));
    }
    kept
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
