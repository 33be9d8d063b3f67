//! What the vault is waiting for, in words.

use std::time::{Duration, Instant};

use protocol::constitution::{Constitution, Custody, Settings};
use protocol::message::{HeadStatus, Phase, Status};
use serde_json::{Value, json};

/// After this long without news, the last status says nothing any more.
const OLD: Duration = Duration::from_secs(15);
/// Entries beyond the anchor from which operators are told. The enclave does not stop for it.
const ANCHOR_LAG: u64 = 1_024;

/// The last status, and when it came.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) status: Status,
    pub(crate) at: Instant,
}

/// Bounds that readiness is judged by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    attested_age: u64,
    finalized_age: u64,
    shares: u8,
}

impl Bounds {
    pub(crate) fn new(constitution: &Constitution, settings: &Settings) -> Self {
        let Custody::Quorum { threshold, .. } = &constitution.custody;
        Self { attested_age: settings.attested_age, finalized_age: settings.finalized_age, shares: *threshold }
    }
}

/// Whether calls are served, and what is missing if not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Readiness {
    pub(crate) ready: bool,
    pub(crate) words: String,
}

/// Judges the last status at `now`.
pub(crate) fn readiness(snapshot: Option<&Snapshot>, bounds: &Bounds, now: Instant) -> Readiness {
    let not = |words: String| Readiness { ready: false, words };
    let Some(Snapshot { status, at }) = snapshot else { return not("enclave can't be reached".to_owned()) };
    let since = now.saturating_duration_since(*at);
    if since > OLD {
        return not(format!("enclave can't be reached for {} s", since.as_secs()));
    }
    let age = |head: &HeadStatus| head.age.saturating_add(since.as_secs());
    let words = match status.phase {
        Phase::WaitingForConstitution => "waiting for constitution".to_owned(),
        Phase::WaitingForCheckpoint => "waiting for checkpoint".to_owned(),
        Phase::WaitingForShares => format!("waiting for shares 0 of {}", bounds.shares),
        Phase::Syncing => match status.attested.as_ref().or(status.finalized.as_ref()) {
            Some(head) => format!("syncing: head {} s old", age(head)),
            None => "syncing: no head yet".to_owned(),
        },
        Phase::Serving => match (&status.attested, &status.finalized) {
            (Some(head), _) if age(head) > bounds.attested_age => format!("attested head {} s old", age(head)),
            (_, Some(head)) if age(head) > bounds.finalized_age => format!("finalized head {} s old", age(head)),
            (Some(_), Some(_)) => return Readiness { ready: true, words: format!("ready{}", anchor(status)) },
            _ => "no head yet".to_owned(),
        },
    };
    match status.problem {
        Some(problem) => not(format!("{words} ({problem})")),
        None => not(words),
    }
}

fn anchor(status: &Status) -> String {
    let behind = match (status.ledger_size, status.anchored_size) {
        (Some(size), Some(anchored)) => size.saturating_sub(anchored),
        _ => 0,
    };
    if behind > ANCHOR_LAG { format!(", anchor {behind} entries behind") } else { String::new() }
}

/// The status as JSON.
pub(crate) fn json(status: &Status, readiness: &Readiness) -> Value {
    let head = |head: &Option<HeadStatus>| {
        head.map(|HeadStatus { slot, block_number, age }| json!({ "slot": slot, "block_number": block_number, "age": age }))
    };
    let Status { phase, vault_id, finalized, attested, ledger_size, anchored_size, problem, touched: _ } = status;
    json!({
        "ready": readiness.ready,
        "words": readiness.words,
        "phase": match phase {
            Phase::WaitingForConstitution => "waiting_for_constitution",
            Phase::WaitingForCheckpoint => "waiting_for_checkpoint",
            Phase::WaitingForShares => "waiting_for_shares",
            Phase::Syncing => "syncing",
            Phase::Serving => "serving",
        },
        "vault_id": vault_id.map(|id| format!("0x{}", hex::encode(*id))),
        "finalized": head(finalized),
        "attested": head(attested),
        "ledger_size": ledger_size,
        "anchored_size": anchored_size,
        "problem": problem.map(|problem| problem.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::message::Problem;

    const BOUNDS: Bounds = Bounds { attested_age: 120, finalized_age: 3_600, shares: 1 };

    fn serving() -> Status {
        Status {
            phase: Phase::Serving,
            vault_id: None,
            finalized: Some(HeadStatus { slot: 1, block_number: 1, age: 900 }),
            attested: Some(HeadStatus { slot: 60, block_number: 60, age: 12 }),
            ledger_size: Some(3),
            anchored_size: Some(1),
            problem: None,
            touched: vec![],
        }
    }

    fn words(status: Status, since: u64) -> (bool, String) {
        let at = Instant::now();
        let Readiness { ready, words } = readiness(Some(&Snapshot { status, at }), &BOUNDS, at + Duration::from_secs(since));
        (ready, words)
    }

    #[test]
    fn is_ready_only_when_serving_with_fresh_heads() {
        assert_eq!(words(serving(), 0), (true, "ready".to_owned()));
        let old = HeadStatus { slot: 1, block_number: 1, age: 115 };
        assert_eq!(words(Status { attested: Some(old), ..serving() }, 5), (true, "ready".to_owned()));
        assert_eq!(words(Status { attested: Some(old), ..serving() }, 6), (false, "attested head 121 s old".to_owned()));
        let old = HeadStatus { age: 3_601, ..old };
        assert_eq!(words(Status { finalized: Some(old), ..serving() }, 0), (false, "finalized head 3601 s old".to_owned()));
        assert_eq!(words(Status { attested: None, ..serving() }, 0), (false, "no head yet".to_owned()));
        assert_eq!(words(serving(), 16), (false, "enclave can't be reached for 16 s".to_owned()));
    }

    #[test]
    fn names_what_it_waits_for() {
        for (phase, expected) in [
            (Phase::WaitingForConstitution, "waiting for constitution"),
            (Phase::WaitingForCheckpoint, "waiting for checkpoint"),
            (Phase::WaitingForShares, "waiting for shares 0 of 1"),
            (Phase::Syncing, "syncing: head 12 s old"),
        ] {
            assert_eq!(words(Status { phase, ..serving() }, 0), (false, expected.to_owned()));
        }
        let stuck =
            Status { phase: Phase::Syncing, attested: None, finalized: None, problem: Some(Problem::Supply), ..serving() };
        assert_eq!(words(stuck, 0), (false, "syncing: no head yet (the host's answer does not verify)".to_owned()));
        assert_eq!(readiness(None, &BOUNDS, Instant::now()).words, "enclave can't be reached");
        assert_eq!(
            words(Status { ledger_size: Some(1_026), ..serving() }, 0),
            (true, "ready, anchor 1025 entries behind".to_owned())
        );
    }
}
