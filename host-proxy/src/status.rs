//! What the vault is waiting for, in words.

use std::time::{Duration, Instant};

use protocol::constitution::{Constitution, Custody, Settings};
use protocol::head_conflict::{Claim, ConflictStatus, Disputed};
use protocol::message::{HeadStatus, Phase, Problem, ScheduledFork, Status};
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
mod tests {
    use protocol::message::Schedule;

    use super::*;

    const BOUNDS: Bounds = Bounds { attested_age: 120, finalized_age: 3_600, shares: 1 };

    fn head() -> HeadStatus {
        HeadStatus { slot: 1, block_number: 1, age: 12, block_hash: [1; 32].into() }
    }

    fn serving() -> Status {
        Status {
            phase: Phase::Serving,
            vault_id: None,
            finalized: Some(HeadStatus { slot: 1, block_number: 1, age: 900, ..head() }),
            attested: Some(HeadStatus { slot: 60, block_number: 60, ..head() }),
            ledger_size: Some(3),
            anchored_size: Some(1),
            problem: None,
            touched: vec![],
            schedule_left: None,
            conflict: None,
            schedule: None,
        }
    }

    fn judged(status: Status, coverage: Option<Coverage>) -> Readiness {
        let at = Instant::now();
        readiness(Some(&Snapshot { status, at }), coverage.as_ref(), &[], &BOUNDS, at)
    }

    fn words(status: Status, since: u64) -> (bool, String) {
        let at = Instant::now();
        let now = at + Duration::from_secs(since);
        let Readiness { ready, words, .. } = readiness(Some(&Snapshot { status, at }), None, &[], &BOUNDS, now);
        (ready, words)
    }

    #[test]
    fn t76_is_not_ready_without_proofs_at_the_finalized_block_and_names_the_flags() {
        let lacking = Coverage { block: 7, lacking: 2, pending: 0 };
        let red = judged(serving(), Some(lacking));
        assert_eq!((red.ready, red.reasons[0].code), (false, "no_proofs"));
        assert!(red.words.starts_with("no proofs of 2 accounts at the finalized block 7: "), "{}", red.words);
        assert!(red.words.contains("--rpc.eth-proof-window"), "{}", red.words);
        let opening = Status { phase: Phase::Syncing, problem: Some(Problem::Unproven), ..serving() };
        let red = judged(opening, None);
        let codes: Vec<_> = red.reasons.iter().map(|reason| reason.code).collect();
        assert_eq!((red.ready, codes.as_slice()), (false, &["syncing", "no_proofs"][..]));
    }

    #[test]
    fn t76_what_was_asked_for_after_the_finalized_block_is_a_warning() {
        let green = judged(serving(), Some(Coverage { block: 7, lacking: 0, pending: 1 }));
        assert_eq!((green.ready, green.warnings[0].code), (true, "proofs_pending"));
        assert_eq!(green.words, "ready, 1 accounts are proven from the next finality on");
        assert_eq!(green.json()["warnings"][0]["code"], "proofs_pending");
        assert!(judged(serving(), Some(Coverage::default())).warnings.is_empty());
    }

    #[test]
    fn t75_warns_thirty_days_before_a_fork_that_the_image_does_not_know() {
        let said = |left| {
            let Readiness { ready, warnings, .. } = judged(Status { schedule_left: Some(left), ..serving() }, None);
            assert!(ready && warnings.iter().all(|warning| warning.code == "fork_schedule_ends"));
            warnings.into_iter().map(|warning| warning.words).next()
        };
        assert_eq!(said(30 * DAY + 1), None);
        let words = said(30 * DAY).unwrap();
        assert_eq!(words, "a fork begins in 30 days that this release does not know: bring in the next release");
        assert!(said(DAY - 1).unwrap().starts_with("a fork begins within a day"));
        assert!(said(0).unwrap().starts_with("a fork has begun"));
    }

    #[test]
    fn t75_warns_of_a_fork_that_a_node_announces_and_the_image_does_not_know() {
        let fork = |version: u8, epoch| ScheduledFork { version: [version, 0, 0, 0].into(), epoch };
        let schedule = Schedule { genesis_time: 0, seconds_per_epoch: 384, forks: vec![fork(6, 100)], time: 384 * 1_000 };
        let status = Status { schedule: Some(schedule), ..serving() };
        let at = Instant::now();
        let announced = [vec![fork(6, 100), fork(7, 1_000 + 225)], vec![fork(6, 100)]];
        let green = readiness(Some(&Snapshot { status, at }), None, &announced, &BOUNDS, at);
        assert_eq!((green.ready, green.warnings[0].code), (true, "fork_announced"));
        assert_eq!(
            green.warnings[0].words,
            "1 of 2 beacon nodes announce a fork (version 0x07000000, epoch 1225) that begins in 1 days and that this release does not \
             know: bring in the next release"
        );
    }

    #[test]
    fn t39_names_both_conflicting_heads_and_is_not_ready() {
        let claim = |slot, root| Claim { slot, root: [root; 32].into() };
        let conflict = ConflictStatus { about: Disputed::Finality, ours: claim(64, 1), theirs: claim(63, 2), entry: Some(9) };
        let red = judged(Status { conflict: Some(conflict), finalized: None, attested: None, ..serving() }, None);
        assert_eq!((red.ready, red.reasons.len(), red.reasons[0].code), (false, 1, "head_conflict"));
        let (ours, theirs) = ("01".repeat(32), "02".repeat(32));
        let begin = format!(
            "two conflicting finalized heads are signed: 0x{ours} at slot 64, which this vault believed, and 0x{theirs} at slot 63"
        );
        assert!(red.words.starts_with(&begin) && red.words.contains("ledger entry 9 has both"), "{}", red.words);
        let shown = json(&Status { conflict: Some(conflict), ..serving() }, &red);
        assert_eq!(shown["conflict"]["theirs"], serde_json::json!({ "slot": 63, "root": format!("0x{theirs}") }));
        assert_eq!((&shown["conflict"]["about"], &shown["conflict"]["entry"]), (&"finality".into(), &9.into()));
    }

    #[test]
    fn t36_names_every_head_that_is_out_of_bounds() {
        let old = Some(HeadStatus { age: 4_000, ..head() });
        let red = judged(Status { attested: old, finalized: old, ..serving() }, None);
        let codes: Vec<_> = red.reasons.iter().map(|reason| reason.code).collect();
        assert_eq!(codes, ["attested_head_stale", "finalized_head_stale"]);
        assert_eq!(red.words, "attested head 4000 s old; finalized head 4000 s old");
        assert_eq!(red.json()["reasons"][1]["words"], "finalized head 4000 s old");
    }

    #[test]
    fn is_ready_only_when_serving_with_fresh_heads() {
        assert_eq!(words(serving(), 0), (true, "ready".to_owned()));
        let old = HeadStatus { slot: 1, block_number: 1, age: 115, ..head() };
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
        assert_eq!(readiness(None, None, &[], &BOUNDS, Instant::now()).words, "enclave can't be reached");
        assert_eq!(
            words(Status { ledger_size: Some(1_026), ..serving() }, 0),
            (true, "ready, anchor 1025 entries behind".to_owned())
        );
    }
}
