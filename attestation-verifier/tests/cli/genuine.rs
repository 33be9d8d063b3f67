//! The command on documents that AWS signed.

use std::path::PathBuf;

use attestation_verifier::UnverifiedDocument;

use crate::support::{Files, fits, run};

pub(crate) struct Genuine {
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

/// The vectors are a directory of their own. Where they are not, there is nothing to test, and CI must have them.
fn documents() -> Vec<Genuine> {
    let vectors = std::env::var_os("PST_VAULT_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors"), PathBuf::from);
    let Ok(directory) = std::fs::read_dir(vectors.join("attestation/docs")) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI has no vectors in {}", vectors.display());
        eprintln!("skipped: no vectors in {}", vectors.display());
        return Vec::new();
    };
    let read = |path: PathBuf| Genuine {
        name: path.file_name().unwrap().to_str().unwrap().to_owned(),
        path: path.to_str().unwrap().to_owned(),
        bytes: std::fs::read(&path).unwrap(),
    };
    let mut all: Vec<_> = directory.map(|entry| read(entry.unwrap().path())).collect();
    all.sort_by(|one, other| one.name.cmp(&other.name));
    assert!(all.len() >= 10, "vectors are missing");
    all
}

/// `None` only where there are no vectors at all, which CI has: a document that is gone from them fails its tests.
pub(crate) fn document(name: &str) -> Option<Genuine> {
    let all = documents();
    let any = !all.is_empty();
    let found = all.into_iter().find(|document| document.name == name);
    assert!(found.is_some() || !any, "no {name} among the vectors");
    found
}

/// Everything that a document says of itself.
pub(crate) struct Itself {
    pub(crate) debug: bool,
    image: Vec<String>,
    more: Vec<String>,
}

impl Itself {
    /// As arguments: the image, unless the document is one of debug mode, which has none.
    pub(crate) fn arguments(&self) -> Vec<&str> {
        let image = self.image.iter().filter(|_| !self.debug);
        image.chain(&self.more).map(String::as_str).collect()
    }
}

pub(crate) fn expecting_itself(document: &Genuine) -> Itself {
    let parsed = UnverifiedDocument::parse(&document.bytes).unwrap();
    let contents = parsed.danger_contents();
    let pcr = |(index, value): (u8, &[u8; 48])| format!("--pcr={index}={}", hex::encode(value));
    let (image, mut more): (Vec<_>, Vec<_>) = contents.pcrs.iter().partition(|(index, _)| *index < 3);
    let fields = [("nonce", contents.nonce), ("user-data", contents.user_data), ("public-key", contents.public_key)];
    let set = fields.iter().filter_map(|(flag, value)| value.filter(|value| !value.is_empty()).map(|value| (flag, value)));
    let fields: Vec<_> = set.map(|(flag, value)| format!("--{flag}={}", hex::encode(value))).collect();
    more.retain(|(index, _)| *index != 4 || contents.pcrs.debug_mode());
    Itself {
        debug: contents.pcrs.debug_mode(),
        image: image.into_iter().map(pcr).collect(),
        more: more.into_iter().map(pcr).chain(fields).collect(),
    }
}

#[test]
fn each_passes_at_its_own_time_and_debug_ones_only_where_that_is_allowed() {
    let (mut verified, mut debug, mut refused) = (0, 0, 0);
    for document in documents() {
        let verify = |more: &[&str]| run(&[&["verify", &document.path, "--at", "document"][..], more].concat());
        if document.name.starts_with("vaportpm") {
            assert!(verify(&[]).exits(1).out.contains("[P2]"), "{}", document.name);
            refused += 1;
            continue;
        }
        let expected = expecting_itself(&document);
        let arguments = expected.arguments();
        if document.name.starts_with("INVALID_") {
            assert!(verify(&[&arguments[..], &["--allow-debug"]].concat()).exits(1).out.contains("[S1]"), "{}", document.name);
            refused += 1;
        } else if expected.debug {
            assert!(verify(&[]).exits(1).out.contains("[A1]"));
            verify(&arguments).exits(64);
            let ran = verify(&[&arguments[..], &["--allow-debug"]].concat()).exits(0);
            assert!(ran.out.starts_with("DEBUG: "), "{}", ran.out);
            debug += 1;
        } else {
            assert!(verify(&arguments).exits(0).out.starts_with("VERIFIED: "), "{}", document.name);
            assert!(verify(&[]).exits(3).out.starts_with("AUTHENTIC ONLY: "), "{}", document.name);
            verified += 1;
        }
    }
    println!("{verified} verified, {debug} in debug mode, {refused} refused");
}

#[test]
fn t3_each_has_expired_now() {
    for document in documents().into_iter().filter(|document| !document.name.starts_with("vaportpm")) {
        let expected = expecting_itself(&document);
        let arguments = [&["verify", &document.path, "--allow-debug"][..], &expected.arguments()].concat();
        assert!(run(&arguments).exits(1).out.contains("[C8]"), "{}", document.name);
    }
}

#[test]
fn reports_of_all_fit_the_schemas() {
    for document in documents() {
        for arguments in [&["--at", "document"][..], &[]] {
            fits("report.json", &run(&[&["verify", &document.path, "--json"], arguments].concat()).json());
            fits("ear.json", &run(&[&["verify", &document.path, "--ear"], arguments].concat()).json());
        }
        fits("show.json", &run(&["show", &document.path, "--json"]).json());
    }
}

#[test]
fn awss_root_from_a_file_is_awss_root() {
    let vectors = std::env::var_os("PST_VAULT_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/vectors"), PathBuf::from);
    let Some(document) = document("dstack_3.bin") else { return };
    let root = vectors.join("attestation/AWS_NitroEnclaves_Root-G1.pem");
    let ran = run(&["verify", &document.path, "--at", "document", "--root", root.to_str().unwrap()]).exits(3);
    assert!(ran.out.contains("641a0321a3e244efe456463195d606317ed7cdcc3c1756e09893f3c68f79bb5b"), "{}", ran.out);
    assert!(!ran.out.contains("NOT AWS'S ROOT"), "{}", ran.out);
    // A document of AWS's under somebody else's root.
    let files = Files::new();
    let root = files.root(&crate::kit::Kit::new());
    assert!(run(&["verify", &document.path, "--at", "document", "--root", &root]).exits(1).out.contains("[C1]"));
}
