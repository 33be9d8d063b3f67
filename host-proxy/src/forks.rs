//! Forks that the beacon nodes announce and the image does not know: a network that is compiled in gets its next fork after the image was
//! built.
//!
//! Nobody proves a configuration, so nothing depends on it but a warning. The enclave refuses an unknown fork by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use minicbor::bytes::ByteArray;
use protocol::message::{Schedule, ScheduledFork};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::feed::Beacon;

/// From one question to the next.
const EVERY: Duration = Duration::from_hours(1);
/// The same if no node answered.
const AGAIN: Duration = Duration::from_mins(1);
/// Forks that are told, at most: of those that most nodes name, the first.
const TOLD: usize = 4;

/// What the nodes' configurations say, asked for now and then.
#[derive(Debug)]
pub(crate) struct Forks {
    beacon: Arc<Beacon>,
    announced: watch::Sender<Vec<Vec<ScheduledFork>>>,
}

/// A fork that some node announces and the image does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unknown {
    pub(crate) fork: ScheduledFork,
    /// Nodes that name it.
    pub(crate) nodes: usize,
    /// Seconds until it begins; 0 if it has.
    pub(crate) left: u64,
}

impl Forks {
    pub(crate) fn new(beacon: Arc<Beacon>) -> Self {
        Self { beacon, announced: watch::Sender::new(Vec::new()) }
    }

    /// What each node said last.
    pub(crate) fn announced(&self) -> Vec<Vec<ScheduledFork>> {
        self.announced.borrow().clone()
    }

    /// Asks until dropped.
    pub(crate) async fn run(self: Arc<Self>) {
        loop {
            let pause = match self.beacon.schedules().await {
                Ok(schedules) => {
                    self.announced.send_replace(schedules);
                    EVERY
                }
                Err(error) => {
                    tracing::debug!(%error, "no beacon node says its fork schedule");
                    AGAIN
                }
            };
            sleep(pause).await;
        }
    }
}

/// Those that begin within `window` seconds or have begun.
pub(crate) fn unknown(schedule: &Schedule, announced: &[Vec<ScheduledFork>], window: u64) -> Vec<Unknown> {
    let Schedule { genesis_time, seconds_per_epoch, forks: known, time } = schedule;
    let begins = |epoch: u64| epoch.saturating_mul(*seconds_per_epoch).saturating_add(*genesis_time);
    let last = known.last().map_or(0, |fork| fork.epoch);
    // A node names the forks before the first that the image has to know too: those are over, and before the image's last.
    let matters = |fork: &ScheduledFork| {
        let moved = known.iter().any(|other| other.version == fork.version);
        !known.contains(fork) && (moved || fork.epoch > last || begins(fork.epoch) > *time)
    };
    let mut named: BTreeMap<(u64, ByteArray<4>), usize> = BTreeMap::new();
    for node in announced {
        let forks: BTreeSet<_> = node.iter().filter(|fork| matters(fork)).map(|fork| (fork.epoch, fork.version)).collect();
        for fork in forks {
            *named.entry(fork).or_default() += 1;
        }
    }
    let mut unknown: Vec<_> = named
        .into_iter()
        .map(|((epoch, version), nodes)| Unknown {
            fork: ScheduledFork { version, epoch },
            nodes,
            left: begins(epoch).saturating_sub(*time),
        })
        .filter(|unknown| unknown.left <= window)
        .collect();
    unknown.sort_by_key(|unknown| std::cmp::Reverse(unknown.nodes));
    unknown.truncate(TOLD);
    unknown
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;

    fn fork(version: u8, epoch: u64) -> ScheduledFork {
        ScheduledFork { version: [version, 0, 0, 0].into(), epoch }
    }

    /// Mainnet's epochs; Fulu has begun.
    fn schedule() -> Schedule {
        let forks = vec![fork(5, 364_032), fork(6, 411_392)];
        Schedule { genesis_time: 0, seconds_per_epoch: 384, forks, time: 384 * 420_000 }
    }

    fn found(nodes: &[Vec<ScheduledFork>]) -> Vec<(u64, usize, u64)> {
        unknown(&schedule(), nodes, 30 * DAY).into_iter().map(|found| (found.fork.epoch, found.nodes, found.left)).collect()
    }

    #[test]
    fn t75_a_fork_that_nodes_announce_and_the_image_lacks_is_found_thirty_days_ahead() {
        let known = [fork(0, 0), fork(1, 74_240), fork(5, 364_032), fork(6, 411_392)];
        let node = |epoch| [&known[..], &[fork(7, epoch)]].concat();
        let edge = 420_000 + 30 * DAY / 384;
        assert_eq!(found(&[known.to_vec(), vec![]]), []);
        assert_eq!(found(&[node(edge), known.to_vec(), node(edge)]), [(edge, 2, 30 * DAY)]);
        assert_eq!(found(&[node(edge + 1)]), []);
        // It has begun, and the image does not have it.
        assert_eq!(found(&[node(419_999)]), [(419_999, 1, 0)]);
        // A fork that the image has at another epoch is another one.
        assert_eq!(found(&[vec![fork(6, 420_001)]]), [(420_001, 1, 384)]);
    }

    #[test]
    fn of_many_lies_few_are_told_and_what_most_nodes_say_first() {
        let liar: Vec<_> = (1..100).map(|n| fork(n, 420_000 + u64::from(n))).collect();
        let honest = vec![fork(200, 420_500)];
        let told = found(&[liar.repeat(3), honest.clone(), honest]);
        assert_eq!((told.len(), told[0]), (TOLD, (420_500, 2, 500 * 384)));
        assert!(told[1..].iter().all(|(_, nodes, _)| *nodes == 1));
    }
}
