//! `auth.json` as it is written. Unknown members are refused.

use serde::Deserialize;

use super::field::FieldRule;
use super::host::Hosts;
use crate::grant::{Bucket, Grace, GrantKind, Rotation};
use crate::rate::RateHeader;
use crate::request::selector::Match;
use crate::sign::crypto::Algorithm;
use crate::sign::payload::{Source, Unless};
use crate::sign::{Carrier, Encoding};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) hosts: Hosts,
    pub(super) app: super::AppUse,
    #[serde(default)]
    pub(super) app_fields: Vec<FieldRule>,
    pub(super) connection_fields: Vec<FieldRule>,
    /// Of these sets of connection fields, one is whole.
    #[serde(default)]
    pub(super) connection_one_of: Vec<Vec<String>>,
    /// Fields that are there when others have a value.
    #[serde(default)]
    pub(super) needs: Vec<Needs>,
    pub(super) sharing: super::Sharing,
    #[serde(default)]
    pub(super) selectors: Vec<Selector>,
    #[serde(default)]
    pub(super) selector_one_of: Vec<Vec<String>>,
    #[serde(default)]
    pub(super) reserved: Vec<Place>,
    #[serde(default)]
    pub(super) put: Vec<Put>,
    #[serde(default)]
    pub(super) sign: Vec<Sign>,
    #[serde(default)]
    pub(super) grants: Vec<Grant>,
    #[serde(default)]
    pub(super) errors: Vec<Error>,
    pub(super) probe: Probe,
    #[serde(default)]
    pub(super) clock_window_s: Option<u64>,
    #[serde(default)]
    pub(super) rate: Option<Bucket>,
    /// Headers that say how many calls it still takes. They are handed back.
    #[serde(default)]
    pub(super) rate_headers: Vec<RateHeader>,
    /// Other headers of answers that are handed back, beside those that every preset's are.
    #[serde(default)]
    pub(super) returned: Vec<String>,
    /// What runs out by the calendar.
    #[serde(default)]
    pub(super) expires: Vec<super::Expires>,
    #[serde(default)]
    pub(super) notes: Vec<String>,
    pub(super) sources: Vec<super::Source>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Needs {
    pub(super) when: When,
    pub(super) fields: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct When {
    #[serde(default)]
    pub(super) has: Vec<String>,
    #[serde(default)]
    pub(super) lacks: Vec<String>,
    #[serde(default)]
    pub(super) is: std::collections::BTreeMap<String, String>,
    #[serde(default)]
    pub(super) paths: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Place {
    Header(String),
    /// The name is a field's value.
    HeaderOf(String),
    Query(String),
    /// The name is a field's value.
    QueryOf(String),
    Form(String),
    Json(String),
    PathAfter(String),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Selector {
    pub(super) field: FieldRule,
    pub(super) compare: Match,
    #[serde(default)]
    pub(super) put: Vec<Place>,
    #[serde(default)]
    pub(super) guards: Vec<Place>,
    /// Words that the platform reads as the tenant whose token it is.
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    #[serde(default)]
    pub(super) number: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Put {
    /// Absent for Basic, which has its own header.
    #[serde(default)]
    pub(super) at: Option<Place>,
    #[serde(default)]
    pub(super) value: Option<String>,
    #[serde(default)]
    pub(super) basic: Option<[String; 2]>,
    #[serde(default)]
    pub(super) number: bool,
    #[serde(default)]
    pub(super) when: When,
    /// Why the platform demands a secret in the URL.
    #[serde(default)]
    pub(super) secret_in_url: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sign {
    #[serde(default)]
    pub(super) when: When,
    #[serde(default)]
    pub(super) template: Option<Template>,
    #[serde(default)]
    pub(super) http_signature: Option<HttpSignature>,
    #[serde(default)]
    pub(super) oauth1: Option<Oauth1>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Template {
    pub(super) algorithm: Algorithm,
    #[serde(default)]
    pub(super) key: String,
    pub(super) payload: Vec<Piece>,
    pub(super) encoding: Encoding,
    pub(super) put: Put,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Piece {
    Text(String),
    Path {
        #[serde(default)]
        strip: String,
    },
    Sorted {
        from: Vec<Source>,
        #[serde(default)]
        skip: Vec<String>,
        #[serde(default)]
        skip_empty: bool,
    },
    Body {
        #[serde(default)]
        unless: Vec<Unless>,
    },
    Query {},
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HttpSignature {
    pub(super) components: Vec<String>,
    pub(super) key: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Oauth1 {
    pub(super) algorithm: Algorithm,
    pub(super) consumer_key: String,
    pub(super) consumer_secret: String,
    #[serde(default)]
    pub(super) token: String,
    #[serde(default)]
    pub(super) token_secret: String,
    pub(super) carrier: Carrier,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Grant {
    pub(super) kind: GrantKind,
    #[serde(default)]
    pub(super) when: When,
    pub(super) method: String,
    /// A host, or `{host}` for the store's own.
    pub(super) host: String,
    pub(super) path: String,
    pub(super) put: Vec<Put>,
    #[serde(default)]
    pub(super) sign: Vec<Sign>,
    pub(super) answer: Answer,
    pub(super) rotation: Rotation,
    #[serde(default)]
    pub(super) grace: Option<Grace>,
    /// Seconds before expiry at which a new token is asked for.
    pub(super) early_s: u64,
    pub(super) bucket: Bucket,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    #[serde(default)]
    pub(super) ok: Vec<Case>,
    pub(super) access: String,
    #[serde(default)]
    pub(super) refresh: Option<String>,
    #[serde(default)]
    pub(super) access_expiry: Option<Expiry>,
    #[serde(default)]
    pub(super) refresh_expiry: Option<Expiry>,
    /// What the platform documents, if the answer does not say.
    pub(super) access_lifetime_s: u64,
    #[serde(default)]
    pub(super) refresh_lifetime_s: Option<u64>,
    pub(super) invalid_grant: Vec<Case>,
    #[serde(default)]
    pub(super) invalid_client: Vec<Case>,
    #[serde(default)]
    pub(super) rate_limited: Vec<Case>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expiry {
    pub(super) pointer: String,
    pub(super) form: crate::grant::ExpiryForm,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    #[serde(default)]
    pub(super) status: Vec<u16>,
    #[serde(default)]
    pub(super) pointer: Option<String>,
    #[serde(default)]
    pub(super) is: Vec<String>,
    #[serde(default)]
    pub(super) contains: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Error {
    pub(super) means: crate::diagnose::Means,
    pub(super) any: Vec<Case>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Probe {
    pub(super) method: String,
    pub(super) path: String,
    #[serde(default)]
    pub(super) body: Option<String>,
    /// What may not be in the answer.
    #[serde(default)]
    pub(super) absent: Vec<String>,
    /// What must hold of the answer.
    #[serde(default)]
    pub(super) ok: Vec<Case>,
    pub(super) account: Account,
    /// Whether the account is one of the preset's hosts.
    #[serde(default)]
    pub(super) account_is_host: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Account {
    /// The answer names it.
    Pointer(String),
    /// The platform answers only to the account that this selector or field names.
    Field(String),
    /// The host is the account.
    Host {},
}
