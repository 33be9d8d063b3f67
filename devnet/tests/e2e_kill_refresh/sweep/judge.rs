//! What a kill left: whether the stores are served, what was spent on the way, and who handed in what was spent.

use std::time::{Duration, Instant};

use alloy_primitives::B256;
use anyhow::{Result, bail, ensure};
use protocol::ledger::{Body, Result as Ended};

use super::{Before, Sweep};
use crate::kill::Victim;
use crate::stage::{OVER, Stage};

impl Sweep {
    /// What came of a kill, and whether a token was spent on the way that nobody can bring back.
    pub(super) async fn judge(&mut self, before: &Before) -> Result<bool> {
        let stage = &mut self.stage;
        let issued = stage.seen().issued;
        let trace = Victim::Enclave.traced(&stage.world.dir);
        // The calendar may have come before the call, or for another connection beside it. A call asks for one token, and what it asks for
        // before and after is not a token.
        let headed = |kind: &str| trace.iter().filter(|point| point.strip_prefix(kind) == Some(".headed")).count();
        let heard = headed("upkeep") + headed("call").saturating_sub(self.by.before()).min(1);
        match self.victim {
            Victim::Enclave => stage.revive_enclave().await?,
            Victim::Host => stage.revive_host().await?,
        }
        let unserved = self.unserved().await?;
        let stage = &mut self.stage;
        let (alerts, uses) = (stage.alerts().await? - before.alerts, stage.seen().double_uses);
        let unheard = match self.victim {
            // What came the enclave has, and writes.
            Victim::Host => issued > heard,
            Victim::Enclave => issued > 0 && issued > renewed(stage, before.size).await?,
        };
        if stage.case.works_once() && unheard {
            ensure!(alerts == 1, "{alerts} alerts of one token that was spent on the way");
            let of_one = if stage.case.second.is_some_and(|second| second.shares) { 2 } else { 1 };
            ensure!(unserved == of_one, "{unserved} stores of one connection are lost");
            ensure!(uses == 1, "handed in {uses} times by who could not know");
            stage.furnish().await?;
            ensure!(self.unserved().await? == 0, "new stores are not served");
            return Ok(true);
        }
        ensure!((unserved, alerts, uses) == (0, 0, 0), "{unserved} stores lost, {alerts} alerts, {uses} avoidable double uses");
        Ok(false)
    }

    /// How many stores are not served any more. Whatever access token was brought by now is over: the call has another made with the refresh
    /// token that was kept.
    pub(super) async fn unserved(&mut self) -> Result<usize> {
        self.stage.pass(OVER)?;
        let mut unserved = 0;
        for salt in self.stage.stores.clone() {
            unserved += usize::from(!self.served(salt).await?);
        }
        Ok(unserved)
    }

    async fn served(&mut self, salt: B256) -> Result<bool> {
        let since = Instant::now();
        let mut later = 0;
        loop {
            let told = self.stage.call(salt).await?;
            match (told.outcome.as_str(), told.refusal.as_str(), told.rule.as_str()) {
                ("upstream", ..) if told.status == 200 => return Ok(true),
                (_, "reauthorization_required", _) => return Ok(false),
                // A first failure is forgiven after thirty seconds.
                (_, _, "refresh.later") if later < 2 => {
                    later += 1;
                    self.stage.pass(OVER)?;
                }
                // Heads go on to where the clock is.
                _ if since.elapsed() < Duration::from_secs(10) => tokio::time::sleep(Duration::from_millis(50)).await,
                _ => bail!("a store is lost: {told:?}"),
            }
        }
    }
}

/// How often new tokens were written down since then, before the next enclave began. Stops the host to look, and starts it again.
async fn renewed(stage: &mut Stage, size: u64) -> Result<usize> {
    stage.world.kill_host();
    let bodies = stage.bodies()?;
    stage.revive_host().await?;
    let since = bodies.iter().skip(usize::try_from(size)?).take_while(|body| !matches!(body, Body::Boot(_)));
    let brought = |body: &&Body| matches!(body, Body::Refreshed(refreshed) if matches!(refreshed.result, Ended::Renewed { .. }));
    Ok(since.filter(brought).count())
}
