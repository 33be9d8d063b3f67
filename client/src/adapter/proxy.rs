//! The proxy's door: CONNECT with the password of this run, then TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::ServerConfig;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Bytes of a CONNECT request, at most.
const HEAD: usize = 8 << 10;
/// For CONNECT, and for the handshake.
const PATIENCE: Duration = Duration::from_secs(10);
/// After a failed accept (no file descriptors), before the next.
const PAUSE: Duration = Duration::from_millis(100);
/// Connections on their way in at once.
const AT_ONCE: usize = 64;
const OK: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";
const NOT_A_PROXY_REQUEST: &[u8] = b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
const NO_PASSWORD: &[u8] = b"HTTP/1.1 407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"pst-vault\"\r\n\
    content-length: 0\r\nconnection: close\r\n\r\n";

/// User of the proxy; any other is refused like a wrong password.
pub(super) const USER: &str = "vault";

/// Connections behind CONNECT and TLS. Others of this machine, who do not know the password, get nowhere.
pub(super) struct Door {
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl Door {
    pub(super) fn open(listener: TcpListener, config: Arc<ServerConfig>, password: &str) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let expected: [u8; 32] = Sha256::digest(format!("Basic {}", STANDARD.encode(format!("{USER}:{password}")))).into();
        let acceptor = TlsAcceptor::from(config);
        let (done, ready) = mpsc::channel(16);
        tokio::spawn(async move {
            let slots = Arc::new(Semaphore::new(AT_ONCE));
            while !done.is_closed() {
                let Ok(slot) = Arc::clone(&slots).acquire_owned().await else { return };
                let Ok((stream, peer)) = listener.accept().await else {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                };
                let (done, acceptor) = (done.clone(), acceptor.clone());
                tokio::spawn(async move {
                    let _slot = slot;
                    if let Ok(Ok(stream)) = timeout(PATIENCE, connected(stream, &expected)).await
                        && let Ok(Ok(stream)) = timeout(PATIENCE, acceptor.accept(stream)).await
                    {
                        let _ = done.send((stream, peer)).await;
                    }
                });
            }
        });
        Ok(Self { ready, address })
    }
}

impl axum::serve::Listener for Door {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, SocketAddr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

async fn connected(mut stream: TcpStream, expected: &[u8; 32]) -> io::Result<TcpStream> {
    let head = head(&mut stream).await?;
    let answer = judged(&head, expected);
    stream.write_all(answer).await?;
    if answer == OK {
        return Ok(stream);
    }
    let _ = stream.shutdown().await;
    Err(io::ErrorKind::PermissionDenied.into())
}

/// Up to the empty line. Byte by byte, since what follows is TLS.
async fn head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.push(stream.read_u8().await?);
    }
    String::from_utf8(head).map_err(|_| io::ErrorKind::InvalidData.into())
}

fn judged(head: &str, expected: &[u8; 32]) -> &'static [u8] {
    let mut lines = head.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let connect = words.next() == Some("CONNECT") && words.next().is_some_and(|target| target.ends_with(":443"));
    if !connect {
        return NOT_A_PROXY_REQUEST;
    }
    let given = lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("proxy-authorization"));
    let given = given.map(|(_, value)| <[u8; 32]>::from(Sha256::digest(value.trim())));
    if given.as_ref() == Some(expected) { OK } else { NO_PASSWORD }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_does_not_know_the_password_or_asks_for_another_port_gets_nowhere() {
        let expected: [u8; 32] = Sha256::digest("Basic dmF1bHQ6cHc=").into();
        let ask = |line: &str, header: &str| judged(&format!("{line}\r\nHost: x\r\n{header}\r\n\r\n"), &expected);
        let (line, header) = ("CONNECT a.example:443 HTTP/1.1", "Proxy-Authorization: Basic dmF1bHQ6cHc=");
        assert_eq!(ask(line, header), OK);
        assert_eq!(ask(line, "proxy-authorization: Basic dmF1bHQ6cHc="), OK);
        assert_eq!(ask(line, "Proxy-Authorization: Basic dmF1bHQ6cHd="), NO_PASSWORD);
        assert_eq!(ask(line, ""), NO_PASSWORD);
        for line in ["CONNECT a.example:80 HTTP/1.1", "GET http://a.example/ HTTP/1.1", "GET / HTTP/1.1", "CONNECT"] {
            assert_eq!(ask(line, header), NOT_A_PROXY_REQUEST, "{line}");
        }
    }
}
