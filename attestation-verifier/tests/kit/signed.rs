//! Whatever one likes, signed: for what looks at the rules behind the signatures.

use super::{Certificate, Kit, cbor_bundle, cbor_bytes};

/// Stands for the certificate in a template.
const LEAF: &[u8] = b"\x44leaf";
/// Stands for the bundle in a template.
const ROOT: &[u8] = b"\x44root";

/// The kit's certificates, signed once.
pub(crate) struct Signed {
    /// DER, root first, leaf last.
    pub(crate) certificates: Vec<Vec<u8>>,
    template: Vec<u8>,
}

impl Signed {
    pub(crate) fn new(kit: &Kit) -> Self {
        Self { certificates: kit.certificates(), template: template(kit) }
    }

    /// A payload with another certificate at `index`: `to_be_signed`, and the rest as `certificate` says.
    pub(crate) fn with_certificate(&self, kit: &Kit, index: usize, certificate: &Certificate, to_be_signed: &[u8]) -> Vec<u8> {
        let mut certificates = self.certificates.clone();
        certificates[index] = certificate.seal(to_be_signed, &kit.chain[index - 1]);
        fill(&self.template, &certificates)
    }
}

/// The kit's payload with marks in the place of its certificates.
pub(crate) fn template(kit: &Kit) -> Vec<u8> {
    let mut kit = kit.clone();
    kit.set("certificate", LEAF.to_vec());
    kit.set("cabundle", ROOT.to_vec());
    kit.payload()
}

/// A template with these certificates, leaf last.
pub(crate) fn fill(template: &[u8], certificates: &[Vec<u8>]) -> Vec<u8> {
    let (leaf, authorities) = certificates.split_last().unwrap();
    let mut payload = Vec::with_capacity(template.len() + 8192);
    let mut rest = template;
    while let Some(first) = rest.first() {
        if let Some(after) = rest.strip_prefix(LEAF) {
            payload.extend(cbor_bytes(leaf));
            rest = after;
        } else if let Some(after) = rest.strip_prefix(ROOT) {
            payload.extend(cbor_bundle(authorities));
            rest = after;
        } else {
            payload.push(*first);
            rest = &rest[1..];
        }
    }
    payload
}
