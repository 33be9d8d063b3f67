//! Scrubbing one stretch of bytes.

use zeroize::Zeroizing;

use super::Redactor;
use super::pattern::Exhausted;

const INSTEAD: &[u8] = b"[redacted]";
/// Steps of a match for each byte of text. A text that is not made of the secret takes less than two.
const EFFORT_PER_BYTE: u64 = 8;
const EFFORT: u64 = 1 << 16;

/// Why bytes can't be handed back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScrubError {
    /// It is made of what the secret is made of, so that a search takes too long.
    #[error("too much like the secret to be searched")]
    Effort,
    /// What is left is the secret again.
    #[error("secret remains")]
    Remains,
}

impl Redactor {
    /// The text, with `[redacted]` for each place where a secret stood.
    ///
    /// # Errors
    /// See [`ScrubError`].
    pub fn scrub(&self, text: &[u8]) -> Result<Vec<u8>, ScrubError> {
        let places = self.places(text)?;
        if places.is_empty() {
            return Ok(text.to_vec());
        }
        let mut scrubbed = Zeroizing::new(Vec::with_capacity(text.len().saturating_mul(2)));
        let mut kept = 0;
        for (start, end) in places {
            scrubbed.extend_from_slice(text.get(kept..start).unwrap_or_default());
            scrubbed.extend_from_slice(INSTEAD);
            kept = end;
        }
        scrubbed.extend_from_slice(text.get(kept..).unwrap_or_default());
        if !self.places(&scrubbed)?.is_empty() {
            return Err(ScrubError::Remains);
        }
        Ok(core::mem::take(&mut *scrubbed))
    }

    /// Where secrets stand: ascending, and those that touch are one.
    fn places(&self, text: &[u8]) -> Result<Vec<(usize, usize)>, ScrubError> {
        let mut effort = u64::try_from(text.len()).unwrap_or(u64::MAX).saturating_mul(EFFORT_PER_BYTE).saturating_add(EFFORT);
        let mut found = self.search.find(text, &mut effort).map_err(|Exhausted| ScrubError::Effort)?;
        found.sort_unstable();
        let mut places: Vec<(usize, usize)> = Vec::new();
        for (start, end) in found {
            match places.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => places.push((start, end)),
            }
        }
        Ok(places)
    }
}
