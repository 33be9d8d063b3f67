//! The ledger's fold: which generation of which record is current, what was spent, which intents are open.

use std::collections::HashMap;

use alloy_primitives::B256;
use alloy_sol_types::SolValue;
use protocol::call::Call;
use protocol::head_conflict::ConflictStatus;
use protocol::ledger::{Body, Ending, Evaluation, Intent, Outcome, Provisioned, RecordRef, Reservation, Result as Ended};
use protocol::message::{ConnectionsStatus, RecordEnd};
use sha2::{Digest, Sha256};

use crate::budget::Budget;
use crate::connections::{Connection, Connections};
use crate::own;
use crate::watches::Watches;

/// State read out of the ledger, entry by entry.
#[derive(Debug, Default)]
pub(crate) struct Fold {
    /// Current generation of each record, and the SHA-256 of its sealed bytes.
    records: HashMap<[u8; 32], (u64, [u8; 32])>,
    /// Limits.
    pub(crate) budget: Budget,
    /// Connections, and what became of them.
    pub(crate) connections: Connections,
    /// Where stores' money goes.
    pub(crate) watches: Watches,
    /// Intents without an outcome.
    open: HashMap<u64, Open>,
    /// Unix milliseconds of the newest entry.
    pub(crate) time: u64,
    /// The newest conflict of signed heads, and the boot that saw it.
    conflict: Option<([u8; 16], ConflictStatus)>,
}

/// A connection, and a store that it serves: the portfolio that made it, and its salt.
type TakenOff = ([u8; 32], (u64, B256));

/// An intent without an outcome.
#[derive(Debug)]
struct Open {
    /// The record that it uses.
    record: [u8; 32],
    /// The generation of the connection that is used.
    generation: u64,
    /// What it reserved.
    budget: Vec<Reservation>,
    /// The connection and the store that is taken off it, if the outcome says that it was done.
    takes_off: Option<TakenOff>,
    /// Of a new authorisation: whether the connection was revoked when it was intended. A revocation since then stands.
    anew: Option<bool>,
}

/// An entry that can't follow the ones before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OutOfOrder;

impl Fold {
    /// The generation of a record that may be used; `None` if the ledger knows no such record.
    pub(crate) fn generation(&self, record: &[u8; 32]) -> Option<u64> {
        self.records.get(record).map(|(generation, _)| *generation)
    }

    /// Whether these are the current generation's sealed bytes.
    pub(crate) fn is_current(&self, record: &[u8; 32], sealed: &[u8]) -> bool {
        self.records.get(record).is_some_and(|(_, digest)| *digest == <[u8; 32]>::from(Sha256::digest(sealed)))
    }

    /// The newest conflict of signed heads.
    pub(crate) fn conflict(&self) -> Option<ConflictStatus> {
        self.conflict.map(|(_, conflict)| conflict)
    }

    /// The same, if this boot saw it.
    pub(crate) fn conflict_of(&self, boot: &[u8; 16]) -> Option<ConflictStatus> {
        self.conflict.filter(|(seen_by, _)| seen_by == boot).map(|(_, conflict)| conflict)
    }

    /// Whether an entry may come next: records go up by one generation, and only open intents are closed. What is demanded follows from
    /// the entries before it and from nothing else, so that every image reads what an earlier one wrote.
    pub(crate) fn check(&self, body: &Body) -> Result<(), OutOfOrder> {
        let follows = match body {
            Body::Boot(_) | Body::Intent(_) | Body::Refusal(_) | Body::HeadConflict(_) => true,
            Body::Provision(provisioned) => {
                let store = (provisioned.origin, B256::from(*provisioned.salt));
                let open = self.open.get(&provisioned.intent).ok_or(OutOfOrder)?;
                let stands = |revoked: bool| {
                    let there = self.connections.of(&provisioned.connection);
                    there.is_some_and(|there| there.revoked == revoked && (revoked || there.serves(&store)))
                };
                open.anew.is_none_or(stands) && provisioned.records.iter().all(|record| self.follows(record))
            }
            Body::Taken(taken) => self.follows(&taken.record),
            Body::Refreshing(refreshing) => {
                self.connections.check_refreshing(refreshing)?;
                let before = self.connections.of(&refreshing.connection).and_then(|connection| connection.before);
                let older = before.is_some_and(|before| before.generation == refreshing.generation && before.may());
                older || self.generation(&refreshing.connection) == Some(refreshing.generation)
            }
            Body::Refreshed(refreshed) => {
                self.connections.check_refreshed(refreshed)?;
                match &refreshed.result {
                    Ended::Renewed { record, .. } => record.id == refreshed.connection && self.follows(record),
                    Ended::Unspent { .. } | Ended::Uncertain { .. } | Ended::Reauthorize => true,
                }
            }
            Body::Outcome(outcome) => self.open.contains_key(&outcome.intent),
            Body::Retried(retried) => self.open.contains_key(&retried.intent),
            Body::Watched(watched) => return self.watches.check_watched(watched),
            Body::Unchanged(unchanged) => return self.watches.check_unchanged(unchanged),
            Body::Alerted(alerted) => {
                self.connections.check_alerted(alerted)?;
                true
            }
            Body::Shown(shown) => {
                let held_back = self.connections.of(&shown.connection).is_none_or(Connection::falls_back);
                !held_back && self.generation(&shown.connection) == Some(shown.generation)
            }
        };
        if follows { Ok(()) } else { Err(OutOfOrder) }
    }

    /// Whether a record goes up by one generation.
    fn follows(&self, record: &RecordRef) -> bool {
        self.generation(&record.id).unwrap_or(0).checked_add(1) == Some(record.generation)
    }

    /// Takes an entry that is durable. `reserved` says that its budget is counted already, because this process reserved it.
    pub(crate) fn apply(&mut self, index: u64, body: &Body, reserved: bool) -> Result<(), OutOfOrder> {
        self.check(body)?;
        let time = match body {
            Body::Boot(boot) => {
                self.connections.booted();
                boot.time
            }
            Body::Provision(provisioned) => {
                self.provisioned(provisioned)?;
                provisioned.time
            }
            Body::Taken(taken) => {
                self.put(&taken.record);
                if !reserved {
                    self.budget.count(&taken.budget);
                }
                if let Some(kept) = &taken.kept {
                    let call = Call::abi_decode_validate(&taken.call.call).map_err(|_| OutOfOrder)?;
                    self.connections.make(kept, Some((call.origin, call.salt)), taken.time);
                }
                taken.time
            }
            Body::Refreshing(refreshing) => {
                self.connections.refreshing(index, refreshing, reserved)?;
                refreshing.time
            }
            Body::Refreshed(refreshed) => {
                let current = self.records.get(&*refreshed.connection).copied().ok_or(OutOfOrder)?;
                self.connections.refreshed(refreshed, current)?;
                if let Ended::Renewed { record, .. } = &refreshed.result {
                    self.put(record);
                    self.watches.renewed(&refreshed.connection);
                }
                refreshed.time
            }
            Body::Intent(intent) => {
                if !reserved {
                    self.budget.count(&intent.budget);
                }
                self.using(&intent.record, intent.generation);
                self.watches.used(&intent.record);
                let takes_off = self.own(intent)?;
                let anew = self.anew(intent);
                let Intent { record, generation, .. } = intent;
                let budget = intent.budget.clone();
                self.open.insert(index, Open { record: **record, generation: *generation, budget, takes_off, anew });
                intent.time
            }
            Body::Outcome(outcome) => {
                if let Some(answered) = self.answered(outcome) {
                    self.connections.answered(&answered);
                }
                let Open { budget, takes_off, .. } = self.open.remove(&outcome.intent).ok_or(OutOfOrder)?;
                match (outcome.ending, takes_off) {
                    (Ending::Failed, _) => self.budget.give_back(&budget),
                    (Ending::Done, Some((connection, store))) => self.connections.take_off(&connection, &store),
                    (Ending::Upstream { .. } | Ending::Unknown | Ending::Done, _) => {}
                }
                outcome.time
            }
            Body::Refusal(refused) => refused.time,
            Body::HeadConflict(conflict) => {
                self.conflict = Some((*conflict.boot_id, conflict.status(index)));
                conflict.time
            }
            Body::Retried(retried) => {
                let open = self.open.get_mut(&retried.intent).ok_or(OutOfOrder)?;
                open.generation = retried.generation;
                let record = open.record;
                self.using(&record, retried.generation);
                retried.time
            }
            Body::Watched(watched) => {
                self.watches.watched(index, watched)?;
                watched.time
            }
            Body::Unchanged(unchanged) => {
                self.watches.unchanged(unchanged)?;
                unchanged.time
            }
            Body::Alerted(alerted) => {
                self.connections.alerted(alerted)?;
                alerted.time
            }
            Body::Shown(shown) => {
                self.connections.shown(&shown.connection);
                self.connections.served(&shown.connection);
                shown.time
            }
        };
        self.time = self.time.max(time);
        Ok(())
    }

    fn provisioned(&mut self, provisioned: &Provisioned) -> Result<(), OutOfOrder> {
        for record in &provisioned.records {
            self.put(record);
        }
        self.open.remove(&provisioned.intent).ok_or(OutOfOrder)?;
        let store = (provisioned.origin, B256::from(*provisioned.salt));
        if let Some(kept) = &provisioned.kept {
            self.connections.make(kept, None, provisioned.time);
        }
        if let Some(taken_in) = &provisioned.replaces {
            self.connections.remove(taken_in);
        }
        let binding = provisioned.records.iter().find(|record| record.id != provisioned.connection).map(|record| *record.id);
        self.connections.bind(&provisioned.connection, binding, store);
        if let Some((binding, connection)) = binding.zip(self.connections.of(&provisioned.connection)) {
            self.watches.bind(binding, *provisioned.connection, connection, store, provisioned.time);
        }
        self.watches.renewed(&provisioned.connection);
        // Its probe was answered.
        self.connections.answered(&provisioned.connection);
        Ok(())
    }

    /// How many connections and logins there are, and how many of them, or of their stores, need somebody.
    pub(crate) fn tally(&self, now: u64) -> ConnectionsStatus {
        let (watched, rerouted, unread) = self.watches.tally(now, &self.connections);
        ConnectionsStatus { watched, rerouted, unread, ..self.connections.tally() }
    }

    /// A connection's access token may be shown to the platform from here on, and if it is the current generation's, the host served it.
    fn using(&mut self, record: &[u8; 32], generation: u64) {
        // A store's binding, or the connection itself that is handed over.
        self.connections.used(record);
        self.connections.shown(record);
        let bound = self.connections.bound(record).map(|(id, _)| id);
        if let Some(id) = bound.filter(|id| self.generation(id) == Some(generation)) {
            self.connections.served(&id);
        }
    }

    /// The connection with whose current generation a call was answered 2xx.
    fn answered(&self, outcome: &Outcome) -> Option<[u8; 32]> {
        let Open { record, generation, .. } = self.open.get(&outcome.intent)?;
        let done = matches!(outcome.ending, Ending::Upstream { status: 200..=299 }) && *outcome.response != [0; 32];
        let (id, _) = self.connections.bound(record).filter(|_| done)?;
        (self.generation(&id) == Some(*generation)).then_some(id)
    }

    /// Record generations that nobody needs once this entry, which may come next, is durable.
    pub(crate) fn ended_by(&self, body: &Body) -> Vec<RecordEnd> {
        let current = |id: &[u8; 32]| self.generation(id).map(|generation| RecordEnd { id: (*id).into(), generation });
        let before = |id: &[u8; 32]| {
            let generation = self.connections.of(id)?.before?.generation;
            Some(RecordEnd { id: (*id).into(), generation })
        };
        let ended = match body {
            Body::Provision(provisioned) => {
                let replaced = provisioned.records.iter().map(|record| current(&record.id));
                let staged = provisioned.replaces.iter().flat_map(|staged| [current(staged), before(staged)]);
                replaced.chain(staged).chain([before(&provisioned.connection)]).collect()
            }
            Body::Taken(taken) => vec![current(&taken.record.id)],
            Body::Refreshed(refreshed) => match &refreshed.result {
                // What was handed in is what is kept: the current one, or the one before it, and then the current one is lost.
                Ended::Renewed { record, .. } if self.connections.of(&record.id).is_some_and(Connection::falls_back) => {
                    vec![current(&record.id)]
                }
                Ended::Renewed { .. } | Ended::Reauthorize => vec![before(&refreshed.connection)],
                Ended::Unspent { .. } | Ended::Uncertain { .. } => Vec::new(),
            },
            Body::Outcome(outcome) => self.answered(outcome).iter().map(before).collect(),
            Body::Boot(_)
            | Body::Intent(_)
            | Body::Refusal(_)
            | Body::HeadConflict(_)
            | Body::Refreshing(_)
            | Body::Retried(_)
            | Body::Watched(_)
            | Body::Unchanged(_)
            | Body::Alerted(_)
            | Body::Shown(_) => Vec::new(),
        };
        ended.into_iter().flatten().collect()
    }

    fn anew(&self, intent: &Intent) -> Option<bool> {
        let rotates = |evaluation: &Evaluation| evaluation.operation == own::ROTATE_OPERATION;
        let asked = intent.evidence.evaluations.iter().any(rotates);
        asked.then(|| self.connections.of(&intent.record).is_some_and(|connection| connection.revoked))
    }

    /// What an intent to do one of the vault's own operations changes: of a release, that it may have happened counts; of a revocation,
    /// that it did.
    fn own(&mut self, intent: &Intent) -> Result<Option<TakenOff>, OutOfOrder> {
        let asked = |name| intent.evidence.evaluations.iter().any(|evaluation| evaluation.operation == name);
        if asked(own::OTP_OPERATION) {
            self.connections.coded(&intent.record, intent.time);
        }
        if asked(own::EXPORT_OPERATION) {
            self.connections.taint(&intent.record, intent.time);
        }
        if !asked(own::REVOKE_OPERATION) && !asked(own::ROTATE_OPERATION) {
            return Ok(None);
        }
        let call = Call::abi_decode_validate(&intent.call.call).map_err(|_| OutOfOrder)?;
        if asked(own::ROTATE_OPERATION) {
            // What is probed is kept under a name of its own, which the intent does not say.
            self.connections.shown_for(&(call.origin, call.salt));
            return Ok(None);
        }
        Ok(Some((*intent.record, (call.origin, call.salt))))
    }

    fn put(&mut self, record: &RecordRef) {
        self.records.insert(*record.id, (record.generation, *record.sealed));
    }
}
