//! Supplies what the enclave needs, from the chain nodes and the store.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy_primitives::B256;
use minicbor::bytes::{ByteArray, ByteVec};
use protocol::message::{AccountQuery, Batch, Need, Status, Supply};
use protocol::{frame, limits};
use reqwest::Url;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::feed::{Beacon, Execution, FetchError};
use crate::server::RunError;
use crate::share::share;
use crate::status::Snapshot;
use crate::store::{Store, StoreError};
use crate::witness::Witness;

/// How long the nodes may take for one need, retries and all.
const FEED: Duration = Duration::from_secs(30);

/// Chain nodes, witness and store together: what the enclave needs comes from here.
#[derive(Debug)]
pub struct Supplier {
    beacon: Arc<Beacon>,
    execution: Execution,
    witness: Arc<Witness>,
    store: Arc<Store>,
}

#[derive(Debug, thiserror::Error)]
enum SupplyError {
    #[error("chain node: {0}")]
    Feed(#[from] FetchError),
    #[error("store: {0}")]
    Store(#[from] StoreError),
    #[error("chain nodes took too long")]
    Slow,
    #[error("the store's thread stopped")]
    Stopped,
}

impl Supplier {
    /// A supplier that asks these nodes, `patience` for one request to one of them, and keeps its witness in `directory`.
    ///
    /// # Errors
    /// More than 8 nodes of a kind, TLS that can't be set up, or a witness that can't be opened.
    pub fn open(
        beacon: Vec<Url>,
        execution: Vec<Url>,
        patience: Duration,
        directory: &Path,
        store: Arc<Store>,
    ) -> Result<Self, RunError> {
        if beacon.len() > limits::HEADS || execution.len() > limits::HEADS {
            return Err(RunError::Nodes);
        }
        let execution = Execution::new(execution, patience)?;
        let witness = Arc::new(Witness::open(directory, execution.clone())?);
        Ok(Self { beacon: Arc::new(Beacon::new(beacon, patience)?), execution, witness, store })
    }

    pub(crate) fn witness(&self) -> Arc<Witness> {
        Arc::clone(&self.witness)
    }

    pub(crate) fn beacon(&self) -> Arc<Beacon> {
        Arc::clone(&self.beacon)
    }

    /// Keeps proofs at the heads of this status, as the host does whenever the enclave has a new one, and says whether what was
    /// registered by the finalized block is proven at it.
    pub async fn keep_proofs(&self, status: Status) -> bool {
        let (sender, receiver) = watch::channel(Some(Snapshot { status, at: Instant::now() }));
        // It ends when there is nobody who could send another status.
        drop(sender);
        Arc::clone(&self.witness).run(receiver).await;
        self.witness.coverage().is_some_and(|coverage| coverage.lacking == 0)
    }

    /// The supply for `need`; [`Supply::Unavailable`] if it is not to be had.
    pub async fn supply(&self, need: Need) -> Supply {
        match self.look_up(need).await {
            Ok(supply) => supply,
            Err(error) => {
                tracing::warn!(%error, "a need could not be supplied");
                Supply::Unavailable
            }
        }
    }

    /// The frame with the supply for `need`, and whether it was to be had; [`Supply::Unavailable`] if not.
    pub(crate) async fn supply_frame(&self, need: Need) -> (Vec<u8>, bool) {
        let supply = self.supply(need).await;
        let supplied = !matches!(supply, Supply::Unavailable | Supply::Unproven);
        if let Ok(message) = frame::encode_message(supply, limits::HOST_FRAME) {
            return (message, supplied);
        }
        tracing::warn!("a supply is too large for a frame");
        (frame::encode_message(Supply::Unavailable, limits::HOST_FRAME).unwrap_or_default(), false)
    }

    async fn look_up(&self, need: Need) -> Result<Supply, SupplyError> {
        match need {
            Need::Bootstrap { root } => Ok(Supply::Bootstrap(in_time(self.beacon.bootstrap(&root)).await?.into())),
            Need::Updates { period, count } => {
                let updates = in_time(self.beacon.updates(period, count)).await?;
                Ok(Supply::Updates(updates.into_iter().map(ByteVec::from).collect()))
            }
            Need::Heads => self.heads().await,
            Need::State { block_number, block_hash, accounts } => self.state(block_number, *block_hash, accounts).await,
            Need::Record { id, generation } => {
                let sealed = self.blocking(move |store| store.record(&id, generation)).await?;
                Ok(Supply::Record(sealed.map(ByteVec::from)))
            }
            Need::Ledger { from } => Ok(Supply::Ledger(self.blocking(move |store| store.entries(from)).await?)),
            Need::Commit(batch) => self.commit(batch).await,
            Need::Headers { hashes } => self.headers(&hashes).await,
        }
    }

    async fn heads(&self) -> Result<Supply, SupplyError> {
        let heads = in_time(self.beacon.heads()).await?;
        let list = |heads: Vec<Vec<u8>>| heads.into_iter().map(ByteVec::from).collect();
        Ok(Supply::Heads { finality: list(heads.finality), optimistic: list(heads.optimistic) })
    }

    async fn headers(&self, hashes: &[ByteArray<32>]) -> Result<Supply, SupplyError> {
        let headers = in_time(self.execution.headers(hashes)).await?;
        Ok(Supply::Headers(headers.into_iter().map(ByteVec::from).collect()))
    }

    async fn state(&self, number: u64, hash: [u8; 32], accounts: Vec<AccountQuery>) -> Result<Supply, SupplyError> {
        match in_time(self.witness.prove(number, B256::from(hash), accounts)).await {
            Ok(mut proofs) => {
                share(&mut proofs);
                Ok(Supply::State(proofs))
            }
            // The nodes are well, and none of them has the state of this block any more.
            Err(SupplyError::Feed(error)) if error.is_answer() => {
                tracing::warn!(block = number, %error, "no node proves this block; what was asked is proven from here on");
                Ok(Supply::Unproven)
            }
            Err(error) => Err(error),
        }
    }

    async fn commit(&self, batch: Batch) -> Result<Supply, SupplyError> {
        let committed = self.blocking(move |store| store.commit(&batch)).await?;
        tracing::debug!(?committed, "batch is durable");
        Ok(Supply::Committed)
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, SupplyError> {
        let store = Arc::clone(&self.store);
        let result = tokio::task::spawn_blocking(move || work(&store)).await.map_err(|_| SupplyError::Stopped)?;
        Ok(result?)
    }
}

async fn in_time<T>(fetch: impl Future<Output = Result<T, FetchError>>) -> Result<T, SupplyError> {
    Ok(timeout(FEED, fetch).await.map_err(|_| SupplyError::Slow)??)
}
