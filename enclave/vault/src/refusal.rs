//! What a caller is told when a call is refused: few, coarse, and always inside the sealed response.

use protocol::http::Response;
use serde_json::json;

/// Why a call is refused. The name is what the caller reads in `type`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The request can't be read.
    Malformed(&'static str),
    /// No valid signature, outside its window, or seen before.
    Unauthenticated(&'static str),
    /// The contract, or the registry's closed classes, say no.
    NotPermitted(String),
    /// A limit is used up.
    BudgetExhausted,
    /// No head within its bound.
    StaleChain,
    /// No chain node proves, at the finalized head, something that the call reads. It will be proven at a later one.
    Unproven,
    /// What the request does can't be named.
    UnknownOperation(&'static str),
    /// The platform refuses the credential.
    ReauthorizationRequired,
    /// The platform could not be reached, or its answer can't be handed back.
    Upstream(&'static str),
    /// Too much at once.
    Busy,
}

impl Refusal {
    /// The word of ARCHITECTURE section 11.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Unauthenticated(_) => "unauthenticated",
            Self::NotPermitted(_) => "not_permitted",
            Self::BudgetExhausted => "budget_exhausted",
            Self::StaleChain | Self::Unproven => "stale_chain",
            Self::UnknownOperation(_) => "unknown_operation",
            Self::ReauthorizationRequired => "reauthorization_required",
            Self::Upstream(_) => "upstream_error",
            Self::Busy => "busy",
        }
    }

    /// The rule behind it, short ASCII; empty if the name says all.
    pub(crate) fn rule(&self) -> &str {
        match self {
            Self::NotPermitted(rule) => rule,
            Self::Malformed(rule) | Self::Unauthenticated(rule) | Self::UnknownOperation(rule) | Self::Upstream(rule) => rule,
            Self::Unproven => "chain.unproven_at_finalized",
            Self::BudgetExhausted | Self::StaleChain | Self::ReauthorizationRequired | Self::Busy => "",
        }
    }

    const fn status(&self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::Unauthenticated(_) => 401,
            Self::NotPermitted(_) => 403,
            Self::BudgetExhausted => 429,
            Self::StaleChain | Self::Unproven | Self::Busy => 503,
            Self::UnknownOperation(_) => 422,
            Self::ReauthorizationRequired => 424,
            Self::Upstream(_) => 502,
        }
    }

    /// RFC 9457 problem details, as the inner response.
    pub(crate) fn response(&self) -> Response {
        let outcome = match self {
            Self::Upstream(_) | Self::ReauthorizationRequired => "failed",
            _ => "refused",
        };
        let mut body = json!({
            "type": format!("urn:pst-vault:{}", self.name()),
            "title": self.name(),
            "status": self.status(),
            "rule": self.rule(),
        });
        if let (Self::Unproven, Some(members)) = (self, body.as_object_mut()) {
            members.insert("detail".to_owned(), UNPROVEN.into());
        }
        Response {
            status: self.status(),
            headers: vec![
                ("content-type".to_owned(), b"application/problem+json".to_vec()),
                (OUTCOME.to_owned(), outcome.as_bytes().to_vec()),
            ],
            body: body.to_string().into_bytes(),
        }
    }
}

/// What to do about [`Refusal::Unproven`].
const UNPROVEN: &str = "This call reads state that no chain node of the host proves at the finalized block. The host proves it from now \
    on: sign the call anew when the next block is finalized, which takes up to 20 minutes on mainnet.";

/// Header of every inner response: `upstream`, `refused`, `failed`, or `vault` for the vault's own answers.
pub(crate) const OUTCOME: &str = "pst-vault-outcome";
/// Header of an inner response: base64 of a canonical [`protocol::ledger::Receipt`].
pub(crate) const RECEIPT: &str = "pst-vault-receipt";
