//! The stream of updates in SSZ (beacon-APIs `getLightClientUpdatesByRange`).

use crate::MAX_SSZ;

/// Bytes of the length and of the fork digest before each update.
const LENGTH: usize = 8;
const DIGEST: usize = 4;

/// Why a stream can't be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// It ends inside a length or inside what one announces.
    #[error("stream ends inside an update")]
    Cut,
    /// A length leaves no room for the fork digest.
    #[error("an update is shorter than its fork digest")]
    Short,
    /// A length is above [`MAX_SSZ`].
    #[error("an update is too large")]
    TooLarge,
    /// There are more than were asked for.
    #[error("more updates than were asked for")]
    TooMany,
}

/// One update of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framed<'a> {
    /// The fork digest that the node gives it. From Fulu on it mixes blob parameters in.
    pub digest: [u8; 4],
    /// `LightClientUpdate`.
    pub ssz: &'a [u8],
}

/// Splits `[u64 little-endian length of the rest][4-byte fork digest][SSZ]`, repeated, into at most `most` updates.
///
/// # Errors
/// [`FrameError`], if the stream is not made of whole updates within bounds.
pub fn split(mut stream: &[u8], most: usize) -> Result<Vec<Framed<'_>>, FrameError> {
    let mut updates = Vec::new();
    while !stream.is_empty() {
        let (length, rest) = stream.split_first_chunk::<LENGTH>().ok_or(FrameError::Cut)?;
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| FrameError::TooLarge)?;
        if length > DIGEST + MAX_SSZ {
            return Err(FrameError::TooLarge);
        }
        if updates.len() == most {
            return Err(FrameError::TooMany);
        }
        let (chunk, rest) = rest.split_at_checked(length).ok_or(FrameError::Cut)?;
        let (digest, ssz) = chunk.split_first_chunk::<DIGEST>().ok_or(FrameError::Short)?;
        updates.push(Framed { digest: *digest, ssz });
        stream = rest;
    }
    Ok(updates)
}
