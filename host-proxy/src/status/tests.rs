//! What operators are told of each state.

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
        connections: None,
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
    let stuck = Status { phase: Phase::Syncing, attested: None, finalized: None, problem: Some(Problem::Supply), ..serving() };
    assert_eq!(words(stuck, 0), (false, "syncing: no head yet (the host's answer does not verify)".to_owned()));
    assert_eq!(readiness(None, None, &[], &BOUNDS, Instant::now()).words, "enclave can't be reached");
    assert_eq!(
        words(Status { ledger_size: Some(1_026), ..serving() }, 0),
        (true, "ready, anchor 1025 entries behind".to_owned())
    );
}

#[test]
fn a_connection_that_needs_somebody_is_a_warning_and_stops_nothing() {
    let connections = ConnectionsStatus {
        connections: 9,
        reauthorize: 2,
        tainted: 1,
        revoked: 4,
        watched: 5,
        rerouted: 1,
        unread: 3,
        failing: 6,
    };
    let green = judged(Status { connections: Some(connections), ..serving() }, None);
    let codes: Vec<_> = green.warnings.iter().map(|warning| warning.code).collect();
    let expected = ["reauthorization_required", "refresh_failing", "login_tainted", "routing_changed", "routing_unread"];
    assert_eq!((green.ready, codes.as_slice()), (true, &expected[..]));
    let shown = json(&Status { connections: Some(connections), ..serving() }, &green);
    assert_eq!(shown["connections"]["failing"], 6);
    assert_eq!((&shown["connections"]["tainted"], &shown["connections"]["rerouted"]), (&1.into(), &1.into()));
    let calm = ConnectionsStatus { reauthorize: 0, tainted: 0, rerouted: 0, unread: 0, failing: 0, ..connections };
    assert!(judged(Status { connections: Some(calm), ..serving() }, None).warnings.is_empty());
}
