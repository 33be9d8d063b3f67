//! Mechanism C and its two standard siblings: what a platform wants signed, in typed pieces that the preset names.

pub(crate) mod crypto;
mod http_signature;
mod oauth1;
pub(crate) mod payload;
mod shein;
#[cfg(test)]
mod vectors;

pub use shein::{UnwrapError, unwrap_secret_key};

pub(crate) use http_signature::{Component, HttpSignature, is_ed25519};
pub(crate) use oauth1::{Carrier, Oauth1};
pub(crate) use payload::{Encoding, Payload};

use crate::materials::Context;
use crate::request::condition::Condition;
use crate::request::place::Place;
use crate::request::put::Put;
use crate::request::{Draft, PrepareError};

/// Signs a request that is complete but for the signature.
#[derive(Debug)]
pub(crate) struct Signer {
    pub(crate) when: Condition,
    pub(crate) scheme: Scheme,
}

/// How.
#[derive(Debug)]
pub(crate) enum Scheme {
    /// A code over a payload, put where the template says.
    Template { payload: Payload, put: Put },
    /// RFC 9421.
    HttpSignature(HttpSignature),
    /// RFC 5849.
    Oauth1(Oauth1),
}

impl Signer {
    /// Signs, and puts the signature in its place.
    pub(crate) fn sign(&self, draft: &mut Draft, context: &mut Context<'_>) -> Result<(), PrepareError> {
        match &self.scheme {
            Scheme::Template { payload, put } => {
                context.signature = payload.signature(draft, context)?;
                draft.derived.push(context.signature.clone());
                put.apply(draft, context).map(drop)
            }
            Scheme::HttpSignature(scheme) => scheme.sign(draft, context),
            Scheme::Oauth1(scheme) => scheme.sign(draft, context),
        }
    }

    /// In a line.
    pub(crate) fn describe(&self) -> String {
        match &self.scheme {
            Scheme::Template { payload, put } => format!("{}: {:?} in {:?}", put.place, payload.algorithm, payload.encoding),
            Scheme::HttpSignature(_) => "RFC 9421 signature with Ed25519".to_owned(),
            Scheme::Oauth1(scheme) => format!("OAuth 1.0a, {:?}", scheme.algorithm),
        }
    }

    /// Where the signature goes: no caller's value stands there.
    pub(crate) fn places(&self) -> Vec<&Place> {
        match &self.scheme {
            Scheme::Template { put, .. } => vec![&put.place],
            Scheme::HttpSignature(_) => HttpSignature::places(),
            Scheme::Oauth1(scheme) => scheme.places(),
        }
    }
}
