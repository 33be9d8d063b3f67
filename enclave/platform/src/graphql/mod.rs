//! Which root fields a GraphQL request selects. Executable documents of the October 2021 specification, less what parsers read
//! differently and what would hide a root field.

mod lexer;
mod parser;
#[cfg(test)]
mod tests;

pub(crate) use parser::{Document, OperationKind, Root, Value, parse};

/// Why a document is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphqlError {
    /// Longer than 64 KiB.
    #[error("document too long")]
    Length,
    /// A control character, byte order mark, lone carriage return, or a character outside strings that no token has.
    #[error("character not allowed")]
    Character,
    /// A string, number or block string that is malformed or that parsers read differently.
    #[error("literal not allowed")]
    Literal,
    /// Not the grammar.
    #[error("syntax error")]
    Syntax,
    /// Nested too deep.
    #[error("nested too deep")]
    Depth,
    /// Too many tokens.
    #[error("too many tokens")]
    Tokens,
    /// No operation.
    #[error("no operation")]
    NoOperation,
    /// More than one operation.
    #[error("more than one operation")]
    SeveralOperations,
    /// A subscription.
    #[error("subscriptions are not supported")]
    Subscription,
    /// More root fields than one request may have.
    #[error("too many root fields")]
    RootFields,
    /// A directive that is not allowed where it stands.
    #[error("directive not allowed")]
    Directive,
    /// A fragment without definition, defined twice, or in itself.
    #[error("fragment undefined, defined twice, or in itself")]
    Fragment,
    /// `__schema`, `__type`, or `__typename` at the root.
    #[error("introspection is not allowed")]
    Introspection,
    /// A field whose value is a credential.
    #[error("field holds a credential")]
    Credential,
}

impl GraphqlError {
    /// Fit for a refusal: short ASCII.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Length => "graphql.length",
            Self::Character => "graphql.character",
            Self::Literal => "graphql.literal",
            Self::Syntax => "graphql.syntax",
            Self::Depth => "graphql.depth",
            Self::Tokens => "graphql.tokens",
            Self::NoOperation => "graphql.no_operation",
            Self::SeveralOperations => "graphql.several_operations",
            Self::Subscription => "graphql.subscription",
            Self::RootFields => "graphql.root_fields",
            Self::Directive => "graphql.directive",
            Self::Fragment => "graphql.fragment",
            Self::Introspection => "graphql.introspection",
            Self::Credential => "graphql.credential",
        }
    }
}
