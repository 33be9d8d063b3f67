//! Named points in serving a conversation, for whoever wants to watch (or to kill) the process at each of them.

use std::fmt;
use std::sync::Arc;

use protocol::message::{HostRequest, Need};

/// Is told of every point that a conversation passes. Observation only: it can't change what happens.
#[derive(Clone)]
pub struct Hooks(Arc<dyn Fn(&'static str) + Send + Sync>);

impl Hooks {
    /// Calls `observe` at every point, on the thread that serves the conversation.
    pub fn new(observe: impl Fn(&'static str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(observe))
    }

    /// The conversation is at `point`.
    pub fn at(&self, point: &'static str) {
        (self.0)(point);
    }
}

impl Default for Hooks {
    fn default() -> Self {
        Self::new(|_| {})
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hooks")
    }
}

/// The names of one kind of conversation's points.
#[derive(Debug)]
pub(crate) struct Points {
    /// The kind itself, as metrics and logs call it.
    pub(crate) kind: &'static str,
    /// About to connect.
    pub(crate) connect: &'static str,
    /// Connected, nothing sent.
    pub(crate) connected: &'static str,
    /// The request is sent.
    pub(crate) sent: &'static str,
    /// A need was read, by [`need_index`]: nothing done for it yet.
    before: [&'static str; 8],
    /// What it needs is at hand (a commit is durable), nothing sent back yet.
    after: [&'static str; 8],
    /// The supply is sent.
    pub(crate) supplied: &'static str,
    /// The answer was read, the caller has nothing yet.
    pub(crate) answered: &'static str,
}

/// The points of one connection through the relay, in the order in which it passes them; those of its bytes as often as there are any.
pub(crate) mod relay {
    /// The enclave is connected, and said nothing.
    pub(crate) const ACCEPTED: &str = "relay.accepted";
    /// Its request was read.
    pub(crate) const ASKED: &str = "relay.asked";
    /// The platform's addresses are known.
    pub(crate) const RESOLVED: &str = "relay.resolved";
    /// The platform is connected, and the enclave does not know it.
    pub(crate) const DIALLED: &str = "relay.dialled";
    /// The enclave was told.
    pub(crate) const OPENED: &str = "relay.opened";
    /// Bytes from the enclave are read, the platform has none of them.
    pub(crate) const OUT_READ: &str = "relay.out.read";
    /// It has all of them.
    pub(crate) const OUT_WRITTEN: &str = "relay.out.written";
    /// Bytes from the platform are read, the enclave has none of them.
    pub(crate) const IN_READ: &str = "relay.in.read";
    /// It has all of them.
    pub(crate) const IN_WRITTEN: &str = "relay.in.written";
    /// Both sides have ended.
    pub(crate) const CLOSED: &str = "relay.closed";
}

macro_rules! points {
    ($kind:literal) => {
        Points {
            kind: $kind,
            connect: concat!($kind, ".connect"),
            connected: concat!($kind, ".connected"),
            sent: concat!($kind, ".sent"),
            before: [
                concat!($kind, ".bootstrap.before"),
                concat!($kind, ".updates.before"),
                concat!($kind, ".heads.before"),
                concat!($kind, ".state.before"),
                concat!($kind, ".record.before"),
                concat!($kind, ".ledger.before"),
                concat!($kind, ".commit.before"),
                concat!($kind, ".headers.before"),
            ],
            after: [
                concat!($kind, ".bootstrap.after"),
                concat!($kind, ".updates.after"),
                concat!($kind, ".heads.after"),
                concat!($kind, ".state.after"),
                concat!($kind, ".record.after"),
                concat!($kind, ".ledger.after"),
                concat!($kind, ".commit.after"),
                concat!($kind, ".headers.after"),
            ],
            supplied: concat!($kind, ".supplied"),
            answered: concat!($kind, ".answered"),
        }
    };
}

static ALL: [Points; 11] = [
    points!("configure"),
    points!("checkpoint"),
    points!("attest"),
    points!("genesis"),
    points!("unlock"),
    points!("tick"),
    points!("call"),
    points!("status"),
    points!("anchor"),
    points!("upkeep"),
    points!("watch"),
];

impl Points {
    /// The points of a conversation that starts with `request`.
    pub(crate) fn of(request: &HostRequest) -> &'static Self {
        let [configure, checkpoint, attest, genesis, unlock, tick, call, status, anchor, upkeep, watch] = &ALL;
        match request {
            HostRequest::Configure { .. } => configure,
            HostRequest::Checkpoint { .. } => checkpoint,
            HostRequest::Attest { .. } => attest,
            HostRequest::Genesis => genesis,
            HostRequest::Unlock { .. } => unlock,
            HostRequest::Tick => tick,
            HostRequest::Call { .. } => call,
            HostRequest::Status => status,
            HostRequest::Anchor => anchor,
            HostRequest::Upkeep => upkeep,
            HostRequest::Watch => watch,
        }
    }

    /// Before and after supplying `need`.
    pub(crate) fn need(&self, need: &Need) -> (&'static str, &'static str) {
        let index = need_index(need);
        (self.before[index], self.after[index])
    }

    fn names(&self) -> impl Iterator<Item = &'static str> {
        [self.connect, self.connected, self.sent]
            .into_iter()
            .chain(self.before)
            .chain(self.after)
            .chain([self.supplied, self.answered])
    }
}

/// Needs by the order of their names in [`NEEDS`].
const fn need_index(need: &Need) -> usize {
    match need {
        Need::Bootstrap { .. } => 0,
        Need::Updates { .. } => 1,
        Need::Heads => 2,
        Need::State { .. } => 3,
        Need::Record { .. } => 4,
        Need::Ledger { .. } => 5,
        Need::Commit(_) => 6,
        Need::Headers { .. } => 7,
    }
}

const NEEDS: [&str; 8] = ["bootstrap", "updates", "heads", "state", "record", "ledger", "commit", "headers"];

/// What a need is called in metrics and logs.
pub(crate) const fn need_name(need: &Need) -> &'static str {
    NEEDS[need_index(need)]
}

/// Every point of every kind of conversation (`call.commit.after`), in the order in which one conversation passes them. `kind` is
/// one of `configure checkpoint attest genesis unlock tick call status anchor upkeep watch`; an unknown one has none.
pub fn points(kind: &str) -> impl Iterator<Item = &'static str> {
    ALL.iter().filter(move |points| points.kind == kind).flat_map(Points::names)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_point_has_its_own_name() {
        let all: Vec<_> = ALL.iter().flat_map(Points::names).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        assert_eq!(points("call").count(), 21);
        assert_eq!(points("nothing").count(), 0);
    }
}
