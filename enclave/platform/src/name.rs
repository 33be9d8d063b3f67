//! Why a request has no name.

use protocol::call::UrlError;

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
    /// A URL in another form than the one that can be signed.
    #[error(transparent)]
    Url(UrlError),
    /// No operation of this method and path.
    #[error("no operation has this method and path")]
    Path,
    /// A query string where none is wanted, a name in it that is not, or one that stands there or in the form as well.
    #[error("query string not allowed")]
    Query,
    /// A header that the caller may not set, or twice.
    #[error("header not allowed")]
    Header,
    /// The body is not declared as what the operation takes: upstream would read it as something else.
    #[error("content type is not the operation's")]
    ContentType,
    /// A body where none is wanted.
    #[error("body not allowed")]
    Body,
    /// See [`JsonError`].
    #[error(transparent)]
    Json(#[from] JsonError),
    /// A form that parsers read differently.
    #[error("not an unambiguous form")]
    Form,
    /// A name that makes a server run another method or route.
    #[error("method or route override")]
    Override,
    /// A parameter that is no value of its encoding.
    #[error("parameter is not a value of its encoding")]
    Parameter,
    /// Not `{query, variables, operationName}` of the right types.
    #[error("body is not a graphql request")]
    GraphqlRequest,
    /// `operationName` is not the operation's.
    #[error("operation name is not that of the document's operation")]
    OperationName,
    /// See [`GraphqlError`].
    #[error(transparent)]
    Graphql(#[from] GraphqlError),
    /// It runs operations that it does not name: bulk, batch, a `node` of a type that has no name.
    #[error("container of other operations")]
    Container,
    /// An operation of the app, which no store has.
    #[error("operation of the app under a store")]
    AppScope,
    /// The preset's own token endpoint: the vault answers, nothing is sent.
    #[error("token endpoint")]
    OwnTokenEndpoint,
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
            Self::Url(_) => "name.url",
            Self::Path => "name.path",
            Self::Query => "name.query",
            Self::Header => "name.header",
            Self::ContentType => "name.content_type",
            Self::Body => "name.body",
            Self::Json(_) => "name.json",
            Self::Form => "name.form",
            Self::Override => "name.override",
            Self::Parameter => "name.parameter",
            Self::GraphqlRequest => "name.graphql_request",
            Self::OperationName => "name.operation_name",
            Self::Graphql(error) => error.rule(),
            Self::Container => "name.container",
            Self::AppScope => "name.app_scope",
            Self::OwnTokenEndpoint => "name.token_endpoint",
            Self::Unknown => "name.unknown",
        }
    }
}
