//! The shape of `presets/<id>/operations.json`. What is not in it is refused.

use std::collections::BTreeMap;

use serde::Deserialize;

/// The file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    /// The preset's id, and the folder's name.
    pub(super) preset: String,
    /// The first label of every name.
    pub(super) prefix: String,
    /// What is not in the table, and why; for readers.
    #[serde(default)]
    pub(super) notes: Vec<String>,
    pub(super) sources: BTreeMap<String, SourceRow>,
    pub(super) graphql: Option<GraphqlRow>,
    pub(super) operations: Vec<OperationRow>,
    /// Requests that run, or lead to, what they do not name.
    #[serde(default)]
    pub(super) containers: Vec<ContainerRow>,
    /// Answered by the vault.
    #[serde(default)]
    pub(super) tokens: Vec<TokenRow>,
    #[serde(default)]
    pub(super) projections: BTreeMap<String, ProjectionRow>,
    pub(super) watch: Option<WatchRow>,
    /// Answers that name a file on another host.
    #[serde(default)]
    pub(super) links: Vec<LinkRow>,
    /// Members of an answer whose value is a credential.
    #[serde(default)]
    pub(super) minted: Vec<String>,
}

/// Where facts come from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceRow {
    /// A page, a file, or `general knowledge`.
    pub(super) what: String,
    /// Whether it was read for this table.
    pub(super) verified: bool,
}

/// One text or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Several {
    One(String),
    Many(Vec<String>),
}

impl Several {
    pub(super) fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}

/// One operation: `method` and `path`, or `graphql`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperationRow {
    pub(super) name: String,
    /// READ WRITE VALUE ROUTING AUTHZ MINT EXPORT CREDENTIAL.
    pub(super) class: String,
    /// `store` if absent, or `app`.
    pub(super) scope: Option<String>,
    /// `safe`, `keyed` or `never`. If absent, `safe` for a READ and `never` for all others.
    pub(super) repeat: Option<String>,
    /// `query orders`, `mutation refundCreate`.
    pub(super) graphql: Option<String>,
    pub(super) method: Option<Several>,
    pub(super) host: Option<Several>,
    pub(super) path: Option<Several>,
    /// A place and the values that it may have.
    #[serde(default)]
    pub(super) when: BTreeMap<String, Several>,
    /// The only names in a query. If absent: any with GET, none with all others. `["*"]` is any.
    pub(super) query: Option<Vec<String>>,
    /// `none`, `json`, `json?`, `form`. If absent: `none` with GET, HEAD and DELETE, `json` with all others.
    pub(super) body: Option<String>,
    #[serde(default)]
    pub(super) params: Vec<ParameterRow>,
    pub(super) source: String,
}

/// A named parameter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ParameterRow {
    pub(super) name: String,
    pub(super) from: String,
    /// `text`, `ascii`, `millionths`.
    #[serde(rename = "as")]
    pub(super) encoding: String,
    /// The character between the items of a list.
    pub(super) separator: Option<char>,
}

/// A request that is refused because of what it may carry.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ContainerRow {
    pub(super) method: Several,
    pub(super) path: Several,
    pub(super) why: String,
}

/// The GraphQL endpoint.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GraphqlRow {
    pub(super) path: String,
    #[serde(default)]
    pub(super) params: Vec<ParameterRow>,
    /// Root fields that are containers; a `*` at either end is anything.
    #[serde(default)]
    pub(super) containers: Vec<String>,
    /// The operation that reading a node of this type is.
    #[serde(default)]
    pub(super) nodes: BTreeMap<String, String>,
}

/// A token endpoint.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenRow {
    pub(super) method: Several,
    /// If absent, the store's own.
    pub(super) host: Option<Several>,
    pub(super) path: String,
    /// What an SDK finds in the answer; no value of it is one.
    pub(super) answer: serde_json::Value,
}

/// A narrower view of answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProjectionRow {
    pub(super) operations: Vec<String>,
    pub(super) keep: Vec<String>,
}

/// What is read to see that money still goes where it went.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WatchRow {
    pub(super) operation: String,
    /// What of the answer says where: if this changes, the routing did.
    pub(super) keep: Vec<String>,
    /// Whether only the first value of `keep` counts that says something: the list comes newest first.
    #[serde(default)]
    pub(super) newest: bool,
    /// How the vault asks by itself. If absent, only callers do.
    pub(super) ask: Option<AskRow>,
    /// Why the vault does not, for readers.
    pub(super) unasked: Option<String>,
}

/// A request that is the same each time.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AskRow {
    /// `GET` if absent.
    pub(super) method: Option<String>,
    /// One of the preset's own. If absent, the binding's.
    pub(super) host: Option<String>,
    /// With its query. `{account}` is the binding's account, any other `{name}` a value of its selector.
    pub(super) path: String,
    /// JSON.
    pub(super) body: Option<String>,
}

/// An answer that names a file elsewhere.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkRow {
    pub(super) operation: String,
    pub(super) at: String,
    /// Hosts, or `*.` and a domain.
    pub(super) hosts: Vec<String>,
}
