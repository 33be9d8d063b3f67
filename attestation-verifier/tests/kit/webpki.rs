//! The second opinion on a chain.

use rustls_pki_types::{CertificateDer, UnixTime};

/// What rustls-webpki, which is widely reviewed, says about a chain.
pub(crate) fn accepts(certificates: &[Vec<u8>], time: u64) -> bool {
    let all: Vec<_> = certificates.iter().map(|der| CertificateDer::from(der.as_slice())).collect();
    let (leaf, authorities) = all.split_last().unwrap();
    let (root, between) = authorities.split_first().unwrap();
    let Ok(anchor) = webpki::anchor_from_trusted_cert(root) else { return false };
    let Ok(leaf) = webpki::EndEntityCert::try_from(leaf) else { return false };
    leaf.verify_for_usage(
        &[webpki::aws_lc_rs::ECDSA_P384_SHA384],
        &[anchor],
        between,
        UnixTime::since_unix_epoch(core::time::Duration::from_secs(time)),
        webpki::KeyUsage::client_auth(),
        None,
        None,
    )
    .is_ok()
}
