//! The request that goes out: taken apart, completed from the records, signed, and put together again.

pub(crate) mod condition;
mod draft;
mod encoding;
pub(crate) mod place;
mod prepare;
pub(crate) mod put;
pub(crate) mod selector;

pub(crate) use draft::{Added, Body, Draft, Pair, json_pairs};
pub(crate) use encoding::{decode, encode};
pub use prepare::{PrepareError, Prepared};
pub(crate) use prepare::{Recipe, app_fits, fit_header, fit_returned, searched};
