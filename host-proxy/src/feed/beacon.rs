//! The light-client part of the beacon API (beacon-APIs `apis/beacon/light_client`).
//!
//! Who is right among nodes that differ only the enclave can say, as only it has the committee. So heads and updates go to it from
//! every node that answers, and a node that lies costs it one look.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use beacon_api::{Encoding, Kind, MAX_JSON, MAX_SSZ, Preset, Summary};
use protocol::limits;
use protocol::message::ScheduledFork;
use reqwest::Url;
use serde_json::Value;

use super::nodes::{Ask, Body};
use super::{FetchError, Nodes};

/// Bytes of updates in one supply: a frame, less what is around them.
const UPDATES: usize = limits::HOST_FRAME - (64 << 10);
/// Bytes of the length and of the fork digest before each update.
const FRAMING: usize = 12;
/// For all nodes to give their heads: a node that is quick and old must not be all that the enclave hears of.
const HEADS: Duration = Duration::from_secs(3);
/// For all nodes to give their updates, which may be megabytes.
const CATCH_UP: Duration = Duration::from_secs(8);
/// Bytes of a fork schedule, at most.
const SCHEDULE: usize = 64 << 10;

/// Beacon nodes.
#[derive(Debug)]
pub(crate) struct Beacon {
    nodes: Nodes,
    /// Which node gave the last bootstrap, and of which root. It is asked last if the same is wanted again: it did not do.
    bootstrap: Mutex<Option<([u8; 32], usize)>>,
}

/// Finality and optimistic updates from different nodes, newest first.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Heads {
    pub(crate) finality: Vec<Vec<u8>>,
    pub(crate) optimistic: Vec<Vec<u8>>,
}

impl Beacon {
    /// # Errors
    /// If the TLS back end can't be set up.
    pub(crate) fn new(urls: Vec<Url>, patience: Duration) -> Result<Self, reqwest::Error> {
        Ok(Self { nodes: Nodes::new("beacon", urls, patience)?, bootstrap: Mutex::new(None) })
    }

    /// `LightClientBootstrap` of a block root.
    pub(crate) async fn bootstrap(&self, root: &[u8; 32]) -> Result<Vec<u8>, FetchError> {
        let last = *self.bootstrap.lock().unwrap_or_else(PoisonError::into_inner);
        let after = last.filter(|(of, _)| of == root).map(|(_, node)| node);
        let path = &["bootstrap", &format!("0x{}", hex::encode(root))];
        let (node, (ssz, _)) = self.nodes.first(get(path), after, |body| object(Kind::Bootstrap, body)).await?;
        *self.bootstrap.lock().unwrap_or_else(PoisonError::into_inner) = Some((*root, node));
        Ok(ssz)
    }

    /// The newest heads that two thirds signed. Those that fewer signed, or that finalize nothing, are left out: nodes serve such
    /// for as long as they have no better.
    pub(crate) async fn heads(&self) -> Result<Heads, FetchError> {
        let finality = self.candidates(Kind::FinalityUpdate, "finality_update", |s| s.finalized_slot.map(|f| (f, s.slot)));
        let optimistic = self.candidates(Kind::OptimisticUpdate, "optimistic_update", |s| Some((s.slot, s.signature_slot)));
        match tokio::join!(finality, optimistic) {
            (Err(error), Err(_)) => Err(error),
            (finality, optimistic) => {
                Ok(Heads { finality: finality.unwrap_or_default(), optimistic: optimistic.unwrap_or_default() })
            }
        }
    }

    /// The forks that each node names, with the epoch that it gives them. They are what the nodes were configured with, and nothing proves
    /// them.
    pub(crate) async fn schedules(&self) -> Result<Vec<Vec<ScheduledFork>>, FetchError> {
        let path = ["eth", "v1", "config", "fork_schedule"].map(ToOwned::to_owned).to_vec();
        let ask = Ask::Get { path, query: Vec::new(), ssz: 0, json: SCHEDULE };
        self.nodes.every(ask, CATCH_UP, |body| schedule(&body.bytes).ok_or(FetchError::Format)).await
    }

    async fn candidates(
        &self,
        kind: Kind,
        path: &str,
        newness: impl Fn(&Summary) -> Option<(u64, u64)>,
    ) -> Result<Vec<Vec<u8>>, FetchError> {
        let answers = self.nodes.every(get(&[path]), HEADS, |body| object(kind, body)).await?;
        let signed = answers.into_iter().filter(|(_, summary)| summary.supermajority());
        let mut heads: Vec<_> = signed.filter_map(|(ssz, summary)| Some((newness(&summary)?, ssz))).collect();
        heads.sort_by(|a, b| b.cmp(a));
        heads.dedup();
        Ok(heads.into_iter().map(|(_, ssz)| ssz).take(limits::HEADS).collect())
    }

    /// `LightClientUpdate`s of up to `count` periods from `period` on, by period, of each period one from every node that has its
    /// own; as many whole periods as a frame holds. Those that two thirds did not sign are left out.
    pub(crate) async fn updates(&self, period: u64, count: u64) -> Result<Vec<Vec<u8>>, FetchError> {
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(limits::UPDATES);
        let ask = Ask::Get {
            path: path(&["updates"]),
            query: vec![("start_period", period.to_string()), ("count", count.to_string())],
            ssz: count * (FRAMING + MAX_SSZ),
            json: count * MAX_JSON,
        };
        let answers = self.nodes.every(ask, CATCH_UP, |body| updates(body, count)).await?;
        let end = period.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        let mut by_period: BTreeMap<u64, Vec<Vec<u8>>> = BTreeMap::new();
        for answer in answers {
            let mut seen = None;
            for (ssz, summary) in answer {
                let of = summary.slot / slots_per_period(summary.preset);
                // In order, each period once: a node that repeats itself crowds nobody out.
                if summary.supermajority() && (period..end).contains(&of) && seen.is_none_or(|last| last < of) {
                    seen = Some(of);
                    let same = by_period.entry(of).or_default();
                    if !same.contains(&ssz) {
                        same.push(ssz);
                    }
                }
            }
        }
        let mut room = UPDATES;
        let fits = |of: &Vec<Vec<u8>>| {
            let bytes: usize = of.iter().map(|ssz| ssz.len() + 8).sum();
            room.checked_sub(bytes).map(|left| room = left).is_some()
        };
        Ok(by_period.into_values().take_while(fits).flatten().collect())
    }
}

const fn slots_per_period(preset: Preset) -> u64 {
    match preset {
        Preset::Mainnet => 8_192,
        Preset::Minimal => 64,
    }
}

fn path(rest: &[&str]) -> Vec<String> {
    ["eth", "v1", "beacon", "light_client"].iter().chain(rest).map(ToString::to_string).collect()
}

fn get(rest: &[&str]) -> Ask {
    Ask::Get { path: path(rest), query: Vec::new(), ssz: MAX_SSZ, json: MAX_JSON }
}

/// `{data: [{previous_version, current_version, epoch}]}` (beacon-APIs `getForkSchedule`), those that have an epoch.
fn schedule(json: &[u8]) -> Option<Vec<ScheduledFork>> {
    let answer: Value = serde_json::from_slice(json).ok()?;
    let fork = |fork: &Value| {
        let mut version = [0; 4];
        hex::decode_to_slice(fork.get("current_version")?.as_str()?.strip_prefix("0x")?, &mut version).ok()?;
        let epoch = fork.get("epoch")?.as_str()?.parse().ok()?;
        Some(ScheduledFork { version: version.into(), epoch })
    };
    let forks: Vec<_> = answer.get("data")?.as_array()?.iter().map(fork).collect::<Option<_>>()?;
    Some(forks.into_iter().filter(|fork| fork.epoch != u64::MAX).collect())
}

fn object(kind: Kind, body: &Body) -> Result<(Vec<u8>, Summary), FetchError> {
    let ssz = match body.encoding {
        Encoding::Ssz => body.bytes.clone(),
        Encoding::Json => beacon_api::object(kind, &body.bytes).map_err(|_| FetchError::Format)?.ssz,
    };
    let summary = Summary::of(kind, &ssz).map_err(|_| FetchError::Format)?;
    Ok((ssz, summary))
}

fn updates(body: &Body, count: usize) -> Result<Vec<(Vec<u8>, Summary)>, FetchError> {
    let list: Vec<Vec<u8>> = match body.encoding {
        Encoding::Ssz => {
            let framed = beacon_api::split(&body.bytes, count).map_err(|_| FetchError::Format)?;
            // The digest is dropped: the enclave knows the fork from its own schedule.
            framed.into_iter().map(|framed| framed.ssz.to_vec()).collect()
        }
        Encoding::Json => {
            let list = beacon_api::list(&body.bytes, count).map_err(|_| FetchError::Format)?;
            list.into_iter().map(|object| object.ssz).collect()
        }
    };
    let summary = |ssz: Vec<u8>| Summary::of(Kind::Update, &ssz).map(|summary| (ssz, summary));
    list.into_iter().map(summary).collect::<Result<_, _>>().map_err(|_| FetchError::Format)
}
