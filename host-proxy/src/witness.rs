//! The rolling witness: proofs of what the vault reads, made at every head while nodes still have its state, and kept until the
//! block is final and a little longer.
//!
//! ```text
//! Need::State, Status.touched --register--> registry --at every new head--> nodes --proofs--> shelf
//! Need::State  <------------------------------ shelf, or else a node, or else "unproven"
//! ```
//!
//! Many nodes answer `eth_getProof` for few blocks (geth keeps about 128, reth none by default), and a block is final after 64 to 160
//! slots. What is registered is proven in time; what is asked for the first time is not, and is refused until a block is final that
//! came after the question.

mod registry;
mod shelf;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use alloy_primitives::B256;
use protocol::message::{AccountProof, AccountQuery, HeadStatus, Status};
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};

use crate::feed::{Block, Execution, FetchError};
use crate::status::Snapshot;
use crate::store::StoreError;
use registry::Registry;
use shelf::Shelf;

/// Blocks behind the newest that proofs are kept for.
const KEPT: u64 = 512;
/// Blocks from one clearing of the shelf to the next.
const SWEEP: u64 = 32;
/// Before a node that could not prove a block is asked for it again.
const AGAIN: Duration = Duration::from_secs(12);

/// Whether the finalized block is proven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Coverage {
    /// Number of the finalized block.
    pub(crate) block: u64,
    /// Accounts that were registered by that block, and that neither shelf nor node proves at it.
    pub(crate) lacking: usize,
    /// Accounts with something that was registered after it, and is proven at it by nobody.
    pub(crate) pending: usize,
}

/// The rolling witness of one vault.
#[derive(Debug)]
pub(crate) struct Witness {
    execution: Execution,
    store: Arc<Shelf>,
    registry: Mutex<Registry>,
    coverage: watch::Sender<Option<Coverage>>,
}

impl Witness {
    /// Opens or makes the shelf in `directory`.
    ///
    /// # Errors
    /// [`StoreError::Open`] if another process has it open.
    pub(crate) fn open(directory: &Path, execution: Execution) -> Result<Self, StoreError> {
        let shelf = Shelf::open(directory)?;
        let registry = Mutex::new(shelf.registry()?);
        Ok(Self { execution, store: Arc::new(shelf), registry, coverage: watch::Sender::new(None) })
    }

    /// Whether the finalized block is proven, as last seen.
    pub(crate) fn coverage(&self) -> Option<Coverage> {
        *self.coverage.borrow()
    }

    /// Proofs of `accounts` at a block, in the same order: kept ones, or from a node. What is asked is registered.
    ///
    /// # Errors
    /// An error that [`FetchError::is_answer`] if nodes are well and none proves it.
    pub(crate) async fn prove(
        &self,
        number: u64,
        hash: B256,
        accounts: Vec<AccountQuery>,
    ) -> Result<Vec<AccountProof>, FetchError> {
        if accounts.is_empty() {
            return Ok(Vec::new());
        }
        self.registry().ask(&accounts);
        let kept = self.kept(number, hash, accounts.clone()).await;
        let missing: Vec<_> = accounts.iter().zip(&kept).filter(|(_, kept)| kept.is_none()).map(|(q, _)| q.clone()).collect();
        let mut fetched = Vec::new();
        if !missing.is_empty() {
            let block = self.execution.block(hash).await?;
            if block.number != number {
                return Err(FetchError::Wrong);
            }
            fetched = self.execution.prove(&block, &missing).await?;
            drop(self.shelve(block, fetched.clone()));
        }
        let mut fetched = fetched.into_iter();
        kept.into_iter().map(|kept| kept.or_else(|| fetched.next()).ok_or(FetchError::Format)).collect()
    }

    /// Keeps proofs at every head that the enclave says it has. Works until dropped.
    pub(crate) async fn run(self: Arc<Self>, mut status: watch::Receiver<Option<Snapshot>>) {
        let mut failed: Vec<(B256, Instant)> = Vec::new();
        let mut swept = 0;
        loop {
            let last = status.borrow_and_update().as_ref().map(|snapshot| snapshot.status.clone());
            if let Some(Status { touched, finalized: Some(finalized), attested: Some(attested), .. }) = last {
                self.registry().name(&touched);
                failed.retain(|(_, until)| *until > Instant::now());
                for head in [attested, finalized] {
                    self.follow(&head, &mut failed).await;
                }
                self.judge(&finalized).await;
                let (sweep, registry) = {
                    let mut registry = self.registry();
                    registry.seen(attested.block_number);
                    (attested.block_number >= swept + SWEEP, registry.changed())
                };
                let store = Arc::clone(&self.store);
                let work = spawn_blocking(move || -> Result<(), StoreError> {
                    if let Some(registry) = registry {
                        store.save(&registry)?;
                    }
                    if sweep { store.sweep(attested.block_number.saturating_sub(KEPT)) } else { Ok(()) }
                });
                if sweep {
                    swept = attested.block_number;
                }
                if let Ok(Err(error)) = work.await {
                    tracing::warn!(%error, "the witness can't be written");
                }
            }
            if status.changed().await.is_err() {
                return;
            }
        }
    }

    /// Fetches what is registered and not kept at this head, account by account, so that one that fails costs only itself.
    async fn follow(&self, head: &HeadStatus, failed: &mut Vec<(B256, Instant)>) {
        let hash = B256::from(*head.block_hash);
        if failed.iter().any(|(other, _)| *other == hash) {
            return;
        }
        let queries = self.registry().queries();
        let kept = self.kept(head.block_number, hash, queries.clone()).await;
        let missing: Vec<_> = queries.into_iter().zip(kept).filter(|(_, kept)| kept.is_none()).map(|(q, _)| q).collect();
        if missing.is_empty() {
            return;
        }
        let Ok(block) = self.execution.block(hash).await else {
            failed.push((hash, Instant::now() + AGAIN));
            return;
        };
        let mut tasks = JoinSet::new();
        for query in missing {
            let execution = self.execution.clone();
            tasks.spawn(async move { execution.prove(&block, &[query]).await });
        }
        let mut proofs = Vec::new();
        let mut error = None;
        while let Some(joined) = tasks.join_next().await {
            match joined {
                Ok(Ok(mut proof)) => proofs.append(&mut proof),
                Ok(Err(why)) => error = Some(why),
                Err(_) => {}
            }
        }
        if let Some(error) = error {
            tracing::debug!(block = block.number, %error, "a head could not be proven whole");
            failed.push((hash, Instant::now() + AGAIN));
        }
        if !proofs.is_empty() {
            self.shelve(block, proofs).await;
        }
    }

    /// Whether what is registered is kept at the finalized head.
    async fn judge(&self, finalized: &HeadStatus) {
        let number = finalized.block_number;
        let (queries, due) = {
            let registry = self.registry();
            (registry.queries(), registry.due_at(number))
        };
        let hash = B256::from(*finalized.block_hash);
        let (all, lacking) = (self.lacks(number, hash, queries).await, self.lacks(number, hash, due).await);
        let now = Coverage { block: number, lacking, pending: all.saturating_sub(lacking) };
        let before = self.coverage.send_replace(Some(now));
        if lacking > 0 && before.is_none_or(|before| before.lacking == 0) {
            tracing::warn!(block = number, lacking, "no proofs at the finalized block");
        }
    }

    async fn lacks(&self, number: u64, hash: B256, queries: Vec<AccountQuery>) -> usize {
        let kept = self.kept(number, hash, queries).await;
        kept.iter().filter(|kept| kept.is_none()).count()
    }

    async fn kept(&self, number: u64, hash: B256, queries: Vec<AccountQuery>) -> Vec<Option<AccountProof>> {
        let (store, count) = (Arc::clone(&self.store), queries.len());
        match spawn_blocking(move || store.find(number, hash, &queries)).await {
            Ok(Ok(kept)) => kept,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the witness can't be read");
                vec![None; count]
            }
            Err(_) => vec![None; count],
        }
    }

    /// Writes on a thread of its own; whoever waits for the result knows that it is written.
    fn shelve(&self, block: Block, proofs: Vec<AccountProof>) -> impl Future<Output = ()> + use<> {
        let store = Arc::clone(&self.store);
        let written = spawn_blocking(move || store.put(&block, &proofs));
        async move {
            if let Ok(Err(error)) = written.await {
                tracing::warn!(%error, "the witness can't be written");
            }
        }
    }

    fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
