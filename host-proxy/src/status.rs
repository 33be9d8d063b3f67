//! What the vault is waiting for, in words.

use std::time::{Duration, Instant};

use protocol::constitution::{Constitution, Custody, Settings};
use protocol::head_conflict::{Claim, ConflictStatus, Disputed};
use protocol::message::{ConnectionsStatus, HeadStatus, Phase, Problem, ScheduledFork, Status};
use serde_json::{Value, json};

use crate::forks::{Unknown, unknown};
use crate::witness::Coverage;

/// After this long without news, the last status says nothing any more.
const OLD: Duration = Duration::from_secs(15);
/// Entries beyond the anchor from which operators are told. The enclave does not stop for it.
const ANCHOR_LAG: u64 = 1_024;

/// Seconds before a fork that the image does not know, from which operators are told: time to build, approve and roll out another.
const SCHEDULE: u64 = 30 * DAY;
const DAY: u64 = 86_400;
/// What to do about missing proofs.
const FLAGS: &str = "the execution nodes keep the state of too few blocks for eth_getProof. Until a block is final that the host has \
    proven itself, nothing helps but a node that keeps more: reth --rpc.eth-proof-window=1024, erigon \
    --prune.include-commitment-history, besu --bonsai-historical-block-limit=1024, geth --history.trienode=1024; the README says more";

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

/// One thing to know: a word for programs, and words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reason {
    pub(crate) code: &'static str,
    pub(crate) words: String,
}

/// Whether calls are served, and what is missing if not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Readiness {
    pub(crate) ready: bool,
    pub(crate) words: String,
    /// What is missing. Empty if ready.
    pub(crate) reasons: Vec<Reason>,
    /// What will be missing.
    pub(crate) warnings: Vec<Reason>,
}

impl Readiness {
    fn of(reasons: Vec<Reason>, warnings: Vec<Reason>) -> Self {
        let ready = reasons.is_empty();
        let said = if ready { &warnings } else { &reasons };
        let mut words: Vec<&str> = said.iter().map(|reason| reason.words.as_str()).collect();
        if ready {
            words.insert(0, "ready");
        }
        Self { ready, words: words.join(if ready { ", " } else { "; " }), reasons, warnings }
    }

    /// As JSON.
    pub(crate) fn json(&self) -> Value {
        json!({
            "ready": self.ready, "words": self.words, "reasons": list(&self.reasons), "warnings": list(&self.warnings),
        })
    }
}

/// Reasons as JSON.
pub(crate) fn list(reasons: &[Reason]) -> Value {
    reasons.iter().map(|Reason { code, words }| json!({ "code": code, "words": words })).collect()
}

/// Judges the last status at `now`. `announced` is what each beacon node says of its forks.
pub(crate) fn readiness(
    snapshot: Option<&Snapshot>,
    coverage: Option<&Coverage>,
    announced: &[Vec<ScheduledFork>],
    bounds: &Bounds,
    now: Instant,
) -> Readiness {
    let reason = |code, words: String| Reason { code, words };
    let unreachable = |words: String| Readiness::of(vec![reason("enclave_unreachable", words)], Vec::new());
    let Some(Snapshot { status, at }) = snapshot else { return unreachable("enclave can't be reached".to_owned()) };
    let since = now.saturating_duration_since(*at);
    if since > OLD {
        return unreachable(format!("enclave can't be reached for {} s", since.as_secs()));
    }
    if let Some(conflict) = &status.conflict {
        return Readiness::of(vec![reason("head_conflict", frozen(conflict))], warnings(status, coverage, announced));
    }
    let age = |head: &HeadStatus| head.age.saturating_add(since.as_secs());
    let mut reasons = Vec::new();
    let mut missing = |code, words| reasons.push(reason(code, words));
    match status.phase {
        Phase::WaitingForConstitution => missing("waiting_for_constitution", "waiting for constitution".to_owned()),
        Phase::WaitingForCheckpoint => missing("waiting_for_checkpoint", "waiting for checkpoint".to_owned()),
        Phase::WaitingForShares => missing("waiting_for_shares", format!("waiting for shares 0 of {}", bounds.shares)),
        Phase::Syncing => missing(
            "syncing",
            match status.attested.as_ref().or(status.finalized.as_ref()) {
                Some(head) => format!("syncing: head {} s old", age(head)),
                None => "syncing: no head yet".to_owned(),
            },
        ),
        Phase::Serving => {
            let (Some(attested), Some(finalized)) = (&status.attested, &status.finalized) else {
                missing("no_head", "no head yet".to_owned());
                return Readiness::of(reasons, Vec::new());
            };
            if age(attested) > bounds.attested_age {
                missing("attested_head_stale", format!("attested head {} s old", age(attested)));
            }
            if age(finalized) > bounds.finalized_age {
                missing("finalized_head_stale", format!("finalized head {} s old", age(finalized)));
            }
        }
    }
    let serving = status.phase == Phase::Serving;
    match coverage.filter(|coverage| coverage.lacking > 0) {
        Some(Coverage { block, lacking, .. }) if serving => {
            missing("no_proofs", format!("no proofs of {lacking} accounts at the finalized block {block}: {FLAGS}"));
        }
        _ if status.problem == Some(Problem::Unproven) => {
            missing("no_proofs", format!("no proofs at the finalized block: {FLAGS}"));
        }
        _ => {}
    }
    // A serving vault's problem is its last tick's; what that keeps from being fresh is named above.
    if let (Some(problem), Some(last)) = (status.problem.filter(|problem| *problem != Problem::Unproven), reasons.last_mut()) {
        last.words = format!("{} ({problem})", last.words);
    }
    Readiness::of(reasons, warnings(status, coverage, announced))
}

fn frozen(ConflictStatus { about, ours, theirs, entry }: &ConflictStatus) -> String {
    let what = match about {
        Disputed::Finality => "finalized heads",
        Disputed::NextCommittee => "next sync committees",
    };
    let claim = |Claim { slot, root }: &Claim| format!("0x{} at slot {slot}", hex::encode(**root));
    let entry = entry.map_or_else(|| "in no ledger entry yet".to_owned(), |entry| format!("ledger entry {entry} has both"));
    format!(
        "two conflicting {what} are signed: {}, which this vault believed, and {} ({entry}). It is frozen: nothing is decided until it \
         starts from a checkpoint after both",
        claim(ours),
        claim(theirs)
    )
}

fn warnings(status: &Status, coverage: Option<&Coverage>, announced: &[Vec<ScheduledFork>]) -> Vec<Reason> {
    let mut warnings = Vec::new();
    for Unknown { fork, nodes, left } in status.schedule.iter().flat_map(|schedule| unknown(schedule, announced, SCHEDULE)) {
        let ScheduledFork { version, epoch } = fork;
        let begins = match left / DAY {
            _ if left == 0 => "has begun".to_owned(),
            0 => "begins within a day".to_owned(),
            days => format!("begins in {days} days"),
        };
        let (version, of) = (hex::encode(*version), announced.len());
        let words = format!(
            "{nodes} of {of} beacon nodes announce a fork (version 0x{version}, epoch {epoch}) that {begins} and that this release does \
             not know: bring in the next release"
        );
        warnings.push(Reason { code: "fork_announced", words });
    }
    if let Some(left) = status.schedule_left.filter(|left| *left <= SCHEDULE) {
        let words = match left / DAY {
            _ if left == 0 => "a fork has begun that this release does not know: no head is accepted any more".to_owned(),
            0 => "a fork begins within a day that this release does not know: bring in the next release".to_owned(),
            days => format!("a fork begins in {days} days that this release does not know: bring in the next release"),
        };
        warnings.push(Reason { code: "fork_schedule_ends", words });
    }
    let behind = match (status.ledger_size, status.anchored_size) {
        (Some(size), Some(anchored)) => size.saturating_sub(anchored),
        _ => 0,
    };
    if behind > ANCHOR_LAG {
        warnings.push(Reason { code: "anchor_behind", words: format!("anchor {behind} entries behind") });
    }
    let ConnectionsStatus { reauthorize, tainted, rerouted, unread, failing, .. } = status.connections.unwrap_or_default();
    if reauthorize > 0 {
        let words = format!("{reauthorize} connections have to be authorised anew: pst-vault connection expiring");
        warnings.push(Reason { code: "reauthorization_required", words });
    }
    if failing > 0 {
        let words = format!("{failing} connections could not be refreshed for an hour: pst-vault connection expiring");
        warnings.push(Reason { code: "refresh_failing", words });
    }
    if tainted > 0 {
        let words = format!("{tainted} logins were released and not rotated since: pst-vault connection expiring");
        warnings.push(Reason { code: "login_tainted", words });
    }
    if rerouted > 0 {
        let words =
            format!("the money of {rerouted} stores goes elsewhere since less than seven days: pst-vault connection list");
        warnings.push(Reason { code: "routing_changed", words });
    }
    if unread > 0 {
        let words = format!("of {unread} stores it can't be read where their money goes: pst-vault connection list");
        warnings.push(Reason { code: "routing_unread", words });
    }
    if let Some(pending) = coverage.map(|coverage| coverage.pending).filter(|pending| *pending > 0) {
        let words = format!("{pending} accounts are proven from the next finality on");
        warnings.push(Reason { code: "proofs_pending", words });
    }
    warnings
}

/// The status as JSON.
pub(crate) fn json(status: &Status, readiness: &Readiness) -> Value {
    let head = |head: &Option<HeadStatus>| {
        head.map(|HeadStatus { slot, block_number, age, block_hash: _ }| {
            json!({ "slot": slot, "block_number": block_number, "age": age })
        })
    };
    let Status {
        phase,
        vault_id,
        finalized,
        attested,
        ledger_size,
        anchored_size,
        problem,
        touched: _,
        schedule_left,
        conflict,
        schedule: _,
        connections,
    } = status;
    let claim = |Claim { slot, root }: Claim| json!({ "slot": slot, "root": format!("0x{}", hex::encode(*root)) });
    json!({
        "ready": readiness.ready,
        "words": readiness.words,
        "reasons": list(&readiness.reasons),
        "warnings": list(&readiness.warnings),
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
        "schedule_left": schedule_left,
        "connections": connections.map(|all| {
            let ConnectionsStatus { connections, reauthorize, tainted, revoked, watched, rerouted, unread, failing } = all;
            json!({
                "connections": connections, "reauthorize": reauthorize, "tainted": tainted, "revoked": revoked,
                "watched": watched, "rerouted": rerouted, "unread": unread, "failing": failing,
            })
        }),
        "conflict": conflict.map(|ConflictStatus { about, ours, theirs, entry }| json!({
            "about": match about {
                Disputed::Finality => "finality",
                Disputed::NextCommittee => "next_committee",
            },
            "ours": claim(ours),
            "theirs": claim(theirs),
            "entry": entry,
        })),
    })
}

#[cfg(test)]
mod tests;
