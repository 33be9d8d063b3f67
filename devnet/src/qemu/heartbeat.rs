//! `nitro-cli`'s part in a boot: the enclave says 0xB7 to the parent's port 9000, and wants it back.

use std::io;
use std::path::Path;
use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

const BEAT: u8 = 0xb7;
/// The parent's port for it.
const PORT: u32 = 9_000;

/// Answers heartbeats until it is dropped.
#[derive(Debug)]
pub(super) struct Heartbeat {
    task: JoinHandle<()>,
    seen: watch::Receiver<Option<Instant>>,
}

impl Heartbeat {
    /// Listens where the backend of `socket` finds the parent's port.
    pub(super) fn listen(socket: &Path) -> io::Result<Self> {
        let mut path = socket.as_os_str().to_owned();
        path.push(format!("_{PORT}"));
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        let (beat, seen) = watch::channel(None);
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                if stream.read_u8().await.is_ok_and(|byte| byte == BEAT) && stream.write_u8(BEAT).await.is_ok() {
                    beat.send_if_modified(|seen| seen.replace(Instant::now()).is_none());
                }
            }
        });
        Ok(Self { task, seen })
    }

    /// When the first one came, if it did.
    pub(super) fn seen(&self) -> Option<Instant> {
        *self.seen.borrow()
    }
}

impl Drop for Heartbeat {
    fn drop(&mut self) {
        self.task.abort();
    }
}
