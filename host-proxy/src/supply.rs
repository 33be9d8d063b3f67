//! Supplies what the enclave needs, from the chain nodes and the store.

use std::sync::Arc;
use std::time::Duration;

use minicbor::bytes::ByteVec;
use protocol::message::{AccountQuery, Batch, Need, Supply};
use protocol::{frame, limits};
use tokio::time::timeout;

use crate::feed::{Beacon, Execution, FetchError};
use crate::store::{Store, StoreError};

/// How long the nodes may take for one need, retries and all.
const FEED: Duration = Duration::from_secs(30);

/// Chain nodes and store together.
#[derive(Clone, Debug)]
pub(crate) struct Supplier {
    pub(crate) beacon: Beacon,
    pub(crate) execution: Execution,
    pub(crate) store: Arc<Store>,
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
    /// The frame with the supply for `need`, and whether it was to be had; [`Supply::Unavailable`] if not.
    pub(crate) async fn supply(&self, need: Need) -> (Vec<u8>, bool) {
        let supply = match self.look_up(need).await {
            Ok(supply) => supply,
            Err(error) => {
                tracing::warn!(%error, "a need could not be supplied");
                Supply::Unavailable
            }
        };
        let supplied = supply != Supply::Unavailable;
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
            Need::State { block_number, block_hash: _, accounts } => self.state(block_number, &accounts).await,
            Need::Record { id } => {
                let sealed = self.blocking(move |store| store.record(&id)).await?;
                Ok(Supply::Record(sealed.map(ByteVec::from)))
            }
            Need::Ledger { from } => Ok(Supply::Ledger(self.blocking(move |store| store.entries(from)).await?)),
            Need::Commit(batch) => self.commit(batch).await,
            Need::Headers { hashes } => {
                let headers = in_time(self.execution.headers(&hashes)).await?;
                Ok(Supply::Headers(headers.into_iter().map(ByteVec::from).collect()))
            }
        }
    }

    async fn heads(&self) -> Result<Supply, SupplyError> {
        let (finality, optimistic) =
            tokio::join!(in_time(self.beacon.finality_update()), in_time(self.beacon.optimistic_update()));
        match (finality, optimistic) {
            (Err(error), Err(_)) => Err(error),
            (finality, optimistic) => {
                Ok(Supply::Heads { finality: finality.ok().map(ByteVec::from), optimistic: optimistic.ok().map(ByteVec::from) })
            }
        }
    }

    async fn state(&self, block_number: u64, accounts: &[AccountQuery]) -> Result<Supply, SupplyError> {
        Ok(Supply::State(in_time(self.execution.prove(block_number, accounts)).await?))
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
