//! Tells the parent that the enclave is up, as AWS's own init does: one byte each way.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::init::InitError;
use crate::transport::dial_parent;

/// Where `nitro-cli` waits for it.
const PORT: u32 = 9_000;
const BEAT: u8 = 0xB7;
/// The parent is on the same machine, which may be busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// Sends the byte and expects it back.
///
/// # Errors
/// [`InitError::Heartbeat`] when the parent is not there or answers something else.
pub async fn heartbeat() -> Result<(), InitError> {
    let beat = async { exchange(dial_parent(PORT).await?).await };
    let beaten = tokio::time::timeout(PATIENCE, beat).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
    beaten.map_err(InitError::Heartbeat)
}

async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    stream.write_all(&[BEAT]).await?;
    if stream.read_u8().await? == BEAT { Ok(()) } else { Err(io::ErrorKind::InvalidData.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_parent_gives_the_byte_back() {
        for (answer, taken) in [(&[BEAT][..], true), (&[0][..], false), (&[][..], false)] {
            let (ours, mut theirs) = tokio::io::duplex(8);
            let beat = tokio::spawn(exchange(ours));
            assert_eq!(theirs.read_u8().await.unwrap(), BEAT);
            theirs.write_all(answer).await.unwrap();
            drop(theirs);
            assert_eq!(beat.await.unwrap().is_ok(), taken);
        }
    }
}
