//! What a platform needs: names for its operations, a place for the secret, and answers without it. No sockets.
//!
//! ```text
//! Preset::of_host(authority) -> named(request, host) -> Named              before anything is decided; unnamed is refused
//! inject(request, host, secret) -> Request                                 the same body bytes, allowed headers, the secret
//! redactor(host, secret).response(response) -> Response                    or a refusal to hand it back
//! table().absorb(operations, response), View::apply(response)             no fresh credential, and no more than the view
//! ```
//! A parser here accepts a subset that every parser in the field reads alike, and refuses the rest: the bytes judged are the
//! bytes sent, so an ambiguity would be a second opinion about what they do.
//!
//! Out of scope: who may (`policy`), opening credentials (`credential`), TLS and sending (`enclave`).
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

mod graphql;
mod inject;
mod json;
mod name;
mod operations;
mod preset;
mod redact;
mod shopify;

pub use graphql::GraphqlError;
pub use inject::InjectError;
pub use json::JsonError;
pub use name::NameError;
pub use operations::{
    AnswerError, Encoding, Evidence, Known, Link, Links, Named, Repeat, Scope, Table, TableError, View, Watch, tables,
};
pub use preset::Preset;
pub use redact::{RedactError, Redactor, RedactorError, ScrubError};
