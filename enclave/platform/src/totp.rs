//! Time-based one-time passwords (RFC 6238), for merchant logins. The seed is a [`Secret`]; what comes out is one code of one time step.

use core::fmt;

use credential::{Secret, SecretError};
use zeroize::Zeroizing;

use crate::request::decode;
use crate::sign::crypto::Algorithm;

/// How codes are made, and from what.
pub struct Totp {
    seed: Secret,
    algorithm: Algorithm,
    digits: u32,
    period_s: u64,
}

/// Why a text is no seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TotpError {
    /// Neither base32 nor an `otpauth://totp/` address with a secret in base32.
    #[error("seed is not base32")]
    Base32,
    /// The address is not one of a time-based password, or has a parameter twice.
    #[error("not the address of a time-based password")]
    Uri,
    /// None of SHA1, SHA256 and SHA512.
    #[error("algorithm is not sha1, sha256 or sha512")]
    Algorithm,
    /// Not 6 to 8.
    #[error("codes have 6 to 8 digits")]
    Digits,
    /// Not 15 to 120 seconds.
    #[error("period is 15 to 120 seconds")]
    Period,
    /// See [`SecretError`].
    #[error(transparent)]
    Seed(#[from] SecretError),
}

impl Totp {
    /// What a person copies from a platform: the seed alone (SHA-1, 6 digits, 30 seconds), or an `otpauth://` address.
    ///
    /// # Errors
    /// See [`TotpError`].
    pub fn parse(text: &str) -> Result<Self, TotpError> {
        let Some(address) = text.trim().strip_prefix("otpauth://") else {
            return Self::new(text, Algorithm::HmacSha1, 6, 30);
        };
        let (label, query) = address.strip_prefix("totp/").and_then(|rest| rest.split_once('?')).ok_or(TotpError::Uri)?;
        if label.is_empty() {
            return Err(TotpError::Uri);
        }
        let mut names: Vec<&str> = Vec::new();
        let (mut seed, mut algorithm, mut digits, mut period) = (None, Algorithm::HmacSha1, 6, 30);
        for pair in query.split('&') {
            let (name, value) = pair.split_once('=').ok_or(TotpError::Uri)?;
            if names.contains(&name) {
                return Err(TotpError::Uri);
            }
            names.push(name);
            let value = Zeroizing::new(decode(value).ok_or(TotpError::Uri)?);
            match name {
                "secret" => seed = Some(value),
                "algorithm" => {
                    algorithm = match value.to_ascii_uppercase().as_str() {
                        "SHA1" => Algorithm::HmacSha1,
                        "SHA256" => Algorithm::HmacSha256,
                        "SHA512" => Algorithm::HmacSha512,
                        _ => return Err(TotpError::Algorithm),
                    }
                }
                "digits" => digits = value.parse().map_err(|_| TotpError::Digits)?,
                "period" => period = value.parse().map_err(|_| TotpError::Period)?,
                // `issuer`, `image` and whatever else names it for a person.
                _ => {}
            }
        }
        Self::new(&seed.ok_or(TotpError::Base32)?, algorithm, digits, period)
    }

    fn new(seed: &str, algorithm: Algorithm, digits: u32, period_s: u64) -> Result<Self, TotpError> {
        if !(6..=8).contains(&digits) {
            return Err(TotpError::Digits);
        }
        if !(15..=120).contains(&period_s) {
            return Err(TotpError::Period);
        }
        let seed = Secret::new(&base32(seed).ok_or(TotpError::Base32)?)?;
        Ok(Self { seed, algorithm, digits, period_s })
    }

    /// The number of the time step: at most one code of it goes to a recipient.
    #[must_use]
    pub fn step(&self, now_s: u64) -> u64 {
        now_s.checked_div(self.period_s).unwrap_or_default()
    }

    /// Seconds for which the code of now stays good.
    #[must_use]
    pub fn remaining_s(&self, now_s: u64) -> u64 {
        self.period_s.saturating_sub(now_s.checked_rem(self.period_s).unwrap_or_default())
    }

    /// The code of a moment (RFC 4226 section 5.3).
    #[must_use]
    pub fn code(&self, now_s: u64) -> Zeroizing<String> {
        let message = self.step(now_s).to_be_bytes();
        let code = Zeroizing::new(self.seed.with_secret(|seed| self.algorithm.code(seed, &message)));
        let offset = usize::from(code.last().copied().unwrap_or_default() & 0x0f);
        let number = code
            .get(offset..)
            .and_then(|rest| rest.first_chunk::<4>())
            .map_or(0, |bytes| u32::from_be_bytes(*bytes) & 0x7fff_ffff);
        let number = number.checked_rem(10_u32.saturating_pow(self.digits)).unwrap_or_default();
        let width = usize::try_from(self.digits).unwrap_or_default();
        Zeroizing::new(format!("{number:0width$}"))
    }
}

impl fmt::Debug for Totp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Totp(..)")
    }
}

/// RFC 4648 section 6, as people copy it: in either case, with spaces or hyphens between groups, padded or not. Left-over bits are
/// dropped, as every authenticator does.
fn base32(text: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let (mut bits, mut held) = (0_u16, 0_u32);
    for letter in text.trim().trim_end_matches('=').bytes() {
        let value = match letter.to_ascii_uppercase() {
            upper @ b'A'..=b'Z' => upper.saturating_sub(b'A'),
            digit @ b'2'..=b'7' => digit.saturating_sub(b'2').saturating_add(26),
            b' ' | b'-' => continue,
            _ => return None,
        };
        bits = bits << 5 & 0x0fff | u16::from(value);
        held = held.saturating_add(5);
        if let Some(rest) = held.checked_sub(8) {
            out.push(u8::try_from(bits >> rest & 0xff).ok()?);
            held = rest;
        }
    }
    (!out.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_the_address_of_an_authenticator() {
        let totp =
            Totp::parse("otpauth://totp/Shop:me%40x.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Shop&digits=8").unwrap();
        assert_eq!(totp.code(59).as_str(), "94287082");
        assert_eq!((totp.step(59), totp.remaining_s(59), totp.remaining_s(60)), (1, 1, 30));
        let spaced = Totp::parse("gezd gnbv gy3t qojq gezd gnbv gy3t qojq").unwrap();
        assert_eq!(spaced.code(59).as_str(), "287082");
    }

    #[test]
    fn refuses_what_is_no_seed() {
        let error = |text: &str| Totp::parse(text).unwrap_err();
        assert_eq!(error(""), TotpError::Base32);
        assert_eq!(error("GEZDGNBVGY3TQOJ1"), TotpError::Base32);
        assert_eq!(error("GEZDGNBV"), TotpError::Seed(SecretError::TooShort));
        assert_eq!(error("otpauth://hotp/a?secret=GEZDGNBVGY3TQOJQ"), TotpError::Uri);
        assert_eq!(error("otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ&secret=GEZDGNBVGY3TQOJQ"), TotpError::Uri);
        assert_eq!(error("otpauth://totp/a?issuer=x"), TotpError::Base32);
        assert_eq!(error("otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ&algorithm=MD5"), TotpError::Algorithm);
        assert_eq!(error("otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ&digits=5"), TotpError::Digits);
        assert_eq!(error("otpauth://totp/a?secret=GEZDGNBVGY3TQOJQ&period=0"), TotpError::Period);
    }

    #[test]
    fn t52_debug_shows_the_type_only() {
        assert_eq!(format!("{:?}", Totp::parse("GEZDGNBVGY3TQOJQ").unwrap()), "Totp(..)");
    }

    proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,64}", address in "otpauth://totp/a\\?[a-z=&0-9A-Z%]{0,64}", now in any::<u64>()) {
            for text in [text, address] {
                if let Ok(totp) = Totp::parse(&text) {
                    prop_assert!((6..=8).contains(&totp.code(now).len()));
                }
            }
        }
    }
}
