//! From the root to the key that signed the document.

use sha2::{Digest, Sha256};

use crate::anchor::TrustAnchor;
use crate::certificate::{Certificate, CertificateError};
use crate::extensions::Role;
use crate::signature::{BadSignature, verify_der};
use crate::time::UnixSeconds;

/// A chain that leads from the trust anchor to the document's certificate, all of it valid at the time asked for.
/// Made by [`crate::authenticate`] alone.
///
/// ```compile_fail
/// let chain = attestation_verifier::AuthenticChain { certificates: Vec::new(), key: [0; 97] };
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticChain {
    certificates: Vec<CertificateSummary>,
    leaf_name: String,
    key: [u8; 97],
}

/// One certificate of an authentic chain, for a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateSummary {
    /// Subject common name, printable ASCII.
    pub common_name: String,
    /// Serial number, big endian.
    pub serial: Vec<u8>,
    /// First second of validity.
    pub not_before: UnixSeconds,
    /// Last second of validity.
    pub not_after: UnixSeconds,
    /// SHA-256 of the DER certificate.
    pub sha256: [u8; 32],
}

/// Why a chain was refused. `index` counts from the root, which is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChainError {
    /// The first certificate is not the trust anchor, byte for byte.
    #[error("the chain does not start with the trust anchor")]
    WrongRoot,
    /// A certificate is none of the kind that Nitro uses.
    #[error("certificate {index}: {error}")]
    Certificate {
        /// Position.
        index: usize,
        /// What is wrong with it.
        error: CertificateError,
    },
    /// The issuer is not the certificate before.
    #[error("certificate {index} was not issued by the one before")]
    Issuer {
        /// Position.
        index: usize,
    },
    /// The certificate names itself as issuer, and is not the root.
    #[error("certificate {index} issued itself")]
    SelfIssued {
        /// Position.
        index: usize,
    },
    /// A certificate above the leaf is not an authority.
    #[error("certificate {index} is not an authority")]
    NotAnAuthority {
        /// Position.
        index: usize,
    },
    /// More authorities follow than `pathLenConstraint` allows.
    #[error("more authorities follow certificate {index} than it allows")]
    PathLength {
        /// Position.
        index: usize,
    },
    /// The certificate's key may not sign what it signed.
    #[error("the key usage of certificate {index} does not cover what it signed")]
    KeyUsage {
        /// Position.
        index: usize,
    },
    /// The leaf is an authority.
    #[error("the document's certificate is an authority")]
    LeafIsAnAuthority,
    /// The certificate is not valid yet.
    #[error("certificate {index} is not valid yet")]
    NotYetValid {
        /// Position.
        index: usize,
    },
    /// The certificate is not valid any more.
    #[error("certificate {index} has expired")]
    Expired {
        /// Position.
        index: usize,
    },
    /// The signature does not verify under the key before.
    #[error("the signature of certificate {index} does not verify")]
    Signature {
        /// Position.
        index: usize,
    },
}

impl AuthenticChain {
    /// The chain is `authorities`, root first, then `leaf`. Cheap rules come first, signatures last and from the root down.
    pub(crate) fn authenticate(
        authorities: &[&[u8]],
        leaf: &[u8],
        anchor: &TrustAnchor,
        time: UnixSeconds,
    ) -> Result<Self, ChainError> {
        if authorities.first().is_none_or(|root| *root != anchor.der()) {
            return Err(ChainError::WrongRoot);
        }
        let mut certificates = Vec::with_capacity(authorities.len().saturating_add(1));
        for (index, der) in authorities.iter().copied().chain([leaf]).enumerate() {
            let certificate = Certificate::read(der).map_err(|error| ChainError::Certificate { index, error })?;
            certificates.push((der, certificate));
        }
        for (index, (_, certificate)) in certificates.iter().enumerate() {
            let following = certificates.len().saturating_sub(index).saturating_sub(1);
            if following == 0 {
                check_leaf(index, certificate)?;
            } else {
                check_authority(index, certificate, following.saturating_sub(1))?;
            }
            if time < certificate.not_before {
                return Err(ChainError::NotYetValid { index });
            }
            if time > certificate.not_after {
                return Err(ChainError::Expired { index });
            }
        }
        let pairs = || certificates.iter().zip(certificates.iter().skip(1)).enumerate();
        for (above, ((_, issuer), (_, certificate))) in pairs() {
            if certificate.issuer != issuer.subject {
                return Err(ChainError::Issuer { index: above.saturating_add(1) });
            }
            if certificate.issuer == certificate.subject {
                return Err(ChainError::SelfIssued { index: above.saturating_add(1) });
            }
        }
        for (above, ((_, issuer), (_, certificate))) in pairs() {
            verify_der(issuer.key, certificate.signed, certificate.signature)
                .map_err(|BadSignature| ChainError::Signature { index: above.saturating_add(1) })?;
        }
        let (_, last) = certificates.last().ok_or(ChainError::WrongRoot)?;
        Ok(Self {
            leaf_name: last.common_name.to_owned(),
            key: *last.key,
            certificates: certificates.iter().map(|(der, certificate)| summary(der, certificate)).collect(),
        })
    }

    /// The certificates, root first and the document's own last.
    #[must_use]
    pub fn certificates(&self) -> &[CertificateSummary] {
        &self.certificates
    }

    /// The document's key, SEC1, uncompressed.
    pub(crate) const fn key(&self) -> &[u8; 97] {
        &self.key
    }

    /// The common name of the document's certificate.
    pub(crate) fn leaf_name(&self) -> &str {
        &self.leaf_name
    }
}

/// `below` authorities stand between this one and the leaf.
fn check_authority(index: usize, certificate: &Certificate<'_>, below: usize) -> Result<(), ChainError> {
    let Role::Authority { path_len } = certificate.extensions.role else {
        return Err(ChainError::NotAnAuthority { index });
    };
    if path_len.is_some_and(|limit| below > usize::from(limit)) {
        return Err(ChainError::PathLength { index });
    }
    if !certificate.extensions.key_cert_sign {
        return Err(ChainError::KeyUsage { index });
    }
    Ok(())
}

fn check_leaf(index: usize, certificate: &Certificate<'_>) -> Result<(), ChainError> {
    if certificate.extensions.role != Role::EndEntity {
        return Err(ChainError::LeafIsAnAuthority);
    }
    if !certificate.extensions.digital_signature || certificate.extensions.key_cert_sign {
        return Err(ChainError::KeyUsage { index });
    }
    Ok(())
}

fn summary(der: &[u8], certificate: &Certificate<'_>) -> CertificateSummary {
    CertificateSummary {
        common_name: certificate.common_name.to_owned(),
        serial: certificate.serial.to_vec(),
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        sha256: Sha256::digest(der).into(),
    }
}
