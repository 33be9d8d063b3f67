//! The bytes of a document, as the security module has written them since 2025.

use aws_lc_rs::rand::SystemRandom;
use minicbor::Encoder;

use super::ca::Identity;

/// {1: -35}
const PROTECTED: &[u8] = &[0xa1, 0x01, 0x38, 0x22];

pub(super) struct Statement<'a> {
    pub(super) module_id: &'a str,
    pub(super) timestamp_ms: u64,
    pub(super) pcrs: Vec<(u16, [u8; 48])>,
    pub(super) public_key: &'a [u8],
    pub(super) user_data: &'a [u8],
    pub(super) nonce: &'a [u8],
}

impl Statement<'_> {
    /// `COSE_Sign1` without a tag: [protected, {}, payload, r || s].
    pub(super) fn sign(&self, identity: &Identity) -> anyhow::Result<Vec<u8>> {
        let payload = self.payload(identity)?;
        let mut signed = Encoder::new(Vec::new());
        signed.array(4)?.str("Signature1")?.bytes(PROTECTED)?.bytes(&[])?.bytes(&payload)?;
        let signature = identity.key.sign(&SystemRandom::new(), &signed.into_writer())?;
        let mut document = Encoder::new(Vec::new());
        document.array(4)?.bytes(PROTECTED)?.map(0)?.bytes(&payload)?.bytes(signature.as_ref())?;
        Ok(document.into_writer())
    }

    /// A map of indefinite length, keys in AWS's order, null for what is not set.
    fn payload(&self, identity: &Identity) -> anyhow::Result<Vec<u8>> {
        let Self { module_id, timestamp_ms, pcrs, public_key, user_data, nonce } = self;
        let mut payload = Encoder::new(Vec::new());
        payload.begin_map()?;
        payload.str("module_id")?.str(module_id)?;
        payload.str("digest")?.str("SHA384")?;
        payload.str("timestamp")?.u64(*timestamp_ms)?;
        payload.str("pcrs")?.map(pcrs.len().try_into()?)?;
        for (index, value) in pcrs {
            payload.u16(*index)?.bytes(value)?;
        }
        payload.str("certificate")?.bytes(&identity.certificate)?;
        payload.str("cabundle")?.array(identity.authorities.len().try_into()?)?;
        for authority in &identity.authorities {
            payload.bytes(authority)?;
        }
        for (key, value) in [("public_key", public_key), ("user_data", user_data), ("nonce", nonce)] {
            payload.str(key)?;
            if value.is_empty() {
                payload.null()?;
            } else {
                payload.bytes(value)?;
            }
        }
        payload.end()?;
        Ok(payload.into_writer())
    }
}
