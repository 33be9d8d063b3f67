//! How often a call may be tried again that the platform was too busy for.

use crate::call::{CallError, Field, decimal, optional};
use crate::http::Request;

/// How often one call may be tried again, at most.
pub const MOST_RETRIES: u8 = 3;

/// How often the caller lets a call be tried again that the platform was too busy for.
///
/// # Errors
/// [`CallError::Malformed`]: neither absent nor 1 to [`MOST_RETRIES`] in its one form.
pub fn retries(request: &Request) -> Result<u8, CallError> {
    let Some(text) = optional(request, Field::Retries)? else { return Ok(0) };
    let number = decimal(text).and_then(|number| u8::try_from(number).ok());
    number.filter(|number| (1..=MOST_RETRIES).contains(number)).ok_or(CallError::Malformed(Field::Retries))
}
