//! Proven state at recent heads, and what was read there, so that the next head is asked for the same in one round trip.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chain::{BeaconHead, ProvenState, VerifiedHead};
use policy::{Lacks, Wanted};
use protocol::message::{AccountQuery, Need, Problem, SlotProof, Supply};

use crate::conversation::{Io, Stop};
use crate::state::Shared;
use crate::touched::Touched;

/// Slots from one boundary to the next: epochs have 8 or 32, and what becomes final is the last block up to an epoch's first slot. So of the
/// heads between two boundaries the newest is enough.
const STRIDE: u64 = 8;
/// Heads that are kept whatever their slot.
const NEWEST: usize = 4;
/// Heads whose state is kept: a head that is attested today is the finalized one two epochs and a little later. They share what did not change
/// from one to the next; where a contract's storage did, 10,000 stores' slots take some 3 MB at each.
const KEPT: usize = 20;

/// Proven state at one head. Conversations share it.
#[derive(Clone, Debug)]
pub(crate) struct View {
    head: VerifiedHead,
    state: Arc<Mutex<ProvenState>>,
}

impl View {
    pub(crate) fn state(&self) -> MutexGuard<'_, ProvenState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) const fn head(&self) -> &VerifiedHead {
        &self.head
    }
}

/// The two heads that a decision is made at.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) finalized: View,
    pub(crate) attested: View,
}

impl Pair {
    /// Lends the state at both heads.
    pub(crate) fn with<T>(&self, read: impl FnOnce(&ProvenState, &ProvenState) -> T) -> T {
        let finalized = self.finalized.state();
        // Locking one view twice would wait for ever.
        if Arc::ptr_eq(&self.finalized.state, &self.attested.state) {
            return read(&finalized, &finalized);
        }
        read(&finalized, &self.attested.state())
    }
}

/// Recent views and what was read in them.
#[derive(Debug, Default)]
pub(crate) struct Views {
    recent: VecDeque<View>,
    /// At the light client's newest heads of which both execution blocks are known.
    pair: Option<Pair>,
    /// What was read in them.
    pub(crate) touched: Touched,
}

impl Views {
    /// The views that decisions are made at. Behind the light client for as long as the host takes to supply the execution headers of
    /// its newest heads; their age counts, not its.
    pub(crate) const fn pair(&self) -> Option<&Pair> {
        self.pair.as_ref()
    }

    /// Those heads whose execution block is not known, each once.
    pub(crate) fn unconnected(&self, heads: [BeaconHead; 2]) -> Vec<BeaconHead> {
        let mut unknown: Vec<BeaconHead> = heads.into_iter().filter(|head| self.at(head).is_none()).collect();
        unknown.dedup();
        unknown
    }

    /// Makes these the heads that decisions are made at, if both have a view by now.
    pub(crate) fn follow(&mut self, connected: Vec<VerifiedHead>, [finalized, attested]: [BeaconHead; 2]) {
        for head in connected {
            self.open(head);
        }
        if let (Some(finalized), Some(attested)) = (self.at(&finalized), self.at(&attested)) {
            self.pair = Some(Pair { finalized, attested });
        }
    }

    fn at(&self, head: &BeaconHead) -> Option<View> {
        let pair = self.pair.iter().flat_map(|pair| [&pair.attested, &pair.finalized]);
        self.recent.iter().rev().chain(pair).find(|view| view.head.root() == head.root()).cloned()
    }

    fn open(&mut self, head: VerifiedHead) {
        let last = self.pair.as_ref().map(|pair| &pair.attested).or_else(|| self.recent.back());
        let state = match last {
            Some(last) => last.state().next(head.clone()),
            None => ProvenState::new(head.clone()),
        };
        self.recent.push_back(View { head, state: Arc::new(Mutex::new(state)) });
        self.thin_out();
    }

    /// Lets go of heads that will not be asked about again.
    fn thin_out(&mut self) {
        let boundary = |slot: u64| slot.div_ceil(STRIDE);
        let slots: Vec<u64> = self.recent.iter().map(|view| view.head.slot().0).collect();
        let newer = |slot: u64| slots.iter().any(|other| *other > slot && boundary(*other) == boundary(slot));
        let old = self.recent.len().saturating_sub(NEWEST);
        let mut place = 0_usize;
        self.recent.retain(|view| {
            place = place.saturating_add(1);
            place > old || !newer(view.head.slot().0)
        });
        while self.recent.len() > KEPT {
            self.recent.pop_front();
        }
    }

    /// What was read lately, as the host is told it.
    pub(crate) fn touched(&self) -> Vec<AccountQuery> {
        queries(&self.touched.told())
    }

    /// What was read lately and is not proven in `view` yet.
    pub(crate) fn unproven(&self, view: &View) -> Vec<AccountQuery> {
        let ahead = queries(&self.touched.ahead());
        self.lacking(view, ahead)
    }

    fn lacking(&self, view: &View, queries: Vec<AccountQuery>) -> Vec<AccountQuery> {
        let state = view.state();
        queries
            .into_iter()
            .filter_map(|mut query| {
                let account = state.account(*query.address);
                query.slots.retain(|slot| state.slot(*query.address, **slot).is_none());
                query.code = query.code
                    && match &account {
                        Some(chain::Account::Present { code_hash, .. }) => state.code(code_hash).is_none(),
                        Some(chain::Account::Absent) => false,
                        None => !self.knows_code(&state, &query),
                    };
                (account.is_none() || !query.slots.is_empty() || query.code).then_some(query)
            })
            .collect()
    }

    /// Whether the code of this account, as an earlier head had it, is there already. If it changed, the run asks for it.
    fn knows_code(&self, state: &ProvenState, query: &AccountQuery) -> bool {
        self.recent.iter().any(|view| {
            let Ok(earlier) = view.state.try_lock() else { return false };
            match earlier.account(*query.address) {
                Some(chain::Account::Present { code_hash, .. }) => state.code(&code_hash).is_some(),
                Some(chain::Account::Absent) | None => false,
            }
        })
    }
}

fn queries(wanted: &Wanted) -> Vec<AccountQuery> {
    wanted
        .accounts
        .iter()
        .map(|(address, account)| AccountQuery {
            address: address.into_array().into(),
            slots: account.slots.iter().map(|slot| slot.0.into()).collect(),
            code: account.code,
        })
        .collect()
}

/// How the host answered a question for proofs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Fetched {
    /// With proofs that hold, of all that was asked for.
    Proven,
    /// No node of the host proves this at this block.
    Unproven,
}

/// Asks the host to prove what a run lacks.
pub(crate) async fn fetch(io: &Io, view: &View, wanted: &Wanted) -> Result<Fetched, Stop> {
    fetch_queries(io, view, queries(wanted)).await
}

/// What a run at both heads lacks, round by round.
#[derive(Debug, Default)]
pub(crate) struct Lacking {
    /// What was read for the store the last time. It is asked for with what a run lacks, so that a new head costs one round trip.
    remembered: Wanted,
    /// Something at the finalized head can't be proven.
    unproven: bool,
}

impl Lacking {
    pub(crate) fn with(remembered: Wanted) -> Self {
        Self { remembered, unproven: false }
    }

    /// Fetches what a round lacks. The attested head first and to its end, so that the host has seen all that the run reads when it is
    /// given up for what can't be proven at the finalized one: the host proves that at every block from here on.
    pub(crate) async fn fetch(
        &mut self,
        io: &Io,
        shared: &Shared,
        pair: &Pair,
        finalized: &Lacks,
        attested: &Lacks,
    ) -> Result<Fetched, Stop> {
        if self.fetch_at(io, shared, &pair.attested, attested).await? == Fetched::Unproven {
            return Ok(Fetched::Unproven);
        }
        if !self.unproven && self.fetch_at(io, shared, &pair.finalized, finalized).await? == Fetched::Unproven {
            self.unproven = true;
        }
        Ok(if self.unproven && attested.is_empty() { Fetched::Unproven } else { Fetched::Proven })
    }

    async fn fetch_at(&self, io: &Io, shared: &Shared, view: &View, lacks: &Lacks) -> Result<Fetched, Stop> {
        if lacks.is_empty() {
            return Ok(Fetched::Proven);
        }
        let mut all = lacks.all();
        all.merge(&self.remembered);
        let (all, needed) = {
            let views = &shared.state().views;
            (views.lacking(view, queries(&all)), views.lacking(view, queries(&lacks.needed)))
        };
        if all == needed || fetch_queries(io, view, all).await? == Fetched::Unproven {
            // What was guessed or remembered may be what no node proves at this block any more; what is needed may be proven all the same.
            return fetch_queries(io, view, needed).await;
        }
        Ok(Fetched::Proven)
    }
}

/// Asks the host to prove accounts and slots. What does not verify, and what does not bring all that was asked for, ends the conversation.
async fn fetch_queries(io: &Io, view: &View, accounts: Vec<AccountQuery>) -> Result<Fetched, Stop> {
    let fetched = supplied(io, view, &accounts).await?;
    let state = view.state();
    let all = fetched == Fetched::Unproven || accounts.iter().all(|query| is_proven(&state, query));
    if all { Ok(fetched) } else { Err(Stop(Problem::Supply)) }
}

/// Asks the host to prove what will be needed. Of the slots it may bring a part, as much as a frame holds; a run asks for the rest again.
pub(crate) async fn fetch_ahead(io: &Io, view: &View, accounts: Vec<AccountQuery>) -> Result<(), Stop> {
    let fetched = supplied(io, view, &accounts).await?;
    let state = view.state();
    let all = fetched == Fetched::Unproven || accounts.iter().all(|query| state.account(*query.address).is_some());
    if all { Ok(()) } else { Err(Stop(Problem::Supply)) }
}

async fn supplied(io: &Io, view: &View, accounts: &[AccountQuery]) -> Result<Fetched, Stop> {
    if accounts.is_empty() {
        return Ok(Fetched::Proven);
    }
    let head = view.head();
    let need =
        Need::State { block_number: head.block_number(), block_hash: head.block_hash().into(), accounts: accounts.to_vec() };
    let proofs = match io.need(need).await? {
        Supply::State(proofs) => proofs,
        Supply::Unproven => return Ok(Fetched::Unproven),
        _ => return Err(Stop(Problem::Supply)),
    };
    let mut state = view.state();
    for proof in &proofs {
        // What was not asked for is refused: the host would decide how much memory it takes.
        let asked = accounts.iter().find(|query| query.address == proof.address).ok_or(Stop(Problem::Supply))?;
        // Slots are asked for in ascending order.
        let known = |slot: &SlotProof| asked.slots.binary_search(&slot.slot).is_ok();
        if !(asked.code || proof.code.is_none()) || !proof.slots.iter().all(known) {
            return Err(Stop(Problem::Supply));
        }
        let slots =
            proof.slots.iter().map(|slot| (*slot.slot, slot.nodes.iter().map(|node| node.as_slice()).collect())).collect();
        state
            .add(&chain::AccountProof {
                address: *proof.address,
                nodes: proof.nodes.iter().map(|node| node.as_slice()).collect(),
                slots,
                code: proof.code.as_ref().map(|code| code.as_slice()),
            })
            .map_err(|_| Stop(Problem::Supply))?;
    }
    Ok(Fetched::Proven)
}

fn is_proven(state: &ProvenState, query: &AccountQuery) -> bool {
    let code = match state.account(*query.address) {
        None => false,
        Some(chain::Account::Absent) => true,
        Some(chain::Account::Present { code_hash, .. }) => !query.code || state.code(&code_hash).is_some(),
    };
    code && query.slots.iter().all(|slot| state.slot(*query.address, **slot).is_some())
}
