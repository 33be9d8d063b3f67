//! The ledger's bytes: entries sealed under the ledger key, in the log of RFC 6962, under checkpoints that the writer key signs.

use std::collections::VecDeque;

use alloy_primitives::B256;
use credential::Keys;
use p256::ecdsa::SigningKey;
use protocol::cbor;
use protocol::ledger::{Body, Leaf, ReceiptEntry, Salted, SealedEntry, VERSION, commitment};
use protocol::message::{Batch, Problem, RecordPut};
use protocol::tlog::{self, Frontier};
use protocol::{limits, note};
use rand_core::CryptoRng;

use crate::conversation::Stop;
use crate::fold::Fold;

/// The log, what it means, and the batch that the host may or may not have stored.
#[derive(Debug)]
pub(crate) struct Ledger {
    frontier: Frontier,
    pub(crate) fold: Fold,
    pending: Option<Pending>,
    /// Entries that come next, whatever becomes of the conversations that made them.
    queued: VecDeque<Proposal>,
}

/// A batch that was said to the host and not yet acknowledged. It is the next one, whatever becomes of the conversation that made it.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) batch: Batch,
    index: u64,
    body: Body,
    reserved: bool,
    after: Frontier,
    pub(crate) receipt: ReceiptEntry,
}

impl Ledger {
    pub(crate) fn new() -> Self {
        Self { frontier: Frontier::default(), fold: Fold::default(), pending: None, queued: VecDeque::new() }
    }

    /// Entries that are durable.
    pub(crate) fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Root over them.
    pub(crate) fn root(&self) -> [u8; 32] {
        self.frontier.root()
    }

    /// Makes an entry come next that must not be lost with the conversation that makes it.
    pub(crate) fn queue(&mut self, entry: Proposal) {
        self.queued.push_back(entry);
    }

    /// Takes the first of them out, if nothing is pending.
    pub(crate) fn next_queued(&mut self) -> Option<Proposal> {
        if self.pending.is_some() { None } else { self.queued.pop_front() }
    }

    pub(crate) fn pending(&self) -> Option<&Pending> {
        self.pending.as_ref()
    }

    /// Takes one entry that the host stored in an earlier boot. The ledger key opens it only at this index after exactly these
    /// entries, so none can be forged, left out, moved or brought from another history.
    pub(crate) fn restore(&mut self, keys: &Keys, entry: &SealedEntry) -> Result<(), Stop> {
        let refused = Stop(Problem::Ledger);
        let leaf: Leaf = cbor::decode(&entry.leaf, limits::LEDGER_BODY).map_err(|_| refused)?;
        let index = self.size();
        let plain = credential::open_ledger(keys, index, &self.root(), &entry.sealed).map_err(|_| refused)?;
        let salted: Salted = cbor::decode(&plain, limits::LEDGER_BODY).map_err(|_| refused)?;
        let body: Body = cbor::decode(&salted.body, limits::LEDGER_BODY).map_err(|_| refused)?;
        if leaf.version != VERSION || *leaf.commitment != commitment(&salted.salt, &salted.body) || leaf.kind != body.kind() {
            return Err(refused);
        }
        self.fold.apply(index, &body, false).map_err(|_| refused)?;
        self.frontier.append(tlog::leaf_hash(&entry.leaf), |_, _, _| {});
        Ok(())
    }

    /// Makes `body` the next entry. Nothing counts until [`Ledger::acknowledge`].
    pub(crate) fn propose(
        &mut self,
        keys: &Keys,
        writer: &SigningKey,
        vault_id: &B256,
        entry: Proposal,
        rng: &mut impl CryptoRng,
    ) -> Result<(), Stop> {
        let Proposal { body, time, records, reserved } = entry;
        if self.pending.is_some() {
            return Err(Stop(Problem::Busy));
        }
        self.fold.check(&body).map_err(|_| Stop(Problem::Ledger))?;
        let mut salt = [0; 32];
        rng.fill_bytes(&mut salt);
        let salted = Salted { salt: salt.into(), body: cbor::encode(&body).into() };
        let leaf = Leaf {
            version: VERSION,
            kind: body.kind(),
            minute: time.checked_div(60_000).unwrap_or(0),
            commitment: commitment(&salt, &salted.body).into(),
        };
        let leaf = cbor::encode(&leaf);
        let index = self.size();
        let sealed =
            credential::seal_ledger(keys, index, &self.root(), &cbor::encode(&salted), rng).map_err(|_| Stop(Problem::Ledger))?;
        if sealed.len() > limits::LEDGER_BODY {
            return Err(Stop(Problem::Busy));
        }
        let path = tlog::path_of_last(&self.frontier);
        let mut after = self.frontier.clone();
        after.append(tlog::leaf_hash(&leaf), |_, _, _| {});
        let checkpoint = note::sign(vault_id, after.size(), &after.root(), writer);
        let receipt = ReceiptEntry {
            index,
            leaf: leaf.clone().into(),
            salted,
            path: path.into_iter().map(Into::into).collect(),
            checkpoint: checkpoint.clone(),
        };
        let entries = vec![SealedEntry { leaf: leaf.into(), sealed: sealed.into() }];
        let ended = self.fold.ended_by(&body);
        let batch = Batch { size: index, entries, checkpoint, records, ended };
        self.pending = Some(Pending { batch, index, body, reserved, after, receipt });
        Ok(())
    }

    /// The host said that the pending batch is durable.
    pub(crate) fn acknowledge(&mut self) -> Result<ReceiptEntry, Stop> {
        let Some(pending) = self.pending.take() else { return Err(Stop(Problem::Ledger)) };
        let Pending { batch: _, index, body, reserved, after, receipt } = pending;
        self.fold.apply(index, &body, reserved).map_err(|_| Stop(Problem::Ledger))?;
        self.frontier = after;
        Ok(receipt)
    }
}

/// A new entry.
#[derive(Debug)]
pub(crate) struct Proposal {
    pub(crate) body: Body,
    /// Unix milliseconds.
    pub(crate) time: u64,
    /// Records that become durable with it.
    pub(crate) records: Vec<RecordPut>,
    /// Its budget is counted already.
    pub(crate) reserved: bool,
}
