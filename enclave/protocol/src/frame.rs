//! Frames between host and enclave: a 4-byte big-endian length, then that many bytes of canonical CBOR
//! `[version, message]`. No I/O: whoever owns the socket reads four bytes, asks [`length`], reads that many, asks [`decode_message`].

use minicbor::{Decode, Decoder, Encode};

use crate::cbor::{self, CborError};
use crate::message::{VERSION, Versioned};

/// Why a frame is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A length of zero: no message is that short.
    #[error("frame is empty")]
    Empty,
    /// Longer than the limit of its direction.
    #[error("frame is longer than its limit")]
    TooLong,
    /// A version this code does not read.
    #[error("frame has an unknown version")]
    Version,
    /// Not canonical CBOR of the message expected.
    #[error("frame is not canonical: {0}")]
    Cbor(#[from] CborError),
}

/// The header of a frame of `len` bytes.
///
/// # Errors
/// Empty, or longer than `max` or than a header can say.
pub fn header(len: usize, max: usize) -> Result<[u8; 4], FrameError> {
    if len == 0 {
        return Err(FrameError::Empty);
    }
    if len > max {
        return Err(FrameError::TooLong);
    }
    u32::try_from(len).map(u32::to_be_bytes).map_err(|_| FrameError::TooLong)
}

/// How many bytes follow this header. Ask before allocating.
///
/// # Errors
/// Empty, or longer than `max`.
pub fn length(header: [u8; 4], max: usize) -> Result<usize, FrameError> {
    let length = usize::try_from(u32::from_be_bytes(header)).map_err(|_| FrameError::TooLong)?;
    match length {
        0 => Err(FrameError::Empty),
        length if length > max => Err(FrameError::TooLong),
        length => Ok(length),
    }
}

/// Header and body of `message` at [`VERSION`].
///
/// # Errors
/// Longer than `max`.
pub fn encode_message<T: Encode<()>>(message: T, max: usize) -> Result<Vec<u8>, FrameError> {
    let body = cbor::encode(&Versioned { version: VERSION, message });
    let header = header(body.len(), max)?;
    let mut frame = Vec::with_capacity(body.len().saturating_add(header.len()));
    frame.extend_from_slice(&header);
    frame.extend_from_slice(&body);
    Ok(frame)
}

/// The message in a frame's body.
///
/// # Errors
/// [`FrameError`] names the rule. A version other than [`VERSION`] is told apart from a malformed message.
pub fn decode_message<T: for<'b> Decode<'b, ()> + Encode<()>>(body: &[u8], max: usize) -> Result<T, FrameError> {
    if body.len() > max {
        return Err(FrameError::TooLong);
    }
    // A later version may shape its message otherwise, so the version is looked at before the message is.
    let mut peek = Decoder::new(body);
    if let (Ok(Some(2)), Ok(version)) = (peek.array(), peek.u64())
        && version != u64::from(VERSION)
    {
        return Err(FrameError::Version);
    }
    let Versioned { version, message } = cbor::decode::<Versioned<T>>(body, max)?;
    if version != VERSION {
        return Err(FrameError::Version);
    }
    Ok(message)
}
