//! Builds documents under a throw-away root in AWS's chain shape. Every choice is a field, so that a test changes one.

#![allow(dead_code, clippy::cast_possible_truncation, reason = "each test file uses a part of the kit")]

pub(crate) mod cbor;
pub(crate) mod der;
pub(crate) mod signed;

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use attestation_verifier::{Expectations, Expected, Image, TrustAnchor, UnixSeconds};
pub(crate) use cbor::{cbor, cbor_bundle, cbor_bytes, cbor_number, cbor_text};
use der::{element, name, sequence, time};
use p384::ecdsa::signature::Signer;
use p384::ecdsa::{Signature, SigningKey};
use sha2::{Digest, Sha384};

pub(crate) const NOW: u64 = 1_795_000_000;
pub(crate) const MODULE_ID: &str = "i-0123456789abcdef0-enc0123456789abcdef";
pub(crate) const ECDSA_SHA384: &[u8] = &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03];
pub(crate) const ECDSA_SHA256: &[u8] = &[0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02];
pub(crate) const CRITICAL: &[u8] = &[1, 1, 0xff];
pub(crate) const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
pub(crate) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];

#[derive(Clone)]
pub(crate) struct Extension {
    pub(crate) id: Vec<u8>,
    /// The raw BOOLEAN, or nothing.
    pub(crate) critical: Vec<u8>,
    pub(crate) value: Vec<u8>,
}

/// Bytes behind the last field of a structure, inside it: DER has a length for it and nothing that stands there.
#[derive(Clone, Default)]
pub(crate) struct Behind {
    /// Behind the signature.
    pub(crate) signature: Vec<u8>,
    /// Behind the extensions, among what is signed.
    pub(crate) extensions: Vec<u8>,
    /// Behind the list of extensions, inside the tag around it.
    pub(crate) list: Vec<u8>,
    /// Behind the value of each extension.
    pub(crate) value: Vec<u8>,
    /// Behind the two dates.
    pub(crate) dates: Vec<u8>,
}

#[derive(Clone)]
pub(crate) struct Certificate {
    pub(crate) key: SigningKey,
    pub(crate) version: Vec<u8>,
    pub(crate) serial: Vec<u8>,
    pub(crate) inner_algorithm: Vec<u8>,
    pub(crate) outer_algorithm: Vec<u8>,
    /// The issuer's name, if it is not the subject of the certificate before.
    pub(crate) issuer: Option<Vec<u8>>,
    pub(crate) not_before: u64,
    pub(crate) not_after: u64,
    pub(crate) subject: Vec<u8>,
    /// The key's encoding, if it is not the right one.
    pub(crate) public_key: Option<Vec<u8>>,
    /// What stands between the key and the extensions.
    pub(crate) unique_ids: Vec<u8>,
    pub(crate) extensions: Option<Vec<Extension>>,
    /// Who signs, if not the one before.
    pub(crate) signer: Option<SigningKey>,
    /// The signature, if it is not made of these bytes.
    pub(crate) signature: Option<Signature>,
    pub(crate) unused_signature_bits: u8,
    /// What becomes of the signature's DER on its way into the certificate.
    pub(crate) rewrite_signature: fn(Vec<u8>) -> Vec<u8>,
    pub(crate) behind: Behind,
    pub(crate) trailing: Vec<u8>,
}

/// The key of this number. Made once: a public key costs as much as a signature.
pub(crate) fn key(number: u8) -> SigningKey {
    static KEYS: LazyLock<Mutex<HashMap<u8, SigningKey>>> = LazyLock::new(Mutex::default);
    let mut keys = KEYS.lock().unwrap();
    keys.entry(number).or_insert_with(|| SigningKey::from_slice(&[number; 48]).unwrap()).clone()
}

/// What the key says to a message. Made once: a signature is the same each time (RFC 6979), and most cases change one in six.
fn sign(key: &SigningKey, message: &[u8]) -> Signature {
    static SIGNATURES: LazyLock<Mutex<HashMap<Vec<u8>, Signature>>> = LazyLock::new(Mutex::default);
    let question = [key.verifying_key().to_sec1_point(false).as_bytes(), message].concat();
    *SIGNATURES.lock().unwrap().entry(question).or_insert_with(|| key.sign(message))
}

pub(crate) fn basic_constraints(authority: bool, path_len: Option<u8>) -> Extension {
    let mut fields = Vec::new();
    if authority {
        fields.push(CRITICAL.to_vec());
    }
    fields.extend(path_len.map(|number| vec![2, 1, number]));
    Extension { id: BASIC_CONSTRAINTS.to_vec(), critical: CRITICAL.to_vec(), value: sequence(&fields) }
}

/// `bits` as they stand in the first byte.
pub(crate) fn key_usage(bits: u8) -> Extension {
    let value = element(3, &[bits.trailing_zeros() as u8, bits]);
    Extension { id: KEY_USAGE.to_vec(), critical: CRITICAL.to_vec(), value }
}

impl Certificate {
    fn new(number: u8, common_name: &str, window: (u64, u64), extensions: [Extension; 2]) -> Self {
        Self {
            key: key(number),
            version: vec![0xa0, 3, 2, 1, 2],
            serial: vec![number; 16],
            inner_algorithm: ECDSA_SHA384.to_vec(),
            outer_algorithm: ECDSA_SHA384.to_vec(),
            issuer: None,
            not_before: window.0,
            not_after: window.1,
            subject: name(common_name),
            public_key: None,
            unique_ids: Vec::new(),
            extensions: Some(extensions.into()),
            signer: None,
            signature: None,
            unused_signature_bits: 0,
            rewrite_signature: |der| der,
            behind: Behind::default(),
            trailing: Vec::new(),
        }
    }

    fn to_be_signed(&self, issuer: &Self) -> Vec<u8> {
        let point = self.key.verifying_key().to_sec1_point(false);
        let key = self.public_key.clone().unwrap_or_else(|| public_key(point.as_bytes()));
        let mut fields = vec![
            self.version.clone(),
            element(2, &self.serial),
            self.inner_algorithm.clone(),
            self.issuer.clone().unwrap_or_else(|| issuer.subject.clone()),
            sequence(&[time(self.not_before), time(self.not_after), self.behind.dates.clone()]),
            self.subject.clone(),
            key,
            self.unique_ids.clone(),
        ];
        if let Some(extensions) = &self.extensions {
            let list: Vec<_> = extensions
                .iter()
                .map(|one| {
                    sequence(&[element(6, &one.id), one.critical.clone(), element(4, &one.value), self.behind.value.clone()])
                })
                .collect();
            fields.push(element(0xa3, &[sequence(&list), self.behind.list.clone()].concat()));
        }
        fields.push(self.behind.extensions.clone());
        sequence(&fields)
    }

    pub(crate) fn signature_by(&self, issuer: &Self, to_be_signed: &[u8]) -> Signature {
        sign(self.signer.as_ref().unwrap_or(&issuer.key), to_be_signed)
    }

    /// These bytes and the issuer's signature of them.
    pub(crate) fn seal(&self, to_be_signed: &[u8], issuer: &Self) -> Vec<u8> {
        let signature = self.signature.unwrap_or_else(|| self.signature_by(issuer, to_be_signed));
        let signature = (self.rewrite_signature)(signature.to_der().as_bytes().to_vec());
        let bits = [vec![self.unused_signature_bits], signature].concat();
        let signature = [element(3, &bits), self.behind.signature.clone()].concat();
        let mut der = sequence(&[to_be_signed.to_vec(), self.outer_algorithm.clone(), signature]);
        der.extend(&self.trailing);
        der
    }

    fn build(&self, issuer: &Self) -> Vec<u8> {
        self.seal(&self.to_be_signed(issuer), issuer)
    }
}

/// `SubjectPublicKeyInfo` of a point on P-384.
pub(crate) fn public_key(point: &[u8]) -> Vec<u8> {
    let ids = sequence(&[element(6, &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1]), element(6, &[0x2b, 0x81, 4, 0, 0x22])]);
    sequence(&[ids, element(3, &[&[0], point].concat())])
}

/// A document, right until a test changes a field.
#[derive(Clone)]
pub(crate) struct Kit {
    /// Root first, leaf last.
    pub(crate) chain: Vec<Certificate>,
    pub(crate) tag: Vec<u8>,
    /// The array's head.
    pub(crate) envelope: Vec<u8>,
    /// The protected header's content.
    pub(crate) protected: Vec<u8>,
    pub(crate) unprotected: Vec<u8>,
    pub(crate) trailing: Vec<u8>,
    pub(crate) indefinite: bool,
    /// The payload map's head, if it is not the right one.
    pub(crate) map_head: Option<Vec<u8>>,
    pub(crate) payload_trailing: Vec<u8>,
    /// Key, and value in CBOR. `certificate` and `cabundle` are filled in when they are empty.
    pub(crate) entries: Vec<(String, Vec<u8>)>,
    pub(crate) signer: Option<SigningKey>,
}

pub(crate) const NULL: &[u8] = &[0xf6];

pub(crate) fn pcr4(module_id: &str) -> [u8; 48] {
    let instance = module_id.rsplit_once('-').unwrap().0;
    Sha384::new().chain_update([0; 48]).chain_update(instance).finalize().into()
}

pub(crate) fn pcrs() -> Vec<(u64, Vec<u8>)> {
    let value = |index: u64| match index {
        0..=2 => vec![index as u8 + 0x10; 48],
        4 => pcr4(MODULE_ID).to_vec(),
        _ => vec![0; 48],
    };
    (0..16).map(|index| (index, value(index))).collect()
}

pub(crate) fn cbor_pcrs(pcrs: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let body: Vec<u8> = pcrs.iter().flat_map(|(index, value)| [cbor_number(*index), cbor_bytes(value)].concat()).collect();
    [
        cbor(|encoder| {
            encoder.map(pcrs.len() as u64).unwrap();
        }),
        body,
    ]
    .concat()
}

/// The kit's document as [`Kit::new`] makes it passes these.
pub(crate) fn expectations() -> Expectations {
    Expectations {
        image: Image::new([[0x10; 48], [0x11; 48], [0x12; 48]]).unwrap(),
        more: vec![(3, [0; 48])],
        nonce: Expected::Is(b"asked".to_vec()),
        user_data: Expected::Is(b"said".to_vec()),
        public_key: Expected::Is(b"key".to_vec()),
        max_age_seconds: 60,
    }
}

pub(crate) const TIME: UnixSeconds = UnixSeconds(NOW);

impl Kit {
    pub(crate) fn new() -> Self {
        const DAY: u64 = 86_400;
        let authority = |path_len| [basic_constraints(true, path_len), key_usage(0x86)];
        let leaf = [basic_constraints(false, None), Extension { critical: Vec::new(), ..key_usage(0xc0) }];
        let chain = vec![
            Certificate::new(1, "kit.nitro-enclaves", (NOW - 9000 * DAY, NOW + 9000 * DAY), authority(None)),
            Certificate::new(2, "aa.kit-1.nitro-enclaves", (NOW - 10 * DAY, NOW + 10 * DAY), authority(Some(2))),
            Certificate::new(3, "bb.zonal.kit-1.nitro-enclaves", (NOW - 3 * DAY, NOW + 3 * DAY), authority(Some(1))),
            Certificate::new(4, "i-0123456789abcdef0.kit-1", (NOW - DAY / 2, NOW + DAY / 2), {
                [basic_constraints(true, Some(0)), key_usage(0x04)]
            }),
            Certificate::new(5, &format!("{MODULE_ID}.kit-1.aws"), (NOW - 3600, NOW + 7200), leaf),
        ];
        let entries = [
            ("module_id", cbor_text(MODULE_ID)),
            ("digest", cbor_text("SHA384")),
            ("timestamp", cbor_number(NOW * 1000)),
            ("pcrs", cbor_pcrs(&pcrs())),
            ("certificate", Vec::new()),
            ("cabundle", Vec::new()),
            ("public_key", cbor_bytes(b"key")),
            ("user_data", cbor_bytes(b"said")),
            ("nonce", cbor_bytes(b"asked")),
        ];
        Self {
            chain,
            tag: Vec::new(),
            envelope: vec![0x84],
            protected: vec![0xa1, 1, 0x38, 0x22],
            unprotected: vec![0xa0],
            trailing: Vec::new(),
            indefinite: true,
            map_head: None,
            payload_trailing: Vec::new(),
            entries: entries.map(|(key, value)| (key.to_owned(), value)).into(),
            signer: None,
        }
    }

    /// The kit with one thing changed.
    pub(crate) fn with(change: impl FnOnce(&mut Self)) -> Self {
        let mut kit = Self::new();
        change(&mut kit);
        kit
    }

    pub(crate) fn set(&mut self, key: &str, value: Vec<u8>) {
        self.entries.iter_mut().find(|entry| entry.0 == key).unwrap().1 = value;
    }

    pub(crate) fn remove(&mut self, key: &str) {
        self.entries.retain(|entry| entry.0 != key);
    }

    pub(crate) fn extension(&mut self, certificate: usize, id: &[u8]) -> &mut Extension {
        let extensions = self.chain[certificate].extensions.as_mut().unwrap();
        extensions.iter_mut().find(|extension| extension.id == id).unwrap()
    }

    /// DER, root first.
    pub(crate) fn certificates(&self) -> Vec<Vec<u8>> {
        let issuers = self.chain.first().into_iter().chain(&self.chain);
        self.chain.iter().zip(issuers).map(|(certificate, issuer)| certificate.build(issuer)).collect()
    }

    /// What the issuer of a certificate below the root signs.
    pub(crate) fn to_be_signed(&self, index: usize) -> Vec<u8> {
        self.chain[index].to_be_signed(&self.chain[index - 1])
    }

    pub(crate) fn anchor(&self) -> TrustAnchor {
        TrustAnchor::custom(&self.certificates()[0]).unwrap()
    }

    pub(crate) fn payload(&self) -> Vec<u8> {
        let certificates = self.certificates();
        let (leaf, authorities) = certificates.split_last().unwrap();
        let head = if self.indefinite { 0xbf } else { 0xa0 | self.entries.len() as u8 };
        let mut out = self.map_head.clone().unwrap_or_else(|| vec![head]);
        for (key, value) in &self.entries {
            out.extend(cbor_text(key));
            out.extend(match (key.as_str(), value.as_slice()) {
                ("certificate", []) => cbor_bytes(leaf),
                ("cabundle", []) => cbor_bundle(authorities),
                (_, value) => value.to_vec(),
            });
        }
        if self.indefinite {
            out.push(0xff);
        }
        out.extend(&self.payload_trailing);
        out
    }

    /// The `Sig_structure` of a payload.
    pub(crate) fn to_sign(&self, payload: &[u8]) -> Vec<u8> {
        cbor(|encoder| {
            encoder.array(4).unwrap().str("Signature1").unwrap().bytes(&self.protected).unwrap();
            encoder.bytes(&[]).unwrap().bytes(payload).unwrap();
        })
    }

    pub(crate) fn sign_by_leaf(&self, message: &[u8]) -> Signature {
        sign(self.signer.as_ref().unwrap_or(&self.chain.last().unwrap().key), message)
    }

    pub(crate) fn signature(&self, payload: &[u8]) -> Signature {
        self.sign_by_leaf(&self.to_sign(payload))
    }

    pub(crate) fn wrap(&self, payload: &[u8], signature: &[u8]) -> Vec<u8> {
        [
            self.tag.clone(),
            self.envelope.clone(),
            cbor_bytes(&self.protected),
            self.unprotected.clone(),
            cbor_bytes(payload),
            cbor_bytes(signature),
            self.trailing.clone(),
        ]
        .concat()
    }

    pub(crate) fn build(&self) -> Vec<u8> {
        let payload = self.payload();
        self.wrap(&payload, &self.signature(&payload).to_bytes())
    }
}
