//! The light-client part of the beacon API, as SSZ (beacon-APIs `apis/beacon/light_client`).

use protocol::limits;
use reqwest::Url;

use super::{Ask, FetchError, Nodes};

/// Bytes of the length and of the fork digest before each update.
const LENGTH: usize = 8;
const DIGEST: usize = 4;

/// Beacon nodes.
#[derive(Clone, Debug)]
pub(crate) struct Beacon(Nodes);

impl Beacon {
    /// # Errors
    /// If the TLS back end can't be set up.
    pub(crate) fn new(urls: Vec<Url>) -> Result<Self, reqwest::Error> {
        Nodes::new("beacon", urls).map(Self)
    }

    /// `LightClientBootstrap` of a block root.
    pub(crate) async fn bootstrap(&self, root: &[u8; 32]) -> Result<Vec<u8>, FetchError> {
        self.object(&["bootstrap", &format!("0x{}", hex::encode(root))]).await
    }

    /// The newest `LightClientFinalityUpdate`.
    pub(crate) async fn finality_update(&self) -> Result<Vec<u8>, FetchError> {
        self.object(&["finality_update"]).await
    }

    /// The newest `LightClientOptimisticUpdate`.
    pub(crate) async fn optimistic_update(&self) -> Result<Vec<u8>, FetchError> {
        self.object(&["optimistic_update"]).await
    }

    /// `LightClientUpdate`s of up to `count` periods from `period` on; as many as the node has and a frame holds.
    pub(crate) async fn updates(&self, period: u64, count: u64) -> Result<Vec<Vec<u8>>, FetchError> {
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(limits::UPDATES);
        let query = [("start_period", period.to_string()), ("count", count.to_string())];
        let max = count * (LENGTH + DIGEST + limits::LIGHT_CLIENT_OBJECT);
        let ask = Ask::Ssz { path: &["eth", "v1", "beacon", "light_client", "updates"], query: &query };
        self.0.ask(ask, max, |bytes| split(bytes, count)).await
    }

    async fn object(&self, path: &[&str]) -> Result<Vec<u8>, FetchError> {
        let path = [&["eth", "v1", "beacon", "light_client"], path].concat();
        let ask = Ask::Ssz { path: &path, query: &[] };
        self.0.ask(ask, limits::LIGHT_CLIENT_OBJECT, |bytes| Ok(bytes.to_vec())).await
    }
}

/// Splits what `updates` answers: [u64 little-endian length of the rest][fork digest][SSZ], repeated. The digest is dropped: the
/// enclave knows the fork from its own schedule.
fn split(mut bytes: &[u8], most: usize) -> Result<Vec<Vec<u8>>, FetchError> {
    let mut updates = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<LENGTH>() {
        let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| FetchError::Format)?;
        if updates.len() == most || length > DIGEST + limits::LIGHT_CLIENT_OBJECT {
            return Err(FetchError::Format);
        }
        let (chunk, rest) = rest.split_at_checked(length).ok_or(FetchError::Format)?;
        let (_digest, update) = chunk.split_first_chunk::<DIGEST>().ok_or(FetchError::Format)?;
        updates.push(update.to_vec());
        bytes = rest;
    }
    if bytes.is_empty() { Ok(updates) } else { Err(FetchError::Format) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(update: &[u8]) -> Vec<u8> {
        [&(update.len() as u64 + 4).to_le_bytes()[..], &[1, 2, 3, 4], update].concat()
    }

    #[test]
    fn splits_updates() {
        assert_eq!(split(&[], 1), Ok(vec![]));
        assert_eq!(split(&[framed(b"one"), framed(b"")].concat(), 2), Ok(vec![b"one".to_vec(), vec![]]));
    }

    #[test]
    fn refuses_updates_that_do_not_fill_their_frames() {
        let whole = framed(b"one");
        for cut in 1..whole.len() {
            assert_eq!(split(&whole[..cut], 1), Err(FetchError::Format), "{cut}");
        }
        assert_eq!(split(&[whole.clone(), whole].concat(), 1), Err(FetchError::Format));
        assert_eq!(split(&[0; 8], 1), Err(FetchError::Format));
        assert_eq!(split(&[0xff; 8], 1), Err(FetchError::Format));
        assert_eq!(split(&framed(&vec![0; limits::LIGHT_CLIENT_OBJECT + 1]), 1), Err(FetchError::Format));
    }
}
