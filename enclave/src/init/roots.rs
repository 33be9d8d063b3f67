//! Whose certificates platforms may show: the measured image's list, and nothing that a machine or a host has.

use std::io;
use std::path::Path;

use rustls::RootCertStore;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;

/// The measured list: certificates in PEM.
pub(super) const LISTED: &str = "/data/roots.pem";

/// Reads the list.
///
/// # Errors
/// When it is missing, empty, or holds something else than certificates that can be trusted.
pub(super) fn read(listed: &Path) -> io::Result<RootCertStore> {
    let refused = || io::Error::from(io::ErrorKind::InvalidData);
    let pem = std::fs::read(listed)?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        roots.add(certificate.map_err(|_| refused())?).map_err(|_| refused())?;
    }
    if roots.is_empty() { Err(refused()) } else { Ok(roots) }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use base64::Engine;
    use webpki_root_certs::TLS_SERVER_ROOT_CERTS;

    use super::*;

    /// What the image's second ramdisk has.
    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../eif-build/image/data/roots.pem");

    fn pem(certificates: &[CertificateDer<'_>]) -> String {
        certificates.iter().fold(String::new(), |mut pem, certificate| {
            let text = base64::engine::general_purpose::STANDARD.encode(certificate);
            let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
            let _ = writeln!(pem, "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----", lines.join("\n"));
            pem
        })
    }

    /// Mozilla's, without those that it trusts for some names only: a certificate can't say so of itself.
    fn mozillas() -> Vec<CertificateDer<'static>> {
        let unlimited = |certificate: &CertificateDer<'static>| {
            let mut store = RootCertStore::empty();
            store.add(certificate.clone()).unwrap();
            webpki_roots::TLS_SERVER_ROOTS.contains(&store.roots[0])
        };
        TLS_SERVER_ROOT_CERTS.iter().filter(|certificate| unlimited(certificate)).cloned().collect()
    }

    #[test]
    fn the_images_roots_are_mozillas() {
        let expected = mozillas();
        assert!(expected.len() > 100);
        if std::env::var_os("WRITE_ROOTS").is_some() {
            std::fs::write(FILE, pem(&expected)).unwrap();
        }
        assert_eq!(std::fs::read_to_string(FILE).unwrap(), pem(&expected));
        assert_eq!(read(Path::new(FILE)).unwrap().len(), expected.len());
    }

    #[test]
    fn refuses_a_list_that_is_missing_empty_or_not_all_certificates() {
        let folder = tempfile::tempdir().unwrap();
        let listed = folder.path().join("roots.pem");
        read(&listed).unwrap_err();
        let good = pem(&TLS_SERVER_ROOT_CERTS[..1]);
        let other = pem(&[CertificateDer::from_slice(b"no certificate")]);
        for bad in [
            String::new(),
            "nothing here\n".to_owned(),
            format!("{good}{other}"),
            format!("{good}-----BEGIN CERTIFICATE-----\n!\n"),
        ] {
            std::fs::write(&listed, &bad).unwrap();
            read(&listed).unwrap_err();
        }
        std::fs::write(&listed, &good).unwrap();
        assert_eq!(read(&listed).unwrap().len(), 1);
    }
}
