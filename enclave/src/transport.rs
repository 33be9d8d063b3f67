//! vsock, and a Unix socket that speaks Firecracker's hybrid vsock: what the host and the enclave talk over.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio_vsock::{VMADDR_CID_ANY, VsockAddr, VsockListener, VsockStream};

/// The parent instance's context id.
const PARENT: u32 = 3;
/// A handshake line, at most.
const LINE: usize = 32;

/// Where the enclave listens, and how it reaches the host.
#[derive(Clone, Debug)]
pub enum Listen {
    /// `AF_VSOCK`, as on Nitro.
    Vsock {
        /// Port for conversations.
        port: u32,
        /// The host's port for egress.
        relay: u32,
    },
    /// A Unix socket: the host says `CONNECT <port>`, and the enclave reaches the host's port at `<path>_<port>`.
    Unix {
        /// The socket.
        path: PathBuf,
        /// Port for conversations.
        port: u32,
        /// The host's port for egress.
        relay: u32,
    },
}

pub(crate) enum Listener {
    Vsock(VsockListener),
    Unix(UnixListener),
}

/// A connection between host and enclave.
pub(crate) enum Stream {
    Vsock(VsockStream),
    Unix(UnixStream),
}

impl Listen {
    pub(crate) fn bind(&self) -> io::Result<Listener> {
        match self {
            Self::Vsock { port, .. } => Ok(Listener::Vsock(VsockListener::bind(VsockAddr::new(VMADDR_CID_ANY, *port))?)),
            Self::Unix { path, .. } => {
                // A socket that an earlier process left behind refuses connections; nobody listens there.
                match std::fs::remove_file(path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
                Ok(Listener::Unix(UnixListener::bind(path)?))
            }
        }
    }

    /// Dials the host's egress relay.
    pub(crate) async fn dial_relay(&self) -> io::Result<Stream> {
        match self {
            Self::Vsock { relay, .. } => Ok(Stream::Vsock(dial_parent(*relay).await?)),
            Self::Unix { path, relay, .. } => Ok(Stream::Unix(UnixStream::connect(relay_path(path, *relay)).await?)),
        }
    }

    /// The host's side of a fresh connection, before anything is read as a conversation.
    pub(crate) async fn welcome(&self, mut stream: Stream) -> io::Result<Stream> {
        match (&mut stream, self) {
            (Stream::Unix(unix), Self::Unix { port, .. }) => {
                let line = line(unix).await?;
                let asked = line.strip_prefix(b"CONNECT ").and_then(|port| std::str::from_utf8(port).ok());
                if asked != Some(port.to_string().as_str()) {
                    return Err(io::ErrorKind::ConnectionRefused.into());
                }
                unix.write_all(format!("OK {port}\n").as_bytes()).await?;
            }
            (Stream::Vsock(vsock), Self::Vsock { .. }) => {
                // Another enclave on the same parent has another context id; only the parent is the host.
                if vsock.peer_addr()?.cid() != PARENT {
                    return Err(io::ErrorKind::ConnectionRefused.into());
                }
            }
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        }
        Ok(stream)
    }
}

/// Connects to a port of the parent. How long that may take is the caller's to say.
pub(crate) async fn dial_parent(port: u32) -> io::Result<VsockStream> {
    patiently(|| VsockStream::connect(VsockAddr::new(PARENT, port))).await
}

/// The kernel gives a connection up after two seconds without an answer, which is too soon for a parent that is busy.
async fn patiently<S, F: Future<Output = io::Result<S>>>(connect: impl Fn() -> F) -> io::Result<S> {
    loop {
        match connect().await {
            Err(error) if error.kind() == io::ErrorKind::TimedOut => {}
            ended => return ended,
        }
    }
}

fn relay_path(path: &Path, port: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!("_{port}"));
    PathBuf::from(name)
}

/// Reads a line byte by byte, so that nothing behind it is swallowed.
async fn line(stream: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    loop {
        match stream.read_u8().await? {
            b'\n' => return Ok(line),
            _ if line.len() >= LINE => return Err(io::ErrorKind::InvalidData.into()),
            byte => line.push(byte),
        }
    }
}

impl Listener {
    pub(crate) async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Vsock(listener) => Ok(Stream::Vsock(listener.accept().await?.0)),
            Self::Unix(listener) => Ok(Stream::Unix(listener.accept().await?.0)),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Vsock(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Vsock(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Vsock(stream) => Pin::new(stream).poll_flush(context),
            Self::Unix(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Vsock(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn a_busy_parent_is_asked_again_and_one_that_refuses_is_not() {
        let asked = Cell::new(0);
        let answers = |last: io::ErrorKind| {
            let asked = &asked;
            asked.set(0);
            move || async move {
                asked.set(asked.get() + 1);
                match asked.get() {
                    1 | 2 => Err(io::ErrorKind::TimedOut.into()),
                    3 if last == io::ErrorKind::Other => Ok(7),
                    _ => Err(io::Error::from(last)),
                }
            }
        };
        assert_eq!(patiently(answers(io::ErrorKind::Other)).await.unwrap(), 7);
        assert_eq!(asked.get(), 3);
        let refused = patiently(answers(io::ErrorKind::ConnectionReset)).await.unwrap_err();
        assert_eq!((refused.kind(), asked.get()), (io::ErrorKind::ConnectionReset, 3));
    }
}
