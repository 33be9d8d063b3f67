//! Why a request has no name.

use crate::graphql::GraphqlError;
use crate::json::JsonError;

/// Why a request is not an operation of the preset. What has no name is not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Not https.
    #[error("scheme is not https")]
    Scheme,
    /// Another host than the store's.
    #[error("host is not the store's")]
    Host,
    /// No operation of this method and path.
    #[error("no operation has this method and path")]
    Path,
    /// A query string, which upstream would merge with the body.
    #[error("query string not allowed")]
    Query,
    /// An API version that is not a dated one.
    #[error("api version not allowed")]
    Version,
    /// A header that the caller may not set, or twice.
    #[error("header not allowed")]
    Header,
    /// The body is not declared as JSON: upstream would read it as something else.
    #[error("content type must be application/json")]
    ContentType,
    /// A body where none is wanted.
    #[error("body not allowed")]
    Body,
    /// See [`JsonError`].
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Not `{query, variables, operationName}` of the right types.
    #[error("body is not a graphql request")]
    GraphqlRequest,
    /// `operationName` is not the operation's.
    #[error("operation name is not that of the document's operation")]
    OperationName,
    /// See [`GraphqlError`].
    #[error(transparent)]
    Graphql(#[from] GraphqlError),
    /// It runs operations that it does not name: `node`, `nodes`, bulk, batch.
    #[error("container of other operations")]
    Container,
    /// Not in the table.
    #[error("unknown operation")]
    Unknown,
}

impl NameError {
    /// Fit for a refusal: short ASCII.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Scheme => "name.scheme",
            Self::Host => "name.host",
            Self::Path => "name.path",
            Self::Query => "name.query",
            Self::Version => "name.version",
            Self::Header => "name.header",
            Self::ContentType => "name.content_type",
            Self::Body => "name.body",
            Self::Json(_) => "name.json",
            Self::GraphqlRequest => "name.graphql_request",
            Self::OperationName => "name.operation_name",
            Self::Graphql(error) => error.rule(),
            Self::Container => "name.container",
            Self::Unknown => "name.unknown",
        }
    }
}
