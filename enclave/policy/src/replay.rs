//! Calls seen, so that none is taken twice.

use std::collections::{BTreeSet, HashSet};

use alloy_primitives::{Address, B256};

/// Why a call is not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// This caller used this nonce before.
    #[error("nonce was used before")]
    Seen,
    /// As many calls as can be remembered are still in their window. Forgetting one would let it be replayed.
    #[error("too many calls are in their window")]
    Full,
}

/// The nonces of all calls that are still in their window.
#[derive(Debug)]
pub struct ReplayCache {
    capacity: usize,
    seen: HashSet<(Address, B256)>,
    expiries: BTreeSet<(u64, Address, B256)>,
    latest: u64,
}

impl ReplayCache {
    /// Remembers at most `capacity` calls.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, seen: HashSet::new(), expiries: BTreeSet::new(), latest: 0 }
    }

    /// Calls remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.seen.len()
    }

    /// Whether no call is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seen.is_empty()
    }

    /// The latest time it was ever told. What was forgotten as expired must stay expired if a clock goes back.
    pub(crate) fn clock(&mut self, seconds: u64) -> u64 {
        self.latest = self.latest.max(seconds);
        self.latest
    }

    /// Records a call whose signature was verified, until `expires_at`.
    pub(crate) fn record(&mut self, caller: Address, nonce: B256, expires_at: u64, seconds: u64) -> Result<(), ReplayError> {
        let now = self.clock(seconds);
        while let Some(first) = self.expiries.first().copied() {
            let (expiry, caller, nonce) = first;
            if expiry > now {
                break;
            }
            self.expiries.remove(&first);
            self.seen.remove(&(caller, nonce));
        }
        if self.seen.contains(&(caller, nonce)) {
            return Err(ReplayError::Seen);
        }
        if self.seen.len() >= self.capacity {
            return Err(ReplayError::Full);
        }
        self.seen.insert((caller, nonce));
        self.expiries.insert((expires_at, caller, nonce));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Address = Address::repeat_byte(1);
    const B: Address = Address::repeat_byte(2);
    const N: B256 = B256::repeat_byte(3);
    const M: B256 = B256::repeat_byte(4);

    #[test]
    fn t48_remembers_until_the_call_expires() {
        let mut cache = ReplayCache::new(10);
        assert_eq!(cache.record(A, N, 100, 10), Ok(()));
        assert_eq!(cache.record(A, N, 100, 99), Err(ReplayError::Seen));
        assert_eq!(cache.record(A, N, 200, 100), Ok(()));
        assert_eq!(cache.len(), 1);
    }

    #[test]
    fn a_nonce_belongs_to_its_caller() {
        let mut cache = ReplayCache::new(10);
        assert_eq!(cache.record(A, N, 100, 10), Ok(()));
        assert_eq!(cache.record(B, N, 100, 10), Ok(()));
        assert_eq!(cache.record(A, M, 100, 10), Ok(()));
    }

    #[test]
    fn a_full_cache_refuses_rather_than_forgets() {
        let mut cache = ReplayCache::new(1);
        assert_eq!(cache.record(A, N, 100, 10), Ok(()));
        assert_eq!(cache.record(A, M, 100, 10), Err(ReplayError::Full));
        assert_eq!(cache.record(A, N, 100, 10), Err(ReplayError::Seen));
        assert_eq!(cache.record(A, M, 200, 100), Ok(()));
    }

    #[test]
    fn t48_a_clock_that_goes_back_revives_nothing() {
        let mut cache = ReplayCache::new(10);
        assert_eq!(cache.record(A, N, 100, 10), Ok(()));
        assert_eq!(cache.record(A, M, 200, 100), Ok(()));
        assert_eq!(cache.clock(50), 100);
    }
}
