//! Accepting connections: a bounded number at once, one conversation each, every read and write with a deadline.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use protocol::message::{Answer, HostRequest, Problem, Reply};
use protocol::{frame, limits};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Notify, Semaphore};
use vault::Vault;

use crate::boot::Config;
use crate::clock::Clock;
use crate::driver;
use crate::egress::Tls;
use crate::entropy::Entropy;
use crate::nsm::Nsm;
use crate::observer::Point;
use crate::transport::{Listener, Stream};

/// Connections at once. Each may hold one frame.
const CONNECTIONS: usize = 256;
/// A peer that says nothing for so long has left.
const PATIENCE: Duration = Duration::from_secs(20);
/// Pause after a failure to accept, which may be a lack of descriptors.
const BREATH: Duration = Duration::from_millis(50);

/// Everything a conversation needs.
pub(crate) struct Enclave {
    pub(crate) vault: Vault,
    pub(crate) nsm: Arc<dyn Nsm>,
    pub(crate) entropy: Entropy,
    pub(crate) clock: Clock,
    pub(crate) tls: Tls,
    pub(crate) config: Config,
}

/// Accepts for ever.
pub(crate) async fn serve(enclave: &Arc<Enclave>, listener: &Listener) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let moved = Arc::new(Notify::new());
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return Ok(()) };
        let Ok(stream) = listener.accept().await else {
            tokio::time::sleep(BREATH).await;
            continue;
        };
        let (enclave, moved) = (Arc::clone(enclave), Arc::clone(&moved));
        tokio::spawn(async move {
            let _place = place;
            // Whatever ends a conversation early ends it alone.
            let _ = conversation(&enclave, stream, &moved).await;
            moved.notify_waiters();
        });
    }
}

async fn conversation(enclave: &Enclave, stream: Stream, moved: &Notify) -> io::Result<()> {
    let mut stream = timed(enclave.config.listen.welcome(stream)).await?;
    match read::<HostRequest>(&mut stream).await? {
        Some(request) => {
            let kind = driver::kind(&request);
            let answer = driver::run(enclave, &mut stream, request, kind, moved).await?;
            write(&mut stream, Reply::Answer(answer)).await?;
            enclave.config.observer.at(kind, Point::Answered);
        }
        None => write(&mut stream, Reply::Answer(Answer::Problem(Problem::Malformed))).await?,
    }
    timed(stream.shutdown()).await
}

/// Reads a frame. `None` is a frame that could be told apart but not be read; an error is a peer that is gone or can't frame.
pub(crate) async fn read<T>(stream: &mut Stream) -> io::Result<Option<T>>
where
    T: for<'b> minicbor::Decode<'b, ()> + minicbor::Encode<()>,
{
    let mut header = [0; 4];
    timed(stream.read_exact(&mut header)).await?;
    let Ok(length) = frame::length(header, limits::HOST_FRAME) else { return Ok(None) };
    let mut body = Vec::new();
    // Memory follows what arrives, not what was announced.
    timed(stream.take(u64::try_from(length).unwrap_or(0)).read_to_end(&mut body)).await?;
    if body.len() != length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(frame::decode_message(&body, limits::HOST_FRAME).ok())
}

pub(crate) async fn write(stream: &mut Stream, reply: Reply) -> io::Result<()> {
    let frame = frame::encode_message(reply, limits::ENCLAVE_FRAME).map_err(|_| io::ErrorKind::InvalidData)?;
    timed(stream.write_all(&frame)).await
}

async fn timed<T>(work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    tokio::time::timeout(PATIENCE, work).await.map_err(|_| io::ErrorKind::TimedOut)?
}
