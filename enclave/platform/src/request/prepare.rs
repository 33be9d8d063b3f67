//! From a caller's request and opened records to what goes out.

use core::fmt;

use credential::Fields;
use protocol::http::Request;
use zeroize::Zeroizing;

use super::place::Place;
use super::put::Put;
use super::selector::Selector;
use super::{Body, Draft};
use crate::materials::Context;
use crate::redact::{Redactor, RedactorError};
use crate::sign::Signer;

/// A request ready to send. It holds secrets, and erases them when dropped.
pub struct Prepared {
    /// What goes out.
    pub request: Request,
    /// Searches the answer for what the request was made of.
    pub redactor: Redactor,
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prepared(..)")
    }
}

/// Why a request is not sent. With records that [`crate::Preset::check_fields`] took, only the request can be the reason, or a token
/// that is yet to be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// Not https, another host than the binding's, or one that the preset does not know.
    #[error("request is not to the binding's host")]
    Host,
    /// A header that a caller may not set, or one set twice.
    #[error("header not allowed")]
    Header,
    /// The caller has put something where the secret, a part of the signature or a platform's token goes.
    #[error("place of the credential is the vault's")]
    AuthSlot,
    /// The caller names another tenant than the binding's.
    #[error("selector is not the binding's")]
    Selector,
    /// A path that the preset does not allow.
    #[error("path not allowed")]
    Path,
    /// A query that decoders read differently.
    #[error("query is not unambiguous")]
    Query,
    /// A body of another type than what has to be put into it or looked for in it.
    #[error("body is not of the type that the platform reads")]
    Body,
    /// A record lacks a value: it was not checked, or a token is yet to be asked for.
    #[error("record lacks a value")]
    Field,
    /// An app where the preset has none, or none where it has.
    #[error("app is not the preset's")]
    App,
    /// Nothing of the record would be in the request.
    #[error("request would carry no credential")]
    NoCredential,
    /// See [`RedactorError`].
    #[error(transparent)]
    Redactor(#[from] RedactorError),
}

impl PrepareError {
    /// Fit for a refusal: short ASCII.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Host => "request.host",
            Self::Header => "request.header",
            Self::AuthSlot => "request.auth_slot",
            Self::Selector => "request.selector",
            Self::Path => "request.path",
            Self::Query => "request.query",
            Self::Body => "request.body",
            Self::Field => "request.field",
            Self::App => "request.app",
            Self::NoCredential => "request.no_credential",
            Self::Redactor(_) => "request.redactor",
        }
    }
}

/// How a preset's requests are completed.
#[derive(Debug, Default)]
pub(crate) struct Recipe {
    /// Headers of answers that are handed back, beside those of every preset.
    pub(crate) returned: Vec<String>,
    pub(crate) selectors: Vec<Selector>,
    /// Places that are the platform's for credentials, though nothing is put there.
    pub(crate) reserved: Vec<Place>,
    pub(crate) put: Vec<Put>,
    /// The first whose condition holds signs.
    pub(crate) sign: Vec<Signer>,
}

impl Recipe {
    /// The caller's request, completed.
    pub(crate) fn prepare(&self, request: &Request, context: &mut Context<'_>) -> Result<Prepared, PrepareError> {
        let mut draft = Draft::of(request, context.materials.host)?;
        self.check(&draft, context)?;
        for selector in &self.selectors {
            selector.put(&mut draft, context)?;
        }
        let draft = self.complete(draft, context)?;
        let redactor = redactor(&draft, context)?.returning(&self.returned);
        Ok(Prepared { request: draft.finish()?, redactor })
    }

    /// Puts in what the records say, and signs.
    pub(crate) fn complete(&self, mut draft: Draft, context: &mut Context<'_>) -> Result<Draft, PrepareError> {
        let mut carries = false;
        for put in self.put.iter().filter(|put| !put.names_signature()) {
            if put.when.holds(context, &draft) {
                carries |= put.apply(&mut draft, context)? && put.names_secret();
            }
        }
        if let Some(signer) = self.sign.iter().find(|signer| signer.when.holds(context, &draft)) {
            signer.sign(&mut draft, context)?;
            carries = true;
        }
        if !carries {
            return Err(PrepareError::NoCredential);
        }
        Ok(draft)
    }

    /// T44 and T70: nothing of the caller's stands where a credential goes, and no tenant is named but the binding's.
    fn check(&self, draft: &Draft, context: &Context<'_>) -> Result<(), PrepareError> {
        let puts = self.put.iter().map(|put| &put.place);
        let mut slots = puts.chain(&self.reserved).chain(self.sign.iter().flat_map(Signer::places));
        if slots.any(|place| !place.values(draft, context).is_empty()) {
            return Err(PrepareError::AuthSlot);
        }
        if matches!(draft.body, Body::Raw(_)) && self.reads_body() {
            return Err(PrepareError::Body);
        }
        self.selectors.iter().try_for_each(|selector| selector.check(draft, context))
    }

    /// Whether a body of an unknown type could hide what is looked for.
    fn reads_body(&self) -> bool {
        let guards = self.selectors.iter().flat_map(|selector| selector.put.iter().chain(&selector.guards));
        let puts = self.put.iter().map(|put| &put.place);
        puts.chain(guards).chain(&self.reserved).any(|place| match place {
            Place::Form(_) | Place::Json(_) => true,
            Place::Header(_) | Place::Query(_) | Place::PathAfter(_) => false,
        })
    }
}

/// Searches for every secret of the records, and for what was made of them.
fn redactor(draft: &Draft, context: &Context<'_>) -> Result<Redactor, RedactorError> {
    let mut secrets: Vec<Zeroizing<Vec<u8>>> = Vec::new();
    for fields in [context.materials.app, Some(context.materials.connection)].into_iter().flatten() {
        secrets.extend(fields.secrets().map(|(_, secret)| secret.with_secret(|secret| Zeroizing::new(secret.to_vec()))));
    }
    secrets.extend(draft.derived.iter().cloned());
    let searched: Vec<&[u8]> = secrets.iter().flat_map(|secret| searched(secret)).collect();
    Redactor::new(context.materials.host, &searched)
}

/// A secret, and what of it is hard to guess: a mark such as `shpat_` says only what it is.
pub(crate) fn searched(secret: &[u8]) -> impl Iterator<Item = &[u8]> {
    let unmarked = secret.iter().position(|byte| *byte == b'_').and_then(|at| secret.get(at.saturating_add(1)..));
    core::iter::once(secret).chain(unmarked.filter(|rest| rest.len() >= 16))
}

/// Names that [`Place`]s of a preset may have.
pub(crate) fn fit_header(name: &str) -> bool {
    const FRAMING: [&str; 16] = [
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "te",
        "trailer",
        "upgrade",
        "keep-alive",
        "proxy-connection",
        "proxy-authorization",
        "accept-encoding",
        "expect",
        "forwarded",
        "via",
        "cookie",
        "content-encoding",
    ];
    let token = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    (1..=64).contains(&name.len())
        && name.bytes().all(token)
        && !FRAMING.contains(&name)
        && !name.starts_with(protocol::http::VAULT_PREFIX)
        && !name.starts_with("x-forwarded-")
}

/// Names that a header of an answer may have to be handed back: none that carries a credential or says what becomes of the body.
pub(crate) fn fit_returned(name: &str) -> bool {
    const KEPT: [&str; 5] = ["set-cookie", "authorization", "www-authenticate", "authentication-info", "refresh"];
    fit_header(name) && !KEPT.contains(&name)
}

/// Whether an app's record is there exactly where the preset has one.
pub(crate) fn app_fits(app: Option<&Fields>, needed: crate::preset::AppUse) -> bool {
    match needed {
        crate::preset::AppUse::Always => app.is_some(),
        crate::preset::AppUse::Optional => true,
        crate::preset::AppUse::Never => app.is_none(),
    }
}
