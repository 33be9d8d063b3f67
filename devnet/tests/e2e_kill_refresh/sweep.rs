//! One kill after the other in one vault, each at its own point of a conversation that refreshes, and the judgement of what it left.

mod judge;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::cases::Case;
use crate::kill::{BOTH, Victim, died, gone, passes, until_dead};
use crate::stage::{OVER, Stage};

/// Undisturbed runs that are traced.
const BASELINES: usize = 3;
/// Runs that may pass a point less often than a traced run did, for heads move while they run.
const TRIES: usize = 2;
/// What a process that was killed may still be owed: bytes on their way, an answer that is being made.
const AFTERMATH: Duration = Duration::from_millis(100);

/// The conversation that refreshes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// The calendar.
    Upkeep,
    /// A call, because the token ran out.
    Call,
    /// A call, because the platform refused the token.
    Refusal,
}

pub(crate) const ALL: [By; 3] = [By::Upkeep, By::Call, By::Refusal];

impl By {
    /// What observers call the conversation.
    const fn kind(self) -> &'static str {
        match self {
            Self::Upkeep => "upkeep.",
            Self::Call | Self::Refusal => "call.",
        }
    }

    /// Answers of the platform that come before the token endpoint's.
    const fn before(self) -> usize {
        match self {
            Self::Upkeep | Self::Call => 0,
            Self::Refusal => 1,
        }
    }
}

/// Where a process is killed: at a point of its own, or of the process that its bytes go through.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Spot {
    victim: Victim,
    /// Whose point.
    observer: Victim,
    point: String,
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} at {}", self.victim, self.point)
    }
}

/// What a sweep counted.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Count {
    pub(crate) kills: usize,
    /// Points, and times, that a traced run passed and none that was to end there.
    pub(crate) missed: usize,
    /// Tokens that work once, spent while the answer died with whoever should have heard it.
    pub(crate) spent: usize,
}

/// What was before a kill.
struct Before {
    size: u64,
    alerts: u64,
}

pub(crate) struct Sweep {
    stage: Stage,
    by: By,
    victim: Victim,
    serial: usize,
    count: Count,
    /// Points that upkeep passes which has nothing to do.
    idle: BTreeSet<String>,
}

impl Sweep {
    /// Every point of the victim's, each as often as it is passed.
    pub(crate) async fn run(case: Case, victim: Victim, by: By) -> Result<Count> {
        let stage = Stage::new(case).await?;
        let mut sweep = Self { stage, by, victim, serial: 0, count: Count::default(), idle: BTreeSet::new() };
        // Used, so that the calendar keeps their tokens good.
        ensure!(sweep.unserved().await? == 0, "not served, and nothing was killed");
        sweep.rest().await?;
        let since = Instant::now();
        for (spot, times) in sweep.learn().await? {
            for time in 1..=times {
                sweep.at(&spot, time).await.with_context(|| format!("{spot}, time {time}"))?;
            }
        }
        let Count { kills, missed, spent } = sweep.count;
        let seconds = since.elapsed().as_secs_f64();
        let tried = format!("killed {kills} times, {missed} times not reached");
        println!("{}, {by:?}: {victim:?} {tried}, {spent} of them spent on the way; {seconds:.0} s", case.rule);
        // How often bytes come in pieces, and whether heads move meanwhile, is not the same in each run.
        ensure!(kills >= 15 && missed <= kills / 3, "{tried}");
        Ok(sweep.count)
    }

    /// What upkeep passes when nothing is due.
    async fn rest(&mut self) -> Result<()> {
        for victim in BOTH {
            victim.trace_anew(&self.stage.world.dir);
        }
        self.ends(0, 2).await?;
        self.idle = BOTH.iter().flat_map(|victim| victim.traced(&self.stage.world.dir)).collect();
        Ok(())
    }

    /// The points that the conversation passes, and how often.
    async fn learn(&mut self) -> Result<BTreeMap<Spot, u64>> {
        let mut most = BTreeMap::new();
        for run in 0..BASELINES {
            // As each is found: an enclave that was just started has to ask for more.
            if self.victim == Victim::Enclave && run > 0 {
                self.stage.revive_enclave().await?;
                ensure!(self.unserved().await? == 0, "not served after a restart");
            }
            ensure!(!self.go(None).await?, "nothing was to die");
            let dir = &self.stage.world.dir;
            let kind = self.by.kind();
            let own = passes(self.refreshing(&self.victim.traced(dir)), |point| point.starts_with(kind));
            let relayed = passes(&Victim::Host.traced(dir), |point| point.starts_with("relay."));
            let own = own.into_iter().map(|(point, times)| (self.victim, point, times));
            let relayed = relayed.into_iter().map(|(point, times)| (Victim::Host, point, times));
            for (observer, point, times) in own.chain(relayed) {
                let known: &mut u64 = most.entry(Spot { victim: self.victim, observer, point }).or_default();
                *known = times.max(*known);
            }
            ensure!(self.unserved().await? == 0, "not served, and nothing was killed");
        }
        ensure!(most.len() > 15, "hardly a point was passed: {most:?}");
        Ok(most)
    }

    /// Kills there, unless the conversation comes by less often than it did.
    async fn at(&mut self, spot: &Spot, time: u64) -> Result<()> {
        for _ in 0..TRIES {
            let before = Before { size: self.stage.size().await?, alerts: self.stage.alerts().await? };
            if self.go(Some((spot, time))).await? {
                let spent = self.judge(&before).await?;
                self.count.kills += 1;
                self.count.spent += usize::from(spent);
                let case = self.stage.case.rule;
                println!("{case}, {:?}: {spot}, time {time}: {}", self.by, if spent { "spent on the way" } else { "served" });
                return Ok(());
            }
            ensure!(self.unserved().await? == 0, "not served, and nothing was killed");
        }
        println!("{}, {:?}: {spot}, time {time}: not reached", self.stage.case.rule, self.by);
        self.count.missed += 1;
        Ok(())
    }

    /// One conversation that refreshes. Whether the victim died of it.
    async fn go(&mut self, kill: Option<(&Spot, u64)>) -> Result<bool> {
        // Right behind upkeep that had nothing to do: the next one has, or comes after the call.
        let behind = match self.by {
            By::Upkeep => kill.is_none_or(|(spot, _)| self.idle.contains(&spot.point)),
            By::Call => true,
            By::Refusal => false,
        };
        if behind {
            self.ends(self.ended(), 1).await?;
        }
        self.stage.fresh().await?;
        self.stage.world.platforms.forget(self.stage.case.name);
        let dir = self.stage.world.dir.clone();
        for victim in BOTH {
            victim.trace_anew(&dir);
        }
        if let Some((spot, time)) = kill {
            self.serial += 1;
            let whom = match self.stage.world.enclave_pid().filter(|_| spot.observer != spot.victim) {
                Some(pid) => format!("pid {pid}"),
                None => "itself".to_owned(),
            };
            fs::write(spot.observer.file(&dir, "kill"), format!("{}:{time}\n{whom}\n{}\n", spot.point, self.serial))?;
        }
        let died = match self.by {
            By::Upkeep => {
                self.stage.pass(OVER)?;
                self.kept_up(kill).await
            }
            By::Call => {
                self.stage.pass(OVER)?;
                self.called(kill).await
            }
            By::Refusal => {
                // Some providers take one token request in a second, and the last one was just made.
                self.stage.pass(2)?;
                self.stage.world.platforms.expire(self.stage.case.name);
                self.called(kill).await
            }
        };
        for victim in BOTH {
            let _ = fs::remove_file(victim.file(&dir, "kill"));
        }
        if died? {
            tokio::time::sleep(AFTERMATH).await;
            return Ok(true);
        }
        Ok(false)
    }

    /// Of a trace, the conversations that refresh.
    fn refreshing<'a>(&self, trace: &'a [String]) -> &'a [String] {
        let mut ends = trace.iter().enumerate().filter(|(_, point)| *point == "upkeep.answered").map(|(index, _)| index + 1);
        match self.by {
            By::Upkeep => ends.nth(self.due() - 1).map_or(trace, |end| &trace[..end]),
            By::Call | By::Refusal => trace,
        }
    }

    /// Connections.
    fn due(&self) -> usize {
        if self.stage.case.splits() { 2 } else { 1 }
    }

    /// Upkeep's conversations that ended, by the host's trace.
    fn ended(&self) -> usize {
        Victim::Host.traced(&self.stage.world.dir).iter().filter(|point| *point == "upkeep.answered").count()
    }

    /// Waits until there are `more` of them than there were.
    async fn ends(&self, before: usize, more: usize) -> Result<()> {
        let since = Instant::now();
        while self.ended() < before + more {
            ensure!(since.elapsed() < Duration::from_secs(30), "the host asks for no upkeep");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Ok(())
    }

    /// The host's own upkeep.
    async fn kept_up(&mut self, kill: Option<(&Spot, u64)>) -> Result<bool> {
        let since = Instant::now();
        let mut over = None;
        loop {
            if kill.is_some() && gone(&mut self.stage.world, self.victim)? {
                return Ok(true);
            }
            // It has to write down yet what came.
            if over.is_none() && self.stage.seen().issued >= self.due() {
                over = Some(self.ended());
            }
            let late = since.elapsed() > Duration::from_secs(10);
            ensure!(kill.is_some() || !late, "nothing was refreshed");
            if late || over.is_some_and(|ended| self.ended() > ended) {
                return self.died(kill, Duration::from_millis(300)).await;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// A call of the first store.
    async fn called(&mut self, kill: Option<(&Spot, u64)>) -> Result<bool> {
        let told = self.stage.call(self.stage.stores[0]).await;
        let well = told.as_ref().is_ok_and(|told| told.outcome == "upstream" && told.status == 200);
        let patience = Duration::from_millis(if well { 300 } else { 3_000 });
        let died = self.died(kill, patience).await?;
        ensure!(died || well, "nothing died, and yet: {told:?}");
        Ok(died)
    }

    /// Whether the victim died of it, or does shortly.
    async fn died(&mut self, kill: Option<(&Spot, u64)>, patience: Duration) -> Result<bool> {
        let Some((spot, times)) = kill else { return Ok(false) };
        let patience = until_dead(&self.stage.world.dir, spot.observer, &spot.point, times, patience);
        died(&mut self.stage.world, self.victim, patience).await
    }
}
