//! The root certificate that everything hangs on.

use core::fmt;
use std::borrow::Cow;

use sha2::{Digest, Sha256};

use crate::certificate::{Certificate, CertificateError};
use crate::extensions::Role;
use crate::rule::Rule;

/// "AWS Nitro Enclaves Root G1", from <https://aws-nitro-enclaves.amazonaws.com/AWS_NitroEnclaves_Root-G1.zip>.
static AWS_NITRO_ENCLAVES_G1: &[u8] = include_bytes!("aws-nitro-enclaves-root-g1.der");

/// The root certificate that a document's chain must start with, byte for byte.
#[derive(Clone, PartialEq, Eq)]
pub struct TrustAnchor(Cow<'static, [u8]>);

/// Why a certificate can't be a root.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrustAnchorError {
    /// It is no certificate of the kind that Nitro uses.
    #[error("not a certificate of the kind that Nitro uses: {0}")]
    Certificate(#[from] CertificateError),
    /// It is not its own issuer, or may not sign certificates.
    #[error("not a root certificate")]
    NotARoot,
}

impl TrustAnchorError {
    /// The rule that is broken.
    #[must_use]
    pub const fn rule(self) -> Rule {
        match self {
            Self::Certificate(error) => error.rule(),
            Self::NotARoot => Rule("R1"),
        }
    }
}

impl TrustAnchor {
    /// AWS's root of all enclaves, compiled in.
    #[must_use]
    pub const fn aws_nitro_enclaves_g1() -> Self {
        Self(Cow::Borrowed(AWS_NITRO_ENCLAVES_G1))
    }

    /// Another root, in DER: whoever holds its key makes documents that pass. For development networks.
    ///
    /// # Errors
    /// [`TrustAnchorError`] when `der` is no root certificate.
    pub fn custom(der: &[u8]) -> Result<Self, TrustAnchorError> {
        let certificate = Certificate::read(der)?;
        let authority = matches!(certificate.extensions.role, Role::Authority { .. });
        if certificate.subject != certificate.issuer || !authority || !certificate.extensions.usage.key_cert_sign {
            return Err(TrustAnchorError::NotARoot);
        }
        Ok(Self(Cow::Owned(der.to_vec())))
    }

    /// Whether this is AWS's root, however it was made. What trusts another one says so to its user.
    #[must_use]
    pub fn is_aws(&self) -> bool {
        self.der() == AWS_NITRO_ENCLAVES_G1
    }

    /// The certificate.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0
    }

    /// SHA-256 of the certificate.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        Sha256::digest(self.der()).into()
    }
}

impl fmt::Debug for TrustAnchor {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(if self.is_aws() { "TrustAnchor(AWS G1)" } else { "TrustAnchor(custom)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// <https://docs.aws.amazon.com/enclaves/latest/user/verify-root.html>
    #[test]
    fn compiled_in_root_has_the_published_fingerprint() {
        assert_eq!(
            hex::encode_upper(TrustAnchor::aws_nitro_enclaves_g1().fingerprint()),
            "641A0321A3E244EFE456463195D606317ED7CDCC3C1756E09893F3C68F79BB5B"
        );
    }

    #[test]
    fn compiled_in_root_passes_the_rules_for_a_custom_one() {
        let anchor = TrustAnchor::aws_nitro_enclaves_g1();
        assert_eq!(TrustAnchor::custom(anchor.der()), Ok(anchor));
    }

    #[test]
    fn refuses_what_is_no_certificate() {
        assert_eq!(TrustAnchor::custom(b""), Err(TrustAnchorError::Certificate(CertificateError::Der)));
    }
}
