//! SIGKILL of enclave and of host at every await of a refresh: real processes, a store on disk, platforms whose tokens rotate as the real ones'.
//!
//! The points are learned from traces of undisturbed runs, and each is tried at each time that it is passed. The enclave also dies at the
//! points of the host's relay: while it waits for bytes that are on their way. After each kill what died is started again, and the stores
//! have to be served, by a token that the vault has. There is one exception, which nobody can mend: a provider that takes a token once spent
//! it, and its answer never reached a process that lived, or was not written down by the one that had it. Then the merchant is asked, once.
//! And nobody hands in a spent token, except who can't know: once.
//!
//! `PST_VAULT_SWEEP=all` sweeps every rule and every conversation, and `PST_VAULT_ONLY=shared` what has this in its name; else it is the rule
//! that forgives the least.

mod cases;
#[path = "../kill/mod.rs"]
mod kill;
#[path = "../raw/mod.rs"]
mod raw;
mod stage;
mod sweep;

use std::sync::Mutex;

use cases::{ALWAYS, CASES, Case};
use kill::{BOTH, Victim};
use sweep::{ALL, By, Count, Sweep};

/// What one world is for.
type Part = (String, Case, Victim, By);

fn parts() -> Vec<Part> {
    let all = std::env::var_os("PST_VAULT_SWEEP").is_some_and(|what| what == "all");
    let only = std::env::var("PST_VAULT_ONLY").unwrap_or_default();
    let cases = if all { &CASES[..] } else { &[ALWAYS] };
    let by = if all { &ALL[..] } else { &[By::Upkeep] };
    let of = |case: Case, victim: Victim, by: By| (format!("{} {victim:?} {by:?}", case.rule), case, victim, by);
    let victims = cases.iter().flat_map(|case| BOTH.map(|victim| (*case, victim)));
    let parts = victims.flat_map(|(case, victim)| by.iter().map(move |by| of(case, victim, *by)));
    parts.filter(|(name, ..)| name.contains(&only)).collect()
}

#[test]
fn t47_no_store_is_lost_by_a_kill_anywhere_in_a_refresh() {
    let (parts, counts) = (Mutex::new(parts().into_iter()), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let next = parts.lock().unwrap().next();
            let Some((name, case, victim, by)) = next else { break };
            let count = raw::run(Sweep::run(case, victim, by));
            if let Err(error) = &count {
                println!("{name}: {error:#}");
            }
            counts.lock().unwrap().push((name, count));
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
    let counts = counts.into_inner().unwrap();
    let total = counts.iter().filter_map(|(_, count)| count.as_ref().ok()).fold(Count::default(), |total, count| Count {
        kills: total.kills + count.kills,
        missed: total.missed + count.missed,
        spent: total.spent + count.spent,
    });
    let Count { kills, missed, spent } = total;
    println!("{kills} kills, after each every store served but for {spent} tokens spent on the way; {missed} not reached");
    let failed: Vec<_> = counts.iter().filter(|(_, count)| count.is_err()).map(|(name, _)| name).collect();
    assert!(failed.is_empty() && !counts.is_empty(), "{failed:?}");
}
