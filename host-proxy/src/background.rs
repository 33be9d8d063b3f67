//! What nobody asks for: configuring a fresh enclave, handing it the checkpoint, ticking, and knowing its phase.
//!
//! Nothing is remembered about an enclave but its last status: one that restarted says so in its next status, and is configured again.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use protocol::message::{Answer, HostRequest, Phase, Problem};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::link::{ConverseError, Enclave};
use crate::status::Snapshot;

/// The longest pause between two looks at the status.
const STATUS: Duration = Duration::from_secs(1);
/// The pause after a step on the way to serving: the next one may be due.
const AGAIN: Duration = Duration::from_millis(50);
/// The pause while nothing listens: an enclave that starts is found soon, and knocking on a local socket costs nothing.
const KNOCK: Duration = Duration::from_millis(50);
/// The longest pause after another failure.
const BACK_OFF: Duration = Duration::from_secs(5);
/// A signed checkpoint is a few signatures long.
const CHECKPOINT: u64 = 64 << 10;

/// The background work for one enclave.
#[derive(Debug)]
pub(crate) struct Background {
    pub(crate) enclave: Arc<Enclave>,
    pub(crate) constitution: Vec<u8>,
    pub(crate) settings: Vec<u8>,
    pub(crate) checkpoint: Option<PathBuf>,
    pub(crate) tick: Duration,
    pub(crate) status: watch::Sender<Option<Snapshot>>,
}

impl Background {
    /// Works until dropped. Status, ticks, upkeep and the watch run beside each other: a long tick must not hide the phase, a slow token
    /// endpoint no head, and a platform that is only looked at no refresh.
    pub(crate) async fn run(self) {
        let (upkeep, watch) = (HostRequest::Upkeep, HostRequest::Watch);
        tokio::join!(self.follow(), self.ticks(), self.while_due("upkeep", &upkeep), self.while_due("watch", &watch));
    }

    /// Lets the enclave do what is due, one connection, or one store, after the other. When that is, it knows by itself.
    async fn while_due(&self, kind: &'static str, request: &HostRequest) {
        let mut status = self.status.subscribe();
        let serving = |last: &Option<Snapshot>| last.as_ref().is_some_and(|last| last.status.phase == Phase::Serving);
        while status.wait_for(serving).await.is_ok() {
            let pause = match self.say(kind, request.clone()).await {
                Some(Answer::Kept { due }) if due > 0 => AGAIN,
                _ => self.tick.max(STATUS),
            };
            sleep(pause).await;
        }
    }

    async fn follow(&self) {
        let mut refused = None;
        let mut pause = self.tick.min(STATUS);
        let mut reachable = false;
        loop {
            match self.enclave.converse(HostRequest::Status).await {
                Ok(Answer::Status(status)) => {
                    let phase = status.phase;
                    if !reachable {
                        tracing::info!(?phase, "enclave answers");
                    } else if self.status.borrow().as_ref().is_some_and(|last| last.status.phase != phase) {
                        tracing::info!(?phase, "phase");
                    }
                    reachable = true;
                    self.status.send_replace(Some(Snapshot { status, at: Instant::now() }));
                    let went_on = match phase {
                        Phase::WaitingForConstitution => self.configure().await,
                        Phase::WaitingForCheckpoint => self.give_checkpoint(&mut refused).await,
                        Phase::WaitingForShares | Phase::Syncing | Phase::Serving => false,
                    };
                    pause = if went_on { AGAIN } else { self.tick.min(STATUS) };
                }
                other => {
                    if reachable {
                        tracing::warn!("enclave does not answer");
                    }
                    let nobody = matches!(other, Err(ConverseError::Connect(_)));
                    if let Ok(answer) = other {
                        tracing::warn!(?answer, "status was answered with something else");
                    }
                    reachable = false;
                    pause = if nobody { KNOCK } else { (pause.max(KNOCK) * 2).min(BACK_OFF) };
                }
            }
            sleep(pause).await;
        }
    }

    async fn configure(&self) -> bool {
        let request = HostRequest::Configure { constitution: self.constitution.clone(), settings: self.settings.clone() };
        matches!(self.say("configure", request).await, Some(Answer::Done))
    }

    /// Gives the checkpoint in the file, unless just these bytes were refused already.
    async fn give_checkpoint(&self, refused: &mut Option<Vec<u8>>) -> bool {
        let Some(path) = &self.checkpoint else { return false };
        let signed = match read(path).await {
            Ok(signed) => signed,
            Err(error) => {
                tracing::warn!(%error, "checkpoint file can't be read");
                return false;
            }
        };
        if refused.as_ref() == Some(&signed) {
            return false;
        }
        let request = HostRequest::Checkpoint { signed: signed.clone() };
        let answer = self.say("checkpoint", request).await;
        if answer == Some(Answer::Problem(Problem::Checkpoint)) {
            *refused = Some(signed);
        }
        matches!(answer, Some(Answer::Done))
    }

    async fn ticks(&self) {
        let mut status = self.status.subscribe();
        let configured =
            |last: &Option<Snapshot>| last.as_ref().is_some_and(|last| last.status.phase != Phase::WaitingForConstitution);
        while status.wait_for(configured).await.is_ok() {
            self.say("tick", HostRequest::Tick).await;
            sleep(self.tick).await;
        }
    }

    async fn say(&self, kind: &'static str, request: HostRequest) -> Option<Answer> {
        match self.enclave.converse(request).await {
            Ok(Answer::Problem(problem)) => {
                // A tick has nothing to do in some phases.
                if !matches!(kind, "tick" | "upkeep" | "watch") || problem != Problem::Phase {
                    tracing::warn!(kind, %problem, "enclave refused");
                }
                Some(Answer::Problem(problem))
            }
            Ok(answer) => Some(answer),
            // Following the status says so already, once.
            Err(ConverseError::Connect(_)) => None,
            Err(error) => {
                tracing::warn!(kind, %error, "conversation failed");
                None
            }
        }
    }
}

async fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    use tokio::io::AsyncReadExt;

    let mut bytes = Vec::new();
    tokio::fs::File::open(path).await?.take(CHECKPOINT + 1).read_to_end(&mut bytes).await?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= CHECKPOINT) {
        Ok(bytes)
    } else {
        Err(std::io::ErrorKind::FileTooLarge.into())
    }
}
