//! The heads that the vault believes, and until when.

use chain::AnyLightClient;
use protocol::message::{Problem, Schedule, ScheduledFork};

use crate::conversation::{Io, Stop};
use crate::state::{Configured, Shared, State};
use crate::views::{Pair, View};

impl State {
    /// Lets go of a light client whose finalized head is older than a checkpoint may be, and says so. Members of so old a committee may
    /// have left, and nobody slashes what they sign: a host that withholds heads until it has their keys is asked for a fresh checkpoint.
    /// A frozen client has no head, and stays.
    pub(crate) fn outlived(&mut self, now: u64) -> bool {
        let finalized = self.light.as_ref().and_then(AnyLightClient::finalized);
        let (Some(finalized), Some(configured)) = (finalized, self.configured.as_ref()) else { return false };
        let outlived = now.saturating_sub(configured.network.time_of(finalized.slot())) > chain::MAX_CHECKPOINT_AGE;
        if outlived {
            self.light = None;
            self.checkpoint = None;
        }
        outlived
    }

    /// The two heads, if each is within its bound.
    pub(crate) fn fresh(&self, now: u64) -> Result<Pair, Stop> {
        let stale = Stop(Problem::StaleChain);
        let configured = self.configured()?;
        let now = self.time(now).checked_div(1_000).unwrap_or(0);
        let light = self.light.as_ref().ok_or(stale)?;
        let pair = self.views.pair().ok_or(stale)?;
        let age = |view: &View| now.saturating_sub(configured.network.time_of(view.head().slot()));
        if light.conflict().is_some()
            || age(&pair.finalized) > configured.settings.finalized_age
            || age(&pair.attested) > configured.settings.attested_age
        {
            return Err(stale);
        }
        Ok(pair.clone())
    }
}

/// The pair of heads that decisions are made at now.
pub(crate) fn fresh_pair(io: &Io, shared: &Shared) -> Result<Pair, Stop> {
    shared.state().fresh(io.now())
}

impl Configured {
    /// The forks that are known here, for the host to compare with what its nodes announce.
    pub(crate) fn schedule(&self, now: u64) -> Schedule {
        let fork = |(_, version, epoch): &(_, [u8; 4], u64)| ScheduledFork { version: (*version).into(), epoch: *epoch };
        Schedule {
            genesis_time: self.network.genesis_time(),
            seconds_per_epoch: self.network.seconds_per_epoch(),
            forks: self.network.forks().iter().map(fork).collect(),
            time: now,
        }
    }

    /// When the first fork begins that is scheduled and whose objects or whose EVM is not known here, in unix seconds.
    pub(crate) fn schedule_ends(&self) -> Option<u64> {
        let unknown = |layout: chain::Layout| policy::EvmFork::of(layout).is_none();
        // The forks before the first known EVM are over.
        let mut forks = self.network.forks().iter().skip_while(|(layout, ..)| unknown(*layout));
        let evm = forks.find(|(layout, ..)| unknown(*layout)).map(|(.., epoch)| self.network.time_of_epoch(*epoch));
        evm.into_iter().chain(self.network.schedule_ends()).min()
    }
}
