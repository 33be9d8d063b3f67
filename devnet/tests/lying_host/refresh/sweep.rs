//! Every point at which a process can end, one after the other: each step of each conversation that refreshes, before and after the
//! host stored what it was told to, before and after the provider acted, of the enclave's process and of the host's; and then each
//! point of the conversation that recovers.
//!
//! After each the store has to be served, by a token that the vault has. There is one exception, which nobody can mend: a provider that
//! takes a token once spent it, and its answer never reached a process that lived. Then the merchant is asked, once. And nobody hands in
//! a spent token, except who can't know: at most once for each end that took an answer along.

use std::collections::HashMap;
use std::sync::Mutex;

use alloy_primitives::B256;
use protocol::ledger::SealedEntry;
use protocol::message::{HostRequest, Need};
use vault::{Local, Step};

use super::cases::{ALWAYS, CASES, Case, GRACED, NEVER, SHARED, Second};
use super::provider::{FIRST, Provider, Rule};
use super::{CONNECTION, OTHER, Stage};
use crate::support_host::{SALT, Talk, honest};

/// Seconds that an access token lives here: calls are made with heads that are two minutes old at most.
const LIFE: u64 = 20;
/// Milliseconds after which a first failure is forgiven, and a second.
const FORGIVEN: [u64; 2] = [31_000, 62_000];

/// Whose process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kill {
    /// Nothing is left but what the host stored.
    Enclave,
    /// The conversation breaks off; the enclave lives.
    Host,
}

/// What still happened of the step in which it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    /// Nothing.
    Undone,
    /// The batch was stored, or the platform acted, and the enclave never heard of it.
    Done,
}

/// A point of a conversation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    kill: Kill,
    step: usize,
    last: Last,
}

/// The conversation that refreshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// The calendar.
    Upkeep,
    /// A call, because the token expired.
    Call,
    /// A call, because the platform refused the token.
    Refusal,
    /// A store that is handed over.
    Taking,
}

/// What a point starts from.
struct Base {
    by: By,
    records: HashMap<([u8; 32], u64), Vec<u8>>,
    entries: Vec<SealedEntry>,
    provider: Provider,
    now: u64,
}

impl Base {
    fn of(case: Case, by: By) -> (Stage, Self) {
        let mut stage = if by == By::Taking { Stage::with_app(case) } else { Stage::new(case) };
        if by != By::Taking {
            // Used, so that the calendar keeps their tokens good.
            for salt in stores(case) {
                assert_eq!(stage.called(salt).outcome, "upstream", "{}", case.preset);
            }
        }
        stage.expire();
        stage.provider().life = LIFE;
        let (records, entries) = (stage.world.records.clone(), stage.world.entries.clone());
        let base = Self { by, records, entries, provider: stage.provider().clone(), now: stage.world.now };
        (stage, base)
    }

    /// Back to where it started, in a fresh process.
    fn restore(&self, stage: &mut Stage) {
        stage.world.records.clone_from(&self.records);
        stage.world.entries.clone_from(&self.entries);
        *stage.provider() = self.provider.clone();
        stage.world.now = self.now;
        stage.restart();
        if self.by == By::Refusal {
            // Fresh, as far as the vault knows.
            assert_eq!(stage.called(SALT).outcome, "upstream");
            stage.provider().expire_access();
            stage.world.now += 2_000;
        }
    }

    fn talk(&self, stage: &mut Stage) -> Talk {
        let request = match self.by {
            By::Upkeep => HostRequest::Upkeep,
            By::Call | By::Refusal => stage.call(SALT).request(),
            By::Taking => stage.hand(SALT, CONNECTION, Some(FIRST)).request(),
        };
        stage.world.talk(request)
    }
}

fn stores(case: Case) -> Vec<B256> {
    if case.second.is_some() { vec![SALT, OTHER] } else { vec![SALT] }
}

/// Every point of a conversation, which is run to its end.
pub(super) fn points(stage: &mut Stage, talk: &mut Talk) -> Vec<Point> {
    let mut points = Vec::new();
    for step in 0.. {
        stage.world.advance(talk, &mut honest);
        let lasts = match &talk.step {
            Some(Step::Done(_)) => break,
            Some(Step::Need(Need::Commit(_)) | Step::Local(Local::Egress(_))) => &[Last::Undone, Last::Done][..],
            // Nothing that outlives it happens in any other.
            _ => &[Last::Undone],
        };
        let kills = [Kill::Enclave, Kill::Host];
        points.extend(kills.iter().flat_map(|kill| lasts.iter().map(move |last| Point { kill: *kill, step, last: *last })));
    }
    points
}

/// Tokens that were issued, and generations that were written.
pub(super) fn count_of(stage: &Stage) -> (usize, usize) {
    (stage.issued(), stage.world.renewed)
}

/// Ends a conversation at a point. Whether tokens were issued since the counts were `since` of which no process heard that lives on: an enclave may
/// have been about to write what it heard in a conversation before.
pub(super) fn end(stage: &mut Stage, mut talk: Talk, point: Point, since: (usize, usize)) -> bool {
    for _ in 0..=point.step {
        stage.world.advance(&mut talk, &mut honest);
        assert!(talk.done().is_none(), "it is over before {point:?}: {:?}", talk.events);
    }
    let heard = stage.issued();
    if point.last == Last::Done {
        match talk.step.take() {
            Some(Step::Need(Need::Commit(batch))) => stage.world.store(&batch),
            Some(Step::Local(Local::Egress(egress))) => {
                let now = stage.world.now;
                let _ = stage.provider().answer(&egress.request, now);
            }
            other => panic!("{point:?}: {other:?}"),
        }
    }
    let after = stage.issued();
    drop(talk);
    match point.kill {
        // What came the enclave has, and writes.
        Kill::Host => after > heard,
        Kill::Enclave => {
            stage.restart();
            after - since.0 > stage.world.renewed - since.1
        }
    }
}

/// What a sweep counted.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    points: usize,
    /// Tokens that work once, spent while the answer died with whoever should have heard it.
    spent: usize,
}

impl Count {
    /// One point: recovers by the calendar and by calls, and is judged by whether the stores are served.
    fn judge(&mut self, stage: &mut Stage, by: By, ends: &[bool], what: &str) {
        self.points += 1;
        let from = stage.world.now;
        for pause in FORGIVEN {
            stage.world.now = from + pause;
            stage.upkeep();
            stage.upkeep();
        }
        let works_once = matches!(stage.case.rule, Rule::Rotates | Rule::Splits);
        let spent = works_once && ends.contains(&true);
        if by == By::Taking {
            let mut read = stage.store(SALT, CONNECTION, None).1;
            if read.rule == "connection.unknown" {
                read = stage.store(SALT, CONNECTION, Some(FIRST)).1;
            }
            let bound = read.status == 201 || read.rule == "store.provisioned";
            assert_eq!(bound, !spent, "{what}: {read:?}");
        }
        let stores = if by == By::Taking { vec![SALT] } else { stores(stage.case) };
        let mut unserved = 0;
        // Whatever access token was brought by then is over: the call has another made with the refresh token that was kept.
        for salt in stores {
            let read = stage.called(salt);
            if read.outcome != "upstream" {
                let expected = if by == By::Taking { "not_permitted" } else { "reauthorization_required" };
                assert_eq!((spent, read.refusal.as_str()), (true, expected), "{what}: a store is lost: {read:?}");
                unserved += 1;
            }
        }
        let of_one = if by != By::Taking && matches!(stage.case.second, Some(Second::Shares(_))) { 2 } else { 1 };
        let uses = stage.double_uses();
        if spent {
            // One alert for each connection that is lost, and two ends lose two where the token split.
            let connections = if matches!(stage.case.rule, Rule::Splits) { 2 } else { 1 };
            let most = ends.iter().filter(|unheard| **unheard).count().min(connections);
            let lost = stage.alerts();
            assert!((1..=most).contains(&lost), "{what}: {lost} alerts");
            assert_eq!(unserved, lost * of_one, "{what}: one alert");
            assert!((1..=ends.len()).contains(&uses), "{what}: handed in {uses} times by who could know");
            self.spent += 1;
        } else {
            assert_eq!((unserved, stage.alerts(), uses), (0, 0, 0), "{what}: by who could know");
        }
    }

    fn and(self, other: Self) -> Self {
        Self { points: self.points + other.points, spent: self.spent + other.spent }
    }
}

fn once(case: Case, by: By) -> Count {
    let (mut stage, base) = Base::of(case, by);
    let mut count = Count::default();
    base.restore(&mut stage);
    let mut talk = base.talk(&mut stage);
    for point in points(&mut stage, &mut talk) {
        base.restore(&mut stage);
        let since = count_of(&stage);
        let talk = base.talk(&mut stage);
        let unheard = end(&mut stage, talk, point, since);
        count.judge(&mut stage, by, &[unheard], &format!("{} {by:?} {point:?}", case.preset));
    }
    count
}

/// After each end, each of the conversation that recovers.
fn twice(case: Case) -> Count {
    let (mut stage, base) = Base::of(case, By::Upkeep);
    let mut count = Count::default();
    let first = |stage: &mut Stage, point: Point| {
        base.restore(stage);
        let since = count_of(stage);
        let talk = base.talk(stage);
        let unheard = end(stage, talk, point, since);
        if point.kill == Kill::Host {
            stage.world.now += FORGIVEN[0];
        }
        (unheard, stage.world.talk(HostRequest::Upkeep), since)
    };
    base.restore(&mut stage);
    let mut talk = base.talk(&mut stage);
    let ends = |point: &Point| long() || point.kill == Kill::Enclave;
    for one in points(&mut stage, &mut talk).into_iter().filter(ends) {
        let (_, mut talk, _) = first(&mut stage, one);
        for two in points(&mut stage, &mut talk).into_iter().filter(ends) {
            let (unheard, talk, since) = first(&mut stage, one);
            let ends = [unheard, end(&mut stage, talk, two, since)];
            count.judge(&mut stage, By::Upkeep, &ends, &format!("{} {one:?}, then {two:?}", case.preset));
        }
    }
    count
}

/// Runs every sweep, two at a time, and says what each counted. `PST_VAULT_ONLY=shopee` runs those with this in their names.
fn all(mut sweeps: Vec<(String, Box<dyn Fn() -> Count + Send>)>) -> Count {
    let only = std::env::var("PST_VAULT_ONLY").unwrap_or_default();
    sweeps.retain(|(name, _)| name.contains(&only));
    let (queue, total) = (Mutex::new(sweeps.into_iter()), Mutex::new(Count::default()));
    let work = || {
        loop {
            let next = queue.lock().unwrap().next();
            let Some((name, sweep)) = next else { break };
            let count = sweep();
            println!("{name}: {} points, {} of them spent on the way", count.points, count.spent);
            let mut total = total.lock().unwrap();
            *total = total.and(count);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
    let total = *total.lock().unwrap();
    println!("{} points, 0 stores lost, 0 avoidable double uses, {} spent on the way", total.points, total.spent);
    total
}

/// Whether the sweeps are run that take longer than a test should.
fn long() -> bool {
    std::env::var_os("PST_VAULT_SWEEP").is_some_and(|what| what == "all")
}

#[test]
fn t47_no_store_is_lost_at_any_point_at_which_a_process_can_end() {
    let mut sweeps: Vec<(String, Box<dyn Fn() -> Count + Send>)> = Vec::new();
    for case in CASES {
        let refusal = long() || [NEVER, GRACED, ALWAYS, SHARED].iter().any(|some| some.preset == case.preset);
        for by in [By::Upkeep, By::Call, By::Taking, By::Refusal] {
            if by != By::Refusal || refusal {
                let name = format!("{} ({:?}), {by:?}", case.preset, case.rule);
                sweeps.push((name, Box::new(move || once(case, by))));
            }
        }
    }
    assert!(all(sweeps).points >= 1_000);
}

#[test]
fn t47_no_store_is_lost_when_the_recovery_ends_too() {
    // Each end of each end: of the rule that forgives the least, unless all are asked for.
    let sweep = |case: &Case| {
        let case = *case;
        let sweep: Box<dyn Fn() -> Count + Send> = Box::new(move || twice(case));
        (format!("{} ({:?}), twice", case.preset, case.rule), sweep)
    };
    all(if long() { &CASES[..] } else { &[ALWAYS] }.iter().map(sweep).collect());
}
