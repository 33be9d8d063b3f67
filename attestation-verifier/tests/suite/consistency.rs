//! A document that contradicts itself.

use attestation_verifier::{AuthenticateError as E, ChainError};

use crate::case::{Case, check, refused};
use crate::kit::der::name;
use crate::kit::{MODULE_ID, cbor_pcrs, cbor_text, pcrs};

pub(crate) fn cases() -> Vec<Case> {
    vec![
        refused(
            "another enclave of the instance",
            |kit| kit.set("module_id", cbor_text("i-0123456789abcdef0-enc1")),
            E::ModuleId,
        ),
        refused("a part of the module id", |kit| kit.set("module_id", cbor_text(&MODULE_ID[..38])), E::ModuleId),
        refused("a leaf of another module", |kit| kit.chain[4].subject = name("i-0-enc0.kit-1.aws"), E::ModuleId),
        refused("a leaf without region", |kit| kit.chain[4].subject = name(&format!("{MODULE_ID}.aws")), E::ModuleId),
        refused("a leaf with an empty region", |kit| kit.chain[4].subject = name(&format!("{MODULE_ID}..aws")), E::ModuleId),
        refused("a leaf with two regions", |kit| kit.chain[4].subject = name(&format!("{MODULE_ID}.a.b.aws")), E::ModuleId),
        refused("a leaf of no enclave", |kit| kit.chain[4].subject = name(MODULE_ID), E::ModuleId),
        refused("a leaf of another suffix", |kit| kit.chain[4].subject = name(&format!("{MODULE_ID}.kit-1.gcp")), E::ModuleId),
        refused(
            "another PCR4",
            |kit| {
                let mut all = pcrs();
                all[4].1[47] ^= 1;
                kit.set("pcrs", cbor_pcrs(&all));
            },
            E::Instance,
        ),
        refused(
            "a PCR4 of zeros",
            |kit| {
                let mut all = pcrs();
                all[4].1 = vec![0; 48];
                kit.set("pcrs", cbor_pcrs(&all));
            },
            E::Instance,
        ),
        refused("a certificate for the module id", |kit| kit.set("module_id", cbor_text("kit-nitro")), E::ModuleId),
        refused("an unnamed leaf", |kit| kit.chain[4].issuer = Some(name("nobody")), ChainError::Issuer { index: 4 }),
    ]
}

#[test]
fn t5_refuses_a_document_that_contradicts_itself() {
    check(cases());
}
