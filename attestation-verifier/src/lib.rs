//! Decides whether a Nitro attestation document proves an expected image.
//!
//! ```text
//! bytes --parse--> UnverifiedDocument --certify--> CertifiedDocument --authenticate--> AuthenticDocument --appraise--> VerifiedDocument
//! ```
//!
//! [`authenticate`] says that AWS's hypervisor (or whoever owns the [`TrustAnchor`]) made the statement, at a time that
//! the caller names. [`appraise`] says that the statement is the one the caller expects: image, nonce, age. Only a
//! [`VerifiedDocument`] may be acted on; an auditor who has nothing to compare with stops at [`AuthenticDocument`]. [`verify`] is
//! all of it in one call.
//!
//! `SPEC.md` has every rule with its number, its source and its error, and each error tells the [`Rule`] that it stands for.
//!
//! Rules beyond AWS's "Verifying the root of trust", each measured on real documents:
//! one envelope form in shortest encoding, so that nothing outside the signature is free to write; module id, leaf
//! certificate and PCR4 must name the same instance; a document in debug mode (PCR0, PCR1, PCR2 all zero) is never
//! verified; a `NitroTPM` document is no enclave's. A high `s` is normal in AWS's signatures and accepted, so a document is
//! identified by [`VerifiedDocument::payload_digest`] and never by its bytes.
//!
//! Out of scope: fetching, clocks and revocation lists. Bytes and time are arguments; AWS's own text says to leave the
//! revocation lists out, and a leaf lives three hours.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::arithmetic_side_effects,
        clippy::as_conversions
    )
)]

mod anchor;
mod appraise;
mod authenticate;
mod cache;
mod cbor;
mod certificate;
mod chain;
mod contents;
mod debug;
mod der;
mod difference;
mod document;
mod expectations;
mod extensions;
#[cfg(feature = "release")]
pub mod json;
mod payload;
mod pcrs;
#[cfg(feature = "release")]
mod release;
mod rule;
mod signature;
mod time;

pub use anchor::{TrustAnchor, TrustAnchorError};
pub use appraise::{VerifiedDocument, VerifyError, appraise, verify, verify_with};
pub use authenticate::{AuthenticDocument, AuthenticateError, CertifiedDocument, authenticate, authenticate_with};
pub use cache::ChainCache;
pub use certificate::CertificateError;
pub use chain::{AuthenticChain, CertificateSummary, ChainError};
pub use debug::{DebugDocument, DebugMode, danger_appraise_debug};
pub use difference::{Appraisal, Difference, Subject};
pub use document::{Encoding, MAX_DOCUMENT, UnverifiedDocument};
pub use expectations::{Expectations, Expected, FUTURE_SKEW_SECONDS};
pub use extensions::{KeyUsage, Role};
pub use payload::{DocumentError, Field, UnverifiedContents};
pub use pcrs::{Image, Measurement, Pcrs, ZeroMeasurement, debug_mode, extended_once};
#[cfg(feature = "release")]
pub use release::{MAX_RELEASE, RELEASE_FORMAT, Release, ReleaseError};
pub use rule::Rule;
pub use time::UnixSeconds;
