//! One conversation with the enclave: a request, what it needs, its answer; bounded in time, rounds and bytes.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::frame::{self, FrameError};
use protocol::limits;
use protocol::message::{Answer, HostRequest, Reply};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::config::EnclaveAddress;
use crate::hooks::{Hooks, Points, need_name};
use crate::metrics::Metrics;
use crate::supply::Supplier;
use crate::transport::Transport;

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// To connect, or to hand over one frame.
    pub(crate) step: Duration,
    /// For the enclave to say the next thing: it may be talking to a platform meanwhile.
    pub(crate) reply: Duration,
    /// For a whole conversation.
    pub(crate) conversation: Duration,
    /// For a whole tick: it may catch up months of updates or read a long ledger.
    pub(crate) tick: Duration,
}

impl Patience {
    pub(crate) const DEFAULT: Self = Self {
        step: Duration::from_secs(5),
        reply: Duration::from_mins(1),
        conversation: Duration::from_mins(2),
        tick: Duration::from_mins(30),
    };
}

/// Needs that one conversation may have.
const ROUNDS: usize = 256;
/// Needs that one tick may have: it reads the ledger 64 entries at a time.
const TICK_ROUNDS: usize = 1 << 20;
/// Conversations for callers at once.
pub(crate) const CONVERSATIONS: usize = 64;

/// Why a conversation gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConverseError {
    /// Nothing listens, or it does not speak the handshake.
    #[error("enclave can't be reached: {0}")]
    Connect(io::Error),
    /// The connection broke.
    #[error("connection to the enclave broke: {0}")]
    Broken(io::Error),
    /// What came is not a message of this version.
    #[error("enclave sent what is not a message: {0}")]
    Frame(#[from] FrameError),
    /// Our own message is too large for a frame.
    #[error("message is too large for a frame")]
    TooLarge,
    /// It took too long.
    #[error("enclave took too long")]
    Timeout,
    /// It needed too much.
    #[error("enclave had too many needs")]
    Rounds,
    /// Too many conversations at once.
    #[error("too many conversations at once")]
    Busy,
}

impl ConverseError {
    /// What metrics call it.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Connect(_) => "unreachable",
            Self::Broken(_) => "broken",
            Self::Frame(_) => "protocol",
            Self::TooLarge => "too_large",
            Self::Timeout => "timeout",
            Self::Rounds => "rounds",
            Self::Busy => "busy",
        }
    }
}

/// The enclave, as seen from here.
#[derive(Debug)]
pub(crate) struct Enclave {
    address: EnclaveAddress,
    supplier: Supplier,
    hooks: Hooks,
    metrics: Arc<Metrics>,
    patience: Patience,
    /// One permit per conversation that a caller started.
    slots: Arc<Semaphore>,
}

impl Enclave {
    pub(crate) fn new(
        address: EnclaveAddress,
        supplier: Supplier,
        hooks: Hooks,
        metrics: Arc<Metrics>,
        patience: Patience,
    ) -> Self {
        Self { address, supplier, hooks, metrics, patience, slots: Arc::new(Semaphore::new(CONVERSATIONS)) }
    }

    /// A conversation for a caller. It goes on to its end even if the caller goes away: an intent deserves its outcome.
    pub(crate) async fn serve(self: &Arc<Self>, request: HostRequest) -> Result<Answer, ConverseError> {
        let slot = Arc::clone(&self.slots).try_acquire_owned().map_err(|_| ConverseError::Busy)?;
        let enclave = Arc::clone(self);
        let conversation = tokio::spawn(async move {
            let answer = enclave.converse(request).await;
            drop(slot);
            answer
        });
        conversation.await.unwrap_or_else(|error| Err(ConverseError::Broken(io::Error::other(error))))
    }

    /// Waits until no caller's conversation is under way, and starts no more.
    pub(crate) async fn drain(&self) {
        let all = u32::try_from(CONVERSATIONS).unwrap_or(u32::MAX);
        if let Ok(permits) = self.slots.acquire_many(all).await {
            permits.forget();
        }
        self.slots.close();
    }

    /// A conversation.
    pub(crate) async fn converse(&self, request: HostRequest) -> Result<Answer, ConverseError> {
        let points = Points::of(&request);
        let (total, rounds) = match request {
            HostRequest::Tick => (self.patience.tick, TICK_ROUNDS),
            _ => (self.patience.conversation, ROUNDS),
        };
        let started = Instant::now();
        let result = timeout(total, self.talk(points, request, rounds)).await.unwrap_or(Err(ConverseError::Timeout));
        let outcome = match &result {
            Ok(Answer::Problem(_)) => "problem",
            Ok(_) => "ok",
            Err(error) => error.name(),
        };
        self.metrics.conversation(points.kind, outcome, started.elapsed());
        if let Err(error) = &result {
            tracing::debug!(kind = points.kind, %error, "conversation failed");
        }
        result
    }

    async fn talk(&self, points: &'static Points, request: HostRequest, rounds: usize) -> Result<Answer, ConverseError> {
        let message = frame::encode_message(request, limits::HOST_FRAME).map_err(|_| ConverseError::TooLarge)?;
        self.hooks.at(points.connect);
        let mut stream = timeout(self.patience.step, Transport::connect(&self.address))
            .await
            .map_err(|_| ConverseError::Timeout)?
            .map_err(ConverseError::Connect)?;
        self.hooks.at(points.connected);
        self.send(&mut stream, &message).await?;
        drop(message);
        self.hooks.at(points.sent);
        for _ in 0..rounds {
            let need = match self.receive(&mut stream).await? {
                Reply::Answer(answer) => {
                    self.hooks.at(points.answered);
                    return Ok(answer);
                }
                Reply::Need(need) => need,
            };
            let (name, (before, after)) = (need_name(&need), points.need(&need));
            self.hooks.at(before);
            let started = Instant::now();
            let (supply, supplied) = self.supplier.supply_frame(need).await;
            self.metrics.need(name, supplied);
            tracing::debug!(kind = points.kind, need = name, supplied, ms = started.elapsed().as_millis(), "supplied a need");
            self.hooks.at(after);
            self.send(&mut stream, &supply).await?;
            self.hooks.at(points.supplied);
        }
        Err(ConverseError::Rounds)
    }

    async fn send(&self, stream: &mut Transport, message: &[u8]) -> Result<(), ConverseError> {
        timeout(self.patience.step, stream.write_all(message))
            .await
            .map_err(|_| ConverseError::Timeout)?
            .map_err(ConverseError::Broken)
    }

    async fn receive(&self, stream: &mut Transport) -> Result<Reply, ConverseError> {
        let mut header = [0; 4];
        timeout(self.patience.reply, stream.read_exact(&mut header))
            .await
            .map_err(|_| ConverseError::Timeout)?
            .map_err(ConverseError::Broken)?;
        let length = frame::length(header, limits::ENCLAVE_FRAME)?;
        let mut body = Vec::new();
        // Grows with what arrives: a length costs nothing until its bytes are here.
        let bounded = u64::try_from(length).unwrap_or(u64::MAX);
        timeout(self.patience.reply, (&mut *stream).take(bounded).read_to_end(&mut body))
            .await
            .map_err(|_| ConverseError::Timeout)?
            .map_err(ConverseError::Broken)?;
        if body.len() < length {
            return Err(ConverseError::Broken(io::ErrorKind::UnexpectedEof.into()));
        }
        Ok(frame::decode_message(&body, limits::ENCLAVE_FRAME)?)
    }
}
