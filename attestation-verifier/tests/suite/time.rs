//! The edges of time, which are inclusive.

use attestation_verifier::{ChainError, Difference, FUTURE_SKEW_SECONDS};

use crate::case::{Case, Outcome, check, trial};
use crate::kit::{NOW, cbor_number};

/// The window of each certificate in turn.
fn windows() -> Vec<Case> {
    let names = ["the root", "the region's certificate", "the zone's certificate", "the instance's certificate", "the leaf"];
    let mut cases = Vec::new();
    for (index, name) in names.into_iter().enumerate() {
        let at = |what: &str, time: u64, outcome: Outcome| {
            let change = move |trial: &mut crate::case::Trial| {
                trial.kit.chain[index].not_before = NOW - 10;
                trial.kit.chain[index].not_after = NOW + 10;
                trial.anchor = trial.kit.anchor();
                trial.time = time;
            };
            trial(format!("{name} {what}"), change, outcome)
        };
        let early = Outcome::NotAuthentic(ChainError::NotYetValid { index }.into());
        let late = Outcome::NotAuthentic(ChainError::Expired { index }.into());
        cases.push(at("a second early", NOW - 11, early));
        cases.push(at("in its first second", NOW - 10, Outcome::Verified));
        cases.push(at("in its last second", NOW + 10, Outcome::Verified));
        cases.push(at("a second late", NOW + 11, late));
    }
    cases
}

/// The document's own age.
fn ages() -> Vec<Case> {
    let at = |what: &str, timestamp_ms: u64, time: u64, difference: Option<Difference>| {
        let outcome = difference.map_or(Outcome::Verified, |difference| Outcome::Refused(vec![difference]));
        let change = move |trial: &mut crate::case::Trial| {
            trial.kit.set("timestamp", cbor_number(timestamp_ms));
            trial.time = time;
        };
        trial(what, change, outcome)
    };
    let now = NOW * 1000;
    let skew = FUTURE_SKEW_SECONDS * 1000;
    let old = |age_ms| Some(Difference::TooOld { age_ms, max_age_seconds: 60 });
    let ahead = |ahead_ms| Some(Difference::FromTheFuture { ahead_ms });
    vec![
        at("as old as it may be", now, NOW + 60, None),
        at("a second too old", now, NOW + 61, old(61_000)),
        at("a millisecond too old", now - 1, NOW + 60, old(60_001)),
        at("from the first millisecond of all", 1, NOW, old(now - 1)),
        at("as far ahead as it may be", now + skew, NOW, None),
        at("a millisecond too far ahead", now + skew + 1, NOW, ahead(skew + 1)),
        at("a second too far ahead", now, NOW - FUTURE_SKEW_SECONDS - 1, ahead(skew + 1000)),
        at("from the end of time", u64::MAX, NOW, ahead(u64::MAX - now)),
    ]
}

pub(crate) fn cases() -> Vec<Case> {
    let never = Outcome::NotAuthentic(ChainError::Expired { index: 0 }.into());
    let first = Outcome::NotAuthentic(ChainError::NotYetValid { index: 0 }.into());
    let ends =
        vec![trial("at the end of time", |trial| trial.time = u64::MAX, never), trial("in 1970", |trial| trial.time = 0, first)];
    [windows(), ages(), ends].into_iter().flatten().collect()
}

#[test]
fn t3_each_edge_of_time_is_inclusive_and_the_next_second_is_not() {
    check(cases());
}
