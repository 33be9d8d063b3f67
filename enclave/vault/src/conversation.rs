//! One conversation as a coroutine that is resumed by hand.
//!
//! The stages of a conversation are an `async` function, so that the order of its steps is the order of its lines. Nothing here waits
//! for anything: the function is polled with a waker that does nothing, and is pending exactly when it has said what it needs.

use core::fmt;
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use protocol::http;
use protocol::message::{Answer, Need, Problem, Supply};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// What a conversation asks of whoever runs it.
#[derive(Debug)]
pub enum Step {
    /// The host has to supply this.
    Need(Need),
    /// The enclave has to do this.
    Local(Local),
    /// Another conversation has the turn; resume with [`Input::Again`] a little later.
    Wait,
    /// It is over.
    Done(Box<Answer>),
}

/// Work for the enclave around the vault.
#[derive(Debug)]
pub enum Local {
    /// Ask the security module for an attestation document.
    Attest {
        /// At most 512 bytes.
        user_data: Vec<u8>,
        /// At most 1,024 bytes.
        public_key: Vec<u8>,
        /// At most [`protocol::limits::NONCE`] bytes.
        nonce: Vec<u8>,
    },
    /// Extend PCR16 and PCR17 and lock them.
    Measure {
        /// The constitution's digest.
        constitution: [u8; 32],
        /// The settings' digest.
        settings: [u8; 32],
    },
    /// Send one HTTP request over TLS.
    Egress(Egress),
    /// Let time go by, and resume with [`Input::Again`].
    Pause {
        /// Unix milliseconds, by the clock that the conversation is resumed with.
        until: u64,
    },
}

/// One HTTP request, credential and all. `Debug` shows where it goes and nothing else.
pub struct Egress {
    /// What to send, and where: port 443 of its host, which is also the name that the certificate must carry.
    pub request: http::Request,
    /// Unix milliseconds: no byte of the request may be sent at or after this.
    pub send_before: u64,
}

impl fmt::Debug for Egress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Egress").field("host", &self.request.authority).finish_non_exhaustive()
    }
}

/// How an [`Egress`] ended.
#[derive(Debug)]
pub enum Egressed {
    /// The platform answered, within the limits.
    Response(http::Response),
    /// No credential-bearing byte was sent.
    NotSent,
    /// The request may have reached the platform; there is no usable answer.
    Unknown,
}

/// What a conversation is resumed with.
#[derive(Debug)]
pub enum Input {
    /// The first time, after [`Step::Wait`] and after [`Local::Pause`].
    Again,
    /// For [`Step::Need`].
    Supply(Supply),
    /// For [`Local::Attest`].
    Document(Option<Vec<u8>>),
    /// For [`Local::Measure`]: whether both registers were extended and locked.
    Measured(bool),
    /// For [`Local::Egress`].
    Egressed(Egressed),
}

/// Why a conversation can't go on. Becomes [`Answer::Problem`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop(pub Problem);

impl From<Problem> for Stop {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

type Job = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// A conversation under way.
pub struct Conversation {
    job: Option<Job>,
    io: Io,
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation").field("over", &self.job.is_none()).finish_non_exhaustive()
    }
}

impl Conversation {
    pub(crate) fn new<F>(start: impl FnOnce(Io) -> F) -> Self
    where
        F: Future<Output = Answer> + Send + 'static,
    {
        let io = Io(Arc::new(Mutex::new(Slot { said: None, given: None, now: 0, rng: ChaCha20Rng::from_seed([0; 32]) })));
        Self { job: Some(Box::pin(start(io.clone()))), io }
    }

    /// Goes on until the next step. `now` is unix milliseconds, `entropy` is fresh for every call.
    pub fn resume(&mut self, input: Input, now: u64, entropy: [u8; 32]) -> Step {
        let Some(job) = self.job.as_mut() else { return Step::Done(Box::new(Answer::Problem(Problem::Malformed))) };
        {
            let mut slot = self.io.slot();
            slot.now = now;
            slot.rng = ChaCha20Rng::from_seed(entropy);
            slot.given = Some(input);
        }
        match job.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => {
                self.job = None;
                Step::Done(Box::new(answer))
            }
            Poll::Pending => self.io.slot().said.take().unwrap_or(Step::Wait),
        }
    }
}

struct Slot {
    said: Option<Step>,
    given: Option<Input>,
    now: u64,
    rng: ChaCha20Rng,
}

/// A conversation's way to say what it needs.
#[derive(Clone)]
pub(crate) struct Io(Arc<Mutex<Slot>>);

impl Io {
    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Unix milliseconds at the last resume.
    pub(crate) fn now(&self) -> u64 {
        self.slot().now
    }

    /// Lends the generator that the last resume seeded.
    pub(crate) fn rng<R>(&self, draw: impl FnOnce(&mut ChaCha20Rng) -> R) -> R {
        draw(&mut self.slot().rng)
    }

    async fn exchange(&self, step: Step) -> Input {
        let mut step = Some(step);
        poll_fn(|_| {
            let mut slot = self.slot();
            match step.take() {
                Some(step) => {
                    slot.said = Some(step);
                    slot.given = None;
                    Poll::Pending
                }
                None => slot.given.take().map_or(Poll::Pending, Poll::Ready),
            }
        })
        .await
    }

    /// Asks the host.
    pub(crate) async fn need(&self, need: Need) -> Result<Supply, Stop> {
        match self.exchange(Step::Need(need)).await {
            Input::Supply(Supply::Unavailable) => Err(Stop(Problem::Supply)),
            Input::Supply(supply) => Ok(supply),
            Input::Again | Input::Document(_) | Input::Measured(_) | Input::Egressed(_) => Err(Stop(Problem::Malformed)),
        }
    }

    /// Asks the security module for a document.
    pub(crate) async fn attest(&self, user_data: Vec<u8>, public_key: Vec<u8>, nonce: Vec<u8>) -> Result<Vec<u8>, Stop> {
        match self.exchange(Step::Local(Local::Attest { user_data, public_key, nonce })).await {
            Input::Document(Some(document)) => Ok(document),
            _ => Err(Stop(Problem::Nsm)),
        }
    }

    /// Extends and locks PCR16 and PCR17.
    pub(crate) async fn measure(&self, constitution: [u8; 32], settings: [u8; 32]) -> Result<(), Stop> {
        match self.exchange(Step::Local(Local::Measure { constitution, settings })).await {
            Input::Measured(true) => Ok(()),
            _ => Err(Stop(Problem::Nsm)),
        }
    }

    /// Sends one request.
    pub(crate) async fn egress(&self, egress: Egress) -> Egressed {
        match self.exchange(Step::Local(Local::Egress(egress))).await {
            Input::Egressed(egressed) => egressed,
            _ => Egressed::Unknown,
        }
    }

    /// Lets time go by. An early wake is no end of it.
    pub(crate) async fn pause(&self, until: u64) {
        while self.now() < until {
            self.exchange(Step::Local(Local::Pause { until })).await;
        }
    }

    /// Lets others go first.
    pub(crate) async fn wait(&self) {
        self.exchange(Step::Wait).await;
    }
}
