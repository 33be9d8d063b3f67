//! What a platform needs: names for its operations, a place for the secret, and answers without it. No sockets.
//!
//! ```text
//! Preset::of_request(request) -> named(request, host) -> Named               before anything is decided; unnamed is refused
//! prepare(request, materials, now, nonce) -> Prepared                      selector and secret put in, signed; a redactor
//! redactor.response(response) -> Response                                  or a refusal to hand it back
//! grant(connection).request(..) -> Request, .read(response) -> GrantAnswer how an access token is had, and what came
//! table().absorb(operations, response), View::apply(response)             no fresh credential, and no more than the view
//! look(sight, now, nonce) -> Look, .reading.facts(response)                the preset's watch: one fixed READ, and a digest
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

mod diagnose;
mod grant;
mod graphql;
mod inject;
mod json;
mod matching;
mod materials;
mod name;
mod operations;
mod preset;
mod rate;
mod redact;
mod request;
mod shopify;
mod sign;
mod template;
mod time;
mod totp;

pub use diagnose::Diagnosis;
pub use grant::{Bucket, BucketScope, Grace, Grant, GrantAnswer, GrantKind, Rotation, Tokens};
pub use graphql::GraphqlError;
pub use inject::InjectError;
pub use json::JsonError;
pub use materials::Materials;
pub use name::NameError;
pub use operations::{
    AnswerError, Encoding, Evidence, Known, Link, Links, Named, NamedBy, Repeat, Scope, Table, TableError, View, Watch, file,
    own_token_answer, tables,
};
pub use preset::{
    AppUse, CheckError, Expires, Facts, FieldRule, Kind, Later, Look, NoFacts, Part, Preset, PresetsError, Reading, Sharing,
    Source, Wrong, check as check_presets,
};
pub use redact::{RedactError, Redactor, RedactorError, ScrubError};
pub use request::{PrepareError, Prepared};
pub use sign::{UnwrapError, unwrap_secret_key};
pub use totp::{Totp, TotpError};
