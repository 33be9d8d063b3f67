//! From the root to the key that signed the document.

use sha2::{Digest, Sha256};

use crate::anchor::TrustAnchor;
use crate::cache::{ChainCache, Link};
use crate::certificate::{Certificate, CertificateError};
use crate::extensions::{KeyUsage, Role};
use crate::rule::Rule;
use crate::signature::{BadSignature, verify_der};
use crate::time::UnixSeconds;

/// A chain that leads from the trust anchor to the document's certificate, all of it valid at the time asked for.
/// Made by [`crate::UnverifiedDocument::certify`] alone.
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
    /// Authority or not.
    pub role: Role,
    /// What the key may sign.
    pub usage: KeyUsage,
    /// SHA-256 of the DER certificate.
    pub sha256: [u8; 32],
}

impl CertificateSummary {
    /// Reads a certificate for a report on a document that is not authentic. Whoever made up the document chose it.
    ///
    /// # Errors
    /// [`CertificateError`], by the first rule that is broken.
    pub fn danger_read(der: &[u8]) -> Result<Self, CertificateError> {
        Certificate::read(der).map(|certificate| summary(der, &certificate))
    }
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
    /// A certificate above the leaf may not sign certificates.
    #[error("the key usage of certificate {index} does not let it sign certificates")]
    KeyUsage {
        /// Position.
        index: usize,
    },
    /// The leaf is an authority.
    #[error("the document's certificate is an authority")]
    LeafIsAnAuthority,
    /// The leaf may not sign documents, or may sign certificates.
    #[error("the document's certificate may not sign documents, or may sign certificates")]
    LeafKeyUsage,
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

impl ChainError {
    /// The rule that is broken.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::WrongRoot => Rule("C1"),
            Self::Certificate { error, .. } => error.rule(),
            Self::NotAnAuthority { .. } => Rule("C2"),
            Self::PathLength { .. } => Rule("C3"),
            Self::KeyUsage { .. } => Rule("C4"),
            Self::LeafIsAnAuthority => Rule("C5"),
            Self::LeafKeyUsage => Rule("C6"),
            Self::NotYetValid { .. } => Rule("C7"),
            Self::Expired { .. } => Rule("C8"),
            Self::Issuer { .. } => Rule("C9"),
            Self::SelfIssued { .. } => Rule("C10"),
            Self::Signature { .. } => Rule("C11"),
        }
    }
}

/// A chain that keeps all rules but the last: no signature in it has been checked.
pub(crate) struct UnsignedChain<'a> {
    /// DER and what was read in it, root first and the leaf last.
    certificates: Vec<(&'a [u8], Certificate<'a>)>,
}

impl<'a> UnsignedChain<'a> {
    /// The chain is `authorities`, root first, then `leaf`.
    pub(crate) fn read(
        authorities: &[&'a [u8]],
        leaf: &'a [u8],
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
                check_leaf(certificate)?;
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
        let chain = Self { certificates };
        for (index, issuer, certificate) in chain.links() {
            if certificate.issuer != issuer.subject {
                return Err(ChainError::Issuer { index });
            }
            if certificate.issuer == certificate.subject {
                return Err(ChainError::SelfIssued { index });
            }
        }
        Ok(chain)
    }

    /// Checks every signature, from the root down.
    pub(crate) fn verify(self) -> Result<AuthenticChain, ChainError> {
        for (index, issuer, certificate) in self.links() {
            verify_link(index, issuer, certificate)?;
        }
        self.authentic()
    }

    /// As [`Self::verify`], but leaves out the arithmetic for what `cache` has seen to verify. It learns from a chain that is
    /// authentic as a whole, and from no other.
    pub(crate) fn verify_with(self, cache: &mut ChainCache) -> Result<AuthenticChain, ChainError> {
        let mut links = Vec::with_capacity(self.certificates.len());
        for (index, issuer, certificate) in self.links() {
            let link = Link::new(issuer.key, certificate.signed, certificate.signature);
            if !cache.knows(&link) {
                verify_link(index, issuer, certificate)?;
            }
            links.push(link);
        }
        cache.learn(links);
        self.authentic()
    }

    /// Each certificate below the root, its position and its issuer.
    fn links(&self) -> impl Iterator<Item = (usize, &Certificate<'a>, &Certificate<'a>)> {
        let issuers = self.certificates.iter();
        let issued = self.certificates.iter().enumerate().skip(1);
        issuers.zip(issued).map(|((_, issuer), (index, (_, certificate)))| (index, issuer, certificate))
    }

    fn authentic(self) -> Result<AuthenticChain, ChainError> {
        let (_, last) = self.certificates.last().ok_or(ChainError::WrongRoot)?;
        Ok(AuthenticChain {
            leaf_name: last.common_name.to_owned(),
            key: *last.key,
            certificates: self.certificates.iter().map(|(der, certificate)| summary(der, certificate)).collect(),
        })
    }
}

fn verify_link(index: usize, issuer: &Certificate<'_>, certificate: &Certificate<'_>) -> Result<(), ChainError> {
    verify_der(issuer.key, certificate.signed, certificate.signature).map_err(|BadSignature| ChainError::Signature { index })
}

impl AuthenticChain {
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
    if !certificate.extensions.usage.key_cert_sign {
        return Err(ChainError::KeyUsage { index });
    }
    Ok(())
}

fn check_leaf(certificate: &Certificate<'_>) -> Result<(), ChainError> {
    if certificate.extensions.role != Role::EndEntity {
        return Err(ChainError::LeafIsAnAuthority);
    }
    let KeyUsage { digital_signature, key_cert_sign } = certificate.extensions.usage;
    if !digital_signature || key_cert_sign {
        return Err(ChainError::LeafKeyUsage);
    }
    Ok(())
}

fn summary(der: &[u8], certificate: &Certificate<'_>) -> CertificateSummary {
    CertificateSummary {
        common_name: certificate.common_name.to_owned(),
        serial: certificate.serial.to_vec(),
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        role: certificate.extensions.role,
        usage: certificate.extensions.usage,
        sha256: Sha256::digest(der).into(),
    }
}
