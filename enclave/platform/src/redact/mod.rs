//! Takes a secret out of an answer, in the forms that an upstream which echoes its input gives it.
//!
//! Forms: raw in either case of letters; base64, standard and URL-safe, at each of the three alignments, with line ends; hex in
//! either case; and each of these with any of its bytes percent-encoded (once to three times), `\u`-, `\x`- or
//! backslash-escaped (in JSON within JSON too), as a numeric or named character reference, quoted-printable, or as UTF-16 or
//! UTF-32 of either byte order.
//!
//! An answer is searched whole, so that no border between chunks or packets cuts a secret in two, and what is left is searched again.
//!
//! This is no promise about an upstream that *means* to leak: reversing, encrypting, compressing or splitting a secret defeats any
//! search, and so does encoding it twice in other ways than the listed ones.

mod pattern;
mod reading;
mod response;
mod search;
#[cfg(test)]
mod tests;
mod text;

use core::fmt;

use pattern::Pattern;
use search::Search;

pub use response::RedactError;
pub use text::ScrubError;

/// Searches answers for the secrets of one call.
pub struct Redactor {
    host: String,
    /// Headers that the preset hands back beside those that every preset does.
    returned: Vec<String>,
    search: Search,
}

/// Why a secret can't be searched for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedactorError {
    /// What was removed would tell a short secret's value.
    #[error("secret has fewer than {} bytes", Redactor::MIN)]
    TooShort,
    /// The escapes that are searched for are those of ASCII.
    #[error("secret is not visible ascii")]
    NotVisibleAscii,
}

impl Redactor {
    /// Bytes of a secret, at least.
    pub const MIN: usize = 8;

    /// For the answers of `host`, each of the secrets is taken out.
    ///
    /// # Errors
    /// See [`RedactorError`].
    pub fn new(host: &str, secrets: &[&[u8]]) -> Result<Self, RedactorError> {
        let mut patterns = Vec::new();
        for secret in secrets {
            if secret.len() < Self::MIN {
                return Err(RedactorError::TooShort);
            }
            if !secret.iter().all(u8::is_ascii_graphic) {
                return Err(RedactorError::NotVisibleAscii);
            }
            patterns.extend(Pattern::all(secret));
        }
        Ok(Self { host: host.to_owned(), returned: Vec::new(), search: Search::new(patterns) })
    }

    /// Hands these headers back too, scrubbed like all others.
    #[must_use]
    pub(crate) fn returning(self, names: &[String]) -> Self {
        Self { returned: names.to_vec(), ..self }
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redactor(..)")
    }
}
