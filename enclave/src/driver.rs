//! Runs one conversation of the vault: takes its needs to the host, to the security module and to the platform.

use std::io;
use std::time::Duration;

use protocol::message::{Answer, HostRequest, Problem, Reply, Supply};
use tokio::sync::Notify;
use vault::{Egressed, Input, Local, Step};

use crate::egress;
use crate::observer::Point;
use crate::server::{Enclave, read, write};
use crate::transport::Stream;

/// Another look at whose turn it is, at the latest.
const TURN: Duration = Duration::from_millis(5);
/// Steps of one conversation, waiting for a turn included.
const STEPS: usize = 20_000;
/// Milliseconds of one pause, at most: the clock is looked at again.
const PAUSE: u64 = 5_000;
/// A conversation's whole life.
const LIFE: Duration = Duration::from_mins(2);
/// Registers of the constitution and of the settings.
const CONSTITUTION: u16 = 16;
const SETTINGS: u16 = 17;

/// Until the answer. An error is a host that is gone.
pub(crate) async fn run(
    enclave: &Enclave,
    stream: &mut Stream,
    request: HostRequest,
    kind: &'static str,
    moved: &Notify,
) -> io::Result<Answer> {
    match tokio::time::timeout(LIFE, steps(enclave, stream, request, kind, moved)).await {
        Ok(answer) => answer,
        Err(_) => Ok(Answer::Problem(Problem::Busy)),
    }
}

async fn steps(
    enclave: &Enclave,
    stream: &mut Stream,
    request: HostRequest,
    kind: &'static str,
    moved: &Notify,
) -> io::Result<Answer> {
    let at = |point| enclave.config.observer.at(kind, point);
    let mut conversation = enclave.vault.converse(request);
    let mut input = Input::Again;
    at(Point::Asked);
    for _ in 0..STEPS {
        let step = conversation.resume(input, enclave.clock.now_ms(), enclave.entropy.seed());
        // Those who wait would only wake each other.
        if !matches!(step, Step::Wait) {
            moved.notify_waiters();
        }
        input = match step {
            Step::Done(answer) => {
                at(Point::Answering);
                return Ok(*answer);
            }
            Step::Wait => {
                let _ = tokio::time::timeout(TURN, moved.notified()).await;
                Input::Again
            }
            Step::Need(need) => {
                at(Point::Needs);
                write(stream, Reply::Need(need)).await?;
                at(Point::Needed);
                let Some(supply) = read::<Supply>(stream).await? else { return Ok(Answer::Problem(Problem::Malformed)) };
                at(Point::Supplied);
                Input::Supply(supply)
            }
            Step::Local(Local::Attest { user_data, public_key, nonce }) => {
                at(Point::Module);
                Input::Document(enclave.nsm.attest(&user_data, &public_key, &nonce).ok())
            }
            Step::Local(Local::Measure { constitution, settings }) => {
                at(Point::Module);
                let extended = enclave
                    .nsm
                    .extend_and_lock(CONSTITUTION, &constitution)
                    .and_then(|()| enclave.nsm.extend_and_lock(SETTINGS, &settings));
                Input::Measured(extended.is_ok())
            }
            Step::Local(Local::Pause { until }) => {
                let left = until.saturating_sub(enclave.clock.now_ms());
                tokio::time::sleep(Duration::from_millis(left.clamp(1, PAUSE))).await;
                Input::Again
            }
            Step::Local(Local::Egress(request)) => {
                at(Point::Sending);
                let egressed: Egressed = egress::send(enclave, request, &at).await;
                at(Point::Sent);
                Input::Egressed(egressed)
            }
        };
    }
    Ok(Answer::Problem(Problem::Busy))
}

/// What observers call a request.
pub(crate) const fn kind(request: &HostRequest) -> &'static str {
    match request {
        HostRequest::Configure { .. } => "configure",
        HostRequest::Checkpoint { .. } => "checkpoint",
        HostRequest::Attest { .. } => "attest",
        HostRequest::Genesis => "genesis",
        HostRequest::Unlock { .. } => "unlock",
        HostRequest::Tick => "tick",
        HostRequest::Call { .. } => "call",
        HostRequest::Status => "status",
        HostRequest::Anchor => "anchor",
        HostRequest::Upkeep => "upkeep",
        HostRequest::Watch => "watch",
    }
}
