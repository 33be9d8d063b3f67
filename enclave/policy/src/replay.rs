//! Calls seen, so that none is taken twice.

use std::collections::{BTreeSet, HashMap};

use alloy_primitives::{Address, B256};

/// Why a call is not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// This caller used this nonce before.
    #[error("nonce was used before")]
    Seen,
    /// As many calls as can be remembered, or as this caller's share holds, are still in their window. Forgetting one would let it be replayed.
    #[error("too many calls are in their window")]
    Full,
}

/// The nonces of all calls that are still in their window.
///
/// Anybody can sign, and make as many keys as he likes, so what is remembered is shared out. Callers whose calls were carried out are known, for
/// the portfolio they were carried out for, and all others share one half: whoever fills that keeps newcomers waiting, for a window at most,
/// and nobody who is known. A portfolio's known callers share an eighth, so that no portfolio takes another's place.
#[derive(Debug)]
pub struct ReplayCache {
    capacity: usize,
    seen: HashMap<(Address, B256), Option<u64>>,
    expiries: BTreeSet<(u64, Address, B256)>,
    latest: u64,
    /// (portfolio, caller), and when a call was carried out last.
    known: HashMap<(u64, Address), u64>,
    /// Calls remembered: of strangers together, and of each portfolio's known callers.
    taken: HashMap<Option<u64>, usize>,
}

impl ReplayCache {
    /// Callers that are known, at most.
    const KNOWN: usize = 65_536;

    /// Remembers at most `capacity` calls.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let (seen, known, taken) = (HashMap::new(), HashMap::new(), HashMap::new());
        Self { capacity, seen, expiries: BTreeSet::new(), latest: 0, known, taken }
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

    /// A call of this caller for a store of this portfolio was carried out.
    pub fn carried_out(&mut self, portfolio: u64, caller: Address) {
        if self.known.len() >= Self::KNOWN && !self.known.contains_key(&(portfolio, caller)) {
            // The older half goes: they are known again by their next call.
            let mut times: Vec<u64> = self.known.values().copied().collect();
            let middle = times.len().checked_div(2).unwrap_or(0);
            let median = *times.select_nth_unstable(middle).1;
            self.known.retain(|_, at| *at > median);
        }
        self.known.insert((portfolio, caller), self.latest);
    }

    /// Whether a call of this caller for a store of this portfolio was carried out, lately.
    #[must_use]
    pub fn knows(&self, portfolio: u64, caller: Address) -> bool {
        self.known.contains_key(&(portfolio, caller))
    }

    /// The latest time it was ever told. What was forgotten as expired must stay expired if a clock goes back.
    pub(crate) fn clock(&mut self, seconds: u64) -> u64 {
        self.latest = self.latest.max(seconds);
        self.latest
    }

    /// Records a call whose signature was verified, until `expires_at`. The portfolio is the one that the call names.
    pub(crate) fn record(
        &mut self,
        caller: Address,
        portfolio: u64,
        nonce: B256,
        expires_at: u64,
        seconds: u64,
    ) -> Result<(), ReplayError> {
        let now = self.clock(seconds);
        self.forget(now);
        if self.seen.contains_key(&(caller, nonce)) {
            return Err(ReplayError::Seen);
        }
        let share = self.knows(portfolio, caller).then_some(portfolio);
        let most = self.capacity.div_ceil(if share.is_some() { 8 } else { 2 });
        let taken = self.taken.get(&share).copied().unwrap_or(0);
        if self.seen.len() >= self.capacity || taken >= most {
            return Err(ReplayError::Full);
        }
        self.seen.insert((caller, nonce), share);
        self.expiries.insert((expires_at, caller, nonce));
        self.taken.insert(share, taken.saturating_add(1));
        Ok(())
    }

    fn forget(&mut self, now: u64) {
        while let Some(first) = self.expiries.first().copied() {
            let (expiry, caller, nonce) = first;
            if expiry > now {
                break;
            }
            self.expiries.remove(&first);
            let Some(share) = self.seen.remove(&(caller, nonce)) else { continue };
            let left = self.taken.get(&share).map_or(0, |taken| taken.saturating_sub(1));
            if left == 0 {
                self.taken.remove(&share);
            } else {
                self.taken.insert(share, left);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Address = Address::repeat_byte(1);
    const B: Address = Address::repeat_byte(2);
    const P: u64 = 1;
    const N: B256 = B256::repeat_byte(3);
    const M: B256 = B256::repeat_byte(4);

    #[test]
    fn t48_remembers_until_the_call_expires() {
        let mut cache = ReplayCache::new(10);
        assert_eq!(cache.record(A, P, N, 100, 10), Ok(()));
        assert_eq!(cache.record(A, P, N, 100, 99), Err(ReplayError::Seen));
        assert_eq!(cache.record(A, P, N, 200, 100), Ok(()));
        assert_eq!(cache.len(), 1);
    }

    #[test]
    fn a_nonce_belongs_to_its_caller() {
        let mut cache = ReplayCache::new(10);
        assert_eq!(cache.record(A, P, N, 100, 10), Ok(()));
        assert_eq!(cache.record(B, P, N, 100, 10), Ok(()));
        assert_eq!(cache.record(A, P, M, 100, 10), Ok(()));
    }

    #[test]
    fn a_full_cache_refuses_rather_than_forgets() {
        let mut cache = ReplayCache::new(1);
        assert_eq!(cache.record(A, P, N, 100, 10), Ok(()));
        assert_eq!(cache.record(A, P, M, 100, 10), Err(ReplayError::Full));
        assert_eq!(cache.record(A, P, N, 100, 10), Err(ReplayError::Seen));
        assert_eq!(cache.record(A, P, M, 200, 100), Ok(()));
    }

    #[test]
    fn t48_a_clock_that_goes_back_revives_nothing() {
        let mut cache = ReplayCache::new(10);
        assert_eq!(cache.record(A, P, N, 100, 10), Ok(()));
        assert_eq!(cache.record(A, P, M, 200, 100), Ok(()));
        assert_eq!(cache.clock(50), 100);
    }

    fn nonce(number: u64) -> B256 {
        B256::from(alloy_primitives::U256::from(number))
    }

    fn stranger(number: u64) -> Address {
        Address::left_padding_from(&(1_000 + number).to_be_bytes())
    }

    #[test]
    fn t51_strangers_take_no_place_of_who_is_known() {
        let mut cache = ReplayCache::new(160);
        cache.carried_out(P, A);
        // As many keys as one likes.
        let took = (0..1_000).take_while(|key| cache.record(stranger(*key), P, N, 100, 10).is_ok()).count();
        assert_eq!(took, 80);
        assert_eq!(cache.record(B, P, N, 100, 10), Err(ReplayError::Full));
        assert_eq!(cache.record(A, P, N, 100, 10), Ok(()));
        // Known for one portfolio is not known for another.
        assert_eq!(cache.record(A, 2, M, 100, 10), Err(ReplayError::Full));
        // And newcomers wait for a window, no longer.
        assert_eq!(cache.record(B, P, N, 200, 100), Ok(()));
    }

    #[test]
    fn t51_a_portfolio_takes_no_place_of_another() {
        let mut cache = ReplayCache::new(160);
        cache.carried_out(P, A);
        cache.carried_out(P, B);
        cache.carried_out(2, A);
        let took = (0..1_000).take_while(|number| cache.record(A, P, nonce(*number), 100, 10).is_ok()).count();
        assert_eq!(took, 20);
        assert_eq!(cache.record(B, P, M, 100, 10), Err(ReplayError::Full));
        assert_eq!(cache.record(A, 2, M, 100, 10), Ok(()));
        // What is forgotten gives its place back, and the memory of shares goes with the calls.
        assert_eq!(cache.record(B, P, M, 200, 100), Ok(()));
        assert_eq!((cache.len(), cache.taken.len()), (1, 1));
    }

    #[test]
    fn no_more_callers_are_known_than_the_bound() {
        let mut cache = ReplayCache::new(10);
        for number in 0..=u64::try_from(ReplayCache::KNOWN).unwrap() {
            cache.clock(number);
            cache.carried_out(P, stranger(number));
        }
        assert!(cache.known.len() <= ReplayCache::KNOWN);
        assert!(cache.knows(P, stranger(65_536)) && cache.knows(P, stranger(60_000)) && !cache.knows(P, stranger(0)));
    }
}
