//! Byte streams between host and enclave: vsock, or a Unix socket that speaks Firecracker's hybrid vsock.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio_vsock::{VMADDR_CID_ANY, VsockAddr, VsockListener, VsockStream};

use crate::config::EnclaveAddress;

/// The longest line of the hybrid-vsock handshake.
const HANDSHAKE_LINE: usize = 32;

/// A connection with the enclave, whichever side opened it.
#[derive(Debug)]
pub(crate) enum Transport {
    Vsock(VsockStream),
    Unix(UnixStream),
}

impl Transport {
    /// Connects to the enclave.
    pub(crate) async fn connect(address: &EnclaveAddress) -> io::Result<Self> {
        match address {
            EnclaveAddress::Vsock { cid, port } => VsockStream::connect(VsockAddr::new(*cid, *port)).await.map(Self::Vsock),
            EnclaveAddress::Unix { path, port } => hybrid(path, *port).await.map(Self::Unix),
        }
    }
}

async fn hybrid(path: &Path, port: u32) -> io::Result<UnixStream> {
    let mut stream = UnixStream::connect(path).await?;
    stream.write_all(format!("CONNECT {port}\n").as_bytes()).await?;
    let mut line = Vec::with_capacity(HANDSHAKE_LINE);
    loop {
        // Byte by byte: whatever follows the line belongs to the conversation.
        match stream.read_u8().await? {
            b'\n' => break,
            _ if line.len() >= HANDSHAKE_LINE => return Err(io::ErrorKind::InvalidData.into()),
            byte => line.push(byte),
        }
    }
    let accepted = line.strip_prefix(b"OK ").is_some_and(|n| !n.is_empty() && n.iter().all(u8::is_ascii_digit));
    if accepted { Ok(stream) } else { Err(io::ErrorKind::ConnectionRefused.into()) }
}

/// Where the enclave dials the relay.
#[derive(Debug)]
pub(crate) enum Listener {
    Vsock(VsockListener),
    Unix(UnixListener, PathBuf),
}

impl Listener {
    /// Listens for the enclave at `address` on `port`: on any CID, or at the Unix path with `_<port>` behind it.
    pub(crate) fn bind(address: &EnclaveAddress, port: u32) -> io::Result<Self> {
        match address {
            EnclaveAddress::Vsock { .. } => VsockListener::bind(VsockAddr::new(VMADDR_CID_ANY, port)).map(Self::Vsock),
            EnclaveAddress::Unix { path, .. } => {
                let mut name = path.clone().into_os_string();
                name.push(format!("_{port}"));
                let path = PathBuf::from(name);
                // A socket file outlives a killed process. Whether its owner lives is asked before it is replaced.
                if std::os::unix::net::UnixStream::connect(&path).is_ok() {
                    return Err(io::ErrorKind::AddrInUse.into());
                }
                match std::fs::remove_file(&path) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
                Ok(Self::Unix(UnixListener::bind(&path)?, path))
            }
        }
    }

    /// The next connection.
    pub(crate) async fn accept(&self) -> io::Result<Transport> {
        match self {
            Self::Vsock(listener) => listener.accept().await.map(|(stream, _)| Transport::Vsock(stream)),
            Self::Unix(listener, _) => listener.accept().await.map(|(stream, _)| Transport::Unix(stream)),
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            // It may be gone already; the next start clears it either way.
            let _ = std::fs::remove_file(path);
        }
    }
}

impl AsyncRead for Transport {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Vsock(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Transport {
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
    use super::*;

    async fn answered_with(line: &'static [u8]) -> io::Result<UnixStream> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("e.sock");
        let listener = UnixListener::bind(&path).unwrap();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = [0; 13];
            stream.read_exact(&mut asked).await.unwrap();
            assert_eq!(&asked, b"CONNECT 5000\n");
            stream.write_all(line).await.unwrap();
        });
        hybrid(&path, 5000).await
    }

    #[tokio::test]
    async fn reads_no_byte_behind_the_handshake() {
        let mut stream = answered_with(b"OK 1073741824\nX").await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'X');
    }

    #[tokio::test]
    async fn refuses_any_other_handshake() {
        for line in [&b"OK \n"[..], b"OK x\n", b"ERR\n", b"", b"OK 1", b"OK 1111111111111111111111111111111111111\n"] {
            assert!(answered_with(line).await.is_err());
        }
    }

    #[tokio::test]
    async fn replaces_a_dead_socket_and_not_a_live_one() {
        let directory = tempfile::tempdir().unwrap();
        let address = EnclaveAddress::Unix { path: directory.path().join("e"), port: 1 };
        std::os::unix::net::UnixListener::bind(directory.path().join("e_7")).map(drop).unwrap();
        let first = Listener::bind(&address, 7).unwrap();
        assert_eq!(Listener::bind(&address, 7).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(first);
        Listener::bind(&address, 7).unwrap();
    }
}
