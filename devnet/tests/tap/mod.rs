//! Forwarders that stand between two parties and keep every byte that passes.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

/// One direction of one connection.
type Flow = Arc<Mutex<Vec<u8>>>;

/// What passed, whole flows apart from each other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<(&'static str, Flow)>>>);

impl Recorder {
    fn flow(&self, name: &'static str) -> Flow {
        let flow = Flow::default();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((name, Arc::clone(&flow)));
        flow
    }

    /// Every flow so far, oldest first.
    pub(crate) fn flows(&self) -> Vec<(&'static str, Vec<u8>)> {
        let flows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        flows.iter().map(|(name, flow)| (*name, flow.lock().unwrap_or_else(PoisonError::into_inner).clone())).collect()
    }

    /// Listens at a Unix socket for connections to another.
    #[allow(dead_code, reason = "each test uses what it needs")]
    pub(crate) fn unix(&self, names: [&'static str; 2], from: &Path, to: PathBuf) -> Result<()> {
        let _ = std::fs::remove_file(from);
        let listener = UnixListener::bind(from)?;
        let recorder = self.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if let Ok(far) = UnixStream::connect(&to).await {
                    recorder.join(names, near, far);
                }
            }
        });
        Ok(())
    }

    /// Listens at any port for connections to an address.
    pub(crate) async fn tcp(&self, names: [&'static str; 2], to: SocketAddr) -> Result<SocketAddr> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let recorder = self.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if let Ok(far) = TcpStream::connect(to).await {
                    recorder.join(names, near, far);
                }
            }
        });
        Ok(address)
    }

    fn join<A, B>(&self, [out, back]: [&'static str; 2], near: A, far: B)
    where
        A: AsyncRead + AsyncWrite + Send + 'static,
        B: AsyncRead + AsyncWrite + Send + 'static,
    {
        let ((near_read, near_write), (far_read, far_write)) = (tokio::io::split(near), tokio::io::split(far));
        tokio::spawn(copy(near_read, far_write, self.flow(out)));
        tokio::spawn(copy(far_read, near_write, self.flow(back)));
    }
}

async fn copy(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, flow: Flow) {
    let mut buffer = vec![0; 16 << 10];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        flow.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(&buffer[..count]);
        if to.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
    // The end of one direction is told to the other side; a process that was killed ends both.
    let _ = to.shutdown().await;
}

/// Makes callers of the vault in `dir` go through `address`.
pub(crate) fn call_through(dir: &Path, address: SocketAddr) -> Result<()> {
    let path = dir.join("vault.json");
    let mut file: serde_json::Value = serde_json::from_slice(&std::fs::read(&path)?)?;
    file["url"] = format!("http://{address}").into();
    Ok(std::fs::write(path, file.to_string())?)
}
